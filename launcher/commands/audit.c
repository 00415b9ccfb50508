/* SPDX-License-Identifier: BSD-2-Clause
 * audit: tries every wall of a run from inside, and tells which held. */
#include "audit/audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "commands/start.h"
#include "commands/tell.h"
#include "env/definition.h"
#include "base/doc.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "print the whole of it as JSON"},
    {"control", 0, NULL, "ENV is a command that starts a program: try it"},
    {"quiet", 'q', NULL, "print only what is open"},
    {"verbose", 'v', NULL, "print also what each attempt met"},
    {0},
};

struct request {
    const char *cwd;
    struct strlist of_run; /* options of the run, paths absolute */
    struct strlist words;  /* ENV, or the command of --control */
    bool json;
    bool control;
};

/* The run is started in another directory. */
static char *absolute_value(const struct request *request, const char *name, const char *value)
{
    bool is_path = strcmp(name, "bind") == 0 || strcmp(name, "input") == 0 || strcmp(name, "cdi-dir") == 0;
    return is_path && value[0] != '/' ? xasprintf("%s/%s", request->cwd, value) : xstrdup(value);
}

static int take_of_run(struct request *request, const char *name, const char *value, struct err *err)
{
    static const char *const refused[] = {"dry-run", "manifest", "no-record", "no-auto-bind"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        if (strcmp(name, refused[i]) == 0) {
            return err_set(err, ERR_USAGE, "audit: '--%s' means nothing here: an audit leaves no record", name);
        }
    }
    if (value == NULL) {
        strlist_addf(&request->of_run, "--%s", name);
        return 0;
    }
    auto_free char *absolute = absolute_value(request, name, value);
    strlist_addf(&request->of_run, "--%s=%s", name, absolute);
    return 0;
}

static bool is_own(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        return true;
    }
    for (const struct command_option *row = options; row->name != NULL; row++) {
        char letter[3] = {'-', row->letter, '\0'};
        if ((strncmp(word, "--", 2) == 0 && strcmp(word + 2, row->name) == 0) ||
            (row->letter != 0 && strcmp(word, letter) == 0)) {
            return true;
        }
    }
    return false;
}

/* One option, of ours or of the run; both readers stand at the same word. */
static int read_option(struct request *request, struct option_reader *own, struct option_reader *of_run,
                       struct err *err)
{
    if (!is_own(own->argv[own->at])) {
        of_run->at = own->at;
        of_run->ended = false;
        int option = option_next(of_run, err);
        own->at = of_run->at;
        return option < 0 ? option : take_of_run(request, start_options[option].name, of_run->value, err);
    }
    int option = option_next(own, err);
    if (option < 0) {
        return option;
    }
    request->json |= strcmp(options[option].name, "json") == 0;
    request->control |= strcmp(options[option].name, "control") == 0;
    (void)option_is_level(options[option].name);
    return 0;
}

/* Options may come behind ENV too; the words of --control are another command's and untouched. */
static int read_line(struct request *request, int argc, char **argv, struct err *err)
{
    struct command with_run = audit_command;
    with_run.options = start_options;
    struct option_reader own = option_reader_of(&audit_command, argc, argv);
    struct option_reader of_run = option_reader_of(&with_run, argc, argv);
    while (own.at < argc) {
        bool is_word = argv[own.at][0] != '-' || argv[own.at][1] == '\0';
        if (is_word || (request->control && request->words.count > 0)) {
            strlist_add(&request->words, argv[own.at++]);
        } else if (read_option(request, &own, &of_run, err) == OPTION_ERROR || err->kind != ERR_NONE) {
            return -1;
        }
    }
    if (request->words.count == 0) {
        return command_usage_error(&audit_command, err, COMMAND_NO_ENVIRONMENT);
    }
    if (request->words.count > 1 && !request->control) {
        return command_usage_error(&audit_command, err, "takes one environment");
    }
    if (request->control && request->of_run.count > 0) {
        return command_usage_error(&audit_command, err, "options of a run mean nothing to another command");
    }
    return 0;
}

static void print_json(const struct request *request, const struct rows *rows)
{
    static const char *const outcomes[][2] = {
        {"held", ROWS_HELD}, {"open", ROWS_OPEN}, {"shared", ROWS_SHARED}, {"not_tried", ROWS_NOT}};
    struct doc *top = doc_object();
    doc_put_text(top, "schema", AUDIT_SCHEMA);
    if (request->control) {
        doc_put_texts(top, "control", &request->words);
    } else {
        doc_put_text(top, "environment", request->words.item[0]);
        doc_put_texts(top, "options", &request->of_run);
    }
    struct doc *counts = doc_object();
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++) {
        doc_put_number(counts, outcomes[i][0], rows_count(rows, outcomes[i][1]));
    }
    doc_put(top, "counts", counts);
    doc_put(top, "attempts", rows_doc(rows));
    tell_json(top);
}

/* What the probe says comes from inside; its details name files of an image. */
static void print_row(const struct row *row)
{
    enum { NAME = 26, INDENT = 9 + 2 + NAME + 2 };
    const char *relation = row_relation(row);
    bool full = log_get_level() == LOG_VERBOSE || relation == NULL || strcmp(row->outcome, ROWS_SHARED) == 0;
    bool detailed = full && row->detail[0] != '\0';
    auto_free char *attempt = xasprintf("%s.%s", row->wall, row->name);
    const char *joint = relation == NULL ? "" : strcmp(relation, "lessened_by") == 0 ? "; lessened by " : ": ";
    auto_free char *text = xasprintf("%s%s%s%s%s%s", row->text, joint, relation != NULL ? row->mechanism : "",
                                     detailed ? " (" : "", detailed ? row->detail : "", detailed ? ")" : "");
    printf("%-9s  %-*s  ", row->outcome, NAME, attempt);
    tell_rest(INDENT, text);
}

static void print_table(const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (log_get_level() != LOG_QUIET || strcmp(rows->item[i].outcome, ROWS_OPEN) == 0) {
            print_row(&rows->item[i]);
        }
    }
    printf("%zu attempts: %zu held, %zu open, %zu shared, %zu not tried\n", rows->count, rows_count(rows, ROWS_HELD),
           rows_count(rows, ROWS_OPEN), rows_count(rows, ROWS_SHARED), rows_count(rows, ROWS_NOT));
}

/* The tree is brought before the victims are up, so that an audit of a new environment takes no longer. */
static int find_environment(const char *name, struct definition *def, struct err *err)
{
    struct store_tree tree = {.fd = -1};
    if (definition_find(def, name, err) < 0) {
        return -1;
    }
    int result = start_find_tree(name, &def->sha256, &tree, err);
    store_tree_release(&tree);
    return result;
}

static int perform(struct request *request, int *exit_code, struct err *err)
{
    struct definition def = {0};
    struct rows rows = {0};
    struct audit audit = {.options = &request->of_run, .control = request->control ? &request->words : NULL};
    const char *name = strlist_items(&request->words)[0];
    int result = request->control ? 0 : find_environment(name, &def, err);
    if (result == 0) {
        audit.environment = def.path;
        result = audit_perform(&audit, &rows, err);
    }
    if (result == 0) {
        if (request->json) {
            print_json(request, &rows);
        } else {
            print_table(&rows);
        }
        *exit_code = rows_count(&rows, ROWS_OPEN) > 0 ? 1 : 0;
    }
    rows_release(&rows);
    definition_release(&def);
    return result;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    struct request request = {.cwd = cwd};
    int result = read_line(&request, argc, argv, err);
    if (result == 0) {
        result = perform(&request, exit_code, err);
    }
    strlist_release(&request.of_run);
    strlist_release(&request.words);
    return result;
}

const struct command audit_command = {
    .name = "audit",
    .synopsis = "[OPTION...] ENV",
    .summary = "try every wall of a run from inside, and tell which hold",
    .options = options,
    .options_first = true,
    .more = "Options of a run ('sciwrap run --help') are taken too and change what is\n"
            "expected: what they open on purpose is told as shared.\n"
            "Exit status: 0 nothing that should hold is open; 1 something is; 125 it could\n"
            "not be done.\n",
    .run = run,
};
