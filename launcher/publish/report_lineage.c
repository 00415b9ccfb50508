/* SPDX-License-Identifier: BSD-2-Clause
 * report_lineage: the section about the runs before a run, and those after it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "publish/report_chain_draw.h"
#include "publish/report_sections.h"

enum { DRAWN_MOST = 40, LATER_MOST = 12 };

static void note_outputs(const struct catalog_run *run, struct strmap *made)
{
    struct catalog_file file;
    char hex[DIGEST_HEX + 1];
    const char *at = run->files;
    while (catalog_file_next(run, &at, &file)) {
        if (file.is_output && file.size > 0 && strcmp(file.change, "mode") != 0) {
            digest_to_hex(file.digest, hex);
            strmap_put(made, hex, made);
        }
    }
}

static bool reads_one(const struct catalog_run *run, const struct strmap *made)
{
    struct catalog_file file;
    char hex[DIGEST_HEX + 1];
    const char *at = run->files;
    while (catalog_file_next(run, &at, &file)) {
        if (!file.is_output && file.size > 0) {
            digest_to_hex(file.digest, hex);
            if (strmap_get(made, hex) != NULL) {
                return true;
            }
        }
    }
    return false;
}

/* Runs that read what this one made, in the order of the catalog; reruns tell nothing that those do not. */
static size_t find_later(const struct report *report, const struct catalog_run **runs)
{
    struct strmap made = {0};
    size_t count = 0;
    note_outputs(report->run, &made);
    for (size_t i = 0; i < report->catalog->count && made.count > 0; i++) {
        const struct catalog_run *run = &report->catalog->run[i];
        if (run != report->run && run->rerun_of[0] == '\0' && strcmp(run->started, report->run->started) >= 0 &&
            reads_one(run, &made)) {
            runs[count++] = run;
        }
    }
    strmap_release(&made);
    return count;
}

void report_lineage(struct report *report)
{
    struct chain chain;
    struct lineage lineage;
    const struct catalog_run **runs = xcalloc(report->catalog->count + 1, sizeof(const struct catalog_run *));
    runs[0] = report->run;
    size_t later = find_later(report, runs + 1);
    size_t asked = 1 + (later < LATER_MOST ? later : LATER_MOST);
    lineage_trace_runs(&lineage, report->catalog, runs, asked);
    chain_make(&chain, &lineage, true);
    report_chain(report, &chain, DRAWN_MOST);
    if (later > LATER_MOST) {
        report_addf(report, "<p class=\"note\">Of %zu runs that read what this one made, %d are shown.</p>\n", later,
                    LATER_MOST);
    }
    chain_release(&chain);
    lineage_release(&lineage);
    free(runs);
}
