/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_part: a file of the store while it arrives. */
#include "supply/fetch_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "supply/unpack.h"

enum {
    CHUNK = 256 * 1024,
    FROM_BYTES = 16 * 1024, /* an address and a version name; servers cap header lines at 8 KiB */
};

static int open_locked(int dir_fd, const char *name)
{
    auto_fd int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat st;
    if (fd < 0) {
        return -1;
    }
    /* No locks on this file system: go on, the digest decides. */
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        return -1;
    }
    /* Who had the lock may have published and renamed the file meanwhile. */
    if (fstat(fd, &st) < 0 || st.st_nlink == 0 || !S_ISREG(st.st_mode)) {
        errno = EWOULDBLOCK;
        return -1;
    }
    return steal_fd(&fd);
}

/* While another process works on the same file: a private one, which nobody can resume. */
static int open_private(struct part *part, struct err *err)
{
    char place[] = "the store";
    struct store store = {.fd = part->store_fd, .path = place};
    if (stage_begin(&part->stage, &store, err) < 0) {
        return -1;
    }
    close(part->dir_fd);
    part->dir_fd = fcntl(part->stage.fd, F_DUPFD_CLOEXEC, 3);
    part->fd = open_locked(part->dir_fd, part->name);
    return part->fd < 0 ? err_set_errno(err, ERR_SYSTEM, errno, "create a file in the store") : 0;
}

static int hash_present(struct part *part, struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    for (;;) {
        ssize_t got = read(part->fd, chunk, CHUNK);
        if (got < 0 && errno != EINTR) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read the partial file '%s' in the store", part->name);
        }
        if (got == 0) {
            return 0;
        }
        if (got > 0) {
            digest_update(&part->state, chunk, (size_t)got);
            part->have += (uint64_t)got;
        }
    }
}

int part_open(struct part *part, int store_fd, const struct digest *sha256, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(sha256, hex);
    *part = (struct part){.store_fd = store_fd, .sha256 = *sha256, .stage = {.fd = -1}, .fd = -1};
    part->name = xasprintf("%s.part", hex);
    part->from_name = xasprintf("%s.from", hex);
    part->dir_fd = openat(store_fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (part->dir_fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open 'tmp' in the store");
    }
    part->fd = open_locked(part->dir_fd, part->name);
    if (part->fd < 0 && errno != EWOULDBLOCK) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create 'tmp/%s' in the store", part->name);
    }
    if (part->fd < 0 && open_private(part, err) < 0) {
        return -1;
    }
    digest_begin(&part->state);
    return hash_present(part, err);
}

int part_restart(struct part *part, struct err *err)
{
    if (ftruncate(part->fd, 0) < 0 || lseek(part->fd, 0, SEEK_SET) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "empty 'tmp/%s' in the store", part->name);
    }
    unlinkat(part->dir_fd, part->from_name, 0);
    part->have = 0;
    digest_begin(&part->state);
    return 0;
}

int part_add(struct part *part, const void *bytes, size_t length, struct err *err)
{
    if (fs_write_fd(part->fd, part->name, bytes, length, err) < 0) {
        return -1;
    }
    digest_update(&part->state, bytes, length);
    part->have += length;
    return 0;
}

static bool header_is(const char *line, size_t length, const char *name)
{
    size_t name_length = strlen(name);
    return length > name_length && strncasecmp(line, name, name_length) == 0;
}

void part_read_header(const char *line, size_t length, char **version)
{
    if (header_is(line, length, "HTTP/")) { /* after a redirect, headers begin again */
        free(*version);
        *version = NULL;
    }
    bool tag = header_is(line, length, "ETag:");
    if (!tag && (*version != NULL || !header_is(line, length, "Last-Modified:"))) {
        return;
    }
    const char *value = (const char *)memchr(line, ':', length) + 1;
    const char *end = line + length;
    while (value < end && *value == ' ') {
        value++;
    }
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ')) {
        end--;
    }
    if (end - value < 2 || strncmp(value, "W/", 2) != 0) {
        free(*version);
        *version = xstrndup(value, (size_t)(end - value));
    }
}

char *part_version(const struct part *part, const char *url)
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    size_t length = strlen(url);
    if (fs_read_at(part->dir_fd, part->from_name, FROM_BYTES, &text, &ignored) < 0) {
        return NULL;
    }
    const char *line = buf_text(&text);
    if (strncmp(line, url, length) != 0 || line[length] != '\n') {
        return NULL;
    }
    line += length + 1;
    size_t version = strcspn(line, "\r\n");
    return version > 0 ? xstrndup(line, version) : NULL;
}

void part_set_version(const struct part *part, const char *url, const char *version)
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    buf_addf(&text, "%s\n%s\n", url, version);
    fs_write_atomic(part->dir_fd, part->from_name, 0600, text.bytes, text.length, &ignored);
}

int part_copy(struct part *part, const char *path, uint64_t most, struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    struct stat st;
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return err_set(err, ERR_NOT_FOUND, "%s", strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_MISMATCH, "not a regular file");
    }
    if (part_restart(part, err) < 0) {
        return -1;
    }
    for (;;) {
        ssize_t got = read(fd, chunk, CHUNK);
        if (got == 0 || part->have > most) {
            return 0; /* too long: part_commit finds out */
        }
        if (got < 0 && errno != EINTR) {
            return err_set(err, ERR_NOT_FOUND, "%s", strerror(errno));
        }
        if (got > 0 && part_add(part, chunk, (size_t)got, err) < 0) {
            return -1;
        }
    }
}

static int check(struct part *part, uint64_t size, struct err *err)
{
    struct digest is;
    digest_end(&part->state, &is);
    bool same = digest_equal(&is, &part->sha256);
    if (!same && unpack_is_html(part->fd)) {
        return err_set(err, ERR_MISMATCH, "answered with an HTML page instead of the file");
    }
    if (size != 0 && part->have != size) {
        return err_set(err, ERR_MISMATCH, "has %llu bytes, pinned are %llu", (unsigned long long)part->have,
                       (unsigned long long)size);
    }
    if (!same) {
        char found[DIGEST_HEX + 1];
        char pinned[DIGEST_HEX + 1];
        digest_to_hex(&is, found);
        digest_to_hex(&part->sha256, pinned);
        return err_set(err, ERR_MISMATCH, "has other content: its sha256 is %s, pinned is %s", found, pinned);
    }
    return 0;
}

int part_commit(struct part *part, uint64_t size, struct err *err)
{
    if (check(part, size, err) < 0) {
        struct err ignored = {0};
        part_restart(part, &ignored);
        return -1;
    }
    if (fdatasync(part->fd) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "write 'tmp/%s' to the disk", part->name);
    }
    if (stage_publish_blob(part->store_fd, part->dir_fd, part->name, &part->sha256, err) < 0) {
        return -1;
    }
    unlinkat(part->dir_fd, part->from_name, 0);
    return 0;
}

void part_close(struct part *part)
{
    if (part->name == NULL) {
        return;
    }
    if (part->fd >= 0) {
        /* Nothing to take up again: no file either. */
        if (part->have == 0) {
            unlinkat(part->dir_fd, part->name, 0);
            unlinkat(part->dir_fd, part->from_name, 0);
        }
        close(part->fd);
    }
    if (part->dir_fd >= 0) {
        close(part->dir_fd);
    }
    stage_release(&part->stage);
    free(part->name);
    free(part->from_name);
    *part = (struct part){.fd = -1, .dir_fd = -1, .stage = {.fd = -1}};
}
