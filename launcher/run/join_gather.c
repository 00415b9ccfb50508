/* SPDX-License-Identifier: BSD-2-Clause
 * join_gather: the ranks of a group, and how they come together. */
#include "run/join_gather.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "env/config.h"
#include "run/join_settings.h"

/* Ranks come as fast as their launcher starts them, and after the first use of an environment, which all wait for. */
enum { WAIT_S = 30, WAIT_MOST_S = 86400, HELLO_S = 10 };

static uint64_t seconds_to_wait(void)
{
    uint64_t seconds = WAIT_S;
    const char *asked = config_get("SCIWRAP_JOIN_WAIT");
    if (asked != NULL && !text_to_u64(asked, 1, WAIT_MOST_S, &seconds)) {
        log_warn("SCIWRAP_JOIN_WAIT '%s': expected seconds, 1 to %d; it is %d", asked, WAIT_MOST_S, WAIT_S);
    }
    return seconds;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void forget(struct join_group *group, size_t i)
{
    struct join_member *member = &group->member[i];
    int *fds[] = {&member->socket, &member->run.stdio[0], &member->run.stdio[1], &member->run.stdio[2],
                  &member->run.passed};
    for (size_t k = 0; k < sizeof(fds) / sizeof(*fds); k++) {
        if (*fds[k] >= 0) {
            close(*fds[k]);
        }
    }
    strlist_release(&member->run.argv);
    strlist_release(&member->run.environment);
    *member = group->member[--group->count];
}

/* Those whose process has died since it came. Nothing else is said before the start. */
static void forget_gone(struct join_group *group)
{
    for (size_t i = 0; i < group->count;) {
        struct pollfd one = {.fd = group->member[i].socket};
        if (poll(&one, 1, 0) > 0 && (one.revents & (POLLHUP | POLLERR)) != 0) {
            forget(group, i);
        } else {
            i++;
        }
    }
}

static void refuse(int socket, const struct err *why)
{
    struct join_answer answer = {.kind = JOIN_FAILED, .code = err_exit_code(why), .tell = true, .err = *why};
    (void)join_wire_send(socket, &answer, sizeof(answer), NULL, 0);
}

static int check(const struct join_group *group, const struct join_hello *hello, const struct strlist *settings,
                 struct err *err)
{
    const struct join_offer *offer = group->offer;
    auto_free char *difference = join_settings_differ(settings, &offer->settings);
    if (difference != NULL) {
        return err_set(err, ERR_USAGE, "this rank cannot share the sandbox of the others: %s; apart: --join no",
                       difference);
    }
    if (hello->numbered && hello->local_rank >= offer->step.local_size) {
        return err_set(err, ERR_USAGE, "this says that it is rank %llu of %llu on this node",
                       (unsigned long long)hello->local_rank, (unsigned long long)offer->step.local_size);
    }
    for (size_t i = 0; i < group->count && hello->numbered; i++) {
        if (group->member[i].numbered && group->member[i].local_rank == hello->local_rank) {
            return err_set(err, ERR_USAGE,
                           "two processes say that they are rank %llu on this node; for runs that are not ranks of one "
                           "program: --join no",
                           (unsigned long long)hello->local_rank);
        }
    }
    return 0;
}

static bool is_socket(int fd)
{
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* That its launcher has bound it to. */
static void take_cpus(struct join_member *member)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    cpu_set_t *cpus = (cpu_set_t *)(void *)member->run.cpus;
    if (getsockopt(member->socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
        sched_getaffinity(peer.pid, sizeof(member->run.cpus), cpus) == 0) {
        member->run.cpus_size = sizeof(member->run.cpus);
    }
}

static int take_hello(struct join_group *group, int socket, const struct join_hello *hello, int fds[JOIN_FDS],
                      struct err *err)
{
    struct strlist lists[3] = {{0}};
    int result = join_wire_unpack(fds[JOIN_FD_TEXT], hello->count, lists, err);
    if (result == 0) {
        result = check(group, hello, &lists[0], err);
    }
    strlist_release(&lists[0]);
    if (result < 0) {
        strlist_release(&lists[1]);
        strlist_release(&lists[2]);
        return -1;
    }
    struct join_member *member = &group->member[group->count];
    *member = (struct join_member){.socket = socket,
                                   .numbered = hello->numbered,
                                   .rank = hello->rank,
                                   .local_rank = hello->numbered ? hello->local_rank : group->count,
                                   .kept = {-1, -1, -1},
                                   .run = {.argv = lists[1], .environment = lists[2], .passed = -1, .passed_as = -1}};
    for (int fd = 0; fd < STREAMS; fd++) {
        member->run.stdio[fd] = steal_fd(&fds[JOIN_FD_STDIO + fd]);
    }
    if (hello->passed_as > STDERR_FILENO && is_socket(fds[JOIN_FD_PASSED])) {
        member->run.passed = steal_fd(&fds[JOIN_FD_PASSED]);
        member->run.passed_as = hello->passed_as;
    }
    take_cpus(member);
    group->count++;
    return 0;
}

/* One who comes. Whoever is not this user, is in a sandbox, or does not talk like this program, is not answered. */
static void admit(struct join_group *group, int listener)
{
    struct err why = {0};
    struct join_hello hello;
    int fds[JOIN_FDS];
    struct timeval patience = {.tv_sec = HELLO_S};
    struct sockaddr_un from; /* without a name; cppcheck takes NULL here for a mistake */
    socklen_t length = sizeof(from);
    auto_fd int socket = accept4(listener, (struct sockaddr *)&from, &length, SOCK_CLOEXEC);
    if (socket < 0 || !join_wire_is_own(socket)) {
        return;
    }
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (join_wire_receive(socket, &hello, sizeof(hello), fds, true) != 1) {
        return;
    }
    bool complete = strncmp(hello.wire, JOIN_WIRE, sizeof(hello.wire)) == 0;
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        complete &= fds[JOIN_FD_STDIO + fd] >= 0;
    }
    if (!complete) {
        err_set(&why, ERR_INVALID, "the rank was started by another version of sciwrap than the one that leads");
    }
    if (!complete || take_hello(group, socket, &hello, fds, &why) < 0) {
        refuse(socket, &why);
        group->refused = why;
    } else {
        (void)steal_fd(&socket);
    }
    join_wire_close(fds);
}

static int compare_members(const void *a, const void *b)
{
    const struct join_member *first = a;
    const struct join_member *second = b;
    return first->local_rank < second->local_rank ? -1 : first->local_rank > second->local_rank;
}

/* From now on who comes finds nobody, and begins anew. Under the lock: nobody is connected in between to a listener
 * that does not listen any more. */
static void close_door(int listener, int folder, const char *name)
{
    flock(folder, LOCK_EX);
    unlinkat(folder, name, 0);
    close(listener);
    flock(folder, LOCK_UN);
}

static int judge(const struct join_group *group, uint64_t waited_s, struct err *err)
{
    const struct join_offer *offer = group->offer;
    unsigned long long here = group->count;
    unsigned long long all = offer->step.local_size;
    if (group->refused.kind != ERR_NONE) { /* they cannot become complete any more */
        *err = group->refused;
        return err_wrap(err, "another rank of this step was refused");
    }
    if (group->count == 0) {
        return err_set(err, ERR_HOST, "the ranks of this step are gone before it began");
    }
    if (here < all && offer->named) {
        return err_set(err, ERR_USAGE, "%llu of %llu ranks have come within %llu s to '%s' (SCIWRAP_JOIN_WAIT)", here,
                       all, (unsigned long long)waited_s, offer->step.key);
    }
    if (here < all) {
        log_warn("%llu of the %llu ranks on this node have come within %llu s and shared a sandbox without the others; "
                 "runs that are not ranks of one program need not wait: --join no",
                 here, all, (unsigned long long)waited_s);
    }
    return 0;
}

int join_gather(struct join_group *group, int listener, int folder, const char *name, struct err *err)
{
    uint64_t wanted = group->offer->step.local_size;
    uint64_t seconds = seconds_to_wait();
    int64_t end = now_ms() + (int64_t)seconds * 1000;
    group->member = xcalloc(wanted, sizeof(*group->member));
    bool any = false; /* the first one comes before all others; without it nobody waits here */
    while (group->count < wanted && (group->count > 0 || !any) && now_ms() < end && group->refused.kind == ERR_NONE) {
        enum { LOOK_MS = 200 };
        int64_t left = end - now_ms();
        struct pollfd door = {.fd = listener, .events = POLLIN};
        if (poll(&door, 1, left < LOOK_MS ? (int)left : LOOK_MS) > 0) {
            admit(group, listener);
            any = true;
        } else {
            forget_gone(group);
        }
    }
    close_door(listener, folder, name);
    forget_gone(group);
    if (group->count > 0) {
        qsort(group->member, group->count, sizeof(*group->member), compare_members);
    }
    if (judge(group, seconds, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < group->count; i++) {
        struct join_answer begun = {.kind = JOIN_BEGUN};
        (void)join_wire_send(group->member[i].socket, &begun, sizeof(begun), NULL, 0);
    }
    return 0;
}
