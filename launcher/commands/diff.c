/* SPDX-License-Identifier: BSD-2-Clause
 * diff: two runs that exist, compared: what was different before the start, and what came out differently. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "commands/comparison.h"
#include "commands/records.h"
#include "commands/tell.h"
#include "run/comparison_doc.h"
#include "run/objects.h"

static const struct command_option options[] = {
    MEASURE_OPTIONS,
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "name also the outputs that are the same"},
    {0},
};

/* One of the two runs. */
struct side {
    struct record record;
    struct doc *doc;
    struct manifest manifest;
};

static int load(struct side *side, const char *word, struct strlist *objects, struct err *err)
{
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    if (record_open(&side->record, word, RECORD_WHOLE, err) < 0 ||
        manifest_load(&side->manifest, side->record.path, err) < 0) {
        return -1;
    }
    auto_free char *folder = records_folder(cwd, side->record.path);
    strlist_addf(objects, "%s/" SETUP_RECORDS "/" OBJECTS_FOLDER, folder);
    side->doc = doc_load(side->record.path, MANIFEST_MOST, err);
    return side->doc != NULL ? 0 : -1;
}

static void release(struct side *side)
{
    record_close(&side->record);
    doc_free(side->doc);
    manifest_release(&side->manifest);
}

static void print_json(const struct comparison *comparison, const struct side *now)
{
    struct doc *top = doc_object();
    struct doc *doc = comparison_doc(comparison);
    doc_put_text(top, "schema", COMPARISON_SCHEMA);
    doc_put_text(doc, "id", now->manifest.id);
    doc_put(top, "comparison", doc);
    tell_json(top);
}

/* The comparison in the record of a rerun, when it is the one with this run. */
static const struct doc *recorded_with(const struct doc *rerun, const char *id)
{
    const struct doc *comparison = doc_get(rerun, "comparison");
    auto_free char *with = doc_get_text(comparison, "with");
    return with != NULL && id[0] != '\0' && strcmp(with, id) == 0 ? comparison : NULL;
}

static bool compare(struct side *then, struct side *now, struct measure *measure, const struct strlist *objects)
{
    const struct compare_options compare_options = {
        .rules = &measure->rules,
        .objects = objects,
        .recorded = recorded_with(now->doc, then->manifest.id),
    };
    struct comparison comparison;
    compare_runs(&then->manifest, &now->manifest, &compare_options, &comparison);
    difference_find(then->doc, now->doc, &comparison.differences);
    if (measure->json) {
        print_json(&comparison, now);
    } else {
        comparison_print(&comparison, &then->manifest.exit, &now->manifest.exit);
    }
    bool good = comparison_is_good(&comparison);
    comparison_release(&comparison);
    return good;
}

static int perform(const char *const words[2], struct measure *measure, int *exit_code, struct err *err)
{
    struct side then = {.record = {.folder = PRIVATE_FOLDER_NONE}};
    struct side now = {.record = {.folder = PRIVATE_FOLDER_NONE}};
    struct strlist objects = {0};
    int result = load(&then, words[0], &objects, err);
    if (result == 0) {
        result = load(&now, words[1], &objects, err);
    }
    if (result == 0) {
        result = measure_add_definition(measure, &then.manifest.setup.environment, &then.record, err);
    }
    if (result == 0) {
        *exit_code = compare(&then, &now, measure, &objects) ? 0 : 1;
    }
    release(&then);
    release(&now);
    strlist_release(&objects);
    return result;
}

static int read_line(struct measure *measure, int argc, char **argv, const char *ret_words[2], struct err *err)
{
    struct option_reader reader = option_reader_of(&diff_command, argc, argv);
    size_t count = 0;
    while (reader.at < argc) {
        int option = option_next(&reader, err);
        if (option == OPTION_ERROR) {
            return -1;
        }
        if (option >= 0) {
            const char *name = options[option].name;
            if (!option_is_level(name) && measure_take(measure, name, reader.value, err) < 0) {
                return -1;
            }
        } else if (reader.at < argc) {
            if (count == 2) {
                return command_usage_error(&diff_command, err, "takes two runs");
            }
            ret_words[count++] = argv[reader.at++];
        }
    }
    return count == 2 ? 0 : command_usage_error(&diff_command, err, "takes two runs");
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    const char *words[2] = {0};
    struct measure measure = {0};
    int result = read_line(&measure, argc, argv, words, err);
    if (result == 0) {
        result = perform(words, &measure, exit_code, err);
    }
    measure_release(&measure);
    return result;
}

const struct command diff_command = {
    .name = "diff",
    .synopsis = "[OPTION...] ID|FILE ID|FILE",
    .summary = "compare two runs: what went in differently, and what came out",
    .options = options,
    .more = "Exit status: 0 every output is identical, equal after normalisation or within\n"
            "tolerance; 1 something differs; 125 it could not be done.\n",
    .run = run,
};
