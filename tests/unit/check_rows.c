/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of audit/rows: what the probe says is taken whole or refused, and what is cut short is told. */
#include "audit/rows.h"

#include "base/doc.h"
#include "unit.h"

#define SIGNAL "row\tprocesses\tsignal\theld\tPID namespace\tno such process\tsignal a process\n"
#define KERNEL "row\tshared\tkernel\tshared\ta virtual machine\t6.1\tthe kernel\n"

static const struct {
    const char *text;
    size_t rows;
    bool whole;
} accepted[] = {
    {"", 0, false},
    {"end\n", 0, true},
    {SIGNAL "end\n", 1, true},
    {SIGNAL KERNEL "end\n", 2, true},
    {SIGNAL KERNEL, 2, false},
    {SIGNAL "row\tprocesses\ttra", 1, false}, /* ended in the middle of a line */
    {SIGNAL "end\n" KERNEL, 1, true},         /* what comes after the end was not said by the probe */
    {"row\ta\tb\topen\t\t\t\nend\n", 1, true},
};

static const char *const refused[] = {
    "\n",
    "row\n",
    "hello\n",
    "row\ta\tb\theld\tc\td\n",
    "row\ta\tb\theld\tc\td\te\tf\n",
    "row\ta\tb\tHELD\tc\td\te\n",
    "row\ta\tb\t\tc\td\te\n",
    "line\ta\tb\theld\tc\td\te\n",
    "End\n",
};

START_TEST(takes_what_the_probe_says)
{
    struct err err = {0};
    struct rows rows = {0};
    bool whole = !accepted[_i].whole;
    const char *text = accepted[_i].text;
    ck_assert_int_eq(rows_parse(&rows, text, strlen(text), &whole, &err), 0);
    assert_no_error(&err);
    ck_assert_uint_eq(rows.count, accepted[_i].rows);
    ck_assert_int_eq(whole, accepted[_i].whole);
    rows_release(&rows);
}
END_TEST

START_TEST(refuses_what_is_no_row)
{
    struct err err = {0};
    struct rows rows = {0};
    bool whole = false;
    ck_assert_int_eq(rows_parse(&rows, refused[_i], strlen(refused[_i]), &whole, &err), -1);
    assert_error(&err, ERR_INVALID, "no row");
    rows_release(&rows);
}
END_TEST

START_TEST(counts_and_finds)
{
    struct err err = {0};
    struct rows rows = {0};
    bool whole = false;
    ck_assert_int_eq(rows_parse(&rows, SIGNAL KERNEL "end\n", strlen(SIGNAL KERNEL "end\n"), &whole, &err), 0);
    ck_assert_uint_eq(rows_count(&rows, ROWS_HELD), 1);
    ck_assert_uint_eq(rows_count(&rows, ROWS_SHARED), 1);
    ck_assert_uint_eq(rows_count(&rows, ROWS_OPEN), 0);
    ck_assert_ptr_null(rows_find(&rows, "processes", "kernel"));
    struct row *row = rows_find(&rows, "processes", "signal");
    ck_assert_str_eq(row->text, "signal a process");
    row_set(row, ROWS_OPEN, "", "it was reached");
    ck_assert_uint_eq(rows_count(&rows, ROWS_OPEN), 1);
    struct doc *doc = rows_doc(&rows);
    ck_assert_uint_eq(doc_count(doc), 2);
    ck_assert_ptr_null(doc_get(doc_at(doc, 0), "held_by"));
    auto_free char *lessened = doc_get_text(doc_at(doc, 1), "lessened_by");
    ck_assert_str_eq(lessened, "a virtual machine");
    doc_free(doc);
    rows_release(&rows);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rows");
    TCase *rows = tcase_create("rows");
    tcase_add_loop_test(rows, takes_what_the_probe_says, 0, ROWS(accepted));
    tcase_add_loop_test(rows, refuses_what_is_no_row, 0, ROWS(refused));
    tcase_add_test(rows, counts_and_finds);
    suite_add_tcase(suite, rows);
    return unit_run(suite);
}
