/* SPDX-License-Identifier: BSD-2-Clause
 * Any text as an address, the realm of a challenge above all: what is taken for an address is one for libcurl too, with
 * the same host, and holds nothing that could begin another line of a request. */
#include "fuzz.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/mem.h"
#include "supply/fetch_http.h"
#include "supply/http_url.h"

/* libcurl writes 127.1 and 0x7f000001 as 127.0.0.1, and IPv6 addresses in their short form. */
static bool is_number(const char *host)
{
    struct in_addr address;
    return host[0] == '[' || inet_aton(host, &address) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_free char *text = xstrndup((const char *)bytes, length);
    auto_release(http_origin) struct http_origin origin = {0};
    struct http_url url;
    if (!http_url_parse(text, &url)) {
        return 0;
    }
    for (const char *at = text; *at != '\0'; at++) {
        FUZZ_PROMISE(*at > ' ' && *at <= '~');
    }
    /* libcurl refuses more: a broken percent sign, say. */
    if (http_origin(text, &origin) == 0) {
        auto_free char *port = xasprintf("%u", url.port);
        FUZZ_PROMISE(origin.secure == url.secure && strcmp(origin.port, port) == 0);
        FUZZ_PROMISE(strcasecmp(origin.host, url.host) == 0 || (is_number(url.host) && is_number(origin.host)));
    }
    FUZZ_PROMISE(http_url_same_origin(text, text));
    return 0;
}
