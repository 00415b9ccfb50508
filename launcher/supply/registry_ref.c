/* SPDX-License-Identifier: BSD-2-Clause
 * registry_ref: the name of an image in a registry. */
#include "supply/registry_ref.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/mem.h"
#include "supply/http_url.h"
#include "supply/registry_access.h"

enum { NAME_BYTES = 255, TAG_BYTES = 128 }; /* the grammar's limits; a name counts with its host */

#define LOWER    "abcdefghijklmnopqrstuvwxyz0123456789"
#define WORD     LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define TAG_REST WORD ".-"

/* The length of a separator of a component at `text`: '.', '_', '__' or any number of '-'; 0 when there is none. */
static size_t separator(const char *text)
{
    size_t dashes = strspn(text, "-");
    if (dashes > 0) {
        return dashes;
    }
    if (text[0] == '_') {
        return text[1] == '_' ? 2 : 1;
    }
    return text[0] == '.' ? 1 : 0;
}

static bool is_repository(const char *text)
{
    for (;;) {
        size_t letters = strspn(text, LOWER);
        if (letters == 0) {
            return false;
        }
        text += letters;
        if (*text == '\0') {
            return true;
        }
        size_t skip = *text == '/' ? 1 : separator(text);
        if (skip == 0) {
            return false;
        }
        text += skip;
    }
}

bool registry_ref_is_tag(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= TAG_BYTES && strchr(WORD, text[0]) != NULL && strspn(text, TAG_REST) == length;
}

/* The names that Docker's registry has had. */
static bool is_docker(const char *host)
{
    return strcmp(host, "docker.io") == 0 || strcmp(host, "index.docker.io") == 0 ||
           strcmp(host, "registry-1.docker.io") == 0;
}

/* Cuts "@sha256:HEX" and ":TAG" off the path. */
static int take_version(char *path, const char *url, struct registry_ref *ref, struct err *err)
{
    char *at = strchr(path, '@');
    if (at != NULL) {
        *at++ = '\0';
        ref->has_digest = strncmp(at, "sha256:", 7) == 0 && digest_from_hex(at + 7, &ref->digest);
        if (!ref->has_digest) {
            return err_set(err, ERR_INVALID, "'%s': the digest must be sha256: and 64 digits 0-9 and a-f", url);
        }
    }
    char *colon = strchr(path, ':');
    if (colon != NULL) {
        *colon++ = '\0';
        if (!registry_ref_is_tag(colon)) {
            return err_set(err, ERR_INVALID, "'%s': '%s' is not a tag", url, colon);
        }
        ref->tag = xstrdup(colon);
    } else if (!ref->has_digest) {
        ref->tag = xstrdup("latest");
    }
    return 0;
}

static int take_host(const char *from, size_t length, const char *url, struct registry_ref *ref, struct err *err)
{
    struct http_url parts;
    auto_free char *text = xasprintf("https://%.*s/", (int)length, from);
    if (length <= NAME_BYTES && http_url_parse(text, &parts)) {
        ref->host = parts.has_port ? xasprintf("%s:%u", parts.host, parts.port) : xstrdup(parts.host);
    }
    /* Written back it must be the same: nothing was passed over, the port has no zeros in front. */
    if (ref->host == NULL || strlen(ref->host) != length || strncasecmp(ref->host, from, length) != 0) {
        return err_set(err, ERR_INVALID, "'%s': '%.*s' is not the name of a host", url, (int)length, from);
    }
    return 0;
}

static int parse(const char *url, struct registry_ref *ref, struct err *err)
{
    const char *host = url + strlen(REGISTRY_SCHEME);
    if (strncmp(url, REGISTRY_SCHEME, strlen(REGISTRY_SCHEME)) != 0) {
        return err_set(err, ERR_INVALID, "'%s' does not begin with " REGISTRY_SCHEME, url);
    }
    const char *slash = strchr(host, '/');
    if (slash == NULL) {
        return err_set(err, ERR_INVALID,
                       "'%s' names no registry and image: " REGISTRY_SCHEME "HOST/IMAGE, as in " REGISTRY_SCHEME
                       "docker.io/debian",
                       url);
    }
    auto_free char *path = xstrdup(slash + 1);
    if (take_host(host, (size_t)(slash - host), url, ref, err) < 0 || take_version(path, url, ref, err) < 0) {
        return -1;
    }
    if (!is_repository(path) || strlen(path) + (size_t)(slash - host) > NAME_BYTES) {
        return err_set(err, ERR_INVALID, "'%s': '%s' is not the name of an image", url, path);
    }
    bool docker = ref->host != NULL && is_docker(ref->host);
    ref->repository = docker && strchr(path, '/') == NULL ? xasprintf("library/%s", path) : xstrdup(path);
    if (docker) {
        free(ref->host);
        ref->host = xstrdup("docker.io");
    }
    return 0;
}

int registry_ref_parse(const char *url, struct registry_ref *ret, struct err *err)
{
    struct registry_ref ref = {0};
    if (parse(url, &ref, err) < 0) {
        registry_ref_release(&ref);
        return -1;
    }
    ref.access = registry_access_new(ref.host, ref.repository);
    *ret = ref;
    return 0;
}

char *registry_ref_pinned(const struct registry_ref *ref, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    return xasprintf(REGISTRY_SCHEME "%s/%s@sha256:%s", ref->host, ref->repository, hex);
}

void registry_ref_release(struct registry_ref *ref)
{
    free(ref->host);
    free(ref->repository);
    free(ref->tag);
    registry_access_free(ref->access);
    *ref = (struct registry_ref){0};
}
