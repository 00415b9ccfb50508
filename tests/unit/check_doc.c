/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/doc: what is read as JSON, what is refused with its line, and that what is printed comes back. */
#include "base/doc.h"

#include "base/buf.h"
#include "unit.h"

static struct doc *parse(const char *text, struct err *err)
{
    return doc_parse("a.json", text, strlen(text), err);
}

static const struct {
    const char *text, *why;
} refused[] = {
    {"", "a.json:1: "},
    {"{", "a.json:1: "},
    {"[1]", "not a JSON object"},
    {"3", "a.json:1: "},
    {"{\"a\": 1}\n}", "a.json:2: end of file expected"},
    {"{\"a\": 1, \"a\": 2}", "duplicate"},
    {"{\"a\": 1,}", "a.json:1: "},
    {"{\"a\": 01}", "a.json:1: "},
    {"{\"a\": 9223372036854775808}", "too big integer"},
    {"{\"a\": 1e999}", "real number overflow"},
    {"{\"a\": \"\\u0000\"}", "\\u0000"},
    {"{\"a\": \"\xff\"}", "unable to decode byte 0xff"},
    {"{\"a\": \"\n\"}", "unexpected newline"},
    {"{\"a\": NaN}", "a.json:1: "},
};

START_TEST(refuses_what_is_no_object)
{
    struct err err = {0};
    ck_assert_ptr_null(parse(refused[_i].text, &err));
    assert_error(&err, ERR_INVALID, refused[_i].why);
}
END_TEST

/* Each level is a call of the library's parser: it has to end long before the stack does. */
START_TEST(refuses_what_is_nested_too_deep)
{
    struct err err = {0};
    auto_release(buf) struct buf text = {0};
    buf_addf(&text, "{\"a\": ");
    for (int i = 0; i < 100000; i++) {
        buf_addf(&text, "[");
    }
    ck_assert_ptr_null(parse(buf_text(&text), &err));
    assert_error(&err, ERR_INVALID, "maximum parsing depth reached");
}
END_TEST

START_TEST(gives_values_by_their_kind)
{
    struct err err = {0};
    uint64_t number = 7;
    struct doc *doc = parse("{\"n\": 3, \"less\": -1, \"real\": 1.5, \"yes\": true, \"list\": [\"x\", 2]}", &err);
    assert_no_error(&err);
    ck_assert(doc_get_number(doc, "n", &number));
    ck_assert_uint_eq(number, 3);
    ck_assert(!doc_get_number(doc, "less", &number));
    ck_assert(!doc_get_number(doc, "real", &number));
    ck_assert(!doc_get_number(doc, "none", &number));
    ck_assert_uint_eq(number, 3);
    ck_assert(doc_get_bool(doc, "yes"));
    ck_assert(!doc_get_bool(doc, "n"));
    ck_assert_ptr_null(doc_get_text(doc, "n"));
    ck_assert_uint_eq(doc_count(doc_get(doc, "list")), 2);
    ck_assert_uint_eq(doc_count(doc_get(doc, "n")), 0);
    ck_assert_ptr_null(doc_at(doc_get(doc, "list"), 2));
    ck_assert_ptr_null(doc_get(doc_get(doc, "list"), "x"));
    doc_free(doc);
}
END_TEST

START_TEST(keeps_order_and_any_bytes)
{
    struct err err = {0};
    struct doc *doc = doc_object();
    doc_put_text(doc, "z", "first");
    doc_put_text(doc, "a", "not UTF-8: \xff");
    doc_put_text(doc, "none", NULL);
    auto_free char *text = doc_print(doc);
    doc_free(doc);
    doc = parse(text, &err);
    assert_no_error(&err);
    auto_release(strlist) struct strlist keys = {0};
    doc_keys(doc, &keys);
    ck_assert_uint_eq(keys.count, 2);
    ck_assert_str_eq(keys.item[0], "z");
    auto_free char *bytes = doc_get_text(doc, "a");
    ck_assert_str_eq(bytes, "not UTF-8: \xff");
    doc_free(doc);
}
END_TEST

static Suite *doc_suite(void)
{
    Suite *suite = suite_create("doc");
    TCase *read = tcase_create("read");
    tcase_add_loop_test(read, refuses_what_is_no_object, 0, ROWS(refused));
    tcase_add_test(read, refuses_what_is_nested_too_deep);
    tcase_add_test(read, gives_values_by_their_kind);
    tcase_add_test(read, keeps_order_and_any_bytes);
    suite_add_tcase(suite, read);
    return suite;
}

int main(void)
{
    return unit_run(doc_suite());
}
