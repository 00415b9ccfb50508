/* SPDX-License-Identifier: BSD-2-Clause
 * command: how the options of a subcommand are read, and its help. */
#include "commands/command.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strlist.h"
#include "base/text.h"

struct option_reader option_reader_of(const struct command *command, int argc, char **argv)
{
    return (struct option_reader){.command = command, .argc = argc, .argv = argv, .at = 1};
}

static int unknown_option(const struct option_reader *reader, const char *word, struct err *err)
{
    struct strlist names = {0};
    for (const struct command_option *row = reader->command->options; row->name != NULL; row++) {
        strlist_addf(&names, "--%s", row->name);
    }
    auto_free char *bare = xstrndup(word, strcspn(word, "="));
    const char *near = text_nearest(bare, (const char *const *)strlist_items(&names));
    if (near != NULL) {
        err_set(err, ERR_USAGE, "%s: unknown option '%s'; did you mean '%s'?", reader->command->name, bare, near);
    } else {
        err_set(err, ERR_USAGE, "%s: unknown option '%s'; see 'sciwrap %s --help'", reader->command->name, bare,
                reader->command->name);
    }
    strlist_release(&names);
    return OPTION_ERROR;
}

/* The value of an option: what is attached to it, or the next word. */
static int take_value(struct option_reader *reader, const struct command_option *row, const char *attached,
                      struct err *err)
{
    reader->value = NULL;
    if (row->argument == NULL) {
        if (attached != NULL) {
            err_set(err, ERR_USAGE, "%s: option '--%s' takes no value", reader->command->name, row->name);
            return OPTION_ERROR;
        }
    } else if (attached != NULL) {
        reader->value = attached;
    } else if (reader->at < reader->argc) {
        reader->value = reader->argv[reader->at++];
    } else {
        err_set(err, ERR_USAGE, "%s: option '--%s' needs a value: %s", reader->command->name, row->name, row->argument);
        return OPTION_ERROR;
    }
    return (int)(row - reader->command->options);
}

static int next_long(struct option_reader *reader, const char *word, struct err *err)
{
    size_t length = strcspn(word + 2, "=");
    reader->at++;
    for (const struct command_option *row = reader->command->options; row->name != NULL; row++) {
        if (strlen(row->name) == length && strncmp(row->name, word + 2, length) == 0) {
            return take_value(reader, row, word[2 + length] == '=' ? word + 3 + length : NULL, err);
        }
    }
    return unknown_option(reader, word, err);
}

static int next_letter(struct option_reader *reader, const char *word, struct err *err)
{
    char letter = word[1 + reader->letter++];
    const char *rest = word + 1 + reader->letter;
    if (*rest == '\0') {
        reader->letter = 0;
        reader->at++;
    }
    for (const struct command_option *row = reader->command->options; row->name != NULL; row++) {
        if (row->letter != letter || letter == 0) {
            continue;
        }
        const char *attached = NULL;
        if (row->argument != NULL && *rest != '\0') {
            attached = rest;
            reader->letter = 0;
            reader->at++;
        }
        return take_value(reader, row, attached, err);
    }
    return unknown_option(reader, word, err);
}

int option_next(struct option_reader *reader, struct err *err)
{
    if (reader->at >= reader->argc) {
        return OPTION_END;
    }
    const char *word = reader->argv[reader->at];
    if (reader->letter > 0) {
        return next_letter(reader, word, err);
    }
    if (strcmp(word, "--") == 0) {
        reader->at++;
        return OPTION_END;
    }
    if (word[0] != '-' || word[1] == '\0') {
        return OPTION_END;
    }
    return word[1] == '-' ? next_long(reader, word, err) : next_letter(reader, word, err);
}

bool option_is_level(const char *name)
{
    if (strcmp(name, "quiet") == 0) {
        log_set_level(LOG_QUIET);
        return true;
    }
    if (strcmp(name, "verbose") == 0) {
        log_set_level(LOG_VERBOSE);
        return true;
    }
    return false;
}

void command_print_help(const struct command *command)
{
    enum { COLUMN = 30 };
    printf("usage: sciwrap %s %s\n\n%s\n\n", command->name, command->synopsis, command->summary);
    for (const struct command_option *row = command->options; row->name != NULL; row++) {
        char letter[8] = "    ";
        if (row->letter != 0) {
            snprintf(letter, sizeof(letter), "-%c, ", row->letter);
        }
        auto_free char *left = xasprintf("  %s--%s%s%s", letter, row->name, row->argument != NULL ? " " : "",
                                         row->argument != NULL ? row->argument : "");
        if (strlen(left) >= COLUMN) {
            printf("%s\n%*s%s\n", left, COLUMN, "", row->help);
        } else {
            printf("%-*s%s\n", COLUMN, left, row->help);
        }
    }
    printf("%-*s%s\n", COLUMN, "      --help", "show this help");
    if (command->more != NULL) {
        printf("\n%s", command->more);
    }
}

int command_usage_error(const struct command *command, struct err *err, const char *problem)
{
    return err_set(err, ERR_USAGE, "%s: %s; see 'sciwrap %s --help'", command->name, problem, command->name);
}
