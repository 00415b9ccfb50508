/* SPDX-License-Identifier: BSD-2-Clause
 * objects: contents that a rerun needs and that no file of the user holds any more. */
#include "run/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"

/* "objects/HH" and "objects/HH/HEX" */
enum { FOLDER_LENGTH = sizeof(OBJECTS_FOLDER) + 3, PLACE_LENGTH = FOLDER_LENGTH + 1 + DIGEST_HEX };

int objects_open(struct objects *objects, const char *project, struct err *err)
{
    objects->fd = open(project, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return objects->fd >= 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "open '%s'", project);
}

void objects_close(struct objects *objects)
{
    if (objects->fd >= 0) {
        close(objects->fd);
    }
    objects->fd = -1;
}

static int make_name(struct object *object, struct err *err)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
    }
    snprintf(object->name, sizeof(object->name), ".object.%016llx", (unsigned long long)random);
    return 0;
}

int objects_begin(const struct objects *objects, struct object *ret_object, struct err *err)
{
    struct object object = {.fd = -1};
    /* Without a name, so that a kill leaves nothing behind; NFS and others cannot (open(2), O_TMPFILE). */
    object.fd = openat(objects->fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0444);
    if (object.fd < 0) {
        if (make_name(&object, err) < 0) {
            return -1;
        }
        object.fd = openat(objects->fd, object.name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
    }
    if (object.fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a file in the project's folder");
    }
    *ret_object = object;
    return 0;
}

void objects_abandon(const struct objects *objects, struct object *object)
{
    if (object->fd >= 0) {
        close(object->fd);
    }
    if (object->name[0] != '\0') {
        unlinkat(objects->fd, object->name, 0);
    }
    *object = (struct object){.fd = -1};
}

static int make_folders(const struct objects *objects, const char *folder, struct err *err)
{
    if ((mkdirat(objects->fd, OBJECTS_FOLDER, 0777) < 0 && errno != EEXIST) ||
        (mkdirat(objects->fd, folder, 0777) < 0 && errno != EEXIST)) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create '%s' in the project's folder", folder);
    }
    return 0;
}

static int give_name(const struct objects *objects, struct object *object, struct err *err)
{
    char self[40];
    struct object named = {.fd = object->fd};
    if (object->name[0] != '\0') {
        return 0;
    }
    if (make_name(&named, err) < 0) {
        return -1;
    }
    snprintf(self, sizeof(self), "/proc/self/fd/%d", object->fd);
    if (linkat(AT_FDCWD, self, objects->fd, named.name, AT_SYMLINK_FOLLOW) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a file in the project's folder");
    }
    *object = named;
    return 0;
}

/* The length tells one that a power cut left short. */
static bool is_there(const struct objects *objects, const struct object *object, const char *place)
{
    struct stat kept;
    struct stat made;
    return fstatat(objects->fd, place, &kept, AT_SYMLINK_NOFOLLOW) == 0 && fstat(object->fd, &made) == 0 &&
           S_ISREG(kept.st_mode) && kept.st_size == made.st_size;
}

/* Named first and renamed then, never linked to its place: a rename replaces what a power cut has damaged. */
static int settle(const struct objects *objects, struct object *object, const char *place, struct err *err)
{
    if (is_there(objects, object, place)) {
        return 0;
    }
    /* The mode again: O_TMPFILE and O_CREAT subtract the creation mask. */
    if (fchmod(object->fd, 0444) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "set the mode of '%s'", place);
    }
    if (give_name(objects, object, err) < 0) {
        return -1;
    }
    if (renameat(objects->fd, object->name, objects->fd, place) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "rename to '%s'", place);
    }
    object->name[0] = '\0';
    return 0;
}

int objects_commit(const struct objects *objects, struct object *object, const struct digest *digest, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    char folder[FOLDER_LENGTH + 1];
    char place[PLACE_LENGTH + 1];
    digest_to_hex(digest, hex);
    snprintf(folder, sizeof(folder), OBJECTS_FOLDER "/%.2s", hex);
    snprintf(place, sizeof(place), "%s/%s", folder, hex);
    int result = make_folders(objects, folder, err);
    if (result == 0) {
        result = settle(objects, object, place, err);
    }
    objects_abandon(objects, object);
    return result;
}

char *objects_path(const char *project, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    return xasprintf("%s/" OBJECTS_FOLDER "/%.2s/%s", project, hex, hex);
}
