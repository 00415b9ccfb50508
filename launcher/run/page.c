/* SPDX-License-Identifier: BSD-2-Clause
 * page: the pages of an observer's book for what its recorder looked up. */
#include "run/page.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/mem.h"
#include "run/securing.h"
#include "run/setup.h"

static bool is_nothing(const char *component, size_t length)
{
    return length == 0 || (length == 1 && component[0] == '.');
}

bool page_is_plain(const char *path, const char *real)
{
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (!is_nothing(path, length)) {
            if (*real != '/' || strncmp(real + 1, path, length) != 0) {
                return false;
            }
            real += 1 + length;
        }
        path += length + (path[length] == '/');
    }
    return *real == '\0' || strcmp(real, "/") == 0;
}

static struct book_file *add_page(struct book *book, const struct recorder_target *target, const struct place *place)
{
    struct book_file *file =
        book_add(book, place->host, place->mount, target->exists ? &target->st : NULL, target->born_ns);
    if (target->exists && S_ISLNK(target->st.st_mode)) {
        char text[PATH_MAX];
        ssize_t length = readlinkat(target->fd, "", text, sizeof(text));
        file->target = length > 0 ? xstrndup(text, (size_t)length) : NULL;
    }
    return file;
}

struct book_file *page_of(struct observer *observer, const struct recorder_target *target, const struct place *place)
{
    struct book *book = &observer->book;
    struct book_file *first = target->exists ? book_of(book, &target->st, target->born_ns) : NULL;
    if (place->host[0] == '\0') {
        return first; /* a descriptor's file without a name */
    }
    if (first != NULL && first->mount == SIZE_MAX) {
        book_place(book, first, place->host, place->mount);
        return first;
    }
    struct book_file *at = book_at(book, place->host);
    if (at != NULL) {
        bool is_its_own = !target->exists || (first != NULL && at->existed && book_first(at) == first);
        return is_its_own ? at : first;
    }
    if (book_is_below_new(book, place->host)) {
        return first;
    }
    return first != NULL ? book_add_name(book, first, place->host, place->mount) : add_page(book, target, place);
}

void page_list(struct book_file *file, int path_fd)
{
    struct err ignored = {0};
    if (!file->was_listed) {
        file->was_listed = true;
        (void)fs_list(path_fd, ".", &file->listed, &ignored);
    }
}

static bool look(struct observer *observer, const struct recorder_target *target, const struct place *place,
                 uint64_t id)
{
    bool done = true;
    struct book_file *file = page_of(observer, target, place);
    if (file != NULL) {
        file->read = true;
        done = securing_read(observer, book_first(file), target->fd, id);
    }
    return done;
}

bool page_look(struct observer *observer, int which, uint64_t id)
{
    struct place place;
    const struct recorder_target *target = &observer->target[which];
    places_find(&observer->places, target->real, &place);
    if (place.kind != PLACE_HOST || !target->exists) {
        return true;
    }
    lock_take(&observer->book.lock);
    bool done = look(observer, target, &place, id);
    pthread_mutex_unlock(&observer->book.lock);
    return done;
}

/* What is called `name` in a folder that stands at `folder`. False when it is gone or its path is too long. */
static bool look_up_child(int folder_fd, const struct place *folder, const char *name,
                          struct recorder_target *ret_target, struct place *ret_place)
{
    *ret_place = *folder;
    ret_target->fd = openat(folder_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int length = snprintf(ret_place->host, sizeof(ret_place->host), "%s/%s", folder->host, name);
    if (ret_target->fd >= 0 && length < (int)sizeof(ret_place->host) && recorder_describe(ret_target->fd, ret_target)) {
        return true;
    }
    recorder_target_release(ret_target);
    return false;
}

bool page_look_inside(struct observer *observer, int which)
{
    struct strlist names = {0};
    struct err ignored = {0};
    struct place place;
    struct place inside;
    struct recorder_target child;
    const struct recorder_target *target = &observer->target[which];
    (void)fs_list(target->fd, ".", &names, &ignored);
    places_find(&observer->places, target->real, &place);
    if (names.count > 0 && place.kind == PLACE_HOST &&
        look_up_child(target->fd, &place, names.item[0], &child, &inside)) {
        lock_take(&observer->book.lock);
        (void)look(observer, &child, &inside, 0);
        pthread_mutex_unlock(&observer->book.lock);
        recorder_target_release(&child);
    }
    bool filled = names.count > 0;
    strlist_release(&names);
    return filled;
}

static bool is_unknown(struct observer *observer, const char *host)
{
    lock_take(&observer->book.lock);
    bool known = book_at(&observer->book, host) != NULL || book_is_below_new(&observer->book, host);
    pthread_mutex_unlock(&observer->book.lock);
    return !known;
}

void page_look_around(struct observer *observer, const struct recorder_call *call, int which)
{
    struct recorder_target folder;
    struct place place;
    const struct recorder_target *target = &observer->target[which];
    const char *slash = strrchr(target->real, '/');
    auto_free char *parent =
        slash != NULL && slash > target->real ? xstrndup(target->real, (size_t)(slash - target->real)) : NULL;
    if (parent == NULL) {
        return;
    }
    places_find(&observer->places, parent, &place);
    if (place.kind != PLACE_HOST || !is_unknown(observer, place.host) ||
        !recorder_resolve(observer->recorder, call, parent, false, &folder)) {
        return;
    }
    lock_take(&observer->book.lock);
    (void)(folder.exists && look(observer, &folder, &place, 0));
    pthread_mutex_unlock(&observer->book.lock);
    recorder_target_release(&folder);
}

/* ---- links */

static void follow_links(struct observer *observer, const struct recorder_call *call, const char *path, int depth);

/* Notes the link, and the links on the way that it shows. `is_left`: by "..", which only works in a folder that is
 * there. */
static void note_link(struct observer *observer, const struct recorder_call *call, const struct recorder_target *target,
                      bool is_left, int depth)
{
    struct place place;
    places_find(&observer->places, target->real, &place);
    if (place.kind != PLACE_HOST || !target->exists || !(S_ISLNK(target->st.st_mode) || is_left)) {
        return;
    }
    lock_take(&observer->book.lock);
    struct book_file *link = page_of(observer, target, &place);
    auto_free char *base = xstrndup(target->real, (size_t)(strrchr(target->real, '/') - target->real) + 1);
    auto_free char *next = link != NULL && link->target != NULL
                               ? xasprintf("%s%s", link->target[0] == '/' ? "" : base, link->target)
                               : NULL;
    if (link != NULL) {
        link->read = true;
    }
    pthread_mutex_unlock(&observer->book.lock);
    if (next != NULL && strlen(next) < PATH_MAX) {
        follow_links(observer, call, next, depth + 1);
    }
}

static void follow_links(struct observer *observer, const struct recorder_call *call, const char *path, int depth)
{
    enum { DEEPEST = 8 };
    struct recorder_target target;
    char part[PATH_MAX];
    size_t length = strlen(path);
    for (size_t at = 1; at <= length && depth < DEEPEST; at++) {
        if (path[at] != '/' && path[at] != '\0') {
            continue;
        }
        memcpy(part, path, at);
        part[at] = '\0';
        if (!recorder_resolve(observer->recorder, call, part, false, &target)) {
            return;
        }
        bool is_left = strncmp(path + at, "/..", 3) == 0 && (path[at + 3] == '/' || path[at + 3] == '\0');
        note_link(observer, call, &target, is_left, depth);
        recorder_target_release(&target);
    }
}

void page_links(struct observer *observer, const struct recorder_call *call, const char *path)
{
    follow_links(observer, call, path, 0);
}

/* ---- folders that move */

/* What is called `name` in a folder; on the heap, for folders can be deep. */
struct child {
    struct place place;
    struct recorder_target target;
};

static void note_subtree(struct observer *observer, int folder_fd, const struct place *folder, int depth);

static void note_child(struct observer *observer, int folder_fd, const struct place *folder, const char *name,
                       int depth)
{
    struct child *child = xmalloc(sizeof(*child));
    if (look_up_child(folder_fd, folder, name, &child->target, &child->place)) {
        struct book_file *file = page_of(observer, &child->target, &child->place);
        if (file != NULL) {
            file->touched = true;
        }
        if (S_ISDIR(child->target.st.st_mode)) {
            note_subtree(observer, child->target.fd, &child->place, depth + 1);
        }
        recorder_target_release(&child->target);
    }
    free(child);
}

static void note_subtree(struct observer *observer, int folder_fd, const struct place *folder, int depth)
{
    enum { DEEPEST = PATH_MAX / 2 };
    struct strlist names = {0};
    struct err ignored = {0};
    (void)fs_list(folder_fd, ".", &names, &ignored);
    for (size_t i = 0; i < names.count && depth < DEEPEST; i++) {
        if (strcmp(names.item[i], SETUP_RECORDS) != 0) {
            note_child(observer, folder_fd, folder, names.item[i], depth);
        }
    }
    strlist_release(&names);
}

void page_subtree(struct observer *observer, int which)
{
    struct place place;
    const struct recorder_target *target = &observer->target[which];
    places_find(&observer->places, target->real, &place);
    if (place.kind == PLACE_HOST && place.writable && target->exists && S_ISDIR(target->st.st_mode)) {
        lock_take(&observer->book.lock);
        if (book_of(&observer->book, &target->st, target->born_ns) != NULL) {
            note_subtree(observer, target->fd, &place, 0);
        }
        pthread_mutex_unlock(&observer->book.lock);
    }
}
