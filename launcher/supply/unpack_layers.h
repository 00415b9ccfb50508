/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_layers: what a layer of an image does to the layers below it: it replaces, and it removes by entries with
 * special names, whiteouts (OCI Image Format Specification, layer.md, "Whiteouts"). The rules are those of umoci.
 *
 *   DIR/.wh.NAME       removes DIR/NAME, as far as it is of lower layers
 *   DIR/.wh..wh..opq   removes what lower layers have in DIR
 *
 * Wherever in the layer a whiteout stands: what the layer itself has written (and the folders on the way there) stays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "supply/unpack_listing.h"
#include "supply/unpack_queue.h"

/* How a record of the listing hangs together with others; by number, 0 is none (the root is nobody's child). */
struct layers_link {
    size_t parent, first, next, previous;
    unsigned touched; /* the last layer that wrote it or something beneath it */
    unsigned swept;   /* the last layer that has removed from it all that it had not touched */
};

struct layers {
    struct layers_link *link; /* by record */
    size_t capacity;
    unsigned current; /* number of the layer that is being unpacked, from 1 */
};

/* Whether the last component of the clean path names a whiteout. */
bool layers_is_whiteout(const char *path);
/* Whether it names a folder that aufs had for itself; what is in it is refused. */
bool layers_is_aufs(const char *path);
/* What makes a clean path no path of an entry of a layer, or NULL. */
const char *layers_check_path(const char *path);
/* The record was just added, its parent before it: it belongs to the current layer. */
void layers_add(struct layers *layers, const struct listing *listing, size_t number);
/* The current layer has written the directory again. */
void layers_touch(struct layers *layers, size_t number);
bool layers_has_touched(const struct layers *layers, size_t number);
/* Removes a record, and all beneath it, from the listing and the tree. -1: the queue is broken. */
int layers_remove(struct layers *layers, struct listing *listing, struct queue *queue, size_t number);
/* Carries out the whiteout `path`. What it names need not exist. -1: refused, or the queue is broken (*err untouched).
 */
int layers_whiteout(struct layers *layers, struct listing *listing, struct queue *queue, const char *path,
                    struct err *err);
void layers_release(struct layers *layers);
