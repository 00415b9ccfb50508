/* SPDX-License-Identifier: BSD-2-Clause
 * content: bytes found again by their digest. */
#include "run/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/progress.h"

void content_places_release(struct content_places *places)
{
    strlist_release(&places->files);
    strlist_release(&places->objects);
}

char *content_object_path(const char *folder, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    return xasprintf("%s/%.2s/%s", folder, hex, hex);
}

/* The next `size` bytes; false when there are fewer. */
static bool hash(int fd, uint64_t size, struct digest *ret_digest)
{
    enum { CHUNK = 128 * 1024 };
    struct digest_state state;
    auto_free char *chunk = xmalloc(CHUNK);
    digest_begin(&state);
    while (size > 0) {
        ssize_t got = read(fd, chunk, size < CHUNK ? (size_t)size : CHUNK);
        if (got <= 0 && !(got < 0 && errno == EINTR)) {
            return false;
        }
        digest_update(&state, chunk, got > 0 ? (size_t)got : 0);
        progress_tick(PROGRESS_BYTES, got > 0 ? (uint64_t)got : 0);
        size -= got > 0 ? (uint64_t)got : 0;
    }
    digest_end(&state, ret_digest);
    return true;
}

/* The size first: it tells many other files apart without reading them. */
static bool holds(int fd, const struct content *content, uint64_t offset)
{
    struct stat st;
    struct digest digest;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || offset > (uint64_t)st.st_size ||
        (uint64_t)st.st_size - offset < content->size ||
        (!content->is_open_ended && (uint64_t)st.st_size - offset > content->size) ||
        lseek(fd, (off_t)offset, SEEK_SET) < 0) {
        return false;
    }
    return hash(fd, content->size, &digest) && digest_equal(&digest, &content->digest);
}

static int open_place(const char *path, const struct content *content, uint64_t offset)
{
    /* O_NONBLOCK: a pipe that was put in the place of the file must not hold the program. */
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || !holds(fd, content, offset) || lseek(fd, (off_t)offset, SEEK_SET) < 0) {
        return -1;
    }
    return steal_fd(&fd);
}

static int found(int fd, const char *path, char **ret_place)
{
    if (ret_place != NULL) {
        *ret_place = xstrdup(path);
    }
    return fd;
}

int content_open(const struct content_places *places, const struct content *content, char **ret_place, struct err *err)
{
    for (size_t i = 0; i < places->files.count; i++) {
        int fd = open_place(places->files.item[i], content, content->offset);
        if (fd >= 0) {
            return found(fd, places->files.item[i], ret_place);
        }
    }
    for (size_t i = 0; i < places->objects.count; i++) {
        auto_free char *path = content_object_path(places->objects.item[i], &content->digest);
        int fd = open_place(path, content, 0);
        if (fd >= 0) {
            return found(fd, path, ret_place);
        }
    }
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&content->digest, hex);
    return err_set(err, ERR_NOT_FOUND, "the content with sha256 %.12s is nowhere to be found", hex);
}
