/* SPDX-License-Identifier: BSD-2-Clause
 *
 * told: notes each message as it is made, for the test that looks whether every message of the source is provoked by
 * some test (tests/lint/messages.py). Only in builds with SCIWRAP_TOLD; nothing in those that are installed.
 *
 * With $SCIWRAP_TOLD, a folder, a line "FORMAT\x1fTEXT" is appended to the file in it that is named by the user's
 * number. Processes that were forked note nothing: they may be shut in, where to open a file would end them. What went
 * wrong in them comes back to a process that notes it.
 */
#pragma once

#ifdef SCIWRAP_TOLD
void told_note(const char *format, const char *text);
/* This process notes, too, although it was forked: one of a unit test, or one that tells by itself why it ends. */
void told_here(void);
#else
static inline void told_note(const char *format, const char *text)
{
    (void)format;
    (void)text;
}
static inline void told_here(void)
{
}
#endif
