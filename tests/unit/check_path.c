/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/path: questions about path text. */
#include "base/path.h"

#include "unit.h"

static const char *const clean[] = {
    "a", "a/b/c", "...", "..a/b..", ".hidden", "with space/and\ttab", "\xff",
};

static const char *const unclean[] = {
    "", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/./b", "a/..", "../a", "a/../../b",
};

START_TEST(accepts_clean_paths)
{
    ck_assert(path_is_clean(clean[_i]));
}
END_TEST

START_TEST(refuses_paths_that_could_lead_out)
{
    ck_assert(!path_is_clean(unclean[_i]));
}
END_TEST

START_TEST(limits_a_component_to_name_max)
{
    char name[258] = "a/";
    memset(name + 2, 'x', 255);
    ck_assert(path_is_clean(name));
    char longer[259] = "a/";
    memset(longer + 2, 'x', 256);
    ck_assert(!path_is_clean(longer));
}
END_TEST

static const struct {
    const char *path, *parent;
    bool under;
} unders[] = {
    {"/data", "/data", true}, {"/data/x", "/data", true}, {"/data-evil", "/data", false}, {"/dat", "/data", false},
    {"/", "/", true},         {"/x", "/", true},          {"/data", "/data/x", false},    {"/dat/a", "/data", false},
};

START_TEST(compares_by_components)
{
    ck_assert_int_eq(path_is_under(unders[_i].path, unders[_i].parent), unders[_i].under);
}
END_TEST

static const struct {
    const char *base, *path, *normal;
} normals[] = {
    {"/w", "a", "/w/a"},         {"/w", "/a", "/a"},          {"/w", "", "/w"},         {"/w", ".", "/w"},
    {"/w", "..", "/"},           {"/w/x", "../y", "/w/y"},    {"/", "..", "/"},         {"/w", "../../..", "/"},
    {"/w", "//a///b//", "/a/b"}, {"/w", "./a/./b", "/w/a/b"}, {"/w", "a/../b", "/w/b"}, {"/", "", "/"},
    {"/w", "...", "/w/..."},
};

START_TEST(makes_paths_absolute_and_normal)
{
    auto_free char *normal = path_normal(normals[_i].base, normals[_i].path);
    ck_assert_str_eq(normal, normals[_i].normal);
}
END_TEST

START_TEST(takes_paths_apart)
{
    ck_assert_str_eq(path_base("/a/b"), "b");
    ck_assert_str_eq(path_base("b"), "b");
    ck_assert_str_eq(path_base("/"), "/");
    ck_assert_str_eq(path_below("/a/b/c", "/a"), "b/c");
    ck_assert_str_eq(path_below("/a", "/a"), "");
    ck_assert_str_eq(path_below("/a/b", "/"), "a/b");
    ck_assert_str_eq(path_below("/", "/"), "");
}
END_TEST

static const char *const names[] = {
    "samtools-1.11", "_x", "7zip", "r-4.3.1+dfsg", "A",
};

static const char *const not_names[] = {
    "", ".hidden", "-option", "+x", "a/b", "a..b", "a b", "a\n", "gr\xc3\xbc\xc3\x9f", "a:b",
};

START_TEST(accepts_names)
{
    ck_assert(path_is_name(names[_i]));
}
END_TEST

START_TEST(refuses_names_that_mean_something_else)
{
    ck_assert(!path_is_name(not_names[_i]));
}
END_TEST

START_TEST(limits_a_name_to_128_bytes)
{
    char name[130] = {0};
    memset(name, 'n', 128);
    ck_assert(path_is_name(name));
    name[128] = 'n';
    ck_assert(!path_is_name(name));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("path");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, accepts_clean_paths, 0, ROWS(clean));
    tcase_add_loop_test(core, refuses_paths_that_could_lead_out, 0, ROWS(unclean));
    tcase_add_loop_test(core, compares_by_components, 0, ROWS(unders));
    tcase_add_loop_test(core, makes_paths_absolute_and_normal, 0, ROWS(normals));
    tcase_add_test(core, takes_paths_apart);
    tcase_add_loop_test(core, accepts_names, 0, ROWS(names));
    tcase_add_loop_test(core, refuses_names_that_mean_something_else, 0, ROWS(not_names));
    suite_add_tcase(suite, core);
    TCase *limits = tcase_create("Limits");
    tcase_add_test(limits, limits_a_component_to_name_max);
    tcase_add_test(limits, limits_a_name_to_128_bytes);
    suite_add_tcase(suite, limits);
    return unit_run(suite);
}
