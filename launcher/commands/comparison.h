/* SPDX-License-Identifier: BSD-2-Clause
 *
 * comparison: how the comparison of two runs is shown, and by what measure it is made: the options that rerun and diff
 * share, and the section [compare] of a definition.
 */
#pragma once

#include "commands/command.h"
#include "commands/records.h"
#include "run/compare.h"

/* Rows of a command's options; whoever has them gives each option that was read to measure_take(). */
#define MEASURE_OPTIONS                                                                                                \
    {"rtol", 0, "R", "numbers in text may differ by R times their value"},                                             \
        {"atol", 0, "A", "numbers in text may differ by A"},                                                           \
        {"ignore", 0, "REGEX", "pass over what matches in text (repeatable)"},                                         \
    {                                                                                                                  \
        "json", 0, NULL, "for programs"                                                                                \
    }

struct measure {
    struct verdict_rules rules;
    bool has_rtol, has_atol; /* given on the command line, which goes before the definition */
    bool json;
};

/* 1 when the option was one of ours, 0 when not, -1 for a value that makes no sense. */
int measure_take(struct measure *measure, const char *option, const char *value, struct err *err);
/* Adds what the definition of the environment asks for, when there is one here that pins it. */
int measure_add_definition(struct measure *measure, const struct setup_environment *environment,
                           const struct record *record, struct err *err);
void measure_release(struct measure *measure);

/* On standard output: what was different before the start, the outputs that are not identical (all of them when
 * verbose), and last a line with the verdict. */
void comparison_print(const struct comparison *comparison, const struct manifest_exit *then,
                      const struct manifest_exit *now);
/* Text of a manifest, escaped for a terminal. */
void comparison_print_text(const char *text);
