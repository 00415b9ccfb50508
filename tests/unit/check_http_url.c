/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/http_url: which host an address means, and that libcurl means the same one. */
#include "supply/http_url.h"

#include <strings.h>

#include "supply/fetch_http.h"
#include "base/mem.h"
#include "unit.h"

static const struct {
    const char *url, *host;
    unsigned port;
    bool secure;
} accepted[] = {
    {"https://example.org", "example.org", 443, true},
    {"https://Example.ORG/v2/", "example.org", 443, true},
    {"http://example.org:5000/v2/?a=b&c", "example.org", 5000, false},
    {"http://127.0.0.1/", "127.0.0.1", 80, false},
    {"https://[::1]:5000/x", "[::1]", 5000, true},
    {"https://a-b.c1/%20", "a-b.c1", 443, true},
    {"https://example.org?x", "example.org", 443, true},
};

START_TEST(reads_addresses_as_libcurl_does)
{
    struct http_url url;
    auto_free char *port = NULL;
    auto_release(http_origin) struct http_origin origin = {0};
    ck_assert_msg(http_url_parse(accepted[_i].url, &url), "%s", accepted[_i].url);
    ck_assert_str_eq(url.host, accepted[_i].host);
    ck_assert_uint_eq(url.port, accepted[_i].port);
    ck_assert(url.secure == accepted[_i].secure);
    ck_assert_int_eq(http_origin(accepted[_i].url, &origin), 0);
    port = xasprintf("%u", url.port);
    ck_assert_int_eq(strcasecmp(origin.host, url.host), 0);
    ck_assert_str_eq(origin.port, port);
    ck_assert(origin.secure == url.secure);
}
END_TEST

static const char *const refused[] = {
    "",
    "example.org",
    "ftp://example.org/",
    "HTTPS://example.org/",
    "https:example.org",
    "https:///example.org",
    "https://",
    "https:// example.org/",
    "https://user@example.org/",
    "https://user:word@example.org/",
    "https://example.org@evil.example/",
    "https://example.org:443@evil.example/",
    "https://example.org\\@evil.example/",
    "https://example.org\\.evil.example/",
    "https://example.org#@evil.example/",
    "https://example.org/#x",
    "https://example.org%2eevil/",
    "https://example.org:99999/",
    "https://example.org:0/",
    "https://example.org:/",
    "https://example.org:1x/",
    "https://[::1",
    "https://[::1%25lo]/",
    "https://[127.0.0.1]/",
    "https://ex_ample.org/",
    "https://ex\xc3\xa4mple.org/",
    "https://example.org/a b",
    "https://example.org/a\r\nX: y",
    "https://example.org/\"",
};

START_TEST(refuses_what_could_be_read_in_two_ways)
{
    struct http_url url;
    ck_assert_msg(!http_url_parse(refused[_i], &url), "%s", refused[_i]);
}
END_TEST

static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    {"https://a/x", "https://A/y", true},  {"https://a/", "https://a:443/", true},  {"http://a:80/", "http://a/", true},
    {"https://a/", "http://a/", false},    {"https://a/", "https://a:444/", false}, {"https://a/", "https://b/", false},
    {"https://a/", "https://a.b/", false}, {"https://a/", "nothing", false},        {"nothing", "nothing", false},
};

START_TEST(knows_who_may_get_the_same)
{
    ck_assert_msg(http_url_same_origin(pairs[_i].a, pairs[_i].b) == pairs[_i].same, "%s %s", pairs[_i].a, pairs[_i].b);
}
END_TEST

static const struct {
    const char *insecure, *url; /* $SCIWRAP_INSECURE_REGISTRIES, NULL: not set */
    bool plain;
} plain[] = {
    {NULL, "http://localhost/", true},
    {NULL, "http://127.0.0.1:5000/", true},
    {NULL, "http://127.200.0.9/", true},
    {NULL, "http://[::1]/", true},
    {NULL, "http://128.0.0.1/", false},
    {NULL, "http://127.0.0.1.example.org/", false},
    {NULL, "http://localhost.example.org/", false},
    {NULL, "http://127.1/", false}, /* a name here; libcurl may take it for this machine, and then https is tried */
    {NULL, "http://[::ffff:127.0.0.1]/", false},
    {"", "http://a/", false},
    {"a", "http://a/", true},
    {"a", "http://a:5000/", true},
    {"A.example", "http://a.example/", true},
    {"a:5000", "http://a:5000/", true},
    {"a:5000", "http://a:5001/", false},
    {"a:5000", "http://a/", false},
    {"b, a ,c", "http://a/", true},
    {"b a,c", "http://c/", true},
    {"ab", "http://a/", false},
    {"a.b", "http://b/", false},
    {"*", "http://a/", false},
};

START_TEST(knows_where_plain_http_is_allowed)
{
    struct http_url url;
    unsetenv("SCIWRAP_INSECURE_REGISTRIES");
    if (plain[_i].insecure != NULL) {
        setenv("SCIWRAP_INSECURE_REGISTRIES", plain[_i].insecure, 1);
    }
    ck_assert(http_url_parse(plain[_i].url, &url));
    ck_assert_msg(http_url_may_be_plain(&url) == plain[_i].plain, "%s", plain[_i].url);
}
END_TEST

START_TEST(escapes_what_is_not_a_letter)
{
    auto_release(buf) struct buf text = {0};
    http_url_escape(&text, "repository:a/b:pull aA0-._~&=\r\n\xc3");
    ck_assert_str_eq(buf_text(&text), "repository%3Aa%2Fb%3Apull%20aA0-._~%26%3D%0D%0A%C3");
}
END_TEST

static Suite *http_url_suite(void)
{
    Suite *suite = suite_create("http_url");
    TCase *addresses = tcase_create("addresses");
    tcase_add_loop_test(addresses, reads_addresses_as_libcurl_does, 0, ROWS(accepted));
    tcase_add_loop_test(addresses, refuses_what_could_be_read_in_two_ways, 0, ROWS(refused));
    tcase_add_loop_test(addresses, knows_who_may_get_the_same, 0, ROWS(pairs));
    tcase_add_loop_test(addresses, knows_where_plain_http_is_allowed, 0, ROWS(plain));
    tcase_add_test(addresses, escapes_what_is_not_a_letter);
    suite_add_tcase(suite, addresses);
    return suite;
}

int main(void)
{
    return unit_run(http_url_suite());
}
