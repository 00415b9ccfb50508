/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pin_write: the definition of what was pinned, as a person would write it.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "supply/pin.h"

struct pin_words {
    const char *name;        /* of the environment */
    const char *source;      /* as it was asked for */
    const char *command;     /* NULL: the pin's own, if it has one */
    const char *description; /* NULL: the pin's own */
};

/* Why no line of a definition (sciwrap-environment(5)) can hold the value: it is too long, has a control character or
 * the beginning of a comment. NULL: one can. */
const char *pin_value_problem(const char *key, const char *value);

/* Appends the text. ERR_USAGE for a value that no line can hold. */
int pin_format(const struct pin *pin, const struct pin_words *words, struct buf *text, struct err *err);
