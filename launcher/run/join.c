/* SPDX-License-Identifier: BSD-2-Clause
 * join: the ranks of one step on one node in one sandbox, seen from the process that leads them. */
#include "run/join.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/join_gather.h"
#include "run/join_wire.h"
#include "sandbox/enter_share.h"

const struct strlist *join_environment(const struct join_group *group)
{
    return &group->member[0].run.environment;
}

static bool all_have(const struct join_group *group, const char *assignment)
{
    for (size_t i = 0; i < group->count; i++) {
        if (!strlist_has(&group->member[i].run.environment, assignment)) {
            return false;
        }
    }
    return true;
}

void join_take_over(const struct join_group *group, struct setup *setup)
{
    const struct join_rank *lowest = &group->member[0].run;
    strlist_release(&setup->argv);
    strlist_release(&setup->variables);
    for (size_t i = 0; i < lowest->argv.count; i++) {
        strlist_add(&setup->argv, lowest->argv.item[i]);
    }
    for (size_t i = 0; i < lowest->environment.count; i++) {
        const char *assignment = lowest->environment.item[i];
        if (!join_step_is_wiring(assignment) && all_have(group, assignment)) {
            strlist_add(&setup->variables, assignment);
        }
    }
}

/* Ours are, one after the other, those of each rank, the lowest last; what looks at streams looks at 0 to 2. */
static int wear(const struct join_member *member, struct err *err)
{
    for (int fd = 0; fd < STREAMS; fd++) {
        if (dup2(member->run.stdio[fd], fd) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "look at the standard streams of a rank");
        }
    }
    return 0;
}

/* A pipe to a rank must end with it: nobody else may hold it. */
static int take_off(const struct join_group *group, struct err *err)
{
    auto_fd int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(group->said, STDOUT_FILENO) < 0 ||
        dup2(group->said, STDERR_FILENO) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "let go of the standard streams of a rank");
    }
    return 0;
}

static int look_at_streams(struct join_member *member, const struct setup *setup, const struct facts *facts,
                           struct file_list *inputs, struct err *err)
{
    int guarded[STREAMS];
    if (wear(member, err) < 0) {
        return -1;
    }
    streams_look(member->stream, setup, facts);
    if (streams_add_input(member->stream, inputs, err) < 0 || share_stdio(guarded, &member->feeder, err) < 0) {
        return -1;
    }
    for (int fd = 0; fd < STREAMS; fd++) {
        if (member->stream[fd].kind == STREAM_FILE && fd > 0) {
            member->kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        }
        if (guarded[fd] >= 0) {
            close(member->run.stdio[fd]);
            member->run.stdio[fd] = guarded[fd];
        }
    }
    return 0;
}

int join_streams(struct join_group *group, const struct setup *setup, const struct facts *facts,
                 struct stream streams[STREAMS], struct file_list *inputs, struct err *err)
{
    int result = 0;
    for (size_t i = group->count; i > 0 && result == 0; i--) {
        result = look_at_streams(&group->member[i - 1], setup, facts, inputs, err);
    }
    if (result == 0) {
        streams_look(streams, setup, facts);
    }
    struct err worse = {0};
    return take_off(group, result == 0 ? err : &worse) < 0 ? -1 : result;
}

void join_add_outputs(struct join_group *group, struct file_list *outputs)
{
    struct err ignored = {0};
    for (size_t i = 0; i < group->count; i++) {
        struct join_member *member = &group->member[i];
        for (int fd = 1; fd < STREAMS; fd++) {
            if (member->kept[fd] >= 0) {
                (void)dup2(member->kept[fd], fd);
            } else {
                member->stream[fd].kind = STREAM_OTHER; /* is in no file */
            }
        }
        streams_add_outputs(member->stream, outputs);
        (void)take_off(group, &ignored);
    }
}

static bool order_from(struct join_group *group, size_t i, struct join_order *ret_order)
{
    struct join_word word;
    int fds[JOIN_FDS];
    struct join_member *member = &group->member[i];
    int got = member->socket < 0 ? -1 : join_wire_receive(member->socket, &word, sizeof(word), fds, false);
    if (got < 0) {
        return false;
    }
    join_wire_close(fds); /* a word brings none */
    *ret_order = (struct join_order){.rank = (int)i, .signal = SIGKILL};
    if (got > 0 && word.signal > 0 && word.signal < NSIG) {
        ret_order->signal = word.signal;
        ret_order->once = word.once;
        return true;
    }
    /* Its process is gone, and so shall it be. */
    close(member->socket);
    member->socket = -1;
    member->gone = true;
    return !member->ended;
}

static bool next_order(void *context, struct join_order *ret_order)
{
    struct join_group *group = context;
    for (;;) {
        struct epoll_event event;
        if (epoll_wait(group->poll, &event, 1, 0) != 1) {
            return false;
        }
        if (order_from(group, (size_t)event.data.u64, ret_order)) {
            return true;
        }
    }
}

static void take_memory(void *context, size_t rank, pid_t pid, int memory)
{
    struct join_group *group = context;
    group->member[rank].end.pid = pid;
    if (memory >= 0 && group->expect != NULL) {
        group->expect(group->context, pid, memory);
    } else if (memory >= 0) {
        close(memory);
    }
}

static void note_failure(void *context, size_t rank, const struct err *why)
{
    struct join_group *group = context;
    group->member[rank].failed = *why;
}

static int code_of(const struct join_member *member)
{
    int status = member->end.wait_status;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The end of the conversation with a rank's process. */
static void answer(struct join_member *member, const struct join_answer *what, int said)
{
    if (member->socket >= 0) {
        (void)join_wire_send(member->socket, what, sizeof(*what), &said, said >= 0);
        close(member->socket);
        member->socket = -1;
    }
}

static void answer_end(struct join_member *member, int said)
{
    struct join_answer end = {.kind = JOIN_ENDED, .code = code_of(member)};
    if (member->failed.kind != ERR_NONE) {
        end.kind = JOIN_FAILED;
        end.code = err_exit_code(&member->failed);
        end.tell = true;
        end.err = member->failed;
    }
    answer(member, &end, said);
}

static void note_end(void *context, size_t rank, const struct join_end *end)
{
    struct join_group *group = context;
    struct join_member *member = &group->member[rank];
    member->end = *end;
    member->ended = true;
    group->running--;
    if (member->feeder > 0) {
        kill(member->feeder, SIGKILL);
    }
    if (group->running > 0) { /* the last one waits until the record is written */
        answer_end(member, -1);
    }
}

struct join_company *join_company(struct join_group *group, void (*expect)(void *context, pid_t pid, int memory),
                                  void *context)
{
    group->expect = expect;
    group->context = context;
    group->running = group->count;
    group->ranks = xcalloc(group->count, sizeof(*group->ranks));
    group->poll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < group->count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
        group->ranks[i] = group->member[i].run;
        (void)epoll_ctl(group->poll, EPOLL_CTL_ADD, group->member[i].socket, &event);
    }
    group->company = (struct join_company){.context = group,
                                           .rank = group->ranks,
                                           .count = group->count,
                                           .orders = group->poll,
                                           .order = next_order,
                                           .ready = take_memory,
                                           .failed = note_failure,
                                           .ended = note_end};
    return &group->company;
}

static bool same_words(const struct strlist *one, const struct strlist *other)
{
    bool same = one->count == other->count;
    for (size_t i = 0; same && i < one->count; i++) {
        same = strcmp(one->item[i], other->item[i]) == 0;
    }
    return same;
}

static void add_own_variables(const struct join_group *group, const struct strlist *environment,
                              struct join_record *record, struct strlist *own)
{
    for (size_t i = 0; i < environment->count; i++) {
        const char *assignment = environment->item[i];
        if (join_step_is_wiring(assignment)) {
            auto_free char *name = xstrndup(assignment, strcspn(assignment, "="));
            if (!strlist_has(&record->wiring, name)) {
                strlist_add(&record->wiring, name);
            }
        } else if (!all_have(group, assignment)) {
            strlist_add(own, assignment);
        }
    }
}

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static void record_member(const struct join_group *group, size_t i, struct join_record *record)
{
    const struct join_member *member = &group->member[i];
    struct join_entry *entry = &record->entry[i];
    *entry = (struct join_entry){
        .numbered = member->numbered,
        .rank = member->rank,
        .local_rank = member->local_rank,
        .pid = (uint64_t)member->end.pid,
        .code = code_of(member),
        .signal = WIFSIGNALED(member->end.wait_status) ? WTERMSIG(member->end.wait_status) : 0,
        .error = member->failed.kind != ERR_NONE ? xstrdup(member->failed.text) : NULL,
        .user_us = microseconds(member->end.usage.ru_utime),
        .system_us = microseconds(member->end.usage.ru_stime),
        .max_rss_bytes = (uint64_t)member->end.usage.ru_maxrss * 1024,
    };
    for (int fd = 0; fd < STREAMS; fd++) {
        entry->stream[fd] = member->stream[fd].kind;
    }
    const struct strlist *argv = &member->run.argv;
    for (size_t k = 0; k < argv->count && !same_words(argv, &group->member[0].run.argv); k++) {
        strlist_add(&entry->argv, argv->item[k]);
    }
    add_own_variables(group, &member->run.environment, record, &entry->variables);
}

void join_record(const struct join_group *group, struct join_record *ret_record)
{
    const struct join_step *step = &group->offer->step;
    struct join_record *record = ret_record;
    *record = (struct join_record){.launcher = step->launcher != NULL ? xstrdup(step->launcher) : NULL,
                                   .key = xstrdup(step->key),
                                   .size = step->size,
                                   .missing = step->local_size - group->count,
                                   .entry = xcalloc(group->count, sizeof(*record->entry)),
                                   .count = group->count};
    for (size_t i = 0; i < group->count; i++) {
        record_member(group, i, record);
    }
    strlist_sort(&record->wiring);
}

const char *join_failure(const struct join_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group->member[i].failed.kind != ERR_NONE) {
            return group->member[i].failed.text;
        }
    }
    return NULL;
}

void join_conclude(struct join_group *group, int result, const struct err *err)
{
    bool told = false;
    for (size_t i = 0; i < group->count; i++) {
        struct join_member *member = &group->member[i];
        if (member->feeder > 0) {
            kill(member->feeder, SIGKILL);
        }
        if (member->socket < 0) {
            continue;
        }
        if (result == 0 && member->ended) {
            answer_end(member, group->said);
            continue;
        }
        struct join_answer failed = {.kind = JOIN_FAILED, .tell = !told};
        if (result < 0) {
            failed.err = *err;
        } else {
            err_set(&failed.err, ERR_SYSTEM, "the rank has not ended, and the run has");
        }
        failed.code = err_exit_code(&failed.err);
        answer(member, &failed, told ? -1 : group->said);
        told = true;
    }
    _exit(0);
}
