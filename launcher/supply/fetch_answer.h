/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_answer: what the header lines of an HTTP answer say (RFC 9110), of which nothing is believed that a server must
 * not say. Touches nothing but memory, and never much of it: an answer with more than ANSWER_MOST bytes of headers, the
 * interim ones (1xx) and the trailers included, is none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    ANSWER_MOST = 256 * 1024, /* libcurl takes 300 KiB from 8.3 on, before that without end; servers send below 16 */
    ANSWER_VALUE = 8 * 1024,  /* of one kind of header; a longer one counts as absent */
};

struct answer {
    size_t bytes;    /* of all header lines so far */
    char *etag;      /* strong: a weak one (W/"...") does not tell two files apart */
    char *modified;  /* Last-Modified */
    char *date;      /* Date */
    char *challenge; /* WWW-Authenticate, several joined by ", " */
    char *type;      /* Content-Type */
    char *coding;    /* Content-Encoding */
    char *digest;    /* Docker-Content-Digest */
    char *link;      /* Link */
    char *location;  /* Location */
    bool ranged;     /* a Content-Range that could be read: */
    uint64_t first, last;
    uint64_t total; /* ANSWER_UNKNOWN for "*" */
};
#define ANSWER_UNKNOWN UINT64_MAX

/* Takes one line, with its line end. A status line begins a new answer. -1 ERR_NETWORK: this is no answer that can be
 * used; the text reads after "'URL': ". */
int answer_take_line(struct answer *answer, const char *line, size_t length, struct err *err);
/* How the server names the version that it sends, for If-Range (RFC 9110, 13.1.5): a strong ETag, else a date of change
 * that is strong because it is not the date of the answer itself (8.8.2.2). NULL: it cannot be resumed. Borrowed. */
const char *answer_version(const struct answer *answer);
/* Whether the bytes of a 206 are those that were asked for: from `from` on to the end of a file of `size` bytes (0: of
 * any size). */
bool answer_is_rest(const struct answer *answer, uint64_t from, uint64_t size);
void answer_release(struct answer *answer);
