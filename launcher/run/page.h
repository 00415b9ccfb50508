/* SPDX-License-Identifier: BSD-2-Clause
 *
 * page: the pages of an observer's book for what its recorder looked up.
 *
 * Functions with `which` are about observer->target[which], which the recorder has filled.
 */
#pragma once

#include "run/observer.h"

/* True when `path` leads to `real` through no link and no "..". */
bool page_is_plain(const char *path, const char *real);

/* These two with the book's lock held. */

/* The page of what `target` is, made when it is new; of what existed, where it stood. NULL: the run made it itself. */
struct book_file *page_of(struct observer *observer, const struct recorder_target *target, const struct place *place);
/* Notes the names in a directory, once. */
void page_list(struct book_file *file, int path_fd);

/* The rest takes the lock. */

/* What exists was seen, and can have influenced the run. False: the call `id` is answered later; never with 0. */
bool page_look(struct observer *observer, int which, uint64_t id);
/* That a directory is not empty was seen: the first of what is in it. True when it is so. */
bool page_look_inside(struct observer *observer, int which);
/* The folder in which a name is made must be there, which nothing else tells when the name does not last. */
void page_look_around(struct observer *observer, const struct recorder_call *call, int which);
/* The links of the host on the way: a rerun needs them too. `path` is absolute and may hold links anywhere. */
void page_links(struct observer *observer, const struct recorder_call *call, const char *path);
/* All that is in the directory moves with it: each page is made before, so that it is known by its inode where it comes
 * to stand. */
void page_subtree(struct observer *observer, int which);
