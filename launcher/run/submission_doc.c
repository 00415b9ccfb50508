/* SPDX-License-Identifier: BSD-2-Clause
 * submission_doc: the files of a submission, as JSON and back. */
#include "run/submission_doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"

static void put_tasks(struct doc *object, const struct task_set *tasks)
{
    auto_release(buf) struct buf text = {0};
    task_set_format(tasks, 0, &text);
    doc_put_text(object, "tasks", buf_text(&text));
}

struct doc *submission_doc(const struct submission *submission)
{
    struct doc *top = doc_object();
    struct doc *environments = doc_array();
    doc_put_text(top, "schema", SUBMISSION_SCHEMA);
    doc_put_text(top, "id", submission->id);
    doc_put_text(top, "created", submission->created);
    doc_put_texts(top, "command", &submission->command);
    doc_put_texts(top, "options", &submission->options);
    doc_put_bool(top, "array", submission->is_array);
    put_tasks(top, &submission->tasks);
    doc_put_number(top, "at_once", submission->at_once);
    doc_put_text(top, "prepare", submission->prepare);
    doc_put_bool(top, "step", submission->as_step);
    if (submission->table != NULL) {
        struct doc *table = doc_object();
        doc_put_text(table, "name", submission->table);
        doc_put_digest(table, "sha256", &submission->digest);
        doc_put(top, "table", table);
    }
    for (size_t i = 0; i < submission->environments; i++) {
        struct doc *object = doc_object();
        doc_put_text(object, "name", submission->environment[i].name);
        doc_put_digest(object, "artifact", &submission->environment[i].artifact);
        doc_append(environments, object);
    }
    doc_put(top, "environments", environments);
    return top;
}

static int complain(struct err *err, const char *name, const char *member)
{
    return err_set(err, ERR_INVALID, "%s: '%s' is missing or not what it must be", name, member);
}

static bool get_digest(const struct doc *object, const char *key, struct digest *ret_digest)
{
    auto_free char *hex = doc_get_text(object, key);
    return hex != NULL && digest_from_hex(hex, ret_digest);
}

static bool get_tasks(const struct doc *object, struct task_set *tasks)
{
    auto_free char *text = doc_get_text(object, "tasks");
    return text != NULL && task_set_parse(tasks, text);
}

static bool get_texts(const struct doc *array, struct strlist *texts)
{
    for (size_t i = 0; i < doc_count(array); i++) {
        char *text = doc_text(doc_at(array, i));
        if (text == NULL) {
            return false;
        }
        strlist_take(texts, text);
    }
    return doc_is_array(array);
}

static int read_environments(struct submission *submission, const char *name, const struct doc *array, struct err *err)
{
    for (size_t i = 0; i < doc_count(array); i++) {
        struct digest artifact;
        auto_free char *word = doc_get_text(doc_at(array, i), "name");
        if (word == NULL || !get_digest(doc_at(array, i), "artifact", &artifact)) {
            return complain(err, name, "environments");
        }
        submission_add_environment(submission, word, &artifact);
    }
    return 0;
}

/* The name becomes a place in our folder. */
static int read_table(struct submission *submission, const char *name, const struct doc *table, struct err *err)
{
    if (table == NULL) {
        return 0;
    }
    submission->table = doc_get_text(table, "name");
    bool good = submission->table != NULL && strchr(submission->table, '/') == NULL &&
                path_is_clean(submission->table) && get_digest(table, "sha256", &submission->digest);
    return good ? 0 : complain(err, name, "table");
}

int submission_read(struct submission *submission, const char *name, const struct doc *doc, struct err *err)
{
    auto_free char *schema = doc_get_text(doc, "schema");
    auto_free char *id = doc_get_text(doc, "id");
    if (schema == NULL || strcmp(schema, SUBMISSION_SCHEMA) != 0) {
        return err_set(err, ERR_INVALID, "%s: is no submission that this sciwrap knows (%s)", name, SUBMISSION_SCHEMA);
    }
    if (id == NULL || !project_is_id(id)) {
        return complain(err, name, "id");
    }
    snprintf(submission->id, sizeof(submission->id), "%s", id);
    submission->created = doc_get_text(doc, "created");
    submission->prepare = doc_get_text(doc, "prepare");
    submission->is_array = doc_get_bool(doc, "array");
    submission->as_step = doc_get_bool(doc, "step");
    (void)doc_get_number(doc, "at_once", &submission->at_once);
    if (!get_texts(doc_get(doc, "command"), &submission->command) || submission->command.count < 2) {
        return complain(err, name, "command");
    }
    if (!get_texts(doc_get(doc, "options"), &submission->options)) {
        return complain(err, name, "options");
    }
    if (!get_tasks(doc, &submission->tasks)) {
        return complain(err, name, "tasks");
    }
    if (submission->prepare == NULL) {
        return complain(err, name, "prepare");
    }
    return read_table(submission, name, doc_get(doc, "table"), err) < 0
               ? -1
               : read_environments(submission, name, doc_get(doc, "environments"), err);
}

struct doc *submission_job_doc(const struct submission_job *job)
{
    struct doc *top = doc_object();
    doc_put_text(top, "job", job->id);
    doc_put_text(top, "prepare", job->prepare);
    put_tasks(top, &job->tasks);
    doc_put_number(top, "offset", job->offset);
    return top;
}

static bool is_job(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= 19 && strspn(text, "0123456789") == length;
}

int submission_job_read(struct submission_job *job, const char *name, const struct doc *doc, struct err *err)
{
    job->id = doc_get_text(doc, "job");
    job->prepare = doc_get_text(doc, "prepare");
    (void)doc_get_number(doc, "offset", &job->offset);
    if (job->id == NULL || !is_job(job->id) || (job->prepare != NULL && !is_job(job->prepare))) {
        return complain(err, name, "job");
    }
    if (!get_tasks(doc, &job->tasks) || job->offset > SUBMISSION_OFFSET_MOST) {
        return complain(err, name, "tasks");
    }
    return 0;
}

void submission_job_release(struct submission_job *job)
{
    free(job->id);
    free(job->prepare);
    task_set_release(&job->tasks);
    *job = (struct submission_job){0};
}
