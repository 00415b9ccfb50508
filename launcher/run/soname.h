/* SPDX-License-Identifier: BSD-2-Clause
 *
 * soname: the name by which programs ask for a shared library: DT_SONAME of an ELF file (System V ABI, chapter 5),
 * which ldconfig(8) makes links of.
 */
#pragma once

#include <stdbool.h>

struct soname {
    bool is_64;
    char *name; /* a plain file name; NULL when it has none; caller frees */
};

/* False when `fd` is no ELF file of this byte order. */
bool soname_read(int fd, struct soname *ret_soname);
