/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sources: where Debian's archives can be read on this host. No mirror's name is built in: they are given, or the
 * host's own apt uses them. Last comes snapshot.debian.org, which keeps every file that was ever published.
 */
#pragma once

#include <stdbool.h>

#include "base/strlist.h"

#define SOURCES_SNAPSHOT "https://snapshot.debian.org/archive"

/* Base addresses (".../debian"), in the order in which they are tried: `mirrors` (may be NULL), the words of
 * $SCIWRAP_DEBIAN_MIRROR, then those of apt's own files. Each once, without a slash at the end. */
void sources_list(const struct strlist *mirrors, struct strlist *ret_bases);
/* Appends the base addresses of Debian archives in the text of one apt source file. `deb822`: the text is stanzas
 * (sources.list(5)), else one source a line. */
void sources_parse(const char *text, bool deb822, struct strlist *bases);

/* Appends where `path` of `archive` ("debian", "debian-security") can be at each base, in order: the base itself when
 * it is of that archive or has a name of its own, and the sibling of a base of the other archive. */
void sources_addresses(const struct strlist *bases, const char *archive, const char *path, struct strlist *ret_from);
/* The address of the path in the snapshot archive at the time. Caller frees. */
char *sources_snapshot(const char *archive, const char *time, const char *path);
