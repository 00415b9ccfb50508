/* SPDX-License-Identifier: BSD-2-Clause
 * store: what lies in the store, checked, cleaned up, carried elsewhere: the table of its subcommands. */
#include "commands/store.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

static const struct command *const subcommands[] = {
    &store_list_command, &store_verify_command, &store_gc_command,
    &store_du_command,   &store_export_command, &store_import_command,
};
enum { SUBCOMMANDS = sizeof(subcommands) / sizeof(subcommands[0]) };

static const struct command_option options[] = {{0}};

/* Their names are "store list" and so on, as messages and help call them. */
static const char *word_of(const struct command *command)
{
    return strchr(command->name, ' ') + 1;
}

static const struct command *find(const char *word, struct err *err)
{
    const char *words[SUBCOMMANDS + 1] = {0};
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        words[i] = word_of(subcommands[i]);
        if (strcmp(word, words[i]) == 0) {
            return subcommands[i];
        }
    }
    const char *near = text_nearest(word, words);
    err_set(err, ERR_USAGE, "store: unknown command '%s'; %s%s%s", word,
            near != NULL ? "did you mean '" : "see 'sciwrap ", near != NULL ? near : "store --help",
            near != NULL ? "'?" : "'");
    return NULL;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    struct option_reader reader = option_reader_of(&store_command, argc, argv);
    while ((option = option_next(&reader, err)) >= 0) {
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at >= argc) {
        return command_usage_error(&store_command, err, "no command named");
    }
    const struct command *command = find(argv[reader.at], err);
    if (command == NULL) {
        return -1;
    }
    if (reader.at + 1 < argc && strcmp(argv[reader.at + 1], "--help") == 0) {
        command_print_help(command);
        return 0;
    }
    return command->run(argc - reader.at, argv + reader.at, exit_code, err);
}

const struct command store_command = {
    .name = "store",
    .synopsis = "list|verify|gc|du|export|import [OPTION...]",
    .summary = "what lies in the store: list, check, clean up, export, import",
    .options = options,
    .more = "  list           the environments that are unpacked, and when they were used\n"
            "  verify         whether they are still what was pinned\n"
            "  gc             remove what was not used for long, and what was left half done\n"
            "  du             how much of the disk it takes\n"
            "  export         one environment as a file, for a host without a network\n"
            "  import         that file into the store\n"
            "\n'sciwrap store COMMAND --help' explains each.\n",
    .run = run,
};
