/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/walk: paths through a tree that is only a table. */
#include "base/walk.h"

#include "unit.h"

static const struct {
    const char *path;
    enum walk_kind kind;
    const char *target;
} places[] = {
    {"", WALK_DIRECTORY, NULL},
    {"bin", WALK_LINK, "usr/bin"},
    {"up", WALK_LINK, "../../usr/./bin/../lib"},
    {"top", WALK_LINK, "/"},
    {"loop", WALK_LINK, "loop"},
    {"long", WALK_LINK, "/usr/lib/to-tool"},
    {"empty", WALK_LINK, ""},
    {"dangling", WALK_LINK, "usr/gone"},
    {"usr", WALK_DIRECTORY, NULL},
    {"usr/bin", WALK_DIRECTORY, NULL},
    {"usr/bin/tool", WALK_OTHER, NULL},
    {"usr/lib", WALK_DIRECTORY, NULL},
    {"usr/lib/to-tool", WALK_LINK, "../bin/tool"},
    {"dev", WALK_OUTSIDE, NULL},
};

static enum walk_kind look(const struct walk_tree *tree, const char *below, struct buf *ret_target)
{
    (void)tree;
    for (size_t i = 0; i < ROWS(places); i++) {
        if (strcmp(places[i].path, below) == 0) {
            if (places[i].target != NULL) {
                buf_add_text(ret_target, places[i].target);
            }
            return places[i].kind;
        }
    }
    return WALK_ABSENT;
}

static const struct {
    const char *path;
    bool follow;
    enum walk_kind kind;
    const char *below;
} walks[] = {
    {"/", true, WALK_DIRECTORY, ""},
    {"", true, WALK_DIRECTORY, ""},
    {"/usr/bin/tool", true, WALK_OTHER, "usr/bin/tool"},
    {"usr//bin/./tool", true, WALK_OTHER, "usr/bin/tool"},
    {"/bin/tool", true, WALK_OTHER, "usr/bin/tool"},
    {"/bin/../lib/to-tool", true, WALK_OTHER, "usr/bin/tool"}, /* beside where the link leads, not beside the link */
    {"/bin/../lib/to-tool", false, WALK_LINK, "usr/lib/to-tool"},
    {"/long", true, WALK_OTHER, "usr/bin/tool"},
    {"/up/to-tool", true, WALK_OTHER, "usr/bin/tool"},
    {"/top/top/bin", true, WALK_DIRECTORY, "usr/bin"},
    {"/top/top/bin", false, WALK_LINK, "bin"},
    {"/bin/", false, WALK_DIRECTORY, "usr/bin"},
    {"/../../usr", true, WALK_DIRECTORY, "usr"},
    {"/usr/bin/tool/", true, WALK_ABSENT, ""},
    {"/usr/bin/tool/..", true, WALK_ABSENT, ""},
    {"/loop", true, WALK_ABSENT, ""},
    {"/empty", true, WALK_ABSENT, ""},
    {"/dangling", true, WALK_ABSENT, ""},
    {"/dangling", false, WALK_LINK, "dangling"},
    {"/gone/..", true, WALK_ABSENT, ""},
    {"/dev/null", true, WALK_OUTSIDE, ""},
    {"/dev/../usr", true, WALK_OUTSIDE, ""},
};

START_TEST(leads_where_the_kernel_would)
{
    struct walk_tree tree = {.look = look};
    auto_release(buf) struct buf below = {0};
    ck_assert_int_eq(walk_path(&tree, walks[_i].path, walks[_i].follow, &below), walks[_i].kind);
    ck_assert_str_eq(buf_text(&below), walks[_i].below);
    ck_assert_int_eq(walk_path(&tree, walks[_i].path, walks[_i].follow, NULL), walks[_i].kind);
}
END_TEST

static Suite *walk_suite(void)
{
    Suite *suite = suite_create("walk");
    TCase *paths = tcase_create("paths");
    tcase_add_loop_test(paths, leads_where_the_kernel_would, 0, ROWS(walks));
    suite_add_tcase(suite, paths);
    return suite;
}

int main(void)
{
    return unit_run(walk_suite());
}
