/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a WWW-Authenticate header: what is understood holds no line end, and goes into a request escaped. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "supply/http_url.h"
#include "supply/registry_challenge.h"

static void check(const char *value)
{
    auto_release(buf) struct buf escaped = {0};
    if (value == NULL) {
        return;
    }
    FUZZ_PROMISE(strpbrk(value, "\r\n") == NULL);
    http_url_escape(&escaped, value);
    for (const char *at = buf_text(&escaped); *at != '\0'; at++) {
        FUZZ_PROMISE(*at > ' ' && *at <= '~' && strchr("&=?#/", *at) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_free char *text = xstrndup((const char *)bytes, length);
    auto_release(challenge) struct challenge challenge = {0};
    struct err err = {0};
    if (challenge_parse(text, &challenge, &err) < 0) {
        FUZZ_PROMISE(err.kind == ERR_INVALID && challenge.realm == NULL);
        return 0;
    }
    FUZZ_PROMISE(challenge.kind == CHALLENGE_BASIC || challenge.kind == CHALLENGE_BEARER);
    check(challenge.realm);
    check(challenge.service);
    check(challenge.scope);
    check(challenge.error);
    return 0;
}
