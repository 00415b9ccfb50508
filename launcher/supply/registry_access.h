/* SPDX-License-Identifier: BSD-2-Clause
 *
 * registry_access: gets into one repository of a registry: where it is, what to say with each request, and how to log
 * in when it asks (distribution specification, "Token Authentication" and "OAuth 2"; RFC 7617).
 *
 * Passwords and tokens go to the registry itself and to the token server that it names, and to nobody else; over plain
 * http only where http_url_may_be_plain. They are never part of a message.
 */
#pragma once

#include "base/err.h"
#include "base/strlist.h"
#include "supply/credentials.h"

struct registry_access;

/* Nothing is asked, opened or read yet. Never NULL. */
struct registry_access *registry_access_new(const char *host, const char *repository);
void registry_access_free(struct registry_access *access); /* NULL is allowed */

/* "https://HOST/v2/REPOSITORY": what the addresses of the repository begin with. Borrowed. */
const char *registry_access_base(const struct registry_access *access);

/* The request header lines that belong to `url`: as fetch_access.lines, with a struct registry_access as `data`. Each
 * refusal is answered once: a second one of what was sent for the first is an error that says which file the log-in
 * came from. A token that is about to expire is renewed before it is refused. */
int registry_access_lines(void *access, const char *url, const char *refused, struct strlist *ret_lines,
                          struct err *err);
/* Logs in at the registry's front door, /v2/, after an answer 403 or 404 to a request for which no log-in was wanted: a
 * server that lets everybody read something may know the rest only to those whom it knows. 1: it wanted to know, and
 * there is a log-in, so that it is worth while to ask again; 0 not; -1 error. */
int registry_access_knock(struct registry_access *access, struct err *err);
/* Who is asking, for messages after registry_access_knock: "with the log-in of 'FILE'", or "without a log-in: ...";
 * caller frees. */
char *registry_access_who(const struct registry_access *access);

/* The answer of a token server: 0, the token (caller frees) and how many seconds it holds; -1 when it is none. */
int registry_token_parse(const char *text, size_t length, char **ret_token, unsigned *ret_seconds, struct err *err);
