/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/mirror: where bytes are looked for, and in which order. */
#include "supply/mirror.h"

#include "base/buf.h"
#include "unit.h"

/* The digest 000...0. */
#define HEX  "0000000000000000000000000000000000000000000000000000000000000000"
#define LEAF "/sha256/" HEX

static const struct {
    const char *mirrors, *first; /* the variables */
    const char *order;           /* M: a mirror's, O: the item's own; folder, server */
} accepted[] = {
    {NULL, NULL, "O:/own O:https://host/f "},
    {"", NULL, "O:/own O:https://host/f "},
    {" \n\t", "yes", "O:/own O:https://host/f "},
    {"/cache", NULL, "M:/cache" LEAF " O:/own O:https://host/f "},
    {"/cache/ //", NULL, "M:/cache" LEAF " M:" LEAF " O:/own O:https://host/f "},
    {"https://a/x/ /c http://b/1\tfile:///d%20e", NULL,
     "M:/c" LEAF " M:file:///d%20e" LEAF " O:/own O:https://host/f M:https://a/x" LEAF " M:http://b/1" LEAF " "},
    {"https://a /c http://b", "yes", "M:/c" LEAF " M:https://a" LEAF " M:http://b" LEAF " O:/own O:https://host/f "},
    {"https://a /c", "no", "M:/c" LEAF " O:/own O:https://host/f M:https://a" LEAF " "},
};

static void set(const char *name, const char *value)
{
    if (value == NULL) {
        unsetenv(name);
    } else {
        setenv(name, value, 1);
    }
}

START_TEST(orders_places)
{
    struct err err = {0};
    struct digest digest = {0};
    struct strlist own = {0};
    struct mirror_order order = {0};
    auto_release(buf) struct buf text = {0};
    set("SCIWRAP_MIRRORS", accepted[_i].mirrors);
    set("SCIWRAP_MIRRORS_FIRST", accepted[_i].first);
    strlist_add(&own, "/own");
    strlist_add(&own, "https://host/f");
    ck_assert_msg(mirror_order(&own, &digest, &order, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < order.from.count; i++) {
        buf_addf(&text, "%c:%s ", mirror_is_one(&order, i) ? 'M' : 'O', order.from.item[i]);
    }
    ck_assert_str_eq(buf_text(&text), accepted[_i].order);
    mirror_order_release(&order);
    strlist_release(&own);
}
END_TEST

START_TEST(has_the_name_that_it_was_given)
{
    struct err err = {0};
    struct digest digest = {0};
    struct strlist own = {0};
    struct mirror_order order = {0};
    set("SCIWRAP_MIRRORS", "https://cache.example.org/sciwrap/");
    ck_assert_int_eq(mirror_order(&own, &digest, &order, &err), 0);
    ck_assert_uint_eq(order.from.count, 1);
    auto_free char *name = mirror_name(&order, 0);
    ck_assert_str_eq(name, "https://cache.example.org/sciwrap");
    mirror_order_release(&order);
}
END_TEST

static const char *const refused[] = {"cache", "./cache", "/a cache", "ftp://a", "file://host/a", "oci://a"};

START_TEST(refuses_places)
{
    struct err err = {0};
    struct digest digest = {0};
    struct strlist own = {0};
    struct mirror_order order = {.own = 7};
    set("SCIWRAP_MIRRORS", refused[_i]);
    ck_assert_int_eq(mirror_order(&own, &digest, &order, &err), -1);
    assert_error(&err, ERR_USAGE, "SCIWRAP_MIRRORS: '");
    ck_assert_uint_eq(order.own, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mirror");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, orders_places, 0, ROWS(accepted));
    tcase_add_test(core, has_the_name_that_it_was_given);
    tcase_add_loop_test(core, refuses_places, 0, ROWS(refused));
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
