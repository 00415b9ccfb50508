/* SPDX-License-Identifier: BSD-2-Clause
 * command_pull: sciwrap-env pull. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/auto.h"
#include "supply/command_line.h"
#include "supply/offline.h"
#include "supply/pull.h"
#include "supply/supply.h"

static const char usage[] = "usage: sciwrap pull [OPTION...] ENV...; see 'sciwrap pull --help'\n";

static int take_option(void *into, int letter, struct err *err)
{
    struct pull_options *options = into;
    (void)err;
    if (letter == 'o') { /* the third, --for-run, is `sciwrap run`, which has said why */
        offline_set();
    }
    options->again |= letter == 'a';
    return 0;
}

static const struct option known[] = {
    {"offline", no_argument, NULL, 'o'},
    {"again", no_argument, NULL, 'a'},
    {"for-run", no_argument, NULL, 'r'},
    COMMAND_LINE_COMMON,
};

static const struct command_line line = {
    .name = "pull", .usage = usage, .operand = "environment", .letters = "qv", .options = known, .take = take_option};

static int pull_named(const char *name, const struct store *store, const struct pull_options *options, struct err *err)
{
    struct definition def = {0};
    int result = definition_find(&def, name, err);
    if (result == 0) {
        result = pull_environment(&def, store, options, err);
    }
    definition_release(&def);
    return result;
}

/* The next step for who cannot write in the store. ENOSPC and EDQUOT tell theirs themselves (err_set_errno). */
static int advise(struct err *err)
{
    bool store = err->kind == ERR_SYSTEM && strstr(err->text, "SCIWRAP_STORE") == NULL;
    if (store && (err->saved_errno == EROFS || err->saved_errno == EACCES || err->saved_errno == EIO)) {
        struct err told = *err;
        return err_set(err, told.kind, "%s; choose another place with SCIWRAP_STORE%s", told.text,
                       told.saved_errno == EIO ? " if it is the store's disk that fails" : "");
    }
    return -1;
}

static int run(int argc, char **argv, struct err *err)
{
    struct pull_options options = {0};
    struct store store = {.fd = -1};
    int result = command_line_read(&line, &options, argc, argv, err);
    if (result > 0 && store_open_writable(&store, err) < 0) {
        result = -1;
    }
    for (int i = optind; result > 0 && i < argc; i++) {
        result = pull_named(argv[i], &store, &options, err) < 0 ? -1 : 1;
    }
    store_close(&store);
    return result < 0 ? advise(err) : 0;
}

const struct supply_command pull_command = {
    .name = "pull",
    .synopsis = "[--quiet|--verbose] [--offline] [--again] ENV...",
    .summary = "bring root file systems into the store",
    .run = run,
};
