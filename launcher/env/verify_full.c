/* SPDX-License-Identifier: BSD-2-Clause
 * verify_full: the part of verify.h that checks every entry of a tree. The index is cut into pieces, which threads take
 * one after the other: an entry costs a stat when nothing changed, and reading the whole file when something did. */
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/progress.h"
#include "env/verify_state.h"

enum {
    PIECE_MOST = 64 * 1024, /* about 500 lines */
    PIECE_LEAST = 2 * 1024,
    PIECES_EACH = 16, /* for each thread at least, so that one with large files does not keep all waiting */
    THREADS_MOST = 64,
};

struct work {
    struct verify *verify;
    size_t piece;
    _Atomic size_t next; /* byte of the index at which nobody has begun yet */
};

/* The directory of the last entry, held open: entries come in runs of one directory. */
struct folder {
    char *path;
    int fd;
};

static int enter(struct verify *verify, struct folder *folder, const char *path, size_t length)
{
    if (folder->path != NULL && strncmp(folder->path, path, length) == 0 && folder->path[length] == '\0') {
        return folder->fd;
    }
    free(folder->path);
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    folder->path = xstrndup(path, length);
    folder->fd = entry_open(&verify->tree, length > 0 ? folder->path : ".");
    return folder->fd;
}

static void check_line(struct verify *verify, struct folder *folder, size_t line, size_t length)
{
    auto_release(index_entry) struct index_entry entry = {0};
    struct stat st;
    struct err err = {0};
    if (index_parse(verify->tree.text + line, length, &entry, &err) < 0) {
        verify_spoil(verify, "index", err.text);
        return;
    }
    const char *base = path_base(entry.path);
    size_t above = base > entry.path ? (size_t)(base - entry.path - 1) : 0;
    int fd = enter(verify, folder, entry.path, above);
    bool seen = fd >= 0 && fstatat(fd, base, &st, AT_SYMLINK_NOFOLLOW) == 0;
    verify_entry(verify, entry.path, seen ? &st : NULL, line, length);
}

/* The first start of a line at or behind `at`. */
static size_t line_start(const struct entry_tree *tree, size_t at)
{
    while (at > 0 && at < tree->length && tree->text[at - 1] != '\n') {
        at++;
    }
    return at;
}

static void *check_pieces(void *argument)
{
    struct work *work = argument;
    const struct entry_tree *tree = &work->verify->tree;
    struct folder folder = {.fd = -1};
    size_t piece;
    while ((piece = atomic_fetch_add(&work->next, work->piece)) < tree->length) {
        size_t end = tree->length - piece > work->piece ? line_start(tree, piece + work->piece) : tree->length;
        for (size_t at = line_start(tree, piece); at < end;) {
            const char *lf = memchr(tree->text + at, '\n', tree->length - at);
            size_t length = lf != NULL ? (size_t)(lf - tree->text) - at : tree->length - at;
            check_line(work->verify, &folder, at, length);
            progress_tick(PROGRESS_FILES, 1);
            at += length + 1;
        }
    }
    free(folder.path);
    if (folder.fd >= 0) {
        close(folder.fd);
    }
    return NULL;
}

size_t verify_threads(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : count > THREADS_MOST ? THREADS_MOST : (size_t)count;
}

bool verify_full(struct verify *verify)
{
    struct work work = {.verify = verify};
    pthread_t thread[THREADS_MOST];
    struct verify_counts before;
    struct verify_counts after;
    size_t wanted = verify_threads();
    size_t started = 0;
    work.piece = verify->tree.length / (wanted * PIECES_EACH);
    work.piece = work.piece > PIECE_MOST ? PIECE_MOST : work.piece < PIECE_LEAST ? PIECE_LEAST : work.piece;
    size_t pieces = verify->tree.length / work.piece + 1;
    verify_counts(verify, &before);
    wanted = wanted > pieces ? pieces : wanted;
    /* This thread is the first of them; with fewer than wanted it lasts longer. */
    while (started + 1 < wanted && pthread_create(&thread[started], NULL, check_pieces, &work) == 0) {
        started++;
    }
    check_pieces(&work);
    for (size_t i = 0; i < started; i++) {
        pthread_join(thread[i], NULL);
    }
    verify->full = true;
    verify_counts(verify, &after);
    verify_refresh(verify);
    return after.spoiled == before.spoiled;
}
