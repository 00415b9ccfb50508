/* SPDX-License-Identifier: BSD-2-Clause
 *
 * interpreter: which file the kernel opens, besides a program, to start it: what a script's first line names, or the
 * loader of a dynamically linked program. execve(2), elf(5).
 */
#pragma once

#include <stdbool.h>

enum { INTERPRETERS_MOST = 5 }; /* scripts that interpret scripts, and what interprets the last (fs/exec.c) */

/* The path as it is named, perhaps relative to the caller's current directory; NULL when the file at `fd`, open for
 * reading, needs none. *ret_script: by "#!", and so it is started like a program itself. Caller frees. */
char *interpreter_of(int fd, bool *ret_script);
