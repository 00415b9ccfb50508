/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/scan: what the JSON library accepts is accepted and means the same, and no part of a document passes for
 * a whole one. */
#include "run/scan.h"

#include <stddef.h>

#include "base/doc.h"
#include "unit.h"

static const char *const accepted[] = {
    "{}",
    " \t\r\n{ } \n",
    "{\"a\":1}",
    "{\"a\":[],\"b\":{},\"c\":[1,2,[3,{\"d\":null}]],\"e\":-1.5e+10}",
    "{\"a\":true,\"b\":false,\"c\":null,\"d\":\"\"}",
    "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"}",
    "{\"a\":\"caf\xc3\xa9 \xf0\x9f\x98\x80 and more than eight bytes\"}",
    "{\"a\":\"0123456789012345678901234567890123456789\\\"0123456789\"}",
    "{\"\\u0061\":1,\"\":2}",
    "{\"a\":\"\x7f\"}",
};

static const char *const refused[] = {
    "",
    " ",
    "{",
    "}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\" 1}",
    "{a:1}",
    "{\"a\":[1,]}",
    "{\"a\":[1 2]}",
    "{\"a\":[1}",
    "{\"a\":1]",
    "{\"a\":tru}",
    "{\"a\":\"x}",
    "{\"a\":\"x\\\"}",
    "{\"a\":\"\n\"}",
    "{\"a\":\"01234567\n89\"}",
    "{\"a\":\"\xff\"}",
    "{\"a\":\"0123456\xff\"}",
    "{\"a\":\"\xed\xa0\x80\"}",
    "{} {}",
    "{}}",
    "{}x",
};

static bool skips_whole(const char *text, size_t length)
{
    struct scan scan = scan_of(text, length);
    scan_skip(&scan);
    return scan_whole(&scan);
}

START_TEST(accepts_what_the_library_accepts)
{
    struct err err = {0};
    struct doc *doc = doc_parse("x", accepted[_i], strlen(accepted[_i]), &err);
    ck_assert_msg(doc != NULL, "%s", err.text);
    ck_assert_msg(skips_whole(accepted[_i], strlen(accepted[_i])), "%s", accepted[_i]);
    doc_free(doc);
}
END_TEST

START_TEST(refuses_what_is_not_whole)
{
    struct err err = {0};
    ck_assert_ptr_null(doc_parse("x", refused[_i], strlen(refused[_i]), &err));
    ck_assert_msg(!skips_whole(refused[_i], strlen(refused[_i])), "%s", refused[_i]);
}
END_TEST

START_TEST(no_beginning_of_a_document_is_one)
{
    const char *text = accepted[_i];
    size_t last = strlen(text);
    while (text[last - 1] != '}') { /* space after the end may be lost */
        last--;
    }
    for (size_t length = 0; length < last; length++) {
        auto_free char *cut = strndup(text, length);
        ck_assert_msg(!skips_whole(cut, length), "%s", cut);
    }
}
END_TEST

START_TEST(zeros_anywhere_are_seen)
{
    for (size_t i = 0; i < strlen(accepted[_i]); i++) {
        auto_free char *holed = strdup(accepted[_i]);
        holed[i] = '\0';
        ck_assert_msg(!skips_whole(holed, strlen(accepted[_i])), "%s at %zu", accepted[_i], i);
    }
}
END_TEST

struct found {
    struct buf text, encoded, other;
    uint64_t number;
    uint64_t called;
    bool flag;
};

static void call(struct scan *scan, void *object)
{
    struct found *found = object;
    ck_assert(scan_array(scan));
    while (scan_element(scan)) {
        uint64_t number = 0;
        found->called += scan_number(scan, &number) ? number : 1000;
    }
}

static const struct scan_field fields[] = {
    {.key = "text", .take = SCAN_TEXT, .place = offsetof(struct found, text)},
    {.key = "encoded", .take = SCAN_TEXT, .place = offsetof(struct found, encoded)},
    {.key = "other", .take = SCAN_TEXT, .place = offsetof(struct found, other)},
    {.key = "number", .take = SCAN_NUMBER, .place = offsetof(struct found, number)},
    {.key = "flag", .take = SCAN_BOOL, .place = offsetof(struct found, flag)},
    {.key = "call", .take = SCAN_CALL, .call = call},
    {0},
};

static void release(struct found *found)
{
    buf_release(&found->text);
    buf_release(&found->encoded);
    buf_release(&found->other);
}

START_TEST(takes_what_is_wanted)
{
    static const char text[] =
        "{\"skipped\": {\"text\": \"no\", \"deep\": [[[{\"number\": 5}]]]}, \"t\\u0065xt\": "
        "\"a\\u20acb\\ud83d\\ude00\\n\","
        " \"number\": 9223372036854775807, \"encoded\": {\"x\": [1], \"base64\": \"Y2Fm6Q==\"}, \"flag\": true,"
        " \"call\": [1, [2], \"3\", 4.5, -1, 20]}";
    struct found found = {0};
    struct scan scan = scan_of(text, strlen(text));
    scan_fields(&scan, fields, &found);
    ck_assert(scan_whole(&scan));
    ck_assert_str_eq(buf_text(&found.text), "a\xe2\x82\xac"
                                            "b\xf0\x9f\x98\x80\n");
    ck_assert_str_eq(buf_text(&found.encoded), "caf\xe9");
    ck_assert_uint_eq(found.number, INT64_MAX);
    ck_assert(found.flag);
    ck_assert_uint_eq(found.called, 4021);
    release(&found);
}
END_TEST

START_TEST(what_is_of_another_kind_changes_nothing)
{
    static const char text[] =
        "{\"text\": 1, \"encoded\": {\"base64\": \"YQBi\"}, \"other\": [\"x\"], \"number\": \"5\", \"flag\": 1}";
    struct found found = {.number = 7};
    struct scan scan = scan_of(text, strlen(text));
    buf_add_text(&found.text, "kept");
    scan_fields(&scan, fields, &found);
    ck_assert(scan_whole(&scan));
    ck_assert_str_eq(buf_text(&found.text), "kept");
    ck_assert_str_eq(buf_text(&found.encoded), "");
    ck_assert_str_eq(buf_text(&found.other), "");
    ck_assert_uint_eq(found.number, 7);
    ck_assert(!found.flag);
    release(&found);
}
END_TEST

/* Escapes that stand for no text of ours: a NUL, half a pair. */
static const char *const no_text[] = {"{\"text\":\"\\u0000\"}", "{\"text\":\"\\ud83d\"}",
                                      "{\"text\":\"\\ude00\"}", "{\"text\":\"\\ud83d\\u0041\"}",
                                      "{\"text\":\"\\u12g4\"}", "{\"text\":\"\\x\"}"};

START_TEST(refuses_escapes_that_are_no_text)
{
    struct err err = {0};
    struct found found = {0};
    struct scan scan = scan_of(no_text[_i], strlen(no_text[_i]));
    scan_fields(&scan, fields, &found);
    ck_assert(!scan_whole(&scan));
    ck_assert_ptr_null(doc_parse("x", no_text[_i], strlen(no_text[_i]), &err));
    release(&found);
}
END_TEST

START_TEST(depth_is_limited_and_costs_no_stack)
{
    enum { DEEP = 100000 };
    auto_release(buf) struct buf text = {0};
    for (int i = 0; i < DEEP; i++) {
        buf_add_text(&text, "[");
    }
    ck_assert(!skips_whole(buf_text(&text), text.length));
    buf_clear(&text);
    for (int i = 0; i < SCAN_DEEPEST; i++) {
        buf_add_text(&text, "[");
    }
    for (int i = 0; i < SCAN_DEEPEST; i++) {
        buf_add_text(&text, "]");
    }
    ck_assert(skips_whole(buf_text(&text), text.length));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, accepts_what_the_library_accepts, 0, ROWS(accepted));
    tcase_add_test(core, takes_what_is_wanted);
    tcase_add_test(core, what_is_of_another_kind_changes_nothing);
    tcase_add_test(core, depth_is_limited_and_costs_no_stack);
    suite_add_tcase(suite, core);
    TCase *refuses = tcase_create("Refuses");
    tcase_add_loop_test(refuses, refuses_what_is_not_whole, 0, ROWS(refused));
    tcase_add_loop_test(refuses, no_beginning_of_a_document_is_one, 0, ROWS(accepted));
    tcase_add_loop_test(refuses, zeros_anywhere_are_seen, 0, ROWS(accepted));
    tcase_add_loop_test(refuses, refuses_escapes_that_are_no_text, 0, ROWS(no_text));
    suite_add_tcase(suite, refuses);
    return unit_run(suite);
}
