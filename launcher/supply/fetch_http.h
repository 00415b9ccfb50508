/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_http: one question to an http(s) server and its answer, several at once. The only file that includes libcurl.
 *
 * Certificates are checked ($SSL_CERT_FILE, $SSL_CERT_DIR and $CURL_CA_BUNDLE as curl(1) reads them), TLS is 1.2 or
 * newer, proxies come from the environment (curl(1), ENVIRONMENT), nothing is decoded, no redirect is followed here,
 * and memory does not grow with the answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "supply/fetch_answer.h"
#include "supply/fetch_retry.h"

enum http_end {
    HTTP_RUNNING = 0,
    HTTP_ANSWERED, /* the whole answer is in: see status */
    HTTP_BROKEN,   /* refused, reset, broken off, stalled: another try may go better; err says which */
    HTTP_UNSURE,   /* no such name, no TLS: one more try is enough to be sure */
    HTTP_FAILED,   /* a certificate, no HTTP: another try goes the same way */
    HTTP_STOPPED,  /* by `take`, whose err it is */
};

struct http_exchange {
    /* the question, borrowed until the end */
    const char *url;
    const struct strlist *lines;  /* request headers; NULL: none */
    const char *login, *password; /* NULL: none; sent with Basic authentication */
    const char *form;             /* not NULL: POST of this body */
    uint64_t from;                /* not 0: only the bytes from here on, if the file is still `version` */
    const char *version;
    bool direct;     /* whatever the environment says of proxies */
    bool any_status; /* bodies are wanted whatever the status; else only those of 200 and 206 */
    /* Takes bytes of the body; -1 stops the exchange. Status and headers are known. */
    int (*take)(void *data, struct http_exchange *exchange, const void *bytes, size_t length, struct err *err);
    void *data;

    /* the answer */
    enum http_end end;
    long status;
    int64_t length;   /* of the body, as announced; -1: not */
    uint64_t after_s; /* Retry-After */
    struct answer answer;
    struct err err;

    void *easy, *list; /* libcurl's */
    int64_t mark_ns;   /* when so much had arrived */
    int64_t mark_bytes;
    unsigned stall_s;
    bool stalled;
    char detail[256];
};

struct http;
/* Connections, kept open between exchanges. NULL on error. */
struct http *http_open(const struct fetch_patience *patience, struct err *err);
void http_close(struct http *http); /* after the last http_stop; NULL is allowed */

int http_start(struct http *http, struct http_exchange *exchange, struct err *err);
/* Moves what can be moved. *ret_ended becomes one exchange that ended since the last call, or NULL. */
int http_move(struct http *http, struct http_exchange **ret_ended, struct err *err);
/* Waits until something can be moved, at most so long. */
int http_wait(struct http *http, int most_ms, struct err *err);
/* Ends the exchange, running or not; forgets question and answer but for end, status and err. */
void http_stop(struct http *http, struct http_exchange *exchange);

struct http_origin { /* RFC 6454 */
    bool secure;
    char *host; /* lower case */
    char *port;
};
/* As libcurl understands the address, so that no second reading can differ. -1: it is no http(s) address. */
int http_origin(const char *url, struct http_origin *ret_origin);
/* Where a Location of the answer from `base` leads, absolute, of whatever scheme. NULL: nowhere. Caller frees. */
char *http_resolve(const char *base, const char *location);
bool http_same_origin(const char *a, const char *b);
/* Whether the host can only be this machine: 127.0.0.0/8, ::1, localhost. */
bool http_is_loopback(const struct http_origin *origin);
void http_origin_release(struct http_origin *origin);
/* The address for messages: without the name and password that it may hold. Caller frees. */
char *http_shown(const char *url);
