/* SPDX-License-Identifier: BSD-2-Clause
 * rerun: a run whose setup comes out of a manifest, in a work directory of its own. */
#include "run/rerun.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "run/devices_rerun.h"
#include "run/execute.h"
#include "run/facts.h"
#include "run/limits.h"
#include "run/placing.h"
#include "run/processor.h"
#include "run/redirect.h"
#include "run/settings.h"

/* What the new run takes over. Its inputs are those of the old one, found again. */
static void take_over(struct manifest *now, struct manifest *then)
{
    now->setup = then->setup;
    then->setup = (struct setup){0};
    now->inputs = then->inputs;
    then->inputs = (struct file_list){0};
    now->rerun_of = then->id[0] != '\0' ? xstrdup(then->id) : NULL;
}

/* The recorded creation mask counts: with another, the outputs would have other permissions. */
static int run_redirected(struct rerun *rerun, struct manifest *then, const struct placing *placing,
                          const struct project *project, struct facts *facts, struct err *err)
{
    struct redirect redirect;
    struct execution execution = {.facts = facts,
                                  .rootfs = rerun->rootfs,
                                  .verify = rerun->verify,
                                  .project = project->path,
                                  .keep_limit = EXECUTION_KEEP_LIMIT,
                                  .observe = true};
    bool launched = false;
    mode_t old_umask = umask(rerun->now.setup.umask);
    struct manifest source = {.setup = rerun->now.setup, .inputs = rerun->now.inputs}; /* borrowed */
    memcpy(source.stream, then->stream, sizeof(source.stream));
    int result = redirect_begin(&redirect, &source, placing, err);
    if (result == 0) {
        streams_look(rerun->now.stream, &rerun->now.setup, facts);
        redirect_streams(rerun->now.stream, then);
        result = execute(&execution, &rerun->now, &launched, err);
        launch_finish(&rerun->now.circumstances.launch);
        limits_tell_hit(&rerun->now.circumstances.launch, &rerun->notes);
    }
    redirect_end(&redirect);
    umask(old_umask);
    for (size_t i = 0; i < execution.notes.count; i++) {
        strlist_add(&rerun->notes, execution.notes.item[i]);
    }
    strlist_release(&execution.notes);
    /* That the command is not there or cannot be executed is a result to compare; that this host forbids the sandbox
     * is none. */
    if (launched && (err->kind == ERR_COMMAND_ABSENT || err->kind == ERR_COMMAND_DENIED)) {
        strlist_add(&rerun->notes, err->text);
        return 0;
    }
    return result;
}

static int write_record(struct rerun *rerun, struct err *err)
{
    auto_free char *text = manifest_format(&rerun->now);
    return begun_record(&rerun->begun, text, err);
}

/* Everything of the run's folder but the manifest. */
static void remove_work(const struct project *project, const char *id)
{
    struct strlist names = {0};
    struct err err = {0};
    auto_fd int fd = openat(project->runs_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    (void)fs_list(fd, ".", &names, &err);
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.item[i], MANIFEST_NAME) != 0 && fs_remove_tree(fd, names.item[i], &err) < 0) {
            log_warn("the work directory of the rerun stays behind: %s", err.text);
        }
    }
    strlist_release(&names);
}

static int perform(struct rerun *rerun, struct manifest *then, const struct project *project, struct err *err)
{
    auto_free char *run_folder = xasprintf("%s/runs/%s", project->path, rerun->now.id);
    auto_free char *workdir = xasprintf("%s/work", run_folder);
    struct placing placing = {.folders = *rerun->folders,
                              .objects = *rerun->objects,
                              .outputs = &then->outputs,
                              .run_folder = run_folder,
                              .workdir = workdir};
    struct facts facts = {.environment = environ};
    struct progress progress = {0};
    progress_watch(&progress, "find and copy the inputs", 0, PROGRESS_BYTES);
    int result = facts_find_proc(&facts, err);
    if (result == 0) {
        result = placing_find(&placing, &rerun->now, err);
    }
    if (result == 0) {
        struct manifest whole = rerun->now; /* with the outputs of then, whose folders must exist */
        whole.outputs = then->outputs;
        result = placing_make(&placing, &whole, err);
        rerun->now.setup = whole.setup;
    }
    progress_release(&progress);
    for (size_t i = 0; i < placing.notes.count; i++) {
        strlist_add(&rerun->notes, placing.notes.item[i]);
    }
    strlist_release(&placing.notes);
    unsigned level = rerun->now.setup.cpu_baseline > 0 ? processor_level() : 0;
    uint64_t limit = rerun->now.setup.limits.value[LIMIT_CPUS];
    facts_need_cpus(&facts);
    settings_notes(&rerun->now.setup, limit != 0 && limit < facts.cpus ? limit : facts.cpus, level, &rerun->notes);
    if (result == 0) {
        devices_again(&rerun->now.setup, rerun->cdi_folders, rerun->rootfs, environ, &rerun->notes);
        facts.workdir = xstrdup(workdir);
        result = run_redirected(rerun, then, &placing, project, &facts, err);
    }
    facts_release(&facts);
    return result;
}

/* Of the manifest of the first run and of what the record of this one says. */
static int find_differences(const struct rerun *rerun, struct difference_list *ret_list, struct err *err)
{
    auto_free char *text = manifest_format(&rerun->now);
    struct doc *now = doc_parse("the record of the rerun", text, strlen(text), err);
    if (now == NULL) {
        return -1;
    }
    difference_find(rerun->then_doc, now, ret_list);
    doc_free(now);
    return 0;
}

static int compare(struct rerun *rerun, struct manifest *then, struct err *err)
{
    const struct compare_options options = {.rules = rerun->rules, .objects = rerun->objects};
    struct difference_list differences = {0};
    if (find_differences(rerun, &differences, err) < 0) {
        return -1;
    }
    compare_runs(then, &rerun->now, &options, &rerun->comparison);
    rerun->comparison.differences = differences;
    machine_name(rerun->comparison.machine);
    rerun->now.comparison = &rerun->comparison;
    return write_record(rerun, err);
}

static int begin(struct rerun *rerun, struct manifest *then, const struct project *project, struct err *err)
{
    struct job job = {0};
    take_over(&rerun->now, then);
    file_list_sort(&then->outputs);
    job_gather(&job, environ);
    int result = begun_start(&rerun->begun, project, &rerun->now.setup, &job, rerun->now.id, err);
    job_release(&job);
    return result;
}

int rerun_perform(struct rerun *rerun, struct manifest *then, struct err *err)
{
    struct project project = {.runs_fd = -1};
    int result = project_open(&project, rerun->cwd, err);
    rerun->begun.fd = -1;
    if (result == 0) {
        result = begin(rerun, then, &project, err);
    }
    if (result == 0) {
        result = perform(rerun, then, &project, err);
        if (result == 0) {
            result = write_record(rerun, err);
        }
        signals_let_go(&rerun->now.circumstances.launch.signals);
        if (result == 0) {
            result = compare(rerun, then, err);
        }
        if (result < 0 || (comparison_is_good(&rerun->comparison) && !rerun->keep)) {
            remove_work(&project, rerun->now.id);
            unlinkat(project.runs_fd, rerun->now.id, AT_REMOVEDIR); /* stays when there is a manifest in it */
        } else {
            rerun->kept = project_run_path(&project, rerun->now.id, "work");
        }
    }
    begun_close(&rerun->begun);
    project_close(&project);
    return result;
}

void rerun_release(struct rerun *rerun)
{
    manifest_release(&rerun->now);
    comparison_release(&rerun->comparison);
    strlist_release(&rerun->notes);
    free(rerun->kept);
    *rerun = (struct rerun){0};
}
