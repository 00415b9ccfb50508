/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_transfer: one item into the store. */
#include "supply/fetch_transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "supply/local.h"
#include "supply/offline.h"
#include "supply/unpack.h"

static uint64_t most_bytes(const struct fetch_item *item)
{
    return item->size != 0 ? item->size : FETCH_UNKNOWN;
}

static const char *address(const struct transfer *transfer)
{
    return transfer->order.from.item[transfer->source];
}

static bool is_mirror(const struct transfer *transfer)
{
    return transfer->item->mirrors == FETCH_OF_MIRROR || mirror_is_one(&transfer->order, transfer->source);
}

static void note(struct transfer *transfer, const struct err *why)
{
    auto_free char *place = mirror_is_one(&transfer->order, transfer->source)
                                ? mirror_name(&transfer->order, transfer->source)
                                : xstrdup(address(transfer));
    auto_free char *shown = http_shown(place);
    const char *kind = is_mirror(transfer) ? "mirror " : "";
    buf_addf(&transfer->tried, "%s%s'%s': %s", transfer->tried.length > 0 ? "; " : "", kind, shown, why->text);
    if (is_mirror(transfer) && why->kind == ERR_MISMATCH) {
        log_warn("mirror '%s' has not the bytes of '%s': %s", shown, transfer->item->label, why->text);
    }
}

static uint64_t have(void *data, const char **ret_version)
{
    struct transfer *transfer = data;
    *ret_version = part_version(&transfer->part, address(transfer));
    return transfer->part.have;
}

/* What the server announces is believed when it speaks against the file: the part that is there is not given up for the
 * page of a hotel's network. */
static int check_announced(const struct transfer *transfer, const struct http_exchange *exchange, uint64_t from,
                           const void *bytes, size_t length, struct err *err)
{
    char text[256] = "";
    uint64_t size = transfer->item->size;
    memcpy(text, bytes, length < sizeof(text) ? length : sizeof(text) - 1);
    uint64_t answered = from + (exchange->length < 0 ? 0 : (uint64_t)exchange->length);
    if (size == 0 || exchange->length < 0 || answered == size) {
        return 0;
    }
    if (unpack_text_is_html(text)) {
        return err_set(err, ERR_MISMATCH, "answered with an HTML page instead of the file");
    }
    return err_set(err, ERR_MISMATCH, "has %llu bytes, pinned are %llu", (unsigned long long)answered,
                   (unsigned long long)size);
}

/* To a request for the rest the answer may be the rest or, of a changed file, the whole. */
static int begin(void *data, const struct http_exchange *exchange, uint64_t from, const void *bytes, size_t length,
                 struct err *err)
{
    struct transfer *transfer = data;
    const char *coding = exchange->answer.coding;
    snprintf(transfer->coding, sizeof(transfer->coding), "%s", coding != NULL ? coding : "");
    if (check_announced(transfer, exchange, from, bytes, length, err) < 0 ||
        (from == 0 && part_restart(&transfer->part, err) < 0)) {
        return -1;
    }
    part_set_version(&transfer->part, address(transfer), answer_version(&exchange->answer));
    return 0;
}

static int take(void *data, const void *bytes, size_t length, struct err *err)
{
    struct transfer *transfer = data;
    if (length > most_bytes(transfer->item) - transfer->part.have) {
        struct err ignored = {0};
        part_restart(&transfer->part, &ignored); /* it is of another file */
        return err_set(err, ERR_MISMATCH, "sends more than the pinned %llu bytes",
                       (unsigned long long)most_bytes(transfer->item));
    }
    return part_add(&transfer->part, bytes, length, err);
}

static const struct visit_taker taker = {.have = have, .begin = begin, .take = take};

static void begin_visit(struct transfer *transfer)
{
    transfer->visit = (struct visit){.url = address(transfer),
                                     .taker = &taker,
                                     .data = transfer,
                                     .access = is_mirror(transfer) ? NULL : transfer->item->access,
                                     .size = transfer->item->size};
    transfer->visiting = true;
    struct fetch_patience patience = transfer->patience;
    /* Of a mirror that is out of service one hears once, when the file's own addresses follow. */
    bool once = transfer->item->one_try || transfer->source < transfer->order.own;
    patience.tries = once ? 1 : patience.tries;
    visit_begin(&transfer->visit, &patience);
}

/* All bytes are there: 0 published, 1 they are others: *why says how, and the part is empty; -1 error. */
static int commit(struct transfer *transfer, struct err *why, struct err *err)
{
    if (part_commit(&transfer->part, transfer->item->size, why) == 0) {
        if (transfer->item->found != NULL) {
            *transfer->item->found = (struct fetch_found){.sha256 = transfer->part.sha256, .size = transfer->part.have};
        }
        return 0;
    }
    if (why->kind != ERR_MISMATCH) {
        *err = *why;
        return -1;
    }
    return 1;
}

static int copy_local(struct transfer *transfer, struct err *why, struct err *err)
{
    auto_free char *path = local_path(address(transfer));
    if (part_copy(&transfer->part, path, most_bytes(transfer->item), why) == 0) {
        return commit(transfer, why, err);
    }
    if (why->kind == ERR_SYSTEM) {
        *err = *why;
        return -1;
    }
    return 1;
}

/* Takes up what an earlier process left, which may be all of it. */
static int resume(struct transfer *transfer, struct err *err)
{
    struct err why = {0};
    uint64_t size = transfer->item->size;
    if (transfer->part.have == 0 &&
        part_resume(&transfer->part, address(transfer), size, most_bytes(transfer->item), err) < 0) {
        return -1;
    }
    return size != 0 && transfer->part.have == size ? commit(transfer, &why, err) : 1;
}

/* Goes on with the address in use or the next one. */
static int advance(struct transfer *transfer, struct err *err)
{
    for (; transfer->source < transfer->order.from.count; transfer->source++, transfer->doubted = false) {
        struct err why = {0};
        bool remote = local_is_remote(address(transfer));
        int result = remote ? resume(transfer, err) : copy_local(transfer, &why, err);
        if (result <= 0) {
            return result;
        }
        if (remote && !offline_is_on()) {
            begin_visit(transfer);
            return 1;
        }
        if (remote) {
            offline_complain(&why);
        }
        note(transfer, &why);
    }
    if (transfer->tried.length == 0) {
        return err_set(err, ERR_NETWORK, "'%s': no address to fetch it from", transfer->item->label);
    }
    return err_set(err, ERR_NETWORK, "fetch '%s': %s", transfer->item->label, buf_text(&transfer->tried));
}

static int find_addresses(struct transfer *transfer, struct err *err)
{
    const struct fetch_item *item = transfer->item;
    struct mirror_order *order = &transfer->order;
    if (item->mirrors <= FETCH_FIRST_MIRRORS && item->found == NULL) {
        int result = mirror_order(&item->from, &item->sha256, order, err);
        while (item->mirrors == FETCH_FIRST_MIRRORS && order->from.count > order->own) {
            free(order->from.item[--order->from.count]);
        }
        return result;
    }
    for (size_t i = 0; i < item->from.count; i++) {
        strlist_add(&order->from, item->from.item[i]);
    }
    order->own_end = item->from.count;
    return 0;
}

int transfer_begin(struct transfer *transfer, const struct fetch_item *item, int store_fd,
                   const struct fetch_patience *patience, struct err *err)
{
    *transfer = (struct transfer){.item = item, .patience = *patience, .part = {.fd = -1, .dir_fd = -1}};
    if (find_addresses(transfer, err) < 0 || part_open(&transfer->part, store_fd, &item->sha256, err) < 0) {
        return -1;
    }
    transfer->part.unpinned = item->found != NULL;
    return advance(transfer, err);
}

static int once_more(struct transfer *transfer, struct err *why, bool worth, struct err *err)
{
    if (why->kind == ERR_MISMATCH && transfer->coding[0] != '\0') {
        auto_free char *text = xstrdup(why->text);
        err_set(why, ERR_MISMATCH, "%s; the server sent it in the content coding '%s'", text, transfer->coding);
    }
    if (worth && !transfer->doubted) {
        transfer->doubted = true;
        begin_visit(transfer);
        return 1;
    }
    note(transfer, why);
    transfer->source++;
    transfer->doubted = false;
    return advance(transfer, err);
}

int transfer_go_on(struct transfer *transfer, struct http *http, struct err *err)
{
    enum visit_state state = transfer->visit.state;
    struct err why = transfer->visit.err;
    if (state == VISIT_WAITING || state == VISIT_ASKING) {
        return 1;
    }
    bool resumed = transfer->visit.resumed;
    bool announced = transfer->visit.announced;
    visit_end(http, &transfer->visit);
    transfer->visiting = false;
    if (state == VISIT_DONE) {
        uint64_t had = transfer->part.have;
        int result = commit(transfer, &why, err);
        if (result <= 0) {
            return result;
        }
        /* An end that nobody announced may be a connection that broke. */
        bool cut = had < most_bytes(transfer->item) && !announced;
        return once_more(transfer, &why, resumed || cut || had == most_bytes(transfer->item), err);
    }
    if (why.kind == ERR_SYSTEM || why.kind == ERR_USAGE) {
        *err = why;
        return -1;
    }
    bool partly = resumed || transfer->part.have > 0; /* what came may have been of another file, or be in the way */
    return once_more(transfer, &why, partly && why.kind == ERR_MISMATCH, err);
}

void transfer_end(struct transfer *transfer, struct http *http)
{
    if (transfer->visiting) {
        visit_end(http, &transfer->visit);
    }
    part_close(&transfer->part);
    buf_release(&transfer->tried);
    mirror_order_release(&transfer->order);
    *transfer = (struct transfer){0};
}
