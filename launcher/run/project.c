/* SPDX-License-Identifier: BSD-2-Clause
 * project: the folder `.sciwrap` that holds the records of runs. */
#include "run/project.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "run/catalog_scan.h"
#include "run/setup.h"

static const char hex_digits[] = "0123456789abcdef";

/* An own folder, not a link: a link would let records be written somewhere else. */
static bool is_project(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int project_find(struct project *project, const char *workdir)
{
    *project = (struct project){.runs_fd = -1};
    auto_free char *folder = xstrdup(workdir);
    for (;;) {
        auto_free char *path = xasprintf("%s/" SETUP_RECORDS, folder);
        if (is_project(path)) {
            auto_free char *runs = xasprintf("%s/runs", path);
            project->runs_fd = open(runs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            project->path = steal_ptr(&path);
            return 1;
        }
        char *slash = strrchr(folder, '/');
        if (slash == NULL || folder[0] == '\0') {
            return 0;
        }
        *slash = '\0';
    }
}

static int complain(struct err *err, int errnum, const char *path)
{
    err_set_errno(err, ERR_SYSTEM, errnum, "the record of this run cannot be kept in '%s'", path);
    char reason[sizeof(err->text)];
    snprintf(reason, sizeof(reason), "%s", err->text);
    return err_set(err, ERR_SYSTEM, "%s; work in a directory of yours, or run without a record: --no-record", reason);
}

int project_open(struct project *project, const char *workdir, struct err *err)
{
    if (project_find(project, workdir) == 0) {
        project->path = xasprintf("%s/" SETUP_RECORDS, workdir);
        if (mkdir(project->path, 0777) < 0 && errno != EEXIST) {
            return complain(err, errno, project->path);
        }
        if (!is_project(project->path)) {
            return complain(err, ENOTDIR, project->path);
        }
    }
    if (project->runs_fd < 0) {
        auto_free char *runs = xasprintf("%s/runs", project->path);
        if (mkdir(runs, 0777) < 0 && errno != EEXIST) {
            return complain(err, errno, project->path);
        }
        project->runs_fd = open(runs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (project->runs_fd < 0) {
            return complain(err, errno, runs);
        }
    }
    return 0;
}

void project_close(struct project *project)
{
    if (project->path != NULL && project->runs_fd >= 0) {
        close(project->runs_fd);
    }
    free(project->path);
    *project = (struct project){.runs_fd = -1};
}

int project_new_run(const struct project *project, char *ret_id, struct err *err)
{
    for (;;) {
        uint64_t random = 0;
        if (!random_fill(&random, sizeof(random))) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
        }
        for (int i = 0; i < RUN_ID_LENGTH; i++) {
            ret_id[i] = hex_digits[(random >> (4 * i)) & 15];
        }
        ret_id[RUN_ID_LENGTH] = '\0';
        if (mkdirat(project->runs_fd, ret_id, 0777) == 0) {
            return 0;
        }
        if (errno != EEXIST) {
            return complain(err, errno, project->path);
        }
    }
}

static bool is_id(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= RUN_ID_LENGTH && strspn(text, hex_digits) == length;
}

bool project_is_id(const char *text)
{
    return strlen(text) == RUN_ID_LENGTH && is_id(text);
}

/* Whether the run has a record. One that cannot be read is there: reading it tells why. */
static bool has_record(const struct project *project, const char *id)
{
    struct err unread = {0};
    auto_release(buf) struct buf text = {0};
    auto_free char *name = xasprintf("%s/" MANIFEST_NAME, id);
    if (faccessat(project->runs_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
        return false;
    }
    bool torn = fs_read_at(project->runs_fd, name, MANIFEST_MOST, &text, &unread) == 0 &&
                !catalog_is_whole(buf_text(&text), text.length);
    if (torn) {
        log_warn(PROJECT_TORN, id, "");
    }
    return !torn;
}

/* One digit is another, or two neighbours are swapped: what happens between a screen and a keyboard. IDs are random, so
 * that any greater distance would suggest runs that have nothing to do with it. */
static bool is_near(const char *text, const char *id)
{
    enum { DIGITS_LEAST = 6 };
    size_t length = strlen(text);
    size_t first = 0;
    if (length < DIGITS_LEAST || strlen(id) < length) {
        return false;
    }
    while (first < length && text[first] == id[first]) {
        first++;
    }
    bool replaced = first < length && strncmp(text + first + 1, id + first + 1, length - first - 1) == 0;
    bool swapped = first + 1 < length && text[first] == id[first + 1] && text[first + 1] == id[first] &&
                   strncmp(text + first + 2, id + first + 2, length - first - 2) == 0;
    return replaced || swapped;
}

/* Of a run that goes on, or was killed, there is the folder alone. */
static bool is_unrecorded(const struct project *project, const char *name, const char *text)
{
    auto_free char *record = xasprintf("%s/" MANIFEST_NAME, name);
    return project_is_id(name) && strncmp(name, text, strlen(text)) == 0 &&
           faccessat(project->runs_fd, record, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

static int complain_absent(const struct project *project, const struct strlist *names, const char *text,
                           struct err *err)
{
    const char *near = NULL;
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (is_unrecorded(project, names->item[i], text)) {
            return err_set(err, ERR_NOT_FOUND,
                           "run '%s' in '%s' has no record: it goes on, or was killed before there was one; see "
                           "'sciwrap ps' and 'sciwrap runs'",
                           names->item[i], project->path);
        }
    }
    for (size_t i = 0; i < names->count; i++) {
        if (project_is_id(names->item[i]) && is_near(text, names->item[i])) {
            near = names->item[i];
            count++;
        }
    }
    if (count == 1) {
        return err_set(err, ERR_NOT_FOUND, "there is no run '%s' in '%s'; did you mean '%s'?", text, project->path,
                       near);
    }
    return err_set(err, ERR_NOT_FOUND, "there is no run '%s' in '%s'; see 'sciwrap runs'", text, project->path);
}

static char *choose(const struct strlist *matches, const char *text, struct err *err)
{
    struct buf list = {0};
    if (matches->count == 1) {
        return xstrdup(matches->item[0]);
    }
    for (size_t i = 0; i < matches->count && i < 8; i++) {
        buf_addf(&list, "%s%s", i > 0 ? ", " : "", matches->item[i]);
    }
    err_set(err, ERR_USAGE, "run '%s' is ambiguous: %s%s", text, buf_text(&list), matches->count > 8 ? ", ..." : "");
    buf_release(&list);
    return NULL;
}

char *project_resolve(const struct project *project, const char *text, struct err *err)
{
    struct strlist names = {0};
    struct strlist matches = {0};
    char *found = NULL;
    if (!is_id(text) || strlen(text) < RUN_ID_SHORTEST) {
        err_set(err, ERR_USAGE,
                "'%s' is not the ID of a run, of which at least %d hexadecimal digits are needed, and no bundle", text,
                RUN_ID_SHORTEST);
        return NULL;
    }
    if (project->runs_fd < 0 || fs_list(project->runs_fd, ".", &names, err) == 0) {
        for (size_t i = 0; i < names.count; i++) {
            if (strncmp(names.item[i], text, strlen(text)) == 0 && project_is_id(names.item[i]) &&
                has_record(project, names.item[i])) {
                strlist_add(&matches, names.item[i]);
            }
        }
        if (matches.count == 0) {
            (void)complain_absent(project, &names, text, err);
        } else {
            found = choose(&matches, text, err);
        }
    }
    strlist_release(&names);
    strlist_release(&matches);
    return found;
}

char *project_run_path(const struct project *project, const char *id, const char *name)
{
    return xasprintf("%s/runs/%s/%s", project->path, id, name);
}
