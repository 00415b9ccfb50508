/* SPDX-License-Identifier: BSD-2-Clause
 * log: messages for people, on standard error. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/colour.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/told.h"

/* The one global of the program besides what signal handlers need: every folder may say something. */
static enum log_level current = LOG_NORMAL;

void log_set_level(enum log_level level)
{
    current = level;
}

enum log_level log_get_level(void)
{
    return current;
}

enum rank { PLAIN, WARNING, ERROR };

__attribute__((format(printf, 2, 0))) static void say(enum rank rank, const char *format, va_list args)
{
    char raw[2048];
    char line[2 * sizeof(raw)];
    vsnprintf(raw, sizeof(raw), format, args);
    told_note(format, raw);
    const char *on = rank == PLAIN ? "" : colour_on(STDERR_FILENO, rank == ERROR ? COLOUR_BAD : COLOUR_NOTE);
    size_t used = (size_t)snprintf(line, sizeof(line), "%ssciwrap:%s %s", on,
                                   on[0] != '\0' ? colour_off(STDERR_FILENO) : "", rank == WARNING ? "warning: " : "");
    text_escape(line + used, sizeof(line) - used - 1, raw, strlen(raw));
    used = strlen(line);
    line[used] = '\n';
    progress_hide();
    /* One write, so that lines of runs side by side do not mix. */
    ssize_t ignored = write(STDERR_FILENO, line, used + 1);
    (void)ignored;
}

#define SAY(rank)                                                                                                      \
    do {                                                                                                               \
        va_list args;                                                                                                  \
        va_start(args, format);                                                                                        \
        say(rank, format, args);                                                                                       \
        va_end(args);                                                                                                  \
    } while (0)

void log_error(const char *format, ...)
{
    SAY(ERROR);
}

void log_warn(const char *format, ...)
{
    if (current >= LOG_NORMAL) {
        SAY(WARNING);
    }
}

void log_info(const char *format, ...)
{
    if (current >= LOG_NORMAL) {
        SAY(PLAIN);
    }
}

void log_debug(const char *format, ...)
{
    if (current >= LOG_VERBOSE) {
        SAY(PLAIN);
    }
}
