/* SPDX-License-Identifier: BSD-2-Clause
 * check_config: what a user and a site have set, which of it counts, and one key of a file changed. */
#include "env/config.h"

#include <sys/stat.h>

#include "env/config_edit.h"
#include "unit.h"

static struct unit_folder folder;
static char site_path[300];
static char user_path[300];

static void set_up(void)
{
    unit_folder_begin(&folder);
    snprintf(site_path, sizeof(site_path), "%s/site.ini", folder.path);
    snprintf(user_path, sizeof(user_path), "%s/user.ini", folder.path);
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        unsetenv(config_keys[i].variable);
    }
    setenv("HOME", "/home/user", 1);
    setenv("SCRATCH", "/scratch/ada", 1);
    unsetenv("NOWHERE");
}

static void tear_down(void)
{
    unit_folder_end(&folder);
}

static const struct config_value *value_of(const struct config *config, const char *name)
{
    struct err err = {0};
    const struct config_key *key = config_key_find(name, &err);
    ck_assert_msg(key != NULL, "%s", err.text);
    return &config->value[key - config_keys];
}

static void assert_value(const struct config *config, const char *name, enum config_from from, const char *text)
{
    const struct config_value *value = value_of(config, name);
    ck_assert_int_eq(value->from, from);
    ck_assert_msg(value->text != NULL && strcmp(value->text, text) == 0, "%s is '%s' and not '%s'", name,
                  value->text != NULL ? value->text : "(nothing)", text);
}

static struct config read_both(void)
{
    struct config config;
    struct err err = {0};
    ck_assert_msg(config_read(&config, site_path, user_path, &err) == 0, "%s", err.text);
    return config;
}

START_TEST(is_built_in_without_files)
{
    struct config config = read_both();
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        ck_assert_int_eq(config.value[i].from, CONFIG_BUILT_IN);
        ck_assert_ptr_null(config.value[i].text);
    }
    ck_assert(!config.user.there && !config.site.there);
    config_release(&config);
}
END_TEST

START_TEST(variable_before_user_before_site)
{
    if (geteuid() != 0) {
        return; /* nobody else can make a site's file */
    }
    unit_write(&folder, "site.ini",
               "[run]\nnetwork = host\nverify = full\n[limits]\nmemory = 1G\npids = 7\n"
               "[fetch]\nmirror = /a\nmirror = /b\n");
    unit_write(&folder, "user.ini", "[run]\nverify = off\n\n[limits]\nmemory = 2G\n[fetch]\nmirror = /c\n");
    setenv("SCIWRAP_LIMIT_MEMORY", "3G", 1);
    struct config config = read_both();
    assert_value(&config, "run.network", CONFIG_SITE, "host");
    assert_value(&config, "run.verify", CONFIG_USER, "off");
    assert_value(&config, "limits.memory", CONFIG_VARIABLE, "3G");
    assert_value(&config, "limits.pids", CONFIG_SITE, "7");
    assert_value(&config, "fetch.mirror", CONFIG_USER, "/c");
    ck_assert_int_eq(value_of(&config, "run.verify")->line, 2);
    ck_assert_int_eq(value_of(&config, "limits.pids")->line, 6);
    config_release(&config);
}
END_TEST

START_TEST(joins_the_lines_of_a_list)
{
    unit_write(&folder, "user.ini",
               "[fetch]\nmirror = /a\nmirror = https://b.example/x\n[places]\nenvs = ~/envs\nenvs = $SCRATCH/envs\n"
               "[run]\nbind = ${SCRATCH}/x:/x:rw\nbind = /data\n");
    struct config config = read_both();
    assert_value(&config, "fetch.mirror", CONFIG_USER, "/a https://b.example/x");
    assert_value(&config, "places.envs", CONFIG_USER, "/home/user/envs:/scratch/ada/envs");
    assert_value(&config, "run.bind", CONFIG_USER, "/scratch/ada/x:/x:rw,/data");
    config_release(&config);
}
END_TEST

START_TEST(an_empty_value_takes_away_what_is_below)
{
    unit_write(&folder, "user.ini", "[run]\nbind =\n[fetch]\nmirror = /a\n");
    setenv("SCIWRAP_MIRRORS", "", 1);
    struct config config = read_both();
    assert_value(&config, "run.bind", CONFIG_USER, "");
    assert_value(&config, "fetch.mirror", CONFIG_VARIABLE, "");
    config_release(&config);
}
END_TEST

static const struct {
    const char *text;
    const char *part;
} refused[] = {
    {"[run]\nntwork = none\n", "user.ini:2: unknown key 'ntwork' in [run]; did you mean 'network'?"},
    {"[rum]\nnetwork = none\n", "user.ini:2: unknown section [rum]; did you mean [run]?"},
    {"[run]\nnetwork = hots\n", "user.ini:2: network = 'hots': expected none or host; did you mean 'host'?"},
    {"[run]\nnetwork = none\nnetwork = host\n", "stands in [run] twice"},
    {"[run]\nverify = all\n", "expected used, full or off"},
    {"[run]\nkeep-limit = 1.5G\n", "as in 500M"},
    {"[run]\nno-fix = hostnam\n", "expected names with commas"},
    {"[run]\njoin = yes\n", "expected auto or no"},
    {"[run]\nproc = none\n", "expected own or shared"},
    {"[run]\ncpu-baseline = v1\n", "expected v2, v3, v4 or none"},
    {"[run]\nbind = data\n", "expected SRC[:DST][:ro|rw] with absolute paths"},
    {"[run]\nbind = /a:b\n", "expected SRC"},
    {"[run]\nbind = /a:/b:/c\n", "expected SRC"},
    {"[run]\nbind = /a,/b\n", "one a line, without ','"},
    {"[store]\npath = store\n", "expected an absolute path"},
    {"[store]\npath = $NOWHERE/x\n", "the variable $NOWHERE is not set"},
    {"[store]\npath = /a/$/x\n", "the name of a variable must follow '$'"},
    {"[store]\npath = /a/${SCRATCH\n", "the name of a variable must follow '$'"},
    {"[store]\nshared = maybe\n", "expected yes or no"},
    {"[places]\nenvs = /a:/b\n", "one folder a line"},
    {"[fetch]\nmirror = ftp://x\n", "expected an absolute path, or an address"},
    {"[fetch]\nmirror = /a /b\n", "one place a line"},
    {"[fetch]\ndebian-mirror = /a\n", "expected an address"},
    {"[fetch]\ninsecure-registry = a b\n", "expected HOST"},
    {"[fetch]\ntries = 0\n", "expected a number from 1 to 100"},
    {"[unpack]\nheader = 100\n", "expected a number of bytes from 512 bytes to 64 MiB"},
    {"[unpack]\ntime = 32d\n", "expected a time from 1s to 31d"},
    {"[limits]\nmemory = 1\n", "expected a number of bytes from 1M on"},
    {"[limits]\ncpus = many\n", "expected a number of CPUs"},
    {"[cite]\norcid = 0000-0002-1825-0098\n", "expected an ORCID iD"},
    {"[cite]\norcid = 0000-0002-1825-00977\n", "expected an ORCID iD"},
    {"[cite]\norcid = 0000000218250097\n", "expected an ORCID iD"},
    {"network = none\n", "user.ini:1"},
};

START_TEST(refuses_with_file_and_line)
{
    struct config config;
    struct err err = {0};
    unit_write(&folder, "user.ini", refused[_i].text);
    ck_assert_int_eq(config_read(&config, site_path, user_path, &err), -1);
    assert_error(&err, ERR_INVALID, refused[_i].part);
}
END_TEST

START_TEST(accepts_orcids)
{
    unit_write(&folder, "user.ini", "[cite]\norcid = 0000-0002-1694-233X\nname = Ada Lovelace, Countess\n");
    struct config config = read_both();
    assert_value(&config, "cite.orcid", CONFIG_USER, "0000-0002-1694-233X");
    assert_value(&config, "cite.name", CONFIG_USER, "Ada Lovelace, Countess");
    config_release(&config);
}
END_TEST

/* A file that others could have written is left out, not an error: an error would let them stop everybody's work. */
START_TEST(leaves_out_what_others_could_have_written)
{
    unit_write(&folder, "user.ini", "[run]\nnetwork = host\n");
    unit_write(&folder, "site.ini", "[run]\nverify = full\n");
    ck_assert_int_eq(chmod(user_path, 0646), 0);
    ck_assert_int_eq(chmod(site_path, 0664), 0);
    struct config config = read_both();
    ck_assert_str_eq(config.user.ignored, "everybody can write it");
    ck_assert_str_eq(config.site.ignored, geteuid() == 0 ? "others than root can write it" : "it must belong to root");
    ck_assert_int_eq(value_of(&config, "run.network")->from, CONFIG_BUILT_IN);
    ck_assert_int_eq(value_of(&config, "run.verify")->from, CONFIG_BUILT_IN);
    config_release(&config);
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(user_path, 4242, 4242), 0);
        ck_assert_int_eq(chmod(user_path, 0600), 0);
        ck_assert_int_eq(chown(site_path, 4242, 0), 0);
        config = read_both();
        ck_assert_str_eq(config.user.ignored, "it belongs to another user");
        ck_assert_str_eq(config.site.ignored, "it must belong to root");
        config_release(&config);
    }
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
    struct config config;
    struct err err = {0};
    ck_assert_int_eq(mkfifo(user_path, 0600), 0);
    ck_assert_int_eq(config_read(&config, site_path, user_path, &err), -1);
    assert_error(&err, ERR_INVALID, "is not a file");
}
END_TEST

START_TEST(finds_keys_by_name_and_by_variable)
{
    struct err err = {0};
    const struct config_key *key = config_key_find("SCIWRAP_LIMIT_TIME", &err);
    ck_assert_ptr_nonnull(key);
    auto_free char *name = config_key_name(key);
    ck_assert_str_eq(name, "limits.time");
    ck_assert_ptr_null(config_key_find("limit.time", &err));
    assert_error(&err, ERR_USAGE, "did you mean 'limits.time'?");
}
END_TEST

/* Every key has its own place and its own variable. */
START_TEST(names_are_unique)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        auto_free char *one = config_key_name(&config_keys[i]);
        for (size_t k = 0; k < i; k++) {
            auto_free char *other = config_key_name(&config_keys[k]);
            ck_assert_str_ne(one, other);
            ck_assert_str_ne(config_keys[i].variable, config_keys[k].variable);
        }
    }
}
END_TEST

static const struct {
    const char *key;
    const char *values[3];
    const char *before;
    const char *after;
} edits[] = {
    {"run.network", {"host"}, "", "[run]\nnetwork = host\n"},
    {"run.network", {"host"}, "; mine\n", "; mine\n\n[run]\nnetwork = host\n"},
    {"run.network", {"host"}, "[run]\nnetwork = none ; why\nverify = full\n", "[run]\nnetwork = host\nverify = full\n"},
    {"run.network",
     {"host"},
     "[run]\nverify = full\n; about runs\n\n[limits]\npids = 3\n",
     "[run]\nverify = full\n; about runs\nnetwork = host\n\n[limits]\npids = 3\n"},
    {"run.network", {"host"}, "[run]", "[run]\nnetwork = host\n"},
    {"run.network", {"host"}, "[limits]\nnetwork = x\n", "[limits]\nnetwork = x\n\n[run]\nnetwork = host\n"},
    {"run.network", {NULL}, "[run]\nnetwork=host\n; end", "[run]\n; end\n"},
    {"run.network", {NULL}, "; nothing\n", "; nothing\n"},
    {"fetch.mirror",
     {"/x", "/y"},
     "[fetch]\nmirror = /a\ntries = 3\nmirror = /b\n",
     "[fetch]\nmirror = /x\nmirror = /y\ntries = 3\n"},
};

START_TEST(changes_one_key_and_nothing_else)
{
    struct err err = {0};
    auto_release(strlist) struct strlist values = {0};
    for (size_t i = 0; i < 3 && edits[_i].values[i] != NULL; i++) {
        strlist_add(&values, edits[_i].values[i]);
    }
    auto_free char *after = config_edit(edits[_i].before, config_key_find(edits[_i].key, &err), &values);
    ck_assert_str_eq(after, edits[_i].after);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *cases = tcase_create("Files");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, is_built_in_without_files);
    tcase_add_test(cases, variable_before_user_before_site);
    tcase_add_test(cases, joins_the_lines_of_a_list);
    tcase_add_test(cases, an_empty_value_takes_away_what_is_below);
    tcase_add_loop_test(cases, refuses_with_file_and_line, 0, ROWS(refused));
    tcase_add_test(cases, accepts_orcids);
    tcase_add_test(cases, leaves_out_what_others_could_have_written);
    tcase_add_test(cases, refuses_what_is_no_file);
    suite_add_tcase(suite, cases);
    TCase *keys = tcase_create("Keys");
    tcase_add_test(keys, finds_keys_by_name_and_by_variable);
    tcase_add_test(keys, names_are_unique);
    tcase_add_loop_test(keys, changes_one_key_and_nothing_else, 0, ROWS(edits));
    suite_add_tcase(suite, keys);
    return unit_run(suite);
}
