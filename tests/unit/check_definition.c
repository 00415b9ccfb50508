/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of env/definition, env/definition_find and env/words. */
#include "env/definition.h"

#include "base/mem.h"
#include "env/fix.h"
#include "env/words.h"
#include "unit.h"

#define PIN "sha256 = 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"

#define HEX   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "sha256:1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int parse(struct definition *def, const char *text, struct err *err)
{
    return definition_parse(def, "/envs/tool.ini", text, strlen(text), err);
}

START_TEST(reads_every_key)
{
    struct err err = {0};
    struct definition def = {0};
    const char *text = "[environment]\ndescription = a tool\ncommand = tool --name 'two words'\nlicense = MIT\n"
                       "citation = Somebody 2021\n[artifact]\n" PIN "size = 42\nurl = https://example.org/a.tar\n"
                       "url = file:///srv/a.tar\nurl = a.tar\nurl = /srv/b.tar\nrecipe = tool\ntar-" PIN
                       "[variables]\nB = 2\nA = x y\n[run]\nworkdir = /data\nnetwork = host\nidentity = root\n"
                       "home = /root\nwritable = yes\nno-fix = tz, locale aslr\ncpu-baseline = v3\n"
                       "verify = full\n"
                       "[compare]\nignore = ^# took .*\nignore = [0-9]+ ms\nrtol = 1e-9\natol = 0.5\n";
    ck_assert_int_eq(parse(&def, text, &err), 0);
    assert_no_error(&err);
    ck_assert_str_eq(def.name, "tool");
    ck_assert_str_eq(def.path, "/envs/tool.ini");
    ck_assert_str_eq(def.description, "a tool");
    ck_assert_uint_eq(def.command.count, 3);
    ck_assert_str_eq(def.command.item[2], "two words");
    ck_assert_uint_eq(def.size, 42);
    ck_assert_uint_eq(def.url.count, 4);
    ck_assert_str_eq(def.url.item[1], "file:///srv/a.tar");
    ck_assert_str_eq(def.url.item[2], "/envs/a.tar");
    ck_assert_str_eq(def.url.item[3], "/srv/b.tar");
    ck_assert(def.has_tar_sha256 && digest_equal(&def.sha256, &def.tar_sha256));
    ck_assert_str_eq(def.recipe, "tool");
    ck_assert_str_eq(def.variables.item[0], "B=2");
    ck_assert_str_eq(def.variables.item[1], "A=x y");
    ck_assert_str_eq(def.workdir, "/data");
    ck_assert_str_eq(def.home, "/root");
    ck_assert(def.network == NETWORK_HOST && def.identity == IDENTITY_ROOT && def.writable);
    ck_assert_uint_eq(def.no_fix, 1U << FIX_TZ | 1U << FIX_LOCALE | 1U << FIX_ASLR);
    ck_assert_uint_eq(def.cpu_baseline, 3);
    ck_assert_int_eq(def.verify, VERIFY_FULL);
    ck_assert_uint_eq(def.compare.ignore.texts.count, 2);
    ck_assert_str_eq(def.compare.ignore.texts.item[1], "[0-9]+ ms");
    ck_assert(def.compare.rtol == 1e-9 && def.compare.atol == 0.5);
    definition_release(&def);
    definition_release(&def);
}
END_TEST

START_TEST(reads_an_image)
{
    struct err err = {0};
    struct definition def = {0};
    const char *text = "[environment]\narguments = --help 'a b'\n[artifact]\nurl = oci://example.org/a/b@sha256:" HEX
                       "\nurl = oci-layout:../there\nurl = oci-layout:/there\nurl = docker-archive:x.tar\n"
                       "tag = 1.16\ntype = image\n" PIN;
    ck_assert_int_eq(parse(&def, text, &err), 0);
    assert_no_error(&err);
    ck_assert_int_eq(def.type, ARTIFACT_IMAGE);
    ck_assert_uint_eq(def.arguments.count, 2);
    ck_assert_str_eq(def.url.item[0], "oci://example.org/a/b@sha256:" HEX);
    ck_assert_str_eq(def.url.item[1], "oci-layout:/envs/../there");
    ck_assert_str_eq(def.url.item[2], "oci-layout:/there");
    ck_assert_str_eq(def.url.item[3], "docker-archive:/envs/x.tar");
    ck_assert_str_eq(def.tag, "1.16");
    ck_assert(!def.has_workdir);
    definition_release(&def);
}
END_TEST

START_TEST(defaults_what_is_not_there)
{
    struct err err = {0};
    struct definition def = {0};
    ck_assert_int_eq(parse(&def, "[artifact]\n" PIN, &err), 0);
    ck_assert_str_eq(def.description, "");
    ck_assert_str_eq(def.workdir, "/workspace");
    ck_assert_str_eq(def.home, "/home/researcher");
    ck_assert_uint_eq(def.command.count, 0);
    ck_assert(def.type == ARTIFACT_TAR && def.arguments.count == 0 && def.tag == NULL);
    ck_assert(def.recipe == NULL && def.size == 0 && !def.has_tar_sha256);
    ck_assert(def.network == NETWORK_NONE && def.identity == IDENTITY_RESEARCHER && !def.writable);
    ck_assert(def.no_fix == 0 && def.cpu_baseline == 0);
    ck_assert_int_eq(def.verify, VERIFY_USED);
    definition_release(&def);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"[environment]\ndescription = x\n", "/envs/tool.ini: [artifact] sha256 is missing"},
    {"[artifact]\n" PIN PIN, "/envs/tool.ini:3: key 'sha256' stands in [artifact] twice; first in line 2"},
    {"[artifact]\n" PIN "[artifact]\n" PIN, "tool.ini:4: key 'sha256' stands in [artifact] twice"},
    {"[artefact]\n" PIN, "/envs/tool.ini:2: unknown section [artefact]; did you mean [artifact]?"},
    {"[artifact]\nsha265 = 0\n", "tool.ini:2: unknown key 'sha265' in [artifact]; did you mean 'sha256'?"},
    {"[artifact]\nqqqqqqqqqqqq = 0\n", "known keys are sha256, size"},
    {"[Artifact]\n" PIN, "unknown section [Artifact]"},
    {"[artifact]\nsha256 = 0123\n", "tool.ini:2: sha256 = '0123': a sha256 has 64"},
    {"[artifact]\n" PIN "[limits]\npids = 0\n", "tool.ini:4: pids = '0': a number of processes from 1"},
    {"[artifact]\n" PIN "[limits]\nmemory = 512X\n", "tool.ini:4: memory = '512X': a number of bytes"},
    {"[artifact]\n" PIN "[limits]\ntime = -1\n", "tool.ini:4: time = '-1': a time"},
    {"[artifact]\n" PIN "[limits]\nfilesize = 1\n", "unknown key 'filesize' in [limits]; did you mean 'file-size'?"},
    {"[artifact]\n" PIN "[limits]\ncpus = 8193\n", "tool.ini:4: cpus = '8193'"},
    {"[artifact]\n" PIN "[limits]\nopen-files = 3\n", "tool.ini:4: open-files = '3'"},
    {"[artifact]\n" PIN "[limits]\npids = 5\npids = 6\n", "tool.ini:5: key 'pids' stands in [limits] twice"},
    {"[artifact]\n" PIN "size = 0\n", "tool.ini:3: size = '0'"},
    {"[artifact]\n" PIN "size = 1e6\n", "tool.ini:3: size = '1e6'"},
    {"[artifact]\n" PIN "size = -1\n", "tool.ini:3: size = '-1'"},
    {"[artifact]\n" PIN "size = 99999999999999999999\n", "tool.ini:3: size"},
    {"[artifact]\n" PIN "url = ftp://example.org/a\n", "begins with https://"},
    {"[artifact]\n" PIN "url = file://a.tar\n", "begins with https://"},
    {"[artifact]\n" PIN "url =\n", "'url' is empty"},
    {"[artifact]\n" PIN "url = http://example.org/a b\n", "%20"},
    {"[artifact]\n" PIN "recipe = ../x\n", "the name of a recipe"},
    {"[environment]\ncommand = 'open\n[artifact]\n" PIN, "tool.ini:2: command = ''open': a quotation mark"},
    {"[environment]\ncommand = ''\n[artifact]\n" PIN, "'command' is empty"},
    {"[environment]\ndescription = a\x1b[31mb\n[artifact]\n" PIN, "control character in the value of 'description'"},
    {"[environment]\narguments = 'open\n[artifact]\n" PIN, "arguments = ''open': a quotation mark"},
    {"[artifact]\n" PIN "type = zip\n", "tool.ini:3: type = 'zip': one of tar, image"},
    {"[artifact]\n" PIN "tag = 1\n", "'tag' is of an image"},
    {"[artifact]\n" PIN "url = oci-layout:x\n", "url 'oci-layout:/envs/x' is of an image: write 'type = image'"},
    {"[artifact]\n" PIN "type = image\nurl = x.tar\n", "the address of an image begins with oci://"},
    {"[artifact]\n" PIN "type = image\nurl = oci-layout:\n", "'url' is empty"},
    {"[artifact]\n" PIN "type = image\nurl = oci://example.org/x y\n", "%20"},
    {"[artifact]\n" PIN "type = image\nurl = oci://example.org/x:1.0\n", "must end in '@sha256:' and the pinned"},
    {"[artifact]\n" PIN "type = image\nurl = oci://example.org/x@" OTHER "\n", "must end in '@sha256:' and the"},
    {"[artifact]\n" PIN "type = image\nrecipe = x\n", "an image has no 'recipe'"},
    {"[artifact]\n" PIN "type = image\ntar-" PIN, "an image has no 'tar-sha256'"},
    {"[artifact]\n" PIN "[variables]\n1A = x\n", "'1A' is not the name of a variable"},
    {"[artifact]\n" PIN "[variables]\nA-B = x\n", "'A-B' is not the name of a variable"},
    {"[artifact]\n" PIN "[variables]\nA = x\nA = y\n", "key 'A' stands in [variables] twice"},
    {"[artifact]\n" PIN "[run]\nworkdir = data\n", "an absolute path inside"},
    {"[artifact]\n" PIN "[run]\nworkdir = /\n", "an absolute path inside"},
    {"[artifact]\n" PIN "[run]\nworkdir = /a/../b\n", "an absolute path inside"},
    {"[artifact]\n" PIN "[run]\nworkdir = /a/\n", "an absolute path inside"},
    {"[artifact]\n" PIN "[run]\nhome = /proc/self\n", "belong to the kernel"},
    {"[artifact]\n" PIN "[run]\nhome = /workspace/home\n", "home '/workspace/home' lies in workdir"},
    {"[artifact]\n" PIN "[run]\nnetwork = on\n", "one of none, host"},
    {"[artifact]\n" PIN "[run]\nnetwork = hsot\n", "network = 'hsot': one of none, host; did you mean 'host'?"},
    {"[artifact]\n" PIN "[run]\nverify = usd\n", "verify = 'usd': one of used, full, off; did you mean 'used'?"},
    {"[environment]\nnetwork = host\n", "unknown key 'network' in [environment]; it belongs into [run]"},
    {"[environment]\ndescripton = x\n", "unknown key 'descripton' in [environment]; did you mean 'description'?"},
    {"[artifact]\n" PIN "[run]\nidentity = me\n", "one of researcher, caller, root"},
    {"[artifact]\n" PIN "[run]\nwritable = true\n", "one of yes, no"},
    {"[artifact]\n" PIN "[run]\nno-fix =\n", "tool.ini:4: no-fix: '' is nothing that is fixed"},
    {"[artifact]\n" PIN "[run]\nno-fix = tz, local\n",
     "no-fix: 'local' is nothing that is fixed; did you mean 'locale'?"},
    {"[artifact]\n" PIN "[run]\ncpu-baseline = v1\n", "cpu-baseline = 'v1': one of v2, v3, v4, none"},
    {"[artifact]\n" PIN "[run]\nverify = yes\n", "one of used, full, off"},
    {"[artifact]\n" PIN "[compare]\nrtol = -1\n", "a number such as 1e-9"},
    {"[artifact]\n" PIN "[compare]\natol = 1\natol = 2\n", "atol"},
    {"[artifact]\n" PIN "[compare]\nignore = (\n", "the pattern '('"},
    {"[artifact]\n" PIN "[compare]\nignore = .*\n", "the empty text"},
    {"[artifact]\n" PIN "[compare]\nignore =\n", "the empty text"},
    {"[artifact]\n" PIN "  size = 1\n", "begins with a blank"},
};

START_TEST(refuses_with_file_and_line)
{
    struct err err = {0};
    struct definition def = {0};
    ck_assert_int_eq(parse(&def, refused[_i].text, &err), -1);
    assert_error(&err, ERR_INVALID, refused[_i].message);
    ck_assert_ptr_null(def.name);
}
END_TEST

START_TEST(refuses_a_value_that_inih_would_cut)
{
    struct err err = {0};
    struct definition def = {0};
    char text[512];
    snprintf(text, sizeof(text), "[artifact]\n" PIN "url = https://example.org/%0250d\n", 0);
    ck_assert_int_eq(parse(&def, text, &err), -1);
    assert_error(&err, ERR_INVALID, "/envs/tool.ini:3: line of ");
}
END_TEST

START_TEST(refuses_what_is_too_large)
{
    enum { SIZE = 256 * 1024 + 1 };
    struct err err = {0};
    struct definition def = {0};
    auto_free char *text = xmalloc(SIZE + 1);
    memset(text, '\n', SIZE);
    text[SIZE] = '\0';
    ck_assert_int_eq(parse(&def, text, &err), -1);
    assert_error(&err, ERR_INVALID, "'/envs/tool.ini' is larger than 262144 bytes: not a definition");
}
END_TEST

START_TEST(refuses_a_file_whose_name_is_none)
{
    struct err err = {0};
    struct definition def = {0};
    ck_assert_int_eq(definition_parse(&def, "/envs/-x.ini", "", 0, &err), -1);
    assert_error(&err, ERR_INVALID, "name of a definition");
}
END_TEST

static const struct {
    const char *text;
    size_t count;
    const char *last;
} words[] = {
    {"", 0, ""},         {"  ", 0, ""},           {"a", 1, "a"},          {" a\tb ", 2, "b"},
    {"'a b'", 1, "a b"}, {"a'b c'd", 1, "ab cd"}, {"\"it's\" x", 2, "x"}, {"x ''", 2, ""},
    {"x\\ y", 2, "y"},
};

static const char *const joined[] = {
    "tool", "", "two words", "it's", "\"", "a;b", ";a", "a ;b", "a\t; b", "$HOME", "\\", "'\" ;'", " ", "\xc3\xa4",
};

/* As a command of a definition, whose reader takes a blank and ';' for a comment. */
START_TEST(joins_words_so_that_they_are_read_back)
{
    struct err err = {0};
    struct definition def;
    struct strlist list = {0};
    auto_release(buf) struct buf text = {0};
    strlist_add(&list, "tool");
    strlist_add(&list, joined[_i]);
    strlist_add(&list, "last");
    buf_addf(&text, "[artifact]\nsha256 = %064d\n[environment]\ncommand = ", 0);
    words_join(&list, &text);
    ck_assert_msg(definition_parse(&def, "/x/it.ini", buf_text(&text), text.length, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(def.command.count, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq(def.command.item[i], list.item[i]);
    }
    definition_release(&def);
    strlist_release(&list);
}
END_TEST

START_TEST(splits_words)
{
    auto_release(strlist) struct strlist list = {0};
    ck_assert(words_split(words[_i].text, &list));
    ck_assert_uint_eq(list.count, words[_i].count);
    if (list.count > 0) {
        ck_assert_str_eq(list.item[list.count - 1], words[_i].last);
    }
}
END_TEST

static struct unit_folder folder;

static void begin_folder(void)
{
    unit_folder_begin(&folder);
    ck_assert_int_eq(mkdirat(folder.fd, "one", 0755), 0);
    ck_assert_int_eq(mkdirat(folder.fd, "two", 0755), 0);
    unit_write(&folder, "one/tool-1.ini", "[environment]\ndescription = first\n[artifact]\n" PIN);
    unit_write(&folder, "two/tool-1.ini", "[environment]\ndescription = second\n[artifact]\n" PIN);
    unit_write(&folder, "two/another.ini", "[artifact]\n" PIN);
    unit_write(&folder, "two/broken.ini", "[artifact]\nx = y\n");
    unit_write(&folder, "two/notes.txt", "");
    unit_write(&folder, "two/.hidden.ini", "");
    char list[600];
    snprintf(list, sizeof(list), "%.250s/absent:%.250s/one::%.60s/two", folder.path, folder.path, folder.path);
    setenv("SCIWRAP_ENVS", list, 1);
    setenv("XDG_CONFIG_HOME", folder.path, 1);
    ck_assert_int_eq(chdir(folder.path), 0);
}

static void end_folder(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    unit_folder_end(&folder);
}

START_TEST(finds_the_first_of_a_name)
{
    struct err err = {0};
    struct definition def = {0};
    ck_assert_int_eq(definition_find(&def, "tool-1", &err), 0);
    ck_assert_str_eq(def.description, "first");
    definition_release(&def);
    ck_assert_int_eq(definition_find(&def, "two/tool-1.ini", &err), 0);
    ck_assert_str_eq(def.description, "second");
    ck_assert_int_eq(def.path[0], '/');
    definition_release(&def);
}
END_TEST

static const struct {
    const char *name, *message;
    enum err_kind kind;
} lost[] = {
    {"toll-1", "no environment 'toll-1'; did you mean 'tool-1'?", ERR_NOT_FOUND},
    {"quite-another-thing", "'sciwrap envs' lists what is known", ERR_NOT_FOUND},
    {"broken", "broken.ini:2: unknown key 'x'", ERR_INVALID},
    {"a b", "not the name of an environment", ERR_USAGE},
    {"./absent.ini", "absent.ini", ERR_NOT_FOUND},
    {"", "not the name of an environment", ERR_USAGE},
};

START_TEST(says_why_a_name_is_not_found)
{
    struct err err = {0};
    struct definition def = {0};
    ck_assert_int_eq(definition_find(&def, lost[_i].name, &err), -1);
    assert_error(&err, lost[_i].kind, lost[_i].message);
}
END_TEST

START_TEST(lists_each_name_once_and_sorted)
{
    struct err err = {0};
    auto_release(strlist) struct strlist paths = {0};
    ck_assert_int_eq(definition_list(&paths, &err), 0);
    size_t ours = 0;
    const char *expected[] = {"/two/another.ini", "/two/broken.ini", "/one/tool-1.ini"};
    for (size_t i = 0; i < paths.count; i++) {
        if (strncmp(paths.item[i], folder.path, strlen(folder.path)) == 0) {
            ck_assert_uint_lt(ours, ROWS(expected));
            ck_assert_str_eq(paths.item[i] + strlen(folder.path), expected[ours]);
            ours++;
        }
    }
    ck_assert_uint_eq(ours, ROWS(expected));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("definition");
    TCase *core = tcase_create("Parse");
    tcase_add_test(core, reads_every_key);
    tcase_add_test(core, reads_an_image);
    tcase_add_test(core, defaults_what_is_not_there);
    tcase_add_loop_test(core, joins_words_so_that_they_are_read_back, 0, ROWS(joined));
    tcase_add_loop_test(core, splits_words, 0, ROWS(words));
    suite_add_tcase(suite, core);
    TCase *refuses = tcase_create("Refuses");
    tcase_add_loop_test(refuses, refuses_with_file_and_line, 0, ROWS(refused));
    tcase_add_test(refuses, refuses_a_value_that_inih_would_cut);
    tcase_add_test(refuses, refuses_what_is_too_large);
    tcase_add_test(refuses, refuses_a_file_whose_name_is_none);
    suite_add_tcase(suite, refuses);
    TCase *find = tcase_create("Find");
    tcase_add_checked_fixture(find, begin_folder, end_folder);
    tcase_add_test(find, finds_the_first_of_a_name);
    tcase_add_loop_test(find, says_why_a_name_is_not_found, 0, ROWS(lost));
    tcase_add_test(find, lists_each_name_once_and_sorted);
    suite_add_tcase(suite, find);
    return unit_run(suite);
}
