/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/buf: a growable byte string. */
#include "base/buf.h"

#include "unit.h"

START_TEST(is_a_text_while_empty)
{
    auto_release(buf) struct buf buf = {0};
    ck_assert_str_eq(buf_text(&buf), "");
    buf_add(&buf, NULL, 0);
    ck_assert_str_eq(buf_text(&buf), "");
    ck_assert_uint_eq(buf.length, 0);
}
END_TEST

START_TEST(keeps_every_byte_while_it_grows)
{
    auto_release(buf) struct buf buf = {0};
    for (unsigned i = 0; i < 100000; i++) {
        unsigned char byte = (unsigned char)i;
        buf_add(&buf, &byte, 1);
        ck_assert_int_eq(buf.bytes[buf.length], '\0');
    }
    ck_assert_uint_eq(buf.length, 100000);
    for (unsigned i = 0; i < 100000; i++) {
        ck_assert_uint_eq((unsigned char)buf.bytes[i], (unsigned char)i);
    }
}
END_TEST

START_TEST(formats_longer_than_its_room)
{
    auto_release(buf) struct buf buf = {0};
    static char text[5000];
    memset(text, 'y', sizeof(text) - 1);
    buf_addf(&buf, "%d-%s", 7, text);
    buf_addf(&buf, "%s", "");
    ck_assert_uint_eq(buf.length, 2 + sizeof(text) - 1);
    ck_assert_int_eq(strncmp(buf_text(&buf), "7-yyy", 5), 0);
}
END_TEST

START_TEST(clears_and_is_used_again)
{
    auto_release(buf) struct buf buf = {0};
    buf_clear(&buf);
    buf_add_text(&buf, "first");
    buf_clear(&buf);
    ck_assert_str_eq(buf_text(&buf), "");
    buf_add_text(&buf, "second");
    ck_assert_str_eq(buf_text(&buf), "second");
}
END_TEST

START_TEST(hands_its_bytes_over)
{
    struct buf buf = {0};
    auto_free char *empty = buf_take(&buf);
    ck_assert_str_eq(empty, "");
    buf_add_text(&buf, "mine");
    auto_free char *text = buf_take(&buf);
    ck_assert_str_eq(text, "mine");
    ck_assert_uint_eq(buf.length, 0);
    buf_release(&buf);
    buf_release(&buf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, is_a_text_while_empty);
    tcase_add_test(core, keeps_every_byte_while_it_grows);
    tcase_add_test(core, formats_longer_than_its_room);
    tcase_add_test(core, clears_and_is_used_again);
    tcase_add_test(core, hands_its_bytes_over);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
