/* SPDX-License-Identifier: BSD-2-Clause
 * verdict: whether two files, the output of one run and that of another, tell the same. */
#include "run/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/text.h"
#include "run/verdict_parts.h"
#include "sandbox/apart.h"

static const struct {
    const char *name, *title;
} words[VERDICTS] = {
    [VERDICT_IDENTICAL] = {"identical", "identical"},
    [VERDICT_NORMALISED] = {"normalised", "equal after normalisation"},
    [VERDICT_TOLERATED] = {"tolerated", "within tolerance"},
    [VERDICT_DIFFERENT] = {"different", "different"},
    [VERDICT_MISSING] = {"missing", "missing"},
    [VERDICT_NEW] = {"new", "new"},
};

const char *verdict_name(enum verdict verdict)
{
    return words[verdict].name;
}

const char *verdict_title(enum verdict verdict)
{
    return words[verdict].title;
}

bool verdict_from_name(const char *name, enum verdict *ret_verdict)
{
    for (int verdict = 0; verdict < VERDICTS; verdict++) {
        if (strcmp(words[verdict].name, name) == 0) {
            *ret_verdict = (enum verdict)verdict;
            return true;
        }
    }
    return false;
}

bool verdict_is_good(enum verdict verdict)
{
    return verdict <= VERDICT_TOLERATED;
}

void verdict_rules_release(struct verdict_rules *rules)
{
    patterns_release(&rules->ignore);
    strlist_release(&rules->then_paths);
    strlist_release(&rules->now_paths);
}

void verdict_set_detail(struct verdict_result *result, const char *text)
{
    text_escape(result->detail, sizeof(result->detail), text, strlen(text)); /* for the cut: at a whole character */
}

void verdict_say(struct verdict_result *result, const char *format, ...)
{
    auto_release(buf) struct buf text = {0};
    va_list args;
    va_start(args, format);
    char more[VERDICT_DETAIL];
    vsnprintf(more, sizeof(more), format, args);
    va_end(args);
    buf_addf(&text, "%s%s", result->detail, more);
    verdict_set_detail(result, buf_text(&text));
}

void verdict_add_reasons(struct verdict_result *result, unsigned reasons)
{
    auto_release(buf) struct buf text = {0};
    result->normalised |= reasons;
    if (result->verdict > VERDICT_NORMALISED || result->normalised == 0) {
        return;
    }
    result->verdict = VERDICT_NORMALISED;
    normal_reasons(result->normalised, &text);
    verdict_set_detail(result, buf_text(&text));
}

/* ---- what it is */

enum { HEAD = 4096 };

/* What an editor would take for text: no control characters but those that terminals and printers know, and UTF-8, or
 * an older encoding in which most letters are ASCII. */
static bool is_text(const unsigned char *bytes, size_t length)
{
    size_t high = 0;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < 0x20 && (bytes[i] < 0x07 || bytes[i] > 0x0d) && bytes[i] != 0x1b) {
            return false;
        }
        high += bytes[i] >= 0x80;
    }
    while (length > HEAD - 4 && bytes[length - 1] >= 0x80) {
        length--; /* a character that is cut */
    }
    return high * 3 <= length || text_is_utf8((const char *)bytes, length);
}

static enum verdict_form form_of(struct source *source)
{
    static const struct {
        const char *magic;
        size_t length;
        enum verdict_form form;
    } known[] = {
        {"\x1f\x8b\x08", 3, VERDICT_GZIP},
        {"BAM\1", 4, VERDICT_BAM},
        {"\x89PNG\r\n\x1a\n", 8, VERDICT_PNG},
        {"%PDF-", 5, VERDICT_PDF},
    };
    size_t length = source_need(source, HEAD);
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (length >= known[i].length && memcmp(source_bytes(source), known[i].magic, known[i].length) == 0) {
            return known[i].form;
        }
    }
    return length == 0 || is_text(source_bytes(source), length < HEAD ? length : HEAD) ? VERDICT_TEXT : VERDICT_BYTES;
}

enum verdict_form verdict_form_of(struct source *then, struct source *now)
{
    enum verdict_form form = form_of(then);
    return form == form_of(now) ? form : VERDICT_BYTES;
}

/* ---- bytes */

static void say_hex(char to[VERDICT_EXCERPT], struct source *source)
{
    enum { SHOWN = 16 };
    size_t length = source_need(source, SHOWN);
    size_t at = 0;
    to[0] = '\0';
    for (size_t i = 0; i < length && i < SHOWN; i++) {
        at += (size_t)snprintf(to + at, VERDICT_EXCERPT - at, "%s%02x", i > 0 ? " " : "", source_bytes(source)[i]);
    }
}

/* Goes on to the first byte that differs, or to an end. */
static void find_difference(struct source *then, struct source *now)
{
    enum { BLOCK = 256 * 1024 };
    for (;;) {
        size_t a = source_need(then, BLOCK);
        size_t b = source_need(now, BLOCK);
        size_t length = a < b ? a : b;
        size_t same = 0;
        if (length > 0 && memcmp(source_bytes(then), source_bytes(now), length) == 0) {
            same = length;
        }
        while (same < length && source_bytes(then)[same] == source_bytes(now)[same]) {
            same++;
        }
        source_skip(then, same);
        source_skip(now, same);
        if (same < length || length == 0) {
            return;
        }
    }
}

bool verdict_bytes(struct source *then, struct source *now, struct verdict_result *ret_result)
{
    struct verdict_result result = {.verdict = VERDICT_IDENTICAL};
    find_difference(then, now);
    bool then_ends = source_need(then, 1) == 0;
    bool now_ends = source_need(now, 1) == 0;
    unsigned long long at = source_offset(then);
    if (!then_ends || !now_ends) {
        result.verdict = VERDICT_DIFFERENT;
        verdict_say(&result,
                    then_ends  ? "goes on after %llu bytes"
                    : now_ends ? "ends after %llu bytes"
                               : "at byte %llu",
                    then_ends || now_ends ? at : at + 1);
        say_hex(result.then_text, then);
        say_hex(result.now_text, now);
    }
    if (source_problem(then) != NULL || source_problem(now) != NULL) {
        return false;
    }
    *ret_result = result;
    return true;
}

/* ---- all of it */

bool verdict_content(struct source *then, struct source *now, const struct verdict_job *job,
                     struct verdict_result *ret_result)
{
    switch (verdict_form_of(then, now)) {
    case VERDICT_TEXT:
        return verdict_text(then, now, job->name, job->rules, ret_result);
    case VERDICT_BAM:
        return verdict_bam(then, now, job, ret_result);
    case VERDICT_PNG:
        return verdict_png(then, now, ret_result);
    case VERDICT_PDF:
        return verdict_pdf(then, now, ret_result);
    case VERDICT_GZIP:
    case VERDICT_BYTES:
        break;
    }
    return verdict_bytes(then, now, ret_result);
}

struct pair {
    struct source *then, *now;
};

static struct pair open_pair(const struct verdict_job *job)
{
    return (struct pair){
        .then = source_open(job->then->fd, job->then->offset, job->then->size, false),
        .now = source_open(job->now->fd, job->now->offset, job->now->size, false),
    };
}

static void close_pair(struct pair *pair)
{
    source_close(pair->then);
    source_close(pair->now);
}

static bool compare_bytes(const struct verdict_job *job, struct verdict_result *ret_result)
{
    struct pair pair = open_pair(job);
    bool done = verdict_bytes(pair.then, pair.now, ret_result);
    close_pair(&pair);
    return done;
}

/* By what they are, and only when the bytes differ. Where what they are cannot be followed to the end, the bytes have
 * the last word. False when they cannot be read. */
static bool compare(const struct verdict_job *job, struct verdict_result *ret_result)
{
    struct verdict_result bytes;
    if (!compare_bytes(job, &bytes)) {
        return false;
    }
    *ret_result = bytes;
    if (bytes.verdict == VERDICT_IDENTICAL) {
        return true;
    }
    struct pair pair = open_pair(job);
    bool done = verdict_form_of(pair.then, pair.now) == VERDICT_GZIP
                    ? verdict_gzip(job, ret_result)
                    : verdict_content(pair.then, pair.now, job, ret_result);
    if (!done) {
        const char *problem = source_problem(pair.then) != NULL ? source_problem(pair.then) : source_problem(pair.now);
        *ret_result = bytes;
        verdict_say(ret_result, "; only the bytes were compared%s%s", problem != NULL ? ": it " : "",
                    problem != NULL ? problem : "");
    }
    close_pair(&pair);
    return true;
}

void verdict_files(const struct verdict_file *then, const struct verdict_file *now, const char *name,
                   const struct verdict_rules *rules, struct verdict_result *ret_result)
{
    const struct verdict_job job = {.then = then, .now = now, .name = name, .rules = rules};
    struct verdict_result result = {.verdict = VERDICT_DIFFERENT};
    if (!compare(&job, &result)) {
        result = (struct verdict_result){.verdict = VERDICT_DIFFERENT};
        verdict_say(&result, "cannot be read to its end");
    }
    *ret_result = result;
}

static void work(void *user, void *result)
{
    const struct verdict_job *job = user;
    verdict_files(job->then, job->now, job->name, job->rules, result);
}

int verdict_files_apart(const struct verdict_file *then, const struct verdict_file *now, const char *name,
                        const struct verdict_rules *rules, struct verdict_result *ret_result, struct err *err)
{
    struct verdict_job job = {.then = then, .now = now, .name = name, .rules = rules};
    return apart_call(work, &job, ret_result, sizeof(*ret_result), err);
}
