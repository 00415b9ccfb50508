/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/tally: what passes is hashed, and kept whole or, with a reason, not at all. */
#include "run/tally.h"

#include "base/mem.h"
#include "unit.h"

static struct unit_folder folder;
static struct objects objects;
static char *early;

static void begin(void)
{
    struct err err = {0};
    unit_folder_begin(&folder);
    early = xmalloc(TALLY_EARLY);
    ck_assert_int_eq(objects_open(&objects, folder.path, &err), 0);
}

static void end(void)
{
    objects_close(&objects);
    free(early);
    unit_folder_end(&folder);
}

static const struct {
    size_t length, piece;
} sizes[] = {{1, 1}, {1000, 7}, {65535, 4096}, {65536, 65536}, {65537, 4096}, {200000, 65536}, {200000, 200000}};

START_TEST(keeps_what_passes)
{
    struct tally tally;
    struct digest digest;
    struct digest should;
    struct err err = {0};
    auto_release(buf) struct buf kept = {0};
    size_t length = sizes[_i].length;
    char *bytes = xmalloc(length);
    memset(bytes, 'k', length);
    bytes[length / 2] = '\0';
    tally_begin(&tally, &objects, early, length);
    for (size_t done = 0; done < length;) {
        size_t piece = length - done < sizes[_i].piece ? length - done : sizes[_i].piece;
        tally_add(&tally, bytes + done, piece);
        done += piece;
    }
    ck_assert(tally_end(&tally, &digest));
    assert_no_error(&tally.unkept);
    digest_bytes(bytes, length, &should);
    ck_assert(digest_equal(&digest, &should));
    auto_free char *path = objects_path(folder.path, &digest);
    ck_assert_int_eq(fs_read_path(path, length, &kept, &err), 0);
    ck_assert_uint_eq(kept.length, length);
    ck_assert_mem_eq(buf_text(&kept), bytes, length);
    free(bytes);
}
END_TEST

START_TEST(keeps_nothing_of_nothing)
{
    struct tally tally;
    struct digest digest;
    tally_begin(&tally, &objects, early, 100);
    tally_add(&tally, "", 0);
    ck_assert(!tally_end(&tally, &digest));
    assert_no_error(&tally.unkept);
    ck_assert(!unit_exists(&folder, OBJECTS_FOLDER));
}
END_TEST

START_TEST(keeps_nothing_beyond_the_limit)
{
    struct tally tally;
    struct digest digest;
    struct digest should;
    struct strlist names = {0};
    struct err err = {0};
    size_t most = _i == 0 ? 100 : 100000;
    char *bytes = xcalloc(1, most + 1);
    tally_begin(&tally, &objects, early, most);
    tally_add(&tally, bytes, most);
    tally_add(&tally, bytes, 1);
    ck_assert(!tally_end(&tally, &digest));
    assert_error(&tally.unkept, ERR_INVALID, "more than 100");
    digest_bytes(bytes, most + 1, &should); /* but the digest is that of all of it */
    ck_assert(digest_equal(&digest, &should));
    ck_assert_int_eq(fs_list(folder.fd, ".", &names, &err), 0);
    ck_assert_uint_eq(names.count, 0);
    free(bytes);
}
END_TEST

START_TEST(goes_on_when_nothing_can_be_kept)
{
    struct tally tally;
    struct digest digest;
    unit_write(&folder, OBJECTS_FOLDER, "a file in the way");
    tally_begin(&tally, &objects, early, 100);
    tally_add(&tally, "abc", 3);
    ck_assert(!tally_end(&tally, &digest));
    assert_error(&tally.unkept, ERR_SYSTEM, "objects/ba");
    ck_assert_uint_eq(tally.size, 3);
}
END_TEST

START_TEST(hashes_without_keeping)
{
    struct tally tally;
    struct digest digest;
    struct digest should;
    tally_begin(&tally, NULL, NULL, 0);
    tally_add(&tally, "abc", 3);
    ck_assert(!tally_end(&tally, &digest));
    digest_bytes("abc", 3, &should);
    ck_assert(digest_equal(&digest, &should));
    assert_no_error(&tally.unkept);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tally");
    TCase *group = tcase_create("tally");
    tcase_add_checked_fixture(group, begin, end);
    tcase_add_loop_test(group, keeps_what_passes, 0, (int)ROWS(sizes));
    tcase_add_test(group, keeps_nothing_of_nothing);
    tcase_add_loop_test(group, keeps_nothing_beyond_the_limit, 0, 2);
    tcase_add_test(group, goes_on_when_nothing_can_be_kept);
    tcase_add_test(group, hashes_without_keeping);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
