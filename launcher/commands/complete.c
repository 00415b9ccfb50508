/* SPDX-License-Identifier: BSD-2-Clause
 * complete: what a shell may put in the place of the last word. */
#include "commands/complete.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "commands/complete_values.h"
#include "commands/table.h"

/* The words behind the command's name, and where in them its options end. */
struct line {
    const struct command *command;
    char **word;
    int count; /* the last is the one to be completed */
    int operands;
    const struct command_option *open; /* the last word is the value of this one; NULL: it is not a value */
    bool ended;                        /* no options any more */
};

static const struct command_option *find_option(const struct command *command, const char *word)
{
    size_t length = strlen(word);
    for (const struct command_option *row = command->options; row->name != NULL; row++) {
        bool by_name = strncmp(word, "--", 2) == 0 && strcmp(word + 2, row->name) == 0;
        bool by_letter = length >= 2 && word[0] == '-' && word[1] != '-' && word[length - 1] == row->letter;
        if (by_name || by_letter) {
            return row;
        }
    }
    return NULL;
}

/* What the words before the last one mean for it. */
static void read_words(struct line *line)
{
    for (int i = 0; i + 1 < line->count; i++) {
        const char *word = line->word[i];
        if (line->open != NULL) {
            line->open = NULL;
        } else if (line->ended || word[0] != '-' || word[1] == '\0') {
            line->operands++;
            line->ended |= line->command->options_first;
        } else if (strcmp(word, "--") == 0) {
            line->ended = true;
        } else {
            const struct command_option *row = find_option(line->command, word);
            line->open = row != NULL && row->argument != NULL ? row : NULL;
        }
    }
}

/* One word of a synopsis or of an option's argument, "ID", "FILE", "list": what can stand in its place. */
static void add_kind(struct completion *completion, const struct command *command, const char *kind)
{
    bool going_on = command == &enter_command || command == &stop_command;
    if (strcmp(kind, "ENV") == 0) {
        completion_add_environments(completion);
        completion->more = strchr(completion->typed, '/') != NULL ? "files" : completion->more;
    } else if (strcmp(kind, "ID") == 0) {
        (going_on ? completion_add_running : completion_add_runs)(completion);
    } else if (strcmp(kind, "JOB") == 0) {
        completion_add_jobs(completion);
    } else if (strcmp(kind, "RECIPE") == 0) {
        completion_add_recipes(completion);
    } else if (strcmp(kind, "KEY") == 0) {
        completion_add_config_keys(completion);
    } else if (strcmp(kind, "DIR") == 0 || strcmp(kind, "FOLDER") == 0) {
        completion->more = "folders";
    } else if (strcmp(kind, "FILE") == 0 || strcmp(kind, "PATH") == 0 || strcmp(kind, "SOURCE") == 0 ||
               strcmp(kind, "SRC") == 0 || strcmp(kind, "ARG") == 0 || strcmp(kind, "CMD") == 0) {
        completion->more = "files";
    } else if (kind[0] >= 'a' && kind[0] <= 'z') {
        completion_add(completion, kind, NULL);
    }
}

/* "ID|FILE": both. Of "SRC[:DST][:ro|rw]" the first. */
static void add_kinds(struct completion *completion, const struct command *command, const char *kinds)
{
    auto_free char *text = xstrdup(kinds);
    char *rest = NULL;
    text[strcspn(text, "[")] = '\0';
    for (char *kind = strtok_r(text, "|", &rest); kind != NULL; kind = strtok_r(NULL, "|", &rest)) {
        add_kind(completion, command, kind);
    }
}

/* The word of the synopsis for operand `number`; the last one when that can be repeated. */
static void add_operand(struct completion *completion, const struct command *command, int number)
{
    auto_free char *text = xstrdup(command->synopsis);
    auto_free char *chosen = NULL;
    char *rest = NULL;
    int at = 0;
    for (char *token = strtok_r(text, " ", &rest); token != NULL; token = strtok_r(NULL, " ", &rest)) {
        bool repeats = strstr(token, "...") != NULL;
        char *word = token + strspn(token, "[");
        word[strcspn(word, "].")] = '\0';
        if (strstr(word, "OPTION") != NULL || word[0] == '-') {
            continue;
        }
        if (at++ == number || repeats) {
            chosen = xstrdup(word);
            break;
        }
    }
    if (chosen != NULL) {
        add_kinds(completion, command, chosen);
    }
}

/* `sciwrap config KEY`, `config set KEY VALUE...`, `config unset KEY`. */
static void add_config_word(struct completion *completion, const struct line *line)
{
    bool changes = line->count > 1 && (strcmp(line->word[0], "set") == 0 || strcmp(line->word[0], "unset") == 0);
    if (line->operands == 0) {
        completion_add(completion, "set", "change the user's file");
        completion_add(completion, "unset", "take a key out of the user's file");
    }
    if (line->operands == (changes ? 1 : 0)) {
        completion_add_config_keys(completion);
    }
}

static void add_options(struct completion *completion, const struct command *command)
{
    for (const struct command_option *row = command->options; row->name != NULL; row++) {
        auto_free char *name = xasprintf("--%s", row->name);
        if (row->help != NULL) {
            completion_add(completion, name, row->help);
        }
    }
    completion_add(completion, "--help", "show the help of the command");
}

static void add_value(struct completion *completion, const struct command *command, const struct command_option *row)
{
    if (row->argument == NULL) {
        return;
    }
    if (strcmp(row->name, "no-fix") == 0) {
        completion_add_fixes(completion);
    } else {
        add_kinds(completion, command, row->argument);
    }
}

/* "--network=ho": its values, as whole words. */
static void add_attached_value(struct completion *completion, const struct command *command, const char *word)
{
    size_t length = strcspn(word, "=");
    auto_free char *name = xstrndup(word, length);
    const struct command_option *row = find_option(command, name);
    struct completion value = {.typed = word + length + 1};
    if (row != NULL) {
        add_value(&value, command, row);
    }
    for (size_t i = 0; i < value.lines.count; i++) {
        strlist_addf(&completion->lines, "%s=%s", name, value.lines.item[i]);
    }
    completion->more = value.more;
    strlist_release(&value.lines);
}

static void complete_of_command(struct completion *completion, struct line *line)
{
    const char *word = completion->typed;
    read_words(line);
    if (line->open != NULL) {
        add_value(completion, line->command, line->open);
    } else if (word[0] == '-' && !line->ended) {
        if (strncmp(word, "--", 2) == 0 && strchr(word, '=') != NULL) {
            add_attached_value(completion, line->command, word);
        } else {
            add_options(completion, line->command);
        }
    } else if (line->command == &config_command) {
        add_config_word(completion, line);
    } else {
        add_operand(completion, line->command, line->operands);
    }
}

static void add_commands(struct completion *completion)
{
    for (const struct command_group *group = command_groups; group->title != NULL; group++) {
        for (size_t i = 0; group->command[i] != NULL; i++) {
            completion_add(completion, group->command[i]->name, group->command[i]->summary);
        }
    }
}

static void add_subcommands(struct completion *completion, const struct command *command)
{
    for (const struct command *const *sub = command->subcommands; *sub != NULL; sub++) {
        completion_add(completion, command_word(*sub), (*sub)->summary);
    }
}

static void complete(struct completion *completion, char **word, int count)
{
    struct err ignored = {0};
    bool help = strcmp(word[0], "help") == 0;
    if (count == 1 || (count == 2 && help)) {
        add_commands(completion);
        if (count == 1) {
            completion_add(completion, "help", "show the manual of a command");
            completion_add(completion, "--help", "list the commands");
            completion_add(completion, "--version", "print the version");
        }
        return;
    }
    const struct command *command = help ? NULL : command_find(word[0], &ignored);
    if (command != NULL && command->subcommands != NULL) {
        if (count == 2) {
            add_subcommands(completion, command);
            return;
        }
        command = command_find_sub(command, word[1], &ignored);
        word++;
        count--;
    }
    if (command != NULL) {
        struct line line = {.command = command, .word = word + 1, .count = count - 1};
        complete_of_command(completion, &line);
    }
}

int complete_run(int argc, char **argv)
{
    char nothing[] = "";
    char *empty[] = {nothing};
    struct completion completion = {.typed = argc > 1 ? argv[argc - 1] : nothing};
    complete(&completion, argc > 1 ? argv + 1 : empty, argc > 1 ? argc - 1 : 1);
    puts(completion.more != NULL ? completion.more : "none");
    for (size_t i = 0; i < completion.lines.count; i++) {
        puts(completion.lines.item[i]);
    }
    strlist_release(&completion.lines);
    return 0;
}
