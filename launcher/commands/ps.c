/* SPDX-License-Identifier: BSD-2-Clause
 * ps: the runs that are going on: of this user, or, for root, of all. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "commands/command.h"
#include "commands/running_show.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static void print_row(const struct running *run, bool with_user)
{
    enum { COMMAND_WIDTH = 40, CGROUP_WIDTH = 24 };
    char age[16];
    char memory[16];
    char environment[80];
    char cgroup[4 * CGROUP_WIDTH];
    auto_free char *words = running_words(&run->facts.command, COMMAND_WIDTH);
    auto_free char *user = with_user ? running_user(run->launcher.uid) : NULL;
    const char *place = run->cgroup != NULL ? run->cgroup : "-";
    /* Its end tells more than its beginning. */
    place += strlen(place) > CGROUP_WIDTH ? strlen(place) - CGROUP_WIDTH : 0;
    text_escape(environment, 65, run->facts.environment, strlen(run->facts.environment));
    text_escape(cgroup, sizeof(cgroup), place, strlen(place));
    if (user != NULL) {
        printf("%-10s ", user);
    }
    printf("%s  %-16s %8d %10" PRIu64 " %10" PRIu64 " %7s %9s  %-*s  %s\n", run->facts.id, environment, (int)run->init,
           run->pid_namespace, run->user_namespace, units_short_duration(age, run->age_ns),
           units_size(memory, run->memory_bytes), CGROUP_WIDTH, cgroup, words);
}

static void show(const struct running_list *list, bool json)
{
    bool with_user = geteuid() == 0;
    struct doc *array = json ? doc_array() : NULL;
    if (!json && list->count == 0) {
        log_info("no run %sis going on", with_user ? "" : "of yours ");
    } else if (!json) {
        if (with_user) {
            printf("%-10s ", "USER");
        }
        printf("%-12s  %-16s %8s %10s %10s %7s %9s  %-24s  %s\n", "ID", "ENVIRONMENT", "PID 1", "PID NS", "USER NS",
               "AGE", "MEMORY", "CGROUP", "COMMAND");
    }
    for (size_t i = 0; i < list->count; i++) {
        if (json) {
            doc_append(array, running_doc(&list->item[i]));
        } else {
            print_row(&list->item[i], with_user);
        }
    }
    if (json) {
        auto_free char *text = doc_print(array);
        fputs(text, stdout);
        doc_free(array);
    }
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    bool json = false;
    struct running_list list = {0};
    struct option_reader reader = option_reader_of(&ps_command, argc, argv);
    *exit_code = 0;
    while ((option = option_next(&reader, err)) >= 0) {
        json |= !option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at < argc) {
        return command_usage_error(&ps_command, err, "takes no arguments");
    }
    int result = running_read(&list, err);
    if (result == 0) {
        show(&list, json);
    }
    running_release(&list);
    return result;
}

const struct command ps_command = {
    .name = "ps",
    .synopsis = "[OPTION...]",
    .summary = "list the runs that are going on",
    .options = options,
    .more = "Yours; root sees those of all users. PID 1 is the host's number of the first\n"
            "process of a run. 'sciwrap whois' tells which run a process belongs to.\n",
    .run = run,
};
