/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_work: the work of the process that unpacks. */
#include "supply/unpack_work.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "supply/unpack_checked.h"
#include "supply/unpack_entry.h"
#include "supply/unpack_input.h"
#include "supply/unpack_read.h"
#include "supply/unpack_write.h"

struct crew {
    const struct work *work;
    int root_fd;
    struct queue queue;
    struct placer placer;
    struct layers layers;
    struct writer writer;
    struct input input;
};

static void *write_tree(void *argument)
{
    struct crew *crew = argument;
    writer_run(&crew->writer, crew->root_fd, &crew->queue);
    return NULL;
}

static int complain_mismatch(const struct unpack_archive *archive, const struct digest *is, struct err *err)
{
    char pinned[DIGEST_HEX + 1];
    char found[DIGEST_HEX + 1];
    digest_to_hex(&archive->sha256, pinned);
    digest_to_hex(is, found);
    if (archive->from == 0 && unpack_is_html(archive->fd)) {
        return err_set(err, ERR_MISMATCH,
                       "this is an HTML page, not an archive: an error page that was saved in its place (sha256 %s, "
                       "pinned is %s)",
                       found, pinned);
    }
    return err_set(err, ERR_MISMATCH,
                   "wrong content: its sha256 is %s, pinned is %s; get the file again or correct the pin", found,
                   pinned);
}

/* The reader's complaint counts only for the right bytes: about others there is nothing more to say than that they are
 * others. */
static int judge(struct crew *crew, const struct unpack_archive *archive, const struct err *read_err,
                 const struct read_plain *plain, struct err *err)
{
    struct digest is;
    uint64_t size;
    if (input_finish(&crew->input, &is, &size, err) < 0) {
        return -1;
    }
    if (!digest_equal(&is, &archive->sha256)) {
        return complain_mismatch(archive, &is, err);
    }
    if (read_err->kind != ERR_NONE) {
        *err = *read_err;
        return -1;
    }
    if (plain->wanted && !digest_equal(plain->is_file ? &is : &plain->digest, &archive->plain_sha256)) {
        return err_set(err, ERR_INVALID,
                       "the tar in it is not the one of which the image's config has the diff_id: the image "
                       "contradicts itself");
    }
    return 0;
}

/* -1 with *err untouched: the writer has given up, and knows why. */
static int read_one(struct crew *crew, const struct unpack_archive *archive, struct err *err)
{
    struct err read_err = {0};
    struct read_plain plain = {.wanted = archive->has_plain_sha256};
    uint64_t size = archive->size != 0 ? archive->size : UINT64_MAX;
    if (input_start(&crew->input, archive->fd, archive->from, size, crew->work->done, err) < 0) {
        return -1;
    }
    int result = read_archive(&crew->input, &crew->placer, &plain, &read_err);
    if (result < 0) {
        queue_break(&crew->queue);
    }
    if ((result < 0 && read_err.kind == ERR_NONE) || read_err.kind == ERR_SYSTEM) {
        input_stop(&crew->input);
        *err = read_err;
        return -1;
    }
    return judge(crew, archive, &read_err, &plain, err);
}

static int read_all(struct crew *crew, struct err *err)
{
    const struct work *work = crew->work;
    for (size_t i = 0; i < work->count; i++) {
        crew->layers.current = (unsigned)i + 1;
        if (work->layers && i == 0) {
            layers_add(&crew->layers, &crew->placer.listing, 0);
        } else if (work->layers) {
            layers_touch(&crew->layers, 0);
        }
        if (read_one(crew, &work->archive[i], err) < 0) {
            return work->layers && err->kind != ERR_NONE ? err_wrap(err, "layer %zu of %zu", i + 1, work->count) : -1;
        }
    }
    return entry_place_times(&crew->placer);
}

static int unpack_tree(struct crew *crew, struct err *err)
{
    struct err read_err = {0};
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, write_tree, crew);
    if (failed != 0) {
        return err_set_errno(err, ERR_SYSTEM, failed, "start a thread");
    }
    int result = read_all(crew, &read_err);
    if (result < 0) {
        queue_break(&crew->queue);
    }
    queue_close(&crew->queue);
    pthread_join(thread, NULL);
    if (crew->writer.err.kind != ERR_NONE || result < 0) {
        *err = crew->writer.err.kind != ERR_NONE ? crew->writer.err : read_err;
        return -1;
    }
    if (crew->placer.listing.count - crew->placer.listing.forgotten <= 1) {
        return err_set(err, ERR_INVALID, "the image has no entries");
    }
    return 0;
}

static int write_index(struct crew *crew, struct store_tree *ret_tree, struct err *err)
{
    const struct listing *listing = &crew->placer.listing;
    auto_free uint64_t *line = xreallocarray(NULL, listing->count, sizeof(*line));
    auto_fd int fd = openat(crew->work->stage_fd, "index", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the tree's index");
    }
    *ret_tree = crew->placer.counts;
    ret_tree->artifact = crew->work->artifact;
    if (listing_write_index(listing, crew->writer.digest, fd, ret_tree, line, err) < 0) {
        return -1;
    }
    if (close(steal_fd(&fd)) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "write the tree's index");
    }
    return unpack_note_checked(crew->work->stage_fd, crew->root_fd, listing, line, &ret_tree->tree, err);
}

static int open_root(int stage_fd, struct err *err)
{
    if (mkdirat(stage_fd, "rootfs", 0755) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the root of the tree");
    }
    int fd = openat(stage_fd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the root of the tree");
    }
    /* What a store's folder hands down to new entries would change their modes. */
    fremovexattr(fd, "system.posix_acl_default");
    fchmod(fd, 0755);
    return fd;
}

int work_unpack(const struct work *work, struct store_tree *ret_tree, struct err *err)
{
    struct crew crew = {.work = work, .writer = {.file = -1}};
    auto_fd int root = open_root(work->stage_fd, err);
    if (root < 0) {
        return -1;
    }
    crew.root_fd = root;
    queue_init(&crew.queue);
    crew.placer =
        (struct placer){.limits = work->limits, .queue = &crew.queue, .layers = work->layers ? &crew.layers : NULL};
    listing_init(&crew.placer.listing);
    int result = unpack_tree(&crew, err);
    if (result == 0) {
        result = write_index(&crew, ret_tree, err);
    }
    queue_release(&crew.queue);
    placer_release(&crew.placer);
    layers_release(&crew.layers);
    writer_release(&crew.writer);
    return result;
}
