/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recorder_path: paths of a process inside, looked up from outside with that process' root and never beyond it
 * (openat2(2), RESOLVE_IN_ROOT).
 */
#pragma once

#include "sandbox/recorder.h"
#include "sandbox/recorder_caller.h"

/* All processes of a run have one root: neither chroot(2) nor a mount is possible inside. */
struct recorder_root {
    int fd; /* O_PATH, -1 until the first look-up */
};

bool recorder_path_is_possible(void);
/* The number that the process of `thread` has inside: the last of its NStgid (proc(5)); -1 when it is gone. */
long recorder_number_inside(pid_t thread);
/* `path` joined to the directory that it starts at: the descriptor `directory` of `thread`, or AT_FDCWD. An empty path
 * is what the descriptor itself refers to. False when that cannot be found out or the whole is too long. */
bool recorder_absolute(struct recorder_callers *callers, pid_t thread, int directory, const char *path,
                       char ret_path[PATH_MAX]);
/* A link under /proc to its text; false when it leads to nothing that has a name. */
bool recorder_read_link(const char *link, char *text, size_t size);
/* Finds the root by way of `thread`, unless it is known: later callers may be such that cannot be looked at. */
void recorder_root_find(struct recorder_root *root, pid_t thread);
/* See recorder_resolve(). */
bool recorder_root_resolve(struct recorder_root *root, pid_t thread, const char *path, bool follow,
                           struct recorder_target *ret_target);
/* See recorder_is_plain(). */
bool recorder_root_is_plain(struct recorder_root *root, pid_t thread, const char *path);
void recorder_root_close(struct recorder_root *root);
