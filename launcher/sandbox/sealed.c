/* SPDX-License-Identifier: BSD-2-Clause
 * sealed: this program from a copy in memory that nobody can change. */
#include "sandbox/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strlist.h"

enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

/* Since 6.3, where vm.memfd_noexec can turn it off for those who do not ask (memfd_create(2)). */
#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

static const char own_name[] = "sciwrap";

/* The owner can give himself the right, by the handle of an open file too. */
static bool is_ours_to_write(const struct stat *st)
{
    return st->st_uid == geteuid() || geteuid() == 0 || faccessat(AT_FDCWD, "/proc/self/exe", W_OK, AT_EACCESS) == 0;
}

static bool copy(int from, int to, off_t size)
{
    off_t at = 0;
    while (at < size) {
        ssize_t length = sendfile(to, from, &at, (size_t)(size - at));
        if (length == 0 || (length < 0 && errno != EINTR)) {
            return false;
        }
    }
    return fcntl(to, F_ADD_SEALS, SEALS) == 0;
}

static void execute_copy(int program, off_t size, char **words)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    auto_fd int fd = memfd_create(own_name, flags | MFD_EXEC);
    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create(own_name, flags);
    }
    if (fd < 0 || !copy(program, fd, size)) {
        return;
    }
    struct strlist argv = {0};
    strlist_add(&argv, program_invocation_name);
    for (size_t i = 0; words[i] != NULL; i++) {
        strlist_add(&argv, words[i]);
    }
    /* Not execveat(2) alone: an outer sandbox may hide it, and TOMOYO, on in Debian 11's kernel, looks for /dev/fd/N,
     * which a sparse /dev lacks. */
    auto_free char *path = xasprintf("/proc/self/fd/%d", fd);
    syscall(SYS_execveat, fd, "", strlist_items(&argv), environ, AT_EMPTY_PATH);
    execv(path, strlist_items(&argv));
    int reason = errno;
    strlist_release(&argv);
    errno = reason;
}

static bool is_sealed(int program)
{
    int seals = fcntl(program, F_GET_SEALS); /* -1: a file that cannot be sealed */
    return seals >= 0 && (seals & SEALS) == SEALS;
}

bool sealed_is_in_place(void)
{
    struct stat is;
    struct stat named;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER) {
        return true; /* no run: the way of every launch */
    }
    auto_free char *path = fs_self_path();
    auto_fd int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return path == NULL || program < 0 || fstat(program, &is) < 0 || is_sealed(program) ||
           (stat(path, &named) == 0 && named.st_dev == is.st_dev && named.st_ino == is.st_ino);
}

int sealed_become(char **words, struct err *err)
{
    struct stat st;
    auto_fd int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (program < 0 || fstat(program, &st) < 0) {
        return err_set_errno(err, ERR_HOST, errno, "open this program by '/proc/self/exe'");
    }
    if (is_sealed(program)) {
        prctl(PR_SET_NAME, own_name, 0, 0, 0); /* else it would be a number */
        return 0;
    }
    if (!is_ours_to_write(&st)) {
        return 0;
    }
    execute_copy(program, st.st_size, words);
    return err_set_errno(err, ERR_HOST, errno,
                         "make a copy of this program that what runs inside cannot overwrite (is vm.memfd_noexec set? "
                         "then install sciwrap where this user may not write)");
}
