/* SPDX-License-Identifier: BSD-2-Clause
 *
 * join_settings: in what the ranks that share a sandbox must agree: everything that makes up the sandbox and its
 * record, but not the command, its variables and its standard streams, which each has of its own.
 */
#pragma once

#include "base/strlist.h"
#include "run/facts.h"
#include "run/options.h"
#include "run/setup.h"

/* Appends "WHAT\tVALUE" for each setting, always as many and in the same order but for what is bound. */
void join_settings(const struct setup *setup, const struct facts *facts, const struct run_options *options,
                   const char *rootfs, struct strlist *ret_settings);
/* What the two do not agree in, for a person: "its network is 'host', that of the others is 'none'". NULL when they are
 * the same; else the caller frees. */
char *join_settings_differ(const struct strlist *its, const struct strlist *others);
