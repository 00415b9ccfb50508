/* SPDX-License-Identifier: BSD-2-Clause
 * file_list: files as the manifest names them. */
#include "run/file_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"

static const char *const type_names[] = {"file", "directory", "link", "other", NULL};
static const char *const change_names[] = {"", "created", "modified", "deleted", "mode", "renamed", NULL};

struct file_item *file_list_add(struct file_list *list, const char *path)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity < 8 ? 8 : list->capacity * 2;
        list->item = xreallocarray(list->item, list->capacity, sizeof(*list->item));
    }
    list->sorted = false;
    struct file_item *item = &list->item[list->count++];
    *item = (struct file_item){.path = xstrdup(path)};
    return item;
}

static int compare_paths(const void *a, const void *b)
{
    const struct file_item *first = a;
    const struct file_item *second = b;
    return strcmp(first->path, second->path);
}

static int compare_to_path(const void *path, const void *item)
{
    return strcmp(path, ((const struct file_item *)item)->path);
}

struct file_item *file_list_find(const struct file_list *list, const char *path)
{
    if (list->sorted && list->count > 0) {
        return bsearch(path, list->item, list->count, sizeof(*list->item), compare_to_path);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->item[i].path, path) == 0) {
            return &list->item[i];
        }
    }
    return NULL;
}

void file_list_sort(struct file_list *list)
{
    if (list->count > 1) {
        qsort(list->item, list->count, sizeof(*list->item), compare_paths);
    }
    list->sorted = true;
}

static void release_item(struct file_item *item)
{
    free(item->path);
    free(item->host);
    free(item->target);
    free(item->role);
    free(item->from);
    free(item->same_as);
}

void file_list_remove(struct file_list *list, size_t index)
{
    release_item(&list->item[index]);
    list->count--;
    memmove(&list->item[index], &list->item[index + 1], (list->count - index) * sizeof(*list->item));
}

void file_list_drop(struct file_list *list, const bool *marked)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (marked[i]) {
            release_item(&list->item[i]);
        } else {
            list->item[kept++] = list->item[i];
        }
    }
    list->count = kept;
}

void file_list_release(struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        release_item(&list->item[i]);
    }
    free(list->item);
    *list = (struct file_list){0};
}

static bool was_taken_away(const struct file_list *outputs, const char *path)
{
    for (size_t i = 0; i < outputs->count; i++) {
        const struct file_item *item = &outputs->item[i];
        if (strcmp(item->path, path) == 0 || (item->from != NULL && strcmp(item->from, path) == 0)) {
            return true;
        }
    }
    return false;
}

void file_list_moved_to(const struct file_list *outputs, const char *path, const struct digest *digest,
                        struct strlist *places)
{
    if (!was_taken_away(outputs, path)) {
        return;
    }
    for (size_t i = 0; i < outputs->count; i++) {
        const struct file_item *item = &outputs->item[i];
        if (item->has_digest && item->host != NULL && item->offset == 0 && digest_equal(&item->digest, digest)) {
            strlist_add(places, item->host);
        }
    }
}

int file_item_read(struct file_item *item, const char *path, uint64_t offset, struct err *err)
{
    struct stat st;
    /* O_NONBLOCK: a pipe that was put in the place of the file must not hold the program. */
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open '%s'", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "'%s' is not a regular file", path);
    }
    if (offset > 0 && lseek(fd, (off_t)offset, SEEK_SET) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read '%s'", path);
    }
    if (digest_fd(fd, path, &item->digest, &item->size, err) < 0) {
        return -1;
    }
    item->type = FILE_REGULAR;
    item->has_digest = true;
    item->mode = st.st_mode & 07777;
    item->mtime_ns =
        st.st_mtim.tv_sec > 0 ? (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec : 0;
    item->offset = offset;
    return 0;
}

static bool find_name(const char *const *names, const char *name, unsigned *ret_number)
{
    for (unsigned i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_number = i;
            return true;
        }
    }
    return false;
}

const char *file_type_name(enum file_type type)
{
    return type_names[type];
}

bool file_type_from_name(const char *name, enum file_type *ret_type)
{
    unsigned number;
    bool known = find_name(type_names, name, &number);
    if (known) {
        *ret_type = (enum file_type)number;
    }
    return known;
}

const char *file_change_name(enum file_change change)
{
    return change_names[change];
}

bool file_change_from_name(const char *name, enum file_change *ret_change)
{
    unsigned number;
    bool known = find_name(change_names, name, &number);
    if (known) {
        *ret_change = (enum file_change)number;
    }
    return known;
}
