/* SPDX-License-Identifier: BSD-2-Clause
 *
 * quote: words as a shell reads them (POSIX.1-2017, Shell Command Language, 2.2), and any text made fit for a terminal.
 */
#pragma once

#include "base/buf.h"

/* Appends the word as it is when no shell would take a part of it for something else, else within '...'. */
void quote_word(struct buf *line, const char *word);
/* Appends `text` with everything that could drive a terminal made visible (text_escape), however long it is. */
void quote_escape(struct buf *line, const char *text);
