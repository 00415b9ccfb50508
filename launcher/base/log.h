/* SPDX-License-Identifier: BSD-2-Clause
 *
 * log: messages for people, on standard error, each "sciwrap: ..." on one line with control characters escaped.
 *
 * Standard output belongs to the command that runs or to the result that was asked for; nothing here writes to it.
 */
#pragma once

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* The failure that ends a command; shown at every level. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something is not as asked and the program goes on. Not shown when quiet. */
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What was done on the user's behalf. Not shown when quiet. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Steps, for --verbose. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
