/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recipe_items: the links, files and folders that a recipe adds itself, and its commands. Rows of the recipe's table
 * (base/keyrules.h); `into` is a struct recipe.
 *
 *     [links]    PATH = TARGET            absolute targets mean the tree's own root
 *     [files]    PATH = TEXT              0644, or PATH@MODE = TEXT; a further line of the same path is appended
 *     [folders]  PATH = MODE              four octal digits; set-id bits cannot be given
 *     [commands] run = WORD...            see supply/build_commands.h
 *
 * In TEXT stand \n, \t, \\ and \xHH for what a line of an .ini file cannot hold.
 */
#pragma once

#include "base/err.h"
#include "base/keyfile.h"

int recipe_items_take_link(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);
int recipe_items_take_file(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);
int recipe_items_take_folder(void *into, const struct keyfile *file, const struct keyfile_entry *entry,
                             struct err *err);
int recipe_items_take_command(void *into, const struct keyfile *file, const struct keyfile_entry *entry,
                              struct err *err);
