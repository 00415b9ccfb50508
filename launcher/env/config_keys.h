/* SPDX-License-Identifier: BSD-2-Clause
 *
 * config_keys: what can be set in a config file, as a table, and what each value must be. Each key is also a variable,
 * with the same text; a key that stands on several lines becomes one text with its separator between.
 *
 * A key with the name of an option of `sciwrap run` stands for that option: a value is taken as if the option had been
 * given before those of the command line. Man page: sciwrap-config(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum config_kind {
    CONFIG_PATH,   /* an absolute path; ~/ and $NAME stand for what they say */
    CONFIG_PLACE,  /* an absolute path, or an address: https://, http://, file:/// */
    CONFIG_SERVER, /* an address */
    CONFIG_BIND,   /* SRC[:DST][:ro|rw], both absolute */
    CONFIG_WORD,   /* one of `words` */
    CONFIG_NUMBER, /* a whole number from `least` to `most` */
    CONFIG_BYTES,  /* from `least` to `most`, as base/limits writes them */
    CONFIG_TIME,   /* seconds from `least` to `most`, as base/limits writes them */
    CONFIG_SIZE,   /* as base/units writes them, with powers of 1000 */
    CONFIG_LIMIT,  /* the limit of the key's name, or none */
    CONFIG_FIXES,  /* names of env/fix, with commas between */
    CONFIG_HOST,   /* HOST or HOST:PORT */
    CONFIG_TEXT,   /* anything that is UTF-8 */
    CONFIG_ORCID,
};

struct config_key {
    const char *section;
    const char *key;
    const char *variable;
    const char *option; /* of `sciwrap run`; NULL: none */
    enum config_kind kind;
    char separator;           /* between the values of several lines; 0: one line only */
    const char *const *words; /* ends in NULL */
    unsigned long long least, most;
    const char *built_in; /* what counts when nothing is set, for people; "" when that is nothing */
};

extern const struct config_key config_keys[];
enum { CONFIG_KEYS = 41 };

/* "section.key"; caller frees. */
char *config_key_name(const struct config_key *key);
/* The key of "section.key", or of a variable. ERR_USAGE names the nearest. */
const struct config_key *config_key_find(const char *name, struct err *err);
/* NULL for a value (of one line of a file) that may stand there; else what it must be, for the caller to free. */
char *config_key_check(const struct config_key *key, const char *value);
/* Whether values of the key are paths, in which a file may say ~/ and $NAME. */
bool config_key_expands(const struct config_key *key);
