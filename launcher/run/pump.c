/* SPDX-License-Identifier: BSD-2-Clause
 * pump: the streams of a run that are pipes go through pipes and threads of ours. */
#include "run/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

enum { IN, OUT };

static bool can_be_used(int fd, int unwanted)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != unwanted;
}

static int prepare_input(struct pump *pump, const struct stream *stream, bool hashes, int stdio[STREAMS],
                         struct err *err)
{
    bool needed = !S_ISFIFO(stream->st.st_mode); /* must not be given as it is: streams_look() */
    if (stream->kind != STREAM_PIPE || (!hashes && !needed) || !can_be_used(STDIN_FILENO, O_WRONLY)) {
        return 0;
    }
    pump->feeds = true;
    pump->buffer[IN] = xmalloc(FEED_BUFFER);
    return feed_open(&pump->feed, STDIN_FILENO, &stdio[STDIN_FILENO], err);
}

static int add_drain(struct pump *pump, int number, int stdio[STREAMS], struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a pipe");
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    struct drain *drain = &pump->drain[pump->drains];
    drain_begin(drain, ends[0], number);
    drain->most = pump->streams[number].most > 0 ? pump->streams[number].most : UINT64_MAX;
    drain->closes = pump->streams[number].closes;
    pump->number[pump->drains++] = number;
    stdio[number] = ends[1];
    return 0;
}

static bool are_one(const struct stream *a, const struct stream *b)
{
    return a->kind == STREAM_PIPE && b->kind == STREAM_PIPE && a->st.st_dev == b->st.st_dev &&
           a->st.st_ino == b->st.st_ino;
}

static int prepare_outputs(struct pump *pump, struct stream streams[STREAMS], bool hashes, int stdio[STREAMS],
                           struct err *err)
{
    for (int fd = STDOUT_FILENO; fd < STREAMS; fd++) {
        if (!hashes || streams[fd].kind != STREAM_PIPE || !can_be_used(fd, O_RDONLY)) {
            continue;
        }
        if (fd == STDERR_FILENO && stdio[STDOUT_FILENO] >= 0 && are_one(&streams[STDOUT_FILENO], &streams[fd])) {
            /* One pipe for both, else what comes of `2>&1 |` loses its order. */
            streams[fd].joined = true;
            stdio[fd] = fcntl(stdio[STDOUT_FILENO], F_DUPFD_CLOEXEC, 3);
            if (stdio[fd] < 0) {
                return err_set_errno(err, ERR_SYSTEM, errno, "duplicate a pipe");
            }
        } else if (add_drain(pump, fd, stdio, err) < 0) {
            return -1;
        }
    }
    if (pump->drains > 0) {
        pump->buffer[OUT] = xmalloc(DRAIN_BUFFER);
    }
    return 0;
}

static void release(struct pump *pump)
{
    if (pump->feeds) {
        feed_close(&pump->feed);
    }
    for (size_t i = 0; i < pump->drains; i++) {
        if (pump->drain[i].from >= 0) {
            close(pump->drain[i].from);
        }
    }
    if (pump->stop >= 0) {
        close(pump->stop);
    }
    objects_close(&pump->objects);
    free(pump->early);
    free(pump->buffer[IN]);
    free(pump->buffer[OUT]);
    *pump = (struct pump){.stop = -1, .objects.fd = -1};
}

/* What a rerun is fed is often there already. */
static int prepare_keeping(struct pump *pump, const char *project, uint64_t keep_most, struct err *err)
{
    const struct stream *stream = &pump->streams[STDIN_FILENO];
    if (objects_open(&pump->objects, project, err) < 0) {
        return -1;
    }
    if (!stream->has_digest || !objects_have(&pump->objects, &stream->digest, stream->size)) {
        pump->early = xmalloc(TALLY_EARLY);
        tally_begin(&pump->feed.tally, &pump->objects, pump->early, keep_most);
    }
    return 0;
}

static int prepare(struct pump *pump, bool hashes, const char *project, uint64_t keep_most, int stdio[STREAMS],
                   struct err *err)
{
    if (prepare_input(pump, &pump->streams[STDIN_FILENO], hashes, stdio, err) < 0 ||
        prepare_outputs(pump, pump->streams, hashes, stdio, err) < 0) {
        return -1;
    }
    if (pump->feeds && hashes && project != NULL && prepare_keeping(pump, project, keep_most, err) < 0) {
        return -1;
    }
    if (pump->feeds || pump->drains > 0) {
        pump->stop = eventfd(0, EFD_CLOEXEC);
        if (pump->stop < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "create an event descriptor");
        }
    }
    return 0;
}

int pump_prepare(struct pump *pump, struct stream streams[STREAMS], bool hashes, const char *project,
                 uint64_t keep_most, int stdio[STREAMS], struct err *err)
{
    *pump = (struct pump){.streams = streams, .stop = -1, .objects.fd = -1};
    if (prepare(pump, hashes, project, keep_most, stdio, err) == 0) {
        return 0;
    }
    for (int fd = 0; fd < STREAMS; fd++) {
        if (stdio[fd] >= 0) {
            close(stdio[fd]);
            stdio[fd] = -1;
        }
    }
    release(pump);
    return -1;
}

static void *pump_in(void *context)
{
    struct pump *pump = context;
    feed_run(&pump->feed, pump->stop, pump->buffer[IN]);
    return NULL;
}

static void *pump_out(void *context)
{
    struct pump *pump = context;
    drain_run(pump->drain, pump->drains, pump->stop, pump->buffer[OUT]);
    return NULL;
}

static void start(struct pump *pump, int which, void *(*run)(void *context))
{
    int failed = pthread_create(&pump->thread[which], NULL, run, pump);
    pump->started[which] = failed == 0;
    if (failed != 0) {
        err_set_errno(&pump->failed, ERR_SYSTEM, failed, "start a thread for the pipes of the command");
    }
}

/* Without its thread a pipe is closed, so that the command does not wait for ever. */
void pump_start(struct pump *pump)
{
    if (pump->feeds) {
        start(pump, IN, pump_in);
        if (!pump->started[IN]) {
            feed_close(&pump->feed);
        }
    }
    if (pump->drains > 0) {
        start(pump, OUT, pump_out);
    }
    for (size_t i = 0; i < pump->drains && !pump->started[OUT]; i++) {
        close(pump->drain[i].from);
        pump->drain[i].from = -1;
    }
}

static void note_input(struct pump *pump, struct strlist *notes)
{
    struct stream *stream = &pump->streams[STDIN_FILENO];
    struct tally *tally = &pump->feed.tally;
    bool kept = tally_end(tally, &stream->digest);
    stream->size = tally->size;
    stream->has_digest = !pump->feed.robbed;
    stream->kept = kept || (stream->size > 0 && pump->objects.fd >= 0 &&
                            objects_have(&pump->objects, &stream->digest, stream->size));
    if (pump->feed.robbed) {
        stream->unkept = xstrdup("another program read from the same pipe");
    } else if (tally->unkept.kind != ERR_NONE) {
        stream->unkept = xstrdup(tally->unkept.text);
        strlist_addf(notes, "what came through standard input is not kept (%s): a rerun must be given it",
                     stream->unkept);
    }
}

static int note_output(struct pump *pump, size_t i, struct err *err)
{
    struct stream *stream = &pump->streams[pump->number[i]];
    struct drain *drain = &pump->drain[i];
    stream->size = drain->tally.size;
    (void)tally_end(&drain->tally, &stream->digest);
    stream->has_digest = true;
    stream->cut = drain->cut;
    if (drain->failed.kind != ERR_NONE) {
        *err = drain->failed;
        return err_wrap(err, "%s", stream_name(pump->number[i]));
    }
    return 0;
}

int pump_finish(struct pump *pump, struct strlist *notes, struct err *err)
{
    uint64_t one = 1;
    int result = 0;
    if (pump->stop >= 0) {
        (void)!write(pump->stop, &one, sizeof(one));
    }
    for (int i = IN; i <= OUT; i++) {
        if (pump->started[i]) {
            pthread_join(pump->thread[i], NULL);
        }
    }
    if (pump->failed.kind != ERR_NONE) {
        *err = pump->failed;
        result = -1;
    }
    if (pump->started[IN]) {
        note_input(pump, notes);
    } else if (pump->feeds) {
        pump->streams[STDIN_FILENO].has_digest = false; /* nothing was read of what a rerun was to be fed */
    }
    for (size_t i = 0; i < pump->drains && pump->started[OUT] && result == 0; i++) {
        result = note_output(pump, i, err);
    }
    release(pump);
    return result;
}
