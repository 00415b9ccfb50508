/* SPDX-License-Identifier: BSD-2-Clause
 * observer: what a run did to files of the host, found out while it ran. */
#include "run/observer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/observer_change.h"
#include "run/securing.h"

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
    places_learn(&observer->places, observer->recorder, call);
    return recorder_resolve(observer->recorder, call, path, which == 0 && call->follow, &observer->target[which]);
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

static void note_use(struct observer *observer, const char *named, const char *real, bool program)
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

/* In a folder that the run made or moved there. A call that was told of can still fail, so the folder may be the old
 * one after all: then the time of birth tells what was there before. */
static bool came_with_the_run(const struct observer *observer, const struct recorder_target *target, const char *host)
{
    if (!book_is_below_new(&observer->book, host)) {
        return false;
    }
    return !target->exists || target->born_ns == 0 || target->born_ns >= observer->begun_ns;
}

struct book_file *observer_page(struct observer *observer, const struct recorder_target *target,
                                const struct place *place)
{
    struct book *book = &observer->book;
    struct book_file *file = target->exists ? book_of(book, &target->st, target->born_ns) : NULL;
    if (file != NULL) {
        book_place(book, file, place->host, place->mount);
        return file;
    }
    file = book_at(book, place->host);
    if (file != NULL) {
        return target->exists ? NULL : file;
    }
    if (came_with_the_run(observer, target, place->host)) {
        return NULL;
    }
    file = book_add(book, place->host, place->mount, target->exists ? &target->st : NULL, target->born_ns);
    if (target->exists && S_ISLNK(target->st.st_mode)) {
        char text[PATH_MAX];
        ssize_t length = readlinkat(target->fd, "", text, sizeof(text));
        file->target = length > 0 ? xstrndup(text, (size_t)length) : NULL;
    }
    return target->exists ? file : NULL;
}

static void note_names(struct book_file *file, int path_fd)
{
    struct err ignored = {0};
    if (!file->was_listed) {
        file->was_listed = true;
        (void)fs_list(path_fd, ".", &file->listed, &ignored);
    }
}

/* Links of the host on the way: a rerun needs them too. `path` is absolute and may hold links anywhere. */
static void note_links(struct observer *observer, const struct recorder_call *call, const char *path, int depth)
{
    enum { DEEPEST = 8 };
    struct recorder_target target;
    struct place place;
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
        places_find(&observer->places, target.real, &place);
        if (place.kind == PLACE_HOST && target.exists && S_ISLNK(target.st.st_mode)) {
            pthread_mutex_lock(&observer->book.lock);
            struct book_file *link = observer_page(observer, &target, &place);
            bool fresh = link != NULL && !link->read;
            auto_free char *base = xstrndup(target.real, (size_t)(strrchr(target.real, '/') - target.real) + 1);
            auto_free char *next = fresh && link->target != NULL
                                       ? xasprintf("%s%s", link->target[0] == '/' ? "" : base, link->target)
                                       : NULL;
            if (fresh) {
                link->read = true;
            }
            pthread_mutex_unlock(&observer->book.lock);
            if (next != NULL && strlen(next) < PATH_MAX) {
                note_links(observer, call, next, depth + 1);
            }
        }
        recorder_target_release(&target);
    }
}

static enum recorder_answer read_host(struct observer *observer, const struct recorder_call *call,
                                      const struct place *place)
{
    const struct recorder_target *target = &observer->target[0];
    bool go_on = true;
    if (strcmp(target->real, call->path) != 0) {
        note_links(observer, call, call->path, 0);
    }
    pthread_mutex_lock(&observer->book.lock);
    struct book_file *file = observer_page(observer, target, place);
    if (file != NULL) {
        file->read = true;
        file->executed |= call->act == RECORDER_EXECUTE;
        if (S_ISDIR(target->st.st_mode)) {
            note_names(file, target->fd);
        } else {
            go_on = securing_read(observer, file, target->fd, call->id);
        }
    }
    pthread_mutex_unlock(&observer->book.lock);
    return go_on ? RECORDER_GO_ON : RECORDER_LATER;
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
    enum recorder_answer answer = RECORDER_GO_ON;
    struct recorder_target *target = &observer->target[0];
    bool program = call->act == RECORDER_EXECUTE;
    struct place place;
    if (!program && was_seen(observer, call->path)) {
        return RECORDER_GO_ON;
    }
    if (!observer_resolve(observer, call, 0)) {
        note_use(observer, call->path, NULL, program); /* a folder on the way is missing */
        return RECORDER_GO_ON;
    }
    if (target->exists && observer->seeding != NULL && seeding_is_device(&target->st) &&
        seeding_open(observer->seeding, observer->recorder, call)) {
        recorder_target_release(target);
        return RECORDER_LATER;
    }
    places_find(&observer->places, target->real, &place);
    if (place.kind == PLACE_ROOTFS || (target->exists && strcmp(target->real, call->path) != 0)) {
        note_use(observer, call->path, target->exists ? target->real : NULL, program);
    }
    if (target->exists) {
        if (place.kind == PLACE_HOST) {
            answer = read_host(observer, call, &place);
        }
        remember(observer, call->path, place.kind == PLACE_ROOTFS && is_fixed(observer, call->path));
        if (program && S_ISREG(target->st.st_mode)) {
            processes_execute(&observer->processes, observer->recorder, call->thread, target->real, call->address);
        }
    }
    recorder_target_release(target);
    return answer;
}

static void on_connect(struct observer *observer, const struct recorder_call *call)
{
    enum { ADDRESSES_MOST = 200 };
    if (observer->addresses.count < ADDRESSES_MOST && !strlist_has(&observer->addresses, call->path)) {
        strlist_add(&observer->addresses, call->path);
    }
}

static enum recorder_answer told(void *context, const struct recorder_call *call)
{
    struct observer *observer = context;
    switch (call->act) {
    case RECORDER_READ:
    case RECORDER_EXECUTE:
        return on_read(observer, call);
    case RECORDER_WRITE:
        return change_on_write(observer, call);
    case RECORDER_REMOVE:
        return change_on_remove(observer, call);
    case RECORDER_RENAME:
        return change_on_rename(observer, call);
    case RECORDER_MAKE:
        change_on_make(observer, call);
        break;
    case RECORDER_LINK:
        change_on_link(observer, call);
        break;
    case RECORDER_CHMOD:
        change_on_chmod(observer, call);
        break;
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

int observer_start(struct observer *observer, int notify_fd, struct err *err)
{
    struct recorder_client client = {.context = observer, .told = told};
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    observer->begun_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    return recorder_start(&observer->recorder, notify_fd, &client, err);
}

int observer_declare(struct observer *observer, const char *host, struct err *err)
{
    struct recorder_target target = {.fd = open(host, O_PATH | O_CLOEXEC)};
    if (target.fd < 0 || !recorder_describe(target.fd, &target)) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open '%s'", host);
    }
    pthread_mutex_lock(&observer->book.lock);
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
    workers_wait(&observer->workers);
    pthread_mutex_lock(&observer->book.lock); /* sees what the recorder's thread has written */
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
    strmap_release(&observer->seen);
}
