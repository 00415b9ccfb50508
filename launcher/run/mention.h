/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mention: what could be a file's name in one argument of a command: the whole of it, what follows the '=' of an
 * option, and, when the argument is a small script (sh -c '...'), its words.
 */
#pragma once

#include <stdbool.h>

#include "base/strlist.h"

/* The path in `argument`: the whole of it, or what follows the '=' of an option. Borrowed; never NULL. */
const char *mention_path(const char *argument);
/* True when the argument has blanks or signs of the shell in it. */
bool mention_is_script(const char *argument);
/* The words of a script, cut at blanks, quotes and signs of the shell. A guess that finds `in.txt` in
 * "sort in.txt >out.txt", no more: names with blanks in them are not found. */
void mention_words(const char *script, struct strlist *ret_words);
