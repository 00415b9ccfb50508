/* SPDX-License-Identifier: BSD-2-Clause
 * lockfile: recipes/NAME.lock. */
#include "supply/lockfile.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/keyfile.h"
#include "base/keyrules.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

/* 16 GiB: ten times the largest package of Debian; sums stay far from overflow. */
#define PACKAGE_BYTES_MOST (16ULL << 30)

struct reading {
    struct lockfile *lock;
    bool has_format;
    bool has_wants;
    bool has_sha256; /* of the package that is being read */
};

struct locked_package *lockfile_add(struct lockfile *lock)
{
    lock->package = xreallocarray(lock->package, lock->count + 1, sizeof(*lock->package));
    lock->package[lock->count] = (struct locked_package){0};
    return &lock->package[lock->count++];
}

bool lockfile_time(const char *snapshot, int64_t *ret_seconds)
{
    static const char form[] = "ddddddddTddddddZ";
    int number[6] = {0}; /* year, month, day, hour, minute, second */
    static const int digits[] = {4, 2, 2, 2, 2, 2};
    if (strlen(snapshot) != sizeof(form) - 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        bool digit = snapshot[i] >= '0' && snapshot[i] <= '9';
        if (form[i] == 'd' ? !digit : snapshot[i] != form[i]) {
            return false;
        }
    }
    const char *at = snapshot;
    for (size_t part = 0; part < 6; part++) {
        at += *at == 'T';
        for (int i = 0; i < digits[part]; i++) {
            number[part] = number[part] * 10 + (*at++ - '0');
        }
    }
    struct tm time = {.tm_year = number[0] - 1900,
                      .tm_mon = number[1] - 1,
                      .tm_mday = number[2],
                      .tm_hour = number[3],
                      .tm_min = number[4],
                      .tm_sec = number[5]};
    struct tm given = time;
    int64_t seconds = timegm(&time);
    /* timegm repairs the 31st of February in silence; a pinned time must be one. */
    bool same = time.tm_mon == given.tm_mon && time.tm_mday == given.tm_mday && time.tm_hour == given.tm_hour &&
                time.tm_min == given.tm_min && time.tm_sec == given.tm_sec;
    if (!same || number[0] < 1970 || number[0] > 2999) {
        return false;
    }
    *ret_seconds = seconds;
    return true;
}

static int take_format(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    ((struct reading *)into)->has_format = true;
    if (strcmp(entry->value, "1") != 0) {
        return keyfile_complain(file, entry->line, err, "format '%s'; this program reads 1", entry->value);
    }
    return 0;
}

static int take_digest(struct digest *place, const struct keyfile *file, const struct keyfile_entry *entry,
                       struct err *err)
{
    if (!digest_from_hex(entry->value, place)) {
        return keyfile_complain(file, entry->line, err, "%s = '%s': 64 lower-case hexadecimal digits", entry->key,
                                entry->value);
    }
    return 0;
}

static int take_wants(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct reading *reading = into;
    reading->has_wants = true;
    return take_digest(&reading->lock->wants, file, entry, err);
}

static int take_text(char **place, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    if (entry->value[0] == '\0') {
        return keyfile_complain(file, entry->line, err, "'%s' is empty", entry->key);
    }
    free(*place);
    *place = xstrdup(entry->value);
    return 0;
}

static int take_suite(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_text(&((struct reading *)into)->lock->suite, file, entry, err);
}

static int take_architecture(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_text(&((struct reading *)into)->lock->architecture, file, entry, err);
}

static int take_snapshot(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    int64_t seconds = 0;
    if (!lockfile_time(entry->value, &seconds)) {
        return keyfile_complain(file, entry->line, err, "snapshot = '%s': a time such as 20240901T083152Z",
                                entry->value);
    }
    return take_text(&((struct reading *)into)->lock->snapshot, file, entry, err);
}

static int check_complete(const struct reading *reading, const struct keyfile *file, int line, struct err *err)
{
    const struct lockfile *lock = reading->lock;
    const struct locked_package *package = lock->count > 0 ? &lock->package[lock->count - 1] : NULL;
    if (package != NULL && (package->version == NULL || package->archive == NULL || package->path == NULL ||
                            package->size == 0 || !reading->has_sha256)) {
        return keyfile_complain(file, line, err, "package '%s' needs version, archive, path, size and sha256",
                                package->name);
    }
    return 0;
}

/* `name` begins a package; sorted, so that the same packages give the same text and each stands once. */
static int begin_package(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct reading *reading = into;
    struct lockfile *lock = reading->lock;
    if (!path_is_name(entry->value)) {
        return keyfile_complain(file, entry->line, err, "'%s' is not the name of a package", entry->value);
    }
    if (check_complete(reading, file, entry->line, err) < 0) {
        return -1;
    }
    if (lock->count > 0 && strcmp(lock->package[lock->count - 1].name, entry->value) >= 0) {
        return keyfile_complain(file, entry->line, err, "package '%s' stands after '%s'; packages are sorted",
                                entry->value, lock->package[lock->count - 1].name);
    }
    reading->has_sha256 = false;
    lockfile_add(lock)->name = xstrdup(entry->value);
    return 0;
}

static int check_archive(const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    if (strcmp(entry->value, "debian") != 0 && strcmp(entry->value, "debian-security") != 0) {
        return keyfile_complain(file, entry->line, err, "archive = '%s': debian or debian-security", entry->value);
    }
    return 0;
}

/* The path becomes part of addresses and of file names of a local mirror. */
static int check_pool_path(const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    if (!path_is_clean(entry->value) || strncmp(entry->value, "pool/", 5) != 0 ||
        strpbrk(entry->value, " \t?#%\\") != NULL) {
        return keyfile_complain(file, entry->line, err, "path = '%s': a path below pool/", entry->value);
    }
    return 0;
}

static int take_of_package(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct reading *reading = into;
    if (reading->lock->count == 0) {
        return keyfile_complain(file, entry->line, err, "'%s' before 'name', which begins a package", entry->key);
    }
    struct locked_package *package = &reading->lock->package[reading->lock->count - 1];
    if (strcmp(entry->key, "version") == 0) {
        return take_text(&package->version, file, entry, err);
    }
    if (strcmp(entry->key, "archive") == 0) {
        return check_archive(file, entry, err) < 0 ? -1 : take_text(&package->archive, file, entry, err);
    }
    if (strcmp(entry->key, "path") == 0) {
        return check_pool_path(file, entry, err) < 0 ? -1 : take_text(&package->path, file, entry, err);
    }
    if (strcmp(entry->key, "sha256") == 0) {
        reading->has_sha256 = true;
        return take_digest(&package->sha256, file, entry, err);
    }
    if (!text_to_u64(entry->value, 1, PACKAGE_BYTES_MOST, &package->size)) {
        return keyfile_complain(file, entry->line, err, "size = '%s': a number of bytes up to 16 GiB", entry->value);
    }
    return 0;
}

static const struct keyrule lockfile_rules[] = {
    {"lock", "format", false, take_format},        {"lock", "wants", false, take_wants},
    {"lock", "suite", false, take_suite},          {"lock", "architecture", false, take_architecture},
    {"lock", "snapshot", false, take_snapshot},    {"package", "name", true, begin_package},
    {"package", "version", true, take_of_package}, {"package", "archive", true, take_of_package},
    {"package", "path", true, take_of_package},    {"package", "size", true, take_of_package},
    {"package", "sha256", true, take_of_package},
};

static int parse(struct lockfile *lock, const char *name, const char *bytes, size_t length, struct err *err)
{
    auto_release(keyfile) struct keyfile file = {0};
    struct reading reading = {.lock = lock};
    if (keyfile_parse(&file, name, bytes, length, err) < 0 ||
        keyrules_apply(&file, lockfile_rules, sizeof(lockfile_rules) / sizeof(*lockfile_rules), &reading, err) < 0) {
        return -1;
    }
    if (!reading.has_format || !reading.has_wants || lock->suite == NULL || lock->architecture == NULL ||
        lock->snapshot == NULL || lock->count == 0) {
        return err_set(err, ERR_INVALID,
                       "%s: [lock] needs format, wants, suite, architecture and snapshot, and a "
                       "lock has packages",
                       name);
    }
    return check_complete(&reading, &file, file.entry[file.count - 1].line, err);
}

int lockfile_parse(struct lockfile *lock, const char *name, const char *bytes, size_t length, struct err *err)
{
    *lock = (struct lockfile){0};
    int result = parse(lock, name, bytes, length, err);
    if (result < 0) {
        lockfile_release(lock);
    }
    return result;
}

int lockfile_load(struct lockfile *lock, const char *path, struct err *err)
{
    *lock = (struct lockfile){0};
    auto_release(buf) struct buf text = {0};
    if (fs_read_path(path, KEYFILE_BYTES, &text, err) < 0) {
        if (err->kind == ERR_NOT_FOUND) {
            err_set(err, ERR_NOT_FOUND, "no lock file '%s'; 'sciwrap lock NAME' makes it on a Debian host", path);
        }
        return -1;
    }
    return lockfile_parse(lock, path, buf_text(&text), text.length, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct locked_package *)a)->name, ((const struct locked_package *)b)->name);
}

void lockfile_format(struct lockfile *lock, struct buf *text)
{
    char hex[DIGEST_HEX + 1];
    if (lock->count > 1) {
        qsort(lock->package, lock->count, sizeof(*lock->package), by_name);
    }
    digest_to_hex(&lock->wants, hex);
    buf_add_text(text, "; Made by 'sciwrap lock'; do not edit. Paths are those of any mirror of the archive.\n");
    buf_addf(text, "[lock]\nformat = 1\nwants = %s\nsuite = %s\narchitecture = %s\nsnapshot = %s\n", hex, lock->suite,
             lock->architecture, lock->snapshot);
    for (size_t i = 0; i < lock->count; i++) {
        const struct locked_package *package = &lock->package[i];
        digest_to_hex(&package->sha256, hex);
        buf_addf(text, "\n[package]\nname = %s\nversion = %s\narchive = %s\npath = %s\nsize = %llu\nsha256 = %s\n",
                 package->name, package->version, package->archive, package->path, (unsigned long long)package->size,
                 hex);
    }
}

void lockfile_release(struct lockfile *lock)
{
    for (size_t i = 0; i < lock->count; i++) {
        struct locked_package *package = &lock->package[i];
        free(package->name);
        free(package->version);
        free(package->archive);
        free(package->path);
    }
    free(lock->package);
    free(lock->suite);
    free(lock->architecture);
    free(lock->snapshot);
    *lock = (struct lockfile){0};
}
