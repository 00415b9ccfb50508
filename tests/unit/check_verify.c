/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of env/verify: what changes in a tree is found, what did not change costs a look at its inode. */
#include "env/verify.h"

#include <pthread.h>

#include "env/verify_state.h"
#include "verify_tree.h"

START_TEST(takes_what_nobody_touched_by_its_state)
{
    struct verify *verify = opened();
    for (size_t i = 0; i < ROWS(rows); i++) {
        ck_assert(verify_used(verify, NULL, rows[i].path));
        ck_assert(verify_used(verify, NULL, rows[i].path)); /* counted once */
    }
    ck_assert(verify_used(verify, "/", ""));
    assert_counts(verify, ROWS(rows), 0, 0);
    verify_close(verify);
}
END_TEST

START_TEST(reads_what_has_no_note_and_remembers_it)
{
    ck_assert_int_eq(unlinkat(tree.fd, "checked", 0), 0);
    tree_settle(&tree, "index");
    struct verify *verify = opened();
    for (size_t i = 0; i < ROWS(rows); i++) {
        ck_assert(verify_used(verify, NULL, rows[i].path));
    }
    assert_counts(verify, ROWS(rows), ROWS(rows), 0);
    verify_save(verify);
    verify_close(verify);
    verify = opened();
    for (size_t i = 0; i < ROWS(rows); i++) {
        ck_assert(verify_used(verify, NULL, rows[i].path));
    }
    assert_counts(verify, ROWS(rows), 0, 0);
    verify_close(verify);
}
END_TEST

START_TEST(remembers_nothing_that_may_change_unseen)
{
    struct timespec now = {.tv_sec = 1000, .tv_nsec = 500000000};
    struct checked_stamp stamp = {.inode = 1, .changed_s = 1000, .changed_ns = 495000000};
    ck_assert(!checked_stamp_is_settled(&stamp, &now)); /* the same tick of the clock, maybe */
    stamp.changed_ns = 400000000;
    ck_assert(checked_stamp_is_settled(&stamp, &now));
    stamp.changed_ns = 0; /* a clock of seconds, maybe */
    ck_assert(!checked_stamp_is_settled(&stamp, &now));
    stamp.changed_s = 997;
    ck_assert(checked_stamp_is_settled(&stamp, &now));
    stamp.changed_s = 2000; /* the clock of another machine */
    ck_assert(!checked_stamp_is_settled(&stamp, &now));
    stamp.changed_s = INT64_MIN + 1;
    stamp.changed_ns = UINT64_MAX;
    (void)checked_stamp_is_settled(&stamp, &now);
}
END_TEST

START_TEST(finds_other_content_of_the_same_size_and_time)
{
    struct stat st;
    ck_assert_int_eq(fstatat(tree.rootfs, "usr/lib/data", &st, 0), 0);
    tree_write(tree.rootfs, "usr/lib/data", "DATA\n", 0644);
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    ck_assert_int_eq(utimensat(tree.rootfs, "usr/lib/data", times, 0), 0);
    struct verify *verify = opened();
    ck_assert(!verify_used(verify, "/usr/lib/data", "usr/lib/data"));
    assert_counts(verify, 1, 1, 1);
    assert_spoiled(verify, "usr/lib/data", "has other content");
}
END_TEST

START_TEST(finds_other_kinds_and_modes)
{
    struct verify *verify = opened();
    ck_assert_int_eq(fchmodat(tree.rootfs, "usr/bin/plain", 0755, 0), 0);
    ck_assert(!verify_used(verify, NULL, "usr/bin/plain"));
    ck_assert_int_eq(unlinkat(tree.rootfs, "usr/lib/data", 0), 0);
    ck_assert_int_eq(mkfifoat(tree.rootfs, "usr/lib/data", 0644), 0);
    ck_assert(!verify_used(verify, NULL, "usr/lib/data"));
    tree_write(tree.rootfs, "etc/conf", "a = 11\n", 0644);
    ck_assert(!verify_used(verify, NULL, "etc/conf"));
    struct err err = {0};
    verify_complain(verify, &err);
    assert_error(&err, ERR_MISMATCH, "has mode 0755 instead of 0644");
    assert_error(&err, ERR_MISMATCH, "is neither file nor link in the place of a file");
    assert_spoiled(verify, "etc/conf", "has another size");
}
END_TEST

START_TEST(takes_a_touched_file_of_the_same_content)
{
    ck_assert_int_eq(utimensat(tree.rootfs, "usr/lib/data", NULL, 0), 0);
    struct verify *verify = opened();
    ck_assert(verify_used(verify, NULL, "usr/lib/data"));
    assert_counts(verify, 1, 1, 0);
    verify_close(verify);
}
END_TEST

START_TEST(follows_links_by_the_index)
{
    struct verify *verify = opened();
    ck_assert(verify_used(verify, "/usr/lib/x.so", "usr/lib/x.so.1"));
    ck_assert(verify_used(verify, "/bin/../lib/./x.so", "usr/lib/x.so.1"));
    ck_assert(verify_used(verify, "/usr/lib/x.so", "usr/lib/x.so")); /* the link itself */
    assert_counts(verify, 2, 0, 0);
    ck_assert_int_eq(unlinkat(tree.rootfs, "usr/lib/x.so", 0), 0);
    ck_assert_int_eq(symlinkat("x.so.2", tree.rootfs, "usr/lib/x.so"), 0);
    ck_assert(!verify_used(verify, "/bin/../lib/x.so", "usr/lib/x.so.2"));
    assert_counts(verify, 3, 0, 1);
    assert_spoiled(verify, "bin/../lib/x.so", "leads to 'usr/lib/x.so.2' instead of 'usr/lib/x.so.1'");
}
END_TEST

START_TEST(finds_a_link_of_other_text)
{
    ck_assert_int_eq(unlinkat(tree.rootfs, "usr/lib/x.so", 0), 0);
    ck_assert_int_eq(symlinkat("x.so.2", tree.rootfs, "usr/lib/x.so"), 0);
    struct verify *verify = opened();
    ck_assert(!verify_used(verify, NULL, "usr/lib/x.so"));
    assert_spoiled(verify, "usr/lib/x.so", "leads to 'x.so.2' instead of 'x.so.1'");
}
END_TEST

START_TEST(says_nothing_about_ways_through_other_places)
{
    struct verify *verify = opened();
    verify_cover(verify, "/workspace");
    verify_cover(verify, "/usr/lib-other");
    ck_assert(verify_used(verify, "/workspace/l", "usr/lib/data"));
    ck_assert(verify_used(verify, "/usr/lib-other/data", "usr/lib/data"));
    ck_assert(verify_used(verify, "/usr/lib-other/data", "/usr/lib-other/data"));
    ck_assert(verify_used(verify, "/workspace/x", "/workspace/y"));
    ck_assert(verify_missing(verify, "/workspace/x"));
    verify_cover(verify, "/new/place");
    ck_assert(verify_used(verify, "/new", "/new")); /* made for what is beneath */
    ck_assert(verify_used(verify, "/new/../new/place/x", "/new/place/x"));
    verify_cover(verify, "/bin/made/by/us"); /* where "bin" is a link */
    ck_assert(verify_used(verify, "/bin/made/by/us", "/usr/bin/made/by/us"));
    ck_assert(verify_used(verify, "/usr/bin/made/by", "/usr/bin/made/by"));
    assert_counts(verify, 1, 0, 0);
    ck_assert(!verify_used(verify, "/usr/lib/none", "/workspace/x"));
    assert_counts(verify, 1, 0, 1);
    ck_assert(!verify_used(verify, "/usr/lib/x.so", "/workspace/x.so.1")); /* the run came elsewhere by it */
    ck_assert(!verify_used(verify, "/usr/lib/absent", "usr/lib/data"));
    assert_counts(verify, 1, 0, 3);
    assert_spoiled(verify, "usr/lib/x.so", "does not lead to 'usr/lib/x.so.1' any more");
    verify = opened();
    verify_layered(verify, tree.folder.path); /* where "tree" and "store" lie: the run has made them */
    ck_assert(verify_used(verify, "/usr/lib/absent", "usr/lib/data"));
    ck_assert(verify_used(verify, "/tree/checked", "tree/checked"));
    ck_assert(!verify_used(verify, NULL, "tree/none"));
    verify_close(verify);
}
END_TEST

START_TEST(finds_a_directory_moved_into_the_place_of_another)
{
    ck_assert_int_eq(renameat(tree.rootfs, "usr/lib", tree.rootfs, "usr/old"), 0);
    ck_assert_int_eq(renameat(tree.rootfs, "usr/lib-other", tree.rootfs, "usr/lib"), 0);
    struct verify *verify = opened();
    ck_assert(!verify_used(verify, "/usr/lib/data", "usr/lib/data"));
    assert_spoiled(verify, "usr/lib/data", "has another size");
}
END_TEST

START_TEST(compares_the_names_in_a_directory)
{
    struct verify *verify = opened();
    tree_write(tree.rootfs, "etc/extra", "x", 0644);
    ck_assert_int_eq(unlinkat(tree.rootfs, "usr/lib/data", 0), 0);
    ck_assert(!verify_used(verify, NULL, "etc"));
    ck_assert(!verify_used(verify, NULL, "usr/lib"));
    ck_assert(verify_used(verify, NULL, "usr")); /* what lies deeper is not its business */
    ck_assert(!verify_used(verify, NULL, "etc/extra"));
    assert_counts(verify, 3, 2, 2);
    struct err err = {0};
    verify_complain(verify, &err);
    assert_error(&err, ERR_MISMATCH, "'usr/lib/data' is missing");
    assert_spoiled(verify, "etc/extra", "does not belong to the environment");
}
END_TEST

START_TEST(takes_a_touched_directory_with_the_same_names)
{
    tree_write(tree.rootfs, "usr/extra", "x", 0644);
    ck_assert_int_eq(unlinkat(tree.rootfs, "usr/extra", 0), 0);
    tree_write(tree.rootfs, "extra", "x", 0644);
    ck_assert_int_eq(unlinkat(tree.rootfs, "extra", 0), 0);
    struct verify *verify = opened();
    ck_assert(verify_used(verify, NULL, "usr"));
    ck_assert(verify_used(verify, NULL, "."));
    assert_counts(verify, 2, 2, 0);
    verify_close(verify);
}
END_TEST

START_TEST(misses_what_was_removed)
{
    struct verify *verify = opened();
    ck_assert(verify_missing(verify, "/usr/lib/never-there"));
    ck_assert(verify_missing(verify, "/usr/lib/data")); /* it is there: the run looked elsewhere */
    verify_close(verify);
    ck_assert_int_eq(unlinkat(tree.rootfs, "usr/lib/x.so.1", 0), 0);
    verify = opened();
    ck_assert(!verify_missing(verify, "/usr/lib/x.so"));
    assert_spoiled(verify, "usr/lib/x.so.1", "is missing");
}
END_TEST

/* What a file of the store can become: each must cost no more than reading contents. */
static void damage(const char *name, int how)
{
    auto_fd int fd = openat(tree.fd, name, O_RDWR | O_CLOEXEC);
    struct stat st;
    ck_assert_int_eq(fstat(fd, &st), 0);
    off_t size = st.st_size;
    char zeros[512] = {0};
    uint64_t many = UINT64_MAX / 2;
    switch (how) {
    case 0:
        ck_assert_int_eq(ftruncate(fd, 0), 0);
        break;
    case 1:
        ck_assert_int_eq(ftruncate(fd, 40), 0);
        break;
    case 2:
        ck_assert_int_eq(ftruncate(fd, size - 1), 0);
        break;
    case 3:
        ck_assert_int_eq(ftruncate(fd, size - 40), 0);
        break;
    case 4:
        ck_assert_int_eq(pwrite(fd, zeros, 16, 0), 16);
        break;
    case 5:
        ck_assert_int_eq(pwrite(fd, &many, 8, 24), 8);
        break;
    case 6: /* the digest of the index */
        ck_assert_int_eq(pwrite(fd, zeros, 32, 32), 32);
        break;
    default: /* all records */
        for (off_t at = 96; at < size; at += 40) {
            ck_assert_int_eq(pwrite(fd, zeros, 40, at), 40);
        }
        break;
    }
}
enum { DAMAGES = 8 };

START_TEST(reads_contents_where_the_note_is_damaged)
{
    damage("checked", _i);
    tree_write(tree.rootfs, "usr/lib/data", "DATA\n", 0644);
    struct verify *verify = opened();
    ck_assert(verify_used(verify, NULL, "etc/conf"));
    ck_assert(!verify_used(verify, NULL, "usr/lib/data"));
    assert_counts(verify, 2, 2, 1);
    verify_close(verify);
}
END_TEST

START_TEST(reads_contents_where_what_it_remembered_is_damaged)
{
    char name[128];
    ck_assert_int_eq(unlinkat(tree.fd, "checked", 0), 0);
    tree_settle(&tree, "index");
    struct verify *verify = opened();
    ck_assert(verify_used(verify, NULL, "etc/conf"));
    verify_save(verify);
    snprintf(name, sizeof(name), "../store/verified/%s", verify->hex);
    verify_close(verify);
    damage(name, _i);
    verify = opened();
    ck_assert(verify_used(verify, NULL, "etc/conf"));
    assert_counts(verify, 1, 1, 0);
    verify_save(verify);
    verify_close(verify);
    verify = opened();
    ck_assert(verify_used(verify, NULL, "etc/conf"));
    assert_counts(verify, 1, 0, 0); /* and it was mended */
    verify_close(verify);
}
END_TEST

START_TEST(adds_to_what_it_remembered)
{
    ck_assert_int_eq(unlinkat(tree.fd, "checked", 0), 0);
    tree_settle(&tree, "index");
    for (int i = 0; i < 3; i++) {
        struct verify *verify = opened();
        ck_assert(verify_used(verify, NULL, i == 0 ? "etc/conf" : "usr/lib/data"));
        assert_counts(verify, 1, i < 2, 0);
        verify_save(verify);
        verify_close(verify);
    }
    /* Another inode in its place: the older record goes. */
    ck_assert_int_eq(unlinkat(tree.rootfs, "etc/conf", 0), 0);
    tree_write(tree.rootfs, "etc/conf", "a = 1\n", 0644);
    tree_settle(&tree, "rootfs/etc/conf");
    struct verify *verify = opened();
    ck_assert(verify_used(verify, NULL, "etc/conf"));
    ck_assert(verify_used(verify, NULL, "usr/lib/data"));
    assert_counts(verify, 2, 1, 0);
    verify_save(verify);
    verify_close(verify);
    verify = opened();
    ck_assert_uint_eq(verify->later.count, 2);
    verify_close(verify);
}
END_TEST

START_TEST(refuses_a_changed_index)
{
    struct err err = {0};
    tree.index.bytes[tree.index.length - 3] ^= 1;
    ck_assert_int_eq(fs_write_atomic(tree.fd, "index", 0644, tree.index.bytes, tree.index.length, &err), 0);
    ck_assert_ptr_null(verify_open(&tree.tree, "tiny", &err));
    assert_error(&err, ERR_MISMATCH, "its tree index was changed");
    ck_assert_int_eq(unlinkat(tree.fd, "index", 0), 0);
    err = (struct err){0};
    ck_assert_ptr_null(verify_open(&tree.tree, "tiny", &err));
    assert_error(&err, ERR_MISMATCH, "its tree index");
}
END_TEST

START_TEST(names_some_and_counts_the_rest)
{
    struct verify *verify = opened();
    for (int i = 0; i < 100; i++) {
        char path[32];
        snprintf(path, sizeof(path), "extra%02d", i);
        ck_assert(!verify_used(verify, NULL, path));
    }
    assert_counts(verify, 0, 0, 100);
    struct strlist paths = {0};
    verify_spoiled(verify, &paths);
    ck_assert_uint_eq(paths.count, VERIFY_NAMED_MOST);
    strlist_release(&paths);
    assert_spoiled(verify, "extra00", "and 97 more");
}
END_TEST

static void *use_all(void *argument)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        verify_used(argument, NULL, rows[i].path);
        verify_used(argument, "/usr/lib/x.so", "usr/lib/x.so.1");
    }
    return NULL;
}

START_TEST(serves_several_threads)
{
    pthread_t thread[4];
    ck_assert_int_eq(unlinkat(tree.fd, "checked", 0), 0);
    tree_write(tree.rootfs, "usr/lib/data", "DATA\n", 0644);
    struct verify *verify = opened();
    for (size_t i = 0; i < ROWS(thread); i++) {
        ck_assert_int_eq(pthread_create(&thread[i], NULL, use_all, verify), 0);
    }
    for (size_t i = 0; i < ROWS(thread); i++) {
        pthread_join(thread[i], NULL);
    }
    assert_counts(verify, ROWS(rows), ROWS(rows), 1);
    verify_close(verify);
}
END_TEST

START_TEST(knows_its_levels)
{
    enum verify_level level = VERIFY_OFF;
    ck_assert(verify_level_from_name("full", &level) && level == VERIFY_FULL);
    ck_assert(verify_level_from_name("used", &level) && level == VERIFY_USED);
    ck_assert(!verify_level_from_name("Used", &level) && level == VERIFY_USED);
    ck_assert_str_eq(verify_level_name(VERIFY_OFF), "off");
}
END_TEST

static Suite *verify_suite(void)
{
    Suite *suite = suite_create("verify");
    TCase *used = tcase_create("used");
    tcase_add_checked_fixture(used, begin, end);
    tcase_add_test(used, knows_its_levels);
    tcase_add_test(used, takes_what_nobody_touched_by_its_state);
    tcase_add_test(used, finds_other_content_of_the_same_size_and_time);
    tcase_add_test(used, finds_other_kinds_and_modes);
    tcase_add_test(used, takes_a_touched_file_of_the_same_content);
    tcase_add_test(used, follows_links_by_the_index);
    tcase_add_test(used, finds_a_link_of_other_text);
    tcase_add_test(used, says_nothing_about_ways_through_other_places);
    tcase_add_test(used, finds_a_directory_moved_into_the_place_of_another);
    tcase_add_test(used, compares_the_names_in_a_directory);
    tcase_add_test(used, takes_a_touched_directory_with_the_same_names);
    tcase_add_test(used, misses_what_was_removed);
    tcase_add_test(used, names_some_and_counts_the_rest);
    tcase_add_test(used, serves_several_threads);
    suite_add_tcase(suite, used);
    TCase *cache = tcase_create("cache");
    tcase_add_checked_fixture(cache, begin, end);
    tcase_add_test(cache, reads_what_has_no_note_and_remembers_it);
    tcase_add_test(cache, remembers_nothing_that_may_change_unseen);
    tcase_add_loop_test(cache, reads_contents_where_the_note_is_damaged, 0, DAMAGES);
    tcase_add_loop_test(cache, reads_contents_where_what_it_remembered_is_damaged, 0, DAMAGES);
    tcase_add_test(cache, adds_to_what_it_remembered);
    tcase_add_test(cache, refuses_a_changed_index);
    suite_add_tcase(suite, cache);
    return suite;
}

int main(void)
{
    return unit_run(verify_suite());
}
