/* SPDX-License-Identifier: BSD-2-Clause
 *
 * baseline: variables that make libraries choose the code of one level of the x86-64 psABI (2, 3, 4) on every processor
 * that has it: glibc, OpenBLAS, MKL and NumPy look at the processor when they start and take what is fastest there, and
 * the last bits of exp, sin or a product of matrices follow.
 */
#pragma once

#include "base/err.h"
#include "base/strlist.h"

#define BASELINE_TUNABLES "GLIBC_TUNABLES"
#define BASELINE_HWCAPS   "glibc.cpu.hwcaps="

/* Appends "NAME=value" for each. */
void baseline_variables(unsigned level, struct strlist *ret_variables);

/* ERR_HOST when a processor of level `have` (0: not x86-64) cannot execute the code of `level`. */
int baseline_check(unsigned level, unsigned have, struct err *err);
