/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of env/usage: what du(1) counts. */
#include "env/usage.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include "unit.h"

static struct unit_folder folder;

static void begin(void)
{
    unit_folder_begin(&folder);
}

static void end(void)
{
    unit_folder_end(&folder);
}

static struct usage usage_of(const char *name)
{
    struct usage usage = {0};
    usage_add(folder.fd, name, &usage);
    return usage;
}

static uint64_t blocks_of(const char *name)
{
    struct stat st;
    ck_assert_int_eq(fstatat(folder.fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
    return (uint64_t)st.st_blocks * 512;
}

START_TEST(counts_a_file_with_two_names_once)
{
    char text[20001] = "";
    memset(text, 'x', sizeof(text) - 1);
    ck_assert_int_eq(mkdirat(folder.fd, "a", 0700), 0);
    unit_write(&folder, "a/one", text);
    ck_assert_int_eq(linkat(folder.fd, "a/one", folder.fd, "a/two", 0), 0);
    ck_assert_int_eq(symlinkat("/", folder.fd, "a/link"), 0);
    struct usage usage = usage_of("a");
    ck_assert_uint_eq(usage.entries, 4);
    ck_assert_uint_eq(usage.bytes, blocks_of("a") + blocks_of("a/one") + blocks_of("a/link"));
}
END_TEST

START_TEST(needs_few_descriptors)
{
    enum { LEVELS = 3000 };
    struct rlimit few = {.rlim_cur = 128, .rlim_max = 128};
    auto_fd int at = dup(folder.fd);
    for (int i = 0; i < LEVELS; i++) {
        ck_assert_int_eq(mkdirat(at, "d", 0700), 0);
        int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(next, 0);
        close(at);
        at = next;
    }
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    ck_assert_uint_eq(usage_of("d").entries, LEVELS);
}
END_TEST

START_TEST(leaves_out_what_is_not_there)
{
    ck_assert_uint_eq(usage_of("absent").entries, 0);
}
END_TEST

static Suite *usage_suite(void)
{
    Suite *suite = suite_create("usage");
    TCase *tcase = tcase_create("usage");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, counts_a_file_with_two_names_once);
    tcase_add_test(tcase, needs_few_descriptors);
    tcase_add_test(tcase, leaves_out_what_is_not_there);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return unit_run(usage_suite());
}
