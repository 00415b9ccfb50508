/* SPDX-License-Identifier: BSD-2-Clause
 * log: messages for people, on standard error. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

__attribute__((format(printf, 2, 0))) static void say(const char *front, const char *format, va_list args)
{
    char raw[2048];
    char line[2 * sizeof(raw)];
    vsnprintf(raw, sizeof(raw), format, args);
    told_note(format, raw);
    size_t used = (size_t)snprintf(line, sizeof(line), "sciwrap: %s", front);
    text_escape(line + used, sizeof(line) - used - 1, raw, strlen(raw));
    used = strlen(line);
    line[used] = '\n';
    progress_hide();
    /* One write, so that lines of runs side by side do not mix. */
    ssize_t ignored = write(STDERR_FILENO, line, used + 1);
    (void)ignored;
}

#define SAY(front)                                                                                                     \
    do {                                                                                                               \
        va_list args;                                                                                                  \
        va_start(args, format);                                                                                        \
        say(front, format, args);                                                                                      \
        va_end(args);                                                                                                  \
    } while (0)

void log_error(const char *format, ...)
{
    SAY("");
}

void log_warn(const char *format, ...)
{
    if (current >= LOG_NORMAL) {
        SAY("warning: ");
    }
}

void log_info(const char *format, ...)
{
    if (current >= LOG_NORMAL) {
        SAY("");
    }
}

void log_debug(const char *format, ...)
{
    if (current >= LOG_VERBOSE) {
        SAY("");
    }
}
