/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_sparse: the map of a sparse file in a tar archive, strictly: extents in order that do not overlap, that end
 * where the file ends, and that hold as many bytes as are stored. What is looser two readers take for two files: one
 * cuts a file behind its last extent, the other fills it up with zeros. Four forms: old GNU, and GNU's pax 0.0, 0.1
 * and 1.0. Source: GNU tar manual, "Storing Sparse Files". Each function returns NULL or, as a constant text, what is
 * wrong.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sparse {
    bool seen;    /* this is a sparse file */
    bool in_data; /* form 1.0: the map stands before the data, as lines of decimal numbers */
    bool has_major, has_minor, has_name;
    bool has_size; /* of the file when it is whole: */
    uint64_t size;
    bool has_blocks;
    uint64_t blocks; /* how many extents were announced */
    bool has_offset; /* forms 0.0 and 1.0: the offset waits for its length */
    uint64_t offset;
    uint64_t extents; /* so far: how many, where the last one ends, how many bytes in all */
    uint64_t end;
    uint64_t stored;
    bool ended;      /* old GNU: an empty field has ended the map; 1.0: all is read */
    uint64_t number; /* 1.0: the line that is being read, of `digits` digits */
    unsigned digits;
    uint64_t text; /* bytes of the map, without padding */
};

/* One pax record "GNU.sparse.KEY". */
const char *sparse_read_record(struct sparse *sparse, const char *key, size_t key_length, const char *value,
                               size_t value_length);
/* The header block of an old GNU sparse file, and each block of its map that follows. */
const char *sparse_read_header(struct sparse *sparse, const char *block);
const char *sparse_read_more(struct sparse *sparse, const char *block);
/* Some bytes of the data of a file of form 1.0: reads the map in it until it ends. */
const char *sparse_read_text(struct sparse *sparse, const char *bytes, size_t length);
/* When all of the map was read; `data` is the size of what is stored, with the map of form 1.0. */
const char *sparse_finish(const struct sparse *sparse, uint64_t data);
