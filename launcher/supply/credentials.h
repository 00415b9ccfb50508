/* SPDX-License-Identifier: BSD-2-Clause
 *
 * credentials: the name and password, or the token, with which a user has logged in to a registry, from the files that
 * podman, skopeo and docker write (containers-auth.json(5), "docker login"). Nothing is ever written.
 *
 * Files, the first that knows the registry counts: $REGISTRY_AUTH_FILE alone if it is set, else
 * $XDG_RUNTIME_DIR/containers/auth.json, $XDG_CONFIG_HOME/containers/auth.json (~/.config), and
 * $DOCKER_CONFIG/config.json (~/.docker). In each: credHelpers, then auths (the most particular key first:
 * HOST/NAMESPACE/IMAGE, HOST/NAMESPACE, HOST; with or without https://), then credsStore.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"

struct credentials {
    char *user; /* NULL: none */
    char *password;
    char *identity; /* a refresh token (OAuth 2) in the place of both; NULL: none */
    char *from;     /* the file, for messages; NULL when no file has any */
};

/* The credentials for the repository of the host ("docker.io", "127.0.0.1:5000"); all NULL when there are none. A file
 * that cannot be read as such is an error: going on without it would only say "denied". From then on this process dumps
 * no core, and its freed memory is overwritten. */
int credentials_find(const char *host, const char *repository, struct credentials *ret, struct err *err);
/* Overwrites what was secret, and frees. */
void credentials_release(struct credentials *credentials);

/* The files that are looked at, in order. */
void credentials_files(struct strlist *ret_paths);
/* The text of one file; `name` is for messages. 1 found, 0 not, -1 error. */
int credentials_parse(const char *name, const char *text, size_t length, const char *host, const char *repository,
                      struct credentials *ret, struct err *err);
