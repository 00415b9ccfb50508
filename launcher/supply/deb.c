/* SPDX-License-Identifier: BSD-2-Clause
 * deb: what a Debian package file or a tar archive holds. */
#include "supply/deb.h"

#include <archive.h>
#include <archive_entry.h>
#include <fnmatch.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"

enum {
    CHUNK = 128 * 1024,
    CONTROL_BYTES = 1024 * 1024, /* the longest of Debian has 30 kB */
    PATH_BYTES = 3072,           /* as supply/unpack takes it */
};

struct reader {
    struct archive *archive; /* a tar */
    const struct deb_choice *choice;
    struct spool *spool;
    struct deb_entries *entries;
};

static void archive_release(struct archive **archive)
{
    if (*archive != NULL) {
        archive_read_free(*archive);
    }
}

/* File names of pax archives are UTF-8, which libarchive converts to the thread's locale: with the caller's, the same
 * archive would give other names in another country. */
static void locale_release(locale_t *old)
{
    locale_t ours = uselocale(*old);
    if (ours != LC_GLOBAL_LOCALE && ours != (locale_t)0) {
        freelocale(ours);
    }
}

static locale_t use_utf8(void)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return utf8 == (locale_t)0 ? uselocale((locale_t)0) : uselocale(utf8);
}

static int complain(struct archive *archive, const char *from, struct err *err)
{
    const char *text = archive_error_string(archive);
    return err_set(err, ERR_INVALID, "%s: %s", from, text != NULL ? text : "damaged archive");
}

/* The path in the tree: "./usr/bin/" is "usr/bin". NULL without an error when strip leaves nothing. */
static char *clean_path(const struct deb_choice *choice, const char *raw, struct err *err)
{
    auto_free char *path = xstrdup(raw);
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/') {
        path[--length] = '\0';
    }
    const char *at = strcmp(path, ".") == 0 ? path + 1 : strncmp(path, "./", 2) == 0 ? path + 2 : path;
    if (length > PATH_BYTES || (*at != '\0' && !path_is_clean(at))) {
        err_set(err, ERR_INVALID, "%s: '%s' is not a path beneath a root", choice->from, raw);
        return NULL;
    }
    for (uint64_t i = 0; i < choice->strip; i++) {
        const char *slash = strchr(at, '/');
        if (slash == NULL) {
            return NULL;
        }
        at = slash + 1;
    }
    return xasprintf("%s%s%s", choice->prefix, choice->prefix[0] != '\0' && *at != '\0' ? "/" : "", at);
}

static bool matches(const struct strlist *patterns, const char *path)
{
    for (size_t i = 0; patterns != NULL && i < patterns->count; i++) {
        if (fnmatch(patterns->item[i], path, 0) == 0) {
            return true;
        }
    }
    return false;
}

static struct tree_entry *add_entry(struct deb_entries *entries)
{
    if (entries->count == entries->capacity) {
        entries->capacity = entries->capacity < 64 ? 64 : entries->capacity * 2;
        entries->entry = xreallocarray(entries->entry, entries->capacity, sizeof(*entries->entry));
    }
    struct tree_entry *entry = &entries->entry[entries->count++];
    *entry = (struct tree_entry){0};
    return entry;
}

static int take_content(struct reader *reader, uint64_t size, struct tree_content *ret_content, struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    struct digest_state state;
    uint64_t done = 0;
    uint64_t offset = spool_reserve(reader->spool, size);
    digest_begin(&state);
    for (;;) {
        la_ssize_t got = archive_read_data(reader->archive, chunk, CHUNK);
        if (got < 0) {
            return complain(reader->archive, reader->choice->from, err);
        }
        if (got == 0) {
            break;
        }
        if ((uint64_t)got > size - done) {
            return err_set(err, ERR_INVALID, "%s: a file is longer than its header says", reader->choice->from);
        }
        digest_update(&state, chunk, (size_t)got);
        if (spool_write(reader->spool, offset + done, chunk, (size_t)got, err) < 0) {
            return -1;
        }
        done += (uint64_t)got;
    }
    if (done != size) {
        return err_set(err, ERR_INVALID, "%s: a file is shorter than its header says", reader->choice->from);
    }
    *ret_content = (struct tree_content){.offset = offset, .size = size};
    digest_end(&state, &ret_content->digest);
    return 0;
}

static int take_hard_link(struct reader *reader, const char *raw, struct tree_entry *entry, struct err *err)
{
    entry->type = TREE_FILE;
    entry->hard = true;
    entry->target = clean_path(reader->choice, raw, err);
    if (entry->target == NULL && err->kind == ERR_NONE) {
        return err_set(err, ERR_INVALID, "%s: hard link to '%s', which 'strip' leaves out", reader->choice->from, raw);
    }
    return entry->target == NULL ? -1 : 0;
}

static int take_link(const struct reader *reader, struct archive_entry *from, struct tree_entry *entry, struct err *err)
{
    const char *target = archive_entry_symlink(from);
    if (target == NULL || target[0] == '\0' || strlen(target) > PATH_BYTES) {
        return err_set(err, ERR_INVALID, "%s: link '%s' has no usable target", reader->choice->from, entry->path);
    }
    entry->type = TREE_LINK;
    entry->target = xstrdup(target);
    return 0;
}

/* Fills type and what belongs to it. */
static int take_kind(struct reader *reader, struct archive_entry *from, struct tree_entry *entry, struct err *err)
{
    const char *hard = archive_entry_hardlink(from);
    if (hard != NULL) {
        return take_hard_link(reader, hard, entry, err);
    }
    switch (archive_entry_filetype(from)) {
    case S_IFDIR:
        entry->type = TREE_FOLDER;
        return 0;
    case S_IFLNK:
        return take_link(reader, from, entry, err);
    case S_IFREG:
        entry->type = TREE_FILE;
        if (!archive_entry_size_is_set(from) || archive_entry_size(from) < 0) {
            return err_set(err, ERR_INVALID, "%s: '%s' has no size", reader->choice->from, entry->path);
        }
        return take_content(reader, (uint64_t)archive_entry_size(from), &entry->content, err);
    default:
        return err_set(err, ERR_INVALID, "%s: '%s' is a device or a pipe; leave it out with 'exclude'",
                       reader->choice->from, entry->path);
    }
}

static int take_entry(struct reader *reader, struct archive_entry *from, struct err *err)
{
    const struct deb_choice *choice = reader->choice;
    const char *raw = archive_entry_pathname(from);
    if (raw == NULL) {
        return err_set(err, ERR_INVALID, "%s: an entry's name cannot be read", choice->from);
    }
    auto_free char *path = clean_path(choice, raw, err);
    if (path == NULL) {
        return err->kind == ERR_NONE ? 0 : -1;
    }
    if (matches(choice->exclude, path) && !matches(choice->include, path)) {
        return 0;
    }
    if (choice->entries != 0 && reader->entries->count == choice->entries) {
        return err_set(err, ERR_INVALID, "%s: more than %llu entries; $SCIWRAP_UNPACK_ENTRIES sets the limit",
                       choice->from, (unsigned long long)choice->entries);
    }
    struct tree_entry *entry = add_entry(reader->entries);
    int64_t mtime = archive_entry_mtime_is_set(from) ? archive_entry_mtime(from) : choice->time;
    entry->path = steal_ptr(&path);
    entry->mode = archive_entry_perm(from) & 01777;
    entry->mtime = mtime < 0 ? 0 : mtime > choice->time ? choice->time : mtime;
    entry->from = choice->from;
    return take_kind(reader, from, entry, err);
}

static int take_entries(struct reader *reader, struct err *err)
{
    for (;;) {
        struct archive_entry *entry = NULL;
        int status = archive_read_next_header(reader->archive, &entry);
        if (status == ARCHIVE_EOF) {
            return 0;
        }
        if (status != ARCHIVE_OK) {
            return complain(reader->archive, reader->choice->from, err);
        }
        struct err failure = {0};
        if (take_entry(reader, entry, &failure) < 0) {
            *err = failure;
            return -1;
        }
    }
}

/* The text of the control file out of control.tar. */
static int take_control(struct archive *archive, const char *from, struct buf *control, struct err *err)
{
    for (;;) {
        struct archive_entry *entry = NULL;
        int status = archive_read_next_header(archive, &entry);
        if (status != ARCHIVE_OK) {
            return status == ARCHIVE_EOF ? err_set(err, ERR_INVALID, "%s: no control file", from)
                                         : complain(archive, from, err);
        }
        const char *name = archive_entry_pathname(entry);
        if (name == NULL || (strcmp(name, "./control") != 0 && strcmp(name, "control") != 0)) {
            continue;
        }
        if (archive_entry_size(entry) <= 0 || archive_entry_size(entry) > CONTROL_BYTES) {
            return err_set(err, ERR_INVALID, "%s: its control file is empty or too long", from);
        }
        size_t size = (size_t)archive_entry_size(entry);
        auto_free char *text = xmalloc(size);
        if (archive_read_data(archive, text, size) != (la_ssize_t)size) {
            return complain(archive, from, err);
        }
        buf_add(control, text, size);
        return 0;
    }
}

static struct archive *new_tar(void)
{
    struct archive *archive = archive_read_new();
    if (archive != NULL) {
        archive_read_support_format_tar(archive);
        archive_read_support_filter_gzip(archive);
        archive_read_support_filter_bzip2(archive);
        archive_read_support_filter_xz(archive);
        archive_read_support_filter_zstd(archive);
    }
    return archive;
}

/* Hands the blocks of a member of the outer archive to the inner one. */
static la_ssize_t read_member(struct archive *inner, void *outer, const void **block)
{
    size_t size = 0;
    la_int64_t offset = 0;
    int status = archive_read_data_block(outer, block, &size, &offset);
    if (status == ARCHIVE_EOF) {
        return 0;
    }
    if (status != ARCHIVE_OK) {
        archive_set_error(inner, archive_errno(outer), "%s", archive_error_string(outer));
        return -1;
    }
    return (la_ssize_t)size;
}

static int read_tar_member(struct archive *outer, struct reader *reader, struct buf *control, struct err *err)
{
    __attribute__((cleanup(archive_release))) struct archive *inner = new_tar();
    if (inner == NULL || archive_read_open(inner, outer, NULL, read_member, NULL) != ARCHIVE_OK) {
        return inner == NULL ? err_set(err, ERR_SYSTEM, "out of memory") : complain(inner, reader->choice->from, err);
    }
    if (control != NULL) {
        return take_control(inner, reader->choice->from, control, err);
    }
    reader->archive = inner;
    return take_entries(reader, err);
}

/* The members of a package in their order: debian-binary, control.tar.*, data.tar.*. */
static int read_members(struct archive *outer, struct reader *reader, struct buf *control, struct err *err)
{
    bool has_control = false;
    bool has_data = false;
    for (;;) {
        struct archive_entry *entry = NULL;
        int status = archive_read_next_header(outer, &entry);
        if (status == ARCHIVE_EOF) {
            break;
        }
        const char *name = status == ARCHIVE_OK ? archive_entry_pathname(entry) : NULL;
        if (name == NULL) {
            return complain(outer, reader->choice->from, err);
        }
        if (strncmp(name, "control.tar", 11) == 0 && !has_control) {
            has_control = true;
            if (read_tar_member(outer, reader, control, err) < 0) {
                return -1;
            }
        } else if (strncmp(name, "data.tar", 8) == 0 && !has_data) {
            has_data = true;
            if (read_tar_member(outer, reader, NULL, err) < 0) {
                return -1;
            }
        }
    }
    return has_control && has_data ? 0
                                   : err_set(err, ERR_INVALID, "%s: not a Debian package: it lacks %s",
                                             reader->choice->from, has_control ? "data.tar" : "control.tar");
}

int deb_read(int fd, const struct deb_choice *choice, struct spool *spool, struct deb_entries *ret_entries,
             struct buf *control, struct err *err)
{
    __attribute__((cleanup(locale_release))) locale_t old = use_utf8();
    __attribute__((cleanup(archive_release))) struct archive *outer = archive_read_new();
    struct reader reader = {.choice = choice, .spool = spool, .entries = ret_entries};
    (void)old;
    if (outer == NULL || archive_read_support_format_ar(outer) != ARCHIVE_OK ||
        archive_read_open_fd(outer, fd, CHUNK) != ARCHIVE_OK) {
        return outer == NULL ? err_set(err, ERR_SYSTEM, "out of memory") : complain(outer, choice->from, err);
    }
    return read_members(outer, &reader, control, err);
}

int deb_read_tar(int fd, const struct deb_choice *choice, struct spool *spool, struct deb_entries *ret_entries,
                 struct err *err)
{
    __attribute__((cleanup(locale_release))) locale_t old = use_utf8();
    __attribute__((cleanup(archive_release))) struct archive *archive = new_tar();
    struct reader reader = {.archive = archive, .choice = choice, .spool = spool, .entries = ret_entries};
    (void)old;
    if (archive == NULL || archive_read_open_fd(archive, fd, CHUNK) != ARCHIVE_OK) {
        return archive == NULL ? err_set(err, ERR_SYSTEM, "out of memory") : complain(archive, choice->from, err);
    }
    return take_entries(&reader, err);
}

void deb_entries_release(struct deb_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        free((void *)(uintptr_t)entries->entry[i].path);
        free((void *)(uintptr_t)entries->entry[i].target);
    }
    free(entries->entry);
    *entries = (struct deb_entries){0};
}
