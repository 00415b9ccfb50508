/* SPDX-License-Identifier: BSD-2-Clause
 *
 * nameless: a file of this process alone, that is gone when nobody has it open any more: in memory (memfd_create(2)),
 * else, where an outer sandbox has not got that, below $TMPDIR.
 */
#pragma once

/* Open for reading and writing, close-on-exec. `name` is for who looks at the open files of a process. -1 with errno.
 */
int nameless_open(const char *name);
