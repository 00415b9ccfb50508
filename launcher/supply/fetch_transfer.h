/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_transfer: one item into the store, from the first of its addresses that gives the pinned bytes.
 *
 * An address is visited (fetch_visit) until it answers or is given up. Bytes that are not the pinned ones are asked for
 * once more when they were patched together of two visits, or have the pinned size (a bit that flipped on the way);
 * other bytes twice are what that address has, and the next one is asked. Of a mirror that has other bytes people hear.
 */
#pragma once

#include "base/buf.h"
#include "supply/fetch.h"
#include "supply/fetch_part.h"
#include "supply/fetch_visit.h"
#include "supply/mirror.h"

struct transfer {
    const struct fetch_item *item; /* NULL: free */
    struct mirror_order order;     /* its addresses, with the mirrors */
    size_t source;                 /* number of the address in use */
    bool doubted;                  /* it gave other bytes once */
    bool visiting;
    struct part part;
    struct visit visit;
    struct fetch_patience patience;
    char coding[32];  /* Content-Encoding of the answer, which explains other bytes */
    struct buf tried; /* "'URL': why; ..." */
};

/* Each: 1 it goes on (look at visit.state), 0 the item is in the store, -1 it is not to be had. */
int transfer_begin(struct transfer *transfer, const struct fetch_item *item, int store_fd,
                   const struct fetch_patience *patience, struct err *err);
/* After visit_move: draws the conclusions of a visit that ended. */
int transfer_go_on(struct transfer *transfer, struct http *http, struct err *err);
void transfer_end(struct transfer *transfer, struct http *http);
