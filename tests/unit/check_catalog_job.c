/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/catalog_entry: what a list of the tasks of a job needs to know of a run. */
#include "run/catalog_entry.h"

#include "unit.h"

#define MANIFEST(circumstances)                                                                                        \
    "{\"schema\": \"sciwrap-manifest/1\", \"experiment\": {\"environment\": {\"name\": \"tool\"}, \"command\": "       \
    "[\"tool\"], \"exit\": {\"code\": 0}}, \"circumstances\": {" circumstances "}}"

/* The entry, made and read again. */
static struct catalog_run entry_of(struct buf *entries, const char *text)
{
    const struct catalog_key key = {.inode = 1};
    struct catalog_run run;
    catalog_entry_make(entries, &key, "000000000001", text, strlen(text));
    const char *at = entries->bytes;
    ck_assert(catalog_entry_read(&at, entries->bytes + entries->length, &run));
    ck_assert_int_eq(run.state, CATALOG_WHOLE);
    return run;
}

START_TEST(a_task_of_an_array)
{
    auto_release(buf) struct buf entries = {0};
    struct catalog_run run =
        entry_of(&entries, MANIFEST("\"resources\": {\"max_rss_bytes\": 4096}, \"job\": {\"scheduler\": \"slurm\", "
                                    "\"id\": \"19\", \"array_id\": \"17\", \"array_index\": 2, \"sweep\": {\"id\": "
                                    "\"0000000000aa\", \"row\": 12, \"columns\": {\"row\": \"1\", \"id\": \"x\"}}}"));
    ck_assert_str_eq(run.job, "19");
    ck_assert_str_eq(run.array, "17");
    ck_assert_uint_eq(run.array_index, 2);
    ck_assert_str_eq(run.submission, "0000000000aa");
    ck_assert_uint_eq(run.task, 12);
    ck_assert_uint_eq(run.memory_bytes, 4096);
}
END_TEST

START_TEST(what_all_processes_had_goes_before_the_largest)
{
    auto_release(buf) struct buf entries = {0};
    struct catalog_run run =
        entry_of(&entries, MANIFEST("\"resources\": {\"max_rss_bytes\": 4096, \"peak_memory_bytes\": 9999}"));
    ck_assert_uint_eq(run.memory_bytes, 9999);
    ck_assert_str_eq(run.job, "");
    ck_assert_str_eq(run.array, "");
    ck_assert_str_eq(run.submission, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("catalog_job");
    TCase *group = tcase_create("catalog_job");
    tcase_add_test(group, a_task_of_an_array);
    tcase_add_test(group, what_all_processes_had_goes_before_the_largest);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
