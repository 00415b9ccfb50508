/* SPDX-License-Identifier: BSD-2-Clause
 * rerun: the experiment again, out of its manifest, and whether the same came out. */
#include "run/rerun.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/records.h"
#include "commands/start.h"
#include "run/options.h"
#include "run/objects.h"

static const struct command_option options[] = {
    {"inputs", 0, "DIR", "look for inputs in DIR first (repeatable)"},
    {"keep", 0, NULL, "keep the work directory even when nothing differs"},
    {"verify", 0, "used|full|off", "check used files of the environment, all, or none"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "name also the outputs that are the same"},
    {0},
};

/* Where the environment can be had: from the bundle, else as a definition that is known here says, else as that in the
 * bundle says. NULL when nobody says. Caller frees. */
static char *find_definition(const struct setup_environment *environment, const struct record *record)
{
    auto_release(definition) struct definition def = {0};
    struct err ignored = {0};
    if (record->contents.has_artifact) {
        return xstrdup(record->contents.definition);
    }
    char *known = definition_find_pin(&environment->artifact, environment->name);
    bool says = known == NULL && record->bundle != NULL &&
                definition_load(&def, record->contents.definition, &ignored) == 0 &&
                (def.url.count > 0 || def.recipe != NULL);
    return says ? xstrdup(record->contents.definition) : known;
}

static int find_tree(const struct setup_environment *environment, const struct record *record,
                     struct store_tree *ret_tree, struct err *err)
{
    struct store store = {.fd = -1};
    int found = store_open(&store, err) < 0 ? -1 : store_find_tree(&store, &environment->artifact, ret_tree, err);
    store_close(&store);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        char hex[DIGEST_HEX + 1];
        auto_free char *definition = find_definition(environment, record);
        digest_to_hex(&environment->artifact, hex);
        if (definition == NULL) {
            return err_set(err, ERR_NOT_FOUND,
                           "environment '%s' (artifact sha256 %s) is not in the store, and no definition known here "
                           "pins it%s",
                           environment->name, hex,
                           record->bundle != NULL ? "; the bundle holds neither the artifact nor an address of it"
                                                  : "");
        }
        if (start_find_tree(definition, &environment->artifact, ret_tree, err) < 0) {
            return -1;
        }
    }
    if (!digest_equal(&ret_tree->tree, &environment->tree)) {
        return err_set(err, ERR_MISMATCH, "the tree of environment '%s' in the store is not the one of the manifest",
                       environment->name);
    }
    return 0;
}

/* The folder of the experiment that a manifest belongs to: above .sciwrap, or where the file lies. */
static char *folder_of(const char *cwd, const char *manifest_path)
{
    char *folder = path_normal(cwd, manifest_path);
    char *records = strstr(folder, "/" SETUP_RECORDS "/runs/");
    if (records == NULL) {
        records = strrchr(folder, '/');
    }
    *records = '\0';
    return folder;
}

static void print_path(const char *word, const char *path)
{
    size_t length = strlen(path);
    auto_free char *shown = xmalloc(length * 12 + 1);
    text_escape(shown, length * 12 + 1, path, length);
    printf("%-8s %s\n", word, shown);
}

static bool print_verdict(const struct rerun *rerun, const struct manifest *then)
{
    const struct comparison *comparison = &rerun->comparison;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct comparison_item *item = &comparison->item[i];
        if (item->verdict != VERDICT_SAME || log_get_level() == LOG_VERBOSE) {
            print_path(verdict_name(item->verdict), item->path);
        }
    }
    if (!comparison->same_exit) {
        printf("%-8s exit status: %d, was %d\n", "differs", rerun->now.exit.code, then->exit.code);
    }
    bool identical = comparison->unequal == 0 && comparison->same_exit;
    if (identical) {
        printf("identical\n");
    } else {
        printf("different: %zu of %zu outputs%s\n", comparison->unequal, comparison->count,
               comparison->same_exit ? "" : " and the exit status");
    }
    return identical;
}

/* As carefully as the first time, and never less than usual: what a rerun shows rests on it. */
static int open_verify(struct rerun *rerun, const struct manifest *then, const struct store_tree *tree, struct err *err)
{
    enum verify_level *level = &rerun->now.recording.verified.level;
    if (!rerun->has_level) {
        *level = then->recording.verified.level == VERIFY_FULL ? VERIFY_FULL : VERIFY_USED;
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

static int perform(struct rerun *rerun, struct manifest *then, const struct record *record, int *exit_code,
                   struct err *err)
{
    struct store_tree tree = {.fd = -1};
    int result = find_tree(&then->setup.environment, record, &tree, err);
    if (result == 0) {
        result = open_verify(rerun, then, &tree, err);
    }
    if (result == 0) {
        rerun->rootfs = tree.rootfs;
        result = rerun_perform(rerun, then, err);
    }
    for (size_t i = 0; i < rerun->notes.count; i++) {
        log_info("%s", rerun->notes.item[i]);
    }
    if (result == 0) {
        *exit_code = print_verdict(rerun, then) ? 0 : 1;
        if (rerun->kept != NULL) {
            log_info("the outputs of the rerun are in '%s'", rerun->kept);
        }
    }
    result = close_verify(rerun, result, err);
    store_tree_release(&tree);
    return result;
}

static int read_value(struct rerun *rerun, const char *name, const char *value, struct err *err)
{
    if (strcmp(name, "inputs") == 0) {
        strlist_take(&rerun->folders, path_normal(rerun->cwd, value));
        return 0;
    }
    struct run_options options_of_run = {0};
    int result = options_set_verify(&options_of_run, value, err);
    rerun->now.recording.verified.level = options_of_run.verify;
    rerun->has_level = true;
    return result;
}

static int read_line(struct rerun *rerun, int argc, char **argv, const char **ret_word, struct err *err)
{
    struct option_reader reader = option_reader_of(&rerun_command, argc, argv);
    while (reader.at < argc) {
        int option = option_next(&reader, err);
        if (option == OPTION_ERROR) {
            return -1;
        }
        if (option >= 0 && reader.value != NULL) {
            if (read_value(rerun, options[option].name, reader.value, err) < 0) {
                return -1;
            }
        } else if (option >= 0) {
            rerun->keep |= !option_is_level(options[option].name);
        } else if (reader.at < argc && *ret_word == NULL) {
            *ret_word = argv[reader.at++];
        } else if (reader.at < argc) {
            return command_usage_error(&rerun_command, err, "takes one run");
        }
    }
    return *ret_word != NULL ? 0 : command_usage_error(&rerun_command, err, "no run named");
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    struct rerun rerun = {0};
    struct manifest then = {0};
    struct record record = {.folder = PRIVATE_FOLDER_NONE};
    const char *word = NULL;
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    rerun.cwd = cwd;
    int result = read_line(&rerun, argc, argv, &word, err);
    if (result == 0) {
        result = record_open(&record, word, RECORD_WHOLE, err);
    }
    if (result == 0) {
        result = manifest_load(&then, record.path, err);
    }
    if (result == 0) {
        strlist_take(&rerun.folders, folder_of(cwd, record.path));
        if (record.contents.shifted != NULL) {
            strlist_add(&rerun.folders, record.contents.shifted);
        }
        strlist_add(&rerun.folders, cwd);
        for (size_t i = 0; i < rerun.folders.count; i++) {
            strlist_addf(&rerun.objects, "%s/" SETUP_RECORDS "/" OBJECTS_FOLDER, rerun.folders.item[i]);
        }
        result = perform(&rerun, &then, &record, exit_code, err);
    }
    manifest_release(&then);
    rerun_release(&rerun);
    record_close(&record);
    return result;
}

const struct command rerun_command = {
    .name = "rerun",
    .synopsis = "[OPTION...] ID|FILE",
    .summary = "run an experiment again from its manifest or bundle, and compare",
    .options = options,
    .more = "Exit status: 0 'identical'; 1 something differs; 125 it could not be done.\n",
    .run = run,
};
