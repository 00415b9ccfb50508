/* SPDX-License-Identifier: BSD-2-Clause
 * packages: the Debian packages that a tree says are installed in it. Which owns a file: packages_owner.c. */
#include "publish/packages.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "publish/packages_tree.h"

/* One paragraph of a control file, as far as it is wanted. */
struct paragraph {
    char *name;
    char *status;
    char *version;
    char *architecture;
};

static void release_paragraph(struct paragraph *paragraph)
{
    free(paragraph->name);
    free(paragraph->status);
    free(paragraph->version);
    free(paragraph->architecture);
    *paragraph = (struct paragraph){0};
}

/* deb-control(5), deb-version(7): nothing that a record could not hold gets into a citation. */
static bool is_made_of(const char *text, const char *letters)
{
    return text != NULL && text[0] != '\0' && strspn(text, letters) == strlen(text) && strlen(text) <= 256;
}

static bool is_installed(const struct paragraph *paragraph)
{
    static const char names[] = "abcdefghijklmnopqrstuvwxyz0123456789+.-";
    static const char versions[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+:~-";
    /* "WANT FLAG STATE"; images without dpkg leave the field out. */
    const char *state = paragraph->status != NULL ? strrchr(paragraph->status, ' ') : " installed";
    return is_made_of(paragraph->name, names) && is_made_of(paragraph->version, versions) &&
           (paragraph->architecture == NULL || is_made_of(paragraph->architecture, names)) && state != NULL &&
           strcmp(state, " installed") == 0;
}

static void add_package(struct packages *packages, const struct paragraph *paragraph)
{
    if (!is_installed(paragraph)) {
        return;
    }
    if (packages->count == packages->capacity) {
        packages->capacity = packages->capacity == 0 ? 64 : packages->capacity * 2;
        packages->item = xreallocarray(packages->item, packages->capacity, sizeof(*packages->item));
    }
    packages->item[packages->count++] = (struct package){
        .name = xstrdup(paragraph->name),
        .version = xstrdup(paragraph->version),
        .architecture = xstrdup(paragraph->architecture != NULL ? paragraph->architecture : ""),
    };
}

static void take_field(struct paragraph *paragraph, const char *line, size_t length)
{
    static const char *const names[] = {"Package:", "Status:", "Version:", "Architecture:"};
    char **const places[] = {&paragraph->name, &paragraph->status, &paragraph->version, &paragraph->architecture};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t name = strlen(names[i]);
        if (length > name && strncmp(line, names[i], name) == 0) {
            while (name < length && (line[name] == ' ' || line[name] == '\t')) {
                name++;
            }
            while (length > name && (line[length - 1] == ' ' || line[length - 1] == '\t')) {
                length--;
            }
            free(*places[i]);
            *places[i] = xstrndup(line + name, length - name);
        }
    }
}

/* Paragraphs end at an empty line. Lines that begin with a blank continue a field that is not wanted. */
static void read_control(struct packages *packages, const char *text)
{
    struct paragraph paragraph = {0};
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        if (length == 0) {
            add_package(packages, &paragraph);
            release_paragraph(&paragraph);
        } else {
            take_field(&paragraph, text, length);
        }
        text += length + (text[length] == '\n');
    }
    add_package(packages, &paragraph);
    release_paragraph(&paragraph);
}

static int read_folder(struct packages *packages, int root_fd, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    auto_fd int fd = packages_tree_open(root_fd, PACKAGES_STATUS_FOLDER, O_DIRECTORY);
    if (fd < 0) {
        return 0;
    }
    if (fs_list(fd, ".", &names, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < names.count; i++) {
        auto_release(buf) struct buf text = {0};
        auto_free char *path = xasprintf(PACKAGES_STATUS_FOLDER "/%s", names.item[i]);
        if (!packages_tree_ends(names.item[i], ".md5sums")) {
            if (packages_tree_read(root_fd, path, &text, err) < 0) {
                return -1;
            }
            read_control(packages, buf_text(&text));
        }
    }
    return 0;
}

/* Of two architectures of one package the name alone means the first. */
static void index_names(struct packages *packages)
{
    for (size_t i = packages->count; i-- > 0;) {
        struct package *package = &packages->item[i];
        auto_free char *both = xasprintf("%s:%s", package->name, package->architecture);
        strmap_put(&packages->by_name, package->name, package);
        strmap_put(&packages->by_name, both, package);
    }
}

int packages_load(struct packages *packages, int root_fd, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    *packages = (struct packages){0};
    if (packages_tree_read(root_fd, PACKAGES_STATUS, &text, err) < 0) {
        return -1;
    }
    read_control(packages, buf_text(&text));
    if (read_folder(packages, root_fd, err) < 0) {
        packages_release(packages);
        return -1;
    }
    index_names(packages);
    return 0;
}

void packages_release(struct packages *packages)
{
    for (size_t i = 0; i < packages->count; i++) {
        free(packages->item[i].name);
        free(packages->item[i].version);
        free(packages->item[i].architecture);
    }
    free(packages->item);
    strmap_release(&packages->by_name);
    *packages = (struct packages){0};
}

const struct package *packages_find(const struct packages *packages, const char *name)
{
    return strmap_get(&packages->by_name, name);
}
