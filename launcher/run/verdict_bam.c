/* SPDX-License-Identifier: BSD-2-Clause
 * verdict_bam: the part of verdict.h about BAM (SAM v1, 4.2), decompressed: @PG lines of its header hold command lines
 * and paths. The rest must be equal; where it is not, the alignment is named. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "run/verdict_parts.h"

/* A record: its length, then 32 bytes of fixed fields, among them the length of the name that follows. */
enum { NAME_LENGTH_AT = 4 + 8, NAME_AT = 4 + 32 };

static uint32_t number_at(const struct source *source, size_t at)
{
    const unsigned char *bytes = source_bytes(source) + at;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Goes behind magic and the length of the text, which becomes the end of the source. */
static bool enter_header(struct source *source)
{
    if (source_need(source, 8) < 8) {
        return false;
    }
    uint32_t length = number_at(source, 4);
    source_skip(source, 8);
    source_end_after(source, length);
    return length <= INT32_MAX;
}

static bool compare_headers(struct source *then, struct source *now, const struct verdict_job *job,
                            struct verdict_result *ret_result)
{
    if (!enter_header(then) || !enter_header(now) || !verdict_text(then, now, job->name, job->rules, ret_result)) {
        return false;
    }
    source_end_after(then, UINT64_MAX);
    source_end_after(now, UINT64_MAX);
    return true;
}

/* The size of what comes next, with its length field; SIZE_MAX when that cannot be. */
static size_t record_size(struct source *source, size_t more)
{
    if (source_need(source, 4) < 4) {
        return SIZE_MAX;
    }
    size_t size = 4 + (size_t)number_at(source, 0) + more;
    return size <= SOURCE_MOST && source_need(source, size) >= size ? size : SIZE_MAX;
}

static bool is_same(struct source *then, struct source *now, size_t then_size, size_t now_size)
{
    return then_size == now_size && memcmp(source_bytes(then), source_bytes(now), then_size) == 0;
}

/* The reference sequences: each a name with its length before it, and 4 bytes. */
static bool pass_references(struct source *then, struct source *now, struct verdict_result *result)
{
    uint32_t count = source_need(then, 4) >= 4 && source_need(now, 4) >= 4 ? number_at(then, 0) : 0;
    if (count > INT32_MAX || source_need(then, 4) < 4 || source_need(now, 4) < 4) {
        return false;
    }
    if (number_at(now, 0) != count) {
        result->verdict = VERDICT_DIFFERENT;
        verdict_say(result, "%" PRIu32 " reference sequences, were %" PRIu32, number_at(now, 0), count);
        return true;
    }
    source_skip(then, 4);
    source_skip(now, 4);
    for (uint32_t i = 0; i < count; i++) {
        size_t then_size = record_size(then, 4);
        size_t now_size = record_size(now, 4);
        if (then_size == SIZE_MAX || now_size == SIZE_MAX) {
            return false;
        }
        if (!is_same(then, now, then_size, now_size)) {
            result->verdict = VERDICT_DIFFERENT;
            verdict_say(result, "reference sequence %" PRIu32, i + 1);
            return true;
        }
        source_skip(then, then_size);
        source_skip(now, now_size);
    }
    return true;
}

static void say_name(char to[VERDICT_EXCERPT], const struct source *source, size_t size)
{
    const unsigned char *bytes = source_bytes(source);
    size_t length = size > NAME_AT ? bytes[NAME_LENGTH_AT] : 0;
    length = length > 0 && NAME_AT + length <= size ? length - 1 : 0; /* with a NUL byte */
    text_escape(to, VERDICT_EXCERPT, (const char *)bytes + NAME_AT, length);
}

static bool compare_records(struct source *then, struct source *now, struct verdict_result *result)
{
    for (uint64_t number = 1;; number++) {
        bool then_ends = source_need(then, 1) == 0;
        bool now_ends = source_need(now, 1) == 0;
        if (then_ends || now_ends) {
            if (then_ends != now_ends) {
                result->verdict = VERDICT_DIFFERENT;
                verdict_say(result, "%s after alignment %" PRIu64, then_ends ? "goes on" : "ends", number - 1);
            }
            return source_problem(then) == NULL && source_problem(now) == NULL;
        }
        size_t then_size = record_size(then, 0);
        size_t now_size = record_size(now, 0);
        if (then_size == SIZE_MAX || now_size == SIZE_MAX) {
            return false;
        }
        if (!is_same(then, now, then_size, now_size)) {
            result->verdict = VERDICT_DIFFERENT;
            verdict_say(result, "alignment %" PRIu64, number);
            say_name(result->then_text, then, then_size);
            say_name(result->now_text, now, now_size);
            return true;
        }
        source_skip(then, then_size);
        source_skip(now, now_size);
    }
}

bool verdict_bam(struct source *then, struct source *now, const struct verdict_job *job,
                 struct verdict_result *ret_result)
{
    struct verdict_result header;
    struct verdict_result rest = {.verdict = VERDICT_IDENTICAL};
    if (!compare_headers(then, now, job, &header)) {
        return false;
    }
    if (header.verdict == VERDICT_DIFFERENT) {
        verdict_say(&header, " of the header");
        *ret_result = header;
        return true;
    }
    if (!pass_references(then, now, &rest) ||
        (rest.verdict == VERDICT_IDENTICAL && !compare_records(then, now, &rest))) {
        return false;
    }
    *ret_result = rest.verdict == VERDICT_DIFFERENT ? rest : header;
    return true;
}
