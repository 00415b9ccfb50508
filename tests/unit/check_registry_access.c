/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/registry_access, registry_error and registry_tags: where a registry is asked, what its token servers
 * answer, and what is said of its errors. The talk itself: tests/cli/registry.bats. */
#include "supply/registry_access.h"

#include "supply/registry_error.h"
#include "supply/registry_tags.h"
#include "base/mem.h"
#include "unit.h"

static const struct {
    const char *text, *token;
    unsigned seconds;
} tokens[] = {
    {"{\"token\": \"abc.def-_~+/=\"}", "abc.def-_~+/=", 60},
    {"{\"token\": \"abc\", \"access_token\": \"xyz\", \"expires_in\": 300}", "abc", 300},
    {"{\"access_token\": \"xyz\", \"expires_in\": 3600, \"token_type\": \"Bearer\"}", "xyz", 3600},
    {"{\"token\": \"\", \"access_token\": \"xyz\"}", "xyz", 60},
    {"{\"token\": \"abc\", \"expires_in\": 99999999999}", "abc", 86400},
    {"{\"token\": \"abc\", \"expires_in\": -5}", "abc", 60},
    {"{\"token\": \"abc\", \"expires_in\": \"300\"}", "abc", 60},
    {"{\"token\": \"abc\", \"expires_in\": 0}", "abc", 0},
};

START_TEST(reads_tokens)
{
    struct err err = {0};
    auto_free char *token = NULL;
    unsigned seconds = 1;
    ck_assert_msg(registry_token_parse(tokens[_i].text, strlen(tokens[_i].text), &token, &seconds, &err) == 0, "%s: %s",
                  tokens[_i].text, err.text);
    ck_assert_str_eq(token, tokens[_i].token);
    ck_assert_uint_eq(seconds, tokens[_i].seconds);
}
END_TEST

static const char *const no_tokens[] = {
    "",
    "<html>",
    "[]",
    "{}",
    "{\"token\": 5}",
    "{\"token\": \"\"}",
    "{\"token\": \"sesame open\"}",
    "{\"token\": \"sesame\\r\\nX-Evil: 1\"}",
    "{\"token\": \"sesame\\u0000\"}",
    "{\"token\": \"sesame\\u00e4\"}",
    "{\"token\": \"sesame\", \"token\": \"sesame2\"}",
    "{\"token\": \"sesame",
    "{\"token\": sesame}",
};

START_TEST(refuses_what_cannot_be_sent_and_does_not_repeat_it)
{
    struct err err = {0};
    char *token = NULL;
    unsigned seconds = 1;
    ck_assert_msg(registry_token_parse(no_tokens[_i], strlen(no_tokens[_i]), &token, &seconds, &err) < 0, "%s",
                  no_tokens[_i]);
    assert_error(&err, ERR_INVALID, "answers with");
    ck_assert_ptr_null(strstr(err.text, "sesame"));
    ck_assert_ptr_null(token);
    ck_assert_uint_eq(seconds, 1);
}
END_TEST

START_TEST(refuses_a_token_that_is_too_long)
{
    struct err err = {0};
    char *token = NULL;
    unsigned seconds = 1;
    auto_free char *text = NULL;
    text = xasprintf("{\"token\": \"%032769d\"}", 0);
    ck_assert_int_lt(registry_token_parse(text, strlen(text), &token, &seconds, &err), 0);
    assert_error(&err, ERR_INVALID, "without a token that can be used");
}
END_TEST

static const struct {
    const char *body, *text;
} errors[] = {
    {"{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\",\"detail\":{}}]}",
     "404 (MANIFEST_UNKNOWN: manifest unknown)"},
    {"{\"errors\":[{\"message\":\"no\"}]}", "404 (no)"},
    {"{\"errors\":[{\"code\":\"DENIED\"}]}", "404 (DENIED)"},
    {"{\"errors\":[]}", "404"},
    {"{\"errors\":[3]}", "404"},
    {"{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}", "404 (invalid_grant: expired)"},
    {"{\"details\":\"incorrect username or password\"}", "404 (incorrect username or password)"},
    {"{\"message\":\"Not Found\"}", "404 (Not Found)"},
    {"", "404"},
    {"<html>", "404"},
    {"{}", "404"},
};

START_TEST(tells_errors)
{
    auto_release(buf) struct buf body = {0};
    buf_add_text(&body, errors[_i].body);
    auto_free char *text = registry_error_text(404, &body);
    ck_assert_str_eq(text, errors[_i].text);
}
END_TEST

START_TEST(cuts_long_errors)
{
    auto_release(buf) struct buf body = {0};
    buf_addf(&body, "{\"errors\":[{\"code\":\"%01000d\",\"message\":\"%01000d\"}]}", 0, 0);
    auto_free char *text = registry_error_text(500, &body);
    ck_assert_uint_lt(strlen(text), 420);
}
END_TEST

static const struct {
    const char *body, *wanted, *hint;
} lists[] = {
    {"{\"name\": \"a/b\", \"tags\": [\"1\", \"2\"]}", "3", "; it has '1' and '2'"},
    {"{\"tags\": [\"1\"]}", "3", "; it has '1'"},
    {"{\"tags\": [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\"]}", "0", "; it has '1', '2', '3', '4', '5' and 1 other"},
    {"{\"tags\": [\"1\", \"2\", \"3\", \"4\", \"5\"]}", "0", "; it has '1', '2', '3', '4' and '5'"},
    {"{\"tags\": [\"3.9\", \"4.1\", \"4.2.1\", \"5\"]}", "4.2.2", "; it has '4.2.1', '4.1', '3.9' and '5'"},
    {"{\"tags\": [\"a b\", \"..\", 5, \"\\u001b[2J\", \"ok\"]}", "x", "; it has 'ok'"},
    {"{\"tags\": null}", "x", ""},
    {"{\"tags\": {}}", "x", ""},
    {"{}", "x", ""},
};

START_TEST(names_tags_that_are_there)
{
    struct err err = {0};
    auto_release(strlist) struct strlist tags = {0};
    ck_assert_int_eq(registry_tags_parse(lists[_i].body, strlen(lists[_i].body), &tags, &err), 0);
    auto_free char *hint = registry_tags_hint(&tags, lists[_i].wanted);
    ck_assert_str_eq(hint, lists[_i].hint);
}
END_TEST

START_TEST(refuses_what_is_no_list_of_tags)
{
    struct err err = {0};
    auto_release(strlist) struct strlist tags = {0};
    ck_assert_int_lt(registry_tags_parse("<html>", 6, &tags, &err), 0);
    assert_error(&err, ERR_INVALID, "tags:1");
}
END_TEST

static const struct {
    const char *host, *base;
} bases[] = {
    {"example.org", "https://example.org/v2/a/b"},
    {"example.org:80", "https://example.org:80/v2/a/b"},
    {"127.0.0.1:5000", "http://127.0.0.1:5000/v2/a/b"},
    {"localhost", "http://localhost/v2/a/b"},
    {"site.example.org:5000", "http://site.example.org:5000/v2/a/b"},
    {"docker.io", "https:"
                  "//registry-1.docker.io/v2/a/b"},
};

START_TEST(speaks_http_to_this_machine_and_where_it_is_told)
{
    setenv("SCIWRAP_INSECURE_REGISTRIES", "other.example.org,site.example.org:5000", 1);
    struct registry_access *access = registry_access_new(bases[_i].host, "a/b");
    ck_assert_str_eq(registry_access_base(access), bases[_i].base);
    registry_access_free(access);
}
END_TEST

static const char *const realms[] = {
    "Bearer realm=\"http://auth.example.org/token\"",
    "Bearer realm=\"http://127.0.0.1:9/token\"", /* a registry of the internet does not send us to our own servers */
    "Bearer realm=\"file:///etc/passwd\"",
    ("Bearer realm=\"https:"
     "//user:word@auth.example.org/token\""),
    "Bearer realm=\"auth.example.org\"",
    "Bearer service=\"x\"",
};

START_TEST(asks_no_token_server_that_could_be_anybody)
{
    struct err err = {0};
    auto_release(strlist) struct strlist lines = {0};
    setenv("HOME", "/nonexistent", 1);
    struct registry_access *access = registry_access_new("example.org", "a/b");
    ck_assert_int_lt(registry_access_lines(access, "https://example.org/v2/a/b/blobs/x", realms[_i], &lines, &err), 0);
    assert_error(&err, ERR_INVALID, "token server");
    ck_assert_uint_eq(lines.count, 0);
    registry_access_free(access);
}
END_TEST

START_TEST(sends_a_password_to_the_registry_alone)
{
    struct err err = {0};
    struct unit_folder folder;
    auto_free char *file = NULL;
    auto_release(strlist) struct strlist own = {0}, other = {0};
    unit_folder_begin(&folder);
    unit_write(&folder, "auth.json", "{\"auths\": {\"example.org\": {\"auth\": \"bWU6c2VzYW1l\"}}}");
    file = xasprintf("%s/auth.json", folder.path);
    setenv("REGISTRY_AUTH_FILE", file, 1);
    struct registry_access *access = registry_access_new("example.org", "a/b");
    const char *const elsewhere[] = {"https://example.org:444/", "http://example.org/",
                                     "https://example.org.example.net/"};
    for (size_t i = 0; i < ROWS(elsewhere); i++) {
        ck_assert_int_eq(registry_access_lines(access, elsewhere[i], "Basic realm=x", &other, &err), 0);
        ck_assert_uint_eq(other.count, 0);
    }
    ck_assert_int_eq(registry_access_lines(access, "https://example.org/v2/a/b/x", "Basic realm=x", &own, &err), 0);
    assert_no_error(&err);
    ck_assert_uint_eq(own.count, 1);
    ck_assert_str_eq(own.item[0], "Authorization: Basic bWU6c2VzYW1l");
    /* And a second refusal of the same is the end. */
    ck_assert_int_lt(registry_access_lines(access, "https://example.org/v2/a/b/x", "Basic realm=x", &own, &err), 0);
    assert_error(&err, ERR_NETWORK, "refuses the log-in of");
    ck_assert_ptr_null(strstr(err.text, "sesame"));
    registry_access_free(access);
    unit_folder_end(&folder);
}
END_TEST

static Suite *registry_access_suite(void)
{
    Suite *suite = suite_create("registry_access");
    TCase *answers = tcase_create("answers");
    TCase *places = tcase_create("places");
    tcase_add_loop_test(answers, reads_tokens, 0, ROWS(tokens));
    tcase_add_loop_test(answers, refuses_what_cannot_be_sent_and_does_not_repeat_it, 0, ROWS(no_tokens));
    tcase_add_test(answers, refuses_a_token_that_is_too_long);
    tcase_add_loop_test(answers, tells_errors, 0, ROWS(errors));
    tcase_add_test(answers, cuts_long_errors);
    tcase_add_loop_test(answers, names_tags_that_are_there, 0, ROWS(lists));
    tcase_add_test(answers, refuses_what_is_no_list_of_tags);
    tcase_add_loop_test(places, speaks_http_to_this_machine_and_where_it_is_told, 0, ROWS(bases));
    tcase_add_loop_test(places, asks_no_token_server_that_could_be_anybody, 0, ROWS(realms));
    tcase_add_test(places, sends_a_password_to_the_registry_alone);
    suite_add_tcase(suite, answers);
    suite_add_tcase(suite, places);
    return suite;
}

int main(void)
{
    return unit_run(registry_access_suite());
}
