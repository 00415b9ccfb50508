/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/places: to which part of a plan a path inside belongs. */
#include "run/places.h"

#include "base/mem.h"
#include "unit.h"

static struct plan plan;
static struct places places;

/* As places_learn() leaves it: /data is a link of the image to /srv/data. */
static void begin(void)
{
    static const char *const real[] = {"/proc",           "/tmp",      "/workspace", "/srv/data", "/workspace/.sciwrap",
                                       "/workspace/deep", "/etc/hosts"};
    plan = (struct plan){.scratch = xstrdup("/host/scratch/run.1")};
    plan_add_mount(&plan, PLAN_PROC, "/proc");
    plan_add_bind(&plan, "/host/scratch/run.1/tmp", "/tmp", false);
    plan_add_bind(&plan, "/home/me/work", "/workspace", false);
    plan_add_bind(&plan, "/big/data", "/data", true);
    plan_add_mount(&plan, PLAN_TMPFS, "/workspace/.sciwrap");
    plan_add_bind(&plan, "/else/where", "/workspace/deep", true);
    plan_add_file(&plan, "/etc/hosts", "127.0.0.1 localhost\n");
    ck_assert_uint_eq(plan.mount_count, ROWS(real));
    places = (struct places){.plan = &plan, .real = xcalloc(ROWS(real) + 1, sizeof(char *))};
    for (size_t i = 0; i < ROWS(real); i++) {
        places.real[i] = xstrdup(real[i]);
    }
}

static void end(void)
{
    places_release(&places);
    places_release(&places);
    plan_release(&plan);
}

static const struct {
    const char *path;
    enum place_kind kind;
    bool writable;
    const char *host;
} rows[] = {
    {"/usr/bin/sh", PLACE_ROOTFS, false, ""},
    {"/", PLACE_ROOTFS, false, ""},
    {"/data/x", PLACE_ROOTFS, false, ""}, /* the link's own name is the image's */
    {"/workspac", PLACE_ROOTFS, false, ""},
    {"/workspaces/x", PLACE_ROOTFS, false, ""},
    {"/tmpfile", PLACE_ROOTFS, false, ""},
    {"/proc/1/status", PLACE_MADE, true, ""},
    {"/tmp", PLACE_PRIVATE, true, ""},
    {"/tmp/x", PLACE_PRIVATE, true, ""},
    {"/workspace", PLACE_HOST, true, "/home/me/work"},
    {"/workspace/a/b", PLACE_HOST, true, "/home/me/work/a/b"},
    {"/workspace/\xff\n", PLACE_HOST, true, "/home/me/work/\xff\n"},
    {"/srv/data", PLACE_HOST, false, "/big/data"},
    {"/srv/data/x", PLACE_HOST, false, "/big/data/x"},
    {"/srv/database", PLACE_ROOTFS, false, ""},
    {"/workspace/.sciwrap/runs", PLACE_MADE, true, ""}, /* what covers a part of another mount */
    {"/workspace/.sciwrapper", PLACE_HOST, true, "/home/me/work/.sciwrapper"},
    {"/workspace/deep/x", PLACE_HOST, false, "/else/where/x"},
    {"/etc/hosts", PLACE_MADE, false, ""},
    {"", PLACE_MADE, false, ""}, /* nowhere */
};

START_TEST(each_path_has_its_place)
{
    struct place place;
    memset(&place, 0x55, sizeof(place));
    places_find(&places, rows[_i].path, &place);
    ck_assert_msg(place.kind == rows[_i].kind, "'%s' is of kind %d", rows[_i].path, (int)place.kind);
    ck_assert_msg(place.writable == rows[_i].writable, "'%s' is %swritable", rows[_i].path,
                  place.writable ? "" : "not ");
    if (place.kind == PLACE_HOST) {
        ck_assert_str_eq(place.host, rows[_i].host);
        ck_assert_ptr_nonnull(strstr(place.host, plan.mount[place.mount].source));
    } else {
        ck_assert_str_eq(place.host, "");
    }
}
END_TEST

START_TEST(the_later_of_two_mounts_covers_the_earlier)
{
    struct place place;
    plan_add_bind(&plan, "/third", "/workspace", true);
    places.real = xreallocarray(places.real, plan.mount_count + 1, sizeof(char *));
    places.real[plan.mount_count - 1] = xstrdup("/workspace");
    places_find(&places, "/workspace/x", &place);
    ck_assert_str_eq(place.host, "/third/x");
    ck_assert(!place.writable);
}
END_TEST

START_TEST(a_writable_layer_makes_the_rootfs_writable)
{
    struct place place;
    plan.writable = true;
    places_find(&places, "/usr/bin/sh", &place);
    ck_assert(place.kind == PLACE_ROOTFS && place.writable);
    places_find(&places, "/srv/data/x", &place);
    ck_assert(place.kind == PLACE_HOST && !place.writable);
}
END_TEST

START_TEST(before_anything_was_learnt_all_is_the_rootfs)
{
    struct places none = {.plan = &plan};
    struct place place;
    places_find(&none, "/workspace/x", &place);
    ck_assert(place.kind == PLACE_ROOTFS);
    places_release(&none);
}
END_TEST

static Suite *places_suite(void)
{
    Suite *suite = suite_create("places");
    TCase *find = tcase_create("find");
    tcase_add_checked_fixture(find, begin, end);
    tcase_add_loop_test(find, each_path_has_its_place, 0, ROWS(rows));
    tcase_add_test(find, the_later_of_two_mounts_covers_the_earlier);
    tcase_add_test(find, a_writable_layer_makes_the_rootfs_writable);
    tcase_add_test(find, before_anything_was_learnt_all_is_the_rootfs);
    suite_add_tcase(suite, find);
    return suite;
}

int main(void)
{
    return unit_run(places_suite());
}
