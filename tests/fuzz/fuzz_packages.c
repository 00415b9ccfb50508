/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as dpkg's record in a tree: status, a list, sums and diversions, with a line "%%" between them. A citation
 * holds only names and versions that are some. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "publish/packages.h"

static const char *const files[] = {"var/lib/dpkg/status", "var/lib/dpkg/info/a.list", "var/lib/dpkg/info/b.md5sums",
                                    "var/lib/dpkg/diversions"};

enum { FILES = sizeof(files) / sizeof(files[0]) };

static char folder[] = "/tmp/sciwrap-fuzz.XXXXXX";
static int folder_fd = -1;

/* In memory where that can be had, and gone with the process. */
static void remove_folder(void)
{
    static const char *const made[] = {"usr/bin/a",         "usr/bin/b",    "usr/bin", "usr", "bin",
                                       "var/lib/dpkg/info", "var/lib/dpkg", "var/lib", "var"};
    for (int i = 0; i < FILES; i++) {
        (void)unlinkat(folder_fd, files[i], 0);
    }
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        (void)(unlinkat(folder_fd, made[i], 0) == 0 || unlinkat(folder_fd, made[i], AT_REMOVEDIR));
    }
    (void)rmdir(folder);
}

static void make_folder(void)
{
    static const char *const folders[] = {"var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/info", "usr", "usr/bin"};
    FUZZ_PROMISE(mkdtemp(folder) != NULL);
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        FUZZ_PROMISE(mkdirat(folder_fd, folders[i], 0700) == 0);
    }
    FUZZ_PROMISE(symlinkat("usr/bin", folder_fd, "bin") == 0 && symlinkat("a", folder_fd, "usr/bin/b") == 0);
    auto_fd int fd = openat(folder_fd, "usr/bin/a", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    FUZZ_PROMISE(fd >= 0 && atexit(remove_folder) == 0);
}

static void write_files(const char *bytes, size_t length)
{
    for (int i = 0; i < FILES; i++) {
        const char *end = i + 1 < FILES ? memmem(bytes, length, "\n%%\n", 4) : NULL;
        size_t part = end != NULL ? (size_t)(end - bytes) + 1 : length;
        auto_fd int fd = openat(folder_fd, files[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        FUZZ_PROMISE(write(fd, bytes, part) == (ssize_t)part);
        size_t used = end != NULL ? part + 3 : part;
        bytes += used;
        length -= used;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct err err = {0};
    struct packages packages = {0};
    struct package_file asked[] = {{.path = "/bin/a"}, {.path = "/usr/bin/b"}, {.path = "/absent"}};
    if (folder_fd < 0) {
        make_folder();
    }
    write_files((const char *)bytes, length);
    FUZZ_PROMISE(packages_load(&packages, folder_fd, &err) == 0);
    for (size_t i = 0; i < packages.count; i++) {
        FUZZ_PROMISE(strpbrk(packages.item[i].name, "\\{}%$ \n\033") == NULL && packages.item[i].name[0] != '\0');
        FUZZ_PROMISE(strpbrk(packages.item[i].version, "\\{}%$ \n\033") == NULL && packages.item[i].version[0] != '\0');
        FUZZ_PROMISE(packages_find(&packages, packages.item[i].name) != NULL);
    }
    FUZZ_PROMISE(packages_find_owners(&packages, folder_fd, asked, 3, &err) == 0);
    FUZZ_PROMISE(asked[2].owner == NULL);
    packages_release(&packages);
    return 0;
}
