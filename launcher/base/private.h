/* SPDX-License-Identifier: BSD-2-Clause
 *
 * private: a folder of one process, mode 0700, that is gone at its end. A lock on it says that its process is alive;
 * one that nobody holds a lock on was left by a crash, and is removed when the next one of its kind is made.
 */
#pragma once

#include "base/err.h"

struct private_folder {
    int parent_fd;
    int fd;     /* open and locked */
    char *name; /* "PREFIX" and random digits */
    char *path; /* PARENT/NAME */
};

#define PRIVATE_FOLDER_NONE                                                                                            \
    {                                                                                                                  \
        .parent_fd = -1, .fd = -1                                                                                      \
    }

/* In `parent`, which exists. `prefix` names the kind. */
int private_folder_open(struct private_folder *folder, const char *parent, const char *prefix, struct err *err);
/* Removes it with all that is in it; what cannot be removed is told with log_warn. A no-op for one that is not open. */
void private_folder_close(struct private_folder *folder);
