/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reader: the members of a manifest, each checked as it is read: a manifest comes with a paper from anywhere, and its
 * paths become places on this disk.
 *
 * Each function returns 0, or -1 with ERR_INVALID "NAME: 'KEY' is missing or not what a manifest holds".
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/doc.h"

struct reader {
    const char *name; /* of the file, for messages */
    struct err *err;
};

int reader_complain(const struct reader *reader, const char *key);

int reader_text(const struct reader *reader, const struct doc *object, const char *key, char **ret_text);
int reader_absolute(const struct reader *reader, const struct doc *object, const char *key, char **ret_path);
int reader_digest(const struct reader *reader, const struct doc *object, const char *key, struct digest *ret_digest);
int reader_mode(const struct reader *reader, const struct doc *object, const char *key, mode_t *ret_mode);

/* "/" or an absolute path of clean components. */
bool reader_is_absolute(const char *path);
/* Relative paths are beneath the work directory, absolute ones inside: nothing leads out of either. */
bool reader_is_file_path(const char *path);
