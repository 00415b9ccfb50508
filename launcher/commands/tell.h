/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tell: lines for people on standard output. On a terminal they fit: tables are made narrower, sentences are folded,
 * lists are cut. Into a file or a program everything goes whole. All texts are escaped here.
 */
#pragma once

#include "base/columns.h"
#include "base/doc.h"
#include "base/strlist.h"

void tell_table(const struct columns *table);
/* "KEY          text"; a sentence goes on below where it began. Nothing when `text` is NULL. */
void tell_field(const char *key, const char *text);
/* The same with the words of a command as a shell reads them; the lines end as a shell's that go on. */
void tell_command(const char *key, const struct strlist *words);
/* The text and the end of the line, of which `indent` places are taken already: it goes on below there. */
void tell_rest(unsigned indent, const char *text);
/* "  KIND: text", below itself when it is folded. */
void tell_item(const char *kind, const char *text);
/* One line, cut at its end. */
void tell_line(const char *text);
/* One line around a path that loses its beginning, down to a few places. */
void tell_path(const char *before, const char *path, const char *after);
/* For programs; frees the document. */
void tell_json(struct doc *doc);
