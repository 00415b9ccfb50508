/* SPDX-License-Identifier: BSD-2-Clause
 * help: what `sciwrap --help`, `sciwrap COMMAND --help` and `sciwrap help COMMAND` show. */
#include "commands/help.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strlist.h"
#include "commands/table.h"

static void print_subcommands(const struct command *command)
{
    for (const struct command *const *sub = command->subcommands; *sub != NULL; sub++) {
        printf("  %-14s %s\n", command_word(*sub), (*sub)->summary);
    }
    printf("\n'sciwrap %s COMMAND --help' explains each.\n", command->name);
}

void help_print(void)
{
    printf("usage: sciwrap COMMAND [OPTION...] [ARG...]\n"
           "       sciwrap --help | --version\n\n"
           "Runs analysis tools in pinned environments of their own, and records what the\nresult depended on.\n");
    for (const struct command_group *group = command_groups; group->title != NULL; group++) {
        printf("\n%s\n", group->title);
        for (size_t i = 0; group->command[i] != NULL; i++) {
            printf("  %-8s %s\n", group->command[i]->name, group->command[i]->summary);
        }
    }
    printf("\n'sciwrap COMMAND --help' explains a command; 'sciwrap help COMMAND': its manual.\n");
}

void help_print_command(const struct command *command)
{
    enum { COLUMN = 30 };
    printf("usage: sciwrap %s%s%s\n\n%s\n\n", command->name, command->synopsis[0] != '\0' ? " " : "", command->synopsis,
           command->summary);
    for (const struct command_option *row = command->options; row->name != NULL; row++) {
        if (row->help == NULL) {
            continue;
        }
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
    printf("%-*s%s\n", COLUMN, "  -h, --help", "show this help");
    if (command->more != NULL) {
        printf("\n%s", command->more);
    }
    if (command->subcommands != NULL) {
        printf("\n");
        print_subcommands(command);
    }
}

/* PREFIX/share/man for PREFIX/bin/sciwrap: the manual of this version, wherever it was unpacked. NULL: not there. */
static char *own_page(const char *page, int section)
{
    auto_free char *self = fs_self_path();
    if (self == NULL) {
        return NULL;
    }
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(self, '/');
        *(slash != NULL ? slash : self) = '\0';
    }
    for (int packed = 0; packed < 2; packed++) {
        auto_free char *path =
            xasprintf("%s/share/man/man%d/%s.%d%s", self, section, page, section, packed ? ".gz" : "");
        if (access(path, R_OK) == 0) {
            return steal_ptr(&path);
        }
    }
    return NULL;
}

/* True when man(1) has shown the page. It says itself that it has none: that is not for who is shown the help then. */
static bool show_page(const char *page, int section)
{
    auto_free char *own = own_page(page, section);
    auto_release(strlist) struct strlist words = {0};
    strlist_add(&words, "man");
    if (own != NULL) {
        strlist_add(&words, own);
    } else {
        strlist_addf(&words, "%d", section);
        strlist_add(&words, page);
    }
    pid_t child = 0;
    int status = 0;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawnp(&child, "man", &quiet, NULL, strlist_items(&words), environ);
    posix_spawn_file_actions_destroy(&quiet);
    while (failed == 0 && waitpid(child, &status, 0) < 0) {
        failed = errno == EINTR ? 0 : errno;
    }
    return failed == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The formats of files have a manual, and no help. */
static int open_format(const char *name, bool *ret_is_one, struct err *err)
{
    static const char *const formats[] = {"environment", "recipe", "manifest", "bundle", NULL};
    for (size_t i = 0; formats[i] != NULL; i++) {
        auto_free char *page = xasprintf("sciwrap-%s", formats[i]);
        if (strcmp(name, formats[i]) == 0 || strcmp(name, page) == 0) {
            *ret_is_one = true;
            return show_page(page, 5)
                       ? 0
                       : err_set(err, ERR_NOT_FOUND,
                                 "the manual %s(5) cannot be shown: there is no man(1), or no such page", page);
        }
    }
    *ret_is_one = false;
    return 0;
}

int help_open(int argc, char **argv, struct err *err)
{
    if (argc < 2) {
        if (!show_page("sciwrap", 1)) {
            help_print();
        }
        return 0;
    }
    bool is_format = false;
    struct err unknown = {0};
    const struct command *command = command_find(argv[1], &unknown);
    if (command == NULL) {
        int result = open_format(argv[1], &is_format, err);
        if (!is_format) {
            *err = unknown;
        }
        return is_format ? result : -1;
    }
    auto_free char *page = xasprintf("sciwrap-%s", command->name);
    if (argc == 2 && show_page(page, 1)) {
        return 0;
    }
    if (argc > 2 && command->subcommands != NULL) {
        command = command_find_sub(command, argv[2], err);
    }
    if (command != NULL) {
        help_print_command(command);
    }
    return command != NULL ? 0 : -1;
}
