/* SPDX-License-Identifier: BSD-2-Clause
 *
 * registry_tags: which tags a repository has (distribution specification, "Listing Tags"), to help who asked for one
 * that is not there. Foreign bytes; touches no network.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/strlist.h"

/* The answer to /v2/REPOSITORY/tags/list, in its order; what is no tag by the grammar is left out. ERR_INVALID when it
 * is no such document. */
int registry_tags_parse(const char *text, size_t length, struct strlist *ret_tags, struct err *err);
/* "; it has '4.2.1', '4.2' and 17 others": those that begin most like `wanted` first. Empty when there are none. Caller
 * frees. */
char *registry_tags_hint(const struct strlist *tags, const char *wanted);
