/* SPDX-License-Identifier: BSD-2-Clause
 * names: the names of a changed file that a run did not use. */
#include "run/names.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/setup.h"

enum { DEEPEST = PATH_MAX / 2 };

static bool is_wanted(const struct book_file *page)
{
    size_t names = 1;
    if (page->first != NULL || !page->existed || !S_ISREG(page->before.st_mode) || page->before.st_nlink < 2 ||
        !(page->altered || page->mode_set)) {
        return false;
    }
    for (const struct book_file *other = page->next_name; other != NULL; other = other->next_name) {
        names++;
    }
    return names < page->before.st_nlink;
}

static void search_folder(struct observer *observer, size_t mount, const char *folder, int folder_fd, int depth);

static void look_at(struct observer *observer, size_t mount, const char *host, int path_fd, int depth)
{
    struct recorder_target target = {0};
    struct book *book = &observer->book;
    if (path_fd < 0 || !recorder_describe(path_fd, &target)) {
        return;
    }
    if (S_ISDIR(target.st.st_mode)) {
        search_folder(observer, mount, host, path_fd, depth + 1);
        return;
    }
    struct book_file *page = S_ISREG(target.st.st_mode) ? book_of(book, &target.st, target.born_ns) : NULL;
    if (page != NULL && is_wanted(page) && book_at(book, host) == NULL && !book_is_below_new(book, host)) {
        book_add_name(book, page, host, mount)->touched = true;
    }
}

static void search_folder(struct observer *observer, size_t mount, const char *folder, int folder_fd, int depth)
{
    int fd = depth < DEEPEST ? openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    auto_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    if (dir == NULL) {
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        bool skipped = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                       strcmp(entry->d_name, SETUP_RECORDS) == 0 ||
                       (entry->d_type != DT_REG && entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN);
        if (!skipped) {
            auto_free char *host = xasprintf("%s/%s", folder, entry->d_name);
            auto_fd int path_fd = openat(fd, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
            look_at(observer, mount, host, path_fd, depth);
        }
    }
}

void names_find(struct observer *observer)
{
    const struct plan *plan = observer->plan;
    bool wanted = false;
    for (size_t i = 0; i < observer->book.count; i++) {
        wanted |= is_wanted(observer->book.file[i]);
    }
    for (size_t i = 0; wanted && i < plan->mount_count; i++) {
        const struct plan_mount *mount = &plan->mount[i];
        bool writable = mount->kind == PLAN_BIND && !mount->read_only && !path_is_under(mount->source, plan->scratch);
        auto_fd int fd = writable ? open(mount->source, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
        if (fd >= 0) {
            search_folder(observer, i, mount->source, fd, 0);
        }
    }
}
