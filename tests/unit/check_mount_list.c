/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of sandbox/mount_list: which mount a path leads to, by the points of mountinfo (kernels before 5.8), beside
 * what statx(2) says on this one. */
#include "sandbox/mount_list.h"

#include "unit.h"

struct row {
    uint64_t id;
    uint64_t parent;
    const char *point;
};

/* The mount that the path leads to among these rows; 0: none. */
static uint64_t among(const struct row *row, size_t rows, const char *path)
{
    struct mount_seen seen[16] = {0};
    char point[16][16];
    ck_assert_uint_le(rows, 16);
    for (size_t i = 0; i < rows; i++) {
        snprintf(point[i], sizeof(point[i]), "%s", row[i].point);
        seen[i] = (struct mount_seen){.id = row[i].id, .parent = row[i].parent, .point = point[i]};
    }
    struct mount_list list = {.item = seen, .count = rows};
    const struct mount_seen *found = mount_list_walk(&list, path);
    return found != NULL ? found->id : 0;
}

static uint64_t at(const char *path)
{
    static const struct row rows[] = {
        {40, 12, "/"},      /* what pivot_root(2) left; 12 is out of reach */
        {41, 40, "/tmp"},   /* covered by 45 */
        {42, 41, "/tmp/a"}, /* covered with it */
        {43, 40, "/dev"},   /* the last one listed is not on top: they were moved */
        {45, 41, "/tmp"},   {46, 45, "/tmp/b"}, {47, 48, "/dev"},
        {48, 43, "/dev"},   {49, 40, "/x y/z"}, /* its folder is no mount */
    };
    return among(rows, ROWS(rows), path);
}

START_TEST(walks_as_the_kernel)
{
    ck_assert_uint_eq(at("/"), 40);
    ck_assert_uint_eq(at("/tmp"), 45);
    ck_assert_uint_eq(at("/tmp/b"), 46);
    ck_assert_uint_eq(at("/dev"), 47);
    ck_assert_uint_eq(at("/x y/z"), 49);
}
END_TEST

START_TEST(finds_nothing_where_nothing_is)
{
    ck_assert_uint_eq(at("/tmp/a"), 0);
    ck_assert_uint_eq(at("/tmp/b/c"), 0);
    ck_assert_uint_eq(at("/x y"), 0);
    ck_assert_uint_eq(at("/x"), 0);
    ck_assert_uint_eq(at("/devices"), 0);
}
END_TEST

/* One lies on the other: no list of the kernel's is so, and it must not be walked for ever. */
START_TEST(ends_with_a_circle)
{
    static const struct row circle[] = {{1, 9, "/"}, {2, 1, "/"}, {3, 2, "/"}, {2, 3, "/"}};
    ck_assert_uint_ne(among(circle, ROWS(circle), "/"), 0);
}
END_TEST

START_TEST(agrees_with_this_kernel)
{
    struct mount_list here = {0};
    struct err err = {0};
    ck_assert_int_eq(mount_list_read(&here, &err), 0);
    ck_assert_ptr_nonnull(mount_list_at(&here, "/proc"));
    ck_assert_ptr_null(mount_list_at(&here, "/proc/self/fdinfo"));
    mount_list_release(&here);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mount_list");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, walks_as_the_kernel);
    tcase_add_test(core, finds_nothing_where_nothing_is);
    tcase_add_test(core, ends_with_a_circle);
    tcase_add_test(core, agrees_with_this_kernel);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
