/* SPDX-License-Identifier: BSD-2-Clause
 *
 * credentials_helper: asks docker-credential-NAME, a program that keeps passwords elsewhere (the protocol of
 * docker-credential-helpers: "get", the server's name on standard input, JSON on standard output).
 */
#pragma once

#include "base/err.h"
#include "supply/credentials.h"

/* Letters, digits, '-', '_' and inner dots, at most 64: never a path, never an option. */
bool credentials_helper_name_ok(const char *name);
/* 1 found, 0 the helper knows nothing of the server, -1 error. `name` must be ok. */
int credentials_helper_ask(const char *name, const char *server, struct credentials *ret, struct err *err);
/* The helper's answer. 1 found, 0 none, -1 it is malformed. */
int credentials_helper_parse(const char *name, const char *text, size_t length, struct credentials *ret,
                             struct err *err);
