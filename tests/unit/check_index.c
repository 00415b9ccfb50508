/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of env/index: one spelling for every path, and look-ups in a text of any size. */
#include "env/index.h"

#include "unit.h"

static const struct {
    const char *plain, *escaped;
} spellings[] = {
    {.plain = "usr/bin/ls", .escaped = "usr/bin/ls"},
    {.plain = "a b", .escaped = "a\\040b"},
    {.plain = "a\tb\nc", .escaped = "a\\011b\\012c"},
    {.plain = "back\\slash", .escaped = "back\\134slash"},
    {.plain = "gr\xc3\xbcn", .escaped = "gr\xc3\xbcn"},
    {.plain = "not\xff"
              "utf8",
     .escaped = "not\\377utf8"},
    {.plain = "cut\xc3", .escaped = "cut\\303"},
    {.plain = "\x7f\x01", .escaped = "\\177\\001"},
};

START_TEST(spells_paths)
{
    auto_release(buf) struct buf text = {0};
    index_escape(&text, spellings[_i].plain);
    ck_assert_str_eq(buf_text(&text), spellings[_i].escaped);
}
END_TEST

START_TEST(reads_what_it_writes)
{
    auto_release(buf) struct buf text = {0};
    auto_release(index_entry) struct index_entry back = {0};
    struct err err = {0};
    char path[64];
    char target[] = "../x y";
    snprintf(path, sizeof(path), "%s", spellings[_i].plain);
    struct index_entry entry = {.path = path, .type = 'f', .mode = 0755, .size = 123456789012};
    digest_bytes("abc", 3, &entry.digest);
    index_format(&text, &entry);
    ck_assert_int_eq(text.bytes[text.length - 1], '\n');
    ck_assert_msg(index_parse(text.bytes, text.length - 1, &back, &err) == 0, "%s", err.text);
    ck_assert_str_eq(back.path, path);
    ck_assert_uint_eq(back.mode, 0755);
    ck_assert_uint_eq(back.size, 123456789012);
    ck_assert(digest_equal(&back.digest, &entry.digest));
    index_entry_release(&back);

    entry = (struct index_entry){.path = path, .type = 'l', .mode = 0777, .target = target};
    buf_clear(&text);
    index_format(&text, &entry);
    ck_assert_int_eq(index_parse(text.bytes, text.length - 1, &back, &err), 0);
    ck_assert_str_eq(back.target, target);
}
END_TEST

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char *const refused[] = {
    "",
    "a",
    "a\tf\t0644\t0",
    "a\tf\t0644\t0\t" HEX "\t",
    "\tf\t0644\t0\t" HEX,
    "a\tx\t0644\t0\t" HEX,
    "a\tff\t0644\t0\t" HEX,
    "a\tf\t644\t0\t" HEX,
    "a\tf\t0648\t0\t" HEX,
    "a\tf\t0644\t-1\t" HEX,
    "a\tf\t0644\t99999999999999999999\t" HEX,
    "a\tf\t0644\t0\t-",
    "a\tf\t0644\t0\t" HEX "0",
    "a\td\t0755\t0\tx",
    "a\td\t0755\t1\t-",
    "a\tl\t0777\t0\t",
    "a b\td\t0755\t0\t-",
    "a\\04\td\t0755\t0\t-",
    "a\\000\td\t0755\t0\t-",
    "a\\141\td\t0755\t0\t-", /* a letter must not be escaped: a path has one spelling */
};

START_TEST(refuses)
{
    struct index_entry entry = {0};
    struct err err = {0};
    ck_assert_int_eq(index_parse(refused[_i], strlen(refused[_i]), &entry, &err), -1);
    assert_error(&err, ERR_INVALID, "tree index is damaged");
    ck_assert_ptr_null(entry.path);
}
END_TEST

/* "a-b" sorts before "a/b" and both after "a": what a comparison that stops at the shorter one would get wrong. */
static const char *const sorted[] = {".", "a", "a-b", "a/b", "a/b/c", "a0", "ab", "b c", "b\xc3\xbc", "z"};

START_TEST(finds_each_of_any_number)
{
    auto_release(buf) struct buf text = {0};
    struct err err = {0};
    for (int i = 0; i < _i; i++) {
        auto_release(buf) struct buf path = {0};
        buf_add_text(&path, sorted[i]);
        struct index_entry entry = {.path = path.bytes, .type = 'd', .mode = 0755};
        index_format(&text, &entry);
    }
    for (int i = 0; i < (int)ROWS(sorted); i++) {
        struct index_entry found = {0};
        ck_assert_int_eq(index_find(buf_text(&text), text.length, sorted[i], &found, &err), i < _i);
        if (i < _i) {
            ck_assert_str_eq(found.path, sorted[i]);
        }
        index_entry_release(&found);
    }
    struct index_entry none = {0};
    static const char *const absent[] = {"", "0", "a/", "a/b/", "a/b/d", "zz", "~"};
    for (size_t i = 0; i < ROWS(absent); i++) {
        ck_assert_int_eq(index_find(buf_text(&text), text.length, absent[i], &none, &err), 0);
    }
    assert_no_error(&err);
}
END_TEST

START_TEST(says_when_the_last_line_is_cut)
{
    struct index_entry entry = {0};
    struct err err = {0};
    const char *text = "a\td\t0755\t0\t-\nb\td\t0755";
    ck_assert_int_eq(index_find(text, strlen(text), "b", &entry, &err), -1);
    assert_error(&err, ERR_INVALID, "not whole");
}
END_TEST

/* Names that begin with that of a directory stand before what is in it, or behind it; "b c" is escaped. */
static const char *const family[] = {".",       "a",    "a!",  "a-b",   "a/b", "a/b!", "a/b-c", "a/b/c",
                                     "a/b/c/d", "a/b0", "a/c", "a\x01", "a0",  "ab",   "b c",   "b c/d"};

static const struct {
    const char *path, *names;
} listed[] = {
    {".", "a a\x01 a! a-b a0 ab b c"},
    {"a", "b b! b-c b0 c"},
    {"a/b", "c"},
    {"a/b/c", "d"},
    {"a/b/c/d", ""},
    {"b c", "d"},
    {"absent", ""},
    {"zz", ""},
};

static void add_family(struct buf *text)
{
    struct buf lines[ROWS(family)] = {0};
    for (size_t i = 0; i < ROWS(family); i++) {
        auto_release(buf) struct buf path = {0};
        buf_add_text(&path, family[i]);
        struct index_entry entry = {.path = path.bytes, .type = 'd', .mode = 0755};
        index_format(&lines[i], &entry);
    }
    for (size_t i = 0; i < ROWS(family); i++) { /* TAB is below every byte of a path, so lines sort as paths do */
        for (size_t j = i + 1; j < ROWS(family); j++) {
            if (strcmp(lines[j].bytes, lines[i].bytes) < 0) {
                struct buf other = lines[i];
                lines[i] = lines[j];
                lines[j] = other;
            }
        }
        buf_add(text, lines[i].bytes, lines[i].length);
        buf_release(&lines[i]);
    }
}

START_TEST(lists_a_directory)
{
    auto_release(buf) struct buf text = {0};
    auto_release(buf) struct buf names = {0};
    struct strlist children = {0};
    struct err err = {0};
    add_family(&text);
    ck_assert_int_eq(index_children(text.bytes, text.length, listed[_i].path, &children, &err), 0);
    for (size_t i = 0; i < children.count; i++) {
        buf_addf(&names, "%s%s", i > 0 ? " " : "", children.item[i]);
    }
    ck_assert_str_eq(buf_text(&names), listed[_i].names);
    strlist_release(&children);
}
END_TEST

static Suite *index_suite(void)
{
    Suite *suite = suite_create("index");
    TCase *lines = tcase_create("lines");
    tcase_add_loop_test(lines, spells_paths, 0, ROWS(spellings));
    tcase_add_loop_test(lines, reads_what_it_writes, 0, ROWS(spellings));
    tcase_add_loop_test(lines, refuses, 0, ROWS(refused));
    suite_add_tcase(suite, lines);
    TCase *find = tcase_create("find");
    tcase_add_loop_test(find, finds_each_of_any_number, 0, ROWS(sorted) + 1);
    tcase_add_test(find, says_when_the_last_line_is_cut);
    tcase_add_loop_test(find, lists_a_directory, 0, ROWS(listed));
    suite_add_tcase(suite, find);
    return suite;
}

int main(void)
{
    return unit_run(index_suite());
}
