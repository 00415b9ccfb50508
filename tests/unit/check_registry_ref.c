/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/registry_ref: which names of images are understood, and as what. */
#include "supply/registry_ref.h"

#include "base/mem.h"
#include "unit.h"

#define HEX "3ec2c8d9e2f5c9b2a1a0f7f6e5d4c3b2a1908070605040302010ffeeddccbbaa"

static const struct {
    const char *url, *host, *repository, *tag, *pinned; /* pinned: NULL when the name has no digest */
} accepted[] = {
    {"oci://example.org/r", "example.org", "r", "latest", NULL},
    {"oci://example.org/science/r:4.2.2", "example.org", "science/r", "4.2.2", NULL},
    {"oci://Example.ORG/r:V1_x-y.z", "example.org", "r", "V1_x-y.z", NULL},
    {"oci://127.0.0.1:5000/a/b/c", "127.0.0.1:5000", "a/b/c", "latest", NULL},
    {"oci://[::1]:5000/r", "[::1]:5000", "r", "latest", NULL},
    {"oci://localhost/a__b/c.d/e---f", "localhost", "a__b/c.d/e---f", "latest", NULL},
    {"oci://docker.io/debian", "docker.io", "library/debian", "latest", NULL},
    {"oci://index.docker.io/debian:12", "docker.io", "library/debian", "12", NULL},
    {"oci://registry-1.docker.io/rocker/r-ver", "docker.io", "rocker/r-ver", "latest", NULL},
    {"oci://example.org/r@sha256:" HEX, "example.org", "r", NULL, "oci://example.org/r@sha256:" HEX},
    {"oci://docker.io/r:1@sha256:" HEX, "docker.io", "library/r", "1", "oci://docker.io/library/r@sha256:" HEX},
};

START_TEST(reads_names)
{
    struct err err = {0};
    struct registry_ref ref = {0};
    ck_assert_msg(registry_ref_parse(accepted[_i].url, &ref, &err) == 0, "%s: %s", accepted[_i].url, err.text);
    ck_assert_str_eq(ref.host, accepted[_i].host);
    ck_assert_str_eq(ref.repository, accepted[_i].repository);
    ck_assert_pstr_eq(ref.tag, accepted[_i].tag);
    ck_assert(ref.has_digest == (accepted[_i].pinned != NULL));
    if (ref.has_digest) {
        auto_free char *pinned = registry_ref_pinned(&ref, &ref.digest);
        ck_assert_str_eq(pinned, accepted[_i].pinned);
    }
    registry_ref_release(&ref);
}
END_TEST

static const struct {
    const char *url, *why;
} refused[] = {
    {"", "does not begin with oci://"},
    {"docker://example.org/r", "does not begin with oci://"},
    {"oci://", "names no registry and image"},
    {"oci://debian", "names no registry and image"},
    {"oci:///debian", "'' is not the name of a host"},
    {"oci://user:word@example.org/r", "is not the name of a host"},
    {"oci://user@example.org/r", "is not the name of a host"},
    {"oci://example.org:0/r", "is not the name of a host"},
    {"oci://example.org:70000/r", "is not the name of a host"},
    {"oci://example.org:080/r", "is not the name of a host"},
    {"oci://example.org:/r", "is not the name of a host"},
    {"oci://exa mple.org/r", "is not the name of a host"},
    {"oci://example.org\\@evil.example/r", "is not the name of a host"},
    {"oci://example.org#/r", "is not the name of a host"},
    {"oci://example.org?/r", "is not the name of a host"},
    {"oci://-example.org/r", "is not the name of a host"},
    {"oci://example..org/r", "is not the name of a host"},
    {"oci://example.org./r", "is not the name of a host"},
    {"oci://ex%61mple.org/r", "is not the name of a host"},
    {"oci://[::1/r", "is not the name of a host"},
    {"oci://[fe80::1%25eth0]/r", "is not the name of a host"},
    {"oci://example.org\r\nHost: evil/r", "is not the name of a host"},
    {"oci://example.org/", "is not the name of an image"},
    {"oci://example.org/R", "is not the name of an image"},
    {"oci://example.org/a//b", "is not the name of an image"},
    {"oci://example.org/a/", "is not the name of an image"},
    {"oci://example.org/../a", "is not the name of an image"},
    {"oci://example.org/a..b", "is not the name of an image"},
    {"oci://example.org/a___b", "is not the name of an image"},
    {"oci://example.org/-a", "is not the name of an image"},
    {"oci://example.org/a?b", "is not the name of an image"},
    {"oci://example.org/a b", "is not the name of an image"},
    {"oci://example.org/a%2fb", "is not the name of an image"},
    {"oci://example.org/a\nb", "is not the name of an image"},
    {"oci://example.org/a:", "'' is not a tag"},
    {"oci://example.org/a:-1", "'-1' is not a tag"},
    {"oci://example.org/a:1/b", "'1/b' is not a tag"},
    {"oci://example.org/a:1:2", "'1:2' is not a tag"},
    {"oci://example.org/a:1\r\n", "is not a tag"},
    {"oci://example.org/a@sha256:abc", "the digest must be sha256:"},
    {"oci://example.org/a@sha512:" HEX HEX, "the digest must be sha256:"},
    {"oci://example.org/a@sha256:" HEX "0", "the digest must be sha256:"},
    {"oci://example.org/a@", "the digest must be sha256:"},
    {"oci://example.org/a@sha256:" HEX ":1", "the digest must be sha256:"},
};

START_TEST(refuses_names)
{
    struct err err = {0};
    struct registry_ref ref = {0};
    ck_assert_msg(registry_ref_parse(refused[_i].url, &ref, &err) < 0, "%s", refused[_i].url);
    assert_error(&err, ERR_INVALID, refused[_i].why);
    ck_assert_ptr_null(ref.host);
}
END_TEST

START_TEST(has_the_limits_of_the_grammar)
{
    struct err err = {0};
    struct registry_ref ref = {0};
    auto_free char *most = NULL, *more = NULL;
    most = xasprintf("oci://example.org/%.*s%0*d", 4, "aaaa", 240, 0); /* 11 + 244 = 255 */
    more = xasprintf("%s0", most);
    ck_assert_msg(registry_ref_parse(most, &ref, &err) == 0, "%s", err.text);
    registry_ref_release(&ref);
    ck_assert_int_lt(registry_ref_parse(more, &ref, &err), 0);
    assert_error(&err, ERR_INVALID, "is not the name of an image");
    free(most);
    free(more);
    most = xasprintf("oci://example.org/r:%0128d", 0);
    more = xasprintf("%s0", most);
    err = (struct err){0};
    ck_assert_msg(registry_ref_parse(most, &ref, &err) == 0, "%s", err.text);
    registry_ref_release(&ref);
    ck_assert_int_lt(registry_ref_parse(more, &ref, &err), 0);
    assert_error(&err, ERR_INVALID, "is not a tag");
}
END_TEST

static Suite *registry_ref_suite(void)
{
    Suite *suite = suite_create("registry_ref");
    TCase *names = tcase_create("names");
    tcase_add_loop_test(names, reads_names, 0, ROWS(accepted));
    tcase_add_loop_test(names, refuses_names, 0, ROWS(refused));
    tcase_add_test(names, has_the_limits_of_the_grammar);
    suite_add_tcase(suite, names);
    return suite;
}

int main(void)
{
    return unit_run(registry_ref_suite());
}
