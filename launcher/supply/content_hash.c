/* SPDX-License-Identifier: BSD-2-Clause
 * content_hash: the digest of one file of a tree from its data at growing offsets. */
#include "supply/content_hash.h"

static void add_zeros(struct content_hash *hash, uint64_t end)
{
    static const char zeros[65536];
    while (hash->at < end) {
        uint64_t left = end - hash->at;
        size_t some = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
        digest_update(&hash->state, zeros, some);
        hash->at += some;
    }
}

void content_hash_begin(struct content_hash *hash)
{
    hash->at = 0;
    digest_begin(&hash->state);
}

void content_hash_add(struct content_hash *hash, uint64_t offset, const void *bytes, size_t length)
{
    add_zeros(hash, offset);
    digest_update(&hash->state, bytes, length);
    hash->at += length;
}

void content_hash_end(struct content_hash *hash, uint64_t size, struct digest *ret_digest)
{
    add_zeros(hash, size);
    digest_end(&hash->state, ret_digest);
}
