/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run_contents: which contents belong to a run: what it read and, when they are asked for, what it wrote.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "env/bundle_list.h"
#include "run/manifest.h"

struct run_content {
    struct bundle_file file; /* an input or an output */
    uint64_t size;
    uint64_t offset;  /* of its first byte in the file at `host` */
    const char *path; /* as the manifest names it; borrowed from the manifest, as the next */
    const char *host; /* where it was on the host; NULL: it had no name there */
    /* An input that the run overwrote and most likely never read (the name after -o): a rerun does without it. */
    bool dispensable;
};

struct run_contents {
    struct run_content *item; /* sorted as in a bundle; several in a row when several files had the same content */
    size_t count;
    size_t capacity;
};

void run_contents_gather(const struct manifest *manifest, bool outputs, struct run_contents *ret_contents);
void run_contents_release(struct run_contents *contents);
