/* SPDX-License-Identifier: BSD-2-Clause
 * recorder_call: what a notified system call is about. */
#include "sandbox/recorder_call.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "sandbox/recorder_caller.h"
#include "sandbox/recorder_path.h"

enum { NONE = -1 };

#ifdef SYS_rmdir
#define IS_RMDIR(number) ((number) == SYS_rmdir)
#else
#define IS_RMDIR(number) false
#endif

/* Where in the arguments things are; NONE: there is none, and a path without a directory starts at the current one. */
struct shape {
    int number;
    enum recorder_act act;
    signed char directory, path, second_directory, second_path, flags;
};

static const struct shape shapes[] = {
#ifdef SYS_open /* machines younger than about 2012 have only the calls that end in "at" */
    {SYS_open, RECORDER_READ, NONE, 0, NONE, NONE, 1},
    {SYS_creat, RECORDER_WRITE, NONE, 0, NONE, NONE, NONE},
    {SYS_rename, RECORDER_RENAME, NONE, 0, NONE, 1, NONE},
    {SYS_link, RECORDER_LINK, NONE, 0, NONE, 1, NONE},
    {SYS_symlink, RECORDER_MAKE, NONE, 1, NONE, NONE, NONE},
    {SYS_unlink, RECORDER_REMOVE, NONE, 0, NONE, NONE, NONE},
    {SYS_rmdir, RECORDER_REMOVE, NONE, 0, NONE, NONE, NONE},
    {SYS_mkdir, RECORDER_MAKE, NONE, 0, NONE, NONE, NONE},
    {SYS_mknod, RECORDER_MAKE, NONE, 0, NONE, NONE, NONE},
    {SYS_chmod, RECORDER_CHMOD, NONE, 0, NONE, NONE, NONE},
    {SYS_readlink, RECORDER_LOOK, NONE, 0, NONE, NONE, NONE},
    {SYS_utime, RECORDER_TIME, NONE, 0, NONE, NONE, NONE},
    {SYS_utimes, RECORDER_TIME, NONE, 0, NONE, NONE, NONE},
    {SYS_futimesat, RECORDER_TIME, 0, 1, NONE, NONE, NONE},
#endif
#ifdef SYS_renameat
    {SYS_renameat, RECORDER_RENAME, 0, 1, 2, 3, NONE},
#endif
    {SYS_openat, RECORDER_READ, 0, 1, NONE, NONE, 2},
    {SYS_openat2, RECORDER_READ, 0, 1, NONE, NONE, 2},
    {SYS_truncate, RECORDER_WRITE, NONE, 0, NONE, NONE, NONE},
    {SYS_renameat2, RECORDER_RENAME, 0, 1, 2, 3, 4},
    {SYS_linkat, RECORDER_LINK, 0, 1, 2, 3, 4},
    {SYS_symlinkat, RECORDER_MAKE, 1, 2, NONE, NONE, NONE},
    {SYS_unlinkat, RECORDER_REMOVE, 0, 1, NONE, NONE, 2},
    {SYS_mkdirat, RECORDER_MAKE, 0, 1, NONE, NONE, NONE},
    {SYS_mknodat, RECORDER_MAKE, 0, 1, NONE, NONE, NONE},
    {SYS_readlinkat, RECORDER_LOOK, 0, 1, NONE, NONE, NONE},
    {SYS_chdir, RECORDER_LOOK, NONE, 0, NONE, NONE, NONE},
    {SYS_fchmod, RECORDER_CHMOD, 0, NONE, NONE, NONE, NONE},
    {SYS_fchmodat, RECORDER_CHMOD, 0, 1, NONE, NONE, NONE},
    {452 /* fchmodat2 */, RECORDER_CHMOD, 0, 1, NONE, NONE, 3},
    {SYS_utimensat, RECORDER_TIME, 0, 1, NONE, NONE, 3},
    {SYS_execve, RECORDER_EXECUTE, NONE, 0, NONE, NONE, NONE},
    {SYS_execveat, RECORDER_EXECUTE, 0, 1, NONE, NONE, 4},
    {SYS_exit_group, RECORDER_EXIT, NONE, NONE, NONE, NONE, NONE},
    {SYS_bind, RECORDER_MAKE, NONE, NONE, NONE, NONE, NONE},
    {SYS_connect, RECORDER_CONNECT, NONE, NONE, NONE, NONE, NONE},
    {SYS_getrandom, RECORDER_RANDOM, NONE, NONE, NONE, NONE, NONE},
};

static const struct shape *shape_of(int number)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        if (shapes[i].number == number) {
            return &shapes[i];
        }
    }
    return NULL;
}

bool recorder_write_memory(pid_t thread, uint64_t address, const void *bytes, size_t length)
{
    struct iovec here = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
    struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = length};
    return process_vm_writev(thread, &here, 1, &there, 1, 0) == (ssize_t)length;
}

static bool read_exactly(struct recorder_callers *callers, pid_t thread, uint64_t address, void *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t got = recorder_caller_read(callers, thread, address + done, (char *)bytes + done, length - done);
        if (got <= 0) {
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

enum path_rule {
    PATH_USUAL = 0,
    PATH_MAY_BE_EMPTY = 1 << 0, /* AT_EMPTY_PATH: then it means what the descriptor refers to */
    PATH_IN_ROOT = 1 << 1,      /* RESOLVE_IN_ROOT: the directory is the root of an absolute one. And of absolute links
                                 * on the way, which is not followed up. */
};

/* `path` NONE: what the descriptor itself refers to. */
static bool read_path(const struct seccomp_notif *request, struct recorder_callers *callers, int directory, int path,
                      unsigned rules, char ret_path[PATH_MAX])
{
    char named[PATH_MAX + 1] = "."; /* room for a dot before the '/' */
    char *text = named + 1;
    pid_t thread = (pid_t)request->pid;
    int fd = directory == NONE ? AT_FDCWD : (int)request->data.args[directory];
    if (path != NONE && !recorder_caller_text(callers, thread, request->data.args[path], text, PATH_MAX)) {
        return false;
    }
    if (text[0] == '\0' && path != NONE && (rules & PATH_MAY_BE_EMPTY) == 0) {
        return false;
    }
    bool in_root = (rules & PATH_IN_ROOT) != 0 && text[0] == '/';
    return recorder_absolute(callers, thread, fd, in_root ? named : text, ret_path);
}

/* *ret_resolve: of openat2(2). */
static bool read_flags(const struct seccomp_notif *request, struct recorder_callers *callers, const struct shape *shape,
                       uint64_t *ret_flags, uint64_t *ret_resolve)
{
    struct open_how how;
    *ret_flags = shape->flags == NONE ? 0 : request->data.args[shape->flags];
    *ret_resolve = 0;
    if (shape->number != SYS_openat2) {
        return true;
    }
    if (!read_exactly(callers, (pid_t)request->pid, *ret_flags, &how, sizeof(how))) {
        return false;
    }
    *ret_flags = how.flags;
    *ret_resolve = how.resolve;
    return true;
}

/* False for an open that makes a file without a name. */
static bool understand_open(uint64_t flags, struct recorder_call *call)
{
    int access_mode = (int)flags & O_ACCMODE;
    call->follow = (flags & O_NOFOLLOW) == 0 && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    call->creates = (flags & O_CREAT) != 0;
    call->exclusive = call->creates && (flags & O_EXCL) != 0;
    call->truncates = (flags & O_TRUNC) != 0;
    call->also_read = access_mode == O_RDWR;
    call->close_on_exec = (flags & O_CLOEXEC) != 0;
    if ((flags & O_PATH) != 0) { /* the other flags but O_NOFOLLOW mean nothing then */
        call->act = RECORDER_LOOK;
        call->follow = (flags & O_NOFOLLOW) == 0;
        return true;
    }
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        return false; /* has no name yet; linkat(2) gives it one */
    }
    if (access_mode != O_RDONLY || call->creates || call->truncates) {
        call->act = RECORDER_WRITE;
    }
    return true;
}

static void understand_flags(const struct shape *shape, uint64_t flags, struct recorder_call *call)
{
    switch (shape->act) {
    case RECORDER_WRITE: /* creat(2), truncate(2) */
        call->follow = true;
        call->creates = shape->number != SYS_truncate;
        call->truncates = call->creates;
        call->also_read = !call->creates;
        break;
    case RECORDER_EXECUTE:
    case RECORDER_CHMOD:
    case RECORDER_TIME:
        call->follow = (flags & AT_SYMLINK_NOFOLLOW) == 0;
        break;
    case RECORDER_LINK:
        call->follow = (flags & AT_SYMLINK_FOLLOW) != 0;
        break;
    case RECORDER_RENAME:
        call->exchanges = (flags & RENAME_EXCHANGE) != 0;
        break;
    case RECORDER_REMOVE:
        call->folder = IS_RMDIR(shape->number) || (flags & AT_REMOVEDIR) != 0;
        break;
    case RECORDER_LOOK:
        call->follow = shape->number == SYS_chdir;
        break;
    case RECORDER_READ:
    case RECORDER_MAKE:
    case RECORDER_EXIT:
    case RECORDER_CONNECT:
    case RECORDER_RANDOM:
        break;
    }
}

static bool read_address(const struct seccomp_notif *request, struct recorder_callers *callers,
                         struct recorder_call *call)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address = {0};
    char text[INET6_ADDRSTRLEN];
    uint64_t length = request->data.args[2] < sizeof(address) ? request->data.args[2] : sizeof(address);
    if (!read_exactly(callers, (pid_t)request->pid, request->data.args[1], &address, length)) {
        return false;
    }
    if (address.any.sa_family == AF_INET && inet_ntop(AF_INET, &address.four.sin_addr, text, sizeof(text)) != NULL) {
        snprintf(call->path, sizeof(call->path), "%s:%u", text, ntohs(address.four.sin_port));
        return true;
    }
    if (address.any.sa_family == AF_INET6 && inet_ntop(AF_INET6, &address.six.sin6_addr, text, sizeof(text)) != NULL) {
        snprintf(call->path, sizeof(call->path), "[%s]:%u", text, ntohs(address.six.sin6_port));
        return true;
    }
    return false;
}

/* A socket with a name in the file system. */
static bool read_socket_name(const struct seccomp_notif *request, struct recorder_callers *callers,
                             struct recorder_call *call)
{
    struct sockaddr_un address = {0};
    char named[sizeof(address.sun_path) + 1] = "";
    uint64_t length = request->data.args[2] < sizeof(address) ? request->data.args[2] : sizeof(address);
    if (!read_exactly(callers, call->thread, request->data.args[1], &address, length) ||
        address.sun_family != AF_UNIX || address.sun_path[0] == '\0') {
        return false;
    }
    memcpy(named, address.sun_path, sizeof(address.sun_path));
    return recorder_absolute(callers, call->thread, AT_FDCWD, named, call->path);
}

static bool read_paths(const struct seccomp_notif *request, struct recorder_callers *callers, const struct shape *shape,
                       struct recorder_call *call)
{
    uint64_t flags = 0;
    uint64_t resolve = 0;
    if (!read_flags(request, callers, shape, &flags, &resolve) ||
        (shape->act == RECORDER_READ && !understand_open(flags, call))) {
        return false;
    }
    if (shape->act != RECORDER_READ) {
        understand_flags(shape, flags, call);
    }
    bool may_be_empty = (shape->act != RECORDER_READ && (flags & AT_EMPTY_PATH) != 0) || shape->act == RECORDER_LOOK;
    /* futimens(3) calls utimensat(2) without a path. */
    bool no_path = shape->act == RECORDER_TIME && request->data.args[shape->path] == 0;
    unsigned rules = (may_be_empty ? PATH_MAY_BE_EMPTY : 0U) | ((resolve & RESOLVE_IN_ROOT) != 0 ? PATH_IN_ROOT : 0U);
    return read_path(request, callers, shape->directory, no_path ? NONE : shape->path, rules, call->path) &&
           (shape->second_path == NONE ||
            read_path(request, callers, shape->second_directory, shape->second_path, PATH_USUAL, call->second));
}

/* What changes the meaning of names, or a current directory. */
static bool moves(const struct seccomp_notif *request, const struct recorder_call *call)
{
    return request->data.nr == SYS_chdir || request->data.nr == SYS_fchdir || call->act == RECORDER_RENAME ||
           call->act == RECORDER_LINK || call->act == RECORDER_MAKE || (call->act == RECORDER_REMOVE && call->folder);
}

bool recorder_decode(const struct seccomp_notif *request, struct recorder_callers *callers,
                     struct recorder_call *ret_call)
{
    const struct shape *shape = shape_of(request->data.nr);
    struct recorder_call *call = ret_call;
    memset(call, 0, offsetof(struct recorder_call, path));
    call->id = request->id;
    call->thread = (pid_t)request->pid;
    call->act = shape != NULL ? shape->act : RECORDER_LOOK;
    recorder_callers_heard(callers, call->thread);
    bool known = false;
    if (shape == NULL) { /* fchdir(2) */
    } else if (shape->act == RECORDER_EXIT) {
        known = true;
    } else if (shape->act == RECORDER_CONNECT) {
        known = read_address(request, callers, call);
    } else if (shape->act == RECORDER_RANDOM) {
        call->address = request->data.args[0];
        call->length = request->data.args[1];
        known = true;
    } else if (shape->number == SYS_bind) {
        known = read_socket_name(request, callers, call);
    } else {
        known = read_paths(request, callers, shape, call);
        call->address = shape->number == SYS_execve     ? request->data.args[1]
                        : shape->number == SYS_execveat ? request->data.args[2]
                                                        : 0;
    }
    if (moves(request, call)) {
        recorder_callers_moved(callers, call->thread);
    }
    return known;
}
