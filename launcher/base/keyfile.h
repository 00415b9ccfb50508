/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keyfile: the text of an .ini file as checked (section, key, value, line) entries, in file order.
 *
 * Dialect: `[section]`, `key = value`, comments from `;` or `#` at the start of a line and from ` ;` within one,
 * blank lines. Stricter than inih, which hands over a value cut at 200 bytes before it reports anything, joins indented
 * lines to the value before, and goes on after an error: a line over KEYFILE_LINE bytes, a NUL byte, invalid UTF-8, an
 * indented continuation, a key outside a section and a line without `=` are all refused, with "file:line: ...".
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

enum {
    KEYFILE_LINE = 198, /* with line end and terminator inih's buffer of 200 bytes (INI_MAX_LINE) is full */
    KEYFILE_BYTES = 4 * 1024 * 1024, /* a lock file of 10,000 packages has 2 MiB; beyond 4 the file is wrong, not big */
};

struct keyfile_entry {
    char *section;
    char *key;
    char *value;
    int line;
};

struct keyfile {
    char *name; /* as shown in messages */
    struct keyfile_entry *entry;
    size_t count;
    size_t capacity;
};

/* Parses `length` bytes; `name` is the file's name for messages. On failure *file holds nothing. */
int keyfile_parse(struct keyfile *file, const char *name, const char *bytes, size_t length, struct err *err);
/* Reads and parses the file at `path`; ERR_NOT_FOUND when there is none. */
int keyfile_load(struct keyfile *file, const char *path, struct err *err);
void keyfile_release(struct keyfile *file);

/* Sets an ERR_INVALID error "NAME:LINE: text". */
int keyfile_complain(const struct keyfile *file, int line, struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
