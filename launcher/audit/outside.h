/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outside: what became of the victims, seen from outside: the probe's own word is not enough.
 */
#pragma once

#include "audit/rows.h"
#include "audit/victims.h"

/* How things were before. */
struct outside {
    struct stat file;
    struct stat record;
    struct stat program;
    struct stat probe;
    char host_name[65];
    const char *probe_path;
};

void outside_look(struct outside *outside, const struct victims *victims, const char *probe_path);
/* Adds rows of the wall "outside", and corrects those of the probe that only show from here. `asked`: what
 * the run was given on purpose, as the probe is told it. */
void outside_compare(const struct outside *outside, const struct victims *victims, const struct strlist *asked,
                     struct rows *rows);
