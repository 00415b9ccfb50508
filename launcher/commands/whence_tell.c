/* SPDX-License-Identifier: BSD-2-Clause
 * whence_tell: the lineage of a file for people and for programs; for graphviz in whence_dot.c. */
#include "commands/whence_tell.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/fit.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/units.h"
#include "commands/tell.h"

enum { SHORT_HEX = 12, NAMED_MOST = 8 };

static void add_hex(struct buf *text, const struct digest *digest, int digits)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    buf_addf(text, "%.*s", digits, hex);
}

/* Pipes have no name in the manifest but these. */
static void add_path(struct buf *text, const char *path)
{
    static const char *const streams[][2] = {
        {"/dev/stdin", "(standard input)"}, {"/dev/stdout", "(standard output)"}, {"/dev/stderr", "(standard error)"}};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(path, streams[i][0]) == 0) {
            buf_add_text(text, streams[i][1]);
            return;
        }
    }
    quote_escape(text, path);
}

static void add_command(struct buf *text, const struct catalog_run *run)
{
    enum { INDENT = 4 };
    auto_release(strlist) struct strlist words = {0};
    const char *word = run->command;
    for (uint64_t i = 0; i < run->words; i++) {
        auto_release(buf) struct buf quoted = {0};
        struct buf shown = {0};
        quote_word(&quoted, word);
        quote_escape(&shown, buf_text(&quoted));
        strlist_take(&words, buf_take(&shown));
        word += strlen(word) + 1;
    }
    fit_words(text, fit_width(STDOUT_FILENO), INDENT, &words, " \\");
}

static void add_when(struct buf *text, const struct catalog_run *run)
{
    auto_free char *started = xstrndup(run->started, strlen("2026-01-01T00:00:00"));
    quote_escape(text, started);
}

static void add_ids(struct buf *text, const char *before, const struct lineage_makers *makers)
{
    if (makers->count == 0) {
        return;
    }
    buf_addf(text, "%s", before);
    for (size_t i = 0; i < makers->count && i < NAMED_MOST; i++) {
        buf_addf(text, "%s %s", i > 0 ? "," : "", makers->item[i].run->id);
    }
    if (makers->count > NAMED_MOST) {
        buf_addf(text, " and %zu more", makers->count - NAMED_MOST);
    }
    buf_add_text(text, "\n");
}

/* "read DIGEST  PATH  made by ID as PATH"; on a terminal what is too long for it goes on below, or loses its beginning.
 */
static void add_input(struct buf *text, const struct lineage *lineage, const struct lineage_input *input)
{
    enum { INDENT = 2 + 4 + 1 + SHORT_HEX + 2 };
    unsigned width = fit_width(STDOUT_FILENO);
    auto_release(buf) struct buf path = {0};
    auto_release(buf) struct buf made = {0};
    add_path(&path, input->file.path);
    if (input->maker != LINEAGE_NONE) {
        buf_addf(&made, "made by %s", lineage->run[input->maker].run->id);
        bool same = strcmp(input->made.path, input->file.path) == 0;
        buf_add_text(&made, same ? "" : " as ");
        add_path(&made, same ? "" : input->made.path);
    }
    buf_add_text(text, "  read ");
    add_hex(text, input->file.digest, SHORT_HEX);
    buf_add_text(text, "  ");
    fit_cut(text, buf_text(&path), width > 0 ? width - INDENT : fit_places(buf_text(&path)), true);
    if (made.length > 0) {
        bool below = width > 0 && INDENT + fit_places(buf_text(&path)) + 2 + fit_places(buf_text(&made)) > width;
        buf_addf(text, "%s%*s", below ? "\n" : "  ", below ? INDENT : 0, "");
        fit_cut(text, buf_text(&made), width > 0 ? width - INDENT : fit_places(buf_text(&made)), false);
    }
    buf_add_text(text, "\n");
}

static void tell_run(struct buf *text, const struct lineage *lineage, const struct lineage_run *told)
{
    const struct catalog_run *run = told->run;
    buf_addf(text, "\n%s  ", run->id);
    add_when(text, run);
    buf_add_text(text, "  ");
    quote_escape(text, run->environment);
    if (run->exit_code != 0) {
        buf_addf(text, "  (exit status %d)", (int)run->exit_code);
    }
    buf_add_text(text, "\n    ");
    add_command(text, run);
    buf_add_text(text, "\n");
    add_ids(text, "  confirmed by", &told->confirmed_by);
    for (size_t i = 0; i < told->inputs; i++) {
        const struct lineage_input *input = &told->input[i];
        add_input(text, lineage, input);
    }
    if (told->inputs == 0) {
        buf_add_text(text, "  no input is recorded\n");
    }
}

/* Who made the file, in the lines under its name. */
static void tell_makers(struct buf *text, const struct whence *whence)
{
    const struct lineage *lineage = whence->lineage;
    for (size_t i = 0; i < lineage->asked; i++) {
        const struct lineage_run *told = &lineage->run[i];
        if (lineage->in_pieces) {
            buf_addf(text, "  bytes %llu to %llu ", (unsigned long long)told->made.offset,
                     (unsigned long long)(told->made.offset + told->made.size - 1));
        }
        buf_addf(text, "%s by %s",
                 told->passed_on      ? "  passed on"
                 : lineage->in_pieces ? "made"
                                      : "  made",
                 told->run->id);
        if (!lineage_is_place(told->run, told->made.path, whence->question)) {
            buf_add_text(text, " as ");
            add_path(text, told->made.path);
        }
        buf_addf(text, "%s\n", told->passed_on ? ", which read it too: who made it is not recorded here" : "");
    }
    add_ids(text, "  the same was made by", &lineage->also);
    if (lineage->has_gaps) {
        buf_add_text(text, "  no run recorded here made its other bytes\n");
    }
}

static void tell_unknown(struct buf *text, const struct whence *whence)
{
    const struct lineage *lineage = whence->lineage;
    if (whence->question->size == 0) {
        buf_add_text(text, "  it is empty, as many files are: its content does not tell who made it\n");
    } else {
        buf_add_text(text, "  no run recorded here made this content\n");
    }
    for (size_t i = 0; i < lineage->wrote.count && i < NAMED_MOST; i++) {
        const struct lineage_maker *maker = &lineage->wrote.item[i];
        bool same = digest_equal(maker->file.digest, &whence->question->digest);
        buf_addf(text, "  %s wrote it at ", maker->run->id);
        add_when(text, maker->run);
        if (!same) {
            buf_add_text(text, " with other content (sha256 ");
            add_hex(text, maker->file.digest, SHORT_HEX);
            buf_add_text(text, "): it was changed since");
        }
        buf_add_text(text, "\n");
    }
    if (lineage->wrote.count > NAMED_MOST) {
        buf_addf(text, "  and %zu more wrote it\n", lineage->wrote.count - NAMED_MOST);
    }
    add_ids(text, "  it was read by", &lineage->read);
}

void whence_tell_text(const struct whence *whence)
{
    auto_release(buf) struct buf text = {0};
    char size[UNITS_TEXT];
    quote_escape(&text, whence->name);
    buf_addf(&text, "  %s\n  sha256 ", units_size(size, whence->question->size));
    add_hex(&text, &whence->question->digest, DIGEST_HEX);
    buf_add_text(&text, "\n");
    if (whence->lineage->asked > 0) {
        tell_makers(&text, whence);
    } else {
        tell_unknown(&text, whence);
    }
    for (size_t i = 0; i < whence->lineage->count; i++) {
        tell_run(&text, whence->lineage, &whence->lineage->run[i]);
    }
    fputs(buf_text(&text), stdout);
}

static void put_digest(struct doc *object, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    doc_put_text(object, "sha256", hex);
}

static struct doc *ids_doc(const struct lineage_makers *makers)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < makers->count; i++) {
        doc_append_text(array, makers->item[i].run->id);
    }
    return array;
}

static struct doc *file_doc(const struct catalog_file *file)
{
    struct doc *object = doc_object();
    doc_put_text(object, "path", file->path);
    put_digest(object, file->digest);
    doc_put_number(object, "size", file->size);
    return object;
}

static struct doc *run_doc(const struct lineage *lineage, const struct lineage_run *told)
{
    const struct catalog_run *run = told->run;
    struct doc *object = doc_object();
    struct doc *command = doc_array();
    struct doc *inputs = doc_array();
    for (size_t i = 0; i < run->words; i++) {
        doc_append_text(command, catalog_word(run, i));
    }
    for (size_t i = 0; i < told->inputs; i++) {
        size_t maker = told->input[i].maker;
        struct doc *input = file_doc(&told->input[i].file);
        doc_put_text(input, "made_by", maker != LINEAGE_NONE ? lineage->run[maker].run->id : NULL);
        doc_put_text(input, "made_as", maker != LINEAGE_NONE ? told->input[i].made.path : NULL);
        doc_append(inputs, input);
    }
    doc_put_text(object, "id", run->id);
    doc_put_text(object, "rerun_of", run->rerun_of[0] != '\0' ? run->rerun_of : NULL);
    doc_put_text(object, "started", run->started);
    doc_put_text(object, "environment", run->environment);
    doc_put(object, "command", command);
    doc_put_number(object, "exit", run->exit_code);
    doc_put(object, "made", file_doc(&told->made));
    doc_put_bool(object, "passed_on", told->passed_on);
    doc_put(object, "confirmed_by", ids_doc(&told->confirmed_by));
    doc_put(object, "inputs", inputs);
    return object;
}

static struct doc *makers_doc(const struct lineage *lineage)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < lineage->asked; i++) {
        struct doc *object = doc_object();
        doc_put_text(object, "id", lineage->run[i].run->id);
        if (lineage->in_pieces) {
            doc_put_number(object, "offset", lineage->run[i].made.offset);
            doc_put_number(object, "size", lineage->run[i].made.size);
        }
        doc_append(array, object);
    }
    return array;
}

void whence_tell_json(const struct whence *whence)
{
    const struct lineage *lineage = whence->lineage;
    struct doc *top = doc_object();
    struct doc *runs = doc_array();
    struct doc *wrote = doc_array();
    for (size_t i = 0; i < lineage->count; i++) {
        doc_append(runs, run_doc(lineage, &lineage->run[i]));
    }
    for (size_t i = 0; i < lineage->wrote.count && lineage->asked == 0; i++) {
        struct doc *object = file_doc(&lineage->wrote.item[i].file);
        doc_put_text(object, "id", lineage->wrote.item[i].run->id);
        doc_append(wrote, object);
    }
    doc_put_text(top, "file", whence->name);
    put_digest(top, &whence->question->digest);
    doc_put_number(top, "size", whence->question->size);
    doc_put(top, "made_by", makers_doc(lineage));
    doc_put_bool(top, "complete", lineage->asked > 0 && !lineage->has_gaps);
    doc_put(top, "also_made_by", ids_doc(&lineage->also));
    doc_put(top, "read_by", ids_doc(&lineage->read));
    doc_put(top, "changed_since", wrote);
    doc_put(top, "runs", runs);
    tell_json(top);
}
