/* SPDX-License-Identifier: BSD-2-Clause
 * rerun: the experiment again, out of its manifest, and whether the same came out. */
#include "run/rerun.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/units.h"
#include "commands/comparison.h"
#include "commands/pins.h"
#include "commands/records.h"
#include "commands/rerun_job.h"
#include "commands/supply.h"
#include "commands/tell.h"
#include "env/config.h"
#include "run/comparison_doc.h"
#include "run/objects.h"
#include "run/options.h"
#include "run/repeats.h"

static const struct command_option options[] = {
    {"inputs", 0, "DIR", "look for inputs in DIR first (repeatable)"},
    {"times", 0, "N", "rerun N times, and tell which outputs ever changed"},
    {"job", 0, "JOB", "every task of a batch job, one after another"},
    MEASURE_OPTIONS,
    {"verify", 0, "used|full|off", "check used files of the environment, all, or none"},
    {"cdi-dir", 0, "DIR", "look for CDI specifications of devices in DIR too"},
    {"offline", 0, NULL, "ask nothing from the network for the environment"},
    {"keep", 0, NULL, "keep the work directory even when nothing differs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "name also the outputs that are the same"},
    {0},
};

/* More tells nothing new, and each leaves a record. */
enum { TIMES_MOST = 1000 };

/* What the words of the command line say, and what comes of all reruns. */
struct request {
    const char *word;
    struct strlist folders;
    struct strlist objects;
    bool keep;
    uint64_t times;
    bool has_level;            /* how the environment is checked was said */
    struct run_options of_run; /* what is asked for as of a run: folders of specifications, how it is checked */
    struct measure measure;
    struct rerun_job job; /* its word NULL: one run */

    const char *cwd;
    struct record record;
    struct doc *then; /* its manifest */
    struct repeats repeats;
    struct doc *reruns; /* an array of comparisons, for --json */
    bool all_good;
};

static void tell(struct request *request, const struct manifest *then, const struct rerun *rerun, uint64_t number)
{
    for (size_t i = 0; i < rerun->notes.count; i++) {
        log_info("%s", rerun->notes.item[i]);
    }
    struct doc *doc = comparison_doc(&rerun->comparison);
    doc_put_text(doc, "id", rerun->now.id);
    doc_put_text(doc, "work", rerun->kept);
    doc_append(request->reruns, doc);
    if (!request->measure.json) {
        if (request->times > 1) {
            printf("rerun %" PRIu64 " of %" PRIu64 ", %s\n", number, request->times, rerun->now.id);
        }
        comparison_print(&rerun->comparison, &then->exit, &rerun->now.exit);
        fflush(stdout);
    }
    if (rerun->kept != NULL) {
        log_info("the outputs of the rerun are in '%s'", rerun->kept);
    }
}

/* As carefully as the first time, and never less than usual: what a rerun shows rests on it. */
static int open_verify(const struct request *request, struct rerun *rerun, const struct manifest *then,
                       const struct store_tree *tree, struct err *err)
{
    enum verify_level *level = &rerun->now.recording.verified.level;
    if (!request->has_level) {
        const char *set = config_get("SCIWRAP_VERIFY");
        bool full = then->recording.verified.level == VERIFY_FULL || (set != NULL && strcmp(set, "full") == 0);
        *level = full ? VERIFY_FULL : VERIFY_USED;
    }
    if (*level == VERIFY_OFF) {
        return 0;
    }
    rerun->verify = verify_open(tree, then->setup.environment.name, err);
    return rerun->verify != NULL ? 0 : -1;
}

/* Remembers what was checked, and tells when what ran was not the pinned environment. */
static int close_verify(struct rerun *rerun, int result, struct err *err)
{
    struct verify_counts counts = {0};
    if (rerun->verify != NULL) {
        verify_save(rerun->verify);
        verify_counts(rerun->verify, &counts);
        result = result == 0 && counts.spoiled > 0 ? verify_complain(rerun->verify, err) : result;
        verify_close(rerun->verify);
        rerun->verify = NULL;
    }
    return result;
}

/* Nobody knows how far a command is; how long it will take is best known from the last time. */
static void announce(const struct request *request, const struct manifest *then, uint64_t number)
{
    const uint64_t second = 1000000000;
    char took[UNITS_TEXT];
    if (then->elapsed_ns < second || !progress_is_shown()) {
        return;
    }
    units_duration(took, then->elapsed_ns);
    if (request->times > 1) {
        log_info("rerun %" PRIu64 " of %" PRIu64 ": it took %s then", number, request->times, took);
    } else {
        log_info("running again: it took %s then", took);
    }
}

/* A record from elsewhere says what the rerun may do; before it does. */
static void tell_openings(const struct setup *setup, uint64_t number)
{
    if (number == 1 && setup->network == NETWORK_HOST) {
        log_info("the run had the network of its host, and the rerun has that of this one");
    }
    if (number == 1 && setup->nested) {
        log_info("the run could make namespaces of its own (--nest), and so can the rerun");
    }
}

static int rerun_once(struct request *request, uint64_t number, struct err *err)
{
    struct rerun rerun = {
        .cwd = request->cwd,
        .folders = &request->folders,
        .objects = &request->objects,
        .cdi_folders = &request->of_run.cdi_folders,
        .keep = request->keep,
        .rules = &request->measure.rules,
        .then_doc = request->then,
        .now.recording.verified.level = request->of_run.verify,
    };
    struct manifest then = {0};
    struct store_tree tree = {.fd = -1};
    int result = manifest_load(&then, request->record.path, err);
    if (result == 0) {
        result = join_may_rerun(&then.step, err);
    }
    if (result == 0) {
        result = pins_find_tree(&then.setup.environment, &request->record, &tree, err);
    }
    if (result == 0 && number == 1) {
        result = measure_add_definition(&request->measure, &then.setup.environment, &request->record, err);
        repeats_add(&request->repeats, &then.outputs, NULL);
    }
    if (result == 0) {
        result = open_verify(request, &rerun, &then, &tree, err);
    }
    if (result == 0) {
        rerun.rootfs = tree.rootfs;
        announce(request, &then, number);
        tell_openings(&then.setup, number);
        result = rerun_perform(&rerun, &then, err);
    }
    if (result == 0) {
        tell(request, &then, &rerun, number);
        repeats_add(&request->repeats, &rerun.now.outputs, &rerun.comparison);
        request->all_good &= comparison_is_good(&rerun.comparison);
    }
    result = close_verify(&rerun, result, err);
    store_tree_release(&tree);
    manifest_release(&then);
    rerun_release(&rerun);
    return result;
}

/* What of several reruns is worth knowing: the outputs that ever changed. */
static void print_changes(const struct request *request, const struct repeat_change *changes, size_t changed,
                          size_t outputs)
{
    printf("%" PRIu64 " reruns: %zu of %zu %s ever changed\n", request->times, changed, outputs,
           outputs == 1 ? "output" : "outputs");
    for (size_t i = 0; i < changed; i++) {
        const struct repeat_change *change = &changes[i];
        printf("  ");
        comparison_print_text(change->path);
        printf(": %zu %s in %zu runs", change->contents, change->contents == 1 ? "content" : "contents", change->runs);
        if (change->runs < request->repeats.runs) {
            printf(" of %zu", request->repeats.runs);
        } else if (verdict_is_good(change->worst)) {
            printf(", %s", verdict_title(change->worst));
        }
        putchar('\n');
    }
}

static struct doc *changes_doc(const struct repeat_change *changes, size_t changed)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < changed; i++) {
        struct doc *object = doc_object();
        doc_put_text(object, "path", changes[i].path);
        doc_put_number(object, "contents", changes[i].contents);
        doc_put_number(object, "runs", changes[i].runs);
        doc_put_text(object, "worst", verdict_name(changes[i].worst));
        doc_append(array, object);
    }
    return array;
}

static void conclude(struct request *request)
{
    struct repeat_change *changes;
    size_t outputs;
    size_t changed = repeats_changed(&request->repeats, &changes, &outputs);
    if (request->measure.json) {
        struct doc *top = doc_object();
        doc_put_text(top, "schema", COMPARISON_SCHEMA);
        doc_put(top, "reruns", request->reruns);
        doc_put(top, "changed", changes_doc(changes, changed));
        request->reruns = NULL;
        tell_json(top);
    } else if (request->times > 1) {
        print_changes(request, changes, changed, outputs);
    }
    free(changes);
}

/* With --job the options are for each task: they are checked here, and handed on as they are. */
static void note_option(struct rerun_job *job, const char *option, const char *value)
{
    if (strcmp(option, "job") == 0) {
        job->word = value;
    } else if (strcmp(option, "json") == 0) {
        job->json = true;
    } else {
        strlist_addf(&job->options, "--%s%s%s", option, value != NULL ? "=" : "", value != NULL ? value : "");
    }
}

static int take_option(struct request *request, const char *option, const char *value, struct err *err)
{
    note_option(&request->job, option, value);
    int taken = measure_take(&request->measure, option, value, err);
    if (taken != 0 || option_is_level(option)) {
        return taken < 0 ? -1 : 0;
    }
    if (strcmp(option, "verify") == 0) {
        request->has_level = true;
        return options_set_verify(&request->of_run, value, err);
    }
    if (strcmp(option, "cdi-dir") == 0) {
        return options_add_cdi_folder(&request->of_run, request->cwd, value, err);
    }
    if (strcmp(option, "offline") == 0) {
        supply_go_offline();
        return 0;
    }
    if (strcmp(option, "job") == 0) {
        return 0;
    }
    if (strcmp(option, "keep") == 0) {
        request->keep = true;
    } else if (strcmp(option, "inputs") == 0) {
        strlist_take(&request->folders, path_normal(request->cwd, value));
    } else if (!text_to_u64(value, 1, TIMES_MOST, &request->times)) {
        return err_set(err, ERR_USAGE, "--times '%s': a number from 1 to %d is needed", value, TIMES_MOST);
    }
    return 0;
}

static int read_line(struct request *request, int argc, char **argv, struct err *err)
{
    struct option_reader reader = option_reader_of(&rerun_command, argc, argv);
    while (reader.at < argc) {
        int option = option_next(&reader, err);
        if (option == OPTION_ERROR ||
            (option >= 0 && take_option(request, options[option].name, reader.value, err) < 0)) {
            return -1;
        }
        if (option < 0 && reader.at < argc) {
            if (request->word != NULL) {
                return command_usage_error(&rerun_command, err, "takes one run");
            }
            request->word = argv[reader.at++];
        }
    }
    bool job = request->job.word != NULL;
    if (job && (request->word != NULL || request->times != 1)) {
        return command_usage_error(&rerun_command, err, "--job names the runs, each of which is run again once");
    }
    return job || request->word != NULL ? 0 : command_usage_error(&rerun_command, err, COMMAND_NO_RUN);
}

static int find_record(struct request *request, struct err *err)
{
    if (record_open(&request->record, request->word, RECORD_RERUN, err) < 0) {
        return -1;
    }
    request->then = doc_load(request->record.path, MANIFEST_MOST, err);
    strlist_take(&request->folders, records_folder(request->cwd, request->record.path));
    if (request->record.contents.shifted != NULL) {
        strlist_add(&request->folders, request->record.contents.shifted);
    }
    strlist_add(&request->folders, request->cwd);
    for (size_t i = 0; i < request->folders.count; i++) {
        strlist_addf(&request->objects, "%s/" SETUP_RECORDS "/" OBJECTS_FOLDER, request->folders.item[i]);
    }
    return request->then != NULL ? 0 : -1;
}

static int perform(struct request *request, struct err *err)
{
    int result = find_record(request, err);
    for (uint64_t number = 1; number <= request->times && result == 0; number++) {
        result = rerun_once(request, number, err);
    }
    if (result == 0) {
        conclude(request);
    }
    return result;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    struct request request = {
        .cwd = cwd,
        .times = 1,
        .record = {.folder = PRIVATE_FOLDER_NONE},
        .reruns = doc_array(),
        .all_good = true,
    };
    int result = read_line(&request, argc, argv, err);
    *exit_code = 0;
    if (result == 0) {
        result = request.job.word != NULL ? rerun_job(&request.job, exit_code, err) : perform(&request, err);
    }
    *exit_code = request.all_good ? *exit_code : 1;
    strlist_release(&request.job.options);
    run_options_release(&request.of_run);
    strlist_release(&request.folders);
    strlist_release(&request.objects);
    measure_release(&request.measure);
    repeats_release(&request.repeats);
    doc_free(request.reruns);
    doc_free(request.then);
    record_close(&request.record);
    return result;
}

const struct command rerun_command = {
    .name = "rerun",
    .synopsis = "[OPTION...] ID|FILE | --job JOB",
    .summary = "run an experiment again from its manifest or bundle, and compare",
    .options = options,
    .more = "Exit status: 0 every output is identical, equal after normalisation or within\n"
            "tolerance; 1 something differs; 125 it could not be done.\n",
    .run = run,
};
