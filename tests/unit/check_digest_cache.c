/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/digest_cache: when a digest is believed, and what becomes of a damaged file. */
#include "run/digest_cache.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "/tmp/check_digest_cache.XXXXXX";
static char path[64];

enum { NOW_S = 1000000 };

static struct stat large_file(ino_t inode)
{
    return (struct stat){.st_dev = 5,
                         .st_ino = inode,
                         .st_size = 2 * DIGEST_CACHE_LEAST,
                         .st_mtim = {.tv_sec = 100, .tv_nsec = 1},
                         .st_ctim = {.tv_sec = 200, .tv_nsec = 2}};
}

static struct digest digest_of(const char *text)
{
    struct digest digest;
    digest_bytes(text, strlen(text), &digest);
    return digest;
}

static void remember(const struct stat *st, const char *text)
{
    struct digest_cache cache;
    struct digest digest = digest_of(text);
    digest_cache_begin(&cache);
    digest_cache_add(&cache, st, (int64_t)NOW_S * 1000000000, &digest);
    digest_cache_end(&cache);
}

static bool is_known(const struct stat *st, const char *text)
{
    struct digest_cache cache;
    struct digest digest;
    struct digest wanted = digest_of(text);
    digest_cache_begin(&cache);
    bool found = digest_cache_find(&cache, st, &digest);
    ck_assert_uint_eq(cache.reused, found);
    digest_cache_end(&cache);
    return found && digest_equal(&digest, &wanted);
}

static void begin(void)
{
    memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("XDG_CACHE_HOME", folder, 1);
    snprintf(path, sizeof(path), "%s/sciwrap/digests", folder);
}

static void end(void)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(folder);
}

START_TEST(remembers)
{
    struct stat a = large_file(1);
    struct stat b = large_file(2);
    ck_assert(!is_known(&a, "a"));
    remember(&a, "a");
    remember(&b, "b");
    ck_assert(is_known(&a, "a"));
    ck_assert(is_known(&b, "b"));
}
END_TEST

START_TEST(believes_only_the_same_file)
{
    struct stat file = large_file(1);
    remember(&file, "a");
    struct stat others[6];
    for (size_t i = 0; i < ROWS(others); i++) {
        others[i] = file;
    }
    others[0].st_dev++;
    others[1].st_ino++;
    others[2].st_size++;
    others[3].st_mtim.tv_nsec++;
    others[4].st_ctim.tv_nsec++;
    others[5].st_ctim.tv_sec++;
    for (size_t i = 0; i < ROWS(others); i++) {
        ck_assert_msg(!is_known(&others[i], "a"), "change %zu was not seen", i);
    }
    ck_assert(is_known(&file, "a"));
}
END_TEST

START_TEST(takes_the_later_of_two)
{
    struct stat file = large_file(1);
    remember(&file, "a");
    file.st_ctim.tv_sec++;
    remember(&file, "b");
    ck_assert(is_known(&file, "b"));
}
END_TEST

/* A change within the same tick of the clock would have the same date. */
START_TEST(does_not_remember_what_has_just_changed)
{
    struct stat file = large_file(1);
    file.st_ctim.tv_sec = NOW_S - 1;
    remember(&file, "a");
    ck_assert(!is_known(&file, "a"));
    file.st_ctim.tv_sec = NOW_S + 5; /* a clock that was set back */
    remember(&file, "a");
    ck_assert(!is_known(&file, "a"));
}
END_TEST

START_TEST(leaves_small_files_alone)
{
    struct stat file = large_file(1);
    file.st_size = DIGEST_CACHE_LEAST - 1;
    remember(&file, "a");
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(passes_damage_over)
{
    struct stat a = large_file(1);
    struct stat b = large_file(2);
    remember(&a, "a");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, "x", 1, 60), 1); /* in the digest */
    ck_assert_int_eq(lseek(fd, 0, SEEK_END) > 0, 1);
    ck_assert_int_eq(write(fd, "torn", 4), 4); /* a part of a record */
    close(fd);
    ck_assert(!is_known(&a, "a"));
    remember(&b, "b");
    ck_assert(is_known(&b, "b"));
}
END_TEST

START_TEST(needs_no_home)
{
    struct stat file = large_file(1);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    remember(&file, "a");
    ck_assert(!is_known(&file, "a"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digest_cache");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, begin, end);
    tcase_add_test(rules, remembers);
    tcase_add_test(rules, believes_only_the_same_file);
    tcase_add_test(rules, takes_the_later_of_two);
    tcase_add_test(rules, does_not_remember_what_has_just_changed);
    tcase_add_test(rules, leaves_small_files_alone);
    tcase_add_test(rules, passes_damage_over);
    tcase_add_test(rules, needs_no_home);
    suite_add_tcase(suite, rules);
    return unit_run(suite);
}
