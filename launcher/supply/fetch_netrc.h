/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_netrc: the user's names and passwords for hosts, $NETRC or ~/.netrc (netrc(5) of the Debian package manpages,
 * and the manual of GNU inetutils' ftp).
 *
 * Read by us and not by libcurl: its reader has sent one host's password to another more than once (CVE-2024-11053,
 * CVE-2025-0167), and looks for no $NETRC.
 */
#pragma once

#include "base/err.h"

struct netrc_login {
    char *login; /* NULL: none for this host */
    char *password;
};

/* Looks `host` up (as hosts are compared, without regard to case) in the text of a netrc file: the first `machine` of
 * that name. `default` is not used: the author of a definition names the host, and would be sent the user's password.
 * -1 ERR_INVALID when the text is no netrc. */
int netrc_parse(const char *text, const char *host, struct netrc_login *ret_login, struct err *err);

/* The same in the user's file. No file is no login. A file of another user than us and root is left alone, with a
 * warning: who can write it could choose what we send. One that others can read is used, as curl uses it: what they
 * know they know already; a warning says so. */
int netrc_find(const char *host, struct netrc_login *ret_login, struct err *err);
void netrc_login_release(struct netrc_login *login);
