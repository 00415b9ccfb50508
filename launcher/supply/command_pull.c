/* SPDX-License-Identifier: BSD-2-Clause
 * command_pull: sciwrap-env pull. */
#include <getopt.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/log.h"
#include "supply/pull.h"
#include "supply/supply.h"

static const char usage[] = "usage: sciwrap pull [--quiet|--verbose] [--offline] ENV...\n"
                            "\n"
                            "Brings the root file systems of environments into the store, checked against\n"
                            "their pins.\n"
                            "\n"
                            "  -q, --quiet     say only what went wrong\n"
                            "  -v, --verbose   say every step\n"
                            "      --offline   ask nothing from the network\n";

struct options {
    bool offline;
    bool help;
};

static int read_options(int argc, char **argv, struct options *options, struct err *err)
{
    static const struct option known[] = {
        {"quiet", no_argument, NULL, 'q'},   {"verbose", no_argument, NULL, 'v'}, {"offline", no_argument, NULL, 'o'},
        {"for-run", no_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'},    {0},
    };
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "qv", known, NULL)) != -1) {
        switch (option) {
        case 'q':
            log_set_level(LOG_QUIET);
            break;
        case 'v':
            log_set_level(LOG_VERBOSE);
            break;
        case 'o':
            options->offline = true;
            break;
        case 'r':
            break; /* started by `sciwrap run`, which has said why */
        case 'h':
            options->help = true;
            break;
        default:
            return err_set(err, ERR_USAGE, "pull: unknown option '%s': see 'sciwrap pull --help'", argv[optind - 1]);
        }
    }
    return 0;
}

static int pull_named(const char *name, const struct store *store, bool offline, struct err *err)
{
    struct definition def = {0};
    int result = definition_find(&def, name, err);
    if (result == 0) {
        result = pull_environment(&def, store, offline, err);
    }
    definition_release(&def);
    return result;
}

static int run(int argc, char **argv, struct err *err)
{
    struct options options = {0};
    struct store store = {.fd = -1};
    if (read_options(argc, argv, &options, err) < 0) {
        return -1;
    }
    if (options.help) {
        fputs(usage, stdout);
        return 0;
    }
    if (optind >= argc) {
        return err_set(err, ERR_USAGE, "pull: no environment named: see 'sciwrap pull --help'");
    }
    int result = store_open_writable(&store, err);
    for (int i = optind; i < argc && result == 0; i++) {
        result = pull_named(argv[i], &store, options.offline, err);
    }
    store_close(&store);
    return result;
}

const struct supply_command pull_command = {
    .name = "pull",
    .synopsis = "[--quiet|--verbose] [--offline] ENV...",
    .summary = "bring root file systems into the store",
    .run = run,
};
