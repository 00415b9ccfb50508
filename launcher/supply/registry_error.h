/* SPDX-License-Identifier: BSD-2-Clause
 *
 * registry_error: what a registry says when it says no (distribution specification, "Error Codes"), in words for a
 * person. Foreign bytes: whoever prints the result has it escaped (err_set does).
 */
#pragma once

#include "base/buf.h"

/* "404 (MANIFEST_UNKNOWN: manifest unknown)", "404" when the body is no such document; caller frees. Of a long body the
 * beginning. */
char *registry_error_text(long status, const struct buf *body);
