/* SPDX-License-Identifier: BSD-2-Clause
 * packages_owner: the part of packages.h about which package owns a file. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "publish/packages.h"
#include "publish/packages_tree.h"

/* A name under which a package may know one of the files. */
struct name {
    struct name *other; /* of another file, or another name of it: the same text */
    size_t file;
    bool is_asked; /* the path as it was given, and not where its links lead: a package of that is the second choice */
    char *only_by; /* a diversion: only this package's file is here ... */
    char *not_by;  /* ... or any but this one's */
};

struct search {
    const struct packages *packages;
    int root_fd;
    struct package_file *files;
    size_t count;
    const struct package **second; /* owners of paths as they were given */
    struct strmap names;           /* to struct name */
    struct strlist aliases;        /* "TARGET\nLINK": two of the tree's directories that are one */
};

static void add_name(struct search *search, const char *path, size_t file, bool is_asked, const char *only_by,
                     const char *not_by)
{
    struct name *name = xcalloc(1, sizeof(*name));
    name->file = file;
    name->is_asked = is_asked;
    name->only_by = only_by != NULL ? xstrdup(only_by) : NULL;
    name->not_by = not_by != NULL ? xstrdup(not_by) : NULL;
    name->other = strmap_get(&search->names, path);
    strmap_put(&search->names, path, name);
}

/* The directories in `folder` that are links to others: bin -> usr/bin. */
static int find_aliases(struct search *search, const char *folder, struct err *err)
{
    auto_release(strlist) struct strlist entries = {0};
    auto_fd int fd = packages_tree_open(search->root_fd, folder, O_DIRECTORY);
    if (fd < 0) {
        return 0;
    }
    if (fs_list(fd, ".", &entries, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < entries.count; i++) {
        struct stat st;
        auto_release(buf) struct buf below = {0};
        auto_free char *path = xasprintf("%s%s", folder, entries.item[i]);
        bool is_link = fstatat(fd, entries.item[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
        if (is_link && fs_find_in_root(search->root_fd, path, &below, &st) && S_ISDIR(st.st_mode) && below.length > 0) {
            strlist_addf(&search->aliases, "/%s/\n%s/", buf_text(&below), path);
        }
    }
    return 0;
}

/* `path` and its names through the directories that are links. */
static void add_names(struct search *search, const char *path, size_t file, bool is_asked, const char *only_by,
                      const char *not_by)
{
    add_name(search, path, file, is_asked, only_by, not_by);
    for (size_t i = 0; i < search->aliases.count; i++) {
        const char *target = search->aliases.item[i];
        size_t length = strcspn(target, "\n");
        if (strncmp(path, target, length) == 0) {
            auto_free char *other = xasprintf("%s%s", target + length + 1, path + length);
            add_name(search, other, file, is_asked, only_by, not_by);
        }
    }
}

/* Lines of three: where the file would be, where it was moved to, and the package that moved it (":" the
 * administrator). Its own file is at the first place; that of any other package is at the second. */
static void add_diverted(struct search *search, char *text, const char *path, size_t file, bool *ret_is_first)
{
    char *rest = NULL;
    char *from = strtok_r(text, "\n", &rest);
    while (from != NULL) {
        const char *to = strtok_r(NULL, "\n", &rest);
        const char *by = to != NULL ? strtok_r(NULL, "\n", &rest) : NULL;
        if (by == NULL) {
            return;
        }
        if (strcmp(from, path) == 0) {
            *ret_is_first = true;
            add_names(search, path, file, false, by, NULL);
        } else if (strcmp(to, path) == 0) {
            add_names(search, from, file, false, NULL, by);
        }
        from = strtok_r(NULL, "\n", &rest);
    }
}

static int add_files(struct search *search, struct err *err)
{
    auto_release(buf) struct buf diversions = {0};
    if (packages_tree_read(search->root_fd, PACKAGES_DIVERSIONS, &diversions, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < search->count; i++) {
        auto_release(buf) struct buf below = {0};
        bool is_diverted = false;
        if (!fs_find_in_root(search->root_fd, search->files[i].path, &below, NULL)) {
            continue;
        }
        auto_free char *real = xasprintf("/%s", buf_text(&below));
        auto_free char *lines = xstrdup(buf_text(&diversions));
        add_diverted(search, lines, real, i, &is_diverted);
        if (!is_diverted) {
            add_names(search, real, i, false, NULL, NULL);
        }
        if (strcmp(real, search->files[i].path) != 0) {
            add_names(search, search->files[i].path, i, true, NULL, NULL);
        }
    }
    return 0;
}

static void take_line(struct search *search, const char *path, const struct package *package)
{
    for (const struct name *name = strmap_get(&search->names, path); name != NULL; name = name->other) {
        bool is_its = (name->only_by == NULL || strcmp(name->only_by, package->name) == 0) &&
                      (name->not_by == NULL || strcmp(name->not_by, package->name) != 0);
        const struct package **owner = name->is_asked ? &search->second[name->file] : &search->files[name->file].owner;
        if (is_its && *owner == NULL) {
            *owner = package;
        }
    }
}

/* Lines "PATH", or "DIGEST  PATH" without the first slash. */
static void take_lines(struct search *search, char *text, bool are_sums, const struct package *package)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char *path = line;
        if (are_sums) {
            char *gap = strstr(line, "  ");
            if (gap == NULL) {
                continue;
            }
            path = gap + 1;
            *path = '/';
        }
        take_line(search, path, package);
    }
}

static int compare_texts(const void *key, const void *item)
{
    return strcmp(key, *(char *const *)item);
}

static bool has_sorted(const struct strlist *list, const char *text)
{
    return list->count > 0 && bsearch(text, list->item, list->count, sizeof(*list->item), compare_texts) != NULL;
}

/* The package that FOLDER/NAME.list or .md5sums is about; NULL when it is none that is installed, or its files are told
 * better elsewhere. */
static const struct package *package_of(const struct search *search, const struct strlist *entries, const char *name,
                                        bool *ret_are_sums)
{
    const char *dot = strrchr(name, '.');
    bool is_list = packages_tree_ends(name, ".list");
    bool are_sums = packages_tree_ends(name, ".md5sums");
    if (!is_list && !are_sums) {
        return NULL;
    }
    auto_free char *stem = xstrndup(name, (size_t)(dot - name));
    auto_free char *list = xasprintf("%s.list", stem);
    *ret_are_sums = are_sums;
    return are_sums && has_sorted(entries, list) ? NULL : packages_find(search->packages, stem);
}

static int read_lists(struct search *search, const char *folder, struct err *err)
{
    auto_release(strlist) struct strlist entries = {0};
    auto_fd int fd = packages_tree_open(search->root_fd, folder, O_DIRECTORY);
    if (fd < 0) {
        return 0;
    }
    if (fs_list(fd, ".", &entries, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < entries.count; i++) {
        bool are_sums = false;
        auto_release(buf) struct buf text = {0};
        auto_free char *path = xasprintf("%s/%s", folder, entries.item[i]);
        const struct package *package = package_of(search, &entries, entries.item[i], &are_sums);
        if (package == NULL) {
            continue;
        }
        if (packages_tree_read(search->root_fd, path, &text, err) < 0) {
            return -1;
        }
        if (text.length > 0) {
            take_lines(search, text.bytes, are_sums, package);
        }
    }
    return 0;
}

static void release(struct search *search)
{
    for (size_t i = 0; i < search->names.capacity; i++) {
        struct name *name = search->names.slot[i].value;
        while (search->names.slot[i].key != NULL && name != NULL) {
            struct name *other = name->other;
            free(name->only_by);
            free(name->not_by);
            free(name);
            name = other;
        }
    }
    strmap_release(&search->names);
    strlist_release(&search->aliases);
    free(search->second);
}

int packages_find_owners(const struct packages *packages, int root_fd, struct package_file *files, size_t count,
                         struct err *err)
{
    struct search search = {.packages = packages, .root_fd = root_fd, .files = files, .count = count};
    search.second = xcalloc(count + 1, sizeof(*search.second));
    int result = 0;
    if (find_aliases(&search, "/", err) < 0 || find_aliases(&search, "/usr/", err) < 0 || add_files(&search, err) < 0 ||
        read_lists(&search, PACKAGES_INFO, err) < 0 || read_lists(&search, PACKAGES_STATUS_FOLDER, err) < 0) {
        result = -1;
    }
    for (size_t i = 0; i < count; i++) {
        files[i].owner = files[i].owner != NULL ? files[i].owner : search.second[i];
    }
    release(&search);
    return result;
}
