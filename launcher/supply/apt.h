/* SPDX-License-Identifier: BSD-2-Clause
 *
 * apt: the host's apt-get and apt-cache, run in a private root, and what they print.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"

struct apt {
    char *root; /* a private temporary folder; removed by apt_release */
    char *architecture;
};

/* Makes the private root. `sources` is the text of its sources.list; each of `installed` counts as installed already,
 * in a version that satisfies everybody. */
int apt_begin(struct apt *apt, const char *architecture, const char *sources, const struct strlist *installed,
              struct err *err);
int apt_update(const struct apt *apt, struct err *err);
/* The packages with all that they depend on, as apt-get --print-uris prints them. */
int apt_print_uris(const struct apt *apt, const struct strlist *packages, struct buf *text, struct err *err);
/* The stanzas of "name=version" packages. */
int apt_show(const struct apt *apt, const struct strlist *versions, struct buf *text, struct err *err);
/* The newest Date of the release files that were fetched, in seconds since 1970. */
int apt_newest_release(const struct apt *apt, int64_t *ret_seconds, struct err *err);
void apt_release(struct apt *apt);

/* The package and version of a line of --print-uris, and its address. False when the line is none. All three for the
 * caller to free. */
bool apt_parse_uri(const char *line, size_t length, char **ret_address, char **ret_name, char **ret_version);
/* The value of a field in a stanza; NULL when it has none. Caller frees. */
char *apt_field(const char *stanza, size_t length, const char *field);
