/* SPDX-License-Identifier: BSD-2-Clause
 * recorder: takes the calls of a run one after the other. */
#include "sandbox/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "sandbox/recorder_call.h"
#include "sandbox/recorder_path.h"

/* Newer than the headers of the oldest build host; <linux/seccomp.h>. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#define SYNC_WAKE_UP (1UL << 0)
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif

/* Interrupts the thread's wait. Nobody else sends it: no machine that Linux runs on has the coprocessor any more. */
enum { WAKE_SIGNAL = SIGSTKFLT };

struct recorder {
    int notify_fd;
    struct recorder_client client;
    struct recorder_root root; /* recorder_path.c */
    struct recorder_callers callers;
    bool wait_in_kernel; /* the kernel hands the CPU over directly (6.6); else poll(2) first */
    bool threaded;
    pthread_t thread;
    atomic_bool stop;
    uint64_t count;
    size_t request_size; /* the kernel's own; may be larger than this build's struct */
    size_t response_size;
    struct seccomp_notif *request;
    struct recorder_call call;
};

bool recorder_is_possible(void)
{
    return recorder_path_is_possible();
}

static void respond(const struct recorder *recorder, uint64_t id, int64_t value, int errnum, unsigned flags)
{
    union {
        struct seccomp_notif_resp fields;
        char room[256];
    } response = {0};
    response.fields.id = id;
    response.fields.val = value;
    response.fields.error = -errnum;
    response.fields.flags = flags;
    while (ioctl(recorder->notify_fd, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 && errno == EINTR) {
    }
    /* ENOENT: the caller was killed meanwhile. */
}

void recorder_answer(struct recorder *recorder, uint64_t id)
{
    respond(recorder, id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

void recorder_return(struct recorder *recorder, uint64_t id, int64_t value, int errnum)
{
    respond(recorder, id, value, errnum, 0);
}

void recorder_give_fd(struct recorder *recorder, uint64_t id, int fd, bool close_on_exec)
{
    struct seccomp_notif_addfd add = {
        .id = id,
        .srcfd = (unsigned)fd,
        .newfd_flags = close_on_exec ? O_CLOEXEC : 0,
        .flags = SECCOMP_ADDFD_FLAG_SEND,
    };
    if (ioctl(recorder->notify_fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add) >= 0 || errno != EINVAL) {
        return;
    }
    add.flags = 0; /* before 5.14 in two steps */
    int given = ioctl(recorder->notify_fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
    respond(recorder, id, given, given < 0 ? EMFILE : 0, 0);
}

static void take_call(struct recorder *recorder)
{
    struct recorder_call *call = &recorder->call;
    const struct seccomp_notif *request = recorder->request;
    recorder->count++;
    recorder_root_find(&recorder->root, (pid_t)request->pid);
    bool known = recorder_decode(request, &recorder->callers, call);
    if (!known || recorder->client.told(recorder->client.context, call) == RECORDER_GO_ON) {
        recorder_answer(recorder, request->id);
    }
    if (known && call->act == RECORDER_EXECUTE) {
        recorder_callers_forget(&recorder->callers);
    }
}

/* False with errno when there is none, or its process was killed meanwhile. */
static bool take_next(struct recorder *recorder)
{
    memset(recorder->request, 0, recorder->request_size);
    if (ioctl(recorder->notify_fd, SECCOMP_IOCTL_NOTIF_RECV, recorder->request) < 0) {
        return false;
    }
    take_call(recorder);
    return true;
}

static bool is_hung_up(const struct recorder *recorder)
{
    struct pollfd listener = {.fd = recorder->notify_fd};
    return poll(&listener, 1, 0) > 0 && (listener.revents & POLLHUP) != 0;
}

static void *run_thread(void *context)
{
    struct recorder *recorder = context;
    while (!atomic_load(&recorder->stop)) {
        struct pollfd listener = {.fd = recorder->notify_fd, .events = POLLIN};
        if (!recorder->wait_in_kernel && poll(&listener, 1, -1) <= 0) {
            continue;
        }
        if (!take_next(recorder) && errno != EINTR && is_hung_up(recorder)) {
            break;
        }
    }
    return NULL;
}

static void wake(int signal)
{
    (void)signal;
}

static int start_thread(struct recorder *recorder, struct err *err)
{
    struct sigaction action = {.sa_handler = wake}; /* without SA_RESTART */
    sigset_t others;
    sigset_t old;
    if (sigaction(WAKE_SIGNAL, &action, NULL) < 0) { /* it would end the launcher in the place of waking the thread */
        return err_set_errno(err, ERR_SYSTEM, errno, "watch for the recorder's signal");
    }
    /* One heap for all threads: a second one costs 20 us of a short run, and the recorder takes little from it. */
    mallopt(M_ARENA_MAX, 1);
    sigfillset(&others);
    sigdelset(&others, WAKE_SIGNAL);
    pthread_sigmask(SIG_SETMASK, &others, &old);
    int errnum = pthread_create(&recorder->thread, NULL, run_thread, recorder);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    recorder->threaded = errnum == 0;
    return errnum == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errnum, "start the recorder");
}

static void free_recorder(struct recorder *recorder)
{
    close(recorder->notify_fd);
    recorder_root_close(&recorder->root);
    recorder_callers_release(&recorder->callers);
    free(recorder->request);
    free(recorder);
}

/* What cannot be opened would be missing in the record. The run, which was started before, has a limit of its own. */
static void raise_limit_of_descriptors(void)
{
    enum { ENOUGH = 65536 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < ENOUGH) {
        limit.rlim_cur = limit.rlim_max < ENOUGH ? limit.rlim_max : ENOUGH;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

struct recorder *recorder_open(int notify_fd, const struct recorder_client *client)
{
    struct recorder *recorder = xcalloc(1, sizeof(*recorder));
    struct seccomp_notif_sizes sizes = {0};
    recorder->notify_fd = notify_fd;
    recorder->client = *client;
    recorder->root = (struct recorder_root){.fd = -1};
    recorder_callers_begin(&recorder->callers);
    (void)syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
    recorder->request_size =
        sizes.seccomp_notif > sizeof(struct seccomp_notif) ? sizes.seccomp_notif : sizeof(struct seccomp_notif);
    recorder->request = xcalloc(1, recorder->request_size);
    /* A direct hand-over of the CPU between caller and recorder: a third of the time of an open. */
    recorder->wait_in_kernel = ioctl(notify_fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP) == 0;
    raise_limit_of_descriptors();
    return recorder;
}

void recorder_expect(struct recorder *recorder, int pid, int memory, const char *folder)
{
    recorder_callers_expect(&recorder->callers, pid, memory, folder);
}

/* Making a thread, waking it and waiting for its end costs as much as 20 calls that are taken without one. */
int recorder_hear(struct recorder *recorder, struct err *err)
{
    enum { CALLS_WITHOUT_THREAD = 12 };
    if (recorder->count < CALLS_WITHOUT_THREAD) {
        (void)take_next(recorder);
        return 1;
    }
    return start_thread(recorder, err);
}

void recorder_join(struct recorder *recorder)
{
    if (recorder == NULL || !recorder->threaded || atomic_load(&recorder->stop)) {
        return;
    }
    atomic_store(&recorder->stop, true);
    struct timespec moment;
    do { /* again and again: a signal that comes before the thread waits is lost */
        pthread_kill(recorder->thread, WAKE_SIGNAL);
        clock_gettime(CLOCK_REALTIME, &moment);
        moment.tv_nsec += 1000000;
        moment.tv_sec += moment.tv_nsec / 1000000000;
        moment.tv_nsec %= 1000000000;
    } while (pthread_timedjoin_np(recorder->thread, NULL, &moment) != 0);
}

void recorder_stop(struct recorder *recorder)
{
    if (recorder != NULL) {
        recorder_join(recorder);
        free_recorder(recorder);
    }
}

uint64_t recorder_count(const struct recorder *recorder)
{
    return recorder->count;
}

uint64_t recorder_count_unnamed(const struct recorder *recorder)
{
    return recorder->callers.unnamed;
}

bool recorder_is_unsettled(const struct recorder *recorder)
{
    return recorder_callers_unsettled(&recorder->callers);
}

bool recorder_resolve(struct recorder *recorder, const struct recorder_call *call, const char *path, bool follow,
                      struct recorder_target *ret_target)
{
    return recorder_root_resolve(&recorder->root, call->thread, path, follow, ret_target);
}

bool recorder_is_plain(struct recorder *recorder, const struct recorder_call *call, const char *path)
{
    return recorder_root_is_plain(&recorder->root, call->thread, path);
}

ssize_t recorder_read_memory(struct recorder *recorder, pid_t thread, uint64_t address, void *bytes, size_t length)
{
    return recorder_caller_read(&recorder->callers, thread, address, bytes, length);
}

bool recorder_read_text(struct recorder *recorder, pid_t thread, uint64_t address, char *text, size_t size)
{
    return recorder_caller_text(&recorder->callers, thread, address, text, size);
}
