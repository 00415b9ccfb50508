/* SPDX-License-Identifier: BSD-2-Clause
 *
 * starting: what the kernel opens by itself to start a program, and so without a call that could be told: the
 * interpreter that a script's first line names, and the loader of a dynamically linked program.
 */
#pragma once

#include "run/observer.h"

/* `program` is about to be executed by `call`. Files of the host become inputs, files of the rootfs are used, and
 * interpreters of scripts go to observer->interpreters. */
void starting_note(struct observer *observer, const struct recorder_call *call, const struct recorder_target *program);
