/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_differ: what differs between two artifacts, for a build that did not give the pinned one.
 */
#pragma once

#include "base/buf.h"
#include "supply/spool.h"

/* Appends the first differing paths of two tars and how many more there are: "etc/a (content), usr/b (only pinned)".
 * Appends nothing when one cannot be read. The spool is used for their contents. */
void build_differ(int pinned_fd, int built_fd, struct spool *spool, struct buf *text);
