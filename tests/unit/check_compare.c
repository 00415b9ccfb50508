/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/compare: what counts as the same result, output by output. */
#include "run/compare.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "run/content.h"
#include "unit.h"

static struct unit_folder folder;
static struct manifest then, now;
static struct verdict_rules rules;
static struct strlist objects;
static struct comparison comparison;

static void begin(void)
{
    unit_folder_begin(&folder);
    ck_assert_int_eq(mkdirat(folder.fd, "then", 0700), 0);
    ck_assert_int_eq(mkdirat(folder.fd, "now", 0700), 0);
    then = (struct manifest){.circumstances.workdir = xasprintf("%s/then", folder.path)};
    now = (struct manifest){.circumstances.workdir = xasprintf("%s/now", folder.path)};
    then.setup.workdir = xstrdup("/workspace");
    now.setup.workdir = xstrdup("/workspace");
    rules = (struct verdict_rules){0};
    comparison = (struct comparison){0};
}

static void end(void)
{
    comparison_release(&comparison);
    manifest_release(&then);
    manifest_release(&now);
    verdict_rules_release(&rules);
    strlist_release(&objects);
    unit_folder_end(&folder);
}

/* An output with this content, which lies in the work directory of its run. */
static struct file_item *add(struct manifest *manifest, const char *path, const char *content)
{
    struct file_item *item = file_list_add(&manifest->outputs, path);
    auto_free char *name = xasprintf("%s/%s", manifest == &then ? "then" : "now", path_base(path));
    digest_bytes(content, strlen(content), &item->digest);
    item->has_digest = true;
    item->size = strlen(content);
    item->mode = 0644;
    item->change = FILE_CREATED;
    unit_write(&folder, name, content);
    return item;
}

static void add_both(const char *path, const char *was, const char *is)
{
    add(&then, path, was);
    add(&now, path, is);
}

static struct file_item *add_link(struct manifest *manifest, const char *path, const char *target)
{
    struct file_item *item = file_list_add(&manifest->outputs, path);
    item->type = FILE_LINK;
    item->change = FILE_CREATED;
    item->target = xstrdup(target);
    return item;
}

static void compare(void)
{
    const struct compare_options options = {.rules = &rules, .objects = &objects};
    compare_runs(&then, &now, &options, &comparison);
}

static void assert_item(size_t index, const char *path, enum verdict verdict, const char *detail)
{
    const struct comparison_item *item = &comparison.item[index];
    ck_assert_uint_gt(comparison.count, index);
    ck_assert_str_eq(item->path, path);
    ck_assert_msg(item->verdict == verdict, "%s: %s (%s)", path, verdict_name(item->verdict),
                  item->detail != NULL ? item->detail : "");
    if (detail == NULL) {
        ck_assert_msg(item->detail == NULL, "%s: %s", path, item->detail);
    } else {
        ck_assert_msg(item->detail != NULL && strstr(item->detail, detail) != NULL, "%s: no '%s' in: %s", path, detail,
                      item->detail != NULL ? item->detail : "");
    }
}

START_TEST(what_is_there_is_compared_by_content_and_mode)
{
    add_both("a-same", "1\n", "1\n");
    add_both("b-content", "1\n", "2\n");
    add(&then, "c-mode", "1");
    add(&now, "c-mode", "1")->mode = 0755;
    add(&then, "d-missing", "1");
    add(&now, "e-new", "1");
    add(&then, "f-stdout", "1")->role = xstrdup("stdout");
    struct file_item *redirected = add(&now, "f-stdout", "1");
    redirected->role = xstrdup("stdout");
    redirected->mode = 0600;
    /* How a change came about is no result: another way of recording, or a rename in the place of a copy. */
    add(&then, "g-change", "1")->change = FILE_RENAMED;
    add(&now, "g-change", "1")->change = FILE_MODIFIED;
    compare();
    ck_assert_uint_eq(comparison.count, 7);
    assert_item(0, "a-same", VERDICT_IDENTICAL, NULL);
    assert_item(1, "b-content", VERDICT_DIFFERENT, "line 1, column 1");
    assert_item(2, "c-mode", VERDICT_DIFFERENT, "mode 0755, was 0644");
    assert_item(3, "d-missing", VERDICT_MISSING, NULL);
    assert_item(4, "e-new", VERDICT_NEW, NULL);
    assert_item(5, "f-stdout", VERDICT_IDENTICAL, NULL);
    assert_item(6, "g-change", VERDICT_IDENTICAL, NULL);
    ck_assert_uint_eq(comparison.counts[VERDICT_IDENTICAL], 3);
    ck_assert_uint_eq(comparison.counts[VERDICT_DIFFERENT], 2);
    ck_assert(comparison.same_exit && !comparison_is_good(&comparison));
}
END_TEST

START_TEST(links_by_their_targets)
{
    add_link(&then, "a", "out.txt");
    add_link(&now, "a", "out.txt");
    add_link(&then, "b", "out.txt");
    add_link(&now, "b", "other.txt");
    auto_free char *was = xasprintf("%s/then/out.txt", folder.path);
    auto_free char *is = xasprintf("%s/now/out.txt", folder.path);
    add_link(&then, "c", was);
    add_link(&now, "c", is);
    add_link(&then, "d", "out.txt");
    add(&now, "d", "1");
    compare();
    assert_item(0, "a", VERDICT_IDENTICAL, NULL);
    assert_item(1, "b", VERDICT_DIFFERENT, "a link to 'other.txt', was to 'out.txt'");
    assert_item(2, "c", VERDICT_NORMALISED, "work paths");
    assert_item(3, "d", VERDICT_DIFFERENT, "a file, was a link");
}
END_TEST

static void add_directory(struct manifest *manifest, const char *path, mode_t mode)
{
    struct file_item *item = file_list_add(&manifest->outputs, path);
    item->type = FILE_DIRECTORY;
    item->change = FILE_CREATED;
    item->mode = mode;
}

START_TEST(directories_by_being_there_and_by_mode)
{
    add_directory(&then, "a", 0755);
    add_directory(&now, "a", 0755);
    add_directory(&then, "b", 0755);
    add_directory(&now, "b", 0700);
    compare();
    assert_item(0, "a", VERDICT_IDENTICAL, NULL);
    assert_item(1, "b", VERDICT_DIFFERENT, "mode 0700, was 0755");
}
END_TEST

static void add_deleted(struct manifest *manifest, const char *path)
{
    file_list_add(&manifest->outputs, path)->change = FILE_DELETED;
}

START_TEST(what_was_deleted_is_gone_in_both_or_not)
{
    add_deleted(&then, "a-both");
    add_deleted(&now, "a-both");
    add_deleted(&then, "b-then");
    add_deleted(&now, "c-now");
    add_deleted(&then, "d-back");
    add(&now, "d-back", "1");
    add(&then, "e-lost", "1");
    add_deleted(&now, "e-lost");
    /* Recorded in two ways: renamed, or one gone and the other there. */
    add(&then, "g-new-name", "1")->from = xstrdup("f-old-name");
    add(&now, "g-new-name", "1");
    add_deleted(&now, "f-old-name");
    compare();
    assert_item(0, "a-both", VERDICT_IDENTICAL, NULL);
    assert_item(1, "b-then", VERDICT_IDENTICAL, NULL);
    assert_item(2, "c-now", VERDICT_DIFFERENT, "deleted, was left");
    assert_item(3, "d-back", VERDICT_DIFFERENT, "is there, was deleted");
    assert_item(4, "e-lost", VERDICT_MISSING, "deleted");
    assert_item(5, "f-old-name", VERDICT_IDENTICAL, NULL);
    assert_item(6, "g-new-name", VERDICT_IDENTICAL, NULL);
}
END_TEST

START_TEST(standard_output_is_one_output_under_two_names)
{
    add(&then, "old.txt", "1\n")->role = xstrdup("stdout");
    add(&now, "new.txt", "2\n")->role = xstrdup("stdout");
    add_both("other", "x", "x");
    compare();
    ck_assert_uint_eq(comparison.count, 2);
    assert_item(0, "old.txt", VERDICT_DIFFERENT, "line 1");
    ck_assert_str_eq(comparison.item[0].now_path, "new.txt");
    assert_item(1, "other", VERDICT_IDENTICAL, NULL);
}
END_TEST

START_TEST(a_name_that_both_have_is_not_taken_for_another_stream)
{
    add(&then, "a.txt", "1\n")->role = xstrdup("stdout");
    add(&now, "a.txt", "1\n");
    add(&now, "b.txt", "2\n")->role = xstrdup("stdout");
    compare();
    assert_item(0, "a.txt", VERDICT_IDENTICAL, NULL);
    assert_item(1, "b.txt", VERDICT_NEW, NULL);
}
END_TEST

START_TEST(without_the_content_the_digest_decides)
{
    add_both("gone", "1\n", "2\n");
    add_both("kept", "1.5\n", "1.75\n");
    unit_write(&folder, "then/gone", "overwritten");
    add(&then, "unread", "1")->has_digest = false;
    add(&now, "unread", "1");
    rules.tolerance.atol = 1;
    compare();
    assert_item(0, "gone", VERDICT_DIFFERENT, "the content of the first run is gone");
    assert_item(1, "kept", VERDICT_TOLERATED, "1 number differs by 0.25");
    assert_item(2, "unread", VERDICT_DIFFERENT, "not recorded");
}
END_TEST

START_TEST(a_kept_object_stands_for_a_file_that_is_gone)
{
    add_both("gone", "1.5\n", "1.75\n");
    unit_write(&folder, "then/gone", "overwritten");
    auto_free char *place = content_object_path(folder.path, &then.outputs.item[0].digest);
    place[strlen(folder.path) + 3] = '\0';
    ck_assert_int_eq(mkdir(place, 0700), 0);
    place[strlen(folder.path) + 3] = '/';
    unit_write(&folder, place + strlen(folder.path) + 1, "1.5\n");
    strlist_add(&objects, folder.path);
    rules.tolerance.atol = 1;
    compare();
    assert_item(0, "gone", VERDICT_TOLERATED, "1 number");
}
END_TEST

START_TEST(another_exit_status_is_a_difference)
{
    add_both("a", "1", "1");
    now.exit.code = 1;
    compare();
    ck_assert(!comparison.same_exit && !comparison_is_good(&comparison));
    ck_assert_int_eq(comparison_verdict(&comparison), VERDICT_DIFFERENT);
}
END_TEST

START_TEST(the_worst_verdict_counts)
{
    static const struct {
        const char *was, *is;
        enum verdict worst;
    } rows[] = {
        {"1.5\n", "1.5\n", VERDICT_IDENTICAL},
        {"%!PS\n%%CreationDate: today\n", "%!PS\n%%CreationDate: tomorrow\n", VERDICT_NORMALISED},
        {"1.5\n", "1.75\n", VERDICT_TOLERATED},
        {"1.5\n", "x\n", VERDICT_DIFFERENT},
    };
    rules.tolerance.atol = 1;
    for (size_t i = 0; i < ROWS(rows); i++) {
        auto_free char *path = xasprintf("out.%zu", i);
        add_both(path, rows[i].was, rows[i].is);
        comparison_release(&comparison);
        compare();
        ck_assert_int_eq(comparison_verdict(&comparison), rows[i].worst);
        ck_assert(comparison_is_good(&comparison) == (rows[i].worst <= VERDICT_TOLERATED));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compare");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_add_test(core, what_is_there_is_compared_by_content_and_mode);
    tcase_add_test(core, links_by_their_targets);
    tcase_add_test(core, directories_by_being_there_and_by_mode);
    tcase_add_test(core, what_was_deleted_is_gone_in_both_or_not);
    tcase_add_test(core, standard_output_is_one_output_under_two_names);
    tcase_add_test(core, a_name_that_both_have_is_not_taken_for_another_stream);
    tcase_add_test(core, without_the_content_the_digest_decides);
    tcase_add_test(core, a_kept_object_stands_for_a_file_that_is_gone);
    tcase_add_test(core, another_exit_status_is_a_difference);
    tcase_add_test(core, the_worst_verdict_counts);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
