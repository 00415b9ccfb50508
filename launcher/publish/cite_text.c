/* SPDX-License-Identifier: BSD-2-Clause
 * cite_text: a run as a paragraph for people, and lists of what the paragraph names. */
#include "publish/cite_text.h"

#include <string.h>

#include "base/auto.h"
#include "base/text.h"
#include "base/units.h"
#include "publish/cite_say.h"

/* A terminal shows so many files of a kind, a document more; the record has them all. */
enum { LISTED_TEXT = 20, LISTED_DOCUMENT = 1000, SHORT_HEX = 12 };

bool cite_text_is_listed(const struct catalog_file *file)
{
    return !file->is_output || (file->size > 0 && strcmp(file->change, "mode") != 0);
}

const char *cite_text_comma(size_t i, size_t count)
{
    return i == 0 ? "" : i + 1 == count ? " and " : ", ";
}

void cite_text_short_digest(struct cite_text *text, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    hex[SHORT_HEX] = '\0';
    buf_add_text(&text->buf, "sha256 ");
    markup_code(&text->buf, text->markup, hex);
}

static void begin_item(struct cite_text *text, const char *label)
{
    switch (text->markup) {
    case MARKUP_TEXT:
        buf_addf(&text->buf, "  %-11s ", label);
        break;
    case MARKUP_MARKDOWN:
        buf_addf(&text->buf, "- %s: ", label);
        break;
    case MARKUP_LATEX:
        buf_addf(&text->buf, "\\item %s: ", label);
        break;
    case MARKUP_HTML: /* a page lists in tables: publish/report */
        break;
    }
}

static void add_digest(struct cite_text *text, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    if (digest != NULL) {
        digest_to_hex(digest, hex);
        buf_add_text(&text->buf, "sha256 ");
        markup_code(&text->buf, text->markup, hex);
        buf_add_text(&text->buf, text->markup == MARKUP_TEXT ? "  " : ", ");
    }
}

/* What went through a pipe has no name but the manifest's. */
static void add_name(struct cite_text *text, const char *name)
{
    static const char *const streams[][2] = {
        {"/dev/stdin", "(standard input)"}, {"/dev/stdout", "(standard output)"}, {"/dev/stderr", "(standard error)"}};
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        if (strcmp(name, streams[i][0]) == 0) {
            buf_add_text(&text->buf, streams[i][1]);
            return;
        }
    }
    markup_code(&text->buf, text->markup, name);
}

static void add_item(struct cite_text *text, const char *label, const struct digest *digest, const char *name,
                     uint64_t size)
{
    char words[16];
    begin_item(text, label);
    add_digest(text, digest);
    add_name(text, name);
    if (size > 0) {
        buf_addf(&text->buf, " (%s)", units_size(words, size));
    }
    buf_add_text(&text->buf, "\n");
}

static void add_words(struct cite_text *text, const char *label, const char *words)
{
    if (words != NULL && words[0] != '\0') {
        begin_item(text, label);
        markup_plain(&text->buf, text->markup, words);
        buf_add_text(&text->buf, "\n");
    }
}

static void add_files(struct cite_text *text, const char *label, bool outputs)
{
    size_t most = text->markup == MARKUP_TEXT ? LISTED_TEXT : LISTED_DOCUMENT;
    size_t count = 0;
    struct catalog_file file;
    const char *at = text->cite->run.files;
    while (catalog_file_next(&text->cite->run, &at, &file)) {
        if (file.is_output == outputs && cite_text_is_listed(&file) && count++ < most) {
            add_item(text, label, file.digest, file.path, file.size);
        }
    }
    if (count > most) {
        begin_item(text, label);
        buf_addf(&text->buf, "%zu more, in the record\n", count - most);
    }
}

static void add_list(struct cite_text *text)
{
    const struct cite *cite = text->cite;
    const struct setup_environment *environment = &cite->manifest.setup.environment;
    size_t most = text->markup == MARKUP_TEXT ? LISTED_TEXT : LISTED_DOCUMENT;
    add_words(text, "run by", cite->author);
    add_words(text, "ORCID", cite->orcid);
    add_item(text, "environment", &environment->artifact, environment->name, environment->size);
    for (size_t i = 0; i < cite->programs && i < most; i++) {
        if (cite->program[i].digest != NULL) {
            add_item(text, "program", cite->program[i].digest, cite->program[i].path, 0);
        }
    }
    add_files(text, "input", false);
    add_files(text, "output", true);
    add_item(text, "record", &cite->digest, cite->manifest.id[0] != '\0' ? cite->manifest.id : MANIFEST_NAME, 0);
    if (cite->definition.name != NULL) {
        add_words(text, "licence", cite->definition.license);
        add_words(text, "reference", cite->definition.citation);
    }
}

static void say_how_to_repeat(struct cite_text *text)
{
    const char *id = text->cite->manifest.id;
    if (id[0] == '\0') {
        return;
    }
    buf_add_text(&text->buf, "Its record is run ");
    markup_code(&text->buf, text->markup, id);
    buf_add_text(&text->buf, text->markup == MARKUP_TEXT ? "; \"sciwrap rerun " : "; ");
    if (text->markup == MARKUP_TEXT) {
        buf_addf(&text->buf, "%s\"", id);
    } else {
        auto_release(buf) struct buf command = {0};
        buf_addf(&command, "sciwrap rerun %s", id);
        markup_code(&text->buf, text->markup, buf_text(&command));
    }
    buf_add_text(&text->buf, " repeats it.");
}

static void say_all(struct cite_text *text)
{
    cite_text_programs(text);
    cite_text_command(text);
    cite_text_files(text);
    cite_text_isolation(text);
    cite_text_host(text);
    cite_text_reruns(text);
    say_how_to_repeat(text);
}

char *cite_text_paragraph(const struct cite *cite, enum markup markup)
{
    struct cite_text text = {.cite = cite, .markup = markup};
    say_all(&text);
    return buf_take(&text.buf);
}

char *cite_text_format(const struct cite *cite, enum markup markup)
{
    struct cite_text text = {.cite = cite, .markup = markup};
    say_all(&text);
    buf_add_text(&text.buf, "\n\n");
    buf_add_text(&text.buf, markup == MARKUP_LATEX ? "\\begin{itemize}\n" : "");
    add_list(&text);
    buf_add_text(&text.buf, markup == MARKUP_LATEX ? "\\end{itemize}\n" : "");
    return buf_take(&text.buf);
}
