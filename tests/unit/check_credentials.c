/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/credentials and credentials_helper: log-ins from the files of podman and docker. */
#include "supply/credentials.h"

#include <sys/stat.h>

#include "supply/credentials_helper.h"
#include "base/mem.h"
#include "unit.h"

/* "me:sesame", "you:open:up", "ns:one" */
#define ME  "{\"auth\": \"bWU6c2VzYW1l\"}"
#define YOU "{\"auth\": \"eW91Om9wZW46dXA=\"}"
#define NS  "{\"auth\": \"bnM6b25l\"}"

static const struct {
    const char *text, *host, *repository, *user, *password, *identity; /* user and identity NULL: none is found */
} found[] = {
    {"{}", "a.org", "x", NULL, NULL, NULL},
    {"{\"auths\": {}}", "a.org", "x", NULL, NULL, NULL},
    {"{\"auths\": 5, \"credHelpers\": [], \"credsStore\": 1}", "a.org", "x", NULL, NULL, NULL},
    {"{\"auths\": {\"a.org\": " ME "}}", "a.org", "x", "me", "sesame", NULL},
    {"{\"auths\": {\"a.org\": " YOU "}}", "a.org", "x", "you", "open:up", NULL},
    {"{\"auths\": {\"a.org\": " ME "}}", "b.org", "x", NULL, NULL, NULL},
    {"{\"auths\": {\"a.org\": " ME "}}", "a.org:5000", "x", NULL, NULL, NULL},
    {"{\"auths\": {\"a.org:5000\": " ME "}}", "a.org:5000", "x", "me", "sesame", NULL},
    {"{\"auths\": {\"a.org:5000\": " ME "}}", "a.org", "x", NULL, NULL, NULL},
    {"{\"auths\": {\"evil.a.org\": " ME "}}", "a.org", "x", NULL, NULL, NULL},
    {"{\"auths\": {\"a.org\": {}}}", "a.org", "x", NULL, NULL, NULL},
    {"{\"auths\": {\"a.org\": {\"auth\": \"\"}}}", "a.org", "x", NULL, NULL, NULL},
    {"{\"auths\": {\"https://a.org/v2/\": " ME "}}", "a.org", "x", "me", "sesame", NULL},
    {"{\"auths\": {\"http://a.org\": " ME "}}", "a.org", "x", "me", "sesame", NULL},
    {"{\"auths\": {\"a.org/\": " ME "}}", "a.org", "x", "me", "sesame", NULL},
    {"{\"auths\": {\"a.org\": " ME ", \"a.org/n\": " NS "}}", "a.org", "n/x", "ns", "one", NULL},
    {"{\"auths\": {\"a.org\": " ME ", \"a.org/n\": " NS "}}", "a.org", "nn/x", "me", "sesame", NULL},
    {"{\"auths\": {\"a.org/n/x\": " YOU ", \"a.org/n\": " NS "}}", "a.org", "n/x", "you", "open:up", NULL},
    {"{\"auths\": {\"a.org/n/x\": " YOU "}}", "a.org", "n", NULL, NULL, NULL},
    {"{\"auths\": {\"https://index.docker.io/v1/\": " ME "}}", "docker.io", "library/x", "me", "sesame", NULL},
    {"{\"auths\": {\"docker.io\": " NS ", \"https://index.docker.io/v1/\": " ME "}}", "docker.io", "library/x", "ns",
     "one", NULL},
    {"{\"auths\": {\"a.org\": {\"auth\": \"bWU6c2VzYW1l\", \"identitytoken\": \"t\"}}}", "a.org", "x", NULL, NULL, "t"},
};

START_TEST(finds_log_ins)
{
    struct err err = {0};
    auto_release(credentials) struct credentials got = {0};
    const char *user = found[_i].user, *identity = found[_i].identity;
    int result = credentials_parse("auth.json", found[_i].text, strlen(found[_i].text), found[_i].host,
                                   found[_i].repository, &got, &err);
    ck_assert_msg(result == (user != NULL || identity != NULL), "%s: %d %s", found[_i].text, result, err.text);
    assert_no_error(&err);
    ck_assert_pstr_eq(got.user, user);
    ck_assert_pstr_eq(got.password, found[_i].password);
    ck_assert_pstr_eq(got.identity, identity);
    ck_assert_pstr_eq(got.from, result == 1 ? "auth.json" : NULL);
}
END_TEST

static const struct {
    const char *text, *why;
} refused[] = {
    {"", "auth.json"},
    {"[]", "auth.json"},
    {"{\"auths\": {\"a.org\": {\"auth\": \"bWU6c2VzYW1l\"}", "auth.json"},
    {"{\"auths\": {\"a.org\": {\"auth\": sesame}}}", "auth.json"},
    {"{\"auths\": {\"a.org\": {\"auth\": \"sesame!\"}}}", "is not USER:PASSWORD in base64"},
    {"{\"auths\": {\"a.org\": {\"auth\": \"c2VzYW1l\"}}}", "is not USER:PASSWORD in base64"},         /* no colon */
    {"{\"auths\": {\"a.org\": {\"auth\": \"OnNlc2FtZQ==\"}}}", "is not USER:PASSWORD in base64"},     /* no name */
    {"{\"auths\": {\"a.org\": {\"auth\": \"bWU6AHNlc2FtZQ==\"}}}", "is not USER:PASSWORD in base64"}, /* a NUL */
    {"{\"credHelpers\": {\"a.org\": \"../../tmp/evil\"}}", "is not the name of a credential helper"},
    {"{\"credHelpers\": {\"a.org\": \"/bin/sh\"}}", "is not the name of a credential helper"},
    {"{\"credHelpers\": {\"a.org\": \"-x\"}}", "is not the name of a credential helper"},
    {"{\"credHelpers\": {\"a.org\": \"a b\"}}", "is not the name of a credential helper"},
    {"{\"credHelpers\": {\"a.org\": \"\"}}", "is not the name of a credential helper"},
    {"{\"credHelpers\": {\"a.org\": 5}}", "is not the name of a credential helper"},
    {"{\"credsStore\": \"a/b\"}", "is not the name of a credential helper"},
    {"{\"credHelpers\": {\"a.org\": \"no-such-helper\"}}", "docker-credential-no-such-helper"},
};

START_TEST(says_which_file_is_wrong_without_its_secrets)
{
    struct err err = {0};
    struct credentials got = {0};
    ck_assert_msg(credentials_parse("auth.json", refused[_i].text, strlen(refused[_i].text), "a.org", "x", &got, &err) <
                      0,
                  "%s", refused[_i].text);
    ck_assert_msg(strstr(err.text, refused[_i].why) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "sesame") == NULL && strstr(err.text, "c2VzYW1l") == NULL, "%s", err.text);
    ck_assert_ptr_null(got.user);
}
END_TEST

static void make_helper(const struct unit_folder *folder, const char *name, const char *script)
{
    unit_write(folder, name, script);
    ck_assert_int_eq(fchmodat(folder->fd, name, 0755, 0), 0);
    setenv("PATH", folder->path, 1);
}

static const struct {
    const char *script, *user, *password, *identity, *why;
} helpers[] = {
    {"read s; [ \"$1\" = get ] && echo \"{\\\"Username\\\": \\\"$s\\\", \\\"Secret\\\": \\\"sesame\\\"}\"", "a.org",
     "sesame", NULL, NULL},
    {"echo '{\"ServerURL\": \"a.org\", \"Username\": \"<token>\", \"Secret\": \"sesame\"}'", NULL, NULL, "sesame",
     NULL},
    {"echo 'credentials not found in native keychain'; exit 1", NULL, NULL, NULL, NULL},
    {"echo '{\"Username\": \"me\", \"Secret\": \"\"}'", NULL, NULL, NULL, NULL},
    {"echo 'the keyring is locked'; exit 1", NULL, NULL, NULL, "failed: the keyring is locked"},
    {"exit 3", NULL, NULL, NULL, "failed"},
    {"kill -9 $$", NULL, NULL, NULL, "failed"},
    {"echo sesame", NULL, NULL, NULL, "not JSON"},
    {"echo '{\"Secret\": \"sesame\"}'", NULL, NULL, NULL, "without a Username and a Secret"},
    {"echo '{\"Username\": \"m:e\", \"Secret\": \"sesame\"}'", NULL, NULL, NULL, "without a Username and a Secret"},
    {"while echo sesamesesamesesamesesamesesamesesamesesamesesamesesamesesamesesame; do :; done", NULL, NULL, NULL,
     "docker-credential-test"},
};

START_TEST(asks_helpers)
{
    struct err err = {0};
    struct unit_folder folder;
    auto_free char *script = NULL;
    auto_release(credentials) struct credentials got = {0};
    unit_folder_begin(&folder);
    script = xasprintf("#!/bin/sh\n%s\n", helpers[_i].script);
    make_helper(&folder, "docker-credential-test", script);
    int result = credentials_helper_ask("test", "a.org", &got, &err);
    if (helpers[_i].why != NULL) {
        ck_assert_int_lt(result, 0);
        ck_assert_msg(strstr(err.text, helpers[_i].why) != NULL && strstr(err.text, "sesame") == NULL, "%s", err.text);
    } else {
        ck_assert_msg(result == (helpers[_i].user != NULL || helpers[_i].identity != NULL), "%d %s", result, err.text);
    }
    ck_assert_pstr_eq(got.user, helpers[_i].user);
    ck_assert_pstr_eq(got.password, helpers[_i].password);
    ck_assert_pstr_eq(got.identity, helpers[_i].identity);
    unit_folder_end(&folder);
}
END_TEST

START_TEST(a_helper_of_the_host_comes_before_the_rest)
{
    struct err err = {0};
    struct unit_folder folder;
    auto_release(credentials) struct credentials got = {0}, stored = {0};
    const char *text = "{\"auths\": {\"a.org\": " ME ", \"b.org\": {}}, \"credHelpers\": {\"a.org\": \"one\"},"
                       " \"credsStore\": \"two\"}";
    unit_folder_begin(&folder);
    make_helper(&folder, "docker-credential-one", "#!/bin/sh\necho '{\"Username\": \"one\", \"Secret\": \"1\"}'\n");
    make_helper(&folder, "docker-credential-two", "#!/bin/sh\necho '{\"Username\": \"two\", \"Secret\": \"2\"}'\n");
    ck_assert_int_eq(credentials_parse("c", text, strlen(text), "a.org", "x", &got, &err), 1);
    ck_assert_str_eq(got.user, "one");
    ck_assert_int_eq(credentials_parse("c", text, strlen(text), "b.org", "x", &stored, &err), 1);
    ck_assert_str_eq(stored.user, "two");
    unit_folder_end(&folder);
}
END_TEST

START_TEST(looks_at_files_in_their_order)
{
    auto_release(strlist) struct strlist files = {0}, one = {0};
    unsetenv("REGISTRY_AUTH_FILE");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("DOCKER_CONFIG");
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    setenv("HOME", "/home/me", 1);
    credentials_files(&files);
    ck_assert_uint_eq(files.count, 3);
    ck_assert_str_eq(files.item[0], "/run/user/7/containers/auth.json");
    ck_assert_str_eq(files.item[1], "/home/me/.config/containers/auth.json");
    ck_assert_str_eq(files.item[2], "/home/me/.docker/config.json");
    setenv("REGISTRY_AUTH_FILE", "/x", 1);
    credentials_files(&one);
    ck_assert_uint_eq(one.count, 1);
    ck_assert_str_eq(one.item[0], "/x");
}
END_TEST

static Suite *credentials_suite(void)
{
    Suite *suite = suite_create("credentials");
    TCase *files = tcase_create("files");
    TCase *programs = tcase_create("helpers");
    tcase_add_loop_test(files, finds_log_ins, 0, ROWS(found));
    tcase_add_loop_test(files, says_which_file_is_wrong_without_its_secrets, 0, ROWS(refused));
    tcase_add_test(files, looks_at_files_in_their_order);
    tcase_add_loop_test(programs, asks_helpers, 0, ROWS(helpers));
    tcase_add_test(programs, a_helper_of_the_host_comes_before_the_rest);
    suite_add_tcase(suite, files);
    suite_add_tcase(suite, programs);
    return suite;
}

int main(void)
{
    return unit_run(credentials_suite());
}
