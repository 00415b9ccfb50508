/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of env/bundle_list: one text for the same files, and no other text accepted. */
#include "env/bundle_list.h"

#include "base/mem.h"
#include "unit.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

#define MANIFEST      A "  manifest.json\n"
#define DEFINITION    B "  definition.ini\n"
#define INPUT(hex)    hex "  inputs/" hex "\n"
#define OUTPUT(hex)   hex "  outputs/" hex "\n"
#define ARTIFACT(hex) hex "  artifact/" hex "\n"
#define LAYOUT        C "  artifact/oci-layout\n"
#define BLOB(hex)     hex "  artifact/blobs/sha256/" hex "\n"

static const char *const accepted[] = {
    "# sciwrap-bundle/1, 2 files, 0 bytes\n" MANIFEST DEFINITION,
    "# sciwrap-bundle/1, 3 files, 17 bytes\n" MANIFEST DEFINITION INPUT(A),
    "# sciwrap-bundle/1, 3 files, 1125899906842624 bytes\n" MANIFEST DEFINITION ARTIFACT(A),
    "# sciwrap-bundle/1, 6 files, 5 bytes\n" MANIFEST DEFINITION INPUT(A) INPUT(B) OUTPUT(C) ARTIFACT(A),
    "# sciwrap-bundle/1, 5 files, 5 bytes\n" MANIFEST DEFINITION LAYOUT BLOB(A) BLOB(B),
};

static const struct {
    const char *text;
    const char *wrong;
} refused[] = {
    {"", "one manifest"},
    {"# sciwrap-bundle/1, 0 files, 0 bytes\n", "one manifest"},
    {"# sciwrap-bundle/1, 1 files, 0 bytes\n" MANIFEST, "one manifest"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION LAYOUT, "one artifact or image"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION BLOB(A), "one artifact or image"},
    {"# sciwrap-bundle/1, 5 files, 0 bytes\n" MANIFEST DEFINITION ARTIFACT(A) LAYOUT BLOB(A), "one artifact or image"},
    {"# sciwrap-bundle/1, 5 files, 0 bytes\n" MANIFEST DEFINITION LAYOUT BLOB(B) BLOB(A), "order"},
    {"# sciwrap-bundle/1, 1 files, 0 bytes\n" DEFINITION, "one manifest"},
    {"# sciwrap-bundle/2, 2 files, 0 bytes\n" MANIFEST DEFINITION, "newer"},
    {"# sciwrap-bundle/10, 2 files, 0 bytes\n" MANIFEST DEFINITION, "newer"},
    {"# another/1, 2 files, 0 bytes\n" MANIFEST DEFINITION, "not the list"},
    {MANIFEST DEFINITION, "not the list"},
    {"# sciwrap-bundle/1, 2 files\n" MANIFEST DEFINITION, "how many bytes"},
    {"# sciwrap-bundle/1, 2 files, 00 bytes\n" MANIFEST DEFINITION, "order"},
    {"# sciwrap-bundle/1, 2 files, -1 bytes\n" MANIFEST DEFINITION, "no possible number"},
    {"# sciwrap-bundle/1, 2 files, 1125899906842625 bytes\n" MANIFEST DEFINITION, "no possible number"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION, "order"},
    {"# sciwrap-bundle/1, 2 files, 0 bytes \n" MANIFEST DEFINITION, "order"},
    {"# sciwrap-bundle/1, 2 files, 0 bytes\n" DEFINITION MANIFEST, "order"},
    {"# sciwrap-bundle/1, 4 files, 0 bytes\n" MANIFEST DEFINITION INPUT(B) INPUT(A), "order"},
    {"# sciwrap-bundle/1, 4 files, 0 bytes\n" MANIFEST DEFINITION INPUT(A) INPUT(A), "order"},
    {"# sciwrap-bundle/1, 4 files, 0 bytes\n" MANIFEST DEFINITION INPUT(A) OUTPUT(A), "order"},
    {"# sciwrap-bundle/1, 4 files, 0 bytes\n" MANIFEST DEFINITION ARTIFACT(A) ARTIFACT(B), "one manifest"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST MANIFEST DEFINITION, "one manifest"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION A "  inputs/" B "\n", "line 4"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION A "  inputs/../" A "\n", "line 4"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION A "  /inputs/" A "\n", "line 4"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION A "  inputs/" A "/x\n", "line 4"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION A "  inputs/\n", "line 4"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION A " *inputs/" A "\n", "line 4"},
    {"# sciwrap-bundle/1, 3 files, 0 bytes\n" MANIFEST DEFINITION "\n", "line 4"},
    {"# sciwrap-bundle/1, 2 files, 0 bytes\n" MANIFEST B "  definition.ini", "cut off"},
    {"# sciwrap-bundle/1, 2 files, 0 bytes\r\n" MANIFEST DEFINITION, "order"},
};

START_TEST(accepts)
{
    struct err err = {0};
    struct bundle_list list = {0};
    auto_release(buf) struct buf again = {0};
    const char *text = accepted[_i];
    ck_assert_msg(bundle_list_parse(&list, text, strlen(text), &err) == 0, "%s", err.text);
    assert_no_error(&err);
    bundle_list_format(&list, &again);
    ck_assert_str_eq(buf_text(&again), text);
    bundle_list_release(&list);
}
END_TEST

START_TEST(refuses)
{
    struct err err = {0};
    struct bundle_list list = {0};
    ck_assert_int_eq(bundle_list_parse(&list, refused[_i].text, strlen(refused[_i].text), &err), -1);
    assert_error(&err, ERR_INVALID, refused[_i].wrong);
    ck_assert_ptr_null(list.item);
}
END_TEST

START_TEST(refuses_a_nul_byte)
{
    struct err err = {0};
    struct bundle_list list = {0};
    char text[] = "# sciwrap-bundle/1, 2 files, 0 bytes.\n" MANIFEST DEFINITION;
    *strchr(text, '.') = '\0';
    ck_assert_int_eq(bundle_list_parse(&list, text, sizeof(text) - 1, &err), -1);
    assert_error(&err, ERR_INVALID, "order");
}
END_TEST

static struct digest digest_of(char c)
{
    char hex[DIGEST_HEX + 1] = "";
    struct digest digest;
    memset(hex, c, DIGEST_HEX);
    ck_assert(digest_from_hex(hex, &digest));
    return digest;
}

START_TEST(sorts_and_keeps_each_content_once)
{
    struct digest a = digest_of('a');
    struct digest b = digest_of('b');
    struct digest c = digest_of('c');
    struct bundle_list list = {.bytes = 9};
    auto_release(buf) struct buf text = {0};
    bundle_list_add(&list, BUNDLE_ARTIFACT, &c);
    bundle_list_add(&list, BUNDLE_OUTPUT, &a); /* an input that comes out again */
    bundle_list_add(&list, BUNDLE_OUTPUT, &c);
    bundle_list_add(&list, BUNDLE_INPUT, &b);
    bundle_list_add(&list, BUNDLE_INPUT, &a);
    bundle_list_add(&list, BUNDLE_INPUT, &b);
    bundle_list_add(&list, BUNDLE_DEFINITION, &b);
    bundle_list_add(&list, BUNDLE_MANIFEST, &a);
    bundle_list_sort(&list);
    bundle_list_format(&list, &text);
    ck_assert_str_eq(buf_text(&text), "# sciwrap-bundle/1, 6 files, 9 bytes\n" MANIFEST DEFINITION INPUT(A) INPUT(B)
                                          OUTPUT(C) ARTIFACT(C));
    ck_assert(bundle_list_has(&list, BUNDLE_INPUT, &a));
    ck_assert(!bundle_list_has(&list, BUNDLE_OUTPUT, &a));
    ck_assert(!bundle_list_has(&list, BUNDLE_INPUT, &c));
    bundle_list_release(&list);
    ck_assert(!bundle_list_has(&list, BUNDLE_INPUT, &a));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bundle_list");
    TCase *group = tcase_create("bundle_list");
    tcase_add_loop_test(group, accepts, 0, ROWS(accepted));
    tcase_add_loop_test(group, refuses, 0, ROWS(refused));
    tcase_add_test(group, refuses_a_nul_byte);
    tcase_add_test(group, sorts_and_keeps_each_content_once);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
