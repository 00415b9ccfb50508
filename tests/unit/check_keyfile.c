/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/keyfile: what an .ini file may hold, and that nothing of it is ever used in part. */
#include "base/keyfile.h"

#include "unit.h"

static int parse(struct keyfile *file, const char *text, struct err *err)
{
    return keyfile_parse(file, "t.ini", text, strlen(text), err);
}

START_TEST(keeps_entries_in_file_order_with_their_lines)
{
    auto_release(keyfile) struct keyfile file = {0};
    struct err err = {0};
    ck_assert_int_eq(parse(&file,
                           "; head\n[one]\nb = 2\n\na=1\r\n# note\n[two]\nurl = http://x/?a=b\nempty =\nurl = y ; end\n"
                           "last = no line end",
                           &err),
                     0);
    assert_no_error(&err);
    static const struct {
        const char *section, *key, *value;
        int line;
    } want[] = {
        {.section = "one", .key = "b", .value = "2", .line = 3},
        {.section = "one", .key = "a", .value = "1", .line = 5},
        {.section = "two", .key = "url", .value = "http://x/?a=b", .line = 8},
        {.section = "two", .key = "empty", .value = "", .line = 9},
        {.section = "two", .key = "url", .value = "y", .line = 10},
        {.section = "two", .key = "last", .value = "no line end", .line = 11},
    };
    ck_assert_uint_eq(file.count, ROWS(want));
    for (size_t i = 0; i < ROWS(want); i++) {
        ck_assert_str_eq(file.entry[i].section, want[i].section);
        ck_assert_str_eq(file.entry[i].key, want[i].key);
        ck_assert_str_eq(file.entry[i].value, want[i].value);
        ck_assert_int_eq(file.entry[i].line, want[i].line);
    }
}
END_TEST

static const char *const accepted[] = {
    "",
    "\n\n",
    "; only a comment",
    "[s]\n",
    "[s]\nk = gr\xc3\xbc\xc3\x9f\n",
    "[s]\n  ; an indented comment\nk = v\n",
    "[s]\n \t\nk = v\n",
    "[s]\nk = a;b\n",
};

START_TEST(accepts)
{
    auto_release(keyfile) struct keyfile file = {0};
    struct err err = {0};
    ck_assert_msg(parse(&file, accepted[_i], &err) == 0, "%s", err.text);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"k = v\n", "t.ini:1: "},                             /* outside a section */
    {"[s]\nk\n", "t.ini:2: "},                            /* no '=' */
    {"[s\nk = v\n", "t.ini:1: "},                         /* section not closed */
    {"[s]\nk = v\n  more\n", "t.ini:3: a line that beg"}, /* inih would join it to the value before */
    {"[s]\nk = v\n\tj = w\n", "t.ini:3: "},
    {"[s]\nk = \xff\n", "t.ini:2: not UTF-8"},
    {"[s]\nk = \xc0\xaf\n", "t.ini:2: not UTF-8"},
    {"[s]\nk = v\n\n\nbad\nworse\n", "t.ini:5: "}, /* the first of two */
    {"[]\nk = v\n", "t.ini:2: "},
};

START_TEST(refuses_with_the_line)
{
    auto_release(keyfile) struct keyfile file = {0};
    struct err err = {0};
    ck_assert_int_eq(parse(&file, refused[_i].text, &err), -1);
    assert_error(&err, ERR_INVALID, refused[_i].message);
    ck_assert_uint_eq(file.count, 0); /* what came before the bad line is gone too */
    ck_assert_ptr_null(file.entry);
}
END_TEST

START_TEST(refuses_a_nul_byte)
{
    static const char text[] = "[s]\nk = a\0b\n";
    auto_release(keyfile) struct keyfile file = {0};
    struct err err = {0};
    ck_assert_int_eq(keyfile_parse(&file, "t.ini", text, sizeof(text) - 1, &err), -1);
    assert_error(&err, ERR_INVALID, "t.ini:2: NUL byte");
}
END_TEST

/* "[s]", a line of `length` bytes, then "after = 1": the value must come whole or not at all, and the line after it
 * must keep its number. */
static int parse_long_line(struct keyfile *file, size_t length, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    buf_add_text(&text, "[s]\nk = ");
    for (size_t i = 4; i < length; i++) {
        buf_add_text(&text, "v");
    }
    buf_add_text(&text, "\nafter = 1\n");
    return keyfile_parse(file, "t.ini", buf_text(&text), text.length, err);
}

static const size_t lengths_accepted[] = {190, KEYFILE_LINE - 1, KEYFILE_LINE};
static const size_t lengths_refused[] = {KEYFILE_LINE + 1, 199, 200, 201, 320, 100000};

START_TEST(reads_a_long_line_whole)
{
    auto_release(keyfile) struct keyfile file = {0};
    struct err err = {0};
    ck_assert_msg(parse_long_line(&file, lengths_accepted[_i], &err) == 0, "%s", err.text);
    ck_assert_uint_eq(file.count, 2);
    ck_assert_uint_eq(strlen(file.entry[0].value), lengths_accepted[_i] - 4);
    ck_assert_str_eq(file.entry[1].key, "after");
    ck_assert_int_eq(file.entry[1].line, 3);
}
END_TEST

START_TEST(refuses_a_line_that_would_be_cut)
{
    auto_release(keyfile) struct keyfile file = {0};
    struct err err = {0};
    ck_assert_int_eq(parse_long_line(&file, lengths_refused[_i], &err), -1);
    assert_error(&err, ERR_INVALID, "t.ini:2: line of ");
    ck_assert_uint_eq(file.count, 0);
}
END_TEST

START_TEST(complains_with_name_and_line)
{
    auto_release(keyfile) struct keyfile file = {0};
    struct err err = {0};
    ck_assert_int_eq(parse(&file, "[s]\n", &err), 0);
    ck_assert_int_eq(keyfile_complain(&file, 4, &err, "no '%s'", "x"), -1);
    assert_error(&err, ERR_INVALID, "t.ini:4: no 'x'");
}
END_TEST

START_TEST(loads_from_disk)
{
    struct unit_folder folder;
    unit_folder_begin(&folder);
    unit_write(&folder, "good.ini", "[s]\nk = v\n");
    auto_free char *path = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/good.ini", folder.path), 0);
    auto_release(keyfile) struct keyfile file = {0};
    struct err err = {0};
    ck_assert_int_eq(keyfile_load(&file, path, &err), 0);
    ck_assert_str_eq(file.name, path);
    auto_release(keyfile) struct keyfile absent = {0};
    ck_assert_int_eq(unlinkat(folder.fd, "good.ini", 0), 0);
    ck_assert_int_eq(keyfile_load(&absent, path, &err), -1);
    assert_error(&err, ERR_NOT_FOUND, "good.ini");
    unit_folder_end(&folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keyfile");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, keeps_entries_in_file_order_with_their_lines);
    tcase_add_loop_test(core, accepts, 0, ROWS(accepted));
    tcase_add_loop_test(core, refuses_with_the_line, 0, ROWS(refused));
    tcase_add_test(core, refuses_a_nul_byte);
    tcase_add_test(core, complains_with_name_and_line);
    tcase_add_test(core, loads_from_disk);
    suite_add_tcase(suite, core);
    TCase *limits = tcase_create("Limits");
    tcase_add_loop_test(limits, reads_a_long_line_whole, 0, ROWS(lengths_accepted));
    tcase_add_loop_test(limits, refuses_a_line_that_would_be_cut, 0, ROWS(lengths_refused));
    suite_add_tcase(suite, limits);
    return unit_run(suite);
}
