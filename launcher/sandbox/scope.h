/* SPDX-License-Identifier: BSD-2-Clause
 *
 * scope: where the kernel has Landlock with scopes (Linux 6.12, ABI 6), what the namespaces leave open. A run is in the
 * process group of its caller, for the terminal's sake, so that `kill 0` inside would reach the caller's other
 * processes; and with the host's network it would reach the host's abstract sockets. Both end at the scope.
 *
 * No rules about files: which are writable is decided by the mounts, and a domain that has such rules may not mount
 * anything in a sandbox of its own. Source: landlock(7).
 */
#pragma once

enum { SCOPE_LANDLOCK = 6 }; /* the ABI of Landlock that has scopes */

/* For this process and all that it starts, for good; needs no-new-privileges. Returns the kernel's ABI of Landlock, 0
 * where there is none; the scope is on from 6 on. A process that joins a run must not have this one: it could then
 * neither signal nor trace those that are in the run's. */
int scope_enter(void);
/* For abstract sockets alone: for a process that joins a run with the host's network. It can signal the others, and not
 * trace them. */
int scope_enter_sockets(void);
