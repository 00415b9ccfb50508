/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_page: a short document of an http(s) address into memory: a token, the manifest of an image, a list of tags.
 * The rules of fetch.h hold: https stays https, certificates are checked, nothing is decoded, a stall ends it, and what
 * is worth another try gets one.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"

struct fetch_question {
    const char *url;
    const struct strlist *lines; /* request headers, "Accept: ..."; of them Authorization goes to the scheme, host and
                                    port of `url` alone; NULL: none */
    const char *form;            /* not NULL: POST with this body, application/x-www-form-urlencoded */
    size_t most;                 /* a longer answer is an error */
};

struct fetch_page {
    long status; /* of the answer in the end: 200, 401, 404 ... */
    struct buf bytes;
    char *type;      /* Content-Type; NULL when the answer has none */
    char *challenge; /* WWW-Authenticate, several joined by ", "; NULL, also when a redirect led to another server */
    char *digest;    /* Docker-Content-Digest; NULL */
    char *link;      /* Link, for the next part of a list; NULL */
};

/* 0 with any answer that is complete, also 401 or 404; -1 ERR_NETWORK when there is none. ret_page is released by the
 * caller, in either case. */
int fetch_page(const struct fetch_question *question, struct fetch_page *ret_page, struct err *err);
void fetch_page_release(struct fetch_page *page);
