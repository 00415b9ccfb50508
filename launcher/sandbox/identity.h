/* SPDX-License-Identifier: BSD-2-Clause
 *
 * identity: who a process is in a user namespace, and giving up every right.
 *
 * Sources: user_namespaces(7), capabilities(7).
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* Maps one uid and gid of the parent namespace into the current one, which this process has just entered. Needs a proc
 * at /proc that shows this process, and that it is still dumpable (else its files in proc belong to root). */
int identity_map(uid_t inner_uid, uid_t outer_uid, gid_t inner_gid, gid_t outer_gid, struct err *err);

/* Empties every capability set for good (bounding, ambient, inheritable, permitted, effective) and sets
 * no-new-privileges. To be called after the last user namespace was entered: entering one fills the sets again. */
int identity_drop_rights(struct err *err);
