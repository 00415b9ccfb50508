/* SPDX-License-Identifier: BSD-2-Clause
 *
 * err: carries one failure from where it happened to where it is told.
 *
 * A struct err lives on the stack of whoever starts an operation and is the last parameter of every function that
 * can fail for a reason outside our control. It is never NULL, untouched on success, and small enough to be sent
 * through a pipe in one atomic write (PIPE_BUF, pipe(7)): the first process of a sandbox reports with it.
 *
 * Messages: lower case, no full stop, names quoted, and the next step if there is one. Text from outside (a path, a
 * line of a file) passes through the formatting with control characters already escaped by err_set().
 */
#pragma once

#include <stdarg.h>

enum err_kind {
    ERR_NONE = 0,
    ERR_USAGE,          /* the command line is wrong */
    ERR_NOT_FOUND,      /* something that was named does not exist */
    ERR_INVALID,        /* a definition, manifest or archive is not what it must be */
    ERR_MISMATCH,       /* bytes are not those that were pinned */
    ERR_NETWORK,        /* a transfer failed */
    ERR_HOST,           /* this machine does not allow what is needed; the text says which setting */
    ERR_SYSTEM,         /* a system call failed: no space, no permission, ... */
    ERR_COMMAND_DENIED, /* the command exists inside the environment and cannot be executed */
    ERR_COMMAND_ABSENT, /* the command does not exist inside the environment */
};

struct err {
    enum err_kind kind;
    int saved_errno; /* 0 when no system call was at fault */
    char text[1000];
};

/* Each sets or extends *err and returns -1, so that a failing function can end in `return err_set(...)`. */
int err_set(struct err *err, enum err_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* As err_set, with ": " and the description of errnum appended. ENOSPC and EDQUOT say what to do. */
int err_set_errno(struct err *err, enum err_kind kind, int errnum, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Puts "context: " in front of the text that is there. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Exit status that a command ends with for this failure: 126, 127 or 125 (docs/man/sciwrap.1, EXIT STATUS). */
int err_exit_code(const struct err *err);
