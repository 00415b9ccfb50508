/* SPDX-License-Identifier: BSD-2-Clause
 *
 * contents: what lies in one store: trees and blobs, as their names and the trees' meta files say, without a look at
 * what is in them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/digest.h"
#include "base/err.h"
#include "env/store.h"

enum content_kind { CONTENT_TREE, CONTENT_BLOB };

struct content {
    enum content_kind kind;
    struct digest digest; /* of the artifact that the tree was unpacked from; of the blob */
    bool complete;        /* the tree can be used; a blob always */
    uint64_t entries;     /* of the tree */
    uint64_t bytes;       /* of its files; of the blob */
    time_t used;          /* when it came or was used last, to a day */
};

struct contents {
    struct content *item; /* what was not used for longest comes first */
    size_t count;
};

/* Empty for a store that does not exist. */
int contents_read(const struct store *store, struct contents *ret_contents, struct err *err);
void contents_release(struct contents *contents);

/* "trees/HEX" or "blobs/sha256/HEX"; caller frees. */
char *content_path(const struct content *content);
