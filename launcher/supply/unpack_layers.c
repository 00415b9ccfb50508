/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_layers: what a layer of an image does to the layers below it. */
#include "supply/unpack_layers.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"

static const char whiteout[] = ".wh.";
static const char opaque[] = ".wh..wh..opq";
/* aufs kept its own files under such names; they came into layers with images of its time and mean nothing. */
static const char aufs[] = ".wh..wh.";

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool layers_is_whiteout(const char *path)
{
    return begins(path_base(path), whiteout);
}

bool layers_is_aufs(const char *path)
{
    return begins(path_base(path), aufs) && strcmp(path_base(path), opaque) != 0;
}

const char *layers_check_path(const char *path)
{
    const char *base = path_base(path);
    for (const char *at = path; at < base; at = strchr(at, '/') + 1) {
        if (begins(at, whiteout)) {
            return "lies beneath a whiteout";
        }
    }
    if (!begins(base, whiteout)) {
        return NULL;
    }
    const char *name = base + strlen(whiteout);
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return "whiteout that names nothing: '.wh.' must be followed by the name of what it removes";
    }
    return NULL;
}

void layers_touch(struct layers *layers, size_t number)
{
    while (layers->link[number].touched != layers->current) {
        layers->link[number].touched = layers->current;
        number = layers->link[number].parent;
    }
}

bool layers_has_touched(const struct layers *layers, size_t number)
{
    return layers->link[number].touched == layers->current;
}

static size_t parent_of(const struct listing *listing, const char *path)
{
    const char *base = path_base(path);
    return base == path ? 0 : listing_find(listing, path, (size_t)(base - path) - 1);
}

void layers_add(struct layers *layers, const struct listing *listing, size_t number)
{
    if (number >= layers->capacity) {
        size_t capacity = listing->capacity > number ? listing->capacity : number + 1;
        layers->link = xreallocarray(layers->link, capacity, sizeof(*layers->link));
        memset(layers->link + layers->capacity, 0, (capacity - layers->capacity) * sizeof(*layers->link));
        layers->capacity = capacity;
    }
    struct layers_link *link = &layers->link[number];
    *link = (struct layers_link){0};
    if (number > 0) {
        link->parent = parent_of(listing, listing->record[number].path);
        link->next = layers->link[link->parent].first;
        layers->link[link->parent].first = number;
        if (link->next != 0) {
            layers->link[link->next].previous = number;
        }
    }
    layers_touch(layers, number);
}

static void unlink_record(struct layers *layers, size_t number)
{
    struct layers_link *link = &layers->link[number];
    if (link->previous != 0) {
        layers->link[link->previous].next = link->next;
    } else {
        layers->link[link->parent].first = link->next;
    }
    if (link->next != 0) {
        layers->link[link->next].previous = link->previous;
    }
}

/* Everything beneath first: without recursion, and each record is met once in its life. */
static void forget(struct layers *layers, struct listing *listing, size_t top)
{
    size_t at = top;
    for (;;) {
        while (layers->link[at].first != 0) {
            at = layers->link[at].first;
        }
        size_t parent = layers->link[at].parent;
        unlink_record(layers, at);
        listing_forget(listing, at);
        if (at == top) {
            return;
        }
        at = parent;
    }
}

int layers_remove(struct layers *layers, struct listing *listing, struct queue *queue, size_t number)
{
    const char *path = listing->record[number].path;
    forget(layers, listing, number);
    return queue_put(queue, &(struct op){.kind = OP_REMOVE, .record = number}, path, strlen(path), NULL);
}

/* Removes from the directory what the current layer has not touched. Where it has been once in this layer, everything
 * that is left is the layer's own: a layer that repeats its whiteouts costs nothing. At most as deep as a path. */
static int sweep(struct layers *layers, struct listing *listing, struct queue *queue, size_t number)
{
    if (layers->link[number].swept == layers->current) {
        return 0;
    }
    layers->link[number].swept = layers->current;
    size_t child = layers->link[number].first;
    while (child != 0) {
        size_t next = layers->link[child].next;
        int result = layers_has_touched(layers, child) ? sweep(layers, listing, queue, child)
                                                       : layers_remove(layers, listing, queue, child);
        if (result < 0) {
            return -1;
        }
        child = next;
    }
    return 0;
}

/* A link on the way: umoci follows it, overlay file systems hide it. What readers do differently is refused. */
static int check_way(const struct listing *listing, const char *path, struct err *err)
{
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t number = listing_find(listing, path, (size_t)(slash - path));
        if (number != LISTING_NONE && listing->record[number].type == 'l') {
            return err_set(err, ERR_INVALID, "whiteout beneath '%.*s', which is a symbolic link", (int)(slash - path),
                           path);
        }
    }
    return 0;
}

int layers_whiteout(struct layers *layers, struct listing *listing, struct queue *queue, const char *path,
                    struct err *err)
{
    if (check_way(listing, path, err) < 0) {
        return -1;
    }
    const char *base = path_base(path);
    size_t parent = parent_of(listing, path);
    if (parent == LISTING_NONE || listing->record[parent].type != 'd') {
        return 0;
    }
    if (strcmp(base, opaque) == 0) {
        return sweep(layers, listing, queue, parent);
    }
    if (begins(base, aufs)) {
        return 0;
    }
    /* The path of what is removed: the same without ".wh.". */
    size_t folder = (size_t)(base - path);
    auto_free char *victim = xmalloc(strlen(path) + 1);
    memcpy(victim, path, folder);
    memcpy(victim + folder, base + strlen(whiteout), strlen(base + strlen(whiteout)) + 1);
    size_t number = listing_find(listing, victim, strlen(victim));
    if (number == LISTING_NONE) {
        return 0;
    }
    return layers_has_touched(layers, number) ? sweep(layers, listing, queue, number)
                                              : layers_remove(layers, listing, queue, number);
}

void layers_release(struct layers *layers)
{
    free(layers->link);
    *layers = (struct layers){0};
}
