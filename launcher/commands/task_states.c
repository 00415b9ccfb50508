/* SPDX-License-Identifier: BSD-2-Clause
 * task_states: what Slurm says of the tasks of jobs. */
#include "commands/task_states.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"
#include "commands/slurm_call.h"

static int by_place(const void *a, const void *b)
{
    const struct task_said *first = a;
    const struct task_said *second = b;
    int order = strcmp(first->job, second->job);
    return order != 0 ? order : (first->index > second->index) - (first->index < second->index);
}

static void sort(struct task_states *states)
{
    if (states->count > 1) {
        qsort(states->item, states->count, sizeof(*states->item), by_place);
    }
}

static void add(struct task_states *states, const char *job, uint64_t index, const char *state)
{
    if (states->count == states->capacity) {
        states->capacity = states->capacity == 0 ? 64 : states->capacity * 2;
        states->item = xreallocarray(states->item, states->capacity, sizeof(*states->item));
    }
    /* "CANCELLED by 1000", "CANCELLED+" */
    states->item[states->count++] = (struct task_said){
        .job = xstrdup(job), .index = index, .state = xstrndup(state, strspn(state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"))};
}

/* Calls `take` with each line, which it may change. */
static void each_line(struct task_states *states, const char *text, void (*take)(struct task_states *, char *))
{
    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        auto_free char *line = xstrndup(at, length);
        take(states, line);
        at += length + (at[length] == '\n');
    }
}

static char *cut(char *text, const char *at)
{
    char *found = strpbrk(text, at);
    if (found == NULL) {
        return NULL;
    }
    *found = '\0';
    return found + 1;
}

/* "17|3|RUNNING"; "N/A" in the place of 3 when the job is no array. */
static void take_queued(struct task_states *states, char *line)
{
    uint64_t index = TASK_STATES_NO_INDEX;
    char *number = cut(line, "|");
    char *state = number != NULL ? cut(number, "|") : NULL;
    if (state != NULL && (strcmp(number, "N/A") == 0 || text_to_u64(number, 0, UINT32_MAX, &index))) {
        add(states, line, index, state);
    }
}

void task_states_read_queue(struct task_states *states, const char *text)
{
    each_line(states, text, take_queued);
    sort(states);
}

/* "17_3|COMPLETED"; "17_[5-9]" are tasks that wait, which squeue has told. */
static void take_account(struct task_states *states, char *line)
{
    uint64_t index = TASK_STATES_NO_INDEX;
    char *state = cut(line, "|");
    char *number = cut(line, "_");
    if (state != NULL && (number == NULL || text_to_u64(number, 0, UINT32_MAX, &index))) {
        add(states, line, index, state);
    }
}

void task_states_read_accounts(struct task_states *states, const char *text)
{
    struct task_states more = {0};
    each_line(&more, text, take_account);
    struct task_states told = *states; /* sorted: the look-ups go on in it while more is added behind */
    size_t count = told.count;
    for (size_t i = 0; i < more.count; i++) {
        told.item = states->item;
        told.count = count;
        if (task_states_of(&told, more.item[i].job, more.item[i].index) == NULL) {
            add(states, more.item[i].job, more.item[i].index, more.item[i].state);
        }
    }
    sort(states);
    task_states_release(&more);
}

static bool ask(const char *const *words, const char *jobs, struct buf *output)
{
    int status = 0;
    struct err ignored = {0};
    struct strlist line = {0};
    for (size_t i = 0; words[i] != NULL; i++) {
        strlist_add(&line, words[i]);
    }
    strlist_addf(&line, "--jobs=%s", jobs);
    bool answered = slurm_call(&line, true, output, &status, &ignored) == 0 && status == 0;
    strlist_release(&line);
    return answered;
}

void task_states_ask(struct task_states *states, const struct strlist *jobs)
{
    static const char *const queue[] = {"squeue", "--noheader", "--array", "--states=all", "--format=%F|%K|%T", NULL};
    static const char *const accounts[] = {"sacct",         "--noheader",           "--parsable2",
                                           "--allocations", "--format=JobID,State", NULL};
    auto_release(buf) struct buf list = {0};
    auto_release(buf) struct buf queued = {0};
    auto_release(buf) struct buf ended = {0};
    for (size_t i = 0; i < jobs->count; i++) {
        buf_addf(&list, "%s%s", i > 0 ? "," : "", jobs->item[i]);
    }
    if (jobs->count == 0) {
        return;
    }
    if (ask(queue, buf_text(&list), &queued)) {
        task_states_read_queue(states, buf_text(&queued));
        states->slurm = true;
    } else if (slurm_has("squeue")) {
        /* Of one job alone that is over for long it says "Invalid job id": whether it answers at all tells another
         * question. */
        static const char *const all[] = {"squeue", "--noheader", "--format=%F|%K|%T", NULL};
        struct strlist line = {0};
        struct err ignored = {0};
        int status = 0;
        for (size_t i = 0; all[i] != NULL; i++) {
            strlist_add(&line, all[i]);
        }
        states->slurm = slurm_call(&line, true, &queued, &status, &ignored) == 0 && status == 0;
        strlist_release(&line);
    }
    if (slurm_has("sacct") && ask(accounts, buf_text(&list), &ended)) {
        task_states_read_accounts(states, buf_text(&ended));
        states->slurm |= ended.length > 0;
    }
}

const char *task_states_of(const struct task_states *states, const char *job, uint64_t index)
{
    auto_free char *name = xstrdup(job);
    const struct task_said key = {.job = name, .index = index};
    const struct task_said *found =
        states->count > 0 ? bsearch(&key, states->item, states->count, sizeof(key), by_place) : NULL;
    return found != NULL ? found->state : NULL;
}

enum task_state task_states_meaning(const char *state)
{
    static const char *const waiting[] = {"PENDING",      "REQUEUED",      "REQUEUE_FED", "REQUEUE_HOLD",
                                          "SPECIAL_EXIT", "RESV_DEL_HOLD", NULL};
    static const char *const running[] = {"RUNNING",   "COMPLETING", "CONFIGURING", "SUSPENDED", "STOPPED",
                                          "SIGNALING", "STAGE_OUT",  "RESIZING",    NULL};
    for (size_t i = 0; waiting[i] != NULL; i++) {
        if (strcmp(state, waiting[i]) == 0) {
            return TASK_WAITING;
        }
    }
    for (size_t i = 0; running[i] != NULL; i++) {
        if (strcmp(state, running[i]) == 0) {
            return TASK_RUNNING;
        }
    }
    return TASK_LOST;
}

char *task_states_words(const char *state)
{
    char *words = xstrdup(state);
    for (char *at = words; *at != '\0'; at++) {
        *at = *at == '_' ? ' ' : (char)tolower((unsigned char)*at);
    }
    return words;
}

void task_states_release(struct task_states *states)
{
    for (size_t i = 0; i < states->count; i++) {
        free(states->item[i].job);
        free(states->item[i].state);
    }
    free(states->item);
    *states = (struct task_states){0};
}
