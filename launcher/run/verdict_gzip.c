/* SPDX-License-Identifier: BSD-2-Clause
 * verdict_gzip: the part of verdict.h about gzip (RFC 1952): its header holds a time, a name and the operating system;
 * what counts is what was compressed. */
#include <string.h>

#include "run/verdict_parts.h"

enum { FIXED = 10, FLAGS_AT = 3, HEADER_MOST = 128 * 1024 };
enum { HAS_CHECKSUM = 2, HAS_EXTRA = 4, HAS_NAME = 8, HAS_COMMENT = 16 };

static size_t text_from(const unsigned char *bytes, size_t length, size_t at)
{
    const unsigned char *end = at < length ? memchr(bytes + at, 0, length - at) : NULL;
    return end != NULL ? (size_t)(end - bytes) + 1 : length + 1;
}

/* The length of the header of the first member; 0 when it is none. */
static size_t header_length(struct source *source)
{
    size_t length = source_need(source, HEADER_MOST);
    const unsigned char *bytes = source_bytes(source);
    size_t at = FIXED;
    if (length < FIXED) {
        return 0;
    }
    unsigned flags = bytes[FLAGS_AT];
    if ((flags & HAS_EXTRA) != 0) {
        at += length >= at + 2 ? 2U + bytes[at] + bytes[at + 1] * 256U : length;
    }
    if ((flags & HAS_NAME) != 0) {
        at = text_from(bytes, length, at);
    }
    if ((flags & HAS_COMMENT) != 0) {
        at = text_from(bytes, length, at);
    }
    at += (flags & HAS_CHECKSUM) != 0 ? 2 : 0;
    return at <= length ? at : 0;
}

static bool differs_in_header_only(const struct verdict_job *job)
{
    struct verdict_result result = {.verdict = VERDICT_DIFFERENT};
    struct source *then = source_open(job->then->fd, job->then->offset, job->then->size, false);
    struct source *now = source_open(job->now->fd, job->now->offset, job->now->size, false);
    size_t then_length = header_length(then);
    size_t now_length = header_length(now);
    bool same = false;
    if (then_length > 0 && now_length > 0) {
        source_skip(then, then_length);
        source_skip(now, now_length);
        same = verdict_bytes(then, now, &result) && result.verdict == VERDICT_IDENTICAL;
    }
    source_close(then);
    source_close(now);
    return same;
}

bool verdict_gzip(const struct verdict_job *job, struct verdict_result *ret_result)
{
    if (differs_in_header_only(job)) {
        *ret_result = (struct verdict_result){.verdict = VERDICT_NORMALISED};
        verdict_add_reasons(ret_result, NORMAL_GZIP_HEADER);
        return true;
    }
    struct source *then = source_open(job->then->fd, job->then->offset, job->then->size, true);
    struct source *now = source_open(job->now->fd, job->now->offset, job->now->size, true);
    bool done = verdict_content(then, now, job, ret_result);
    source_close(then);
    source_close(now);
    if (done && ret_result->verdict == VERDICT_IDENTICAL) {
        verdict_add_reasons(ret_result, NORMAL_COMPRESSION);
    } else if (done && ret_result->verdict == VERDICT_DIFFERENT) {
        verdict_say(ret_result, ", decompressed");
    }
    return done;
}
