/* SPDX-License-Identifier: BSD-2-Clause
 *
 * command_line: the options of a subcommand of sciwrap-env. --quiet, --verbose and --help are the same for all.
 */
#pragma once

#include <getopt.h>

#include "base/doc.h"
#include "base/err.h"

/* The last rows of every table of options. */
#define COMMAND_LINE_COMMON                                                                                            \
    {"quiet", no_argument, NULL, 'q'}, {"verbose", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'},          \
    {                                                                                                                  \
        NULL, 0, NULL, 0                                                                                               \
    }

struct command_line {
    const char *name;    /* "build" */
    const char *usage;   /* what --help prints */
    const char *operand; /* what must be named: "recipe" */
    const char *letters; /* short options, getopt(3) */
    const struct option *options;
    int (*take)(void *into, int letter, struct err *err); /* one of the subcommand's own; its value is in optarg */
};

/* Prints the document on standard output, and frees it. */
int command_line_tell(struct doc *doc, struct err *err);

/* 1: argv[optind] and what follows are the operands, at least one. 0: --help was printed. -1: ERR_USAGE. */
int command_line_read(const struct command_line *line, void *into, int argc, char **argv, struct err *err);
