/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cgroup_scope: asks the user's own systemd for a delegated control group, as `systemd-run --user --scope -p
 * Delegate=yes` does, for users whom nobody gave one.
 *
 * By D-Bus (D-Bus specification; org.freedesktop.systemd1(5), StartTransientUnit), over the socket of the manager
 * itself or else the session's bus, both in $XDG_RUNTIME_DIR. Only what is asked here is spoken, so there is no
 * library.
 */
#pragma once

#include <stdbool.h>

/* Moves this process into a new scope, which systemd removes when it is empty. False when it is where it was: no
 * systemd of this user, or it refused; then *ret_why (caller frees) says what, or is NULL where there is none. Waits 5
 * seconds for an answer at most, and as long for the group, which is that of /proc/self/cgroup afterwards. */
bool cgroup_scope_enter(char **ret_why);
