/* SPDX-License-Identifier: BSD-2-Clause
 * submit_words: the words of `sciwrap submit`. */
#include "commands/submit_words.h"

#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "commands/help.h"

const struct command_option submit_options[] = {
    {"array", 0, "N|LIST", "N tasks, from 1 on, or a list: 0-9,20"},
    {"sweep", 0, "FILE.csv", "a task for each row, which fills {name}"},
    {"at-once", 0, "N", "no more than N tasks at a time"},
    {"prepare", 0, "job|here|sbcast|no", "how the environments get there (job)"},
    {"srun", 0, NULL, "start each task as a step of its job, with srun"},
    {"again", 0, "JOB", "only the tasks of JOB that failed or were lost"},
    {"dry-run", 0, NULL, "print the batch scripts and submit nothing"},
    {"task", 0, NULL, NULL}, /* the batch script calls it */
    {"quiet", 0, NULL, "say only what went wrong"},
    {"verbose", 0, NULL, "say every step"},
    {0},
};

/* Options of sbatch that take no value, or only one behind "=": a word that follows is none of theirs, and sbatch would
 * take it for the script. */
static const char *const flags[] = {
    "--contiguous",
    "--exclusive",
    "--get-user-env",
    "--hold",
    "--ignore-pbs",
    "--immediate",
    "--kill-on-invalid-dep",
    "--nice",
    "--no-kill",
    "--no-requeue",
    "--overcommit",
    "--oversubscribe",
    "--propagate",
    "--reboot",
    "--requeue",
    "--share",
    "--spread-job",
    "--use-min-nodes",
    "-H",
    "-I",
    "-k",
    "-O",
    "-s",
    NULL,
};

/* What sbatch has and cannot be had here, and what to do instead. */
static const struct {
    const char *name;
    char letter;
    const char *instead;
} refused[] = {
    {"chdir", 'D', "go to the folder of the experiment and submit there"},
    {"wrap", 0, "what runs is what follows '--'"},
    {"wait", 'W', "use 'sciwrap runs --job JOB --follow'"},
    {"parsable", 0, "the number of the job is all that goes to standard output"},
    {"test-only", 0, "use --dry-run"},
    {"version", 'V', "see 'sbatch --version'"},
    {"help", 'h', "see 'sciwrap submit --help', or 'sbatch --help'"},
    {"usage", 0, "see 'sciwrap submit --help', or 'sbatch --help'"},
};

static bool is_long(const char *word, const char *name)
{
    size_t length = strlen(name);
    return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, length) == 0 &&
           (word[2 + length] == '\0' || word[2 + length] == '=');
}

static bool is_short(const char *word, char letter)
{
    return letter != 0 && word[0] == '-' && word[1] == letter;
}

const char *submit_sbatch_value(const struct strlist *options, const char *name, char letter)
{
    const char *value = NULL;
    for (size_t i = 0; i < options->count; i++) {
        const char *word = options->item[i];
        if (is_long(word, name)) {
            value = word + 2 + strlen(name) + (word[2 + strlen(name)] == '=');
        } else if (is_short(word, letter)) {
            value = word + 2;
        }
    }
    return value;
}

static bool is_flag(const char *word)
{
    for (size_t i = 0; flags[i] != NULL; i++) {
        if (strcmp(word, flags[i]) == 0) {
            return true;
        }
    }
    return false;
}

int submit_check_line(const char *word, struct err *err)
{
    for (const char *at = word; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return err_set(err, ERR_USAGE, "submit: a control character in an option of sbatch: '%s'", word);
        }
    }
    return 0;
}

static int check_refused(const char *word, struct err *err)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (is_long(word, refused[i].name) || is_short(word, refused[i].letter)) {
            return err_set(err, ERR_USAGE, "submit: '%s' of sbatch cannot be given here: %s", word, refused[i].instead);
        }
    }
    return 0;
}

int submit_check_sbatch(const struct strlist *options, struct err *err)
{
    for (size_t i = 0; i < options->count; i++) {
        const char *word = options->item[i];
        if (word[0] != '-' || word[1] == '\0' || strcmp(word, "--") == 0) {
            return err_set(err, ERR_INVALID, "the submission has '%s' among the options of sbatch, which is none",
                           word);
        }
        if (check_refused(word, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The option of sbatch at argv[*at], with its value if that is the next word, as one word. */
static int take_sbatch(struct submit_words *words, int *at, int end, char **argv, struct err *err)
{
    const char *word = argv[(*at)++];
    const char *next = *at < end ? argv[*at] : NULL;
    if (check_refused(word, err) < 0) {
        return -1;
    }
    if (word[0] != '-' || word[1] == '\0') {
        return err_set(err, ERR_USAGE,
                       "submit: '%s' belongs to no option; what is to run follows '--': sciwrap submit ... -- run ENV",
                       word);
    }
    bool is_word = word[1] == '-';
    bool takes_next =
        next != NULL && next[0] != '-' && !is_flag(word) && (is_word ? strchr(word, '=') == NULL : word[2] == '\0');
    auto_free char *whole = takes_next ? xasprintf("%s%s%s", word, is_word ? "=" : "", next) : xstrdup(word);
    *at += takes_next;
    if (submit_check_line(whole, err) < 0) {
        return -1;
    }
    strlist_add(&words->sbatch, whole);
    return 0;
}

static void take_own(struct submit_words *words, const char *name, const char *value)
{
    struct {
        const char *name;
        const char **place;
    } const texts[] = {{"array", &words->array},
                       {"sweep", &words->sweep},
                       {"at-once", &words->at_once},
                       {"prepare", &words->prepare},
                       {"again", &words->again}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].place = value;
        }
    }
    words->as_step |= strcmp(name, "srun") == 0;
    words->is_task |= strcmp(name, "task") == 0;
    words->dry_run |= strcmp(name, "dry-run") == 0;
    (void)option_is_level(name);
}

/* 1 when argv[*at] is an option of ours. */
static int try_own(struct submit_words *words, int *at, int end, char **argv, struct err *err)
{
    const char *word = strncmp(argv[*at], "-a", 2) == 0 ? "--array" : argv[*at];
    const char *attached = word != argv[*at] && argv[*at][2] != '\0' ? argv[*at] + 2 : NULL;
    for (const struct command_option *row = submit_options; row->name != NULL; row++) {
        if (!is_long(word, row->name)) {
            continue;
        }
        const char *value = strchr(word, '=') != NULL ? strchr(word, '=') + 1 : attached;
        (*at)++;
        if (row->argument == NULL && value != NULL) {
            return err_set(err, ERR_USAGE, "submit: option '--%s' takes no value", row->name);
        }
        if (row->argument != NULL && value == NULL) {
            if (*at == end) {
                return err_set(err, ERR_USAGE, "submit: option '--%s' needs a value: %s", row->name, row->argument);
            }
            value = argv[(*at)++];
        }
        take_own(words, row->name, value);
        return 1;
    }
    return 0;
}

int submit_words_read(struct submit_words *words, int argc, char **argv, struct err *err)
{
    int end = 1;
    while (end < argc && strcmp(argv[end], "--") != 0) {
        end++;
    }
    for (int at = 1; at < end;) {
        if (strcmp(argv[at], "--help") == 0) {
            help_print_command(&submit_command);
            return -1;
        }
        int own = try_own(words, &at, end, argv, err);
        if (own < 0 || (own == 0 && take_sbatch(words, &at, end, argv, err) < 0)) {
            return -1;
        }
    }
    words->has_run = end < argc;
    for (int i = end + 1; i < argc; i++) {
        strlist_add(&words->run, argv[i]);
    }
    return 0;
}

void submit_words_release(struct submit_words *words)
{
    strlist_release(&words->sbatch);
    strlist_release(&words->run);
}

/* A `{name}` in the name of an option would let a cell choose the option. */
static int check_option_name(const char *word, struct err *err)
{
    size_t name = strcspn(word, "=");
    if (word[0] == '-' && memchr(word, '{', name) != NULL) {
        return err_set(err, ERR_USAGE, "'%s': a '{' in the name of an option of sciwrap run", word);
    }
    return 0;
}

int submit_find_env(const struct strlist *run, size_t *ret_env, struct err *err)
{
    int option;
    bool is_exec = run->count > 0 && strcmp(run->item[0], "exec") == 0;
    if (run->count == 0 || (!is_exec && strcmp(run->item[0], "run") != 0)) {
        return err_set(err, ERR_USAGE, "submit: after '--' comes 'run ENV ...' or 'exec ENV CMD ...'%s%s%s",
                       run->count > 0 ? ", not '" : "", run->count > 0 ? run->item[0] : "", run->count > 0 ? "'" : "");
    }
    const struct command *command = is_exec ? &exec_command : &run_command;
    struct option_reader reader = option_reader_of(command, (int)run->count, strlist_items(run));
    do {
        if (reader.at < reader.argc && check_option_name(run->item[reader.at], err) < 0) {
            return -1;
        }
        option = option_next(&reader, err);
        const char *name = option >= 0 ? command->options[option].name : "";
        if (strcmp(name, "no-record") == 0 || strcmp(name, "dry-run") == 0) {
            return err_set(err, ERR_USAGE, "submit: a task with --%s leaves nothing that could be looked at later",
                           name);
        }
    } while (option >= 0);
    if (option == OPTION_ERROR) {
        return -1;
    }
    if ((size_t)reader.at >= run->count) {
        return err_set(err, ERR_USAGE, "submit: no environment named after '%s'", run->item[0]);
    }
    if (is_exec && (size_t)reader.at + 1 >= run->count) {
        return err_set(err, ERR_USAGE, "submit: no command named after the environment '%s'", run->item[reader.at]);
    }
    *ret_env = (size_t)reader.at;
    return 0;
}
