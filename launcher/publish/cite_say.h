/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cite_say: words for single facts of publish/cite, which the paragraph and the references share.
 */
#pragma once

#include "publish/cite.h"
#include "publish/markup.h"

/* "23 November 2026" of an RFC 3339 or archive time; false when it is none. */
bool cite_say_date(const char *time, char to[32]);
/* The three numbers of it. */
bool cite_say_ymd(const char *time, unsigned ret_ymd[3]);
/* A text member of the circumstances by its path ("host", "cpu", "model"); NULL when it is absent. Caller frees. */
char *cite_say_circumstance(const struct cite *cite, const char *const *path);
/* The words of the command as a shell reads them; caller frees. */
char *cite_say_command(const struct cite *cite);
/* The DOI in a free text: "10.1093/gigascience/giab008"; NULL when there is none. Caller frees. */
char *cite_say_doi(const char *text);
/* "57 packages of Debian GNU/Linux 11 (bullseye), archive snapshot of 10 August 2025", as far as it is known; nothing
 * when no package is. */
void cite_say_packages(const struct cite *cite, enum markup markup, struct buf *text);
