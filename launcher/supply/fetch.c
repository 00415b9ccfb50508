/* SPDX-License-Identifier: BSD-2-Clause
 * fetch: bytes of addresses and paths into the store. The only file that includes libcurl. */
#include "supply/fetch.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "supply/fetch_part.h"

enum {
    TRIES = 3,      /* of one address whose connection breaks off: the next one goes on where it ended */
    CONNECT_S = 30, /* as long as a name server and a slow proxy need together */
    STALL_S = 30,   /* fetch.h */
    STALL_BYTES = 1000,
    REDIRECTS = 10,
};

struct transfer {
    const struct fetch_item *item;
    struct progress *progress;
    size_t source; /* number of the address in use */
    int tries;     /* of this address */
    struct part part;
    CURL *easy; /* NULL: not running */
    struct curl_slist *headers;
    char *version; /* of the answer that is arriving */
    char *challenge;
    bool renewed;
    uint64_t resumed_at;
    bool answered; /* the first bytes of the answer are in */
    struct buf tried;
    struct err err; /* set by a callback that stopped the transfer */
};

static uint64_t most_bytes(const struct fetch_item *item)
{
    return item->size != 0 ? item->size : FETCH_UNKNOWN;
}

static const char *address(const struct transfer *transfer)
{
    return transfer->item->from.item[transfer->source];
}

static bool is_remote(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

static void note(struct transfer *transfer, const char *why)
{
    buf_addf(&transfer->tried, "%s'%s': %s", transfer->tried.length > 0 ? "; " : "", address(transfer), why);
}

static size_t take_header(char *line, size_t unit, size_t count, void *data)
{
    struct transfer *transfer = data;
    part_read_header(line, unit * count, &transfer->version);
    if (unit * count > 17 && strncasecmp(line, "WWW-Authenticate:", 17) == 0) {
        free(transfer->challenge);
        transfer->challenge = xstrndup(line + 17, unit * count - 17);
    }
    return unit * count;
}

/* The answer begins: to a request for the rest it may be the rest (206) or, of a changed file, the whole (200). */
static int begin_answer(struct transfer *transfer)
{
    long status = 0;
    transfer->answered = true;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (transfer->resumed_at > 0 && status != 206) {
        progress_set(transfer->progress, transfer->progress->done - transfer->part.have);
        transfer->resumed_at = 0;
        if (part_restart(&transfer->part, &transfer->err) < 0) {
            return -1;
        }
    }
    if (transfer->version != NULL) {
        part_set_version(&transfer->part, address(transfer), transfer->version);
    }
    return 0;
}

static size_t take_bytes(char *bytes, size_t unit, size_t count, void *data)
{
    struct transfer *transfer = data;
    size_t length = unit * count;
    if (!transfer->answered && begin_answer(transfer) < 0) {
        return 0;
    }
    if (transfer->part.have + length > most_bytes(transfer->item)) {
        err_set(&transfer->err, ERR_MISMATCH, "sends more than the pinned %llu bytes",
                (unsigned long long)most_bytes(transfer->item));
        return 0;
    }
    if (part_add(&transfer->part, bytes, length, &transfer->err) < 0) {
        return 0;
    }
    progress_add(transfer->progress, length);
    return length;
}

static void allow_protocols(CURL *easy, bool only_https)
{
    /* A redirect to file:// would read local files; one from https to http would take the protection off. */
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, only_https ? "https" : "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, only_https ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static void ask_for_rest(struct transfer *transfer)
{
    auto_free char *version = part_version(&transfer->part, address(transfer));
    transfer->resumed_at = version != NULL ? transfer->part.have : 0;
    if (transfer->resumed_at > 0) {
        auto_free char *range = xasprintf("%llu-", (unsigned long long)transfer->resumed_at);
        auto_free char *condition = xasprintf("If-Range: %s", version);
        transfer->headers = curl_slist_append(transfer->headers, condition);
        curl_easy_setopt(transfer->easy, CURLOPT_RANGE, range);
    }
}

/* What the item's owner wants said with each request. */
static int add_access(struct transfer *transfer, const char *refused, struct err *err)
{
    auto_release(strlist) struct strlist lines = {0};
    const struct fetch_access *access = transfer->item->access;
    if (access == NULL) {
        return 0;
    }
    if (access->lines(access->data, address(transfer), refused, &lines, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < lines.count; i++) {
        transfer->headers = curl_slist_append(transfer->headers, lines.item[i]);
    }
    return 0;
}

static int start_remote(struct transfer *transfer, CURLM *multi, struct err *err)
{
    const char *url = address(transfer);
    CURL *easy = curl_easy_init();
    if (easy == NULL) {
        return err_set(err, ERR_SYSTEM, "libcurl does not start");
    }
    transfer->easy = easy;
    transfer->answered = false;
    transfer->err = (struct err){0};
    ask_for_rest(transfer);
    if (transfer->resumed_at == 0 && part_restart(&transfer->part, err) < 0) {
        return -1;
    }
    progress_add(transfer->progress, transfer->part.have);
    allow_protocols(easy, strncmp(url, "https://", 8) == 0);
    if (add_access(transfer, transfer->renewed ? transfer->challenge : NULL, err) < 0) {
        return -1;
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sciwrap/" SCIWRAP_VERSION);
    return curl_multi_add_handle(multi, easy) == CURLM_OK ? 0 : err_set(err, ERR_SYSTEM, "libcurl takes no transfer");
}

static void end_remote(struct transfer *transfer, CURLM *multi)
{
    if (transfer->easy != NULL) {
        curl_multi_remove_handle(multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    curl_slist_free_all(transfer->headers);
    free(transfer->version);
    transfer->easy = NULL;
    transfer->headers = NULL;
    transfer->version = NULL;
}

static void release_transfer(struct transfer *transfer, CURLM *multi)
{
    end_remote(transfer, multi);
    free(transfer->challenge);
    transfer->challenge = NULL;
    part_close(&transfer->part);
    buf_release(&transfer->tried);
    transfer->item = NULL;
}

/* All bytes are there: 0 published, 1 they are others (noted), -1 error. */
static int commit(struct transfer *transfer, struct err *err)
{
    struct err why = {0};
    uint64_t had = transfer->part.have;
    if (part_commit(&transfer->part, transfer->item->size, &why) == 0) {
        return 0;
    }
    progress_set(transfer->progress, transfer->progress->done - (had - transfer->part.have));
    if (why.kind != ERR_MISMATCH) {
        *err = why;
        return -1;
    }
    note(transfer, why.text);
    return 1;
}

static int copy_local(struct transfer *transfer, struct err *err)
{
    struct err why = {0};
    const char *path = address(transfer);
    path += strncmp(path, "file://", 7) == 0 ? 7 : 0;
    if (part_copy(&transfer->part, path, most_bytes(transfer->item), &why) == 0) {
        progress_add(transfer->progress, transfer->part.have);
        return commit(transfer, err);
    }
    if (why.kind == ERR_SYSTEM) {
        *err = why;
        return -1;
    }
    note(transfer, why.text);
    return 1;
}

/* Goes on with the address in use or the next one. 1 running, 0 the item is there, -1 no address is left. */
static int advance(struct transfer *transfer, CURLM *multi, struct err *err)
{
    for (; transfer->source < transfer->item->from.count; transfer->source++, transfer->tries = 0) {
        if (is_remote(address(transfer))) {
            return start_remote(transfer, multi, err) < 0 ? -1 : 1;
        }
        int result = copy_local(transfer, err);
        if (result <= 0) {
            return result;
        }
    }
    if (transfer->tried.length == 0) {
        return err_set(err, ERR_NETWORK, "'%s': no address to fetch it from", transfer->item->label);
    }
    return err_set(err, ERR_NETWORK, "fetch '%s': %s", transfer->item->label, buf_text(&transfer->tried));
}

static int start(struct transfer *transfer, const struct fetch_item *item, int store_fd, CURLM *multi,
                 struct progress *progress, struct err *err)
{
    *transfer = (struct transfer){.item = item, .progress = progress, .part = {.fd = -1, .dir_fd = -1}};
    if (part_open(&transfer->part, store_fd, &item->sha256, err) < 0) {
        return -1;
    }
    if (item->size != 0 && transfer->part.have == item->size) { /* a process was killed before it could publish */
        int result = commit(transfer, err);
        if (result <= 0) {
            return result;
        }
        buf_clear(&transfer->tried);
    }
    return advance(transfer, multi, err);
}

static bool may_try_again(CURLcode code)
{
    return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_SEND_ERROR || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

/* A transfer has ended, well or not. As advance(). */
static int settle(struct transfer *transfer, CURLcode code, CURLM *multi, struct err *err)
{
    long status = 0;
    bool resumed = transfer->resumed_at > 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    end_remote(transfer, multi);
    if (code == CURLE_OK) {
        int result = commit(transfer, err);
        if (result <= 0) {
            return result;
        }
        /* The part from an earlier time may have been the wrong one: once more, from the start. */
        transfer->source += resumed ? 0 : 1;
        return advance(transfer, multi, err);
    }
    if (transfer->err.kind == ERR_SYSTEM) {
        *err = transfer->err;
        return -1;
    }
    bool over = transfer->err.kind != ERR_NONE;
    progress_set(transfer->progress, transfer->progress->done - transfer->part.have);
    if (over || status == 416) { /* the part is longer than the file: it belongs to another one */
        if (part_restart(&transfer->part, err) < 0) {
            return -1;
        }
    }
    if (status == 401 && !transfer->renewed && transfer->item->access != NULL && transfer->challenge != NULL) {
        transfer->renewed = true;
        return advance(transfer, multi, err);
    }
    if ((status == 416 && resumed) || (!over && may_try_again(code) && ++transfer->tries < TRIES)) {
        return advance(transfer, multi, err);
    }
    if (over) {
        note(transfer, transfer->err.text);
    } else if (code == CURLE_HTTP_RETURNED_ERROR) {
        auto_free char *why = xasprintf("HTTP status %ld", status);
        note(transfer, why);
    } else {
        note(transfer, curl_easy_strerror(code));
    }
    transfer->source++;
    transfer->tries = 0;
    transfer->renewed = false;
    return advance(transfer, multi, err);
}

static bool is_in_store(int store_fd, const struct digest *sha256)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(sha256, hex);
    auto_free char *name = xasprintf("blobs/sha256/%s", hex);
    return faccessat(store_fd, name, R_OK, 0) == 0;
}

struct batch {
    int store_fd;
    const struct fetch_item *items;
    size_t count, next;
    struct transfer slot[FETCH_PARALLEL]; /* free while item is NULL */
    CURLM *multi;
    struct progress *progress;
};

static int take_result(struct batch *batch, struct transfer *transfer, int result)
{
    if (result == 0) {
        release_transfer(transfer, batch->multi);
    }
    return result < 0 ? -1 : 0;
}

static int fill_slots(struct batch *batch, struct err *err)
{
    for (size_t i = 0; i < FETCH_PARALLEL; i++) {
        struct transfer *transfer = &batch->slot[i];
        while (transfer->item == NULL && batch->next < batch->count) {
            const struct fetch_item *item = &batch->items[batch->next++];
            if (is_in_store(batch->store_fd, &item->sha256)) {
                progress_add(batch->progress, item->size);
                continue;
            }
            int result = start(transfer, item, batch->store_fd, batch->multi, batch->progress, err);
            if (take_result(batch, transfer, result) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int settle_ended(struct batch *batch, struct err *err)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(batch->multi, &left)) != NULL) {
        char *private = NULL;
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        struct transfer *transfer = (struct transfer *)(void *)private;
        if (take_result(batch, transfer, settle(transfer, code, batch->multi, err)) < 0) {
            return -1;
        }
    }
    return 0;
}

static bool is_busy(const struct batch *batch)
{
    for (size_t i = 0; i < FETCH_PARALLEL; i++) {
        if (batch->slot[i].item != NULL) {
            return true;
        }
    }
    return false;
}

static int run_batch(struct batch *batch, struct err *err)
{
    enum { SHOW_MS = 100 };
    for (;;) {
        int active = 0;
        if (fill_slots(batch, err) < 0) {
            return -1;
        }
        if (!is_busy(batch)) {
            return 0;
        }
        CURLMcode code = curl_multi_perform(batch->multi, &active);
        if (code == CURLM_OK && settle_ended(batch, err) < 0) {
            return -1;
        }
        if (code == CURLM_OK && active > 0) {
            code = curl_multi_wait(batch->multi, NULL, 0, SHOW_MS, NULL);
        }
        if (code != CURLM_OK) {
            return err_set(err, ERR_NETWORK, "libcurl: %s", curl_multi_strerror(code));
        }
        progress_add(batch->progress, 0);
    }
}

int fetch_all(int store_fd, const struct fetch_item *items, size_t count, struct progress *progress, struct err *err)
{
    struct batch batch = {.store_fd = store_fd, .items = items, .count = count, .progress = progress};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return err_set(err, ERR_SYSTEM, "libcurl does not start");
    }
    batch.multi = curl_multi_init();
    if (batch.multi == NULL) {
        curl_global_cleanup();
        return err_set(err, ERR_SYSTEM, "libcurl does not start");
    }
    curl_multi_setopt(batch.multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)FETCH_PARALLEL);
    int result = run_batch(&batch, err);
    for (size_t i = 0; i < FETCH_PARALLEL; i++) {
        if (batch.slot[i].item != NULL) {
            release_transfer(&batch.slot[i], batch.multi);
        }
    }
    curl_multi_cleanup(batch.multi);
    curl_global_cleanup();
    return result;
}
