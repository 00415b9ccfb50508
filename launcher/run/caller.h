/* SPDX-License-Identifier: BSD-2-Clause
 *
 * caller: what a batch system, or the launcher of a parallel program, has told this process by variables. Anybody may
 * set them: what is not as it is written by those is taken for not there.
 *
 * `environment` as in environ(7); NULL: none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* False when it is not set, no number, or not from `least` to `most`; *ret_number is then as it was. */
bool caller_number(char *const *environment, const char *name, uint64_t least, uint64_t most, uint64_t *ret_number);
/* Element `node` of a list that has a number for each node, in Slurm's short form: "4(x2),3" is 4, 4, 3. 0: there is
 * none. `list` may be NULL. sbatch(1), SLURM_TASKS_PER_NODE */
uint64_t caller_per_node(const char *list, uint64_t node);
