/* SPDX-License-Identifier: BSD-2-Clause
 * build_differ: what differs between two artifacts. */
#include "supply/build_differ.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "supply/deb.h"

enum { SHOWN = 5 };

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct tree_entry *)a)->path, ((const struct tree_entry *)b)->path);
}

static int read_sorted(int fd, struct spool *spool, struct deb_entries *entries)
{
    struct err ignored = {0};
    struct deb_choice choice = {.from = "the artifact", .time = INT64_MAX, .prefix = ""};
    if (lseek(fd, 0, SEEK_SET) < 0 || deb_read_tar(fd, &choice, spool, entries, &ignored) < 0) {
        return -1;
    }
    if (entries->count > 1) {
        qsort(entries->entry, entries->count, sizeof(*entries->entry), by_path);
    }
    return 0;
}

/* What differs between entries of one path; NULL when nothing does. */
static const char *difference(const struct tree_entry *pinned, const struct tree_entry *built)
{
    if (pinned->type != built->type || pinned->hard != built->hard) {
        return "type";
    }
    if (pinned->mode != built->mode) {
        return "permissions";
    }
    if (pinned->mtime != built->mtime) {
        return "time";
    }
    if (pinned->target != NULL && strcmp(pinned->target, built->target) != 0) {
        return "target";
    }
    bool content =
        pinned->type == TREE_FILE && !pinned->hard && !digest_equal(&pinned->content.digest, &built->content.digest);
    return content ? "content" : NULL;
}

static void note(struct buf *text, size_t *count, const char *path, const char *what)
{
    if (*count < SHOWN) {
        buf_addf(text, "%s%.100s (%s)", *count > 0 ? ", " : "", path, what);
    }
    (*count)++;
}

static void compare(const struct deb_entries *pinned, const struct deb_entries *built, struct buf *text)
{
    size_t count = 0;
    size_t i = 0;
    size_t j = 0;
    while (i < pinned->count && j < built->count) {
        const struct tree_entry *old = &pinned->entry[i];
        const struct tree_entry *new = &built->entry[j];
        int order = strcmp(old->path, new->path);
        const char *what = order < 0 ? "only pinned" : order > 0 ? "only built" : difference(old, new);
        if (what != NULL) {
            note(text, &count, order > 0 ? new->path : old->path, what);
        }
        i += order <= 0;
        j += order >= 0;
    }
    for (; i < pinned->count; i++) {
        note(text, &count, pinned->entry[i].path, "only pinned");
    }
    for (; j < built->count; j++) {
        note(text, &count, built->entry[j].path, "only built");
    }
    if (count > SHOWN) {
        buf_addf(text, " and %zu more", count - SHOWN);
    }
}

void build_differ(int pinned_fd, int built_fd, struct spool *spool, struct buf *text)
{
    struct deb_entries pinned = {0};
    struct deb_entries built = {0};
    if (read_sorted(pinned_fd, spool, &pinned) == 0 && read_sorted(built_fd, spool, &built) == 0) {
        compare(&pinned, &built, text);
    }
    deb_entries_release(&pinned);
    deb_entries_release(&built);
}
