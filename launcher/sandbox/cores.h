/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cores: keeps processes of others off the sibling threads of the processors that a run computes on: what they share
 * (first-level caches, execution units) tells each of the other. Source: Documentation/admin-guide/hw-vuln/
 * core-scheduling.rst, prctl(2), Linux 5.14.
 */
#pragma once

#include "base/err.h"

/* For this process and all that it starts. 1 when it is so; 0 when no processor of this machine has sibling threads, so
 * that there is nobody to keep off; -1 when this kernel cannot do it: ERR_HOST. */
int cores_make_private(struct err *err);
