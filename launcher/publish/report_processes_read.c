/* SPDX-License-Identifier: BSD-2-Clause
 * report_processes_read: the processes of a run, read out of its manifest and checked. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/quote.h"
#include "base/strmap.h"
#include "publish/report_processes.h"

/* A century: what is longer is a mistake, and what is shorter can be added up. */
#define TIME_MOST (UINT64_C(100) * 366 * 86400 * 1000000000)

static uint64_t number_of(const struct doc *object, const char *key, uint64_t most)
{
    uint64_t number = 0;
    (void)doc_get_number(object, key, &number);
    return number < most ? number : most;
}

static struct told_process read_one(const struct doc *doc)
{
    return (struct told_process){
        .doc = doc,
        .pid = number_of(doc, "pid", UINT32_MAX),
        .parent = number_of(doc, "parent", UINT32_MAX),
        .started_ns = number_of(doc, "started_ns", TIME_MOST),
        .elapsed_ns = number_of(doc, "elapsed_ns", TIME_MOST),
        .user_us = number_of(doc, "user_us", TIME_MOST / 1000),
        .system_us = number_of(doc, "system_us", TIME_MOST / 1000),
        .memory = number_of(doc, "max_rss_bytes", UINT64_MAX),
        .read = number_of(doc, "read_bytes", UINT64_MAX),
        .written = number_of(doc, "written_bytes", UINT64_MAX),
        .has_ended = doc_get(doc, "elapsed_ns") != NULL,
    };
}

/* While the tree is put in order. */
struct branch {
    struct told_process process;
    size_t child; /* the first; 0 none: numbers begin at 1 */
    size_t last;
    size_t next; /* of the same parent */
};

/* Each under the last before it that had its parent's number: numbers are used again. */
static void find_children(struct branch *branch, size_t count)
{
    struct strmap by_pid = {0};
    for (size_t i = 1; i <= count; i++) {
        char key[24];
        snprintf(key, sizeof(key), "%" PRIu64, branch[i].process.parent);
        struct branch *parent = strmap_get(&by_pid, key);
        parent = parent != NULL ? parent : &branch[0];
        if (parent->last == 0) {
            parent->child = i;
        } else {
            branch[parent->last].next = i;
        }
        parent->last = i;
        branch[i].process.depth = parent == &branch[0] ? 0 : parent->process.depth + 1;
        snprintf(key, sizeof(key), "%" PRIu64, branch[i].process.pid);
        strmap_put(&by_pid, key, &branch[i]);
    }
    strmap_release(&by_pid);
}

/* Not by recursion: a chain can be as long as the list. */
static void put_in_order(const struct branch *branch, size_t count, struct told_processes *told)
{
    size_t *stack = xcalloc(count + 1, sizeof(*stack));
    size_t depth = 0;
    if (branch[0].child != 0) {
        stack[depth++] = branch[0].child;
    }
    while (depth > 0) {
        const struct branch *at = &branch[stack[--depth]];
        told->item[told->count++] = at->process;
        if (at->next != 0) {
            stack[depth++] = at->next;
        }
        if (at->child != 0) {
            stack[depth++] = at->child;
        }
    }
    free(stack);
}

void told_processes_read(const struct doc *processes, uint64_t elapsed_ns, struct told_processes *ret_told)
{
    size_t count = doc_count(processes);
    struct told_processes told = {.end_ns = elapsed_ns < TIME_MOST ? elapsed_ns : TIME_MOST};
    struct branch *branch = xcalloc(count + 1, sizeof(*branch));
    told.item = xcalloc(count + 1, sizeof(*told.item));
    for (size_t i = 0; i < count; i++) {
        branch[i + 1].process = read_one(doc_at(processes, i));
        const struct told_process *process = &branch[i + 1].process;
        uint64_t end = process->started_ns + process->elapsed_ns;
        uint64_t cpu = process->user_us + process->system_us;
        told.end_ns = end > told.end_ns ? end : told.end_ns;
        told.most_cpu = cpu > told.most_cpu ? cpu : told.most_cpu;
        told.most_memory = process->memory > told.most_memory ? process->memory : told.most_memory;
    }
    find_children(branch, count);
    put_in_order(branch, count, &told);
    free(branch);
    *ret_told = told;
}

void told_processes_release(struct told_processes *told)
{
    free(told->item);
    *told = (struct told_processes){0};
}

char *told_process_words(const struct told_process *process)
{
    enum { WORDS_MOST = 2000 };
    const struct doc *programs = doc_get(process->doc, "programs");
    size_t count = doc_count(programs);
    if (count == 0) {
        return xstrdup("(a copy of its parent)");
    }
    const struct doc *argv = doc_get(doc_at(programs, count - 1), "argv");
    struct buf words = {0};
    for (size_t i = 0; i + 1 < count && words.length < WORDS_MOST; i++) {
        auto_free char *name = doc_text(doc_at(doc_get(doc_at(programs, i), "argv"), 0));
        buf_addf(&words, "%s \xe2\x86\x92 ", name != NULL ? path_base(name) : "?");
    }
    for (size_t i = 0; i < doc_count(argv) && words.length < WORDS_MOST; i++) {
        auto_free char *word = doc_text(doc_at(argv, i));
        buf_add_text(&words, i > 0 ? " " : "");
        quote_word(&words, word != NULL ? word : "?");
    }
    return buf_take(&words);
}
