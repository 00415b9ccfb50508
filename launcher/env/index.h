/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index: the sorted list of every entry of a tree; its sha256 is the tree digest.
 *
 * Text, one line an entry, sorted by the bytes of the escaped path, so that one entry is found by bisecting the mapped
 * file without loading it:
 *
 *     PATH TAB TYPE TAB MODE TAB SIZE TAB CONTENT LF
 *
 * PATH    relative, "." for the root; bytes <= 0x20, 0x7f, '\' and bytes that are not UTF-8 as \ooo (three octal
 * digits) TYPE    f file, d directory, l symbolic link MODE    four octal digits of permissions as they are in the
 * store (files also lose write bits only by the mount) SIZE    bytes of a file, else 0 CONTENT sha256 of a file; target
 * of a link, escaped like PATH; "-" for a directory
 *
 * Hard links are entries of their own with equal content. Owners, times and device numbers are not part of it: they say
 * where a tree was unpacked, not what it is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"

struct index_entry {
    char *path; /* unescaped; owned */
    char type;
    unsigned mode;
    uint64_t size;
    struct digest digest; /* of a file */
    char *target;         /* of a link; owned, else NULL */
};

void index_entry_release(struct index_entry *entry);

/* Appends the escaped form of `bytes`. */
void index_escape(struct buf *buf, const char *bytes);
/* Appends the line of one entry. */
void index_format(struct buf *buf, const struct index_entry *entry);
/* The same for who has sorted by the escaped path and borrows the target; entry->path and entry->target are not read.
 */
void index_format_escaped(struct buf *buf, const char *escaped_path, const struct index_entry *entry,
                          const char *target);
/* One line, without its LF, to an entry; ERR_INVALID when it is not one. */
int index_parse(const char *line, size_t length, struct index_entry *ret_entry, struct err *err);
/* Bisects `text` (a whole index, mapped or read) for `path`. 1 found, 0 not in the tree, -1 damaged index. */
int index_find(const char *text, size_t length, const char *path, struct index_entry *ret_entry, struct err *err);
/* The same, and only where its line is: from *ret_line on, without its LF. Reads nothing else of the line. */
int index_find_line(const char *text, size_t length, const char *path, size_t *ret_line, size_t *ret_length,
                    struct err *err);
/* Adds the names in the directory `path` ("." is the root), unescaped, sorted by bytes. What lies below them is jumped
 * over by bisecting: the cost does not depend on how much it is. -1 damaged index. */
int index_children(const char *text, size_t length, const char *path, struct strlist *names, struct err *err);
