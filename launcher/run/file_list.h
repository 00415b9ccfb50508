/* SPDX-License-Identifier: BSD-2-Clause
 *
 * file_list: files as the manifest names them: the elements of `inputs` and `outputs`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"

enum file_type { FILE_REGULAR, FILE_DIRECTORY, FILE_LINK, FILE_OTHER };
enum file_change { FILE_UNCHANGED, FILE_CREATED, FILE_MODIFIED, FILE_DELETED, FILE_MODE, FILE_RENAMED };

struct file_item {
    char *path; /* relative to the work directory, or absolute inside; "/dev/stdin" and so on for redirections */
    char *host; /* where it was on the host: a circumstance; NULL when it follows from the path */
    enum file_type type;
    enum file_change change; /* of an output */
    bool has_digest;
    struct digest digest;
    uint64_t size;
    mode_t mode;       /* permission bits */
    uint64_t mtime_ns; /* of an input: the time of the content as it was, since 1970; 0 when not known */
    char *target;      /* of a link, else NULL */
    /* How an input was found: "declared", "argument", "stdin", "observed"; of an output "stdout", "stderr", NULL. */
    char *role;
    char *same_as;   /* of an input: the path of another one of which it is a hard link, else NULL */
    char *from;      /* of a renamed output: its path before, else NULL */
    bool kept;       /* an input whose content is in the project's objects (run/content.h) */
    bool rewritten;  /* an input that the run itself changed */
    uint64_t offset; /* of a redirected output that was appended to: where this run began to write */
};

struct file_list {
    struct file_item *item;
    size_t count;
    size_t capacity;
    bool sorted; /* since the last addition */
};

/* Copies `path`; borrowed until the next one is added. */
struct file_item *file_list_add(struct file_list *list, const char *path);
struct file_item *file_list_find(const struct file_list *list, const char *path);
void file_list_sort(struct file_list *list); /* by path */
void file_list_remove(struct file_list *list, size_t index);
/* Removes those that are marked, `list->count` marks. One after the other would take the square of their number. */
void file_list_drop(struct file_list *list, const bool *marked);
void file_list_release(struct file_list *list);

/* Where an input may be since the run gave it another name: adds the host paths of the outputs that have its content.
 * None when the run left its name alone: then a copy somewhere must not hide that it has changed since. */
void file_list_moved_to(const struct file_list *outputs, const char *path, const struct digest *digest,
                        struct strlist *places);

/* Digest, size, mode and time of the file at the host path `path` from `offset` on. */
int file_item_read(struct file_item *item, const char *path, uint64_t offset, struct err *err);

/* "file", "directory", "link", "other"; "created", "modified", "deleted", "mode", "renamed" ("" for unchanged). */
const char *file_type_name(enum file_type type);
bool file_type_from_name(const char *name, enum file_type *ret_type);
const char *file_change_name(enum file_change change);
bool file_change_from_name(const char *name, enum file_change *ret_change);
