/* SPDX-License-Identifier: BSD-2-Clause
 *
 * http_url: http and https addresses taken apart, as far as it must be known who would get a password (RFC 3986, 3.2).
 *
 * Strict on purpose: what two readers of an address could take for different hosts (a user before the host, a
 * backslash, a blank, percent signs in the host) is no address here. libcurl is only given addresses that were read
 * here when a password goes with them.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

struct http_url {
    bool secure; /* https */
    bool has_port;
    unsigned port;  /* 80 or 443 when none was written */
    char host[256]; /* lower case; an IPv6 address within brackets */
};

/* False for anything that is not an http or https address of that form; *ret untouched. */
bool http_url_parse(const char *url, struct http_url *ret);
/* The same scheme, host and port: who gets what is meant for the one may get it for the other. */
bool http_url_same_origin(const char *a, const char *b);
/* True when the host is this machine by its name: localhost, 127.0.0.0/8, [::1]. */
bool http_url_is_loopback(const struct http_url *url);
/* True when passwords may travel there in the open: this machine, and the "HOST" and "HOST:PORT" of
 * $SCIWRAP_INSECURE_REGISTRIES (separated by blanks or commas). */
bool http_url_may_be_plain(const struct http_url *url);
/* Appends the text with all but letters, digits and "-._~" as %XX (RFC 3986, 2.1). */
void http_url_escape(struct buf *to, const char *text);
