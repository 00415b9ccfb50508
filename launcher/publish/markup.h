/* SPDX-License-Identifier: BSD-2-Clause
 *
 * markup: any text as a reader of plain text, Markdown (CommonMark), LaTeX or HTML shall see it: what means something
 * to the format is quoted, what could drive a terminal or is no UTF-8 is made visible (text_escape).
 */
#pragma once

#include "base/buf.h"

enum markup { MARKUP_TEXT, MARKUP_MARKDOWN, MARKUP_LATEX, MARKUP_HTML };

/* Appends words of a sentence. In LaTeX the result is balanced in braces, as BibTeX wants its values. */
void markup_plain(struct buf *buf, enum markup markup, const char *text);
/* Appends what must be read letter by letter: a command, a path, a digest. In LaTeX it may be broken within long
 * words. */
void markup_code(struct buf *buf, enum markup markup, const char *text);
