/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cite_text: a run as a paragraph for people, and lists of what the paragraph names. Its sentences are in
 * cite_programs.c and cite_circumstances.c.
 */
#pragma once

#include "publish/cite.h"
#include "publish/markup.h"

struct cite_text {
    const struct cite *cite;
    enum markup markup;
    struct buf buf;
};

/* The whole; caller frees. */
char *cite_text_format(const struct cite *cite, enum markup markup);
/* Only the sentences, for a page that lists what they name itself; caller frees. */
char *cite_text_paragraph(const struct cite *cite, enum markup markup);

/* Whether a file is one of those that are counted and listed: an output that is empty or unchanged is none. */
bool cite_text_is_listed(const struct catalog_file *file);
/* "", ", " or " and ": what goes before element `i` of `count` in a sentence. */
const char *cite_text_comma(size_t i, size_t count);
void cite_text_short_digest(struct cite_text *text, const struct digest *digest);

/* Sentences, each with a blank behind it: which programs, in which environment; the command; the files that it read and
 * wrote; how it was kept apart and what was held fixed; the machine; what reruns came to. */
void cite_text_programs(struct cite_text *text);
void cite_text_command(struct cite_text *text);
void cite_text_files(struct cite_text *text);
void cite_text_isolation(struct cite_text *text);
void cite_text_host(struct cite_text *text);
void cite_text_reruns(struct cite_text *text);
