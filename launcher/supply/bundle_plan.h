/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle_plan: what belongs into a bundle and where it is, as sciwrap tells it to sciwrap-env.
 *
 * Text of fields that each end in NUL, five a file: NAME as in the bundle, HEX, SIZE, OFFSET, SOURCE. SOURCE is an
 * absolute host path of which SIZE bytes from OFFSET on are meant, or '=' and the content itself. Of the artifact,
 * whose size may not be known, SIZE is 0 and SOURCE the definition that says where it is, or empty.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "env/bundle_list.h"

struct bundle_source {
    struct bundle_file file;
    uint64_t size;
    uint64_t offset;
    char *path; /* NULL when there is a text */
    char *text;
};

struct bundle_plan {
    struct bundle_source *item; /* in the order of the list */
    size_t count;
    size_t capacity;
};

int bundle_plan_parse(struct bundle_plan *plan, const char *bytes, size_t length, struct err *err);
/* The source of the first file of a kind; NULL when there is none. */
struct bundle_source *bundle_plan_find(const struct bundle_plan *plan, enum bundle_kind kind);
/* The artifact, which is the last of the plan, is an image: a layout and these blobs, whose paths become the plan's,
 * take its place. */
void bundle_plan_take_image(struct bundle_plan *plan, const struct bundle_source *blobs, size_t count);
void bundle_plan_release(struct bundle_plan *plan);
