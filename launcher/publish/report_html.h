/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_html: text from anywhere into a page of HTML, and into the SVG and XML within it.
 *
 * A record holds bytes of strangers: names of files, arguments, messages. What could mean something to HTML becomes a
 * reference, what no text may hold (control characters, bytes that are not UTF-8, the controls that turn the direction
 * of reading) is made visible as text_escape() does. So the result is well-formed as HTML and as XML, in a text and
 * between the quotes of an attribute.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"

void html_text(struct buf *page, const char *text);
/* At most about `most` bytes of it, and then how many are missing. */
void html_text_most(struct buf *page, const char *text, size_t most);
/* In one element <code>, `most` as above. */
void html_code(struct buf *page, const char *text, size_t most);
/* The words as a shell takes them. */
void html_words(struct buf *page, char *const *words, size_t count, size_t most);

/* "59.6 MB" */
void html_size(struct buf *page, uint64_t bytes);
/* "1,000" */
void html_count(struct buf *page, uint64_t number);
/* "0", "0.05 ms", "417 ms", "12.3 s", "3 min 07 s" */
void html_duration(struct buf *page, uint64_t ns);
/* "2026-11-24 11:24:39 UTC" of an RFC 3339 time, in an element <time>; any other text as it is. */
void html_time(struct buf *page, const char *time);
/* All 64 digits, in <code>. */
void html_digest(struct buf *page, const struct digest *digest);

/* The text as html_text() shows it, shortened at its beginning or its end to so many columns of one width, with an
 * ellipsis: letters of East Asia take two. */
void html_text_end(struct buf *page, const char *text, size_t columns);
void html_text_begin(struct buf *page, const char *text, size_t columns);
