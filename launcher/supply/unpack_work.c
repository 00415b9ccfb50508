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
    struct writer writer;
    struct input input;
};

static void *write_tree(void *argument)
{
    struct crew *crew = argument;
    writer_run(&crew->writer, crew->root_fd, &crew->queue);
    return NULL;
}

static int complain_mismatch(const struct work *work, const struct digest *is, struct err *err)
{
    char pinned[DIGEST_HEX + 1];
    char found[DIGEST_HEX + 1];
    digest_to_hex(&work->sha256, pinned);
    digest_to_hex(is, found);
    if (unpack_is_html(work->archive_fd)) {
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
static int judge(struct crew *crew, int read_result, struct err *read_err, struct err *err)
{
    struct digest is;
    uint64_t size;
    if (crew->writer.err.kind != ERR_NONE) {
        input_stop(&crew->input);
        *err = crew->writer.err;
        return -1;
    }
    if (read_err->kind == ERR_SYSTEM) {
        input_stop(&crew->input);
        *err = *read_err;
        return -1;
    }
    if (input_finish(&crew->input, &is, &size, err) < 0) {
        return -1;
    }
    if (!digest_equal(&is, &crew->work->sha256)) {
        return complain_mismatch(crew->work, &is, err);
    }
    if (read_result < 0) {
        *err = *read_err;
        return -1;
    }
    return 0;
}

static int unpack_tree(struct crew *crew, struct err *err)
{
    struct err read_err = {0};
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, write_tree, crew);
    if (failed != 0) {
        input_stop(&crew->input);
        return err_set_errno(err, ERR_SYSTEM, failed, "start a thread");
    }
    int result = read_archive(&crew->input, &crew->placer, &read_err);
    if (result < 0) {
        queue_break(&crew->queue);
    }
    queue_close(&crew->queue);
    pthread_join(thread, NULL);
    return judge(crew, result, &read_err, err);
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
    ret_tree->artifact = crew->work->sha256;
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
    if (root < 0 || input_start(&crew.input, work->archive_fd, work->done, err) < 0) {
        return -1;
    }
    crew.root_fd = root;
    queue_init(&crew.queue);
    crew.placer = (struct placer){.limits = work->limits, .queue = &crew.queue};
    listing_init(&crew.placer.listing);
    int result = unpack_tree(&crew, err);
    if (result == 0) {
        result = write_index(&crew, ret_tree, err);
    }
    queue_release(&crew.queue);
    placer_release(&crew.placer);
    writer_release(&crew.writer);
    return result;
}
