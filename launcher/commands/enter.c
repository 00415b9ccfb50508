/* SPDX-License-Identifier: BSD-2-Clause
 * enter: a command in a run that is going on, to look what it is doing. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "commands/command.h"
#include "commands/running_show.h"
#include "sandbox/enter.h"
#include "sandbox/sealed.h"

static const struct command_option options[] = {
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

/* A terminal of root must not get into processes that another user can trace: he would type with root's hand. */
static int check(const struct running *run, struct err *err)
{
    if (run->launcher.uid != geteuid()) {
        auto_free char *user = running_user(run->launcher.uid);
        return err_set(err, ERR_USAGE, "run %s is of user '%s': a run is entered by its own user only", run->facts.id,
                       user);
    }
    if (!run->facts.complete) {
        return err_set(err, ERR_HOST, "run %s cannot be entered: its variables are too large to be passed on",
                       run->facts.id);
    }
    return 0;
}

static int count_entry(const struct running *run, struct err *err)
{
    auto_fd int fd = announcement_open(run->launcher.pid, true);
    if (fd < 0) {
        return err_set(err, ERR_NOT_FOUND, "run %s has just ended", run->facts.id);
    }
    return announcement_count_entry(fd, err);
}

static int enter(const struct running_list *list, struct running *run, char **words, int count, int *exit_code,
                 struct err *err)
{
    enum { USER = 0, PID = 2 };
    int status = 0;
    const struct host_process *command = running_command(list, run);
    struct plan *plan = &run->facts.inside;
    if (check(run, err) < 0) {
        return -1;
    }
    if (command == NULL || !running_is_still(run)) {
        return err_set(err, ERR_NOT_FOUND, "run %s has just ended", run->facts.id);
    }
    struct enter_target target = {.process = command->pid};
    memcpy(target.namespace, run->facts.namespace, sizeof(target.namespace));
    target.namespace[PID] = run->pid_namespace;
    target.namespace[USER] = run->user_namespace;
    for (int i = 0; i < count; i++) {
        strlist_add(&plan->argv, words[i]);
    }
    if (count_entry(run, err) < 0) {
        return -1;
    }
    log_info("in run %s: what is done here is not recorded", run->facts.id);
    if (enter_run(plan, &target, &status, err) < 0) {
        return -1;
    }
    *exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return 0;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    struct running_list list = {0};
    struct option_reader reader = option_reader_of(&enter_command, argc, argv);
    while ((option = option_next(&reader, err)) >= 0) {
        (void)option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at >= argc) {
        return command_usage_error(&enter_command, err, COMMAND_NO_GOING);
    }
    if (sealed_become(argv, err) < 0) {
        return -1;
    }
    int result = running_read(&list, err);
    const struct running *found = result == 0 ? running_find(&list, argv[reader.at], err) : NULL;
    if (found != NULL) {
        struct running *entered = &list.item[found - list.item];
        result = enter(&list, entered, argv + reader.at + 1, argc - reader.at - 1, exit_code, err);
    }
    running_release(&list);
    return found != NULL ? result : -1;
}

const struct command enter_command = {
    .name = "enter",
    .synopsis = "[OPTION...] ID [CMD [ARG...]]",
    .summary = "start a command in a run that is going on",
    .options = options,
    .options_first = true,
    .more = "CMD (a shell when there is none) sees what the run sees, behind the same walls.\n"
            "It ends with the run and with this command. What it does is not recorded; that\n"
            "the run was entered is.\n",
    .run = run,
};
