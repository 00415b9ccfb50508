/* SPDX-License-Identifier: BSD-2-Clause
 * objects: contents that a rerun needs and that no file of the user holds any more. */
#include "run/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/random.h"

/* "objects/HH" and "objects/HH/HEX" */
enum { FOLDER_LENGTH = sizeof(OBJECTS_FOLDER) - 1 + 3, PLACE_LENGTH = FOLDER_LENGTH + 1 + DIGEST_HEX };

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
    if (!random_fill(&random, sizeof(random))) {
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

static void name_place(const struct digest *digest, char place[PLACE_LENGTH + 1])
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    snprintf(place, PLACE_LENGTH + 1, OBJECTS_FOLDER "/%.2s/%s", hex, hex);
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

/* Named first and renamed then, never linked to its place: a rename replaces what a power cut has damaged. */
static int settle(const struct objects *objects, struct object *object, const char *place, struct err *err)
{
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

bool objects_have(const struct objects *objects, const struct digest *digest, uint64_t size)
{
    struct stat st;
    char place[PLACE_LENGTH + 1];
    name_place(digest, place);
    return fstatat(objects->fd, place, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size == size;
}

int objects_commit(const struct objects *objects, struct object *object, const struct digest *digest, struct err *err)
{
    struct stat st;
    char place[PLACE_LENGTH + 1];
    char folder[FOLDER_LENGTH + 1];
    int result = 0;
    name_place(digest, place);
    snprintf(folder, sizeof(folder), "%.*s", FOLDER_LENGTH, place);
    if (fstat(object->fd, &st) < 0) {
        result = err_set_errno(err, ERR_SYSTEM, errno, "stat '%s'", place);
    } else if (!objects_have(objects, digest, (uint64_t)st.st_size)) {
        result = make_folders(objects, folder, err) < 0 ? -1 : settle(objects, object, place, err);
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
