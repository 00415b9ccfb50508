/* SPDX-License-Identifier: BSD-2-Clause
 * submit_script: the text of the batch scripts of a submission. */
#include "commands/submit_script.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/quote.h"
#include "commands/slurm_call.h"
#include "commands/submit_words.h"
#include "env/definition.h"

/* Quotes as sbatch takes them off its #SBATCH lines: backslash and both kinds, and no more is special but blanks and #.
 */
static void add_directive(struct buf *text, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-[]*!|&?()~^$";
    buf_add_text(text, "#SBATCH ");
    if (strspn(word, plain) == strlen(word)) {
        buf_addf(text, "%s\n", word);
        return;
    }
    buf_add_text(text, "\"");
    for (const char *at = word; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            buf_add_text(text, "\\");
        }
        buf_add(text, at, 1);
    }
    buf_add_text(text, "\"\n");
}

static void add_head(const struct strlist *options, struct buf *text)
{
    buf_add_text(text, "#!/bin/sh\n");
    for (size_t i = 0; i < options->count; i++) {
        add_directive(text, options->item[i]);
    }
    buf_add_text(text, "#\n");
}

/* A line of remark: nothing of it ends the line. */
static void add_remark(struct buf *text, const char *remark)
{
    buf_add_text(text, "# ");
    quote_escape(text, remark);
    buf_add_text(text, "\n");
}

/* Those of the person who submits, which decide what a run finds and how it is set up: sbatch passes them on only as
 * long as nobody says --export=NONE. Where temporary files go is the node's affair. */
static void add_variables(struct buf *text)
{
    auto_release(strlist) struct strlist set = {0};
    for (char **at = environ; *at != NULL; at++) {
        size_t length = strcspn(*at, "=");
        auto_free char *name = xstrndup(*at, length);
        if (strncmp(name, "SCIWRAP_", 8) == 0 && strncmp(name, "SCIWRAP_SWEEP_", 14) != 0 &&
            strcmp(name, "SCIWRAP_TMPDIR") != 0 && definition_is_variable(name)) {
            strlist_add(&set, *at);
        }
    }
    strlist_sort(&set);
    for (size_t i = 0; i < set.count; i++) {
        const char *value = strchr(set.item[i], '=') + 1;
        buf_add_text(text, "export ");
        buf_add(text, set.item[i], (size_t)(value - set.item[i]));
        quote_word(text, value);
        buf_add_text(text, "\n");
    }
}

static void add_names(const struct submission *submission, struct buf *text)
{
    for (size_t i = 0; i < submission->environments; i++) {
        buf_add_text(text, " ");
        quote_word(text, submission->environment[i].name);
    }
}

static bool is_broadcast(const struct submission *submission)
{
    return strcmp(submission->prepare, "sbcast") == 0;
}

static const char *job_name(const struct submission *submission)
{
    return submission->environments == 1 ? submission->environment[0].name : "sciwrap";
}

/* The user's, but for what is put together with ours. */
static void add_given(const struct submission *submission, struct strlist *options)
{
    for (size_t i = 0; i < submission->options.count; i++) {
        const char *word = submission->options.item[i];
        if (strncmp(word, "--dependency=", 13) != 0 && strncmp(word, "-d", 2) != 0 &&
            strncmp(word, "--kill-on-invalid-dep", 21) != 0) {
            strlist_add(options, word);
        }
    }
}

static void add_dependency(const struct submit_script *script, struct strlist *options)
{
    const char *given = submit_sbatch_value(&script->submission->options, "dependency", 'd');
    const char *kill = submit_sbatch_value(&script->submission->options, "kill-on-invalid-dep", 0);
    if (script->prepare != NULL) {
        strlist_addf(options, "--dependency=afterok:%s%s%s", script->prepare, given != NULL ? "," : "",
                     given != NULL ? given : "");
        strlist_add(options, "--kill-on-invalid-dep=yes");
    } else if (given != NULL) {
        strlist_addf(options, "--dependency=%s", given);
        if (kill != NULL) {
            strlist_addf(options, "--kill-on-invalid-dep=%s", kill);
        }
    }
}

static void job_options(const struct submit_script *script, struct strlist *options)
{
    const struct submission *submission = script->submission;
    if (submit_sbatch_value(&submission->options, "job-name", 'J') == NULL) {
        strlist_addf(options, "--job-name=%s", job_name(submission));
    }
    if (submission->is_array) {
        struct buf list = {0};
        task_set_format(script->tasks, script->offset, &list);
        if (submission->at_once > 0) {
            buf_addf(&list, "%%%" PRIu64, submission->at_once);
        }
        strlist_addf(options, "--array=%s", buf_text(&list));
        buf_release(&list);
    }
    strlist_addf(options, "--chdir=%s", script->workdir);
    add_given(submission, options);
    add_dependency(script, options);
}

static void add_remarks(const struct submit_script *script, struct buf *text)
{
    const struct submission *submission = script->submission;
    buf_addf(text, "# Written by sciwrap submit (sciwrap %s): submission %s.\n", SCIWRAP_VERSION, submission->id);
    if (submission->table != NULL) {
        auto_free char *table =
            xasprintf("Each task is one row of %s; {name} below is filled from its columns,", submission->table);
        add_remark(text, table);
        buf_add_text(text, "# by sciwrap in the task: the shell sees no value of the table.\n");
    }
    if (submission->is_array) {
        buf_add_text(text, "# 'sciwrap runs --job ");
        buf_addf(text, "%s' shows what became of the tasks.\n", submission->id);
    }
}

/* Older Slurms do not tell a job its time limit. */
static void add_time(const struct submission *submission, struct buf *text)
{
    uint64_t seconds = 0;
    const char *given = submit_sbatch_value(&submission->options, "time", 't');
    given = given != NULL ? given : getenv("SBATCH_TIMELIMIT");
    if (given != NULL && slurm_time(given, &seconds)) {
        buf_addf(text, "export SCIWRAP_SWEEP_TIME=%" PRIu64 "\n", seconds);
    }
}

static void add_place(const struct submit_script *script, struct buf *text)
{
    const struct submission *submission = script->submission;
    auto_free char *table = submission_table_path(submission);
    buf_addf(text, "export SCIWRAP_SWEEP_ID=%s\n", submission->id);
    if (!submission->is_array) {
        buf_add_text(text, "export SCIWRAP_SWEEP_ROW=1\n");
    } else if (script->offset > 0) {
        buf_addf(text, "export SCIWRAP_SWEEP_ROW=$((SLURM_ARRAY_TASK_ID + %" PRIu64 "))\n", script->offset);
    } else {
        buf_add_text(text, "export SCIWRAP_SWEEP_ROW=\"$SLURM_ARRAY_TASK_ID\"\n");
    }
    add_time(submission, text);
    if (table != NULL) {
        buf_add_text(text, "export SCIWRAP_SWEEP_FILE=");
        quote_word(text, table);
        buf_add_text(text, "\n");
    }
}

/* A store on each node, and a place for what comes there. Their names can be known, and where all may write somebody
 * else can have made them first: a store of theirs would be run from. */
static void add_node_store(struct buf *text)
{
    buf_add_text(text, "\n# The environments come from one file that the job before has written, once to a node.\n"
                       "export SCIWRAP_STORE=\"${TMPDIR:-/tmp}/sciwrap-store-$(id -u)\"\n"
                       "each=\n"
                       "[ \"${SLURM_JOB_NUM_NODES:-1}\" -eq 1 ] || each=\"srun --ntasks=$SLURM_JOB_NUM_NODES "
                       "--ntasks-per-node=1\"\n"
                       "$each sh -c 'for at; do\n"
                       "        mkdir -m 0700 \"$at\" 2>/dev/null\n"
                       "        [ -d \"$at\" ] && [ ! -L \"$at\" ] && [ -O \"$at\" ] ||\n"
                       "            { echo \"$at is not a folder of yours; set TMPDIR to one\" >&2; exit 125; }\n"
                       "    done' sh \"$SCIWRAP_STORE\" \"$SCIWRAP_STORE.in\" || exit 125\n");
}

/* `pull` says whether another task has filled the store. One import more does no harm. */
static void add_broadcast(const struct submit_script *script, const char *self, struct buf *text)
{
    const struct submission *submission = script->submission;
    add_node_store(text);
    buf_addf(text, "if ! %s pull --quiet --offline", self);
    add_names(submission, text);
    buf_add_text(text, " 2>/dev/null; then\n");
    for (size_t i = 0; i < submission->environments; i++) {
        auto_free char *file = xasprintf("%s/env.%zu.tar", submission->folder, i + 1);
        auto_release(buf) struct buf quoted = {0};
        quote_word(&quoted, file);
        buf_addf(text, "    here=\"$SCIWRAP_STORE.in/$SLURM_JOB_ID.%zu\"\n", i + 1);
        buf_addf(text, "    sbcast --force %s \"$here.tar\" || exit 125\n", buf_text(&quoted));
        buf_addf(
            text,
            "    %s sh -c 'mkdir -m 0700 \"$2.d\" && \"$1\" store import --quiet --folder \"$2.d\" \"$2.tar\" >&2\n"
            "        status=$?; rm -rf \"$2.d\" \"$2.tar\"; exit $status' sh %s \"$here\" || exit 125\n",
            "srun --ntasks=\"$SLURM_JOB_NUM_NODES\" --ntasks-per-node=1", self);
    }
    buf_add_text(text, "fi\n");
}

static void add_run(const struct submit_script *script, const char *self, struct buf *text)
{
    const struct strlist *command = &script->submission->command;
    buf_addf(text, "\nexec %s%s submit --task -- \\\n    ", script->submission->as_step ? "srun " : "", self);
    for (size_t i = 0; i < command->count; i++) {
        buf_add_text(text, i > 0 ? " " : "");
        quote_word(text, command->item[i]);
    }
    buf_add_text(text, "\n");
}

void submit_script_job(const struct submit_script *script, struct strlist *options, struct buf *text)
{
    auto_release(buf) struct buf self = {0};
    quote_word(&self, script->self);
    job_options(script, options);
    add_head(options, text);
    add_remarks(script, text);
    buf_add_text(text, "\n");
    add_variables(text);
    add_place(script, text);
    if (is_broadcast(script->submission)) {
        add_broadcast(script, buf_text(&self), text);
    }
    add_run(script, buf_text(&self), text);
}

/* What decides where and on whose account a job runs holds for the one that prepares, too; what it may use does not. */
static void prepare_options(const struct submit_script *script, struct strlist *options)
{
    static const struct {
        const char *name;
        char letter;
    } shared[] = {{"account", 'A'},    {"partition", 'p'}, {"qos", 'q'},    {"reservation", 0},
                  {"constraint", 'C'}, {"clusters", 'M'},  {"wckey", 0},    {"export", 0},
                  {"begin", 'b'},      {"nodelist", 'w'},  {"exclude", 'x'}};
    const struct submission *submission = script->submission;
    struct buf output = {0};
    for (const char *at = submission->folder; *at != '\0'; at++) {
        buf_add(&output, at, 1);
        if (*at == '%') {
            buf_add_text(&output, "%"); /* is a pattern there (sbatch(1), filename pattern) */
        }
    }
    strlist_addf(options, "--job-name=prepare-%s", job_name(submission));
    strlist_addf(options, "--chdir=%s", script->workdir);
    strlist_addf(options, "--output=%s/%" PRIu64 ".prepare.out", buf_text(&output), script->number);
    strlist_add(options, "--ntasks=1");
    for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
        const char *value = submit_sbatch_value(&submission->options, shared[i].name, shared[i].letter);
        if (value != NULL) {
            strlist_addf(options, "--%s=%s", shared[i].name, value);
        }
    }
    buf_release(&output);
}

void submit_script_prepare(const struct submit_script *script, struct strlist *options, struct buf *text)
{
    const struct submission *submission = script->submission;
    auto_release(buf) struct buf self = {0};
    quote_word(&self, script->self);
    prepare_options(script, options);
    add_head(options, text);
    buf_addf(text,
             "# Written by sciwrap submit (sciwrap %s): submission %s.\n"
             "# Brings the environments into the store and checks them, once, before the tasks start.\n\n"
             "set -e\n",
             SCIWRAP_VERSION, submission->id);
    add_variables(text);
    buf_addf(text, "\n%s pull", buf_text(&self));
    add_names(submission, text);
    buf_addf(text, "\n%s store verify", buf_text(&self));
    add_names(submission, text);
    buf_add_text(text, "\n");
    for (size_t i = 0; i < submission->environments && is_broadcast(submission); i++) {
        auto_free char *file = xasprintf("%s/env.%zu.tar", submission->folder, i + 1);
        buf_addf(text, "%s store export --force ", buf_text(&self));
        quote_word(text, submission->environment[i].name);
        buf_add_text(text, " ");
        quote_word(text, file);
        buf_add_text(text, "\n");
    }
}
