/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_scan: walks the headers of a tar stream beside libarchive and refuses what libarchive reads silently: kinds of
 * entry that nobody defined (it makes files of them), data after the end, a missing end, names cut at a NUL byte,
 * records of a global header that rename entries, and sizes that two readers would take differently (CVE-2025-62518).
 *
 * The reader compares each entry that libarchive hands out with the member that was seen here: an archive on which two
 * readers disagree is refused. Knows no library and touches no disk.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "supply/unpack_sparse.h"

struct scan_member {
    char type;      /* the type flag; '0' for NUL and '7' too */
    bool sparse;    /* the size is that of the stored bytes, not of the file */
    bool odd_time;  /* a time that is no decimal number: libarchive may warn about it */
    uint64_t size;  /* of the data that follows */
    uint64_t whole; /* of the file: another size when it is sparse */
    /* What pax records call it when that is not plain ASCII: libarchive would compose letters and accents anew (NFC),
     * and other readers do not. NULL: its own name is right. Of the one who takes the member. */
    char *path, *link;
};

enum scan_state { SCAN_HEADER, SCAN_EXTENSION, SCAN_SPARSE_MAP, SCAN_DATA, SCAN_END };

/* What the extended headers in front of an entry said about it. */
struct scan_group {
    bool pax, long_name, long_link; /* seen */
    bool path, link_path, has_size, odd_time;
    uint64_t size;
    char *raw_path, *raw_link; /* as in scan_member */
    struct sparse map;
};

struct scan {
    uint64_t most_entries, most_bytes, most_header_bytes; /* limits, set by the caller */
    bool is_layer; /* of an image, set by the caller: it may be without entries and its end be missing */
    enum scan_state state;
    char block[512];
    size_t filled;        /* bytes in block */
    uint64_t left;        /* bytes of data and padding, or zero bytes seen at the end */
    uint64_t payload;     /* bytes of the extended header or of the data, without padding */
    struct buf extension; /* payload of the extended header that is being read */
    char extension_type;
    struct scan_group group;
    struct scan_member pending; /* the entry whose sparse map is being read */
    struct sparse map;          /* of the file whose data is being read */
    uint64_t members;           /* entries seen */
    uint64_t bytes;             /* sum of their sizes */
    struct scan_member *queue;  /* seen and not yet taken */
    size_t queue_first, queue_count, queue_capacity;
};

/* The next bytes of the stream, any number of them. */
int scan_feed(struct scan *scan, const void *bytes, size_t length, struct err *err);
/* The oldest member that was not taken yet; false when there is none. */
bool scan_take(struct scan *scan, struct scan_member *ret_member);
/* At the end of the stream: how many zero bytes a layer lacks. `umoci insert` 0.4 writes neither the padding of its
 * last file nor an end marker, and all that read layers do without; what is missing can only be zeros. 0 for any other
 * end. */
size_t scan_missing(const struct scan *scan);
/* At the end of the stream: complete, with an end marker. */
int scan_finish(const struct scan *scan, struct err *err);
void scan_release(struct scan *scan);
