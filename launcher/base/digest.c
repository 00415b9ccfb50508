/* SPDX-License-Identifier: BSD-2-Clause
 * digest: SHA-256 of bytes and descriptors; hexadecimal in and out. The only file that includes OpenSSL. */
#define OPENSSL_SUPPRESS_DEPRECATED /* EVP would load a provider: see digest.h */
#include "base/digest.h"

#include <errno.h>
#include <openssl/sha.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/progress.h"

_Static_assert(sizeof(struct digest_state) >= sizeof(SHA256_CTX), "digest_state holds a SHA256_CTX");
_Static_assert(_Alignof(struct digest_state) >= _Alignof(SHA256_CTX), "digest_state is aligned like SHA256_CTX");

static SHA256_CTX *context(struct digest_state *state)
{
    return (SHA256_CTX *)(void *)state->opaque;
}

void digest_begin(struct digest_state *state)
{
    SHA256_Init(context(state));
}

void digest_update(struct digest_state *state, const void *bytes, size_t length)
{
    SHA256_Update(context(state), bytes, length);
}

void digest_end(struct digest_state *state, struct digest *ret_digest)
{
    SHA256_Final(ret_digest->bytes, context(state));
}

void digest_bytes(const void *bytes, size_t length, struct digest *ret_digest)
{
    struct digest_state state;
    digest_begin(&state);
    digest_update(&state, bytes, length);
    digest_end(&state, ret_digest);
}

int digest_fd(int fd, const char *name, struct digest *ret_digest, uint64_t *ret_size, struct err *err)
{
    /* 256 KiB: beyond it reading is no faster, below it the system calls show. */
    enum { CHUNK = 256 * 1024 };
    auto_free char *chunk = xmalloc(CHUNK);
    struct digest_state state;
    uint64_t size = 0;
    digest_begin(&state);
    for (;;) {
        ssize_t got = read(fd, chunk, CHUNK);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read '%s'", name);
        }
        if (got == 0) {
            break;
        }
        digest_update(&state, chunk, (size_t)got);
        progress_tick(PROGRESS_BYTES, (uint64_t)got);
        size += (uint64_t)got;
    }
    digest_end(&state, ret_digest);
    if (ret_size != NULL) {
        *ret_size = size;
    }
    return 0;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool digest_from_hex(const char *hex, struct digest *ret_digest)
{
    struct digest digest;
    if (strlen(hex) != DIGEST_HEX) {
        return false;
    }
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        int high = nibble(hex[2 * i]);
        int low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        digest.bytes[i] = (unsigned char)(high << 4 | low);
    }
    *ret_digest = digest;
    return true;
}

void digest_to_hex(const struct digest *digest, char hex[DIGEST_HEX + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        hex[2 * i] = digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    hex[DIGEST_HEX] = '\0';
}
