/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_pax: the records of extended tar headers, strictly: "LENGTH KEY=VALUE\n" (POSIX.1-2017 pax, "pax Extended
 * Header"). Each function returns NULL or, as a constant text, what is wrong.
 */
#pragma once

#include <stddef.h>

struct scan_group;

/* A header for the next entry: what it says is added to *group. */
const char *pax_read_local(const char *bytes, size_t length, struct scan_group *group);
/* A header for all entries to come: may not say anything that renames, links or sizes them. */
const char *pax_read_global(const char *bytes, size_t length);
/* The payload of a GNU long name: not empty, NUL only at its end. */
const char *pax_check_long_name(const char *bytes, size_t length);
