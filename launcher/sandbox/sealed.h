/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sealed: this program from a copy in memory that nobody can change.
 *
 * A process that comes into a run executes files that processes of the run may have written, and `#!/proc/self/exe` in
 * one of them names the program that executes it: this one. What lurks in the run then finds a process with this file,
 * keeps a handle on it, and writes to it as soon as nobody executes it, if its user may: root, or who installed sciwrap
 * for himself (CVE-2019-5736). The copy can be kept and cannot be written (memfd_create(2), F_SEAL_WRITE).
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Executes this program anew, with the same words and variables, from such a copy; returns 0 when that has happened
 * already, or when its file is not this user's to write. `words` are those after the name of the program. ERR_HOST
 * where the host lets nobody execute such a copy. */
int sealed_become(char **words, struct err *err);

/* False in a run whose `#!/proc/self/exe` has led to the program of the host, which is no command of the run. */
bool sealed_is_in_place(void);
