/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lineage: which runs of a project made a content, and which made what those read, back to what no recorded run made.
 *
 * Content counts, never a name: what a run made is known by its sha256, as a file, or as what went through a pipe (the
 * digest of one run's standard output is that of the next one's standard input). Names only decide between runs that
 * made the same. A run that also read a content, or only renamed a file, did not make it; it is named only when no
 * other is known. Empty contents say nothing and are left out.
 *
 * Among several runs that made one content, the one that is told is no rerun, wrote it under the name in question, and
 * is the earliest, in this order. The others confirm it when they are the same experiment: reruns of one run, or the
 * same environment, command and inputs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "run/catalog.h"

/* Of one content so many makers are looked at: a file that holds "0\n" can have thousands. */
enum { LINEAGE_MAKERS_MOST = 1000 };

#define LINEAGE_NONE SIZE_MAX

/* One content that a run made. */
struct lineage_maker {
    const struct catalog_run *run;
    struct catalog_file file;
};

struct lineage_makers {
    struct lineage_maker *item;
    size_t count;
};

struct lineage_input {
    struct catalog_file file;
    size_t maker;             /* the place of its run in lineage.run, or LINEAGE_NONE */
    struct catalog_file made; /* as the maker wrote it; only with a maker */
};

struct lineage_run {
    const struct catalog_run *run;
    struct catalog_file made;           /* by which it came into the chain */
    bool passed_on;                     /* it read that content too, or renamed it: who made it is not known */
    struct lineage_makers confirmed_by; /* runs of the same experiment that made the same */
    struct lineage_input *input;
    size_t inputs;
};

/* A file on this host, to be asked about. */
struct lineage_question {
    struct digest digest;
    uint64_t size;
    const char *path;   /* absolute; NULL when it has no name */
    const char *folder; /* of the project: above .sciwrap */
    int fd;             /* open for reading at any offset; -1 when it cannot be: a pipe */
};

struct lineage {
    struct lineage_run
        *run; /* the first `asked` made what was asked for; then those before, each once, nearest first */
    size_t count;
    size_t asked;                /* 0: nobody is known to have made it */
    bool in_pieces;              /* each of `asked` appended a piece to the file (`made` says where) ... */
    bool has_gaps;               /* ... and others of its bytes nobody made */
    struct lineage_makers also;  /* other experiments that made the same content */
    struct lineage_makers read;  /* runs that read it */
    struct lineage_makers wrote; /* runs that wrote another content under its path, the latest first */
};

/* What `lineage` points to is in `catalog`. */
void lineage_trace(struct lineage *lineage, const struct catalog *catalog, const struct lineage_question *question);
/* Begins with runs instead of a content: lineage->run has first these `count`, in their order and each once (`made` and
 * `confirmed_by` of them empty), then those before. A run need not be in the catalog: one of a bundle. */
void lineage_trace_runs(struct lineage *lineage, const struct catalog *catalog, const struct catalog_run *const *runs,
                        size_t count);
void lineage_release(struct lineage *lineage);
/* Whether the bytes of the file where this output was appended are still those. */
bool lineage_piece_holds(int fd, const struct catalog_file *file);
/* Whether this output of this run was written to the file in question. */
bool lineage_is_place(const struct catalog_run *run, const char *path, const struct lineage_question *question);
