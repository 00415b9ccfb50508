/* SPDX-License-Identifier: BSD-2-Clause
 *
 * path: questions about path text. Never touches the disk.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* True for a relative path of one or more components, none empty, "." or "..", each at most NAME_MAX (255) bytes:
 * the only kind of path that may be looked up beneath a directory descriptor. */
bool path_is_clean(const char *path);
/* True when `path` is `parent` or beneath it, compared by components ("/data-evil" is not under "/data"). Both are
 * absolute and normal (path_normal). */
bool path_is_under(const char *path, const char *parent);
/* `path` made absolute against `base` (absolute), with "//", "." and ".." resolved as text. Caller frees. Not for
 * paths in which a symbolic link may stand before "..": that is a question to the disk. */
char *path_normal(const char *base, const char *path);
/* The last component; borrowed from `path`. "/" gives "/". */
const char *path_base(const char *path);
/* `path` as seen from `parent` when path_is_under: "" or "a/b"; borrowed. */
const char *path_below(const char *path, const char *parent);
/* A name for an environment, recipe, or variable file: [A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}, without "..". */
bool path_is_name(const char *name);
