/* SPDX-License-Identifier: BSD-2-Clause
 * verify: whether the files of an unpacked tree that a run uses are still what was unpacked. The cache of later checks
 * is in verify_cache.c, programs in verify_program.c, whole trees in verify_full.c. */
#include "env/verify.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/walk.h"
#include "env/verify_state.h"

static const char *const level_names[] = {
    [VERIFY_USED] = "used",
    [VERIFY_FULL] = "full",
    [VERIFY_OFF] = "off",
};

const char *verify_level_name(enum verify_level level)
{
    return level_names[level];
}

bool verify_level_from_name(const char *name, enum verify_level *ret_level)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(*level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *ret_level = (enum verify_level)i;
            return true;
        }
    }
    return false;
}

void verify_layered(struct verify *verify, const char *upper)
{
    verify->layered = true;
    verify->upper = open(upper, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* In an overlay what lies in the upper folder is what is seen; a folder is there too when anything in it is. */
static bool is_of_layer(const struct verify *verify, const char *real)
{
    auto_fd int fd = verify->upper >= 0 ? fs_open_beneath(verify->upper, real, O_PATH, 0) : -1;
    return fd >= 0 || (verify->upper >= 0 && strcmp(real, ".") == 0);
}

void verify_spoil(void *into, const char *path, const char *why)
{
    struct verify *verify = into;
    pthread_mutex_lock(&verify->lock);
    if (strset_add(&verify->spoiled_once, path)) {
        verify->counts.spoiled++;
        if (verify->spoiled.count < VERIFY_NAMED_MOST) {
            strlist_add(&verify->spoiled, path);
            strlist_add(&verify->why, why);
        }
    }
    pthread_mutex_unlock(&verify->lock);
}

static void remember(struct verify *verify, const struct checked_stamp *stamp, size_t line)
{
    pthread_mutex_lock(&verify->lock);
    if (verify->found_count == verify->found_capacity) {
        verify->found_capacity = verify->found_capacity < 64 ? 64 : verify->found_capacity * 2;
        verify->found = xreallocarray(verify->found, verify->found_capacity, sizeof(*verify->found));
    }
    verify->found[verify->found_count++] = (struct checked_record){.stamp = *stamp, .line = line};
    verify->dirty = true;
    pthread_mutex_unlock(&verify->lock);
}

static void count(struct verify *verify, bool hashed)
{
    pthread_mutex_lock(&verify->lock);
    verify->counts.checked += !verify->full;
    verify->counts.hashed += hashed;
    pthread_mutex_unlock(&verify->lock);
}

bool verify_entry(struct verify *verify, const char *path, const struct stat *st, size_t line, size_t length)
{
    auto_release(index_entry) struct index_entry entry = {0};
    struct checked_stamp stamp;
    struct err err = {0};
    bool settled;
    if (st != NULL) {
        stamp = checked_stamp_of(st);
        if (checked_has(&verify->first, &stamp, line) || checked_has(&verify->later, &stamp, line)) {
            count(verify, false);
            return true;
        }
    }
    count(verify, true);
    if (index_parse(verify->tree.text + line, length, &entry, &err) < 0) {
        verify_spoil(verify, path, err.text);
        return false;
    }
    if (!entry_is_same(&verify->tree, &entry, verify_spoil, verify, &stamp, &settled)) {
        return false;
    }
    if (settled) {
        remember(verify, &stamp, line);
    }
    return true;
}

/* Whether this is the first time. Another thread may still be at it: its finding counts as much as ours would. */
static bool is_new(struct verify *verify, char kind, const char *path)
{
    auto_free char *key = xasprintf("%c%s", kind, path);
    pthread_mutex_lock(&verify->lock);
    bool new = strset_add(&verify->done, key);
    pthread_mutex_unlock(&verify->lock);
    return new;
}

/* "/usr/bin" and "usr/bin" are one path, and the root has one name. */
static const char *spelled(const char *path)
{
    path += strspn(path, "/");
    return path[0] != '\0' ? path : ".";
}

enum cover { COVER_NONE, COVER_SELF, COVER_BELOW };

/* Whether the run sees something that is not the tree's at `below` ("" is the root), or beneath it. */
static enum cover cover_of(const struct verify *verify, const char *below)
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

static bool check_real(struct verify *verify, const char *real)
{
    size_t line;
    size_t length;
    struct stat st;
    struct err err = {0};
    if (is_of_layer(verify, real) || !is_new(verify, 'r', real)) {
        return true;
    }
    int found = index_find_line(verify->tree.text, verify->tree.length, real, &line, &length, &err);
    if (found == 0 && cover_of(verify, real) == COVER_BELOW) {
        return true; /* a folder on the way to a place of the run, made with it */
    }
    if (found <= 0) {
        verify_spoil(verify, real, found < 0 ? err.text : "does not belong to the environment");
        return false;
    }
    auto_fd int fd = entry_open(&verify->tree, real);
    return verify_entry(verify, real, fd >= 0 && fstat(fd, &st) == 0 ? &st : NULL, line, length);
}

struct index_tree {
    struct walk_tree tree;
    const struct verify *verify;
};

static enum walk_kind look(const struct walk_tree *tree, const char *below, struct buf *ret_target)
{
    const struct verify *verify = ((const struct index_tree *)tree)->verify;
    auto_release(index_entry) struct index_entry entry = {0};
    struct err ignored = {0}; /* the index has its digest: it has no damaged lines */
    enum cover cover = cover_of(verify, below);
    if (cover == COVER_SELF) {
        return WALK_OUTSIDE;
    }
    if (index_find(verify->tree.text, verify->tree.length, spelled(below), &entry, &ignored) != 1) {
        return cover == COVER_BELOW ? WALK_DIRECTORY : WALK_ABSENT;
    }
    if (entry.type == 'l') {
        buf_add_text(ret_target, entry.target);
        return WALK_LINK;
    }
    return entry.type == 'd' ? WALK_DIRECTORY : WALK_OTHER;
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

/* A target is also covered by its name without links. What of it does not exist in the tree was made as it is called.
 */
void verify_cover(struct verify *verify, const char *target)
{
    auto_free char *above = xstrdup(target);
    for (char *slash = above + strlen(above); slash != NULL; slash = strrchr(above, '/')) {
        auto_release(buf) struct buf real = {0};
        *slash = '\0';
        enum verify_way way = verify_resolve(verify, above, true, &real);
        if (way == VERIFY_WAY_INSIDE && above[0] != '\0') {
            strlist_addf(&verify->covered, "/%s%s", buf_text(&real), target + strlen(above));
        }
        if (way != VERIFY_WAY_NOWHERE) {
            break;
        }
    }
    strlist_add(&verify->covered, target);
}

/* The links on the way of `named`, by where they lead. A path that is `real` itself has none. */
static bool check_way(struct verify *verify, const char *named, const char *real)
{
    auto_release(index_entry) struct index_entry entry = {0};
    auto_release(buf) struct buf should = {0};
    struct err ignored = {0};
    if (verify->layered || strcmp(spelled(named), real) == 0 || !is_new(verify, 'n', named)) {
        return true;
    }
    bool is_link = index_find(verify->tree.text, verify->tree.length, real, &entry, &ignored) == 1 && entry.type == 'l';
    switch (verify_resolve(verify, named, !is_link, &should)) {
    case VERIFY_WAY_OUTSIDE:
        return true;
    case VERIFY_WAY_NOWHERE:
        verify_spoil(verify, spelled(named), "does not belong to the environment");
        return false;
    case VERIFY_WAY_INSIDE:
        break;
    }
    if (strcmp(spelled(buf_text(&should)), real) == 0) {
        return true;
    }
    auto_free char *why = xasprintf("leads to '%s' instead of '%s'", real, buf_text(&should));
    verify_spoil(verify, spelled(named), why);
    return false;
}

/* By the index `named` leads to `should`, and the run came elsewhere. */
static bool lead_astray(struct verify *verify, const char *named, const char *should)
{
    auto_fd int fd = entry_open(&verify->tree, spelled(should));
    if (fd < 0) {
        verify_spoil(verify, spelled(should), "is missing");
        return false;
    }
    auto_free char *why = xasprintf("does not lead to '%s' any more", should);
    verify_spoil(verify, spelled(named), why);
    return false;
}

/* What the run came to by `named` is not of the tree: then the index must lead out of it as well. */
static bool check_way_out(struct verify *verify, const char *named)
{
    auto_release(buf) struct buf should = {0};
    if (verify->layered || !is_new(verify, 'o', named)) {
        return true;
    }
    switch (verify_resolve(verify, named, true, &should)) {
    case VERIFY_WAY_OUTSIDE:
        return true;
    case VERIFY_WAY_NOWHERE:
        verify_spoil(verify, spelled(named), "leads out of the environment");
        return false;
    case VERIFY_WAY_INSIDE:
        break;
    }
    return lead_astray(verify, named, buf_text(&should));
}

bool verify_used(struct verify *verify, const char *named, const char *real)
{
    if (cover_of(verify, real + strspn(real, "/")) == COVER_SELF) {
        return named == NULL || check_way_out(verify, named);
    }
    bool good = named == NULL || check_way(verify, named, spelled(real));
    return check_real(verify, spelled(real)) && good;
}

bool verify_missing(struct verify *verify, const char *named)
{
    auto_release(buf) struct buf should = {0};
    if (!is_new(verify, 'm', named) || verify_resolve(verify, named, true, &should) != VERIFY_WAY_INSIDE ||
        fs_exists_in_root(verify->tree.rootfs, named)) {
        return true;
    }
    return lead_astray(verify, named, buf_text(&should));
}

void verify_counts(struct verify *verify, struct verify_counts *ret_counts)
{
    pthread_mutex_lock(&verify->lock);
    *ret_counts = verify->counts;
    pthread_mutex_unlock(&verify->lock);
}

void verify_spoiled(struct verify *verify, struct strlist *paths)
{
    pthread_mutex_lock(&verify->lock);
    for (size_t i = 0; i < verify->spoiled.count; i++) {
        strlist_add(paths, verify->spoiled.item[i]);
    }
    pthread_mutex_unlock(&verify->lock);
    strlist_sort(paths);
}

int verify_complain(struct verify *verify, struct err *err)
{
    enum { SHOWN = 3 };
    auto_release(buf) struct buf list = {0};
    pthread_mutex_lock(&verify->lock);
    for (size_t i = 0; i < verify->spoiled.count && i < SHOWN; i++) {
        buf_addf(&list, "%s'%.100s' %.150s", i > 0 ? ", " : "", verify->spoiled.item[i], verify->why.item[i]);
    }
    if (verify->counts.spoiled > SHOWN) {
        buf_addf(&list, " and %llu more", (unsigned long long)verify->counts.spoiled - SHOWN);
    }
    pthread_mutex_unlock(&verify->lock);
    if (verify->site) {
        return err_set(err, ERR_MISMATCH,
                       "the environment is spoiled: %s; its tree is in the site's store, whose keeper can bring it "
                       "again with 'sciwrap pull --again %s'",
                       buf_text(&list), verify->env);
    }
    return err_set(err, ERR_MISMATCH, "the environment is spoiled: %s; bring it again with 'sciwrap pull --again %s'",
                   buf_text(&list), verify->env);
}
