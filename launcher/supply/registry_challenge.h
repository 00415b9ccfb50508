/* SPDX-License-Identifier: BSD-2-Clause
 *
 * registry_challenge: what a server asks for with a 401 answer: the WWW-Authenticate header (RFC 9110, 11.6.1; the
 * parameters of Bearer: distribution specification, "Token Authentication"). Foreign bytes; touches no network.
 */
#pragma once

#include "base/err.h"

enum challenge_kind {
    CHALLENGE_NONE = 0,
    CHALLENGE_BASIC,  /* name and password (RFC 7617) */
    CHALLENGE_BEARER, /* a token from the server `realm` (RFC 6750) */
};

struct challenge {
    enum challenge_kind kind;
    char *realm; /* of Bearer: an address; each may be NULL */
    char *service;
    char *scope;
    char *error; /* why the token that was sent is not taken: "insufficient_scope" */
};

/* Reads a header's value, which may hold several challenges, and takes the best one that we can answer: Bearer, then
 * Basic. ERR_INVALID when it is none of the grammar, longer than 8 KiB, holds a parameter twice, or nothing that we can
 * answer. */
int challenge_parse(const char *header, struct challenge *ret, struct err *err);
void challenge_release(struct challenge *challenge);
