/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fit: text within the lines of a terminal: how wide it is, and what is cut or folded so that nothing wraps. Where the
 * output is no terminal its width is 0, and everything stays whole and in one line.
 *
 * Texts are valid UTF-8 without control characters (text_escape, quote_escape).
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/strlist.h"

/* The places in a line of the terminal that `fd` is; 80 when it does not say, 0 when it is no terminal. */
unsigned fit_width(int fd);

/* The places that a text takes: two for what East Asian scripts and pictograms are drawn in, none for marks that are
 * drawn over the character before (Unicode Standard Annex #11, the blocks in whole). */
unsigned fit_places(const char *text);

/* Appends the text when it has no more than `places` (1 or more), else so much of its beginning, or of its end, and
 * "…" for the rest. */
void fit_cut(struct buf *line, const char *text, unsigned places, bool keep_end);

/* Appends words with a space between them, the first at place `indent` of its line. Where a line would be wider than
 * `width` (0: it never is) it ends in `joint`, and the next one begins with `indent` spaces. A word that is too wide
 * alone stays whole: what is folded can be a path that somebody wants to copy. */
void fit_words(struct buf *line, unsigned width, unsigned indent, const struct strlist *words, const char *joint);
/* The same with the words of a sentence. */
void fit_text(struct buf *line, unsigned width, unsigned indent, const char *text);
