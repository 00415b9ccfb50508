/* SPDX-License-Identifier: BSD-2-Clause
 * image_source: where the blobs of an image lie on this machine. */
#include "supply/image_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "supply/image_manifest.h"
#include "supply/image_saved.h"

static const char layout_scheme[] = "oci-layout:";
static const char archive_scheme[] = "docker-archive:";

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool image_source_is_local(const char *url)
{
    return begins(url, layout_scheme) || begins(url, archive_scheme);
}

/* A path may have colons in it, and a name too: the longest path that there is. */
static void split(const char *text, struct image_source *source)
{
    for (size_t length = strlen(text); length > 0; length--) {
        if (text[length] != '\0' && text[length] != ':') {
            continue;
        }
        auto_free char *path = xstrndup(text, length);
        if (access(path, F_OK) == 0) {
            source->path = steal_ptr(&path);
            source->reference = text[length] == ':' && text[length + 1] != '\0' ? xstrdup(text + length + 1) : NULL;
            return;
        }
    }
    source->path = xstrdup(text);
}

static int check_layout(const struct image_source *source, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    if (fs_read_at(source->dir_fd, "oci-layout", IMAGE_DOCUMENT_BYTES, &text, err) < 0) {
        return err_set(err, ERR_INVALID, "'%s' is no OCI layout: it has no file 'oci-layout'", source->path);
    }
    return image_saved_check_layout(source->path, buf_text(&text), text.length, err);
}

static int open_layout(struct image_source *source, struct err *err)
{
    source->dir_fd = open(source->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (source->dir_fd < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open '%s'", source->path);
    }
    return check_layout(source, err);
}

static int open_archive(struct image_source *source, struct err *err)
{
    struct image_range ignored;
    if (image_archive_open(source->path, &source->archive, err) < 0) {
        return -1;
    }
    source->is_old = !image_archive_find(&source->archive, "index.json", &ignored);
    struct err why = {0};
    if (image_saved_read(source, &why) < 0 && source->is_old) {
        *err = why;
        return err_wrap(err, "'%s'", source->path);
    }
    return 0; /* one of the new form may have a manifest.json for older readers, too */
}

int image_source_open(const char *url, struct image_source *ret_source, struct err *err)
{
    bool layout = begins(url, layout_scheme);
    struct image_source source = {
        .kind = layout ? IMAGE_SOURCE_LAYOUT : IMAGE_SOURCE_ARCHIVE, .dir_fd = -1, .archive = {.fd = -1}};
    split(url + strlen(layout ? layout_scheme : archive_scheme), &source);
    if ((layout ? open_layout(&source, err) : open_archive(&source, err)) < 0) {
        image_source_close(&source);
        return -1;
    }
    *ret_source = source;
    return 0;
}

void image_source_of_store(const struct store *store, struct image_source *ret_source)
{
    *ret_source = (struct image_source){
        .kind = IMAGE_SOURCE_STORE, .dir_fd = -1, .archive = {.fd = -1}, .path = xstrdup("the store"), .store = store};
}

void image_source_close(struct image_source *source)
{
    for (size_t i = 0; i < source->opens; i++) {
        close(source->opened[i]);
    }
    for (size_t i = 0; i < source->aliases; i++) {
        free(source->alias[i].member);
        free(source->alias[i].text);
    }
    for (size_t i = 0; i < source->saves; i++) {
        strlist_release(&source->saved[i].names);
    }
    free(source->saved);
    free(source->opened);
    free(source->alias);
    free(source->path);
    free(source->reference);
    image_archive_close(&source->archive);
    if (source->dir_fd >= 0) {
        close(source->dir_fd);
    }
    *source = (struct image_source){.dir_fd = -1, .archive = {.fd = -1}};
}

static int complain_absent(const struct image_source *source, const struct digest *digest, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    return err_set(err, ERR_NOT_FOUND, "'%s' has no blob sha256:%s", source->path, hex);
}

/* A blob that is a file of its own. */
static int open_file(struct image_source *source, const struct digest *digest, struct image_place *place,
                     struct err *err)
{
    struct stat st;
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    auto_free char *name = xasprintf("blobs/sha256/%s", hex);
    struct err why = {0};
    /* Links are followed: tools share blobs by them, and what they lead to has the digest or is not taken. */
    auto_fd int fd = source->kind == IMAGE_SOURCE_STORE
                         ? store_open_blob(source->store, digest, &why)
                         : openat(source->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return complain_absent(source, digest, err);
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_MISMATCH, "blob sha256:%s in '%s' is not a regular file", hex, source->path);
    }
    source->opened = xreallocarray(source->opened, source->opens + 1, sizeof(*source->opened));
    source->opened[source->opens++] = fd;
    *place = (struct image_place){.fd = steal_fd(&fd), .size = (uint64_t)st.st_size};
    return 0;
}

static const struct image_alias *find_alias(const struct image_source *source, const struct digest *digest)
{
    for (size_t i = 0; i < source->aliases; i++) {
        if (digest_equal(&source->alias[i].digest, digest)) {
            return &source->alias[i];
        }
    }
    return NULL;
}

static int find_member(struct image_source *source, const struct digest *digest, struct image_place *place,
                       struct err *err)
{
    struct image_range range;
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    const struct image_alias *alias = find_alias(source, digest);
    auto_free char *name =
        alias != NULL && alias->member != NULL ? xstrdup(alias->member) : xasprintf("blobs/sha256/%s", hex);
    if (!image_archive_find(&source->archive, name, &range)) {
        return complain_absent(source, digest, err);
    }
    *place = (struct image_place){.fd = source->archive.fd, .from = range.from, .size = range.size};
    return 0;
}

int image_source_find(struct image_source *source, const struct digest *digest, uint64_t size,
                      struct image_place *ret_place, struct err *err)
{
    struct image_place place = {0};
    char hex[DIGEST_HEX + 1];
    if ((source->kind == IMAGE_SOURCE_ARCHIVE ? find_member(source, digest, &place, err)
                                              : open_file(source, digest, &place, err)) < 0) {
        return -1;
    }
    if (size != 0 && place.size != size) {
        digest_to_hex(digest, hex);
        return err_set(err, ERR_MISMATCH, "blob sha256:%s in '%s' has %llu bytes, and should have %llu", hex,
                       source->path, (unsigned long long)place.size, (unsigned long long)size);
    }
    *ret_place = place;
    return 0;
}

int image_place_read(const struct image_place *place, struct buf *bytes, struct err *err)
{
    auto_free char *text = xmalloc(place->size + 1);
    size_t done = 0;
    while (done < place->size) {
        ssize_t got = pread(place->fd, text + done, place->size - done, (off_t)(place->from + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read");
        }
        if (got == 0) {
            return err_set(err, ERR_MISMATCH, "it became shorter while it was read");
        }
        done += (size_t)got;
    }
    buf_add(bytes, text, done);
    return 0;
}

int image_source_read(struct image_source *source, const struct digest *digest, uint64_t size, size_t most,
                      struct buf *ret_bytes, struct err *err)
{
    struct digest is;
    struct image_place place = {0};
    char hex[DIGEST_HEX + 1];
    auto_release(buf) struct buf bytes = {0};
    const struct image_alias *alias = find_alias(source, digest);
    digest_to_hex(digest, hex);
    if (alias != NULL && alias->text != NULL) {
        buf_add_text(&bytes, alias->text);
        if (size != 0 && bytes.length != size) {
            return err_set(err, ERR_MISMATCH, "the manifest of '%s' has %zu bytes, and should have %llu", source->path,
                           bytes.length, (unsigned long long)size);
        }
    } else if (image_source_find(source, digest, size, &place, err) < 0) {
        return -1;
    } else if (place.size > most) {
        return err_set(err, ERR_INVALID, "blob sha256:%s in '%s' is larger than %zu bytes", hex, source->path, most);
    } else if (image_place_read(&place, &bytes, err) < 0) {
        return err_wrap(err, "blob sha256:%s in '%s'", hex, source->path);
    }
    digest_bytes(buf_text(&bytes), bytes.length, &is);
    if (!digest_equal(&is, digest)) {
        return err_set(err, ERR_MISMATCH, "blob sha256:%s in '%s' has other content", hex, source->path);
    }
    buf_add(ret_bytes, bytes.bytes, bytes.length);
    return 0;
}

int image_source_index(struct image_source *source, struct buf *ret_bytes, struct err *err)
{
    if (source->kind == IMAGE_SOURCE_ARCHIVE) {
        return image_saved_member(source, "index.json", IMAGE_DOCUMENT_BYTES, ret_bytes, err);
    }
    return fs_read_at(source->dir_fd, "index.json", IMAGE_DOCUMENT_BYTES, ret_bytes, err);
}
