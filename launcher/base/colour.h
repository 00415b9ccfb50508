/* SPDX-License-Identifier: BSD-2-Clause
 *
 * colour: one word of an output made to stand out, where that is a terminal, TERM is not dumb, and NO_COLOR
 * (no-color.org) is not set. Elsewhere both texts are empty, so that what is printed is the same bytes without them.
 */
#pragma once

enum colour { COLOUR_GOOD, COLOUR_BAD, COLOUR_NOTE };

/* Before and after the word, on the descriptor that it goes to. */
const char *colour_on(int fd, enum colour colour);
const char *colour_off(int fd);
