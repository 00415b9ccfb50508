/* SPDX-License-Identifier: BSD-2-Clause
 * ps: the runs that are going on: of this user, or, for root, of all. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/units.h"
#include "commands/command.h"
#include "commands/running_show.h"
#include "commands/tell.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static void add_row(struct columns *table, const struct running *run)
{
    char age[UNITS_TEXT];
    char memory[UNITS_TEXT];
    auto_free char *words = strlist_join(&run->facts.command);
    auto_free char *user = running_user(run->launcher.uid);
    columns_add(table, user);
    columns_add(table, run->facts.id);
    columns_add(table, run->facts.environment);
    columns_addf(table, "%d", (int)run->init);
    columns_addf(table, "%" PRIu64, run->pid_namespace);
    columns_addf(table, "%" PRIu64, run->user_namespace);
    columns_add(table, units_short_duration(age, run->age_ns));
    columns_add(table, units_size(memory, run->memory_bytes));
    columns_add(table, run->cgroup);
    columns_add(table, words);
}

static void show_table(const struct running_list *list)
{
    bool with_user = geteuid() == 0;
    const struct column column[] = {
        {.title = "USER", .least = 6, .hidden = !with_user},
        {.title = "ID", .digits = true},
        {.title = "ENVIRONMENT", .least = 11},
        {.title = "PID 1", .right = true},
        {.title = "PID NS", .right = true, .spared = 3},
        {.title = "USER NS", .right = true, .spared = 2},
        {.title = "AGE", .right = true},
        {.title = "MEMORY", .right = true},
        {.title = "CGROUP", .spared = 1, .least = 24, .keep_end = true},
        {.title = "COMMAND", .least = 16},
        {0},
    };
    auto_release(columns) struct columns table = columns_of(column);
    for (size_t i = 0; i < list->count; i++) {
        add_row(&table, &list->item[i]);
    }
    tell_table(&table);
    if (list->count == 0) {
        log_info("no run %sis going on", with_user ? "" : "of yours ");
    }
}

static void show_json(const struct running_list *list)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < list->count; i++) {
        doc_append(array, running_doc(&list->item[i]));
    }
    tell_json(array);
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
        json ? show_json(&list) : show_table(&list);
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
