/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/sweep: tables as RFC 4180 has them and no others, and words filled from a row. */
#include "run/sweep.h"

#include "base/mem.h"
#include "unit.h"

/* The cells of all rows, "|" between them and "/" between rows. */
static const struct {
    const char *text;
    const char *columns;
    const char *cells;
} accepted[] = {
    {"a\n1\n", "a", "1"},
    {"a\n1", "a", "1"},
    {"a,b\r\n1,2\r\n3,4\r\n", "a|b", "1|2/3|4"},
    {"a,b\n1,2\r\n3,4", "a|b", "1|2/3|4"},
    {"\xef\xbb\xbf"
     "a,b\n1,2\n",
     "a|b", "1|2"},
    {"a,b\n,\n", "a|b", "|"},
    {"a\n\"\"\n", "a", ""},
    {"a,b\n\"x,y\",\"he said \"\"no\"\"\"\n", "a|b", "x,y|he said \"no\""},
    {"a,b\n\"two\nlines\",2\n3,4\n", "a|b", "two\nlines|2/3|4"},
    {"a,b\n\"crlf\r\nkept\",2\n", "a|b", "crlf\r\nkept|2"},
    {"\"a\",\"b c\"\n 1 ,2\n", "a|b c", " 1 |2"},
    {"Sample ID,\xc3\xa9t\xc3\xa9\nx,y\n", "Sample ID|\xc3\xa9t\xc3\xa9", "x|y"},
    {"a\n$(rm -rf /); `id` '\\''\n", "a", "$(rm -rf /); `id` '\\''"},
    {"a\n\xff\xfe\n", "a", "\xff\xfe"}, /* names of files can be any bytes */
};

static const struct {
    const char *text;
    const char *wrong;
} refused[] = {
    {"", "t.csv: the table is empty"},
    {"\xef\xbb\xbf", "the table is empty"},
    {"\na\n1\n", "t.csv:1: the first line is empty"},
    {"a,b\n", "no row follows"},
    {"a,b", "no row follows"},
    {"a,b\n1\n", "t.csv:2: 1 field, but the first line names 2 columns"},
    {"a\n1,2\n", "t.csv:2: 2 fields, but the first line names 1 column"},
    {"a,b\n1,2\n3,4,5\n", "t.csv:3: 3 fields"},
    {"a,b\n1,2,\n", "t.csv:2: 3 fields"},
    {"a,b\n1,2\n\n3,4\n", "t.csv:3: an empty line"},
    {"a\n1\n\n", "t.csv:3: an empty line"},
    {"a,b\n\"two\nlines\",2\n3\n", "t.csv:4: 1 field"},
    {"a\n\"open\nnever\n", "t.csv:2: the quote that begins a field is never closed"},
    {"a\n\"", "t.csv:2: the quote"},
    {"a\n\"x\"y\n", "t.csv:2: text after the closing quote"},
    {"a,b\n\"x\" ,y\n", "t.csv:2: text after the closing quote"},
    {"a\nx\"y\n", "t.csv:2: a quote within a field"},
    {"a,b\n1, \"x\"\n", "t.csv:2: a quote within a field"},
    {"a\rb\n", "t.csv:1: a carriage return without a line feed"},
    {"a\n1\r", "t.csv:2: a carriage return"},
    {"a,a\n1,2\n", "t.csv:1: two columns have the name 'a'"},
    {"a,\n1,2\n", "t.csv:1: a column without a name"},
    {" a,b\n1,2\n", "t.csv:1: a blank at an end"},
    {"a,b \n1,2\n", "t.csv:1: a blank at an end"},
    {"{a},b\n1,2\n", "t.csv:1: a brace"},
    {"\"a\nb\",c\n1,2\n", "t.csv:1: a brace or control character"},
    {"\xff,b\n1,2\n", "t.csv:1: the name of a column is not UTF-8"},
};

static void parse(struct sweep *sweep, const char *text)
{
    struct err err = {0};
    ck_assert_msg(sweep_parse(sweep, "t.csv", text, strlen(text), &err) == 0, "%s", err.text);
    assert_no_error(&err);
}

START_TEST(reads_what_is_csv)
{
    auto_release(sweep) struct sweep sweep = {0};
    auto_release(buf) struct buf columns = {0};
    auto_release(buf) struct buf cells = {0};
    parse(&sweep, accepted[_i].text);
    for (size_t i = 0; i < sweep.columns.count; i++) {
        buf_addf(&columns, "%s%s", i > 0 ? "|" : "", sweep.columns.item[i]);
    }
    for (size_t row = 1; row <= sweep.rows; row++) {
        for (size_t i = 0; i < sweep.columns.count; i++) {
            buf_addf(&cells, "%s%s", i > 0 ? "|" : row > 1 ? "/" : "", sweep_cell(&sweep, row, i));
        }
    }
    ck_assert_str_eq(buf_text(&columns), accepted[_i].columns);
    ck_assert_str_eq(buf_text(&cells), accepted[_i].cells);
}
END_TEST

START_TEST(refuses_what_is_not)
{
    struct err err = {0};
    struct sweep sweep = {0};
    ck_assert_int_eq(sweep_parse(&sweep, "t.csv", refused[_i].text, strlen(refused[_i].text), &err), -1);
    assert_error(&err, ERR_INVALID, refused[_i].wrong);
    ck_assert(sweep.rows == 0 && sweep.cell == NULL && sweep.columns.count == 0);
}
END_TEST

START_TEST(refuses_a_nul)
{
    static const char plain[] = "a\nx\0y\n";
    static const char quoted[] = "a\n\"x\0y\"\n";
    struct err err = {0};
    struct sweep sweep = {0};
    ck_assert_int_eq(sweep_parse(&sweep, "t.csv", plain, sizeof(plain) - 1, &err), -1);
    assert_error(&err, ERR_INVALID, "t.csv:2: a NUL byte");
    ck_assert_int_eq(sweep_parse(&sweep, "t.csv", quoted, sizeof(quoted) - 1, &err), -1);
    assert_error(&err, ERR_INVALID, "t.csv:2: a NUL byte");
}
END_TEST

START_TEST(rows_know_their_line)
{
    auto_release(sweep) struct sweep sweep = {0};
    parse(&sweep, "a,b\n\"1\n\n\",2\n3,4\n");
    ck_assert_uint_eq(sweep.rows, 2);
    ck_assert_uint_eq(sweep.line[0], 2);
    ck_assert_uint_eq(sweep.line[1], 5);
}
END_TEST

static const struct {
    const char *word;
    const char *filled; /* from row 2 of the table below */
} words[] = {
    {"plain", "plain"},
    {"", ""},
    {"{sample}", "x {depth} {{ }"},
    {"--depth={depth}.bam", "--depth=$(id).bam"},
    {"{depth}{depth}", "$(id)$(id)"},
    {"{{", "{"},
    {"{{depth}", "{depth}"},
    {"{{{depth}}", "{$(id)}"},
    {"}}", "}}"},
    {"{\"a\":", NULL},
    {"{{\"a\":{{\"b\":{task}}}", "{\"a\":{\"b\":2}}"},
    {"{task}", "2"},
    {"{none}", ""},
};

static const char table[] = "sample,depth,none\nA,3,\nx {depth} {{ },$(id),\n";

START_TEST(fills_words)
{
    struct err err = {0};
    auto_release(sweep) struct sweep sweep = {0};
    auto_release(strlist) struct strlist list = {0};
    auto_release(strlist) struct strlist filled = {0};
    parse(&sweep, table);
    strlist_add(&list, words[_i].word);
    int result = sweep_check(&sweep, &list, &err);
    if (words[_i].filled == NULL) {
        ck_assert_int_eq(result, -1);
        return;
    }
    ck_assert_msg(result == 0, "%s", err.text);
    sweep_fill(&sweep, 2, &list, &filled);
    ck_assert_uint_eq(filled.count, 1);
    ck_assert_str_eq(filled.item[0], words[_i].filled);
}
END_TEST

static const struct {
    const char *word;
    const char *wrong;
} wrong_words[] = {
    {"{dept}", "did you mean '{depth}'?"}, {"{zzzzzzzzz}", "there is {sample}, {depth}, {none}, {task}"},
    {"{}", "'{}' is no column"},           {"{print $1}", "a brace that is meant is written '{{'"},
    {"x{depth", "that no '}' follows"},    {"{depth}{", "that no '}' follows"},
    {"{Depth}", "is no column"},           {"{ depth}", "is no column"},
};

START_TEST(refuses_words)
{
    struct err err = {0};
    auto_release(sweep) struct sweep sweep = {0};
    auto_release(strlist) struct strlist list = {0};
    parse(&sweep, table);
    strlist_add(&list, "{depth}");
    strlist_add(&list, wrong_words[_i].word);
    ck_assert_int_eq(sweep_check(&sweep, &list, &err), -1);
    assert_error(&err, ERR_USAGE, wrong_words[_i].wrong);
}
END_TEST

START_TEST(without_a_table_there_is_the_number)
{
    struct err err = {0};
    auto_release(strlist) struct strlist list = {0};
    auto_release(strlist) struct strlist filled = {0};
    strlist_add(&list, "out.{task}");
    ck_assert_int_eq(sweep_check(NULL, &list, &err), 0);
    sweep_fill(NULL, 17, &list, &filled);
    ck_assert_str_eq(filled.item[0], "out.17");
    strlist_add(&list, "{sample}");
    ck_assert_int_eq(sweep_check(NULL, &list, &err), -1);
    assert_error(&err, ERR_USAGE, "there is {task}");
}
END_TEST

START_TEST(a_column_goes_before_the_number)
{
    auto_release(sweep) struct sweep sweep = {0};
    auto_release(strlist) struct strlist list = {0};
    auto_release(strlist) struct strlist filled = {0};
    parse(&sweep, "task\nalign\n");
    strlist_add(&list, "{task}");
    sweep_fill(&sweep, 1, &list, &filled);
    ck_assert_str_eq(filled.item[0], "align");
}
END_TEST

START_TEST(too_many_columns_are_refused)
{
    struct err err = {0};
    struct sweep sweep = {0};
    auto_release(buf) struct buf text = {0};
    for (int i = 0; i <= SWEEP_COLUMNS; i++) {
        buf_addf(&text, "%sc%d", i > 0 ? "," : "", i);
    }
    ck_assert_int_eq(sweep_parse(&sweep, "t.csv", buf_text(&text), text.length, &err), -1);
    assert_error(&err, ERR_INVALID, "t.csv:1: more than 1000 fields");
}
END_TEST

START_TEST(too_many_rows_are_refused)
{
    struct err err = {0};
    struct sweep sweep = {0};
    size_t length = 2 * ((size_t)SWEEP_ROWS + 2);
    auto_free char *text = xmalloc(length);
    for (size_t i = 0; i < length; i += 2) {
        text[i] = 'a';
        text[i + 1] = '\n';
    }
    ck_assert_int_eq(sweep_parse(&sweep, "t.csv", text, length, &err), -1);
    assert_error(&err, ERR_INVALID, "t.csv:4000002: more than 4000000 rows");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");
    TCase *group = tcase_create("sweep");
    tcase_add_loop_test(group, reads_what_is_csv, 0, ROWS(accepted));
    tcase_add_loop_test(group, refuses_what_is_not, 0, ROWS(refused));
    tcase_add_test(group, refuses_a_nul);
    tcase_add_test(group, rows_know_their_line);
    tcase_add_loop_test(group, fills_words, 0, ROWS(words));
    tcase_add_loop_test(group, refuses_words, 0, ROWS(wrong_words));
    tcase_add_test(group, without_a_table_there_is_the_number);
    tcase_add_test(group, a_column_goes_before_the_number);
    tcase_add_test(group, too_many_columns_are_refused);
    tcase_add_test(group, too_many_rows_are_refused);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
