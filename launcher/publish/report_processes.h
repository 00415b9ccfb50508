/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_processes: the processes of a run as publish/report tells them: read out of its manifest and checked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/doc.h"

struct told_process {
    const struct doc *doc; /* borrowed from the manifest */
    uint64_t pid, parent;
    uint64_t started_ns, elapsed_ns, user_us, system_us, memory, read, written;
    bool has_ended; /* else only pid, parent and the start are known */
    int depth;      /* below the first process */
};

struct told_processes {
    struct told_process *item; /* each behind its parent, in the order of the record */
    size_t count;
    uint64_t end_ns;   /* of the last, or of the run */
    uint64_t most_cpu; /* user_us and system_us of one process at most */
    uint64_t most_memory;
};

/* `processes`: circumstances.processes, or NULL; `elapsed_ns` is the time of the run. */
void told_processes_read(const struct doc *processes, uint64_t elapsed_ns, struct told_processes *ret_told);
void told_processes_release(struct told_processes *told);
/* The words of the last program that it executed, behind the names of those before; "(a copy of its parent)" without
 * one. Caller frees. */
char *told_process_words(const struct told_process *process);
