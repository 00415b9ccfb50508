/* SPDX-License-Identifier: BSD-2-Clause
 *
 * scan: reads JSON (RFC 8259) in one pass and takes only what is asked for. For lists of thousands of manifests, where
 * building a document of each (base/doc) costs ten times as much.
 *
 * What base/doc accepts is accepted here, but for a NUL. What is refused is no whole document: cut off, overwritten
 * with zeros, or no JSON at all. Not told apart: a key that stands twice.
 *
 *     static const struct scan_field fields[] = {
 *         {.key = "id", .take = SCAN_TEXT, .place = offsetof(struct found, id)}, ... {0}};
 *     struct scan scan = scan_of(text, length);
 *     scan_fields(&scan, fields, &found);
 *     if (!scan_whole(&scan)) { ... }
 *
 * Each value is consumed once: by scan_fields, by scan_array and the loop over scan_element, by a scan_... that takes
 * it, or by scan_skip. A function that meets a value of another kind than it takes consumes that and takes nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* As the JSON library: deeper is refused. */
enum { SCAN_DEEPEST = 2048 };

struct scan {
    const char *at;
    const char *end;
    bool bad;   /* not JSON from here on: everything returns false */
    bool first; /* an object or array was entered and nothing of it is read yet */
    unsigned depth;
    uint64_t is_object[SCAN_DEEPEST / 64]; /* what each level is: one bit each */
    const char *key;                       /* of the last member, as it stands in the text, without its quotes */
    size_t key_length;
};

/* `text` is terminated: text[length] is 0 (buf_text). Borrowed. */
struct scan scan_of(const char *text, size_t length);
/* Enters an object; then scan_member moves to each member's value until it returns false, which leaves the object. */
bool scan_object(struct scan *scan);
bool scan_member(struct scan *scan);
/* Whether the key of this member is `key` (printable ASCII without quotes). */
bool scan_key_is(const struct scan *scan, const char *key);
/* The same for an array and its elements. */
bool scan_array(struct scan *scan);
bool scan_element(struct scan *scan);
void scan_skip(struct scan *scan);
/* Appends the text: a string, or the bytes of {"base64"} (base/doc.h). False when it is neither or holds a NUL. */
bool scan_text(struct scan *scan, struct buf *text);
bool scan_number(struct scan *scan, uint64_t *ret_number); /* a whole number from 0 on */
bool scan_bool(struct scan *scan);                         /* true only for true */
/* Whether the document has ended as it must, with nothing but space after it. */
bool scan_whole(struct scan *scan);

enum scan_take { SCAN_TEXT, SCAN_NUMBER, SCAN_BOOL, SCAN_CALL };

/* A member that is wanted, and where in the caller's struct it goes: a struct buf that is replaced, a uint64_t or a
 * bool; they keep what they hold when the value is of another kind. Or a call, which consumes the value. */
struct scan_field {
    const char *key; /* NULL ends a table */
    enum scan_take take;
    size_t place;
    void (*call)(struct scan *scan, void *object);
};

/* Takes the wanted members of an object into the struct at `object`, and skips the others. */
void scan_fields(struct scan *scan, const struct scan_field *fields, void *object);
