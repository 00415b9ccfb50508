/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text: questions about bytes as text, for people, for files and from the command line. Touches no disk.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes `length` bytes to `to` (of `size` bytes, always terminated) with everything that could drive a terminal
 * made visible: control characters and invalid UTF-8 as \xNN, line ends as \n, and the Unicode bidirectional controls
 * as \u{NNNN} (they can make a name read as another one). A text that does not fit is cut at a whole character. */
void text_escape(char *to, size_t size, const char *from, size_t length);

/* True when the bytes are valid UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
bool text_is_utf8(const char *bytes, size_t length);

/* Whole-string unsigned decimal number in [least, most]: no sign, no space, no trailing junk. False otherwise. */
bool text_to_u64(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value);

/* Whole-string decimal number with fraction and exponent in [least, most]: "0.001", "1e-9"; no sign, no space, no
 * hexadecimal, neither infinite nor NaN. False otherwise. */
bool text_to_real(const char *text, double least, double most, double *ret_value);

/* The candidate nearest to `word` within an edit distance that a typing mistake explains (at most a third of the
 * word), or NULL. `candidates` ends in NULL. */
const char *text_nearest(const char *word, const char *const *candidates);

/* Writes what was meant by a word that is none of the candidates, for the end of a message: "; did you mean 'host'?",
 * or "; did you mean 'samtools-1.11' or 'samtools-1.16'?" for the beginning of a few. False, and "", when there is
 * nothing near. */
enum { TEXT_MEANT = 256 };
bool text_meant(char to[TEXT_MEANT], const char *word, const char *const *candidates);
