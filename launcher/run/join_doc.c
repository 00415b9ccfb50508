/* SPDX-License-Identifier: BSD-2-Clause
 * join_doc: the ranks of a step in the record of their run. */
#include "run/join_doc.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sandbox/join.h"

/* The processes that descend from the one with `pid`, itself included. A process is listed behind its parent. */
static uint64_t count_descendants(const struct processes *processes, uint64_t pid)
{
    uint64_t count = 0;
    bool *of = xcalloc(processes->count + 1, sizeof(*of));
    for (size_t i = 0; i < processes->count; i++) {
        of[i] = (uint64_t)processes->item[i]->pid == pid;
        for (size_t k = i; k > 0 && !of[i]; k--) {
            if (processes->item[k - 1]->pid == processes->item[i]->parent) {
                of[i] = of[k - 1];
                break;
            }
        }
        count += of[i];
    }
    free(of);
    return count;
}

static struct doc *entry_doc(const struct join_entry *entry, const struct processes *processes)
{
    static const char *const names[STREAMS] = {"stdin", "stdout", "stderr"};
    struct doc *object = doc_object();
    if (entry->numbered) {
        doc_put_number(object, "rank", entry->rank);
    }
    doc_put_number(object, "local_rank", entry->local_rank);
    if (entry->pid != 0) {
        doc_put_number(object, "pid", entry->pid);
    }
    struct doc *end = doc_object();
    doc_put_number(end, "code", (uint64_t)entry->code);
    if (entry->signal != 0) {
        doc_put_number(end, "signal", (uint64_t)entry->signal);
    }
    doc_put_text(end, "error", entry->error);
    doc_put(object, "exit", end);
    doc_put_number(object, "user_us", entry->user_us);
    doc_put_number(object, "system_us", entry->system_us);
    doc_put_number(object, "max_rss_bytes", entry->max_rss_bytes);
    if (processes->count > 0 && entry->pid != 0) {
        doc_put_number(object, "processes", count_descendants(processes, entry->pid));
    }
    for (int fd = 0; fd < STREAMS; fd++) {
        doc_put_text(object, names[fd], stream_kind_name(entry->stream[fd]));
    }
    if (entry->argv.count > 0) {
        doc_put_texts(object, "command", &entry->argv);
    }
    if (entry->variables.count > 0) {
        doc_put_texts(object, "variables", &entry->variables);
    }
    return object;
}

struct doc *join_doc(const struct join_record *record, const struct processes *processes)
{
    if (record->count == 0) {
        return NULL;
    }
    struct doc *object = doc_object();
    struct doc *ranks = doc_array();
    doc_put_text(object, "launcher", record->launcher);
    doc_put_text(object, "name", record->key);
    doc_put_number(object, "size", record->size);
    if (record->missing > 0) {
        doc_put_number(object, "missing", record->missing);
    }
    for (size_t i = 0; i < record->count; i++) {
        doc_append(ranks, entry_doc(&record->entry[i], processes));
    }
    doc_put(object, "ranks", ranks);
    if (record->wiring.count > 0) {
        doc_put_texts(object, "wiring", &record->wiring);
    }
    return object;
}

static void read_entry(const struct doc *object, struct join_entry *entry)
{
    uint64_t code = 0;
    uint64_t signal = 0;
    const struct doc *end = doc_get(object, "exit");
    entry->numbered = doc_get_number(object, "rank", &entry->rank);
    (void)doc_get_number(object, "local_rank", &entry->local_rank);
    (void)doc_get_number(object, "pid", &entry->pid);
    entry->code = doc_get_number(end, "code", &code) && code <= 255 ? (int)code : 0;
    entry->signal = doc_get_number(end, "signal", &signal) && signal <= 64 ? (int)signal : 0;
    entry->error = doc_get_text(end, "error");
}

void join_read(const struct doc *object, struct join_record *ret_record)
{
    const struct doc *ranks = doc_get(object, "ranks");
    size_t count = doc_count(ranks);
    if (count == 0) {
        return;
    }
    ret_record->count = count < JOIN_RANKS_MOST ? count : JOIN_RANKS_MOST;
    ret_record->entry = xcalloc(ret_record->count, sizeof(*ret_record->entry));
    ret_record->launcher = doc_get_text(object, "launcher");
    (void)doc_get_number(object, "size", &ret_record->size);
    for (size_t i = 0; i < ret_record->count; i++) {
        read_entry(doc_at(ranks, i), &ret_record->entry[i]);
    }
}

int join_may_rerun(const struct join_record *record, struct err *err)
{
    if (record->count == 0) {
        return 0;
    }
    return err_set(err, ERR_USAGE,
                   "this run was a step of %llu ranks, %zu of them on its node, and only a launcher as theirs (%s) can "
                   "start them so that they find each other: start it as then, and compare with 'sciwrap diff'",
                   (unsigned long long)record->size, record->count,
                   record->launcher != NULL ? record->launcher : "none known");
}

void join_record_release(struct join_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        free(record->entry[i].error);
        strlist_release(&record->entry[i].argv);
        strlist_release(&record->entry[i].variables);
    }
    free(record->entry);
    free(record->launcher);
    free(record->key);
    strlist_release(&record->wiring);
    *record = (struct join_record){0};
}
