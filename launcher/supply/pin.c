/* SPDX-License-Identifier: BSD-2-Clause
 * pin: finds out what a source is. */
#include "supply/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "supply/fetch.h"
#include "supply/fetch_http.h"
#include "supply/image.h"
#include "supply/local.h"
#include "supply/pin_write.h"
#include "supply/registry_ref.h"
#include "supply/unpack.h"

static int find_file(const struct pin_request *request, struct pin *pin, struct err *err)
{
    const struct pin_source *source = &request->source;
    auto_fd int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s'", source->text);
    }
    if (unpack_is_html(fd)) {
        return err_set(err, ERR_INVALID, "'%s' is an HTML page, saved in the place of the file", source->text);
    }
    if (digest_fd(fd, source->text, &pin->sha256, &pin->size, err) < 0) {
        return -1;
    }
    pin->url = pin_source_path_from(source->path, request->folder);
    if (pin_value_problem("url", pin->url) != NULL) { /* as bytes that a line can hold */
        auto_free char *current = fs_current_dir();
        auto_free char *path = path_normal(current != NULL ? current : "/", source->path);
        free(pin->url);
        pin->url = local_url(path);
    }
    pin->description = xstrdup(path_base(source->path));
    return pin->size > 0 ? 0 : err_set(err, ERR_INVALID, "'%s' is empty", source->text);
}

/* The last component of an address without its query. */
static char *title_of(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    auto_free char *path = xstrndup(host, strcspn(host, "?#"));
    return xstrdup(path_base(path));
}

/* A digest says that nothing changes from now on, not that it was right at first. */
static void warn_of_plain(const char *url)
{
    auto_release(http_origin) struct http_origin origin = {0};
    if (http_origin(url, &origin) == 0 && !origin.secure && !http_is_loopback(&origin)) {
        log_warn(
            "pinned over http, which anybody on the way can change: compare the sha256 with what its publisher says");
    }
}

/* The part file of what nobody knows yet is named by its address, so that a later call resumes it. */
static int find_remote(const struct pin_request *request, const struct store *store, struct pin *pin, struct err *err)
{
    const char *url = request->source.text;
    struct progress progress = {0};
    struct fetch_found found = {0};
    struct fetch_item item = {.label = url, .found = &found};
    auto_free char *what = xasprintf("fetch %s", request->name);
    const char *problem = pin_value_problem("url", url);
    if (problem != NULL) {
        return err_set(err, ERR_USAGE, "'%s' %s", url, problem);
    }
    strlist_add(&item.from, url);
    digest_bytes(url, strlen(url), &item.sha256);
    progress_begin(&progress, what, 0);
    int result = fetch_all(store->fd, &item, 1, &progress, err);
    progress_release(&progress);
    strlist_release(&item.from);
    if (result < 0) {
        return -1;
    }
    warn_of_plain(url);
    pin->sha256 = found.sha256;
    pin->size = found.size;
    pin->url = xstrdup(url);
    pin->description = title_of(url);
    return found.size > 0 ? 0 : err_set(err, ERR_INVALID, "'%s' is empty", url);
}

/* Where the image can be had again, without its tag: in a folder or file as it is seen from the definition. */
static char *image_address(const struct pin_request *request, const struct image *image)
{
    const char *path = strchr(image->url, ':') + 1;
    if (strncmp(image->url, REGISTRY_SCHEME, strlen(REGISTRY_SCHEME)) == 0) {
        return xstrdup(image->url);
    }
    auto_free char *from_there = pin_source_path_from(path, request->folder);
    return xasprintf("%.*s%s", (int)(path - image->url), image->url, from_there);
}

/* What people call it, and for which machine it is. */
static char *image_title(const struct pin_request *request, const struct image *image)
{
    const char *host = strstr(request->source.text, "://");
    const char *name = host != NULL         ? host + 3
                       : image->tag != NULL ? image->tag
                                            : path_base(strchr(image->url, ':') + 1);
    return xasprintf("%.*s, %s/%s", (int)strcspn(name, "@"), name, image->config.os, image->config.architecture);
}

static void take_image(const struct pin_request *request, const struct image *image, struct pin *pin)
{
    const struct strlist *parts[] = {&image->config.entrypoint, &image->config.command};
    pin->image = true;
    pin->sha256 = image->digest;
    pin->size = image->size;
    pin->url = image_address(request, image);
    pin->tag = image->tag != NULL ? xstrdup(image->tag) : NULL;
    pin->description = image_title(request, image);
    for (size_t i = 0; i < image->manifest.layers; i++) {
        pin->bytes += image->manifest.layer[i].size;
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        for (size_t k = 0; k < parts[i]->count; k++) {
            strlist_add(&pin->command, parts[i]->item[k]);
        }
    }
}

static int find_image(const struct pin_request *request, const struct store *store, struct pin *pin, struct err *err)
{
    struct image image = {0};
    if (image_resolve(request->source.text, request->platform, store, &image, err) < 0) {
        return -1;
    }
    take_image(request, &image, pin);
    image_release(&image);
    return 0;
}

int pin_find(const struct pin_request *request, const struct store *store, struct pin *ret_pin, struct err *err)
{
    struct pin pin = {0};
    int result = -1;
    if (request->platform != NULL && request->source.kind != PIN_IMAGE) {
        return err_set(err, ERR_USAGE, "--platform: '%s' is no image, there is nothing to choose",
                       request->source.text);
    }
    switch (request->source.kind) {
    case PIN_FILE:
        result = find_file(request, &pin, err);
        break;
    case PIN_REMOTE:
        result = find_remote(request, store, &pin, err);
        break;
    case PIN_IMAGE:
        result = find_image(request, store, &pin, err);
        break;
    }
    if (result < 0) {
        pin_release(&pin);
        return -1;
    }
    pin.bytes = pin.image ? pin.bytes : pin.size;
    *ret_pin = pin;
    return 0;
}

int pin_look_at(const struct pin_source *source, const struct digest *artifact, const struct store *store,
                struct err *err)
{
    struct store_tree tree = {.fd = -1};
    int found = store_find_tree(store, artifact, &tree, err);
    if (found <= 0) {
        return found;
    }
    auto_fd int rootfs = open(tree.rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    store_tree_release(&tree);
    bool programs = fs_exists_in_root(rootfs, "/usr") || fs_exists_in_root(rootfs, "/bin");
    bool image = fs_exists_in_root(rootfs, "/oci-layout") || fs_exists_in_root(rootfs, "/manifest.json");
    if (!programs && image) {
        return err_set(
            err, ERR_USAGE,
            "'%s' holds an image as 'docker save' writes it, and no root file system: write docker-archive:%s",
            source->text, source->kind == PIN_FILE ? source->path : "FILE");
    }
    if (!programs) {
        log_warn("'%s' has neither /usr nor /bin: is it a root file system?", source->text);
    }
    return 0;
}

void pin_release(struct pin *pin)
{
    free(pin->url);
    free(pin->description);
    free(pin->tag);
    strlist_release(&pin->command);
    *pin = (struct pin){0};
}
