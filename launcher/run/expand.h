/* SPDX-License-Identifier: BSD-2-Clause
 *
 * expand: deflated bytes back to what they were, piece by piece: gzip (RFC 1952, with all its members, so also the
 * blocks of BGZF) and zlib streams (RFC 1950). The only user of zlib.
 *
 * For outputs of runs, which are foreign bytes: read in a process that is shut off (sandbox/apart.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum expand_form { EXPAND_GZIP, EXPAND_ZLIB };

struct expand;

struct expand *expand_new(enum expand_form form);
void expand_free(struct expand *expand);

/* Takes up to `length` bytes and fills up to `room`. 0 with what was taken and made, -1 when the bytes are no such
 * stream. Of gzip one member follows the other. */
int expand_step(struct expand *expand, const void *bytes, size_t length, size_t *ret_taken, void *to, size_t room,
                size_t *ret_made);
/* Whether what was taken so far ends where a stream (or a member of gzip) ends: else there is more to come, or it was
 * cut. */
bool expand_is_whole(const struct expand *expand);
