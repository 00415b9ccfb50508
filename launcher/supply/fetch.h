/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch: bytes of http(s) addresses, of file:// addresses and of paths, into a file of the store.
 *
 * Never more than the pinned size is kept; https is only redirected to https; certificates are checked; nothing is
 * decoded on the way (the pin is of the bytes as they travel); a transfer that stalls (under 1 kB/s for 30 s) is given
 * up, one that is slow is not. What may go better is tried again (fetch_retry.h), where it broke off if the server
 * still has the same file. Proxies come from the environment as curl(1) reads them, passwords from the netrc file.
 * Nothing is asked from a network when offline_is_on().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "base/progress.h"

/* How a server is told who asks: request header lines such as "Authorization: Bearer ...", which go to the scheme, host
 * and port of `url` alone and are not sent on when that redirects elsewhere. `lines` is called before the first request
 * to an address, with refused = NULL, and once more when it answers 401, with the WWW-Authenticate of that answer (""
 * without one); several lines of it are joined by ", ". It may fetch (fetch_page) meanwhile. An error of it is the end
 * of this address. */
struct fetch_access {
    int (*lines)(void *data, const char *url, const char *refused, struct strlist *ret_lines, struct err *err);
    void *data;
};

/* What a file whose digest nobody knows yet turned out to be. */
struct fetch_found {
    struct digest sha256;
    uint64_t size;
};

/* FETCH_MIRRORS: `from` with the mirrors around it. FETCH_FIRST_MIRRORS: nothing but those that are before it.
 * FETCH_NO_MIRRORS: `from` is all there is. FETCH_OF_MIRROR: the same, and it is of a mirror, which is named when it
 * has other bytes. */
enum fetch_mirrors { FETCH_MIRRORS, FETCH_FIRST_MIRRORS, FETCH_NO_MIRRORS, FETCH_OF_MIRROR };

struct fetch_item {
    struct strlist from;  /* addresses and paths, tried in order; the next one when one fails or has other bytes */
    struct digest sha256; /* what the bytes must be */
    uint64_t size;        /* 0: not known, then at most FETCH_UNKNOWN bytes */
    const char *label;    /* for progress and messages */
    const struct fetch_access *access; /* NULL: none but what is in the user's netrc */
    enum fetch_mirrors mirrors;        /* whether these are asked for the bytes, too (mirror.h) */
    bool one_try;                      /* each address: others follow that this caller asks itself */
    struct fetch_found *found; /* not NULL: to be pinned; filled in. `sha256` is of anything that is named by it alone
                                  (of its address): a name for what has arrived of it */
};

enum { FETCH_PARALLEL = 6 }; /* transfers at once: what browsers allow themselves per host */
#define FETCH_UNKNOWN (64ULL * 1024 * 1024 * 1024)

/* Brings every item into blobs/sha256/HEX of the store that is open at `store_fd` (writable): downloaded under tmp/ (a
 * partial file is kept under its digest and resumed by a later call, after a check that the server still has the same
 * file), hashed while it is written, synced, renamed. Items whose blob is there already are skipped. Several at once.
 * The first failure ends all; its message names the label, every address that was tried and what each answered; an
 * answer that begins like HTML is said to be an error page. */
int fetch_all(int store_fd, const struct fetch_item *items, size_t count, struct progress *progress, struct err *err);
