/* SPDX-License-Identifier: BSD-2-Clause
 * verify: whether the files of an unpacked tree that a run uses are still what was unpacked. */
#include "env/verify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
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
        if (verify->spoiled.count < verify->named_most) {
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
    if (settled && !verify->forget) {
        remember(verify, &stamp, line);
    }
    return true;
}

bool verify_is_new(struct verify *verify, char kind, const char *path)
{
    auto_free char *key = xasprintf("%c%s", kind, path);
    pthread_mutex_lock(&verify->lock);
    bool new = strset_add(&verify->done, key);
    pthread_mutex_unlock(&verify->lock);
    return new;
}

/* "/usr/bin" and "usr/bin" are one path, and the root has one name. */
const char *verify_spelled(const char *path)
{
    path += strspn(path, "/");
    return path[0] != '\0' ? path : ".";
}

static bool check_real(struct verify *verify, const char *real)
{
    size_t line;
    size_t length;
    struct stat st;
    struct err err = {0};
    if (is_of_layer(verify, real) || !verify_is_new(verify, 'r', real)) {
        return true;
    }
    int found = index_find_line(verify->tree.text, verify->tree.length, real, &line, &length, &err);
    if (found == 0 && verify_cover_of(verify, real) == COVER_BELOW) {
        return true; /* a folder on the way to a place of the run, made with it */
    }
    if (found <= 0) {
        verify_spoil(verify, real, found < 0 ? err.text : "does not belong to the environment");
        return false;
    }
    auto_fd int fd = entry_open(&verify->tree, real);
    return verify_entry(verify, real, fd >= 0 && fstat(fd, &st) == 0 ? &st : NULL, line, length);
}

bool verify_check_used(struct verify *verify, const char *named, const char *real)
{
    bool good = named == NULL || verify_check_way(verify, named, real);
    if (verify_cover_of(verify, real + strspn(real, "/")) == COVER_SELF) {
        return good;
    }
    return check_real(verify, verify_spelled(real)) && good;
}

bool verify_used(struct verify *verify, const char *named, const char *real)
{
    verify_learn_covers(verify);
    return verify_check_used(verify, named, real);
}

bool verify_missing(struct verify *verify, const char *named)
{
    verify_learn_covers(verify);
    return verify_check_missing(verify, named);
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

struct named {
    const char *path;
    const char *why;
};

static int compare_named(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->path, ((const struct named *)b)->path);
}

void verify_each_spoiled(struct verify *verify, void (*tell)(void *into, const char *path, const char *why), void *into)
{
    pthread_mutex_lock(&verify->lock);
    size_t count = verify->spoiled.count;
    auto_free struct named *named = xreallocarray(NULL, count + 1, sizeof(*named));
    for (size_t i = 0; i < count; i++) {
        named[i] = (struct named){.path = verify->spoiled.item[i], .why = verify->why.item[i]};
    }
    qsort(named, count, sizeof(*named), compare_named);
    for (size_t i = 0; i < count; i++) {
        tell(into, named[i].path, named[i].why);
    }
    pthread_mutex_unlock(&verify->lock);
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
