/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_visit: asks one http(s) address until there is an answer that counts: follows redirects, shows who asks to the
 * first server alone, waits and tries again where that is worth it, goes on where a broken transfer ended.
 *
 * Redirects are followed here and not by libcurl, whose rules differ between versions: at most VISIT_REDIRECTS, only to
 * http and https, never from https back to http, also not over a step in between. Names and passwords of the netrc file
 * and header lines of an item go to the scheme, host and port of the address itself, to nobody it redirects to, and
 * those of the netrc file not over http, except to this machine.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "supply/fetch.h"
#include "supply/fetch_http.h"
#include "supply/fetch_netrc.h"

enum { VISIT_REDIRECTS = 10 };

enum visit_state { VISIT_NONE, VISIT_WAITING, VISIT_ASKING, VISIT_DONE, VISIT_LOST };

/* What becomes of the bytes. Each may say no with an err, which is then the visit's. */
struct visit_taker {
    /* How many bytes are there, and under which version of the server's (borrowed; NULL: not to be resumed). */
    uint64_t (*have)(void *data, const char **ret_version);
    /* An answer begins whose first byte is byte `from` of the file: 0, or what have() said. `bytes` are its first ones
     * (may be none), `exchange` has its headers. */
    int (*begin)(void *data, const struct http_exchange *exchange, uint64_t from, const void *bytes, size_t length,
                 struct err *err);
    int (*take)(void *data, const void *bytes, size_t length, struct err *err);
};

struct visit {
    /* set by the caller, borrowed */
    const char *url;
    const struct visit_taker *taker;
    void *data;
    const struct fetch_access *access; /* NULL: the user's netrc */
    const struct strlist *lines;       /* more request headers; NULL */
    const char *form;
    bool any_status; /* each answer that is not worth another try counts; else only 200 and 206 */
    uint64_t size;   /* of the file; 0: not known */

    enum visit_state state;
    struct err err; /* why VISIT_LOST; reads after "'URL': " */
    bool resumed;   /* the last answer was the rest of what was there */
    bool announced; /* it said how long it is */
    struct http_exchange exchange;

    struct fetch_patience patience;
    struct netrc_login login;
    struct strlist access_lines, asked_lines;
    char *at; /* the address in use: `url`, or where it led */
    bool secure, renewed, whole, begun;
    unsigned hops, tries;
    uint64_t furthest;
    int64_t due_ns;
};

/* The caller has set its part of a visit that is otherwise {0}. From here on it is visit_end's. */
void visit_begin(struct visit *visit, const struct fetch_patience *patience);
/* Moves all of them and waits for at most `most_ms` if there was nothing to do. Afterwards look at each state. -1: an
 * error of this machine. */
int visit_move(struct http *http, struct visit *const *visits, size_t count, int most_ms, struct err *err);
void visit_end(struct http *http, struct visit *visit);
