/* SPDX-License-Identifier: BSD-2-Clause
 *
 * content_hash: the digest of one file of a tree from its data at growing offsets; a hole counts as the zeros that a
 * reader of the file will see.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

struct content_hash {
    struct digest_state state;
    uint64_t at; /* bytes hashed so far */
};

void content_hash_begin(struct content_hash *hash);
/* `offset` is not below hash->at. */
void content_hash_add(struct content_hash *hash, uint64_t offset, const void *bytes, size_t length);
void content_hash_end(struct content_hash *hash, uint64_t size, struct digest *ret_digest);
