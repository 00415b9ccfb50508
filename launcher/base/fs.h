/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fs: files. Whole-file reading and writing, and look-ups beneath an open directory that cannot be led out of it.
 *
 * Every descriptor is close-on-exec. Functions that take (dirfd, name) expect path_is_clean names unless they say
 * otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"

/* Appends the whole file to *buf; refuses what is not a regular file, or is larger than `most` bytes. ERR_NOT_FOUND
 * when it does not exist. */
int fs_read_path(const char *path, size_t most, struct buf *buf, struct err *err);
int fs_read_at(int dirfd, const char *name, size_t most, struct buf *buf, struct err *err);
/* The same from a descriptor that may be a pipe. `name` is for messages. */
int fs_read_fd(int fd, const char *name, size_t most, struct buf *buf, struct err *err);

/* All bytes or an error (EINTR and short writes are handled). `name` is for messages. */
int fs_write_fd(int fd, const char *name, const void *bytes, size_t length, struct err *err);
/* Writes `name` in `dirfd` whole or not at all: a private name, then rename. Readers never see a part. Not synced to
 * disk: a power cut can lose it, a crash of the program cannot. */
int fs_write_atomic(int dirfd, const char *name, mode_t mode, const void *bytes, size_t length, struct err *err);

/* Opens `path` (any number of components, path_is_clean) beneath dirfd. No symbolic link is followed, in any
 * component; the result cannot be outside. errno is set when -1. Kernel: openat2(2), component walk before 5.6. */
int fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode);

/* Looks `path` (absolute, as seen from inside) up in the tree `root_fd` as a process with that root would: links,
 * absolute ones too, are followed inside and never lead out. True when it exists; *ret_below (may be NULL) is then its
 * place beneath root_fd without any link ("" for the root itself) and *ret_st (may be NULL) what is there. For trees
 * that nobody changes meanwhile, such as those of the store. */
bool fs_find_in_root(int root_fd, const char *path, struct buf *ret_below, struct stat *ret_st);
bool fs_exists_in_root(int root_fd, const char *path);

/* mkdir -p of an absolute or relative path given by the user or the environment (links are followed). */
int fs_make_dirs(const char *path, mode_t mode, struct err *err);

/* Removes the file or tree `name` in dirfd, whatever the modes of its directories and however deep it is. Does not
 * follow links and does not cross into another mounted file system. Others may remove it at the same time. True success
 * only when nothing is left. */
int fs_remove_tree(int dirfd, const char *name, struct err *err);

/* The names in a directory without "." and "..", sorted by bytes. */
int fs_list(int dirfd, const char *name, struct strlist *ret_names, struct err *err);

/* Copies the content of one descriptor to another: shared extents where the file system can (FICLONE), else
 * copy_file_range, else read and write. */
int fs_copy_fd(int from, int to, const char *name, struct err *err);

/* The absolute path of the running program, for finding what is installed beside it. Caller frees; NULL when /proc is
 * missing. */
char *fs_self_path(void);
/* The current directory; caller frees. NULL with errno set when it was removed or cannot be read. */
char *fs_current_dir(void);
