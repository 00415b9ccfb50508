/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/registry_challenge: WWW-Authenticate headers as servers send them, and as they must not. */
#include "supply/registry_challenge.h"

#include "base/mem.h"
#include "unit.h"

static const struct {
    const char *header;
    enum challenge_kind kind;
    const char *realm, *service, *scope, *error;
} accepted[] = {
    {"Basic realm=\"Registry Realm\"", CHALLENGE_BASIC, "Registry Realm", NULL, NULL, NULL},
    {"Basic", CHALLENGE_BASIC, NULL, NULL, NULL, NULL},
    {"basic Realm=x", CHALLENGE_BASIC, "x", NULL, NULL, NULL},
    {"Bearer realm=\"https://auth.example.org/token\",service=\"registry.example.org\",scope=\"repository:a/b:pull\"",
     CHALLENGE_BEARER, "https://auth.example.org/token", "registry.example.org", "repository:a/b:pull", NULL},
    {"BEARER REALM = \"https://a/t\" , error=\"insufficient_scope\"", CHALLENGE_BEARER, "https://a/t", NULL, NULL,
     "insufficient_scope"},
    {"Bearer realm=\"a\\\"b\\\\c\"", CHALLENGE_BEARER, "a\"b\\c", NULL, NULL, NULL},
    {"Bearer realm=\"\"", CHALLENGE_BEARER, "", NULL, NULL, NULL},
    {"Bearer realm=\"https://a/t\", Basic realm=\"b\"", CHALLENGE_BEARER, "https://a/t", NULL, NULL, NULL},
    {"Basic realm=\"b\", Bearer realm=\"https://a/t\"", CHALLENGE_BEARER, "https://a/t", NULL, NULL, NULL},
    {"Bearer realm=", CHALLENGE_BEARER, NULL, NULL, NULL, NULL}, /* a token68, by the grammar */
    {"Negotiate, Basic realm=\"b\"", CHALLENGE_BASIC, "b", NULL, NULL, NULL},
    {"Negotiate abc123==, Basic realm=\"b\"", CHALLENGE_BASIC, "b", NULL, NULL, NULL},
    {"Digest realm=\"d\", nonce=\"1, Basic realm=2\", Basic realm=\"b\"", CHALLENGE_BASIC, "b", NULL, NULL, NULL},
    {", ,Basic realm=\"b\",,", CHALLENGE_BASIC, "b", NULL, NULL, NULL},
    {"Bearer realm=\"https://a/t\",new_thing=\"x\"", CHALLENGE_BEARER, "https://a/t", NULL, NULL, NULL},
};

START_TEST(reads_headers)
{
    struct err err = {0};
    auto_release(challenge) struct challenge challenge = {0};
    ck_assert_msg(challenge_parse(accepted[_i].header, &challenge, &err) == 0, "%s: %s", accepted[_i].header, err.text);
    ck_assert_int_eq(challenge.kind, accepted[_i].kind);
    ck_assert_pstr_eq(challenge.realm, accepted[_i].realm);
    ck_assert_pstr_eq(challenge.service, accepted[_i].service);
    ck_assert_pstr_eq(challenge.scope, accepted[_i].scope);
    ck_assert_pstr_eq(challenge.error, accepted[_i].error);
}
END_TEST

static const struct {
    const char *header, *why;
} refused[] = {
    {"Negotiate", "other than Bearer and Basic"},
    {"Digest realm=\"a\", nonce=\"b\"", "other than Bearer and Basic"},
    {"Bearer realm=\"https://a/t", "cannot be understood"},
    {"Bearer realm=\"https://a/t\" junk", "cannot be understood"},
    {"Bearer realm=\"https://a/t\"service=\"b\"", "cannot be understood"},
    {"Bearer realm=\"https://a/t\",realm=\"https://b/t\"", "cannot be understood"},
    {"Bearer realm=\"https://a/t\r\nX: y\"", "cannot be understood"},
    {"Bearer realm=\"https://a/t\\", "cannot be understood"},
    {"Bearer realm=\"\\\n\"", "cannot be understood"},
    {"=", "cannot be understood"},
    {"\"Basic\"", "cannot be understood"},
    {"Basic;realm=x", "cannot be understood"},
    {"B\xe4sic realm=x", "cannot be understood"},
};

START_TEST(refuses_headers)
{
    struct err err = {0};
    struct challenge challenge = {0};
    ck_assert_msg(challenge_parse(refused[_i].header, &challenge, &err) < 0, "%s", refused[_i].header);
    assert_error(&err, ERR_INVALID, refused[_i].why);
    ck_assert_ptr_null(challenge.realm);
}
END_TEST

START_TEST(refuses_what_is_too_long)
{
    struct err err = {0};
    struct challenge challenge = {0};
    auto_free char *text = NULL;
    text = xasprintf("Basic realm=%08192d", 0);
    ck_assert_int_lt(challenge_parse(text, &challenge, &err), 0);
    assert_error(&err, ERR_INVALID, "cannot be understood");
}
END_TEST

START_TEST(says_that_nothing_is_asked_for)
{
    struct err err = {0};
    struct challenge challenge = {0};
    ck_assert_int_lt(challenge_parse("", &challenge, &err), 0);
    assert_error(&err, ERR_INVALID, "does not say which");
}
END_TEST

static Suite *registry_challenge_suite(void)
{
    Suite *suite = suite_create("registry_challenge");
    TCase *headers = tcase_create("headers");
    tcase_add_loop_test(headers, reads_headers, 0, ROWS(accepted));
    tcase_add_loop_test(headers, refuses_headers, 0, ROWS(refused));
    tcase_add_test(headers, refuses_what_is_too_long);
    tcase_add_test(headers, says_that_nothing_is_asked_for);
    suite_add_tcase(suite, headers);
    return suite;
}

int main(void)
{
    return unit_run(registry_challenge_suite());
}
