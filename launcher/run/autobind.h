/* SPDX-License-Identifier: BSD-2-Clause
 *
 * autobind: paths of the host among the arguments of a command, and what must be bound so that it finds them.
 *
 * An absolute path (a whole argument, or what follows '=' in --option=PATH) that exists on the host and not in the
 * rootfs has its directory bound read-only at the same path; a path in the work directory has the work directory itself
 * bound there, writable as it is. A relative path that leads out of the work directory (../data/reads.bam) has its
 * directory bound where it leads inside. A symbolic link is followed in the same way, so that a work directory of links
 * into a data store works. In an argument that is a script, only paths of the work directory count: a script talks
 * about paths for many reasons, and nothing of the host comes in by accident. What cannot be done gets a hint in place
 * of a bind. Looks at the host's disk, changes nothing.
 */
#pragma once

#include "base/strlist.h"
#include "run/facts.h"
#include "run/setup.h"

/* Adds to setup->binds. `first` is the first of setup->argv to look at: words of the definition are the image's own.
 * *ret_notes receives one line for people for each bind and each hint. `rootfs_fd` is an open directory. */
void autobind_arguments(struct setup *setup, const struct facts *facts, int rootfs_fd, size_t first,
                        struct strlist *ret_notes);

/* Binds what --input names and the sandbox would not show otherwise; `inputs` are absolute host paths. */
void autobind_inputs(struct setup *setup, const struct facts *facts, const struct strlist *inputs);

/* Where the host path `path` is seen inside: in the work directory or through a bind; NULL when it is not. In the work
 * directory the answer is relative to it. Caller frees. */
char *autobind_inner_path(const struct setup *setup, const struct facts *facts, const char *path);
/* The other way: the host path behind `path`, absolute inside or relative to the work directory; NULL when none. */
char *autobind_host_path(const struct setup *setup, const struct facts *facts, const char *path);
