/* SPDX-License-Identifier: BSD-2-Clause
 *
 * observer_change: the part of observer.h about calls that change files, one function an act.
 */
#pragma once

#include "run/observer.h"

enum recorder_answer change_on_write(struct observer *observer, const struct recorder_call *call);
enum recorder_answer change_on_remove(struct observer *observer, const struct recorder_call *call);
enum recorder_answer change_on_rename(struct observer *observer, const struct recorder_call *call);
/* mkdir, mknod, symlink. */
enum recorder_answer change_on_make(struct observer *observer, const struct recorder_call *call);
enum recorder_answer change_on_link(struct observer *observer, const struct recorder_call *call);
enum recorder_answer change_on_time(struct observer *observer, const struct recorder_call *call);
enum recorder_answer change_on_chmod(struct observer *observer, const struct recorder_call *call);

/* Looks up the call's first (0) or second (1) path, to observer->target[which]; its descriptor is the caller's to
 * release. Notes the links on the way, also when nothing was found. */
bool observer_resolve(struct observer *observer, const struct recorder_call *call, int which);
