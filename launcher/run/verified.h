/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verified: what of an environment was checked for a run, and what was not as it is pinned: `recording.verify` of a
 * manifest.
 */
#pragma once

#include "base/strlist.h"
#include "env/verify.h"
#include "base/doc.h"
#include "run/reader.h"

struct verified {
    enum verify_level level; /* what was to be checked */
    struct verify_counts counts;
    struct strlist spoiled; /* paths inside the tree, without '/' before; VERIFY_NAMED_MOST at most */
};

/* Takes over what `verify` has found so far; with NULL nothing was checked. */
void verified_take(struct verified *verified, struct verify *verify);
/* "used: 12 used files, 3 of them by content", or that the environment is spoiled; caller frees. */
char *verified_summary(const struct verified *verified);

struct doc *verified_doc(const struct verified *verified);
/* `object` NULL: a manifest of before there was any of this. */
int verified_read(const struct reader *reader, const struct doc *object, struct verified *ret_verified);
void verified_release(struct verified *verified);
