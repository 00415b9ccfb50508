/* SPDX-License-Identifier: BSD-2-Clause
 *
 * securing: digests and copies of the contents that files had before a run changed them, made by workers.
 */
#pragma once

#include "run/observer.h"

/* Both with the book's lock held; `file` is an inode's first page, `path_fd` the O_PATH descriptor of the file and
 * stays the caller's. */

/* Has the content hashed. False: so many wait already that the call `id` is answered only when this one is done. */
bool securing_read(struct observer *observer, struct book_file *file, int path_fd, uint64_t id);
/* Has the old content kept; the call `id` is answered when that is done. True: nothing had to be done, the caller
 * answers. */
bool securing_keep(struct observer *observer, struct book_file *file, int path_fd, uint64_t id);
