/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/mem: memory or a clean stop with 125. */
#include "base/mem.h"

#include <stdint.h>

#include "unit.h"

START_TEST(gives_memory_for_nothing_too)
{
    free(xmalloc(0));
    free(xcalloc(0, 0));
    free(xrealloc(NULL, 0));
    auto_free char *text = xasprintf("%s %d", "a", 7);
    ck_assert_str_eq(text, "a 7");
    auto_free char *part = xstrndup("abcdef", 3);
    ck_assert_str_eq(part, "abc");
}
END_TEST

START_TEST(stops_when_a_product_overflows)
{
    free(xreallocarray(NULL, SIZE_MAX / 2, 3));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mem");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, gives_memory_for_nothing_too);
    tcase_add_exit_test(core, stops_when_a_product_overflows, 125);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
