/* SPDX-License-Identifier: BSD-2-Clause
 *
 * jail_landlock: Landlock around one folder, for work on foreign bytes. A second wall where there are namespaces, and
 * the first one where there are none. Source: landlock(7).
 *
 * Beside sandbox/scope.c, which has no rules about files and may not be included here.
 */
#pragma once

/* For this process and its threads, for good; needs no-new-privileges: only what lies in the folder open at `folder_fd`
 * can still be opened, made, changed or removed, nothing can be executed, and no device, socket or FIFO can be made.
 * Where the kernel knows them also: no TCP, no abstract socket and no signal to others. What is open stays open.
 *
 * Returns the kernel's ABI of Landlock, 0 where it has none or only the first one (before 5.19), with which a hard
 * link to another folder cannot be allowed: then nothing has changed. */
int jail_landlock(int folder_fd);
