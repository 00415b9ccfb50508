/* SPDX-License-Identifier: BSD-2-Clause
 * fetch: bytes of addresses and paths into the store, several at once. */
#include "supply/fetch.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "supply/fetch_transfer.h"
#include "supply/offline.h"

struct batch {
    int store_fd;
    const struct fetch_item *items;
    size_t count, next;
    struct transfer slot[FETCH_PARALLEL];
    struct http *http;
    struct fetch_patience patience;
    struct progress *progress;
    uint64_t settled; /* bytes of items that are done */
};

static bool is_in_store(int store_fd, const struct digest *sha256)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(sha256, hex);
    auto_free char *name = xasprintf("blobs/sha256/%s", hex);
    return faccessat(store_fd, name, R_OK, 0) == 0;
}

static int take_result(struct batch *batch, struct transfer *transfer, int result)
{
    if (result == 0) {
        batch->settled += transfer->part.have;
        transfer_end(transfer, batch->http);
    }
    return result < 0 ? -1 : 0;
}

static int fill_slots(struct batch *batch, struct err *err)
{
    for (size_t i = 0; i < FETCH_PARALLEL; i++) {
        struct transfer *transfer = &batch->slot[i];
        while (transfer->item == NULL && batch->next < batch->count) {
            const struct fetch_item *item = &batch->items[batch->next++];
            if (item->found == NULL && is_in_store(batch->store_fd, &item->sha256)) {
                batch->settled += item->size;
                continue;
            }
            int result = transfer_begin(transfer, item, batch->store_fd, &batch->patience, err);
            if (take_result(batch, transfer, result) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int run_batch(struct batch *batch, struct err *err)
{
    enum { SHOW_MS = 100 };
    for (;;) {
        struct visit *visits[FETCH_PARALLEL];
        uint64_t bytes = 0;
        size_t busy = 0;
        if (fill_slots(batch, err) < 0) {
            return -1;
        }
        for (size_t i = 0; i < FETCH_PARALLEL; i++) {
            if (batch->slot[i].item != NULL) {
                visits[busy++] = &batch->slot[i].visit;
                bytes += batch->slot[i].part.have;
            }
        }
        progress_set(batch->progress, batch->settled + bytes);
        if (busy == 0) {
            return 0;
        }
        if (visit_move(batch->http, visits, busy, SHOW_MS, err) < 0) {
            return -1;
        }
        for (size_t i = 0; i < FETCH_PARALLEL; i++) {
            struct transfer *transfer = &batch->slot[i];
            if (transfer->item != NULL &&
                take_result(batch, transfer, transfer_go_on(transfer, batch->http, err)) < 0) {
                return -1;
            }
        }
    }
}

int fetch_all(int store_fd, const struct fetch_item *items, size_t count, struct progress *progress, struct err *err)
{
    struct batch batch = {.store_fd = store_fd, .items = items, .count = count, .progress = progress};
    if (fetch_patience_read(&batch.patience, err) < 0) {
        return -1;
    }
    /* Not even opened without a network: then nothing has to be believed of a library. */
    if (!offline_is_on()) {
        batch.http = http_open(&batch.patience, err);
        if (batch.http == NULL) {
            return -1;
        }
    }
    int result = run_batch(&batch, err);
    for (size_t i = 0; i < FETCH_PARALLEL; i++) {
        if (batch.slot[i].item != NULL) {
            transfer_end(&batch.slot[i], batch.http);
        }
    }
    http_close(batch.http);
    return result;
}
