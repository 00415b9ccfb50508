/* SPDX-License-Identifier: BSD-2-Clause
 *
 * doc: JSON documents (RFC 8259). Members keep the order in which they were put, so that a record has the same text for
 * the same facts. The only user of the JSON library.
 *
 * Bytes that are not UTF-8 cannot be a JSON string: they become {"base64": "..."} (RFC 4648) and come back as they
 * were.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"

struct doc; /* a value: object, array, string, number, true or false */

struct doc *doc_object(void);
struct doc *doc_array(void);
void doc_free(struct doc *doc);

/* Puts a member at the end of an object. A NULL text is left out. doc_put takes ownership of `value`. */
void doc_put(struct doc *object, const char *key, struct doc *value);
void doc_put_text(struct doc *object, const char *key, const char *text);
void doc_put_number(struct doc *object, const char *key, uint64_t number);
void doc_put_bool(struct doc *object, const char *key, bool value);
void doc_put_real(struct doc *object, const char *key, double value);                  /* finite */
void doc_put_digest(struct doc *object, const char *key, const struct digest *digest); /* hexadecimal */
void doc_put_mode(struct doc *object, const char *key, mode_t mode);                   /* "0644" */
void doc_put_texts(struct doc *object, const char *key, const struct strlist *texts);  /* an array */
void doc_append(struct doc *array, struct doc *value);
void doc_append_text(struct doc *array, const char *text);
void doc_append_number(struct doc *array, uint64_t number);

/* The text of the document, two spaces a level, with a line end; caller frees. */
char *doc_print(const struct doc *doc);

/* Reads a document whose top is an object; ERR_INVALID "NAME:LINE: ..." for anything else, for a key that comes twice
 * and for text after the end. NULL on error. */
struct doc *doc_parse(const char *name, const char *bytes, size_t length, struct err *err);

/* The same from a file of at most `most` bytes. */
struct doc *doc_load(const char *path, size_t most, struct err *err);

/* Members and elements; NULL (0, false) when absent or of another kind. Borrowed. */
const struct doc *doc_get(const struct doc *object, const char *key);
size_t doc_count(const struct doc *array);
const struct doc *doc_at(const struct doc *array, size_t index);
/* The string, or the bytes of a {"base64"}; a NUL byte among them is refused. Caller frees; NULL when it is neither. */
char *doc_text(const struct doc *value);
char *doc_get_text(const struct doc *object, const char *key);
/* Only a string; NULL for anything else. Caller frees. */
char *doc_plain_text(const struct doc *value);
bool doc_is_object(const struct doc *value);
bool doc_is_array(const struct doc *value);
bool doc_is_null(const struct doc *value); /* the JSON value null; false when absent */
bool doc_get_number(const struct doc *object, const char *key, uint64_t *ret_number);
bool doc_get_real(const struct doc *object, const char *key, double *ret_number); /* whole ones too */
/* A string, number, true or false, or the elements of an array of them with blanks between, for people. Caller frees;
 * NULL for anything else. */
char *doc_describe(const struct doc *value);
bool doc_get_bool(const struct doc *object, const char *key);
/* The keys of an object, in order. */
void doc_keys(const struct doc *object, struct strlist *ret_keys);
