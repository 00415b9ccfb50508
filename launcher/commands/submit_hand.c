/* SPDX-License-Identifier: BSD-2-Clause
 * submit_hand: the part of submit.h that hands a submission to sbatch. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "commands/slurm_call.h"
#include "commands/submit.h"
#include "commands/submit_script.h"

struct handing {
    struct submission *submission;
    bool dry_run;
    char *self;
    char *workdir;
    char *prepare; /* the job that the others wait for */
    size_t tasks;  /* that were handed over */
};

/* The number that sbatch --parsable says: "17", "17;cluster". */
static char *job_number(const struct buf *output, struct err *err)
{
    const char *text = buf_text(output);
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length > 19 || strchr(";\n", text[length]) == NULL) {
        err_set(err, ERR_SYSTEM, "sbatch did not tell the number of the job, but '%s'", text);
        return NULL;
    }
    return xstrndup(text, length);
}

/* The script is written and given to sbatch; its options once more on the command line: there they go before variables
 * such as SBATCH_TIMELIMIT, which a script does not. */
static char *start_job(const struct handing *handing, const char *path, const struct strlist *options,
                       const struct buf *text, struct err *err)
{
    int status = 0;
    struct strlist words = {0};
    auto_release(buf) struct buf output = {0};
    if (submission_write(path, 0700, text, err) < 0) {
        return NULL;
    }
    strlist_add(&words, "sbatch");
    strlist_add(&words, "--parsable");
    for (size_t i = 0; i < options->count; i++) {
        strlist_add(&words, options->item[i]);
    }
    strlist_add(&words, path);
    int result = slurm_call(&words, false, &output, &status, err);
    strlist_release(&words);
    if (result == 0 && status != 0) {
        err_set(err, ERR_SYSTEM, "sbatch refused %s (exit status %d); see above",
                handing->tasks > 0 ? "the rest of the tasks" : "the job", status);
        return NULL;
    }
    return result == 0 ? job_number(&output, err) : NULL;
}

static void cancel(const char *job)
{
    struct err ignored = {0};
    struct strlist words = {0};
    int status = 0;
    strlist_add(&words, "scancel");
    strlist_add(&words, job);
    if (slurm_call(&words, true, NULL, &status, &ignored) < 0 || status != 0) {
        log_warn("job %s, which prepares the environments, stays in the queue", job);
    }
    strlist_release(&words);
}

/* The only script as it is, for a file; of two each has its name above it. */
static void print_script(const struct handing *handing, const char *path, const struct buf *text)
{
    if (handing->prepare != NULL || strstr(path_base(path), "prepare") != NULL) {
        printf("#### %s\n", path_base(path));
    }
    printf("%s", buf_text(text));
}

/* Paths and names of environments are among them. */
static int check_lines(const struct strlist *options, struct err *err)
{
    for (size_t i = 0; i < options->count; i++) {
        if (submit_check_line(options->item[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int hand_prepare(struct handing *handing, const struct submit_script *script, struct err *err)
{
    struct strlist options = {0};
    auto_release(buf) struct buf text = {0};
    auto_free char *path = submission_job_path(handing->submission, script->number, "prepare.sh");
    submit_script_prepare(script, &options, &text);
    bool good = check_lines(&options, err) == 0;
    if (good && handing->dry_run) {
        print_script(handing, path, &text);
        handing->prepare = xstrdup("JOB");
    } else if (good) {
        handing->prepare = start_job(handing, path, &options, &text, err);
    }
    strlist_release(&options);
    return handing->prepare != NULL ? 0 : -1;
}

static int put_job(struct handing *handing, const struct submit_script *script, char *id, struct err *err)
{
    struct submission_job job = {
        .number = script->number,
        .id = id,
        .prepare = handing->prepare != NULL ? xstrdup(handing->prepare) : NULL,
        .offset = script->offset,
    };
    for (size_t i = 0; i < script->tasks->count; i++) {
        task_set_add(&job.tasks, script->tasks->task[i]);
    }
    printf("%s\n", id);
    fflush(stdout);
    handing->tasks += script->tasks->count;
    return submission_put_job(handing->submission, &job, err);
}

/* One array: tasks whose indexes Slurm can count. */
static int hand_array(struct handing *handing, const struct task_set *tasks, uint64_t offset, struct err *err)
{
    struct submission *submission = handing->submission;
    struct strlist options = {0};
    auto_release(buf) struct buf text = {0};
    struct submit_script script = {
        .submission = submission,
        .number = submission->jobs > 0 ? submission->job[submission->jobs - 1].number + 1 : 1,
        .tasks = tasks,
        .offset = offset,
        .workdir = handing->workdir,
        .self = handing->self,
    };
    bool by_job = strcmp(submission->prepare, "job") == 0 || strcmp(submission->prepare, "sbcast") == 0;
    if (by_job && handing->prepare == NULL && hand_prepare(handing, &script, err) < 0) {
        return -1;
    }
    script.prepare = handing->prepare;
    auto_free char *path = submission_job_path(submission, script.number, "sh");
    submit_script_job(&script, &options, &text);
    int result = check_lines(&options, err);
    if (result == 0 && handing->dry_run) {
        print_script(handing, path, &text);
    } else if (result == 0) {
        char *id = start_job(handing, path, &options, &text, err);
        result = id != NULL ? put_job(handing, &script, id, err) : -1;
    }
    strlist_release(&options);
    return result;
}

/* The largest index of an array is MaxArraySize - 1; what has larger numbers goes into further arrays, whose indexes
 * begin again. */
static int hand_arrays(struct handing *handing, const struct task_set *tasks, struct err *err)
{
    uint64_t size = handing->submission->is_array && !handing->dry_run ? slurm_array_size() : 0;
    uint64_t span = size > 1 ? size - 1 : TASK_MOST;
    size_t at = 0;
    while (at < tasks->count) {
        struct task_set some = {0};
        uint64_t offset = tasks->task[at] > 0 ? (tasks->task[at] - 1) / span * span : 0;
        while (at < tasks->count && tasks->task[at] <= offset + span) {
            task_set_add(&some, tasks->task[at++]);
        }
        int result = hand_array(handing, &some, offset, err);
        task_set_release(&some);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

static int prepare_here(const struct submission *submission, const char *self, struct err *err)
{
    static const char *const steps[][3] = {{"pull", NULL, NULL}, {"store", "verify", NULL}};
    for (size_t i = 0; i < 2; i++) {
        int status = 0;
        struct strlist words = {0};
        strlist_add(&words, self);
        for (size_t k = 0; steps[i][k] != NULL; k++) {
            strlist_add(&words, steps[i][k]);
        }
        for (size_t k = 0; k < submission->environments; k++) {
            strlist_add(&words, submission->environment[k].name);
        }
        int result = slurm_call(&words, false, NULL, &status, err);
        strlist_release(&words);
        if (result < 0 || status != 0) {
            return result < 0 ? -1
                              : err_set(err, ERR_NOT_FOUND,
                                        "nothing was submitted: the environments are not ready; see above");
        }
    }
    return 0;
}

static void tell(const struct handing *handing, size_t first)
{
    const struct submission *submission = handing->submission;
    if (handing->dry_run || submission->jobs <= first) {
        return;
    }
    const struct submission_job *job = &submission->job[first];
    log_info("job %s: %zu %s%s; 'sciwrap runs --job %s' shows what becomes of %s", job->id, handing->tasks,
             handing->tasks == 1 ? "task" : "tasks",
             handing->prepare != NULL ? ", once the environments are there" : "", job->id,
             handing->tasks == 1 ? "it" : "them");
}

int submit_hand_over(struct submission *submission, const struct task_set *tasks, bool dry_run, struct err *err)
{
    size_t first = submission->jobs;
    auto_free char *self = fs_self_path();
    auto_free char *workdir = fs_current_dir();
    if (self == NULL || workdir == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the place of this program or the current directory is not known");
    }
    struct handing handing = {.submission = submission, .dry_run = dry_run, .self = self, .workdir = workdir};
    bool here = strcmp(submission->prepare, "here") == 0 && !dry_run;
    int result = here && prepare_here(submission, self, err) < 0 ? -1 : hand_arrays(&handing, tasks, err);
    if (result < 0 && submission->jobs == first && handing.prepare != NULL && !dry_run) {
        cancel(handing.prepare);
    }
    tell(&handing, first);
    free(handing.prepare);
    return result;
}
