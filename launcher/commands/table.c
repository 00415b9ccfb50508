/* SPDX-License-Identifier: BSD-2-Clause
 * table: all commands, in the order in which help shows them. */
#include "commands/table.h"

#include <string.h>

#include "base/auto.h"
#include "base/strlist.h"
#include "base/text.h"

const struct command_group command_groups[] = {
    {"Run a program:", {&run_command, &exec_command, &shell_command, &submit_command}},
    {"Projects and settings:", {&init_command, &config_command}},
    {"Environments:",
     {&envs_command, &pull_command, &pin_command, &build_command, &lock_command, &store_command, &remove_command}},
    {"Records of runs:", {&runs_command, &show_command, &rerun_command, &diff_command, &whence_command}},
    {"For a paper, and for others:", {&bundle_command, &cite_command, &report_command}},
    {"Runs that are going on:", {&ps_command, &whois_command, &enter_command, &stop_command}},
    {"This host:", {&doctor_command, &audit_command}},
    {NULL, {NULL}},
};

const struct command *command_find(const char *name, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    for (const struct command_group *group = command_groups; group->title != NULL; group++) {
        for (size_t i = 0; group->command[i] != NULL; i++) {
            if (strcmp(name, group->command[i]->name) == 0) {
                return group->command[i];
            }
            strlist_add(&names, group->command[i]->name);
        }
    }
    strlist_add(&names, "help");
    char meant[TEXT_MEANT];
    if (text_meant(meant, name, (const char *const *)strlist_items(&names))) {
        err_set(err, ERR_USAGE, "unknown command '%s'%s", name, meant);
    } else {
        err_set(err, ERR_USAGE, "unknown command '%s'; see 'sciwrap --help'", name);
    }
    return NULL;
}

const char *command_word(const struct command *command)
{
    const char *blank = strrchr(command->name, ' ');
    return blank != NULL ? blank + 1 : command->name;
}

const struct command *command_find_sub(const struct command *command, const char *word, struct err *err)
{
    auto_release(strlist) struct strlist words = {0};
    for (const struct command *const *sub = command->subcommands; *sub != NULL; sub++) {
        if (strcmp(word, command_word(*sub)) == 0) {
            return *sub;
        }
        strlist_add(&words, command_word(*sub));
    }
    char meant[TEXT_MEANT];
    if (text_meant(meant, word, (const char *const *)strlist_items(&words))) {
        err_set(err, ERR_USAGE, "%s: unknown command '%s'%s", command->name, word, meant);
    } else {
        err_set(err, ERR_USAGE, "%s: unknown command '%s'; see 'sciwrap %s --help'", command->name, word,
                command->name);
    }
    return NULL;
}

int command_run_sub(const struct command *command, int argc, char **argv, int *exit_code, struct err *err)
{
    struct option_reader reader = option_reader_of(command, argc, argv);
    int option;
    while ((option = option_next(&reader, err)) >= 0) {
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at >= argc) {
        return command_usage_error(command, err, "no command named");
    }
    const struct command *sub = command_find_sub(command, argv[reader.at], err);
    return sub == NULL ? -1 : sub->run(argc - reader.at, argv + reader.at, exit_code, err);
}
