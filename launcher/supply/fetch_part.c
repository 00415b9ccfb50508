/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_part: a file of the store while it arrives. */
#include "supply/fetch_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/strlist.h"
#include "env/sharing.h"
#include "supply/stage.h"
#include "supply/unpack.h"

enum {
    CHUNK = 256 * 1024,
    FROM_BYTES = 16 * 1024, /* an address and a version name; servers cap header lines at 8 KiB */
};

int part_open(struct part *part, int store_fd, const struct digest *sha256, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    uint64_t random = 0;
    digest_to_hex(sha256, hex);
    *part = (struct part){.store_fd = store_fd, .sha256 = *sha256, .fd = -1, .dir_fd = -1};
    if (!random_fill(&random, sizeof(random))) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
    }
    part->name = xasprintf("%s.%016llx.part", hex, (unsigned long long)random);
    part->from_name = xasprintf("%s.%016llx.from", hex, (unsigned long long)random);
    part->dir_fd = openat(store_fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (part->dir_fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open 'tmp' in the store");
    }
    part->fd = openat(part->dir_fd, part->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (part->fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create 'tmp/%s' in the store", part->name);
    }
    flock(part->fd, LOCK_EX | LOCK_NB); /* where there are no locks, others leave it alone for a week */
    digest_begin(&part->state);
    return 0;
}

int part_restart(struct part *part, struct err *err)
{
    if (ftruncate(part->fd, 0) < 0 || lseek(part->fd, 0, SEEK_SET) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "empty 'tmp/%s' in the store", part->name);
    }
    part_set_version(part, NULL, NULL);
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

const char *part_version(const struct part *part, const char *url)
{
    return part->url != NULL && strcmp(part->url, url) == 0 ? part->version : NULL;
}

void part_set_version(struct part *part, const char *url, const char *version)
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    if (version != NULL && part->version != NULL && strcmp(part->version, version) == 0 &&
        strcmp(part->url, url) == 0) {
        return;
    }
    bool had = part->version != NULL;
    auto_free char *new_url = version != NULL ? xstrdup(url) : NULL;
    auto_free char *new_version = version != NULL ? xstrdup(version) : NULL;
    free(part->url);
    free(part->version);
    part->url = steal_ptr(&new_url);
    part->version = steal_ptr(&new_version);
    if (version != NULL) {
        buf_addf(&text, "%s\n%s\n", url, version);
        fs_write_atomic(part->dir_fd, part->from_name, 0600, text.bytes, text.length, &ignored);
    } else if (had) {
        unlinkat(part->dir_fd, part->from_name, 0);
    }
}

/* Part files of the same bytes that others left, or have open. */
static void list_others(const struct part *part, struct strlist *ret_names)
{
    auto_release(strlist) struct strlist names = {0};
    struct err ignored = {0};
    if (fs_list(part->dir_fd, ".", &names, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.item[i];
        const char *ending = strrchr(name, '.');
        if (strncmp(name, part->name, DIGEST_HEX + 1) == 0 && strcmp(ending, ".part") == 0 &&
            strcmp(name, part->name) != 0) {
            strlist_add(ret_names, name);
        }
    }
}

static char *from_name_of(const char *name)
{
    return xasprintf("%.*s.from", (int)(strlen(name) - strlen(".part")), name);
}

/* The version under which the file came from `url`; NULL: it came from elsewhere. Caller frees. */
static char *version_of(const struct part *part, const char *name, const char *url)
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    size_t length = strlen(url);
    auto_free char *from_name = from_name_of(name);
    if (fs_read_at(part->dir_fd, from_name, FROM_BYTES, &text, &ignored) < 0) {
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

/* Where other hosts come too a free lock may be a lie, but nothing grows older than this while it arrives: a stall ends
 * the transfer much sooner. Our own file, just made or written, tells the time of the server that keeps both. */
static bool may_arrive_still(const struct part *part, int fd)
{
    enum { STILL_S = 10 * 60 };
    struct stat ours;
    struct stat its;
    return sharing_is_on(part->store_fd) &&
           (fstat(part->fd, &ours) < 0 || fstat(fd, &its) < 0 || ours.st_mtime - its.st_mtime < STILL_S);
}

/* The lock says that its process is gone; where locks are lies all the same, part_commit has a remedy. */
static void remove_left(const struct part *part, const char *name)
{
    auto_fd int fd = openat(part->dir_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && !may_arrive_still(part, fd)) {
        auto_free char *from_name = from_name_of(name);
        unlinkat(part->dir_fd, name, 0);
        unlinkat(part->dir_fd, from_name, 0);
    }
}

static int copy_left(struct part *part, int from, uint64_t most, struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    while (part->have < most) {
        size_t want = most - part->have < CHUNK ? (size_t)(most - part->have) : CHUNK;
        ssize_t got = read(from, chunk, want);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return 0; /* what could be read is enough */
        }
        if (got > 0 && part_add(part, chunk, (size_t)got, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Whether the file can be taken up for `url`, or is of no use to anybody. */
static bool is_for(const struct part *part, const char *name, bool whole, const char *version)
{
    auto_free char *from_name = from_name_of(name);
    return whole || version != NULL || faccessat(part->dir_fd, from_name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

int part_resume(struct part *part, const char *url, uint64_t size, uint64_t most, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    auto_release(strlist) struct strlist used = {0};
    auto_free char *version = NULL;
    auto_fd int best = -1;
    off_t best_size = 0;
    list_others(part, &names);
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.item[i];
        struct stat st;
        auto_free char *its = version_of(part, name, url);
        auto_fd int fd = openat(part->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
            continue;
        }
        bool whole = size != 0 && (uint64_t)st.st_size == size;
        if (is_for(part, name, whole, its)) {
            strlist_add(&used, name);
        }
        if ((whole || its != NULL) && st.st_size > best_size) {
            auto_fd int old = best;
            best = steal_fd(&fd);
            best_size = st.st_size;
            free(version);
            version = steal_ptr(&its);
        }
    }
    if (best >= 0 && copy_left(part, best, most, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < used.count; i++) {
        remove_left(part, used.item[i]);
    }
    if (version != NULL && part->have > 0) {
        part_set_version(part, url, version);
    }
    return 0;
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
    if ((!same || part->unpinned) && unpack_is_html(part->fd)) {
        return err_set(err, ERR_MISMATCH, "answered with an HTML page instead of the file");
    }
    if (size != 0 && part->have != size) {
        return err_set(err, ERR_MISMATCH, "has %llu bytes, pinned are %llu", (unsigned long long)part->have,
                       (unsigned long long)size);
    }
    if (part->unpinned) {
        part->sha256 = is;
    } else if (!same) {
        char found[DIGEST_HEX + 1];
        char pinned[DIGEST_HEX + 1];
        digest_to_hex(&is, found);
        digest_to_hex(&part->sha256, pinned);
        return err_set(err, ERR_MISMATCH, "has other content: its sha256 is %s, pinned is %s", found, pinned);
    }
    return 0;
}

/* Somebody removed the name of our file, because a lock told that nobody has it open: another file with its bytes,
 * which are read back and checked. */
static int write_again(struct part *part, struct err *err)
{
    struct part other = {0};
    if (part_open(&other, part->store_fd, &part->sha256, err) < 0 || lseek(part->fd, 0, SEEK_SET) < 0 ||
        copy_left(&other, part->fd, part->have, err) < 0) {
        part_close(&other);
        return err->kind != ERR_NONE ? -1 : err_set_errno(err, ERR_SYSTEM, errno, "read a file of the store again");
    }
    int result = check(&other, part->have, err);
    if (result == 0 && fdatasync(other.fd) < 0) {
        result = err_set_errno(err, ERR_SYSTEM, errno, "write 'tmp/%s' to the disk", other.name);
    }
    if (result == 0) {
        result = stage_publish_blob(other.store_fd, other.dir_fd, other.name, &other.sha256, err);
    }
    part_close(&other);
    return result;
}

int part_commit(struct part *part, uint64_t size, struct err *err)
{
    struct err why = {0};
    if (check(part, size, err) < 0) {
        struct err ignored = {0};
        part_restart(part, &ignored);
        return -1;
    }
    if (fdatasync(part->fd) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "write 'tmp/%s' to the disk", part->name);
    }
    if (stage_publish_blob(part->store_fd, part->dir_fd, part->name, &part->sha256, &why) < 0) {
        if (why.saved_errno != ENOENT || write_again(part, err) < 0) {
            *err = err->kind != ERR_NONE ? *err : why;
            return -1;
        }
    }
    part->published = true;
    auto_release(strlist) struct strlist names = {0};
    list_others(part, &names);
    for (size_t i = 0; i < names.count; i++) {
        remove_left(part, names.item[i]);
    }
    unlinkat(part->dir_fd, part->from_name, 0);
    return 0;
}

void part_close(struct part *part)
{
    if (part->name == NULL) {
        return;
    }
    /* Nothing to take up again: no file either. */
    if (part->fd >= 0 && !part->published && (part->have == 0 || part->version == NULL)) {
        unlinkat(part->dir_fd, part->name, 0);
        unlinkat(part->dir_fd, part->from_name, 0);
    }
    if (part->fd >= 0) {
        close(part->fd);
    }
    if (part->dir_fd >= 0) {
        close(part->dir_fd);
    }
    free(part->name);
    free(part->from_name);
    free(part->url);
    free(part->version);
    *part = (struct part){.fd = -1, .dir_fd = -1};
}
