/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle_list: the list of what is in a bundle, its member SHA256SUMS (docs/man/sciwrap-bundle.5). Both programs know
 * it: sciwrap decides what belongs into a bundle, sciwrap-env writes and reads the archive.
 *
 *     # sciwrap-bundle/1, 4 files, 50012345 bytes
 *     HEX  manifest.json
 *     HEX  definition.ini
 *     HEX  inputs/HEX
 *     HEX  artifact/HEX
 *
 * or, when the environment is an image, in the place of the last one an OCI layout (OCI image specification 1.1,
 * image-layout.md) without an index: the image's manifest, config and layers:
 *
 *     HEX  artifact/oci-layout
 *     HEX  artifact/blobs/sha256/HEX
 *
 * so that sha256sum(1) can check an unpacked bundle. Names come from kind and digest alone, none from outside: there is
 * nothing to escape with. Each kind in the order of the enum, within it sorted by digest, each content once: for the
 * same files there is one list, and its sha256 identifies the bundle, however it is compressed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

enum bundle_kind {
    BUNDLE_MANIFEST,
    BUNDLE_DEFINITION,
    BUNDLE_INPUT,
    BUNDLE_OUTPUT,
    BUNDLE_ARTIFACT,
    BUNDLE_LAYOUT,
    BUNDLE_BLOB,
    BUNDLE_KINDS
};

#define BUNDLE_LAYOUT_FOLDER "artifact"
#define BUNDLE_LAYOUT_TEXT   "{\"imageLayoutVersion\":\"1.0.0\"}\n"

#define BUNDLE_LIST_NAME  "SHA256SUMS"
#define BUNDLE_BYTES_MOST (1ULL << 50) /* 1 PiB: sums of sizes stay far from overflow */
/* 64 MiB: 450,000 contents. Beyond it the file is wrong, not big. */
enum { BUNDLE_LIST_MOST = 64 * 1024 * 1024 };

struct bundle_file {
    enum bundle_kind kind;
    struct digest digest;
};

struct bundle_list {
    struct bundle_file *item;
    size_t count;
    size_t capacity;
    uint64_t bytes; /* sum of the sizes, each file counted once */
};

void bundle_list_add(struct bundle_list *list, enum bundle_kind kind, const struct digest *digest);
/* In order, what is there twice once; an output that is an input too is only that. */
void bundle_list_sort(struct bundle_list *list);
/* In a sorted list. */
bool bundle_list_has(const struct bundle_list *list, enum bundle_kind kind, const struct digest *digest);
void bundle_list_release(struct bundle_list *list);

/* "inputs/HEX"; caller frees. */
char *bundle_file_path(const struct bundle_file *file);

/* Appends the text of a sorted list. */
void bundle_list_format(const struct bundle_list *list, struct buf *text);
/* ERR_INVALID unless it is the text of a list with one manifest, one definition and at most one artifact or
 * image. */
int bundle_list_parse(struct bundle_list *list, const char *text, size_t length, struct err *err);
