/* SPDX-License-Identifier: BSD-2-Clause
 * drain: passes on what a command writes into a pipe of ours, and hashes it on the way. */
#include "run/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fs.h"

enum { DRAINS_MOST = 2 };

void drain_begin(struct drain *drain, int from, int to)
{
    *drain = (struct drain){.from = from, .to = to, .most = UINT64_MAX};
    tally_begin(&drain->tally, NULL, NULL, 0);
}

static void end(struct drain *drain)
{
    close(drain->from);
    drain->from = -1;
}

static void cut(struct drain *drain)
{
    drain->cut = true;
    end(drain);
}

/* Exactly `length` bytes that are known to be there; nobody else reads from this pipe. */
static void take(struct drain *drain, char *buffer, size_t length)
{
    while (length > 0) {
        ssize_t got = read(drain->from, buffer, length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return;
        }
        tally_add(&drain->tally, buffer, (size_t)got);
        length -= (size_t)got;
    }
}

static bool is_empty(const struct drain *drain)
{
    int unread = 0;
    return ioctl(drain->from, FIONREAD, &unread) == 0 && unread == 0;
}

static void share(struct drain *drain, char *buffer, size_t most)
{
    ssize_t shared = tee(drain->from, drain->to, most, SPLICE_F_NONBLOCK);
    if (shared > 0) {
        take(drain, buffer, (size_t)shared);
    } else if (shared == 0) {
        end(drain);
    } else if (errno == EAGAIN) {
        drain->waits = !is_empty(drain);
    } else if (errno == EPIPE) {
        cut(drain);
    } else if (errno != EINTR) {
        /* From now on: `to` is no pipe (EINVAL), or this kernel cannot share just now. Nothing was passed on, so
         * nothing is lost. */
        drain->copies = true;
    }
}

static void copy(struct drain *drain, char *buffer, size_t most, bool drops)
{
    ssize_t got = read(drain->from, buffer, most);
    if (got == 0) {
        end(drain);
    } else if (got > 0 && !drops) {
        if (fs_write_fd(drain->to, "output", buffer, (size_t)got, &drain->failed) < 0) {
            cut(drain);
            return;
        }
        tally_add(&drain->tally, buffer, (size_t)got);
    }
}

static void move(struct drain *drain, char *buffer)
{
    uint64_t room = drain->most - drain->tally.size;
    size_t most = room < DRAIN_BUFFER ? (size_t)room : DRAIN_BUFFER;
    if (room == 0) {
        drain->cut = true;
        if (drain->closes) {
            end(drain);
        } else {
            copy(drain, buffer, DRAIN_BUFFER, true);
        }
    } else if (drain->copies) {
        copy(drain, buffer, most, false);
    } else {
        share(drain, buffer, most);
    }
}

/* Two entries each: what is waited for, and whether the reader has gone. */
static nfds_t list_sources(const struct drain drains[], size_t count, struct pollfd sources[])
{
    nfds_t active = 0;
    for (size_t i = 0; i < count; i++) {
        bool open = drains[i].from >= 0;
        bool waits = drains[i].waits;
        sources[2 * i] = (struct pollfd){.fd = open && !waits ? drains[i].from : -1, .events = POLLIN};
        sources[2 * i + 1] = (struct pollfd){.fd = open ? drains[i].to : -1, .events = waits ? POLLOUT : 0};
        active += open;
    }
    return active;
}

static void serve(struct drain *drain, const struct pollfd sources[2], char *buffer)
{
    bool written_to = sources[0].revents != 0;
    bool reader_gone = (sources[1].revents & POLLERR) != 0;
    if (drain->from < 0) {
        return;
    }
    if (reader_gone && (sources[0].revents & POLLHUP) != 0 && is_empty(drain)) {
        end(drain); /* both have ended, and everything was passed on */
    } else if (reader_gone) {
        cut(drain);
    } else if (written_to || sources[1].revents != 0) {
        drain->waits = false;
        move(drain, buffer);
    }
}

/* Everything that could write has ended, but for those outside that were given the pipe: what is in it now is all. */
static bool is_done(const struct drain *drain)
{
    return drain->from < 0 || (!drain->waits && is_empty(drain));
}

void drain_run(struct drain drains[], size_t count, int stop, char *buffer)
{
    struct pollfd sources[2 * DRAINS_MOST + 1];
    bool stopped = false;
    while (list_sources(drains, count, sources) > 0) {
        sources[2 * count] = (struct pollfd){.fd = stopped ? -1 : stop, .events = POLLIN};
        if (poll(sources, 2 * count + 1, -1) < 0) {
            continue;
        }
        stopped |= sources[2 * count].revents != 0;
        for (size_t i = 0; i < count; i++) {
            serve(&drains[i], &sources[2 * i], buffer);
            if (stopped && is_done(&drains[i]) && drains[i].from >= 0) {
                end(&drains[i]);
            }
        }
    }
}
