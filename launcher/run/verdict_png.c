/* SPDX-License-Identifier: BSD-2-Clause
 * verdict_png: the part of verdict.h about PNG (W3C, third edition): chunk by chunk, those that hold a date left out.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "run/verdict_parts.h"

enum { SIGNATURE = 8, BEFORE = 8, AFTER = 4, KEYWORD_MOST = 80 }; /* length and type; checksum */

struct chunk {
    uint64_t size; /* with length, type and checksum */
    char type[5];
    bool is_date;
};

/* Keywords of texts that say when. "Creation Time" is the standard's own, the others are ImageMagick's. */
static bool is_date_keyword(const char *keyword)
{
    static const char *const known[] = {"Creation Time", "date:create", "date:modify", "date:timestamp"};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (strcmp(keyword, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool holds_date(const char *type, const unsigned char *data, size_t length)
{
    char keyword[KEYWORD_MOST] = "";
    if (strcmp(type, "tIME") == 0) {
        return true;
    }
    if (strcmp(type, "tEXt") != 0 && strcmp(type, "zTXt") != 0 && strcmp(type, "iTXt") != 0) {
        return false;
    }
    memcpy(keyword, data, length < KEYWORD_MOST - 1 ? length : KEYWORD_MOST - 1);
    return is_date_keyword(keyword);
}

/* 1 with the next chunk, 0 at the end, -1 when this is no PNG. */
static int next_chunk(struct source *source, struct chunk *ret_chunk)
{
    size_t here = source_need(source, BEFORE + KEYWORD_MOST);
    const unsigned char *bytes = here > 0 ? source_bytes(source) : NULL;
    struct chunk chunk = {0};
    if (here == 0) {
        return 0;
    }
    if (here < BEFORE + AFTER) {
        return -1;
    }
    uint32_t length = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    chunk.size = (uint64_t)length + BEFORE + AFTER;
    memcpy(chunk.type, bytes + 4, 4);
    for (size_t i = 0; i < 4; i++) {
        if ((chunk.type[i] | 0x20) < 'a' || (chunk.type[i] | 0x20) > 'z') {
            return -1;
        }
    }
    size_t seen = here - BEFORE < length ? here - BEFORE : length;
    chunk.is_date = holds_date(chunk.type, bytes + BEFORE, seen);
    *ret_chunk = chunk;
    return length <= INT32_MAX ? 1 : -1;
}

/* False when the source ends within the chunk. */
static bool pass_chunk(struct source *source, const struct chunk *chunk)
{
    enum { BLOCK = 256 * 1024 };
    for (uint64_t rest = chunk->size; rest > 0;) {
        size_t length = source_need(source, rest < BLOCK ? (size_t)rest : BLOCK);
        length = length < rest ? length : (size_t)rest;
        if (length == 0) {
            return false;
        }
        source_skip(source, length);
        rest -= length;
    }
    return true;
}

/* The next chunk that counts. */
static int next_result(struct source *source, struct chunk *ret_chunk, unsigned *reasons)
{
    int got = next_chunk(source, ret_chunk);
    while (got == 1 && ret_chunk->is_date) {
        *reasons |= NORMAL_DATES;
        got = pass_chunk(source, ret_chunk) ? next_chunk(source, ret_chunk) : -1;
    }
    return got;
}

static void say_difference(struct verdict_result *result, const struct chunk *then, uint64_t number)
{
    char keyword[VERDICT_EXCERPT];
    text_escape(keyword, sizeof(keyword), then->type, strlen(then->type));
    result->verdict = VERDICT_DIFFERENT;
    verdict_say(result, "%s (chunk %" PRIu64 ")", strcmp(then->type, "IDAT") == 0 ? "the pixels" : keyword, number);
}

/* The data of two chunks of the same size. */
static bool is_same_chunk(struct source *then, struct source *now, uint64_t size, struct verdict_result *scratch)
{
    source_end_after(then, size);
    source_end_after(now, size);
    bool same = verdict_bytes(then, now, scratch) && scratch->verdict == VERDICT_IDENTICAL;
    source_end_after(then, UINT64_MAX);
    source_end_after(now, UINT64_MAX);
    return same;
}

bool verdict_png(struct source *then, struct source *now, struct verdict_result *ret_result)
{
    struct verdict_result result = {.verdict = VERDICT_IDENTICAL};
    unsigned reasons = 0;
    source_skip(then, SIGNATURE);
    source_skip(now, SIGNATURE);
    for (uint64_t number = 1; result.verdict == VERDICT_IDENTICAL; number++) {
        struct chunk a = {0};
        struct chunk b = {0};
        struct verdict_result scratch;
        int then_got = next_result(then, &a, &reasons);
        int now_got = next_result(now, &b, &reasons);
        if (then_got < 0 || now_got < 0) {
            return false;
        }
        if (then_got == 0 && now_got == 0) {
            break;
        }
        bool alike = then_got == now_got && a.size == b.size && strcmp(a.type, b.type) == 0;
        if (!alike || !is_same_chunk(then, now, a.size, &scratch)) {
            say_difference(&result, then_got == 1 ? &a : &b, number);
        }
    }
    verdict_add_reasons(&result, reasons);
    *ret_result = result;
    return source_problem(then) == NULL && source_problem(now) == NULL;
}
