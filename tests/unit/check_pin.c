/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/pin_source, supply/pin_write and supply/local: what a source is, and the definition of it. */
#include "supply/pin.h"

#include "base/mem.h"
#include "env/definition.h"
#include "supply/local.h"
#include "supply/pin_write.h"
#include "unit.h"

static struct unit_folder folder;
static struct err err;

static void begin(void)
{
    err = (struct err){0};
    unit_folder_begin(&folder);
    ck_assert_int_eq(chdir(folder.path), 0);
}

static void end(void)
{
    unit_folder_end(&folder);
}

static const struct {
    const char *text;
    enum pin_kind kind;
} sources[] = {
    {"https://example.org/a.tar.gz", PIN_REMOTE},
    {"http://example.org:80/a?b=c", PIN_REMOTE},
    {"here.tar", PIN_FILE},
    {"./here.tar", PIN_FILE},
    {"oci://quay.io/biocontainers/samtools:1.16", PIN_IMAGE},
    {"oci-layout:images:1", PIN_IMAGE},
    {"docker-archive:saved.tar", PIN_IMAGE},
};

START_TEST(knows_sources)
{
    struct pin_source source;
    unit_write(&folder, "here.tar", "x");
    ck_assert_msg(pin_source_parse(sources[_i].text, &source, &err) == 0, "%s", err.text);
    ck_assert_int_eq(source.kind, sources[_i].kind);
    pin_source_release(&source);
}
END_TEST

static const struct {
    const char *text;
    enum err_kind kind;
    const char *part;
} no_sources[] = {
    {"", ERR_USAGE, "empty"},
    {"https://", ERR_USAGE, "no host"},
    {"https:///a", ERR_USAGE, "no host"},
    {"https:"
     "//me:secret@host/a",
     ERR_USAGE, "netrc"},
    {"oci://me:secret@host/a", ERR_USAGE, "netrc"},
    {"https://host/a b", ERR_USAGE, "%20"},
    {"ftp://host/a", ERR_USAGE, "begins with"},
    {"file://host/a", ERR_USAGE, "begins with"},
    {"docker://ubuntu", ERR_USAGE, "oci://HOST"},
    {"ubuntu:22.04", ERR_NOT_FOUND, "oci://docker.io/library/ubuntu:22.04"},
    {"org/tool:1", ERR_NOT_FOUND, "oci://docker.io/org/tool:1"},
    {"quay.io/org/tool:1", ERR_NOT_FOUND, "oci://quay.io/org/tool:1"},
    {"absent.tar", ERR_NOT_FOUND, "no file 'absent.tar'"},
    {"file:///no/such.tar", ERR_NOT_FOUND, "no file"},
    {".", ERR_USAGE, "is a folder"},
    {"/dev/null", ERR_USAGE, "not a regular file"},
};

START_TEST(refuses_what_is_none)
{
    struct pin_source source;
    ck_assert_int_eq(pin_source_parse(no_sources[_i].text, &source, &err), -1);
    assert_error(&err, no_sources[_i].kind, no_sources[_i].part);
    ck_assert_ptr_null(strstr(err.text, "secret"));
}
END_TEST

START_TEST(a_file_stays_relative_only_as_it_was_named)
{
    struct pin_source source;
    auto_free char *cwd = fs_current_dir(); /* folder.path may lead there over a link */
    auto_free char *envs = xasprintf("%s/a/envs", cwd);
    auto_free char *absolute = xasprintf("%s/here.tar", cwd);
    unit_write(&folder, "here.tar", "x");
    ck_assert_int_eq(fs_make_dirs(envs, 0700, &err), 0);
    ck_assert_int_eq(pin_source_parse("./here.tar", &source, &err), 0);
    auto_free char *relative = pin_source_path_from(source.path, envs);
    auto_free char *beside = pin_source_path_from(source.path, "/elsewhere");
    ck_assert_str_eq(relative, "../../here.tar");
    ck_assert_str_eq(beside, absolute);
    pin_source_release(&source);
    ck_assert_int_eq(pin_source_parse(absolute, &source, &err), 0);
    auto_free char *named = pin_source_path_from(source.path, envs);
    ck_assert_str_eq(named, absolute);
    pin_source_release(&source);
}
END_TEST

static const char *const paths[] = {"/a/b.tar", "/a b ;c%.tar", "/\xc3\xa4\xff\n", "/"};

START_TEST(an_address_of_a_path_leads_back)
{
    auto_free char *url = local_url(paths[_i]);
    auto_free char *path = local_path(url);
    ck_assert_str_eq(path, paths[_i]);
    ck_assert_ptr_null(pin_value_problem("url", url));
    ck_assert(!local_is_remote(url));
}
END_TEST

static struct pin made(void)
{
    struct pin pin = {.size = 7, .url = xstrdup("https://h/a.tar"), .description = xstrdup("a.tar")};
    pin.sha256.bytes[0] = 0xab;
    return pin;
}

START_TEST(what_is_written_is_read_back)
{
    struct definition def;
    struct pin pin = made();
    struct pin_words words = {.name = "it", .source = "https://h/a.tar", .command = "sh -c 'a b'"};
    auto_release(buf) struct buf text = {0};
    ck_assert_int_eq(pin_format(&pin, &words, &text, &err), 0);
    ck_assert_msg(definition_parse(&def, "/x/it.ini", buf_text(&text), text.length, &err) == 0, "%s", err.text);
    ck_assert(digest_equal(&def.sha256, &pin.sha256));
    ck_assert_uint_eq(def.size, 7);
    ck_assert_str_eq(def.url.item[0], "https://h/a.tar");
    ck_assert_str_eq(def.description, "a.tar");
    ck_assert_str_eq(def.command.item[2], "a b");
    definition_release(&def);
    pin_release(&pin);
}
END_TEST

static const char *const odd[] = {"a ;b", "a\nb", " a", "a ", ";a", "a\xff"};

START_TEST(what_a_line_cannot_hold_is_refused)
{
    struct pin pin = made();
    struct pin_words words = {.name = "it", .source = odd[_i], .description = odd[_i]};
    auto_release(buf) struct buf text = {0};
    ck_assert_int_eq(pin_format(&pin, &words, &text, &err), -1);
    assert_error(&err, ERR_USAGE, "description");
    pin_release(&pin);
}
END_TEST

/* What somebody else chose, the name of a file or an address, must not lead to a definition with other lines. */
START_TEST(what_others_chose_is_left_out_where_it_does_not_fit)
{
    struct definition def;
    struct pin pin = made();
    struct pin_words words = {.name = "it", .source = odd[_i]};
    auto_release(buf) struct buf text = {0};
    free(pin.description);
    pin.description = xstrdup(odd[_i]);
    ck_assert_int_eq(pin_format(&pin, &words, &text, &err), 0);
    ck_assert_msg(definition_parse(&def, "/x/it.ini", buf_text(&text), text.length, &err) == 0, "%s", err.text);
    ck_assert_str_eq(def.description, "it");
    definition_release(&def);
    pin_release(&pin);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pin");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_add_loop_test(core, knows_sources, 0, ROWS(sources));
    tcase_add_loop_test(core, refuses_what_is_none, 0, ROWS(no_sources));
    tcase_add_test(core, a_file_stays_relative_only_as_it_was_named);
    tcase_add_loop_test(core, an_address_of_a_path_leads_back, 0, ROWS(paths));
    tcase_add_test(core, what_is_written_is_read_back);
    tcase_add_loop_test(core, what_a_line_cannot_hold_is_refused, 0, ROWS(odd));
    tcase_add_loop_test(core, what_others_chose_is_left_out_where_it_does_not_fit, 0, ROWS(odd));
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
