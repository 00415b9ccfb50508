/* SPDX-License-Identifier: BSD-2-Clause
 * observer_change: the part of observer.h about calls that change files. */
#include "run/observer_change.h"

#include "base/lock.h"
#include "run/page.h"
#include "run/securing.h"

/* What becomes of a file: the name leads to something else or to nothing, other bytes, other permissions, or only
 * another name beside the old one. */
enum change_kind { CHANGE_NAME, CHANGE_CONTENT, CHANGE_MODE, CHANGE_TIME };

/* What stands at `place` may be another thing soon. True: nothing has to be waited for. The lock is held. */
static bool change_page(struct observer *observer, const struct recorder_call *call,
                        const struct recorder_target *target, const struct place *place, enum change_kind kind)
{
    struct book_file *file = page_of(observer, target, place);
    struct book_file *at = book_at(&observer->book, place->host);
    if (at != NULL) {
        at->touched = true; /* the name, whatever the inode was called before */
        at->replaced |= kind == CHANGE_NAME;
    }
    if (file == NULL || !file->existed || !target->exists) {
        return true;
    }
    struct book_file *first = book_first(file);
    file->touched = true;
    first->altered |= kind == CHANGE_CONTENT;
    first->mode_set |= kind == CHANGE_MODE;
    return kind == CHANGE_NAME || kind == CHANGE_CONTENT ? securing_keep(observer, first, target->fd, call->id)
                                                         : securing_read(observer, first, target->fd, call->id);
}

static bool change(struct observer *observer, const struct recorder_call *call, int which, enum change_kind kind)
{
    struct place place;
    const struct recorder_target *target = &observer->target[which];
    places_find(&observer->places, target->real, &place);
    if (target->real[0] != '\0' && (place.kind != PLACE_HOST || !place.writable)) {
        return true;
    }
    lock_take(&observer->book.lock);
    bool done = change_page(observer, call, target, &place, kind);
    pthread_mutex_unlock(&observer->book.lock);
    return done;
}

static enum recorder_answer finish(struct observer *observer, bool done)
{
    recorder_target_release(&observer->target[0]);
    recorder_target_release(&observer->target[1]);
    return done ? RECORDER_GO_ON : RECORDER_LATER;
}

/* What is not overwritten is still the old. */
static void note_old_content(struct observer *observer, const struct recorder_target *target)
{
    struct place place;
    places_find(&observer->places, target->real, &place);
    if (place.kind != PLACE_HOST && target->real[0] != '\0') {
        return;
    }
    lock_take(&observer->book.lock);
    struct book_file *file = page_of(observer, target, &place);
    if (file != NULL) {
        file->read = true;
    }
    pthread_mutex_unlock(&observer->book.lock);
}

enum recorder_answer change_on_write(struct observer *observer, const struct recorder_call *call)
{
    struct recorder_target *target = &observer->target[0];
    bool done = true;
    if (!observer_resolve(observer, call, 0)) {
        return RECORDER_GO_ON;
    }
    bool regular = target->exists && S_ISREG(target->st.st_mode);
    if (target->exists && (!regular || call->exclusive)) {
        done = page_look(observer, 0, call->id); /* the call fails, or goes to a device */
    } else if (target->exists || call->creates) {
        if (regular && !call->truncates) {
            note_old_content(observer, target);
        }
        if (!target->exists) {
            page_look_around(observer, call, 0);
        }
        done = change(observer, call, 0, CHANGE_CONTENT);
    }
    observer->changes += !target->exists;
    return finish(observer, done);
}

/* Only at a name that is free; else the call fails. */
static bool take_name(struct observer *observer, const struct recorder_call *call, int which)
{
    observer->changes++;
    page_look_around(observer, call, which);
    return observer->target[which].exists ? page_look(observer, which, which == 0 ? call->id : 0)
                                          : change(observer, call, which, CHANGE_NAME);
}

enum recorder_answer change_on_make(struct observer *observer, const struct recorder_call *call)
{
    return finish(observer, !observer_resolve(observer, call, 0) || take_name(observer, call, 0));
}

enum recorder_answer change_on_link(struct observer *observer, const struct recorder_call *call)
{
    bool done = true;
    if (observer_resolve(observer, call, 0) && observer->target[0].exists) {
        done = change(observer, call, 0, CHANGE_TIME);
    }
    if (observer_resolve(observer, call, 1)) {
        (void)take_name(observer, call, 1);
    }
    return finish(observer, done);
}

/* Its number is free for the next file. Where inodes have a time of birth nothing needs to be forgotten. */
static void forget_last_name(struct observer *observer, const struct recorder_target *target)
{
    if (!target->exists || target->born_ns != 0 || (target->st.st_nlink > 1 && !S_ISDIR(target->st.st_mode))) {
        return;
    }
    lock_take(&observer->book.lock);
    struct book_file *file = book_of(&observer->book, &target->st, target->born_ns);
    if (file != NULL) {
        book_forget_inode(&observer->book, file);
    }
    pthread_mutex_unlock(&observer->book.lock);
}

/* What stands at the name is removed or replaced, unless it is a directory that is not empty: then the call fails. */
static bool remove_name(struct observer *observer, const struct recorder_call *call, int which)
{
    const struct recorder_target *target = &observer->target[which];
    observer->changes++;
    page_look_around(observer, call, which);
    if (target->exists && S_ISDIR(target->st.st_mode) && page_look_inside(observer, which)) {
        return page_look(observer, which, call->id);
    }
    bool done = change(observer, call, which, CHANGE_NAME);
    forget_last_name(observer, target);
    return done;
}

enum recorder_answer change_on_remove(struct observer *observer, const struct recorder_call *call)
{
    bool done = true;
    const struct recorder_target *target = &observer->target[0];
    if (observer_resolve(observer, call, 0) && target->exists) {
        bool right_kind = call->folder == S_ISDIR(target->st.st_mode);
        done = right_kind ? remove_name(observer, call, 0) : page_look(observer, 0, call->id);
    }
    return finish(observer, done);
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
    lock_take(&observer->book.lock);
    struct book_file *file = page_of(observer, target, &place);
    struct book_file *at = book_at(&observer->book, place.host);
    if (file != NULL) {
        file->touched = true;
        (void)securing_read(observer, book_first(file), target->fd, 0);
    }
    pthread_mutex_unlock(&observer->book.lock);
    page_subtree(observer, which);
    lock_take(&observer->book.lock);
    if (at != NULL) { /* only now: what is below a folder that was replaced counts as new */
        at->touched = true;
        at->replaced = true;
    }
    pthread_mutex_unlock(&observer->book.lock);
}

enum recorder_answer change_on_rename(struct observer *observer, const struct recorder_call *call)
{
    bool done = true;
    if (observer_resolve(observer, call, 0) && observer->target[0].exists && observer_resolve(observer, call, 1)) {
        leave_name(observer, 0);
        if (call->exchanges && observer->target[1].exists) {
            leave_name(observer, 1);
            observer->changes++;
        } else {
            done = remove_name(observer, call, 1);
        }
    }
    return finish(observer, done);
}

enum recorder_answer change_on_chmod(struct observer *observer, const struct recorder_call *call)
{
    bool done = true;
    if (observer_resolve(observer, call, 0) && observer->target[0].exists) {
        done = change(observer, call, 0, CHANGE_MODE);
    }
    return finish(observer, done);
}

/* From now on its modification time says nothing about who changed it. */
enum recorder_answer change_on_time(struct observer *observer, const struct recorder_call *call)
{
    bool done = true;
    const struct recorder_target *target = &observer->target[0];
    if (observer_resolve(observer, call, 0) && target->exists) {
        done = page_look(observer, 0, call->id);
        lock_take(&observer->book.lock);
        struct book_file *file = book_of(&observer->book, &target->st, target->born_ns);
        if (file != NULL) {
            book_first(file)->time_set = true;
        }
        pthread_mutex_unlock(&observer->book.lock);
    }
    return finish(observer, done);
}
