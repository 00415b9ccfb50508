/* SPDX-License-Identifier: BSD-2-Clause
 * observer_change: the part of observer.h about calls that change files. */
#include "run/observer_change.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "run/securing.h"

/* What becomes of a file: the name leads to something else or to nothing, other bytes, or only other permissions. */
enum change_kind { CHANGE_NAME, CHANGE_CONTENT, CHANGE_MODE };

/* What stands at `place` may be another thing soon. True: nothing has to be waited for. The lock is held. */
static bool change_page(struct observer *observer, const struct recorder_call *call,
                        const struct recorder_target *target, const struct place *place, enum change_kind kind)
{
    struct book_file *file = observer_page(observer, target, place);
    struct book_file *at = book_at(&observer->book, place->host);
    if (at != NULL) {
        at->touched = true; /* the name, whatever the inode was called before */
        at->replaced |= kind == CHANGE_NAME;
    }
    if (file == NULL || !target->exists) {
        return true;
    }
    file->touched = true;
    file->rewritten |= kind != CHANGE_MODE;
    if (S_ISREG(file->before.st_mode) && kind != CHANGE_MODE) {
        return securing_keep(observer, file, target->fd, call->id);
    }
    return S_ISREG(file->before.st_mode) ? securing_read(observer, file, target->fd, call->id) : true;
}

static bool change(struct observer *observer, const struct recorder_call *call, int which, enum change_kind kind)
{
    struct place place;
    const struct recorder_target *target = &observer->target[which];
    places_find(&observer->places, target->real, &place);
    if (place.kind != PLACE_HOST || !place.writable) {
        return true;
    }
    pthread_mutex_lock(&observer->book.lock);
    bool done = change_page(observer, call, target, &place, kind);
    pthread_mutex_unlock(&observer->book.lock);
    return done;
}

enum recorder_answer change_on_write(struct observer *observer, const struct recorder_call *call)
{
    struct recorder_target *target = &observer->target[0];
    bool go_on = true;
    if (!observer_resolve(observer, call, 0)) {
        return RECORDER_GO_ON;
    }
    bool regular = target->exists && S_ISREG(target->st.st_mode);
    if (regular && !call->truncates) {
        struct place place;
        places_find(&observer->places, target->real, &place);
        pthread_mutex_lock(&observer->book.lock);
        struct book_file *file = place.kind == PLACE_HOST ? observer_page(observer, target, &place) : NULL;
        if (file != NULL) {
            file->read = true; /* what is not overwritten is still the old */
        }
        pthread_mutex_unlock(&observer->book.lock);
    }
    if (regular || (!target->exists && call->creates)) {
        go_on = change(observer, call, 0, CHANGE_CONTENT);
    }
    observer->changes += !target->exists;
    recorder_target_release(target);
    return go_on ? RECORDER_GO_ON : RECORDER_LATER;
}

/* mkdir, mknod, symlink: only at a name that is free. */
void change_on_make(struct observer *observer, const struct recorder_call *call)
{
    if (observer_resolve(observer, call, 0) && !observer->target[0].exists) {
        (void)change(observer, call, 0, CHANGE_NAME);
        observer->changes++;
    }
    recorder_target_release(&observer->target[0]);
}

void change_on_link(struct observer *observer, const struct recorder_call *call)
{
    if (observer_resolve(observer, call, 1) && !observer->target[1].exists) {
        (void)change(observer, call, 1, CHANGE_NAME);
        observer->changes++;
    }
    recorder_target_release(&observer->target[1]);
    /* The other name's change time changes with it, and nothing else. */
    if (observer_resolve(observer, call, 0)) {
        (void)change(observer, call, 0, CHANGE_MODE);
    }
    recorder_target_release(&observer->target[0]);
}

/* Its number is free for the next file. Where inodes have a time of birth nothing needs to be forgotten. */
static void forget_last_name(struct observer *observer, const struct recorder_target *target)
{
    if (!target->exists || target->born_ns != 0 || (target->st.st_nlink > 1 && !S_ISDIR(target->st.st_mode))) {
        return;
    }
    pthread_mutex_lock(&observer->book.lock);
    struct book_file *file = book_of(&observer->book, &target->st, target->born_ns);
    if (file != NULL) {
        book_forget_inode(&observer->book, file);
    }
    pthread_mutex_unlock(&observer->book.lock);
}

enum recorder_answer change_on_remove(struct observer *observer, const struct recorder_call *call)
{
    struct recorder_target *target = &observer->target[0];
    bool go_on = true;
    if (observer_resolve(observer, call, 0) && target->exists) {
        go_on = change(observer, call, 0, CHANGE_NAME);
        forget_last_name(observer, target);
        observer->changes++;
    }
    recorder_target_release(target);
    return go_on ? RECORDER_GO_ON : RECORDER_LATER;
}

/* All that is in a folder that existed moves with it: each page is opened before, so that it is known by its inode
 * where it comes to stand. */
static void note_subtree(struct observer *observer, int folder_fd, const struct place *folder, int depth)
{
    enum { DEEPEST = 100 };
    struct strlist names = {0};
    struct err ignored = {0};
    (void)fs_list(folder_fd, ".", &names, &ignored);
    for (size_t i = 0; i < names.count && depth < DEEPEST; i++) {
        struct place place = *folder;
        struct recorder_target target = {.fd = openat(folder_fd, names.item[i], O_PATH | O_NOFOLLOW | O_CLOEXEC)};
        int length = snprintf(place.host, sizeof(place.host), "%s/%s", folder->host, names.item[i]);
        if (target.fd >= 0 && length < (int)sizeof(place.host) && recorder_describe(target.fd, &target)) {
            struct book_file *file = observer_page(observer, &target, &place);
            if (file != NULL) {
                file->touched = true;
            }
            if (S_ISDIR(target.st.st_mode)) {
                note_subtree(observer, target.fd, &place, depth + 1);
            }
        }
        recorder_target_release(&target);
    }
    strlist_release(&names);
}

static void note_moved(struct observer *observer, int which)
{
    struct place place;
    const struct recorder_target *target = &observer->target[which];
    places_find(&observer->places, target->real, &place);
    if (place.kind == PLACE_HOST && place.writable && target->exists && S_ISDIR(target->st.st_mode)) {
        pthread_mutex_lock(&observer->book.lock);
        if (book_of(&observer->book, &target->st, target->born_ns) != NULL) {
            note_subtree(observer, target->fd, &place, 0);
        }
        pthread_mutex_unlock(&observer->book.lock);
    }
}

/* The name that a file leaves: its page stays open for the content, which is only read when it is written to. */
static void leave_name(struct observer *observer, int which)
{
    struct place place;
    const struct recorder_target *target = &observer->target[which];
    places_find(&observer->places, target->real, &place);
    if (place.kind != PLACE_HOST || !place.writable) {
        return;
    }
    pthread_mutex_lock(&observer->book.lock);
    struct book_file *file = observer_page(observer, target, &place);
    struct book_file *at = book_at(&observer->book, place.host);
    if (file != NULL) {
        file->touched = true;
        file->read = true;
        (void)securing_read(observer, file, target->fd, 0);
    }
    pthread_mutex_unlock(&observer->book.lock);
    note_moved(observer, which);
    pthread_mutex_lock(&observer->book.lock);
    if (at != NULL) { /* only now: what is below a folder that was replaced counts as new */
        at->touched = true;
        at->replaced = true;
    }
    pthread_mutex_unlock(&observer->book.lock);
}

enum recorder_answer change_on_rename(struct observer *observer, const struct recorder_call *call)
{
    bool go_on = true;
    bool both =
        observer_resolve(observer, call, 0) && observer->target[0].exists && observer_resolve(observer, call, 1);
    if (both) {
        leave_name(observer, 0);
        if (call->exchanges && observer->target[1].exists) {
            leave_name(observer, 1);
        } else {
            go_on = change(observer, call, 1, CHANGE_NAME);
            forget_last_name(observer, &observer->target[1]);
        }
        observer->changes++;
    }
    recorder_target_release(&observer->target[0]);
    recorder_target_release(&observer->target[1]);
    return go_on ? RECORDER_GO_ON : RECORDER_LATER;
}

void change_on_chmod(struct observer *observer, const struct recorder_call *call)
{
    if (observer_resolve(observer, call, 0) && observer->target[0].exists) {
        (void)change(observer, call, 0, CHANGE_MODE);
    }
    recorder_target_release(&observer->target[0]);
}
