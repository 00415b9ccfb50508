/* SPDX-License-Identifier: BSD-2-Clause
 * Any text as the name of an image: the address that is made of it leads to the host that was named, for libcurl too,
 * and the name written out reads back as the same. */
#include "fuzz.h"

#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/mem.h"
#include "supply/fetch_http.h"
#include "supply/http_url.h"
#include "supply/registry_access.h"
#include "supply/registry_ref.h"

static void check_base(const struct registry_ref *ref)
{
    struct http_url url;
    auto_release(http_origin) struct http_origin origin = {0};
    const char *base = registry_access_base(ref->access);
    auto_free char *end = xasprintf("/v2/%s", ref->repository);
    auto_free char *with_port = NULL;
    FUZZ_PROMISE(strlen(base) > strlen(end) && strcmp(base + strlen(base) - strlen(end), end) == 0);
    FUZZ_PROMISE(http_url_parse(base, &url) && http_origin(base, &origin) == 0);
    FUZZ_PROMISE(url.secure == origin.secure && (url.secure || http_url_is_loopback(&url)));
    with_port = xasprintf("%s:%s", url.host, origin.port);
    FUZZ_PROMISE(strcmp(ref->host, "docker.io") == 0 || strcmp(ref->host, url.host) == 0 ||
                 strcmp(ref->host, with_port) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_free char *text = xstrndup((const char *)bytes, length);
    auto_release(registry_ref) struct registry_ref ref = {0}, again = {0};
    struct digest digest = {0};
    struct err err = {0};
    if (registry_ref_parse(text, &ref, &err) < 0) {
        FUZZ_PROMISE(err.kind == ERR_INVALID);
        return 0;
    }
    FUZZ_PROMISE(ref.has_digest || ref.tag != NULL);
    FUZZ_PROMISE(ref.tag == NULL || registry_ref_is_tag(ref.tag));
    check_base(&ref);
    auto_free char *pinned = registry_ref_pinned(&ref, &digest);
    FUZZ_PROMISE(registry_ref_parse(pinned, &again, &err) == 0);
    FUZZ_PROMISE(strcmp(ref.host, again.host) == 0 && strcmp(ref.repository, again.repository) == 0);
    FUZZ_PROMISE(again.has_digest && digest_equal(&again.digest, &digest));
    return 0;
}
