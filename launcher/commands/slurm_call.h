/* SPDX-License-Identifier: BSD-2-Clause
 *
 * slurm_call: starts a command of Slurm (or this program once more) and reads what it says. Found in PATH, as a person
 * would: clusters put Slurm into folders of their own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"

/* Whether there is a program of this name in PATH. */
bool slurm_has(const char *name);
/* Runs words[0] to its end. Its standard output is appended to *output; with NULL it goes to our standard error. Its
 * standard error is ours, or, when `silent`, nobody's. The exit status, 128 and more after a signal, in *ret_status.
 * -1 only when it could not be started; the message names what it is a part of. */
int slurm_call(const struct strlist *words, bool silent, struct buf *output, int *ret_status, struct err *err);
/* A time limit as sbatch(1) takes it ("90", "90:00", "1:30:00", "1-12", "1-12:00", "1-12:00:00") in seconds: Slurm
 * rounds up to minutes. False: it is none, or none of these ("UNLIMITED", "0"). */
bool slurm_time(const char *text, uint64_t *ret_seconds);
/* The largest index that an array can have, and one: MaxArraySize of slurm.conf(5). 0: not known. */
uint64_t slurm_array_size(void);
