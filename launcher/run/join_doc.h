/* SPDX-License-Identifier: BSD-2-Clause
 *
 * join_doc: the ranks of a step in the record of their run: circumstances.step.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/doc.h"
#include "base/err.h"
#include "base/strlist.h"
#include "run/processes.h"
#include "run/streams.h"

struct join_entry {
    bool numbered;
    uint64_t rank;
    uint64_t local_rank;
    uint64_t pid; /* inside; 0: it was never there */
    int code;
    int signal;
    char *error; /* why it did not start, or NULL */
    uint64_t user_us;
    uint64_t system_us;
    uint64_t max_rss_bytes;
    enum stream_kind stream[STREAMS];
    struct strlist argv;      /* empty: as the experiment's command */
    struct strlist variables; /* that not all ranks have, without the wiring (join_step.h) */
};

struct join_record {
    char *launcher; /* NULL: none is known */
    char *key;
    uint64_t size;    /* of the whole step */
    uint64_t missing; /* on this node */
    struct join_entry *entry;
    size_t count;
    struct strlist wiring; /* names of variables that the ranks got from their launcher; the values are not kept */
};

/* NULL for a run that is no step. */
struct doc *join_doc(const struct join_record *record, const struct processes *processes);
/* Size and number of ranks come back, and how each ended. Lenient: circumstances are never needed. */
void join_read(const struct doc *object, struct join_record *ret_record);
/* ERR_USAGE for a record that one command alone cannot repeat. */
int join_may_rerun(const struct join_record *record, struct err *err);
void join_record_release(struct join_record *record);
