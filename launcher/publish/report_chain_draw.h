/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_chain_draw: a chain of runs and files, as a drawing and as a table.
 */
#pragma once

#include "publish/report_chain.h"
#include "publish/report_parts.h"

/* At most so many runs, the nearest, are drawn; what is left out is counted. */
void report_chain(struct report *report, const struct chain *chain, size_t most);
