/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cite: the facts of a run that a methods section, an artifact appendix or a list of references needs.
 *
 * Only facts that somebody recorded: the manifest; the definition as the manifest holds it; the environment's own
 * record of its packages (publish/packages) and the lock of its recipe, when the lock names the same packages; reruns
 * in this project (run/catalog). What is not known is left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "env/definition.h"
#include "publish/packages.h"
#include "run/catalog.h"
#include "base/doc.h"
#include "run/manifest.h"
#include "run/verdict.h"

/* A program file that was executed. */
struct cite_program {
    char *path;                    /* inside */
    const struct digest *digest;   /* NULL: not known */
    const struct package *package; /* that owns it; NULL: none, or not known */
    bool in_tree;                  /* a file of the environment, not of the host */
};

/* What reruns of this run came to, by their comparisons with it. */
struct cite_reruns {
    size_t runs;
    size_t machines; /* that are known */
    size_t outputs;  /* compared, in all reruns together */
    size_t counts[VERDICTS];
    size_t other_exits; /* runs that ended in another way */
};

struct cite {
    struct manifest manifest;
    struct doc *doc;              /* the same manifest, for its circumstances */
    struct digest digest;         /* of its text */
    struct buf entry;             /* what `run` points into */
    struct catalog_run run;       /* its files, and what went through pipes */
    struct definition definition; /* as it was; definition.name is NULL when it is not known */
    struct packages packages;     /* of the environment; none when they are not known */
    char *distribution;           /* "Debian GNU/Linux 11 (bullseye)", or NULL */
    char *author;                 /* who ran it, or NULL: by the record, or, for a run of the caller's own project that
                                     does not say, by the config */
    char *orcid;                  /* of the same person, or NULL */
    char *snapshot;               /* of the archive, YYYYMMDDTHHMMSSZ, or NULL */
    struct cite_program *program;
    size_t programs;
    struct strlist variables; /* "NAME=value" that somebody asked for: not those that sciwrap sets in every run */
    struct cite_reruns reruns;
    struct strlist notes; /* facts that could have been known, and what brings them */
};

/* `path` is that of the manifest; `catalog` may be NULL. */
int cite_gather(struct cite *cite, const char *path, const struct catalog *catalog, struct err *err);
void cite_release(struct cite *cite);

enum cite_form { CITE_TEXT, CITE_MARKDOWN, CITE_LATEX, CITE_BIBTEX, CITE_CSL_JSON };

/* "text", "markdown", "latex", "bibtex", "csl-json". */
bool cite_form_from_name(const char *name, enum cite_form *ret_form);
/* The paragraph and lists of what it names (text, Markdown, LaTeX), or entries for a list of references. Caller frees.
 */
char *cite_format(const struct cite *cite, enum cite_form form);
