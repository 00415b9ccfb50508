/* SPDX-License-Identifier: BSD-2-Clause
 *
 * apart: a piece of work on foreign bytes, in a process that can do nothing but compute: it reads the descriptors that
 * are open, has memory up to a limit, and hands back one plain value. An error in the code that reads a format then
 * reaches neither files nor network nor this process. seccomp(2)
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* 2 GiB: what the largest work needs (a regular expression on a line of 16 MiB) several times over. */
#define APART_MEMORY (2048UL * 1024 * 1024)

/* Calls work(user, result) there. `result` is a value without pointers of `size` bytes, at most APART_RESULT; it starts
 * out as zeros and is handed over on success. ERR_SYSTEM when the work broke off. The caller has one thread, and `work`
 * opens and writes nothing. */
enum { APART_RESULT = 3072 }; /* goes through a pipe in one write: PIPE_BUF is 4096 (pipe(7)) */
int apart_call(void (*work)(void *user, void *result), void *user, void *ret_result, size_t size, struct err *err);
