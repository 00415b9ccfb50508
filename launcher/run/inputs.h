/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inputs: which files a run is known to read before it starts: those that --input declares, files named among the
 * arguments (run/mention), and standard input.
 */
#pragma once

#include "base/err.h"
#include "run/facts.h"
#include "run/file_list.h"
#include "run/setup.h"

/* Appends sorted by path, each path once, without digests. `declared` are absolute host paths; `first` is the first
 * argument to look at. A declared file must be readable; one that is merely named and cannot be read is the command's
 * own business. */
int inputs_gather(const struct setup *setup, const struct facts *facts, const struct strlist *declared, size_t first,
                  struct file_list *ret_inputs, struct err *err);
/* Hashes what has no digest yet; a file that was merely named and cannot be read leaves the list. */
int inputs_hash(struct file_list *inputs, struct err *err);
