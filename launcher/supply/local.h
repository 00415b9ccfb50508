/* SPDX-License-Identifier: BSD-2-Clause
 *
 * local: addresses of this host: which addresses go over a network, and what path a file:// address means.
 */
#pragma once

#include <stdbool.h>

/* Whether the address is asked over a network: it begins with http:// or https://. */
bool local_is_remote(const char *url);
/* The path of a file:// address (RFC 8089: %XX stands for a byte), or the path itself. Caller frees. */
char *local_path(const char *url);
/* The file:// address of an absolute path. Caller frees. */
char *local_url(const char *path);
