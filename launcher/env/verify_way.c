/* SPDX-License-Identifier: BSD-2-Clause
 * verify_way: the part of verify.h about links: where a path leads by the index alone, and whether the run came there.
 */
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/walk.h"
#include "env/verify_state.h"

void verify_cover(struct verify *verify, const char *target)
{
    strlist_add(&verify->covered, target);
    verify->covers_known = false;
}

enum cover verify_cover_of(const struct verify *verify, const char *below)
{
    enum cover cover = COVER_NONE;
    auto_free char *path = xasprintf("/%s", below);
    for (size_t i = 0; i < verify->covered.count; i++) {
        if (path_is_under(path, verify->covered.item[i])) {
            return COVER_SELF;
        }
        cover = path_is_under(verify->covered.item[i], path) ? COVER_BELOW : cover;
    }
    return cover;
}

/* The same few directories are on the way to everything. */
static bool is_folder(struct verify *verify, const char *below)
{
    pthread_mutex_lock(&verify->lock);
    bool known = strset_has(&verify->folders, below);
    pthread_mutex_unlock(&verify->lock);
    return known;
}

static void remember_folder(struct verify *verify, const char *below)
{
    pthread_mutex_lock(&verify->lock);
    strset_add(&verify->folders, below);
    pthread_mutex_unlock(&verify->lock);
}

struct index_tree {
    struct walk_tree tree;
    struct verify *verify;
};

static enum walk_kind look(const struct walk_tree *tree, const char *below, struct buf *ret_target)
{
    struct verify *verify = ((const struct index_tree *)tree)->verify;
    auto_release(index_entry) struct index_entry entry = {0};
    struct err ignored = {0}; /* the index has its digest: it has no damaged lines */
    enum cover cover = verify_cover_of(verify, below);
    if (cover == COVER_SELF) {
        return WALK_OUTSIDE;
    }
    if (is_folder(verify, below)) {
        return WALK_DIRECTORY;
    }
    if (index_find(verify->tree.text, verify->tree.length, verify_spelled(below), &entry, &ignored) != 1) {
        return cover == COVER_BELOW ? WALK_DIRECTORY : WALK_ABSENT;
    }
    if (entry.type == 'l') {
        buf_add_text(ret_target, entry.target);
        return WALK_LINK;
    }
    if (entry.type == 'd') {
        remember_folder(verify, below);
        return WALK_DIRECTORY;
    }
    return WALK_OTHER;
}

enum verify_way verify_resolve(struct verify *verify, const char *named, bool follow_last, struct buf *ret_real)
{
    struct index_tree tree = {.tree = {.look = look}, .verify = verify};
    switch (walk_path(&tree.tree, named, follow_last, ret_real)) {
    case WALK_OUTSIDE:
        return VERIFY_WAY_OUTSIDE;
    case WALK_ABSENT:
        return VERIFY_WAY_NOWHERE;
    case WALK_DIRECTORY:
    case WALK_LINK:
    case WALK_OTHER:
        break;
    }
    return VERIFY_WAY_INSIDE;
}

/* What of a target does not exist in the tree was made as it is called. */
static void add_real_cover(struct verify *verify, const char *target)
{
    auto_free char *above = xstrdup(target);
    for (char *slash = above + strlen(above); slash != NULL && slash != above; slash = strrchr(above, '/')) {
        auto_release(buf) struct buf real = {0};
        *slash = '\0';
        enum verify_way way = verify_resolve(verify, above, true, &real);
        if (way == VERIFY_WAY_INSIDE) {
            strlist_addf(&verify->covered, "/%s%s", buf_text(&real), target + strlen(above));
        }
        if (way != VERIFY_WAY_NOWHERE) {
            break;
        }
    }
}

void verify_learn_covers(struct verify *verify)
{
    pthread_mutex_lock(&verify->covers_lock);
    if (!verify->covers_known) {
        struct strlist told = verify->covered;
        verify->covered = (struct strlist){0};
        for (size_t i = 0; i < told.count; i++) {
            add_real_cover(verify, told.item[i]);
        }
        for (size_t i = 0; i < told.count; i++) {
            strlist_add(&verify->covered, told.item[i]);
        }
        strlist_release(&told);
        verify->covers_known = true;
    }
    pthread_mutex_unlock(&verify->covers_lock);
}

/* The links on the way of `named`, by where they lead. A path that is `real` itself has none. */
static bool check_way_in(struct verify *verify, const char *named, const char *real)
{
    auto_release(index_entry) struct index_entry entry = {0};
    auto_release(buf) struct buf should = {0};
    struct err ignored = {0};
    if (verify->layered || strcmp(verify_spelled(named), real) == 0 || !verify_is_new(verify, 'n', named)) {
        return true;
    }
    bool is_link = index_find(verify->tree.text, verify->tree.length, real, &entry, &ignored) == 1 && entry.type == 'l';
    switch (verify_resolve(verify, named, !is_link, &should)) {
    case VERIFY_WAY_OUTSIDE:
        return true;
    case VERIFY_WAY_NOWHERE:
        verify_spoil(verify, verify_spelled(named), "does not belong to the environment");
        return false;
    case VERIFY_WAY_INSIDE:
        break;
    }
    if (strcmp(verify_spelled(buf_text(&should)), real) == 0) {
        return true;
    }
    auto_free char *why = xasprintf("leads to '%s' instead of '%s'", real, buf_text(&should));
    verify_spoil(verify, verify_spelled(named), why);
    return false;
}

/* By the index `named` leads to `should`, and the run came elsewhere. */
static bool lead_astray(struct verify *verify, const char *named, const char *should)
{
    auto_fd int fd = entry_open(&verify->tree, verify_spelled(should));
    if (fd < 0) {
        verify_spoil(verify, verify_spelled(should), "is missing");
        return false;
    }
    auto_free char *why = xasprintf("does not lead to '%s' any more", should);
    verify_spoil(verify, verify_spelled(named), why);
    return false;
}

/* What the run came to by `named` is not of the tree: then the index must lead out of it as well. */
static bool check_way_out(struct verify *verify, const char *named)
{
    auto_release(buf) struct buf should = {0};
    if (verify->layered || !verify_is_new(verify, 'o', named)) {
        return true;
    }
    switch (verify_resolve(verify, named, true, &should)) {
    case VERIFY_WAY_OUTSIDE:
        return true;
    case VERIFY_WAY_NOWHERE:
        verify_spoil(verify, verify_spelled(named), "leads out of the environment");
        return false;
    case VERIFY_WAY_INSIDE:
        break;
    }
    return lead_astray(verify, named, buf_text(&should));
}

bool verify_check_way(struct verify *verify, const char *named, const char *real)
{
    bool outside = verify_cover_of(verify, real + strspn(real, "/")) == COVER_SELF;
    return outside ? check_way_out(verify, named) : check_way_in(verify, named, verify_spelled(real));
}

bool verify_check_missing(struct verify *verify, const char *named)
{
    auto_release(buf) struct buf should = {0};
    if (!verify_is_new(verify, 'm', named) || verify_resolve(verify, named, true, &should) != VERIFY_WAY_INSIDE ||
        fs_exists_in_root(verify->tree.rootfs, named)) {
        return true;
    }
    return lead_astray(verify, named, buf_text(&should));
}
