/* SPDX-License-Identifier: BSD-2-Clause
 *
 * complete: what a shell may put in the place of the last word, for the scripts in completions/:
 *
 *     sciwrap complete WORD...      the words behind "sciwrap", the last one as far as it is written (may be "")
 *
 * The first line says what else may stand there: "files", "folders" or "none"; then one line each: the whole word, a
 * tab, and what it is. It comes out of the same tables as help, so that no script has to be kept up. Never an error:
 * who presses a key has asked for nothing.
 */
#pragma once

int complete_run(int argc, char **argv);
