/* SPDX-License-Identifier: BSD-2-Clause
 * bind_source: where on the host a path leads, and who may have led it there. */
#include "run/bind_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"

enum { LINKS_MOST = 40 }; /* as the kernel's own limit (path_resolution(7)) */

struct way {
    const char *workdir;
    const char *home;
    char *at;   /* absolute, without links: what has been gone */
    char *rest; /* what has not: "a/b", "" at the end */
    char *link; /* the first that a run can have made, or NULL */
};

static void way_release(struct way *way)
{
    free(way->at);
    free(way->rest);
    free(way->link);
}

static bool is_same_place(const char *path, const char *other)
{
    struct stat a;
    struct stat b;
    return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool run_can_write(const struct way *way, const char *directory)
{
    if (faccessat(AT_FDCWD, directory, W_OK, AT_EACCESS) < 0) {
        return false;
    }
    bool own = strcmp(directory, "/") == 0 || (way->home != NULL && is_same_place(directory, way->home));
    return !own || path_is_under(directory, way->workdir);
}

/* The text of a link; NULL when `path` is none. */
static char *link_text(const char *path)
{
    char text[4096];
    ssize_t length = readlink(path, text, sizeof(text));
    return length > 0 && length < (ssize_t)sizeof(text) ? xstrndup(text, (size_t)length) : NULL;
}

static void go_up(struct way *way)
{
    char *slash = strrchr(way->at, '/');
    slash[slash == way->at] = '\0';
}

/* One component, or the text of a link in its place. */
static void step(struct way *way, unsigned *links)
{
    size_t length = strcspn(way->rest, "/");
    auto_free char *name = xstrndup(way->rest, length);
    auto_free char *rest = xstrdup(way->rest + length + strspn(way->rest + length, "/"));
    auto_free char *path = xasprintf("%s/%s", strcmp(way->at, "/") == 0 ? "" : way->at, name);
    auto_free char *text = NULL;
    if (strcmp(name, "..") == 0) {
        go_up(way);
    } else if (length > 0 && strcmp(name, ".") != 0 && (text = link_text(path)) == NULL) {
        free(way->at);
        way->at = steal_ptr(&path);
    }
    free(way->rest);
    way->rest = text == NULL ? steal_ptr(&rest) : xasprintf("%s/%s", text + strspn(text, "/"), rest);
    if (text == NULL) {
        return;
    }
    (*links)++;
    if (way->link == NULL && run_can_write(way, way->at)) {
        way->link = steal_ptr(&path);
    }
    if (text[0] == '/') {
        way->at[1] = '\0'; /* "/" */
    }
}

int bind_source_resolve(const char *source, bool writable, const char *workdir, const char *home, char **ret_real,
                        struct err *err)
{
    unsigned links = 0;
    auto_release(way) struct way way = {
        .workdir = workdir, .home = home, .at = xstrdup("/"), .rest = xstrdup(source + strspn(source, "/"))};
    while (way.rest[0] != '\0') {
        step(&way, &links);
        if (links > LINKS_MOST) {
            return err_set_errno(err, ERR_SYSTEM, ELOOP, "--bind '%s'", source);
        }
    }
    if (writable && way.link != NULL) {
        return err_set(err, ERR_USAGE,
                       "--bind '%s': '%s' is a link, in a directory that earlier runs may have written; to bind it "
                       "writable name what it leads to: '%s'",
                       source, way.link, way.at);
    }
    *ret_real = steal_ptr(&way.at);
    return 0;
}
