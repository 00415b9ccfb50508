/* SPDX-License-Identifier: BSD-2-Clause
 * image_tree: the part of image.h from the blobs of an image to a tree. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "supply/image_bring.h"
#include "supply/unpack.h"

struct job {
    const struct definition *def;
    struct stage *stage;
    struct progress *progress;
    struct store_tree *tree;
};

/* The caller's files are laid over the work directory: one that the image has files in cannot be it. */
static bool is_empty_inside(int rootfs_fd, const char *path)
{
    auto_release(buf) struct buf below = {0};
    auto_release(strlist) struct strlist names = {0};
    struct stat st;
    struct err ignored = {0};
    if (!fs_find_in_root(rootfs_fd, path, &below, &st)) {
        return true;
    }
    auto_fd int fd = fs_open_beneath(rootfs_fd, buf_text(&below), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return fd >= 0 && fs_list(fd, ".", &names, &ignored) == 0 && names.count == 0;
}

static int write_settings(struct job *job, const struct image_config *config, struct err *err)
{
    auto_release(image_settings) struct image_settings settings = {0};
    auto_fd int rootfs = openat(job->stage->fd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    auto_fd int fd = openat(job->stage->fd, "settings", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (rootfs < 0 || fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the image's settings in the store");
    }
    image_config_settings(config, &settings);
    if (settings.workdir != NULL && !is_empty_inside(rootfs, settings.workdir)) {
        log_info("%s: the image has files in its work directory '%s', which is not covered by yours: that is at '%s'",
                 job->def->name, settings.workdir, job->def->workdir);
        free(settings.workdir);
        settings.workdir = NULL;
    }
    auto_free char *text = image_settings_format(&settings);
    if (strlen(text) > IMAGE_SETTINGS_BYTES) {
        return err_set(err, ERR_INVALID, "the image's command and variables have more than %d bytes",
                       IMAGE_SETTINGS_BYTES);
    }
    digest_bytes(text, strlen(text), &job->tree->settings);
    job->tree->has_settings = true;
    return fs_write_fd(fd, "settings", text, strlen(text), err);
}

static void warn_platform(const struct job *job, const struct image_config *config)
{
    const char *here = image_architecture();
    bool compatible = strcmp(here, "amd64") == 0 && strcmp(config->architecture, "386") == 0;
    if (strcmp(config->architecture, here) != 0 && !compatible) {
        log_warn("%s: the image is for linux/%s, and this machine is %s: its programs may not start", job->def->name,
                 config->architecture, here);
    }
}

static int unpack_layers(void *user, struct image_source *source, const struct image *image,
                         const struct unpack_archive *layers, struct err *err)
{
    struct job *job = user;
    uint64_t total = 0;
    struct unpack_limits limits;
    auto_free char *what = xasprintf("pull %s", job->def->name);
    (void)source;
    for (size_t i = 0; i < image->manifest.layers; i++) {
        total += layers[i].size;
    }
    if (unpack_limits_read(&limits, err) < 0 || stage_empty(job->stage, err) < 0) {
        return -1;
    }
    warn_platform(job, &image->config);
    progress_begin(job->progress, what, total);
    return unpack_image(layers, image->manifest.layers, &job->def->sha256, job->stage->fd, &limits, job->progress,
                        job->tree, err) < 0
               ? -1
               : write_settings(job, &image->config, err);
}

int image_pull(const struct definition *def, const struct store *store, struct stage *stage, struct progress *progress,
               struct store_tree *ret_tree, struct err *err)
{
    struct job job = {.def = def, .stage = stage, .progress = progress, .tree = ret_tree};
    return image_bring(def, store, progress, unpack_layers, &job, err);
}
