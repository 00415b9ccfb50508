/* SPDX-License-Identifier: BSD-2-Clause
 *
 * traces: which recorded runs had a given number on the host, as the number of a namespace or of a process. Both are
 * given away again by the kernel, and start anew with each boot: each answer says when it was, in which boot and where.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/doc.h"

struct trace {
    char *id;
    char *path; /* of the manifest */
    char *environment;
    struct strlist command;
    char *what;         /* "pid namespace", "PID 1", "PID 53" (inside): what had the number */
    uint64_t inner_pid; /* 0 for a namespace */
    char *started;      /* RFC 3339 */
    char *ended;
    char *host;
    char *boot_id; /* NULL: not recorded */
    bool this_boot;
    uint64_t uid;
};

struct trace_list {
    struct trace *item; /* the youngest first */
    size_t count;
};

/* Searches the records in `folder`, or the project above it when it has none of its own; adds to the list.
 * *ret_searched grows by the number of records. A record that cannot be read is told of (log_warn) and does not hide
 * the others. ERR_NOT_FOUND when there is no project. */
int traces_find(struct trace_list *list, const char *folder, uint64_t number, bool is_namespace, size_t *ret_searched,
                struct err *err);
/* What one manifest says of the number: at most one trace for a process, one for each namespace that has it. `path` is
 * for the traces. */
void traces_in(struct trace_list *list, const struct doc *manifest, const char *path, uint64_t number,
               bool is_namespace);
void traces_sort(struct trace_list *list);
struct doc *traces_doc(const struct trace_list *list);
void traces_release(struct trace_list *list);
