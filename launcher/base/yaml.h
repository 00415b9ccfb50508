/* SPDX-License-Identifier: BSD-2-Clause
 *
 * yaml: the small part of YAML 1.2 that programs write for settings, as a document of base/doc.
 *
 * Read are: one document; block mappings and sequences by their indentation; scalars on one line, plain or quoted; []
 * and {}; comments. A plain scalar of digits is a number; true and false are what they say; null is left out. Every
 * other part of the language is refused with its line and never guessed at: anchors, aliases and tags, text over
 * several lines, flow collections, keys that come twice, tabs as indentation, further documents.
 */
#pragma once

#include <stddef.h>

#include "base/doc.h"
#include "base/err.h"

/* The top is an object. ERR_INVALID "NAME:LINE: ..."; NULL then. */
struct doc *yaml_parse(const char *name, const char *bytes, size_t length, struct err *err);
