/* SPDX-License-Identifier: BSD-2-Clause
 * bundle_read: a bundle into an open folder: which members there are, and in which order. */
#include "supply/bundle_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/units.h"
#include "env/bundle_list.h"
#include "supply/bundle_member.h"
#include "supply/confined.h"

/* 64 MiB: as much as sciwrap reads of a manifest. Beyond it the file is wrong, not big. */
enum { TEXT_MOST = 64 * 1024 * 1024 };

struct reading {
    int folder_fd;
    bool contents;
    struct member_stream *stream;
    struct bundle_list list;
    struct digest manifest;
    uint64_t bytes; /* of the members so far, without the list */
};

static int open_new(const struct reading *reading, const char *path, mode_t mode, struct err *err)
{
    int fd = openat(reading->folder_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", path);
}

/* One of the members that are kept for any purpose, into memory and a file of its name. */
static int read_text(struct reading *reading, const char *name, struct buf *text, struct digest *ret_digest,
                     struct err *err)
{
    uint64_t size;
    if (member_begin(reading->stream, name, &size, err) < 0) {
        return -1;
    }
    if (size > TEXT_MOST) {
        return err_set(err, ERR_INVALID, "member '%s' is larger than %d bytes", name, TEXT_MOST);
    }
    struct member_target target = {.text = text, .fd = -1};
    if (member_content(reading->stream, &target, ret_digest, err) < 0) {
        return -1;
    }
    auto_fd int fd = open_new(reading, name, 0600, err);
    return fd < 0 ? -1 : fs_write_fd(fd, name, buf_text(text), text->length, err);
}

static int complain_content(const char *path, const struct digest *is, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(is, hex);
    return err_set(err, ERR_MISMATCH, "member '%s' is not what " BUNDLE_LIST_NAME " says: its sha256 is %s", path, hex);
}

static int make_parents(const struct reading *reading, const char *path, struct err *err)
{
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        auto_free char *folder = xstrndup(path, (size_t)(slash - path));
        if (mkdirat(reading->folder_fd, folder, 0700) < 0 && errno != EEXIST) {
            return err_set_errno(err, ERR_SYSTEM, errno, "create the folder of the artifact");
        }
    }
    return 0;
}

/* The place of a content in the folder; -1 without an error when it is not kept. */
static int open_target(const struct reading *reading, const struct bundle_file *file, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    if (!reading->contents) {
        return -1;
    }
    digest_to_hex(&file->digest, hex);
    if (file->kind >= BUNDLE_ARTIFACT) {
        auto_free char *path = bundle_file_path(file);
        return make_parents(reading, path, err) < 0 ? -1 : open_new(reading, path, 0400, err);
    }
    auto_free char *folder = xasprintf(".sciwrap/objects/%.2s", hex);
    auto_free char *path = xasprintf("%s/%s", folder, hex);
    if (mkdirat(reading->folder_fd, folder, 0700) < 0 && errno != EEXIST) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", folder);
    }
    return open_new(reading, path, 0400, err);
}

/* Counted before its content is read and not after: a little compressed data can be more than any disk holds. */
static int count(struct reading *reading, uint64_t size, const char *path, struct err *err)
{
    if (size > reading->list.bytes - reading->bytes) {
        return err_set(err, ERR_INVALID, "member '%s' is larger than " BUNDLE_LIST_NAME " says", path);
    }
    reading->bytes += size;
    return 0;
}

static int read_file(struct reading *reading, const struct bundle_file *file, struct err *err)
{
    uint64_t size;
    struct digest digest;
    struct err failed = {0};
    auto_free char *path = bundle_file_path(file);
    if (member_begin(reading->stream, path, &size, err) < 0 || count(reading, size, path, err) < 0) {
        return -1;
    }
    auto_fd int fd = open_target(reading, file, &failed);
    if (failed.kind != ERR_NONE) {
        *err = failed;
        return -1;
    }
    struct member_target target = {.fd = fd};
    if (member_content(reading->stream, &target, &digest, err) < 0) {
        return -1;
    }
    /* All of the same age: of what a manifest gives no times for, tools shall not find an index older than its data. */
    if (fd >= 0 && futimens(fd, (const struct timespec[2]){{0}, {0}}) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "set the time of '%s'", path);
    }
    return digest_equal(&digest, &file->digest) ? 0 : complain_content(path, &digest, err);
}

static int read_definition(struct reading *reading, const struct bundle_file *file, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    struct digest digest;
    auto_free char *path = bundle_file_path(file);
    if (read_text(reading, path, &text, &digest, err) < 0 || count(reading, text.length, path, err) < 0) {
        return -1;
    }
    return digest_equal(&digest, &file->digest) ? 0 : complain_content(path, &digest, err);
}

static int read_list(struct reading *reading, struct digest *ret_digest, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    if (read_text(reading, BUNDLE_LIST_NAME, &text, ret_digest, err) < 0) {
        return -1;
    }
    if (bundle_list_parse(&reading->list, buf_text(&text), text.length, err) < 0) {
        return err_wrap(err, "member '" BUNDLE_LIST_NAME "'");
    }
    if (!digest_equal(&reading->list.item[0].digest, &reading->manifest)) {
        return complain_content("manifest.json", &reading->manifest, err);
    }
    return 0;
}

static int make_room(const struct reading *reading, struct err *err)
{
    struct statvfs disk;
    char needs[16];
    char has[16];
    if (mkdirat(reading->folder_fd, ".sciwrap", 0700) < 0 ||
        mkdirat(reading->folder_fd, ".sciwrap/objects", 0700) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the folder of the contents");
    }
    if (fstatvfs(reading->folder_fd, &disk) < 0) {
        return 0; /* writing will tell */
    }
    uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (reading->list.bytes > room) {
        return err_set(err, ERR_SYSTEM, "needs %s of disk to be unpacked, and only %s are free here",
                       units_size(needs, reading->list.bytes), units_size(has, room));
    }
    return 0;
}

static int read_members(struct reading *reading, struct digest *ret_list, struct err *err)
{
    auto_release(buf) struct buf manifest = {0};
    if (read_text(reading, "manifest.json", &manifest, &reading->manifest, err) < 0) {
        return -1;
    }
    if (read_list(reading, ret_list, err) < 0 || count(reading, manifest.length, "manifest.json", err) < 0 ||
        (reading->contents && make_room(reading, err) < 0)) {
        return -1;
    }
    for (size_t i = 1; i < reading->list.count; i++) {
        const struct bundle_file *file = &reading->list.item[i];
        int result =
            file->kind == BUNDLE_DEFINITION ? read_definition(reading, file, err) : read_file(reading, file, err);
        if (result < 0) {
            return -1;
        }
    }
    if (reading->bytes != reading->list.bytes) {
        return err_set(err, ERR_INVALID, "member '" BUNDLE_LIST_NAME "': the files have %llu bytes, it says %llu",
                       (unsigned long long)reading->bytes, (unsigned long long)reading->list.bytes);
    }
    return member_end(reading->stream, err);
}

int bundle_read_here(int fd, int folder_fd, bool contents, _Atomic uint64_t *done, struct digest *ret_list,
                     struct err *err)
{
    struct reading reading = {.folder_fd = folder_fd, .contents = contents};
    reading.stream = member_stream_open(fd, done, err);
    int result = reading.stream == NULL ? -1 : read_members(&reading, ret_list, err);
    member_stream_close(&reading.stream);
    bundle_list_release(&reading.list);
    return result;
}

struct request {
    int fd;
    bool contents;
};

/* What confined_run calls in the process that reads. */
static int work(void *user, int folder_fd, _Atomic uint64_t *done, void *result, struct err *err)
{
    const struct request *request = user;
    return bundle_read_here(request->fd, folder_fd, request->contents, done, result, err);
}

int bundle_read(int fd, int folder_fd, bool contents, struct progress *progress, struct digest *ret_list,
                struct err *err)
{
    struct request request = {.fd = fd, .contents = contents};
    struct confined confined = {.what = "reads the bundle",
                                .folder_fd = folder_fd,
                                .input_fd = &request.fd,
                                .inputs = 1,
                                .limits = confined_default_limits,
                                .work = work,
                                .user = &request,
                                .result_bytes = sizeof(*ret_list)};
    confined.limits.file_bytes = BUNDLE_BYTES_MOST;
    return confined_run(&confined, progress, ret_list, err);
}
