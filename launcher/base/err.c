/* SPDX-License-Identifier: BSD-2-Clause
 * err: carries one failure from where it happened to where it is told. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/told.h"

__attribute__((format(printf, 4, 0))) static void fill(struct err *err, enum err_kind kind, int errnum,
                                                       const char *format, va_list args)
{
    char raw[sizeof(err->text)];
    vsnprintf(raw, sizeof(raw), format, args);
    err->kind = kind;
    err->saved_errno = errnum;
    /* A path or a word of a file can hold escape sequences that would drive the reader's terminal. */
    text_escape(err->text, sizeof(err->text), raw, strlen(raw));
    told_note(format, raw);
}

static void append(struct err *err, const char *text)
{
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, "%s", text);
}

int err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, kind, 0, format, args);
    va_end(args);
    return -1;
}

int err_set_errno(struct err *err, enum err_kind kind, int errnum, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, kind, errnum, format, args);
    va_end(args);
    append(err, ": ");
    append(err, strerror(errnum));
    if (errnum == ENOSPC || errnum == EDQUOT) {
        append(err, "; free some space or choose another place with SCIWRAP_STORE or SCIWRAP_TMPDIR");
    }
    return -1;
}

int err_wrap(struct err *err, const char *format, ...)
{
    char raw[300];
    char front[sizeof(err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    text_escape(front, sizeof(front), raw, strlen(raw));
    told_note(format, raw);

    char whole[2 * sizeof(err->text) + 2];
    snprintf(whole, sizeof(whole), "%s: %s", front, err->text);
    memcpy(err->text, whole, sizeof(err->text) - 1);
    err->text[sizeof(err->text) - 1] = '\0';
    return -1;
}

int err_exit_code(const struct err *err)
{
    switch (err->kind) {
    case ERR_COMMAND_DENIED:
        return 126;
    case ERR_COMMAND_ABSENT:
        return 127;
    case ERR_NONE:
        return 0;
    case ERR_USAGE:
    case ERR_NOT_FOUND:
    case ERR_INVALID:
    case ERR_MISMATCH:
    case ERR_NETWORK:
    case ERR_HOST:
    case ERR_SYSTEM:
        return 125;
    }
    return 125;
}
