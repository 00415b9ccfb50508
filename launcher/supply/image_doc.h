/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image_doc: what the readers of an image's JSON documents share.
 */
#pragma once

#include "base/doc.h"
#include "base/err.h"
#include "base/strlist.h"

/* ERR_INVALID unless `doc` is an object without a key that is one of `keys` (which ends in NULL) in other letters: Go's
 * reader, which all container programs use, takes both for the same key and the last of them for its value. */
int image_doc_check_keys(const struct doc *doc, const char *const *keys, struct err *err);
/* The texts of the array object[key]; none when it is absent or null. ERR_INVALID when it is something else. */
int image_doc_texts(const struct doc *object, const char *key, struct strlist *ret_texts, struct err *err);
/* The same of a single text; NULL when it is absent, null or empty. Caller frees. */
int image_doc_text(const struct doc *object, const char *key, char **ret_text, struct err *err);
