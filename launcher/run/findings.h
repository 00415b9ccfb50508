/* SPDX-License-Identifier: BSD-2-Clause
 *
 * findings: from what an observer noted and what is on the disk after the run, the inputs and outputs of the manifest.
 *
 * An input is a file that the run read, changed, replaced, renamed or removed, as it was when the run first came to it.
 * An output is what is different afterwards. What was made and removed again is neither.
 */
#pragma once

#include "run/facts.h"
#include "run/file_list.h"
#include "run/observer.h"
#include "run/setup.h"

/* Both after observer_wait(). Outputs first: a renamed file that nobody read gets its digest there. */
void findings_outputs(struct observer *observer, const struct setup *setup, const struct facts *facts,
                      struct file_list *ret_outputs);
/* Adds to what was declared; `ret_leaks` gets a line for each thing that the record cannot give back. */
void findings_inputs(struct observer *observer, const struct setup *setup, const struct facts *facts,
                     struct file_list *inputs, struct strlist *ret_leaks);
