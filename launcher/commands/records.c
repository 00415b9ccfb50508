/* SPDX-License-Identifier: BSD-2-Clause
 * records: finding the record that a person means. */
#include "commands/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "commands/supply.h"
#include "run/project.h"
#include "run/scratch.h"

static bool ends_in(const char *word, const char *end)
{
    size_t length = strlen(word);
    return length > strlen(end) && strcmp(word + length - strlen(end), end) == 0;
}

char *records_find(const char *word, struct err *err)
{
    if (strchr(word, '/') != NULL || ends_in(word, ".json")) {
        return xstrdup(word);
    }
    struct project project = {.runs_fd = -1};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
        return NULL;
    }
    char *path = NULL;
    if (project_find(&project, cwd) == 0) {
        err_set(err, ERR_NOT_FOUND, "no runs are recorded here or above, so there is none with the ID '%s'", word);
    } else {
        auto_free char *id = project_resolve(&project, word, err);
        path = id != NULL ? project_run_path(&project, id, MANIFEST_NAME) : NULL;
    }
    project_close(&project);
    return path;
}

/* A zstd stream by its first bytes (RFC 8878, section 3.1.1); a manifest begins with '{'. */
static bool is_compressed(int fd)
{
    static const unsigned char magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    unsigned char begin[sizeof(magic)];
    return pread(fd, begin, sizeof(begin), 0) == sizeof(begin) && memcmp(begin, magic, sizeof(magic)) == 0;
}

/* A descriptor for the bundle that `word` names; -1 without an error when it names none. */
static int open_bundle(const char *word, struct err *err)
{
    struct stat st;
    bool named_so = ends_in(word, ".sciwrap");
    /* O_NONBLOCK: a FIFO must not hold us. */
    auto_fd int fd = open(word, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return named_so ? err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open '%s'", word)
                        : -1;
    }
    bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (!regular && named_so) {
        return err_set(err, ERR_INVALID, "'%s' is not a regular file", word);
    }
    return regular && (named_so || is_compressed(fd)) ? steal_fd(&fd) : -1;
}

/* .sciwrap/tmp of the current directory's project. Inputs can be large, and are copied into the work directory of a
 * rerun: on one disk they can share their blocks. */
static char *project_place(bool make, struct err *err)
{
    struct project project = {.runs_fd = -1};
    auto_free char *cwd = fs_current_dir();
    auto_free char *place = NULL;
    if (cwd == NULL) {
        err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
        return NULL;
    }
    if (make ? project_open(&project, cwd, err) == 0 : project_find(&project, cwd) == 1) {
        place = xasprintf("%s/tmp", project.path);
    }
    project_close(&project);
    if (place == NULL || fs_make_dirs(place, 0777, err) < 0) {
        return NULL;
    }
    if (access(place, W_OK | X_OK) < 0) {
        err_set_errno(err, ERR_SYSTEM, errno, "a bundle cannot be unpacked in '%s'", place);
        return NULL;
    }
    return steal_ptr(&place);
}

static char *unpack_place(enum record_use use, struct err *err)
{
    struct err ignored = {0};
    if (use == RECORD_RERUN) {
        return project_place(true, err);
    }
    char *place = use == RECORD_WHOLE ? project_place(false, &ignored) : NULL;
    return place != NULL ? place : scratch_base();
}

static int unpack(struct record *record, int fd, const char *word, enum record_use use, struct err *err)
{
    auto_free char *place = unpack_place(use, err);
    if (place == NULL || private_folder_open(&record->folder, place, "sciwrap-bundle.", err) < 0) {
        return -1;
    }
    record->bundle = xstrdup(word);
    if (supply_read_bundle(fd, record->folder.path, word, use != RECORD_LOOK, err) < 0 ||
        bundle_open(record->folder.path, use != RECORD_LOOK, &record->contents, err) < 0) {
        return err_wrap(err, "bundle '%s' is refused", word);
    }
    record->path = xstrdup(record->contents.manifest);
    return 0;
}

int record_open(struct record *record, const char *word, enum record_use use, struct err *err)
{
    struct err failed = {0};
    *record = (struct record){.folder = PRIVATE_FOLDER_NONE};
    auto_fd int fd = open_bundle(word, &failed);
    if (failed.kind != ERR_NONE) {
        *err = failed;
        return -1;
    }
    if (fd >= 0) {
        return unpack(record, fd, word, use, err);
    }
    record->path = records_find(word, err);
    return record->path != NULL ? 0 : -1;
}

void record_close(struct record *record)
{
    free(record->path);
    free(record->bundle);
    bundle_contents_release(&record->contents);
    private_folder_close(&record->folder);
    *record = (struct record){.folder = PRIVATE_FOLDER_NONE};
}

char *records_folder(const char *cwd, const char *manifest_path)
{
    char *folder = path_normal(cwd, manifest_path);
    char *records = strstr(folder, "/" SETUP_RECORDS "/runs/");
    if (records == NULL) {
        records = strrchr(folder, '/');
    }
    *records = '\0';
    return folder;
}
