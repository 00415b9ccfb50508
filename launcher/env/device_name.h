/* SPDX-License-Identifier: BSD-2-Clause
 *
 * device_name: how the devices of a host are named that a run may use: "gpu", or VENDOR/CLASS=NAME as the Container
 * Device Interface has it (CDI specification 1.0, "CDI JSON Specification": kind and name).
 */
#pragma once

#include <stdbool.h>

#include "base/strlist.h"

/* What stands for every GPU that the host has, however it is found. */
#define DEVICE_GPU "gpu"
/* In the place of a list: no device, whatever was said before. */
#define DEVICE_NONE "none"

/* "vendor.org/class" */
bool device_name_is_kind(const char *text);
/* What comes behind the '=': letters, digits and _-.: with a letter or digit first and last. */
bool device_name_is_plain(const char *text);
/* The whole of it, or "gpu". */
bool device_name_is_good(const char *text);
/* Adds the names of a text, with blanks or commas between them, each once; "none" empties the list. NULL, or what the
 * text must be. */
const char *device_names_parse(const char *text, struct strlist *names);
