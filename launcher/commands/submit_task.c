/* SPDX-License-Identifier: BSD-2-Clause
 * submit_task: one task of a submission, as its batch script starts it: the words are filled from its row, and become
 * a run. */
#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "commands/submit.h"
#include "env/definition.h"
#include "run/sweep_row.h"

/* The pins are those of the day of the submission: a definition that was edited since would mix two experiments. */
int submit_check_pin(const struct submission *submission, const char *name, struct err *err)
{
    struct definition def = {0};
    if (definition_find(&def, name, err) < 0) {
        return -1;
    }
    int result = 0;
    for (size_t i = 0; i < submission->environments; i++) {
        const struct submission_environment *environment = &submission->environment[i];
        if (strcmp(environment->name, name) == 0 && !digest_equal(&environment->artifact, &def.sha256)) {
            result = err_set(err, ERR_MISMATCH,
                             "environment '%s' pins something else than when this was submitted; submit again", name);
        }
    }
    definition_release(&def);
    return result;
}

static int load_submission(struct submission *submission, const struct sweep_row *row, struct err *err)
{
    struct project project = {.runs_fd = -1};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    struct err unread = {.kind = ERR_NOT_FOUND};
    int result = project_find(&project, cwd) == 0 ? -1 : submission_load(submission, &project, row->id, &unread);
    project_close(&project);
    if (result < 0 && unread.kind == ERR_NOT_FOUND) {
        return err_set(err, ERR_NOT_FOUND, "submission %s is not known in '%s'; a task runs where it was submitted",
                       row->id, cwd);
    }
    if (result < 0) {
        *err = unread;
    }
    return result;
}

static int check_table(const struct submission *submission, const struct sweep_row *row, struct err *err)
{
    bool has_table = submission->table != NULL;
    if (has_table != (row->file != NULL) || (has_table && !digest_equal(&row->digest, &submission->digest))) {
        return err_set(err, ERR_MISMATCH, "'%s' is not the table that was submitted; submit again",
                       row->file != NULL ? row->file : "");
    }
    return 0;
}

static int start(const struct strlist *filled, int *exit_code, struct err *err)
{
    const struct command *command = strcmp(filled->item[0], "exec") == 0 ? &exec_command : &run_command;
    return command->run((int)filled->count, strlist_items(filled), exit_code, err);
}

int submit_task(const struct strlist *run, int *exit_code, struct err *err)
{
    size_t env = 0;
    struct sweep_row row = {0};
    struct sweep sweep = {0};
    struct strlist filled = {0};
    struct submission submission = {0};
    int result = sweep_row_gather(&row, &sweep, err);
    if (result == 0 && row.id[0] == '\0') {
        result = err_set(err, ERR_USAGE,
                         "submit --task is for the batch script of a submission: SCIWRAP_SWEEP_ID is not set");
    }
    const struct sweep *table = row.file != NULL ? &sweep : NULL;
    if (result == 0) {
        result = load_submission(&submission, &row, err) < 0 || check_table(&submission, &row, err) < 0 ||
                         submit_find_env(run, &env, err) < 0 || sweep_check(table, run, err) < 0 ||
                         submit_fill(run, table, row.task, env, &filled, err) < 0 ||
                         submit_check_pin(&submission, filled.item[env], err) < 0
                     ? -1
                     : 0;
    }
    submission_release(&submission);
    sweep_release(&sweep);
    sweep_row_release(&row);
    if (result == 0) {
        result = start(&filled, exit_code, err);
    }
    strlist_release(&filled);
    return result;
}
