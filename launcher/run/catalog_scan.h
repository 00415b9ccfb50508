/* SPDX-License-Identifier: BSD-2-Clause
 *
 * catalog_scan: what run/catalog keeps of a run, out of the text of its manifest, in one pass (run/scan).
 *
 * A torn record is told from a whole one here: see "After a power cut" in run/project.h.
 */
#pragma once

#include "run/catalog_entry.h"

struct catalog_facts {
    struct buf started, environment, artifact, rerun_of, workdir, machine, with, job, array, submission;
    struct buf command; /* `words` texts, each ending in a NUL */
    uint64_t words, exit_code, signal, elapsed_ns, memory_bytes, array_index, task;
    bool is_known, is_compared, same_exit; /* is_known: the schema is ours */
    struct buf verdict_name[CATALOG_VERDICTS];
    uint64_t verdict[CATALOG_VERDICTS];
    size_t verdicts;
    unsigned streams; /* which of the three are among the files: one bit each */
    struct buf files; /* as catalog_entry_put_file writes them */
};

/* `text` is terminated (buf_text). The facts are filled only as far as the text had them. */
enum catalog_state catalog_scan(struct catalog_facts *facts, const char *text, size_t length);
void catalog_facts_release(struct catalog_facts *facts);
/* Whether `text` is a whole JSON document. */
bool catalog_is_whole(const char *text, size_t length);
