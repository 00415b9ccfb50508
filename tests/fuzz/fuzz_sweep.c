/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a table, after a first line that is a word to fill. What is accepted has a cell for each column of each
 * row, says the same when it is written out with every field in quotes, and goes into a word as it is. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "run/sweep.h"

static void write_field(struct buf *text, const char *field, bool last)
{
    buf_add_text(text, "\"");
    for (const char *at = field; *at != '\0'; at++) {
        buf_add_text(text, *at == '"' ? "\"" : "");
        buf_add(text, at, 1);
    }
    buf_add_text(text, last ? "\"\r\n" : "\",");
}

static void write_out(const struct sweep *sweep, struct buf *text)
{
    size_t width = sweep->columns.count;
    for (size_t i = 0; i < width; i++) {
        write_field(text, sweep->columns.item[i], i + 1 == width);
    }
    for (size_t row = 1; row <= sweep->rows; row++) {
        for (size_t i = 0; i < width; i++) {
            write_field(text, sweep_cell(sweep, row, i), i + 1 == width);
        }
    }
}

static void compare(const struct sweep *sweep, const struct sweep *again)
{
    FUZZ_PROMISE(sweep->rows == again->rows && sweep->columns.count == again->columns.count);
    for (size_t i = 0; i < sweep->columns.count; i++) {
        FUZZ_PROMISE(strcmp(sweep->columns.item[i], again->columns.item[i]) == 0);
        for (size_t row = 1; row <= sweep->rows; row++) {
            FUZZ_PROMISE(strcmp(sweep_cell(sweep, row, i), sweep_cell(again, row, i)) == 0);
        }
    }
}

/* Each column by itself is filled with the very bytes of its cell. */
static void fill_columns(const struct sweep *sweep)
{
    struct err err = {0};
    auto_release(strlist) struct strlist words = {0};
    auto_release(strlist) struct strlist filled = {0};
    for (size_t i = 0; i < sweep->columns.count; i++) {
        strlist_addf(&words, "{{-{%s}", sweep->columns.item[i]);
    }
    FUZZ_PROMISE(sweep_check(sweep, &words, &err) == 0);
    sweep_fill(sweep, sweep->rows, &words, &filled);
    for (size_t i = 0; i < sweep->columns.count; i++) {
        FUZZ_PROMISE(strncmp(filled.item[i], "{-", 2) == 0);
        FUZZ_PROMISE(strcmp(filled.item[i] + 2, sweep_cell(sweep, sweep->rows, i)) == 0);
    }
}

static void fill_word(const struct sweep *sweep, const char *word)
{
    struct err err = {0};
    auto_release(strlist) struct strlist words = {0};
    auto_release(strlist) struct strlist filled = {0};
    strlist_add(&words, word);
    if (sweep_check(sweep, &words, &err) < 0) {
        FUZZ_PROMISE(err.kind == ERR_USAGE);
        return;
    }
    sweep_fill(sweep, 1, &words, &filled);
    FUZZ_PROMISE(filled.count == 1 && (strchr(word, '{') != NULL || strcmp(filled.item[0], word) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct err err = {0};
    const char *text = (const char *)bytes;
    const char *end = length > 0 ? memchr(text, '\n', length) : NULL;
    if (end == NULL) {
        return 0;
    }
    size_t first = (size_t)(end - text);
    auto_free char *word = xstrndup(text, first);
    auto_release(sweep) struct sweep sweep = {0};
    auto_release(sweep) struct sweep again = {0};
    auto_release(buf) struct buf written = {0};
    if (sweep_parse(&sweep, "fuzz.csv", end + 1, length - first - 1, &err) < 0) {
        FUZZ_PROMISE(err.kind == ERR_INVALID && sweep.rows == 0);
        return 0;
    }
    write_out(&sweep, &written);
    FUZZ_PROMISE(sweep_parse(&again, "again.csv", buf_text(&written), written.length, &err) == 0);
    compare(&sweep, &again);
    fill_columns(&sweep);
    fill_word(&sweep, word);
    return 0;
}
