/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_answer: what the header lines of an HTTP answer say. */
#include "supply/fetch_answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

static void forget(struct answer *answer)
{
    char **owned[] = {&answer->etag,   &answer->modified, &answer->date, &answer->challenge, &answer->type,
                      &answer->coding, &answer->digest,   &answer->link, &answer->location};
    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
        free(*owned[i]);
        *owned[i] = NULL;
    }
    answer->ranged = false;
}

/* The value of the line when it is of the header `name`, without the blanks around it; NULL otherwise. Caller frees. */
static char *value_of(const char *line, size_t length, const char *name)
{
    size_t start = strlen(name);
    if (length <= start || strncasecmp(line, name, start) != 0 || line[start] != ':') {
        return NULL;
    }
    for (start++; start < length && strchr(" \t", line[start]) != NULL; start++) {
    }
    for (; length > start && strchr("\r\n \t", line[length - 1]) != NULL; length--) {
    }
    return length - start <= ANSWER_VALUE ? xstrndup(line + start, length - start) : NULL;
}

/* The last line of a kind counts, as it does for browsers. */
static void take(char **place, const char *line, size_t length, const char *name)
{
    char *value = value_of(line, length, name);
    if (value != NULL) {
        free(*place);
        *place = value;
    }
}

static void take_etag(struct answer *answer, const char *line, size_t length)
{
    auto_free char *value = value_of(line, length, "ETag");
    if (value != NULL) {
        size_t end = strlen(value);
        bool strong = end >= 2 && value[0] == '"' && value[end - 1] == '"';
        free(answer->etag);
        answer->etag = strong ? steal_ptr(&value) : NULL;
    }
}

static void take_challenge(struct answer *answer, const char *line, size_t length)
{
    auto_free char *value = value_of(line, length, "WWW-Authenticate");
    char *old = answer->challenge;
    if (value == NULL || (old != NULL && strlen(old) + strlen(value) > ANSWER_VALUE)) {
        return;
    }
    answer->challenge = old == NULL ? steal_ptr(&value) : xasprintf("%s, %s", old, value);
    free(old);
}

/* "bytes 100-199/200" or "bytes 100-199/" and a star (RFC 9110, 14.4). */
static bool read_range(struct answer *answer, char *value)
{
    char *last = strchr(value, '-');
    char *total = strchr(value, '/');
    if (strncasecmp(value, "bytes ", 6) != 0 || last == NULL || total == NULL || total < last) {
        return false;
    }
    *last++ = *total++ = '\0';
    answer->total = ANSWER_UNKNOWN;
    return text_to_u64(value + 6, 0, INT64_MAX, &answer->first) &&
           text_to_u64(last, answer->first, INT64_MAX, &answer->last) &&
           (strcmp(total, "*") == 0 || text_to_u64(total, answer->last + 1, INT64_MAX, &answer->total));
}

int answer_take_line(struct answer *answer, const char *line, size_t length, struct err *err)
{
    answer->bytes += length;
    if (answer->bytes > ANSWER_MOST) {
        return err_set(err, ERR_NETWORK, "sends more than %d kB of headers", ANSWER_MOST / 1024);
    }
    if (memchr(line, '\0', length) != NULL) {
        return err_set(err, ERR_NETWORK, "sends a NUL byte in a header");
    }
    if (length > 5 && strncmp(line, "HTTP/", 5) == 0) {
        forget(answer);
    }
    take_etag(answer, line, length);
    take_challenge(answer, line, length);
    take(&answer->modified, line, length, "Last-Modified");
    take(&answer->date, line, length, "Date");
    take(&answer->type, line, length, "Content-Type");
    take(&answer->coding, line, length, "Content-Encoding");
    take(&answer->digest, line, length, "Docker-Content-Digest");
    take(&answer->link, line, length, "Link");
    take(&answer->location, line, length, "Location");
    auto_free char *range = value_of(line, length, "Content-Range");
    if (range != NULL) {
        answer->ranged = read_range(answer, range);
    }
    /* Libcurl would take a coding of the transfer off, asked for or not. The pin is of the bytes as they are. */
    auto_free char *transfer = value_of(line, length, "Transfer-Encoding");
    if (transfer != NULL && strcasecmp(transfer, "chunked") != 0 && strcasecmp(transfer, "identity") != 0) {
        return err_set(err, ERR_NETWORK, "sends in the transfer coding '%s', which was not asked for", transfer);
    }
    return 0;
}

const char *answer_version(const struct answer *answer)
{
    if (answer->etag != NULL) {
        return answer->etag;
    }
    /* Both have a resolution of a second: a file that changed in the second of the answer may change in it once more.
     */
    bool strong = answer->modified != NULL && answer->modified[0] != '\0' && answer->date != NULL &&
                  strcmp(answer->modified, answer->date) != 0;
    return strong ? answer->modified : NULL;
}

bool answer_is_rest(const struct answer *answer, uint64_t from, uint64_t size)
{
    if (!answer->ranged || answer->first != from) {
        return false;
    }
    uint64_t total = size != 0 ? size : answer->total;
    return (answer->total == ANSWER_UNKNOWN || answer->total == total) &&
           (total == ANSWER_UNKNOWN || answer->last == total - 1);
}

void answer_release(struct answer *answer)
{
    forget(answer);
    *answer = (struct answer){0};
}
