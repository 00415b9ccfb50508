/* SPDX-License-Identifier: BSD-2-Clause
 * observer: what a run did to files of the host, found out while it ran. */
#include "run/observer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/observer_change.h"
#include "run/page.h"
#include "run/securing.h"
#include "run/starting.h"

/* Values of `seen`: for good, or as long as no name has been given another meaning. */
static char for_good;

static void *seen_now(const struct observer *observer)
{
    return (void *)(uintptr_t)(observer->changes * 2 + 1);
}

static bool was_seen(const struct observer *observer, const char *path)
{
    const void *value = strmap_get(&observer->seen, path);
    return value == &for_good || value == seen_now(observer);
}

static void remember(struct observer *observer, const char *path, bool in_rootfs)
{
    strmap_put(&observer->seen, path, in_rootfs ? &for_good : seen_now(observer));
}

bool observer_resolve(struct observer *observer, const struct recorder_call *call, int which)
{
    const char *path = which == 0 ? call->path : call->second;
    struct recorder_target *target = &observer->target[which];
    places_learn(&observer->places, observer->recorder, call);
    bool found = recorder_resolve(observer->recorder, call, path, which == 0 && call->follow, target);
    if (!recorder_is_passing(path) && !(found && page_is_plain(path, target->real))) {
        page_links(observer, call, path);
    }
    return found;
}

/* ---- files of the rootfs */

struct use_work {
    struct work work; /* first */
    struct observer *observer;
    bool program;
    char *named;
    char *real;
};

static void run_use(struct work *work)
{
    struct use_work *use = (struct use_work *)work;
    use->observer->used(use->observer->context, use->named, use->real, use->program);
    free(use->named);
    free(use->real);
    free(use);
}

void observer_use(struct observer *observer, const char *named, const char *real, bool program)
{
    if (observer->used == NULL) {
        return;
    }
    struct use_work *use = xcalloc(1, sizeof(*use));
    *use = (struct use_work){
        .work.run = run_use,
        .observer = observer,
        .program = program,
        .named = xstrdup(named),
        .real = real != NULL ? xstrdup(real) : NULL,
    };
    workers_leave(&observer->workers, &use->work);
}

/* ---- files of the host */

static bool read_page(struct observer *observer, const struct recorder_call *call, const struct place *place)
{
    const struct recorder_target *target = &observer->target[0];
    bool done = true;
    lock_take(&observer->book.lock);
    struct book_file *file = page_of(observer, target, place);
    if (file != NULL) {
        file->read = true;
        file->executed |= call->act == RECORDER_EXECUTE;
        if (call->act == RECORDER_READ && S_ISDIR(target->st.st_mode)) {
            page_list(file, target->fd);
        }
        done = securing_read(observer, book_first(file), target->fd, call->id);
    }
    pthread_mutex_unlock(&observer->book.lock);
    return done;
}

/* Whether `named` means the same as long as the run lasts, when it means something of the rootfs. A link in a place of
 * the run can be turned elsewhere; with ".." such a link can be on the way anywhere. */
static bool is_fixed(const struct observer *observer, const char *named)
{
    struct place place;
    places_find(&observer->places, named, &place);
    return place.kind == PLACE_ROOTFS && !observer->plan->writable && strstr(named, "/..") == NULL;
}

static enum recorder_answer on_read(struct observer *observer, const struct recorder_call *call)
{
    struct recorder_target *target = &observer->target[0];
    bool program = call->act == RECORDER_EXECUTE;
    bool passing = recorder_is_passing(call->path);
    struct place place;
    if (!program && !passing && was_seen(observer, call->path)) {
        return RECORDER_GO_ON;
    }
    if (!observer_resolve(observer, call, 0)) {
        if (!passing) {
            observer_use(observer, call->path, NULL, program); /* a folder on the way is missing */
        }
        return RECORDER_GO_ON;
    }
    if (target->exists && observer->seeding != NULL && seeding_is_device(&target->st) &&
        seeding_open(observer->seeding, observer->recorder, call)) {
        recorder_target_release(target);
        return RECORDER_LATER;
    }
    places_find(&observer->places, target->real, &place);
    if (place.kind == PLACE_ROOTFS || (target->exists && !passing && !page_is_plain(call->path, target->real))) {
        observer_use(observer, call->path, target->exists ? target->real : NULL, program);
    }
    bool done = true;
    if (target->exists) {
        done = place.kind != PLACE_HOST || read_page(observer, call, &place);
        if (!passing && !recorder_is_unsettled(observer->recorder)) {
            remember(observer, call->path, place.kind == PLACE_ROOTFS && is_fixed(observer, call->path));
        }
        if (program && S_ISREG(target->st.st_mode)) {
            starting_note(observer, call, target);
            processes_execute(&observer->processes, observer->recorder, call->thread, target->real, call->address);
        }
    }
    recorder_target_release(target);
    return done ? RECORDER_GO_ON : RECORDER_LATER;
}

/* A place that is entered or only named, or a link whose text is read: a rerun needs it. */
static enum recorder_answer on_look(struct observer *observer, const struct recorder_call *call)
{
    struct recorder_target *target = &observer->target[0];
    bool done = true;
    if (observer_resolve(observer, call, 0) && target->exists) {
        struct place place;
        places_find(&observer->places, target->real, &place);
        if (place.kind == PLACE_ROOTFS && S_ISLNK(target->st.st_mode)) {
            observer_use(observer, call->path, target->real, false);
        }
        done = page_look(observer, 0, call->id);
    }
    recorder_target_release(target);
    return done ? RECORDER_GO_ON : RECORDER_LATER;
}

static void on_connect(struct observer *observer, const struct recorder_call *call)
{
    enum { ADDRESSES_MOST = 200 };
    if (observer->addresses.count < ADDRESSES_MOST && !strlist_has(&observer->addresses, call->path)) {
        strlist_add(&observer->addresses, call->path);
    }
}

static enum recorder_answer note_call(struct observer *observer, const struct recorder_call *call)
{
    switch (call->act) {
    case RECORDER_READ:
    case RECORDER_EXECUTE:
        return on_read(observer, call);
    case RECORDER_LOOK:
        return on_look(observer, call);
    case RECORDER_WRITE:
        return change_on_write(observer, call);
    case RECORDER_REMOVE:
        return change_on_remove(observer, call);
    case RECORDER_RENAME:
        return change_on_rename(observer, call);
    case RECORDER_MAKE:
        return change_on_make(observer, call);
    case RECORDER_LINK:
        return change_on_link(observer, call);
    case RECORDER_CHMOD:
        return change_on_chmod(observer, call);
    case RECORDER_TIME:
        return change_on_time(observer, call);
    case RECORDER_EXIT:
        processes_end(&observer->processes, call->thread);
        break;
    case RECORDER_CONNECT:
        on_connect(observer, call);
        break;
    case RECORDER_RANDOM:
        return observer->seeding != NULL ? seeding_random(observer->seeding, observer->recorder, call) : RECORDER_GO_ON;
    }
    return RECORDER_GO_ON;
}

static enum recorder_answer told(void *context, const struct recorder_call *call)
{
    struct observer *observer = context;
    enum recorder_answer answer = note_call(observer, call);
    workers_help(&observer->workers);
    return answer;
}

void observer_begin(struct observer *observer)
{
    observer->places = (struct places){.plan = observer->plan};
    observer->target[0].fd = -1;
    observer->target[1].fd = -1;
    book_begin(&observer->book);
    workers_begin(&observer->workers);
    digest_cache_begin(&observer->digests);
    processes_begin(&observer->processes);
}

void observer_start(struct observer *observer, int notify_fd)
{
    struct recorder_client client = {.context = observer, .told = told};
    observer->recorder = recorder_open(notify_fd, &client);
}

int observer_declare(struct observer *observer, const char *host, struct err *err)
{
    struct recorder_target target = {.fd = open(host, O_PATH | O_CLOEXEC)};
    if (target.fd < 0 || !recorder_describe(target.fd, &target)) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open '%s'", host);
    }
    lock_take(&observer->book.lock);
    struct book_file *file = book_of(&observer->book, &target.st, target.born_ns);
    if (file == NULL) {
        file = book_add(&observer->book, host, SIZE_MAX, &target.st, target.born_ns);
    }
    file->read = true;
    file->declared = true;
    (void)securing_read(observer, file, target.fd, 0);
    bool failed = file->content == BOOK_FAILED;
    if (failed) {
        err_set(err, ERR_SYSTEM, "read '%s': %s", host, file->failure);
    }
    pthread_mutex_unlock(&observer->book.lock);
    recorder_target_release(&target);
    return failed ? -1 : 0;
}

void observer_wait(struct observer *observer)
{
    recorder_join(observer->recorder); /* it can be at a call whose process was killed */
    workers_wait(&observer->workers);
    lock_take(&observer->book.lock); /* sees what the recorder's thread has written */
    pthread_mutex_unlock(&observer->book.lock);
}

void observer_end(struct observer *observer)
{
    workers_end(&observer->workers);
    recorder_stop(observer->recorder);
    digest_cache_end(&observer->digests);
    places_release(&observer->places);
    book_release(&observer->book);
    processes_release(&observer->processes);
    strlist_release(&observer->addresses);
    strlist_release(&observer->interpreters);
    strmap_release(&observer->started);
    strmap_release(&observer->seen);
}
