/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recorder_call: what a notified system call is about: its number and arguments, and the texts in the caller's memory.
 */
#pragma once

#include <stdbool.h>

#include "sandbox/recorder.h"

struct seccomp_notif;
struct recorder_callers;

/* False when there is nothing to tell of: an unknown number, a descriptor that only names a place (O_PATH), memory that
 * cannot be read (the call then fails by itself). */
bool recorder_decode(const struct seccomp_notif *request, struct recorder_callers *callers,
                     struct recorder_call *ret_call);
