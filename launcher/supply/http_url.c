/* SPDX-License-Identifier: BSD-2-Clause
 * http_url: http and https addresses taken apart. */
#include "supply/http_url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* The length of a host at `text`, 0 when there is none: labels of letters, digits and inner dashes, or [IPv6]. */
static size_t host_length(const char *text)
{
    if (text[0] == '[') {
        struct in6_addr address;
        size_t inner = strspn(text + 1, "0123456789abcdefABCDEF:.");
        auto_free char *copy = xstrndup(text + 1, inner);
        return text[1 + inner] == ']' && inet_pton(AF_INET6, copy, &address) == 1 ? inner + 2 : 0;
    }
    size_t length = strspn(text, ALNUM ".-");
    for (size_t at = 0; at < length;) {
        size_t label = strcspn(text + at, ".");
        label = label > length - at ? length - at : label;
        if (label == 0 || label > 63 || text[at] == '-' || text[at + label - 1] == '-') {
            return 0;
        }
        at += label;
        if (at < length && ++at == length) { /* a dot at the end */
            return 0;
        }
    }
    return length;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ":PORT" or nothing; the place behind it, NULL when it is no port. */
static const char *take_port(const char *at, struct http_url *url)
{
    uint64_t port = url->secure ? 443 : 80;
    if (*at == ':') {
        size_t digits = strspn(++at, "0123456789");
        auto_free char *text = xstrndup(at, digits);
        if (!text_to_u64(text, 1, 65535, &port)) {
            return NULL;
        }
        url->has_port = true;
        at += digits;
    }
    url->port = (unsigned)port;
    return at;
}

/* Printable ASCII without what splits lines, quotes, or is read in several ways. */
static bool is_plain_path(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}#", *text) != NULL) {
            return false;
        }
    }
    return true;
}

bool http_url_parse(const char *text, struct http_url *ret)
{
    struct http_url url = {.secure = strncmp(text, "https://", 8) == 0};
    if (!url.secure && strncmp(text, "http://", 7) != 0) {
        return false;
    }
    const char *host = text + (url.secure ? 8 : 7);
    size_t length = host_length(host);
    if (length == 0 || length >= sizeof(url.host)) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        url.host[i] = lower(host[i]);
    }
    const char *rest = take_port(host + length, &url);
    if (rest == NULL || (*rest != '\0' && *rest != '/' && *rest != '?') || !is_plain_path(rest)) {
        return false;
    }
    *ret = url;
    return true;
}

bool http_url_same_origin(const char *a, const char *b)
{
    struct http_url one, other;
    return http_url_parse(a, &one) && http_url_parse(b, &other) && one.secure == other.secure &&
           one.port == other.port && strcmp(one.host, other.host) == 0;
}

bool http_url_is_loopback(const struct http_url *url)
{
    struct in_addr address;
    return strcmp(url->host, "localhost") == 0 || strcmp(url->host, "[::1]") == 0 ||
           (inet_pton(AF_INET, url->host, &address) == 1 && (ntohl(address.s_addr) >> 24) == 127);
}

bool http_url_may_be_plain(const struct http_url *url)
{
    const char *list = getenv("SCIWRAP_INSECURE_REGISTRIES");
    if (http_url_is_loopback(url)) {
        return true;
    }
    auto_free char *with_port = xasprintf("%s:%u", url->host, url->port);
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ", ");
        auto_free char *word = xstrndup(list, length);
        if (length > 0 && (strcasecmp(word, url->host) == 0 || strcasecmp(word, with_port) == 0)) {
            return true;
        }
        list += length + strspn(list + length, ", ");
    }
    return false;
}

void http_url_escape(struct buf *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr(ALNUM "-._~", *text) != NULL) {
            buf_add(to, text, 1);
        } else {
            buf_addf(to, "%%%02X", (unsigned char)*text);
        }
    }
}
