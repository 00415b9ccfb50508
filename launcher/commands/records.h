/* SPDX-License-Identifier: BSD-2-Clause
 *
 * records: finding the manifest that a person means by an ID or a file name.
 */
#pragma once

#include "base/err.h"

/* `word` is a file when it has a '/' in it or ends in ".json", else the ID of a run of this project. The path of the
 * manifest; caller frees. NULL on error. */
char *records_find(const char *word, struct err *err);
