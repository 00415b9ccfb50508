/* SPDX-License-Identifier: BSD-2-Clause
 * submission: what was handed to a batch system, kept beside the records of the runs that come of it. */
#include "run/submission.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "run/submission_doc.h"

#define FOLDER "submissions"
#define FACTS  "submission.json"

enum { FACTS_MOST = 64 * 1024 * 1024, JOBS_MOST = 1000000 };

struct submission_environment *submission_add_environment(struct submission *submission, const char *name,
                                                          const struct digest *artifact)
{
    submission->environment =
        xreallocarray(submission->environment, submission->environments + 1, sizeof(*submission->environment));
    struct submission_environment *environment = &submission->environment[submission->environments++];
    *environment = (struct submission_environment){.name = xstrdup(name), .artifact = *artifact};
    return environment;
}

char *submission_table_path(const struct submission *submission)
{
    return submission->table != NULL ? xasprintf("%s/sweep/%s", submission->folder, submission->table) : NULL;
}

char *submission_job_path(const struct submission *submission, uint64_t number, const char *kind)
{
    return xasprintf("%s/%" PRIu64 ".%s", submission->folder, number, kind);
}

int submission_write(const char *path, mode_t mode, const struct buf *text, struct err *err)
{
    const char *name = path_base(path);
    auto_free char *folder = xstrndup(path, (size_t)(name - path));
    auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s'", folder);
    }
    return fs_write_atomic(fd, name, mode, buf_text(text), text->length, err);
}

static int write_doc(const char *path, struct doc *doc, struct err *err)
{
    struct buf text = {0};
    auto_free char *printed = doc_print(doc);
    doc_free(doc);
    buf_add_text(&text, printed);
    int result = submission_write(path, 0666, &text, err);
    buf_release(&text);
    return result;
}

static int fill_folder(const struct submission *submission, const struct buf *table, struct err *err)
{
    auto_free char *facts = xasprintf("%s/" FACTS, submission->folder);
    auto_free char *path = submission_table_path(submission);
    if (path != NULL) {
        auto_free char *folder = xasprintf("%s/sweep", submission->folder);
        if (mkdir(folder, 0777) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "make '%s'", folder);
        }
        if (submission_write(path, 0444, table, err) < 0) {
            return -1;
        }
    }
    return write_doc(facts, submission_doc(submission), err);
}

int submission_create(struct submission *submission, const struct project *project, const struct buf *table,
                      struct err *err)
{
    auto_free char *place = xasprintf("%s/" FOLDER, project->path);
    if (fs_make_dirs(place, 0777, err) < 0) {
        return -1;
    }
    auto_fd int fd = open(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s'", place);
    }
    struct project beside = {.path = project->path, .runs_fd = fd}; /* an ID is made as that of a run is */
    if (project_new_run(&beside, submission->id, err) < 0) {
        return -1;
    }
    free(submission->folder);
    submission->folder = xasprintf("%s/%s", place, submission->id);
    if (fill_folder(submission, table, err) < 0) {
        submission_remove(submission);
        return -1;
    }
    return 0;
}

void submission_remove(const struct submission *submission)
{
    struct err ignored = {0};
    (void)fs_remove_tree(AT_FDCWD, submission->folder, &ignored);
}

static int load_job(struct submission *submission, const char *name, struct err *err)
{
    uint64_t number = 0;
    size_t length = strcspn(name, ".");
    auto_free char *digits = xstrndup(name, length);
    if (strcmp(name + length, ".json") != 0 || !text_to_u64(digits, 1, JOBS_MOST, &number)) {
        return 0;
    }
    auto_free char *path = xasprintf("%s/%s", submission->folder, name);
    struct doc *doc = doc_load(path, FACTS_MOST, err);
    if (doc == NULL) {
        return -1;
    }
    struct submission_job job = {.number = number};
    int result = submission_job_read(&job, path, doc, err);
    doc_free(doc);
    if (result < 0) {
        submission_job_release(&job);
        return -1;
    }
    submission->job = xreallocarray(submission->job, submission->jobs + 1, sizeof(*submission->job));
    submission->job[submission->jobs++] = job;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t first = ((const struct submission_job *)a)->number;
    uint64_t second = ((const struct submission_job *)b)->number;
    return (first > second) - (first < second);
}

static int load_jobs(struct submission *submission, struct err *err)
{
    struct strlist names = {0};
    int result = fs_list(AT_FDCWD, submission->folder, &names, err);
    for (size_t i = 0; i < names.count && result == 0; i++) {
        result = load_job(submission, names.item[i], err);
    }
    strlist_release(&names);
    if (submission->jobs > 1) {
        qsort(submission->job, submission->jobs, sizeof(*submission->job), by_number);
    }
    return result;
}

int submission_load(struct submission *submission, const struct project *project, const char *id, struct err *err)
{
    *submission = (struct submission){.folder = xasprintf("%s/" FOLDER "/%s", project->path, id)};
    auto_free char *facts = xasprintf("%s/" FACTS, submission->folder);
    struct doc *doc = doc_load(facts, FACTS_MOST, err);
    int result = doc == NULL ? -1 : submission_read(submission, facts, doc, err);
    doc_free(doc);
    if (result == 0) {
        result = load_jobs(submission, err);
    }
    if (result < 0) {
        submission_release(submission);
    }
    return result;
}

static bool has_job(const struct submission *submission, const char *job)
{
    for (size_t i = 0; i < submission->jobs; i++) {
        if (strcmp(submission->job[i].id, job) == 0) {
            return true;
        }
    }
    return false;
}

/* Numbers of jobs begin again when a cluster is set up anew: the submission that was made last counts. */
static int find_job(struct submission *submission, const struct project *project, const struct strlist *ids,
                    const char *job, struct err *err)
{
    bool found = false;
    for (size_t i = 0; i < ids->count; i++) {
        struct submission one = {0};
        struct err unread = {0};
        if (!project_is_id(ids->item[i]) || submission_load(&one, project, ids->item[i], &unread) < 0) {
            continue;
        }
        bool later = !found || (one.created != NULL && submission->created != NULL &&
                                strcmp(one.created, submission->created) > 0);
        if (has_job(&one, job) && later) {
            submission_release(submission);
            *submission = one;
            found = true;
        } else {
            submission_release(&one);
        }
    }
    return found ? 0 : err_set(err, ERR_NOT_FOUND, "no submission here has a job '%s'", job);
}

int submission_find(struct submission *submission, const struct project *project, const char *word, struct err *err)
{
    struct err unread = {0};
    struct strlist ids = {0};
    *submission = (struct submission){0};
    if (project_is_id(word)) {
        if (submission_load(submission, project, word, &unread) == 0) {
            return 0;
        }
        if (unread.kind != ERR_NOT_FOUND) { /* else it may be the number of a job */
            *err = unread;
            return -1;
        }
    }
    auto_free char *place = xasprintf("%s/" FOLDER, project->path);
    (void)fs_list(AT_FDCWD, place, &ids, &unread);
    int result = find_job(submission, project, &ids, word, err);
    strlist_release(&ids);
    return result;
}

int submission_put_job(struct submission *submission, struct submission_job *job, struct err *err)
{
    auto_free char *path = submission_job_path(submission, job->number, "json");
    submission->job = xreallocarray(submission->job, submission->jobs + 1, sizeof(*submission->job));
    submission->job[submission->jobs++] = *job;
    *job = (struct submission_job){0};
    return write_doc(path, submission_job_doc(&submission->job[submission->jobs - 1]), err);
}

const struct submission_job *submission_job_of(const struct submission *submission, uint64_t task)
{
    for (size_t i = submission->jobs; i > 0; i--) {
        if (task_set_has(&submission->job[i - 1].tasks, task)) {
            return &submission->job[i - 1];
        }
    }
    return NULL;
}

int submission_load_table(const struct submission *submission, struct sweep *sweep, struct err *err)
{
    struct digest digest;
    auto_release(buf) struct buf bytes = {0};
    auto_free char *path = submission_table_path(submission);
    if (fs_read_path(path, SWEEP_MOST, &bytes, err) < 0) {
        return -1;
    }
    digest_bytes(buf_text(&bytes), bytes.length, &digest);
    if (!digest_equal(&digest, &submission->digest)) {
        return err_set(err, ERR_MISMATCH, "'%s' is not the table that was submitted any more; submit again", path);
    }
    return sweep_parse(sweep, submission->table, buf_text(&bytes), bytes.length, err);
}

void submission_release(struct submission *submission)
{
    for (size_t i = 0; i < submission->environments; i++) {
        free(submission->environment[i].name);
    }
    for (size_t i = 0; i < submission->jobs; i++) {
        submission_job_release(&submission->job[i]);
    }
    free(submission->environment);
    free(submission->job);
    free(submission->folder);
    free(submission->created);
    strlist_release(&submission->command);
    strlist_release(&submission->options);
    free(submission->prepare);
    task_set_release(&submission->tasks);
    free(submission->table);
    *submission = (struct submission){0};
}
