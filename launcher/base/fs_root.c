/* SPDX-License-Identifier: BSD-2-Clause
 * fs_root: the part of fs.h that looks paths up inside a root file system, in user space: openat2 with
 * RESOLVE_IN_ROOT would do the same from Linux 5.6 on, one way for all kernels is simpler. */
#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"

/* As the kernel: more links than this in one look-up is a loop (path_resolution(7)). */
enum { LINKS_MOST = 40, TARGET_MOST = 4096 };

struct walk {
    int root_fd;
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

static bool follow_link(struct walk *walk)
{
    char target[TARGET_MOST];
    ssize_t length = readlinkat(walk->root_fd, buf_text(&walk->below), target, sizeof(target));
    if (length <= 0 || length == (ssize_t)sizeof(target) || ++walk->links > LINKS_MOST) {
        return false;
    }
    drop_last(&walk->below);
    if (target[0] == '/') {
        buf_clear(&walk->below);
    }
    struct buf longer = {0};
    buf_add(&longer, target, (size_t)length);
    if (walk->pending.length > 0) {
        buf_add_text(&longer, "/");
        buf_add(&longer, buf_text(&walk->pending), walk->pending.length);
    }
    buf_release(&walk->pending);
    walk->pending = longer;
    return true;
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

static bool stat_here(const struct walk *walk, struct stat *st)
{
    const char *here = walk->below.length > 0 ? buf_text(&walk->below) : ".";
    return fstatat(walk->root_fd, here, st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* One step. The parent was seen to be a directory and no link, so the kernel meets no link on the way either. */
static bool step(struct walk *walk, const char *component)
{
    struct stat st;
    if (strcmp(component, ".") == 0) {
        return true;
    }
    if (strcmp(component, "..") == 0) {
        drop_last(&walk->below);
    } else {
        buf_addf(&walk->below, "%s%s", walk->below.length > 0 ? "/" : "", component);
    }
    if (!stat_here(walk, &st)) {
        return false;
    }
    if (S_ISLNK(st.st_mode)) {
        return follow_link(walk);
    }
    return S_ISDIR(st.st_mode) || walk->pending.length == 0;
}

bool fs_find_in_root(int root_fd, const char *path, struct buf *ret_below, struct stat *ret_st)
{
    struct walk walk = {.root_fd = root_fd};
    struct stat st;
    buf_add_text(&walk.pending, path);
    bool found = true;
    while (found) {
        auto_free char *component = next_component(&walk.pending);
        if (component[0] == '\0') {
            break;
        }
        found = step(&walk, component);
    }
    found = found && stat_here(&walk, &st);
    if (found && ret_below != NULL) {
        buf_add(ret_below, buf_text(&walk.below), walk.below.length);
    }
    if (found && ret_st != NULL) {
        *ret_st = st;
    }
    buf_release(&walk.below);
    buf_release(&walk.pending);
    return found;
}

bool fs_exists_in_root(int root_fd, const char *path)
{
    return fs_find_in_root(root_fd, path, NULL, NULL);
}
