/* SPDX-License-Identifier: BSD-2-Clause
 *
 * auto: cleanup at the end of a scope, and handing over.
 *
 *     auto_free char *name = xstrdup("x");         freed when the scope ends
 *     auto_fd int fd = open(...);                  closed; valid means >= 0
 *     return steal_fd(&fd);                        handed over: the local becomes -1
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void auto_free_(void *pointer)
{
    free(*(void **)pointer);
}

static inline void auto_fd_(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

static inline void auto_dir_(DIR **dir)
{
    if (*dir != NULL) {
        closedir(*dir);
    }
}

static inline void auto_file_(FILE **file)
{
    if (*file != NULL) {
        fclose(*file);
    }
}

#define auto_free __attribute__((cleanup(auto_free_)))
/* Unused: some descriptors are only held, for the lock that they carry. */
#define auto_fd   __attribute__((cleanup(auto_fd_), unused))
#define auto_dir  __attribute__((cleanup(auto_dir_)))
#define auto_file __attribute__((cleanup(auto_file_)))
/* auto_release(buf) struct buf b = {0}; calls buf_release(&b) at the end of the scope. */
#define auto_release(type) __attribute__((cleanup(type##_release)))

static inline int steal_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

static inline void *steal_ptr_(void *place)
{
    void **pointer = place;
    void *taken = *pointer;
    *pointer = NULL;
    return taken;
}
#define steal_ptr(place) ((__typeof__(*(place)))steal_ptr_(place))
