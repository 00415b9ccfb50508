/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fix: what is held fixed around a command unless somebody turns it off, by name, and the levels that code can be
 * chosen for. The words of [run] no-fix and cpu-baseline, of the options of the same names, and of the manifest.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum fix {
    FIX_HOSTNAME,  /* the host name */
    FIX_USER,      /* uid, gid and login name */
    FIX_WORKDIR,   /* where the work directory is inside */
    FIX_TZ,        /* TZ */
    FIX_LOCALE,    /* LC_ALL; LANG, LANGUAGE, LC_... */
    FIX_UMASK,     /* the file mode creation mask */
    FIX_VARIABLES, /* a short list of variables in the place of the caller's */
    FIX_ASLR,      /* addresses */
    FIX_HASHSEED,  /* PYTHONHASHSEED, PERL_HASH_SEED, PERL_PERTURB_KEYS */
    FIX_EPOCH,     /* SOURCE_DATE_EPOCH */
    FIX_THREADS,   /* OMP_NUM_THREADS and its relatives */
    FIXES,
};

const char *fix_name(enum fix fix);
/* In a set, fix F is the bit 1U << F. */
bool fix_is_in(unsigned set, enum fix fix);
bool fix_from_name(const char *name, enum fix *ret_fix);

/* Names with commas or blanks between them; "all" is all of them, and "none" takes away what was in *set before it.
 * ERR_USAGE names the word that is none, and the nearest or all that are; *set is then as it was. */
int fix_parse(const char *text, unsigned *set, struct err *err);

/* "v2", "v3", "v4" to 2, 3, 4, the levels of the x86-64 psABI; "none" to 0. */
bool fix_baseline_from_name(const char *name, unsigned *ret_level);
