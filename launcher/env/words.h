/* SPDX-License-Identifier: BSD-2-Clause
 *
 * words: a line of text as the words of a command. Blanks separate; '...' and "..." keep blanks and may stand within a
 * word; nothing is expanded and there is no backslash: a definition is data, not a shell script.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/strlist.h"

/* Appends the words to *ret_words; false when a quotation mark is not closed. */
bool words_split(const char *text, struct strlist *ret_words);
/* Appends the words as a line that words_split reads back, also as a value of a definition, in which a blank and ';'
 * begin a comment. */
void words_join(const struct strlist *words, struct buf *line);
