/* SPDX-License-Identifier: BSD-2-Clause
 * feed: gives a command through a pipe of ours what comes to standard input.
 *
 * When to look again. The kernel wakes who waits to write into a pipe only when the pipe was full, so that the command
 * has read something goes unnoticed most of the time. It need not be noticed: as long as the command's pipe has room
 * and holds all that there is, the caller's pipe has room as well (both have the same number of slots, and what fills
 * fewer than all of one fills fewer than all of the other), so nobody waits for us. Hence only two things are waited
 * for: more in the caller's pipe, which an edge-triggered epoll(7) tells even while there is something in it already;
 * and, when the command's pipe is full, room in it. This needs the order of looks in step(): is there room; what was
 * read; what more is there.
 *
 * A timer is the net beneath: Linux 5.5 to 5.13 leave out the edge, and a command can change the size of its pipe. */
#include "run/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"

enum {
    TIMER_FIRST_MS = 2,
    TIMER_LAST_MS = 100, /* what the net costs a command that computes for hours: ten looks a second */
};

struct moment {
    bool stop;
    bool source_ended; /* nobody can write into it any more */
    bool reader_gone;  /* the command has closed its input */
    bool room;
};

/* As many slots as the caller's pipe has, if that can be had (pipe-user-pages-soft, pipe(7)), else fewer; and twice as
 * many between: to look at what is new, all that was given before is shared once more and skipped. */
static void match_sizes(const struct feed *feed)
{
    int wanted = fcntl(feed->source, F_GETPIPE_SZ);
    if (fcntl(feed->command, F_GETPIPE_SZ) != wanted) {
        fcntl(feed->command, F_SETPIPE_SZ, wanted);
    }
    int has = fcntl(feed->command, F_GETPIPE_SZ);
    if (fcntl(feed->between[1], F_GETPIPE_SZ) < 2 * has && fcntl(feed->between[1], F_SETPIPE_SZ, 2 * has) < 0) {
        fcntl(feed->command, F_SETPIPE_SZ, fcntl(feed->between[1], F_GETPIPE_SZ) / 2);
    }
}

/* A command that wants a larger pipe would have enlarged the caller's. */
static void follow_size(const struct feed *feed)
{
    int has = fcntl(feed->command, F_GETPIPE_SZ);
    if (has > fcntl(feed->source, F_GETPIPE_SZ)) {
        fcntl(feed->source, F_SETPIPE_SZ, has);
    }
    match_sizes(feed);
}

static int watch(struct feed *feed)
{
    struct epoll_event more = {.events = EPOLLIN | EPOLLET, .data.fd = feed->source};
    struct epoll_event gone = {.events = 0, .data.fd = feed->command};
    return epoll_ctl(feed->wakers, EPOLL_CTL_ADD, feed->source, &more) < 0 ||
                   epoll_ctl(feed->wakers, EPOLL_CTL_ADD, feed->command, &gone) < 0
               ? -1
               : 0;
}

int feed_open(struct feed *feed, int source, int *ret_command, struct err *err)
{
    struct stat st;
    int ends[2];
    *feed = (struct feed){.source = source, .command = -1, .meter = -1, .between = {-1, -1}, .null = -1, .wakers = -1};
    tally_begin(&feed->tally, NULL, NULL, 0);
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a pipe");
    }
    auto_fd int command_end = ends[0];
    feed->command = feed->meter = ends[1];
    fcntl(feed->command, F_SETFL, O_NONBLOCK);
    feed->is_pipe = fstat(source, &st) == 0 && S_ISFIFO(st.st_mode);
    off_t offset = feed->is_pipe ? 0 : lseek(source, 0, SEEK_CUR);
    feed->offset = offset > 0 ? (uint64_t)offset : 0;
    feed->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    feed->wakers = epoll_create1(EPOLL_CLOEXEC);
    if (pipe2(feed->between, O_CLOEXEC | O_NONBLOCK) < 0 || feed->null < 0 || feed->wakers < 0 ||
        (feed->is_pipe && watch(feed) < 0)) {
        feed_close(feed);
        return err_set_errno(err, ERR_SYSTEM, errno, "prepare to pass standard input on");
    }
    if (feed->is_pipe) {
        match_sizes(feed);
    }
    *ret_command = steal_fd(&command_end);
    return 0;
}

static void close_one(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

void feed_close(struct feed *feed)
{
    if (feed->meter != feed->command) {
        close_one(&feed->meter);
    }
    close_one(&feed->command);
    close_one(&feed->between[0]);
    close_one(&feed->between[1]);
    close_one(&feed->null);
    close_one(&feed->wakers);
}

static void tally_held(struct feed *feed, const char *buffer)
{
    tally_add(&feed->tally, buffer, feed->held);
    feed->held = 0;
}

/* By way of `between`, where nothing but what is there can be waited for: the caller's pipe blocks when somebody else
 * has emptied it. */
static ssize_t read_pipe(const struct feed *feed, char *buffer, size_t length)
{
    ssize_t moved = splice(feed->source, NULL, feed->between[1], NULL, length, SPLICE_F_NONBLOCK);
    for (ssize_t done = 0; done < moved;) {
        ssize_t got = read(feed->between[0], buffer + done, (size_t)(moved - done));
        if (got <= 0) {
            return -1;
        }
        done += got;
    }
    return moved;
}

/* What the command has read since the last time leaves the source. */
static void take(struct feed *feed, char *buffer)
{
    int unread = 0;
    if (ioctl(feed->meter, FIONREAD, &unread) < 0 || unread < 0 || (uint64_t)unread > feed->delivered) {
        unread = 0; /* a command that writes into its own input deserves no better */
    }
    while (feed->taken < feed->delivered - (uint64_t)unread) {
        uint64_t due = feed->delivered - (uint64_t)unread - feed->taken;
        if (feed->held == FEED_BUFFER) {
            tally_held(feed, buffer);
        }
        size_t length = due < FEED_BUFFER - feed->held ? (size_t)due : FEED_BUFFER - feed->held;
        ssize_t got = feed->is_pipe ? read_pipe(feed, buffer + feed->held, length)
                                    : read(feed->source, buffer + feed->held, length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            feed->robbed = true;
            feed->taken += due;
            return;
        }
        feed->held += (size_t)got;
        feed->taken += (uint64_t)got;
    }
}

static void skip(const struct feed *feed, size_t length)
{
    while (length > 0) {
        ssize_t skipped = splice(feed->between[0], NULL, feed->null, NULL, length, SPLICE_F_NONBLOCK);
        if (skipped <= 0) {
            return;
        }
        length -= (size_t)skipped;
    }
}

/* What is new in the caller's pipe, as far as the command's has room. */
static size_t offer_pipe(struct feed *feed)
{
    size_t known = (size_t)(feed->delivered - feed->taken);
    if (known == 0) {
        ssize_t given = tee(feed->source, feed->command, FEED_BUFFER, SPLICE_F_NONBLOCK);
        return given > 0 ? (size_t)given : 0;
    }
    ssize_t seen = tee(feed->source, feed->between[1], known + FEED_BUFFER, SPLICE_F_NONBLOCK);
    if (seen <= 0) {
        return 0;
    }
    if ((size_t)seen <= known) {
        skip(feed, (size_t)seen);
        return 0;
    }
    size_t fresh = (size_t)seen - known;
    skip(feed, known);
    ssize_t given = splice(feed->between[0], NULL, feed->command, NULL, fresh, SPLICE_F_NONBLOCK);
    size_t done = given > 0 ? (size_t)given : 0;
    skip(feed, fresh - done);
    return done;
}

static size_t offer_file(struct feed *feed, bool *ret_ended)
{
    char piece[16384];
    ssize_t got = pread(feed->source, piece, sizeof(piece), (off_t)(feed->offset + feed->delivered));
    *ret_ended = got == 0 || (got < 0 && errno != EINTR);
    ssize_t given = got > 0 ? write(feed->command, piece, (size_t)got) : 0;
    return given > 0 ? (size_t)given : 0;
}

/* The command is to see the end. How much it leaves unread is asked at a reading end from now on; while there was a
 * writer, one would have hidden from us that the command closes its own. */
static void end_delivery(struct feed *feed)
{
    char link[40];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", feed->command);
    feed->meter = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    close(feed->command);
    feed->command = -1;
}

static struct moment look(const struct feed *feed, int stop)
{
    struct pollfd sources[3] = {
        {.fd = feed->command, .events = POLLOUT},
        {.fd = feed->is_pipe ? feed->source : -1, .events = 0},
        {.fd = stop, .events = POLLIN},
    };
    if (poll(sources, 3, 0) < 0) {
        return (struct moment){0};
    }
    return (struct moment){
        .room = (sources[0].revents & POLLOUT) != 0,
        .reader_gone = (sources[0].revents & POLLERR) != 0,
        .source_ended = (sources[1].revents & POLLHUP) != 0,
        .stop = sources[2].revents != 0,
    };
}

static void wait_for_room(const struct feed *feed, int stop)
{
    struct pollfd sources[2] = {{.fd = feed->command, .events = POLLOUT}, {.fd = stop, .events = POLLIN}};
    poll(sources, 2, -1);
}

/* True when nothing happened in `limit_ms`. */
static bool wait_for_more(const struct feed *feed, int limit_ms)
{
    struct epoll_event events[3];
    return epoll_wait(feed->wakers, events, 3, limit_ms) == 0;
}

/* One round. True when it is worth another one at once. */
static bool step(struct feed *feed, const struct moment *now, char *buffer)
{
    bool ended = now->source_ended;
    size_t given = 0;
    take(feed, buffer);
    if (now->room) {
        given = feed->is_pipe ? offer_pipe(feed) : offer_file(feed, &ended);
    }
    feed->delivered += given;
    tally_held(feed, buffer); /* while the others work on what they have */
    if (given == 0 && now->room && ended) {
        end_delivery(feed);
    }
    return given > 0 || (now->room && !feed->is_pipe);
}

static void serve(struct feed *feed, int stop, char *buffer)
{
    int timer_ms = TIMER_FIRST_MS;
    while (feed->command >= 0) {
        struct moment now = look(feed, stop);
        uint64_t taken = feed->taken;
        if (now.stop || now.reader_gone) {
            return;
        }
        if (step(feed, &now, buffer) || feed->command < 0) {
            timer_ms = TIMER_FIRST_MS;
            continue;
        }
        timer_ms = feed->taken > taken ? TIMER_FIRST_MS : timer_ms;
        if (!now.room) {
            wait_for_room(feed, stop);
        } else if (wait_for_more(feed, feed->taken < feed->delivered ? timer_ms : -1)) {
            timer_ms = timer_ms * 2 < TIMER_LAST_MS ? timer_ms * 2 : TIMER_LAST_MS;
            follow_size(feed);
        }
    }
}

void feed_run(struct feed *feed, int stop, char *buffer)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = stop};
    epoll_ctl(feed->wakers, EPOLL_CTL_ADD, stop, &event);
    serve(feed, stop, buffer);
    if (feed->command < 0) {
        struct pollfd stopped = {.fd = stop, .events = POLLIN};
        while (poll(&stopped, 1, -1) < 0) {
        }
    }
    take(feed, buffer);
    tally_held(feed, buffer);
    if (feed->command >= 0 && feed->is_pipe && look(feed, stop).reader_gone) {
        dup2(feed->null, feed->source);
    }
}
