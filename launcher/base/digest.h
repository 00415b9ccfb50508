/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest: SHA-256 of bytes and descriptors; hexadecimal in and out (FIPS 180-4).
 *
 * Uses libcrypto's plain SHA256 functions, not EVP: they need no provider to be loaded, which costs 1.7 ms at the
 * start of every launch, and they use the CPU's SHA extensions all the same (1.8 GB/s a core).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX = 64 };

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

/* Big enough for libcrypto's SHA256_CTX and aligned like it; digest.c asserts that. Copying it forks the hash. */
struct digest_state {
    uint64_t opaque[16];
};

void digest_begin(struct digest_state *state);
void digest_update(struct digest_state *state, const void *bytes, size_t length);
void digest_end(struct digest_state *state, struct digest *ret_digest);

void digest_bytes(const void *bytes, size_t length, struct digest *ret_digest);
/* The whole content from the current offset to the end of file; the length in *ret_size (may be NULL). */
int digest_fd(int fd, const char *name, struct digest *ret_digest, uint64_t *ret_size, struct err *err);

bool digest_equal(const struct digest *a, const struct digest *b);
/* Exactly 64 lower-case hexadecimal digits; false for anything else. A digest from outside becomes part of a path
 * only after this. */
bool digest_from_hex(const char *hex, struct digest *ret_digest);
void digest_to_hex(const struct digest *digest, char hex[DIGEST_HEX + 1]);
