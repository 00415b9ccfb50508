/* SPDX-License-Identifier: BSD-2-Clause
 * walk: follows a path through a tree, links included. */
#include "base/walk.h"

#include <string.h>

#include "base/auto.h"
#include "base/mem.h"

/* As the kernel: more links than this in one look-up is a loop (path_resolution(7)). */
enum { LINKS_MOST = 40 };

struct walk {
    const struct walk_tree *tree;
    bool follow_last;
    struct buf below;   /* what is resolved already: directories, none of them a link */
    struct buf pending; /* what is still to be looked up */
    int links;
};

static void drop_last(struct buf *below)
{
    while (below->length > 0 && below->bytes[below->length - 1] != '/') {
        below->length--;
    }
    below->length -= below->length > 0;
    if (below->bytes != NULL) {
        below->bytes[below->length] = '\0';
    }
}

static enum walk_kind follow_link(struct walk *walk, const struct buf *target)
{
    if (target->length == 0 || ++walk->links > LINKS_MOST) {
        return WALK_ABSENT;
    }
    drop_last(&walk->below);
    if (target->bytes[0] == '/') {
        buf_clear(&walk->below);
    }
    struct buf longer = {0};
    buf_add(&longer, target->bytes, target->length);
    if (walk->pending.length > 0) {
        buf_add_text(&longer, "/");
        buf_add(&longer, buf_text(&walk->pending), walk->pending.length);
    }
    buf_release(&walk->pending);
    walk->pending = longer;
    return WALK_DIRECTORY;
}

/* Takes the first component off `pending`; empty when there is none. */
static char *next_component(struct buf *pending)
{
    const char *text = buf_text(pending);
    size_t skip = strspn(text, "/");
    size_t length = strcspn(text + skip, "/");
    char *component = xstrndup(text + skip, length);
    size_t rest = pending->length - skip - length;
    if (pending->length > 0) {
        memmove(pending->bytes, pending->bytes + skip + length, rest + 1);
        pending->length = rest;
    }
    return component;
}

/* One step. The parent was seen to be a directory and no link, so nothing on the way to the new place is one. */
static enum walk_kind step(struct walk *walk, const char *component)
{
    auto_release(buf) struct buf target = {0};
    if (strcmp(component, "..") == 0) {
        drop_last(&walk->below);
    } else if (strcmp(component, ".") != 0) {
        buf_addf(&walk->below, "%s%s", walk->below.length > 0 ? "/" : "", component);
    }
    enum walk_kind kind = walk->tree->look(walk->tree, buf_text(&walk->below), &target);
    if (kind == WALK_LINK && (walk->follow_last || walk->pending.length > 0)) {
        return follow_link(walk, &target);
    }
    return kind == WALK_DIRECTORY || kind == WALK_OUTSIDE || walk->pending.length == 0 ? kind : WALK_ABSENT;
}

enum walk_kind walk_path(const struct walk_tree *tree, const char *path, bool follow_last, struct buf *ret_below)
{
    struct walk walk = {.tree = tree, .follow_last = follow_last};
    buf_add_text(&walk.pending, path);
    enum walk_kind kind = WALK_DIRECTORY;
    while (kind == WALK_DIRECTORY) {
        auto_free char *component = next_component(&walk.pending);
        if (component[0] == '\0') {
            break;
        }
        kind = step(&walk, component);
    }
    if (kind != WALK_ABSENT && kind != WALK_OUTSIDE && ret_below != NULL) {
        buf_add(ret_below, buf_text(&walk.below), walk.below.length);
    }
    buf_release(&walk.below);
    buf_release(&walk.pending);
    return kind;
}
