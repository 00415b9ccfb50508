/* SPDX-License-Identifier: BSD-2-Clause
 *
 * registry_ref: the name of an image in a registry, as text: oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:HEX]. Touches
 * no network.
 *
 * The grammar is that of the distribution project (reference.go, "Grammar"), with the host always written down: which
 * registry an image comes from must not depend on a setting of the machine. For Docker's own registry the short forms
 * that its users know are understood: docker.io/debian is docker.io/library/debian.
 */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"

#define REGISTRY_SCHEME "oci://"

struct registry_access; /* what is known about who may read there: registry_access.h */

struct registry_ref {
    char *host;       /* lower case, with ":PORT" if there is one: "docker.io", "127.0.0.1:5000", "[::1]:5000" */
    char *repository; /* "library/debian" */
    char *tag;        /* NULL: none was written, and there is a digest; "latest" when neither was written */
    bool has_digest;
    struct digest digest;
    struct registry_access *access; /* filled at the first use, so that one log-in serves all that follows */
};

/* Reads the name; anything that is not wholly of the grammar is ERR_INVALID, with what is wrong about it. */
int registry_ref_parse(const char *url, struct registry_ref *ret, struct err *err);
bool registry_ref_is_tag(const char *text);
/* Writes "oci://HOST/REPOSITORY@sha256:HEX" of the ref and the digest; caller frees. */
char *registry_ref_pinned(const struct registry_ref *ref, const struct digest *digest);
void registry_ref_release(struct registry_ref *ref);
