/* SPDX-License-Identifier: BSD-2-Clause
 * join_meet: how the ranks of a step find each other, and what each of their processes does then. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/told.h"
#include "run/join.h"
#include "run/join_gather.h"
#include "run/join_wire.h"
#include "run/scratch.h"
#include "sandbox/signals.h"

enum { SAID_MOST = 1 << 20, ATTEMPTS = 200, PAUSE_NS = 10000000, WAITING_MOST = 4096 };

/* The private folder of this user, locked; ranks agree under its lock who comes first. Another user can have planted it
 * where all may write: then it is not used. */
static int open_folder(struct err *err)
{
    auto_free char *base = scratch_base();
    auto_free char *path = xasprintf("%s/sciwrap-%u", strcmp(base, "/") == 0 ? "" : base, (unsigned)geteuid());
    for (int i = 0; i < ATTEMPTS; i++) {
        struct stat st;
        (void)mkdir(path, 0700);
        auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) {
            continue; /* a run that ended has removed it just now */
        }
        if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
            break;
        }
        if (flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0) {
            return steal_fd(&fd);
        }
    }
    return err_set(err, ERR_HOST,
                   "ranks cannot meet in '%s', which is no folder of this user alone; set SCIWRAP_TMPDIR to another",
                   path);
}

/* By way of the descriptor: the path itself may be longer than an address may be (unix(7)). */
static struct sockaddr_un address_of(int folder, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", folder, name);
    return address;
}

/* A connection to whoever listens there, or -1. EAGAIN: so many wait for being accepted that the kernel takes no more;
 * to wait for it under the lock would be to wait for the one who accepts, and closes the door under the lock. */
static int connect_to(int folder, const char *name)
{
    struct sockaddr_un address = address_of(folder, name);
    auto_fd int door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (door < 0 || connect(door, (struct sockaddr *)&address, sizeof(address)) < 0 || fcntl(door, F_SETFL, 0) < 0) {
        return -1;
    }
    return steal_fd(&door);
}

static int listen_at(int folder, const char *name, struct err *err)
{
    struct sockaddr_un address = address_of(folder, name);
    auto_fd int own = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    unlinkat(folder, name, 0); /* of one that crashed */
    if (own < 0 || bind(own, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(own, WAITING_MOST) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a place for the ranks to meet");
    }
    return steal_fd(&own);
}

enum place { PLACE_BUSY, PLACE_OF_ANOTHER, PLACE_OWN };

/* Locked. *ret_leader is a connection to the one who leads; *ret_listener, of PLACE_OWN, where that is to listen. */
static int find_place(int folder, const char *name, int *ret_leader, int *ret_listener, struct err *err)
{
    auto_fd int leader = connect_to(folder, name);
    if (leader < 0 && errno == EAGAIN) {
        return PLACE_BUSY;
    }
    auto_fd int listener = -1;
    if (leader < 0) {
        listener = listen_at(folder, name, err);
        /* Made before there is somebody to accept it: it is the first in the queue. */
        leader = listener >= 0 ? connect_to(folder, name) : -1;
        if (leader < 0) {
            return listener < 0 ? -1 : err_set_errno(err, ERR_SYSTEM, errno, "reach the place for the ranks to meet");
        }
    }
    if (!join_wire_is_own(leader)) {
        return errno == ESRCH ? PLACE_BUSY
                              : err_set(err, ERR_HOST,
                                        "ranks cannot meet: somebody in a sandbox listens at '%s' in their place; set "
                                        "SCIWRAP_TMPDIR to a folder that no run can write to",
                                        name);
    }
    enum place place = listener >= 0 ? PLACE_OWN : PLACE_OF_ANOTHER;
    *ret_leader = steal_fd(&leader);
    *ret_listener = steal_fd(&listener);
    return (int)place;
}

/* What the caller handed down, the launcher's pipes among it, would stay open as long as this process lasts. Ours are
 * close-on-exec. */
static void close_inherited(void)
{
    auto_release(strlist) struct strlist names = {0};
    struct err ignored = {0};
    (void)fs_list(AT_FDCWD, "/proc/self/fd", &names, &ignored);
    for (size_t i = 0; i < names.count; i++) {
        uint64_t fd;
        if (text_to_u64(names.item[i], STDERR_FILENO + 1, 1 << 20, &fd)) {
            int flags = fcntl((int)fd, F_GETFD);
            if (flags >= 0 && (flags & FD_CLOEXEC) == 0) {
                close((int)fd);
            }
        }
    }
}

static struct join_group *lead(const struct join_offer *offer, int listener, int folder, const char *name)
{
    struct err err = {0};
    struct join_group *group = xcalloc(1, sizeof(*group));
    told_here();
    group->offer = offer;
    setsid(); /* no signal of a terminal, and none to the group of a rank, is meant for all of them */
    close_inherited();
    group->said = memfd_create("sciwrap-said", MFD_CLOEXEC);
    group->poll = -1;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (group->said < 0 || fcntl(group->said, F_SETFL, O_APPEND) < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(group->said, STDOUT_FILENO) < 0 || dup2(group->said, STDERR_FILENO) < 0) {
        _exit(125);
    }
    close(nothing);
    if (join_gather(group, listener, folder, name, &err) < 0) {
        join_conclude(group, -1, &err);
    }
    return group;
}

static int open_null_for(int fd)
{
    return fcntl(fd, F_GETFD) < 0 ? open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) : fd;
}

/* The descriptor of PMI, version 1 or 2, that the launcher handed down: "PMI_FD=7". */
static int passed_descriptor(const struct join_offer *offer)
{
    static const char name[] = "PMI_FD=";
    uint64_t fd;
    for (size_t i = 0; i < offer->environment.count; i++) {
        const char *text = offer->environment.item[i];
        if (strncmp(text, name, strlen(name)) == 0 && text_to_u64(text + strlen(name), 3, 65535, &fd) &&
            fcntl((int)fd, F_GETFD) >= 0) {
            return (int)fd;
        }
    }
    return -1;
}

/* 1 said, 0 nobody there any more. */
static int say_hello(const struct join_offer *offer, int leader, struct err *err)
{
    const struct strlist *const lists[3] = {&offer->settings, &offer->argv, &offer->environment};
    struct join_hello hello = {.wire = JOIN_WIRE,
                               .numbered = offer->step.numbered,
                               .rank = offer->step.rank,
                               .local_rank = offer->step.local_rank,
                               .passed_as = passed_descriptor(offer)};
    auto_fd int text = join_wire_pack(lists, hello.count, err);
    if (text < 0) {
        return -1;
    }
    int fds[JOIN_FDS] = {[JOIN_FD_TEXT] = text, [JOIN_FD_PASSED] = hello.passed_as};
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        fds[JOIN_FD_STDIO + fd] = open_null_for(fd);
    }
    return join_wire_send(leader, &hello, sizeof(hello), fds, hello.passed_as >= 0 ? JOIN_FDS : JOIN_FDS - 1);
}

/* The signal that ends this process while it waits for others: nothing runs yet that could be told. 0: none. */
static int pass_signals(int signals, int leader, bool begun)
{
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        bool of_root = info.ssi_code == SI_USER && info.ssi_uid == 0;
        struct join_word word = {.signal = (int)info.ssi_signo, .once = of_root};
        bool ends = word.signal == SIGINT || word.signal == SIGTERM || word.signal == SIGHUP || word.signal == SIGQUIT;
        if (!begun && ends) {
            return word.signal;
        }
        if (begun && word.signal != SIGCHLD) {
            (void)join_wire_send(leader, &word, sizeof(word), NULL, 0);
        }
        if (word.signal == SIGTSTP || word.signal == SIGTTIN || word.signal == SIGTTOU) {
            raise(SIGSTOP); /* as the rank does; the shell outside has its job control */
        }
    }
    return 0;
}

/* What the leader had to tell, each line as it was written (base/log.h). */
static void repeat_said(int fd)
{
    char bytes[4096];
    ssize_t length;
    off_t at = 0;
    while (at < SAID_MOST && (length = pread(fd, bytes, sizeof(bytes), at)) > 0) {
        (void)!write(STDERR_FILENO, bytes, (size_t)length);
        at += length;
    }
}

/* 1 the rank is over; 0 not yet, or nobody is there any more (*ret_left). */
static int take_answer(int leader, bool *begun, bool *ret_left, int *exit_code, struct err *err)
{
    struct join_answer answer;
    int fds[JOIN_FDS];
    if (join_wire_receive(leader, &answer, sizeof(answer), fds, true) != 1) {
        *ret_left = true;
        return 0;
    }
    if (fds[0] >= 0) {
        repeat_said(fds[0]);
    }
    join_wire_close(fds);
    if (answer.kind == JOIN_BEGUN) {
        *begun = true;
        return 0;
    }
    *exit_code = answer.code;
    if (answer.kind == JOIN_FAILED && answer.tell) {
        *err = answer.err;
        return -1;
    }
    return 1;
}

/* Until the leader says that the rank is over; what is sent to this process goes to the rank. 0: the leader was
 * complete without this one. */
static int follow(int leader, int signals, int *exit_code, struct err *err)
{
    bool begun = false;
    bool left = false;
    while (!left) {
        struct pollfd sources[2] = {{.fd = leader, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
        if (poll(sources, 2, -1) < 0) {
            continue;
        }
        int result = sources[0].revents != 0 ? take_answer(leader, &begun, &left, exit_code, err) : 0;
        if (result != 0) {
            return result;
        }
        int signal = sources[1].revents != 0 ? pass_signals(signals, leader, begun) : 0;
        if (signal != 0) {
            *exit_code = 128 + signal;
            return 1;
        }
    }
    return begun ? err_set(err, ERR_SYSTEM,
                           "the process that led the ranks of this step was killed, and they with it: out of memory on "
                           "this host, or killed from outside")
                 : 0;
}

/* 0: the leader is gone or was complete without this one: to be tried again. */
static int take_part(const struct join_offer *offer, int leader, int *exit_code, struct err *err)
{
    sigset_t old_mask;
    auto_fd int signals = signals_catch(&old_mask, err);
    if (signals < 0) {
        return -1;
    }
    int result = say_hello(offer, leader, err);
    if (result > 0) {
        result = follow(leader, signals, exit_code, err);
    }
    sigprocmask(SIG_SETMASK, &old_mask, NULL);
    return result;
}

/* 1 done, 0 to be tried again. */
static int meet_once(const struct join_offer *offer, const char *name, struct join_group **ret_group, int *exit_code,
                     struct err *err)
{
    auto_fd int leader = -1;
    auto_fd int listener = -1;
    auto_fd int folder = open_folder(err);
    int place = folder < 0 ? -1 : find_place(folder, name, &leader, &listener, err);
    if (place < 0 || place == PLACE_BUSY) {
        return place < 0 ? -1 : 0;
    }
    flock(folder, LOCK_UN);
    pid_t pid = place == PLACE_OWN ? fork() : 1;
    if (pid < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a process that leads the ranks");
    }
    if (pid == 0) {
        close(steal_fd(&leader));
        listen(listener, WAITING_MOST); /* who connects is told of this process then (join_wire_is_own()) */
        /* An open file description of its own: a lock is the description's, and the parent has this one. */
        int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        *ret_group = lead(offer, steal_fd(&listener), own, name);
        close(own);
        return 1;
    }
    if (listener >= 0) {
        close(steal_fd(&listener));
    }
    return take_part(offer, leader, exit_code, err);
}

int join_meet(const struct join_offer *offer, struct join_group **ret_group, int *exit_code, struct err *err)
{
    struct timespec pause = {.tv_nsec = PAUSE_NS};
    auto_free char *name = xasprintf("step.%s", offer->step.key);
    *ret_group = NULL;
    for (int i = 0; i < ATTEMPTS; i++) {
        int result = meet_once(offer, name, ret_group, exit_code, err);
        if (result != 0) {
            return result > 0 ? 0 : -1;
        }
        nanosleep(&pause, NULL);
    }
    return err_set(err, ERR_HOST, "the ranks of step '%s' cannot meet; apart: --join no", offer->step.key);
}
