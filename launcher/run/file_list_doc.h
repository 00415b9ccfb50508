/* SPDX-License-Identifier: BSD-2-Clause
 *
 * file_list_doc: the elements of `inputs` and `outputs` in a manifest, written and read back
 * (docs/man/sciwrap-manifest.5).
 */
#pragma once

#include "run/file_list.h"
#include "run/reader.h"

/* The array. Of inputs only what differs from an ordinary file is said: an absent type means "file". */
struct doc *file_list_doc(const struct file_list *list, bool are_outputs);
/* Reads the member "inputs" or "outputs" of `experiment`. */
int file_list_read(const struct reader *reader, const struct doc *experiment, bool are_outputs,
                   struct file_list *ret_list);
