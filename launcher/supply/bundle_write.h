/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle_write: a bundle (docs/man/sciwrap-bundle.5), always the same bytes for the same files: order and headers are
 * fixed, the stream is compressed by one thread at a fixed level.
 */
#pragma once

#include "base/digest.h"
#include "base/err.h"
#include "supply/bundle_plan.h"
#include "base/progress.h"

/* Writes to fd from its current offset. Each content is hashed while it is copied: ERR_MISMATCH, with its path on the
 * host, when it is not what the plan says. *ret_list is the digest of the list. Nothing that was written may be used
 * unless this returns 0. */
int bundle_write(const struct bundle_plan *plan, int fd, struct progress *progress, struct digest *ret_list,
                 struct err *err);
