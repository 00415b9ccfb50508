/* SPDX-License-Identifier: BSD-2-Clause
 * command: how the options of a subcommand are read. */
#include "commands/command.h"

#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strlist.h"
#include "base/text.h"
#include "commands/help.h"
#include "commands/supply.h"

struct option_reader option_reader_of(const struct command *command, int argc, char **argv)
{
    return (struct option_reader){.command = command, .argc = argc, .argv = argv, .at = 1};
}

static int unknown_option(const struct option_reader *reader, const char *word, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    for (const struct command_option *row = reader->command->options; row->name != NULL; row++) {
        if (row->help != NULL) {
            strlist_addf(&names, "--%s", row->name);
        }
    }
    strlist_add(&names, "--help");
    auto_free char *bare = xstrndup(word, strcspn(word, "="));
    char meant[TEXT_MEANT];
    if (text_meant(meant, bare, (const char *const *)strlist_items(&names))) {
        err_set(err, ERR_USAGE, "%s: unknown option '%s'%s", reader->command->name, bare, meant);
    } else {
        err_set(err, ERR_USAGE, "%s: unknown option '%s'; see 'sciwrap %s --help'", reader->command->name, bare,
                reader->command->name);
    }
    return OPTION_ERROR;
}

/* The next word to be looked at, taken out from behind the words that are no options. */
static char *take_word(struct option_reader *reader)
{
    char **first = &reader->argv[reader->at];
    char *word = first[reader->passed];
    memmove(first + 1, first, (size_t)reader->passed * sizeof(*first));
    *first = word;
    reader->at++;
    return word;
}

static bool has_word(const struct option_reader *reader)
{
    return reader->at + reader->passed < reader->argc;
}

void option_choices(const char *argument, struct strlist *ret_words)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-|";
    if (argument == NULL || strchr(argument, '|') == NULL || argument[strspn(argument, letters)] != '\0') {
        return;
    }
    for (const char *at = argument; *at != '\0'; at += strspn(at, "|")) {
        strlist_take(ret_words, xstrndup(at, strcspn(at, "|")));
        at += strcspn(at, "|");
    }
}

/* Where the table says which words there are, no other is let through. */
static int check_choice(const struct option_reader *reader, const struct command_option *row, struct err *err)
{
    auto_release(strlist) struct strlist words = {0};
    auto_release(buf) struct buf known = {0};
    option_choices(row->argument, &words);
    if (words.count == 0 || strlist_has(&words, reader->value)) {
        return 0;
    }
    for (size_t i = 0; i < words.count; i++) {
        buf_addf(&known, "%s%s", i == 0 ? "" : i + 1 < words.count ? ", " : " or ", words.item[i]);
    }
    char meant[TEXT_MEANT];
    text_meant(meant, reader->value, (const char *const *)strlist_items(&words));
    return err_set(err, ERR_USAGE, "%s: --%s '%s': expected %s%s", reader->command->name, row->name, reader->value,
                   buf_text(&known), meant);
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
    } else if (has_word(reader)) {
        reader->value = take_word(reader);
    } else {
        err_set(err, ERR_USAGE, "%s: option '--%s' needs a value: %s", reader->command->name, row->name, row->argument);
        return OPTION_ERROR;
    }
    return row->argument != NULL && check_choice(reader, row, err) < 0 ? OPTION_ERROR
                                                                       : (int)(row - reader->command->options);
}

static int next_long(struct option_reader *reader, const char *word, struct err *err)
{
    size_t length = strcspn(word + 2, "=");
    for (const struct command_option *row = reader->command->options; row->name != NULL; row++) {
        if (strlen(row->name) == length && strncmp(row->name, word + 2, length) == 0) {
            return take_value(reader, row, word[2 + length] == '=' ? word + 3 + length : NULL, err);
        }
    }
    if (strcmp(word, "--help") == 0) {
        help_print_command(reader->command);
        return OPTION_ERROR;
    }
    return unknown_option(reader, word, err);
}

/* The word of a group of letters stands before `at` already; its letters come one by one. */
static int next_letter(struct option_reader *reader, struct err *err)
{
    const char *word = reader->argv[reader->at - 1];
    char letter = word[1 + reader->letter++];
    const char *rest = word + 1 + reader->letter;
    if (*rest == '\0') {
        reader->letter = 0;
    }
    for (const struct command_option *row = reader->command->options; row->name != NULL; row++) {
        if (row->letter != letter || letter == 0) {
            continue;
        }
        const char *attached = NULL;
        if (row->argument != NULL && *rest != '\0') {
            attached = rest;
            reader->letter = 0;
        }
        return take_value(reader, row, attached, err);
    }
    if (strcmp(word, "-h") == 0) {
        help_print_command(reader->command);
        return OPTION_ERROR;
    }
    return unknown_option(reader, word, err);
}

int option_next(struct option_reader *reader, struct err *err)
{
    if (reader->letter > 0) {
        return next_letter(reader, err);
    }
    for (; !reader->ended && has_word(reader); reader->passed++) {
        const char *word = reader->argv[reader->at + reader->passed];
        if (word[0] == '-' && word[1] != '\0') {
            take_word(reader);
            if (strcmp(word, "--") == 0) {
                break;
            }
            return word[1] == '-' ? next_long(reader, word, err) : next_letter(reader, err);
        }
        if (reader->command->options_first) {
            break;
        }
    }
    reader->ended = true;
    return OPTION_END;
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

int command_hand_on(const struct command *command, const char *helper, int least, int most, const char *wanted,
                    int argc, char **argv, struct err *err)
{
    int option;
    auto_release(strlist) struct strlist words = {0};
    struct option_reader reader = option_reader_of(command, argc, argv);
    strlist_add(&words, helper);
    while ((option = option_next(&reader, err)) >= 0) {
        strlist_addf(&words, "--%s", command->options[option].name);
        if (reader.value != NULL) {
            strlist_add(&words, reader.value);
        }
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (argc - reader.at < least || argc - reader.at > most) {
        return command_usage_error(command, err, wanted);
    }
    strlist_add(&words, "--");
    for (int i = reader.at; i < argc; i++) {
        strlist_add(&words, argv[i]);
    }
    return supply_become(strlist_items(&words), err);
}

int command_usage_error(const struct command *command, struct err *err, const char *problem)
{
    return err_set(err, ERR_USAGE, "%s: %s; see 'sciwrap %s --help'", command->name, problem, command->name);
}
