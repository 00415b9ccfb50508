/* SPDX-License-Identifier: BSD-2-Clause
 *
 * usage: how much of a disk a file or folder takes, as du(1) counts: blocks that are allocated, a file with several
 * names once. However deep it is, it takes few descriptors. What goes away meanwhile, or cannot be read, is left out.
 */
#pragma once

#include <stdint.h>

struct usage {
    uint64_t entries; /* of every kind */
    uint64_t bytes;
};

/* Adds what lies at `name` in dirfd to *usage. */
void usage_add(int dirfd, const char *name, struct usage *usage);
