/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/verdict: what two files are to each other, and where they part: text, bytes and gzip. */
#include "verdict_files.h"

/* ---- text */

static const struct {
    const char *name, *then, *now;
    double rtol, atol;
    enum verdict verdict;
    const char *detail;
} texts[] = {
    {"a", "1\n2\n", "1\n2\n", 0, 0, VERDICT_IDENTICAL, ""},
    {"a", "", "", 0, 0, VERDICT_IDENTICAL, ""},
    {"a", "one\ntwo\n", "one\ntWo\n", 0, 0, VERDICT_DIFFERENT, "line 2, column 2"},
    {"a", "one\n", "one", 0, 0, VERDICT_DIFFERENT, "line 1, column 4"},
    {"a", "one\n", "one\ntwo\n", 0, 0, VERDICT_DIFFERENT, "goes on after line 1"},
    {"a", "one\ntwo\n", "one\n", 0, 0, VERDICT_DIFFERENT, "ends after line 1"},
    {"a", "", "one\n", 0, 0, VERDICT_DIFFERENT, "goes on after line 0"},
    {"a", "one\r\n", "one\n", 0, 0, VERDICT_DIFFERENT, "line 1, column 4"},
    /* numbers */
    {"a", "x 1.5\n", "x 1.75\n", 0, 0.25, VERDICT_TOLERATED,
     "1 number differs by 0.25 (0.1667 of the value), in line 1"},
    {"a", "1 2\n4\n", "1 2\n5\n", 0.1, 0, VERDICT_DIFFERENT,
     "line 2, column 1; 1 number differs by 1 (0.25 of the value), in line 2"},
    {"a", "1\n2\n3\n", "1\n2.5\n4\n", 0, 0, VERDICT_DIFFERENT,
     "line 2, column 2; 2 numbers differ by at most 1 (0.3333 of the value), most in line 3"},
    {"a", "0\n", "1e-9\n", 1, 0, VERDICT_DIFFERENT, "line 1, column 1; 1 number differs by 1e-09, in line 1"},
    {"a", "1\nx\n", "2\ny\n", 0, 0, VERDICT_DIFFERENT, "line 1, column 1"},
    {"a", "1\nx\n", "2\ny\n", 0, 1, VERDICT_DIFFERENT, "line 2, column 1"},
    {"a", "1\n2\n", "2\n2", 0, 1, VERDICT_DIFFERENT, "line 2, column 2"},
    {"a", "1\n", "2\n3\n", 0, 1, VERDICT_DIFFERENT, "goes on after line 1"},
    /* places */
    {"a.csv", "name,mass\na,1\nb,2\n", "name,mass\na,1\nb,x\n", 0, 0, VERDICT_DIFFERENT,
     "line 3, column 3, field 2 (mass)"},
    {"a.csv.gz", "name,mass\n\"a,b\",1\n", "name,mass\n\"a,b\",x\n", 0, 0, VERDICT_DIFFERENT,
     "line 2, column 7, field 2 (mass)"},
    {"a.csv", "name;mass\na;1,5\n", "name;mass\na;1,x\n", 0, 0, VERDICT_DIFFERENT, "line 2, column 5, field 2 (mass)"},
    {"a.csv", "a,b\n", "a,c\n", 0, 0, VERDICT_DIFFERENT, "line 1, column 3, field 2"},
    {"a.csv", "1,2\n3,4\n", "1,2\n3,x\n", 0, 0, VERDICT_DIFFERENT, "line 2, column 3, field 2"},
    {"a.tsv", "p\tq\n1\t2\n", "p\tq\n1\tz\n", 0, 0, VERDICT_DIFFERENT, "line 2, column 3, field 2 (q)"},
    {"a.vcf", "##x\n#CHROM\tPOS\nchr1\t1\n", "##x\n#CHROM\tPOS\nchr1\tz\n", 0, 0, VERDICT_DIFFERENT,
     "line 3, column 6, field 2 (POS)"},
    {"a.json", "{\"a\": 1,\n \"b\": [1, {\"c\": \"x\"}]}\n", "{\"a\": 1,\n \"b\": [1, {\"c\": \"y\"}]}\n", 0, 0,
     VERDICT_DIFFERENT, "line 2, column 18, at b[1].c"},
    {"a.json", "[[1],\n[2]]", "[[1],\n[x]]", 0, 0, VERDICT_DIFFERENT, "line 2, column 2, at [1][0]"},
    {"a.json", "{\"\\\"}\": 1}", "{\"\\\"}\": x}", 0, 0, VERDICT_DIFFERENT, "line 1, column 9, at \\\"}"},
    /* what is left out */
    {"a", "in /data/then/x\n", "in /data/now/x\n", 0, 0, VERDICT_NORMALISED, "work paths"},
    {"a", "in /data/then/x 1\n", "in /data/now/x 2\n", 0, 1, VERDICT_TOLERATED,
     "1 number differs by 1 (1 of the value), in line 1; but for work paths"},
    {"a", "took 1 ms\nx\n", "took 2 ms\nx\n", 0, 0, VERDICT_NORMALISED, "ignored patterns"},
    {"a", "x\n# seed 1\n# seed 2\ny\n", "x\ny\n# seed 3\n", 0, 0, VERDICT_NORMALISED, "ignored patterns"},
    {"a", "took 1 ms, x\n", "took 2 ms, y\n", 0, 0, VERDICT_DIFFERENT, "line 1, column 17"},
    {"a.sam", "@HD\tVN:1\n@PG\tID:a\nr\n", "@HD\tVN:1\nr\n", 0, 0, VERDICT_NORMALISED, "@PG lines"},
    {"a.sam", "@HD\tVN:1\n@PG\tID:a\nr1\n", "@HD\tVN:1\n@PG\tID:b\nr2\n", 0, 0, VERDICT_DIFFERENT,
     "line 3, column 2, field 1"},
    {"a", "@PGX\n", "@PGY\n", 0, 0, VERDICT_DIFFERENT, "line 1, column 4"},
    {"a", "##fileformat=VCFv4.2\n##fileDate=1\nx\n", "##fileformat=VCFv4.2\n##fileDate=2\nx\n", 0, 0,
     VERDICT_NORMALISED, "dates"},
    {"a.ps", "%!PS-Adobe\n%%CreationDate: a\n", "%!PS-Adobe\n%%CreationDate: b\n", 0, 0, VERDICT_NORMALISED, "dates"},
};

START_TEST(text_line_by_line)
{
    struct err err = {0};
    strlist_add(&rules.then_paths, "/data/then");
    strlist_add(&rules.now_paths, "/data/now");
    ck_assert_int_eq(patterns_add(&rules.ignore, "[0-9]+ ms", &err), 0);
    ck_assert_int_eq(patterns_add(&rules.ignore, "^# seed.*", &err), 0);
    rules.tolerance = (struct tolerance){.rtol = texts[_i].rtol, .atol = texts[_i].atol};
    compare_bytes(texts[_i].name, texts[_i].then, strlen(texts[_i].then), texts[_i].now, strlen(texts[_i].now));
    assert_result(texts[_i].verdict, texts[_i].detail);
}
END_TEST

START_TEST(both_places_are_shown_escaped_and_short)
{
    struct buf then = {0};
    struct buf now = {0};
    for (int i = 0; i < 100; i++) {
        buf_add_text(&then, "caf\xc3\xa9 ");
    }
    buf_add(&now, then.bytes, then.length);
    buf_add_text(&then, "\x1b[31m\t\xff");
    buf_add_text(&now, "plain");
    compare_bufs("a", &then, &now);
    assert_result(VERDICT_DIFFERENT, "line 1, column 601");
    ck_assert_str_eq(result.then_text, "...caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 caf\xc3\xa9 "
                                       "\\x1b[31m\\t\\xff");
    ck_assert_ptr_nonnull(strstr(result.now_text, " plain"));
}
END_TEST

START_TEST(a_line_of_many_megabytes_is_compared_by_bytes)
{
    struct buf then = {0};
    struct buf now = {0};
    auto_free char *line = xmalloc(17 * 1024 * 1024);
    memset(line, 'x', 17 * 1024 * 1024);
    buf_add(&then, line, 17 * 1024 * 1024);
    line[5000] = 'y';
    buf_add(&now, line, 17 * 1024 * 1024);
    compare_bufs("a", &then, &now);
    assert_result(VERDICT_DIFFERENT, "at byte 5001; only the bytes were compared: it has a line that is too long");
}
END_TEST

START_TEST(bytes_that_differ)
{
    compare_bytes("a", "\0\1\2\3", 4, "\0\1\7\3", 4);
    assert_result(VERDICT_DIFFERENT, "at byte 3");
    ck_assert_str_eq(result.then_text, "02 03");
    ck_assert_str_eq(result.now_text, "07 03");
    compare_bytes("a", "\0\1\2", 3, "\0\1", 2);
    assert_result(VERDICT_DIFFERENT, "ends after 2 bytes");
    compare_bytes("a", "\0\1\2", 3, "text", 4);
    assert_result(VERDICT_DIFFERENT, "at byte 1");
    /* No control characters, and no text all the same; then Latin-1 and UTF-8, which are. */
    compare_bytes("a", "\xbd\xc8\xb1%\xd2\xe8", 6, "[\xa7\xcei\xb5W", 6);
    assert_result(VERDICT_DIFFERENT, "at byte 1");
    compare_bytes("a", "caf\xe9 1\n", 7, "caf\xe9 x\n", 7);
    assert_result(VERDICT_DIFFERENT, "line 1, column 6");
    compare_bytes("a", "\xe6\x97\xa5\xe6\x9c\xac 1", 8, "\xe6\x97\xa5\xe6\x9c\xac x", 8);
    assert_result(VERDICT_DIFFERENT, "line 1, column 8");
}
END_TEST

/* ---- gzip */

START_TEST(gzip_by_what_is_in_it)
{
    struct buf then = {0};
    struct buf now = {0};
    static const char text[] = "1.5\nhello hello hello hello hello\n";
    static const char other[] = "1.6\nhello hello hello hello hello\n";
    pack(text, strlen(text), 6, 1000, NULL, &then);
    pack(text, strlen(text), 6, 2000, "name", &now);
    compare_bufs("a.gz", &then, &now);
    assert_result(VERDICT_NORMALISED, "the header of gzip");
    pack(text, strlen(text), 6, 1000, NULL, &then);
    pack(text, strlen(text), 0, 1000, NULL, &now);
    compare_bufs("a.gz", &then, &now);
    assert_result(VERDICT_NORMALISED, "the way of compression");
    pack(text, strlen(text), 6, 1000, NULL, &then);
    pack(other, strlen(other), 6, 1000, NULL, &now);
    compare_bufs("a.gz", &then, &now);
    assert_result(VERDICT_DIFFERENT,
                  "line 1, column 3; 1 number differs by 0.1 (0.06667 of the value), in line 1, decompressed");
    rules.tolerance.atol = 1;
    pack(text, strlen(text), 6, 1000, NULL, &then);
    pack(other, strlen(other), 6, 1000, NULL, &now);
    compare_bufs("a.gz", &then, &now);
    ck_assert_int_eq(result.verdict, VERDICT_TOLERATED);
}
END_TEST

START_TEST(gzip_that_is_none_is_bytes)
{
    struct buf then = {0};
    struct buf now = {0};
    pack("text", 4, 6, 1000, NULL, &then);
    pack("tent", 4, 6, 1000, NULL, &now);
    now.bytes[now.length - 2] ^= 1;
    compare_bufs("a.gz", &then, &now);
    ck_assert_int_eq(result.verdict, VERDICT_DIFFERENT);
    ck_assert_ptr_nonnull(strstr(result.detail, "only the bytes were compared"));
    /* Headers that never end. */
    compare_bytes("a.gz", "\x1f\x8b\x08\x1c\0\0\0\0\0\0\xff\xff", 12, "\x1f\x8b\x08\x08\0\0\0\0\0\0abc", 13);
    ck_assert_ptr_nonnull(strstr(result.detail, "only the bytes were compared"));
}
END_TEST

/* ---- apart */

START_TEST(apart_it_is_the_same)
{
    struct verdict_result other;
    struct err err = {0};
    struct verdict_file a = file_of("1.5\n", 4);
    struct verdict_file b = file_of("1.6\n", 4);
    verdict_files(&a, &b, "a", &rules, &result);
    ck_assert_int_eq(verdict_files_apart(&a, &b, "a", &rules, &other, &err), 0);
    ck_assert_int_eq(other.verdict, result.verdict);
    ck_assert_str_eq(other.detail, result.detail);
    ck_assert_str_eq(other.then_text, "1.5");
    close(a.fd);
    close(b.fd);
}
END_TEST

START_TEST(an_output_can_be_a_part_of_a_file)
{
    struct verdict_file a = file_of("before\nsame\nafter\n", 18);
    struct verdict_file b = file_of("same\n", 5);
    a.offset = 7;
    a.size = 5;
    verdict_files(&a, &b, "a", &rules, &result);
    assert_result(VERDICT_IDENTICAL, "");
    close(a.fd);
    close(b.fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_add_loop_test(core, text_line_by_line, 0, ROWS(texts));
    tcase_add_test(core, both_places_are_shown_escaped_and_short);
    tcase_add_test(core, a_line_of_many_megabytes_is_compared_by_bytes);
    tcase_add_test(core, bytes_that_differ);
    tcase_add_test(core, gzip_by_what_is_in_it);
    tcase_add_test(core, gzip_that_is_none_is_bytes);
    tcase_add_test(core, apart_it_is_the_same);
    tcase_add_test(core, an_output_can_be_a_part_of_a_file);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
