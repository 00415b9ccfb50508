/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of the unpacker: its walk over tar headers in pieces of any size, its records, and its limits on a real
 * archive. What archives may do is in tests/hostile, one file an attack. */
#include "supply/unpack.h"

#include <sys/stat.h>

#include "supply/unpack_pax.h"
#include "supply/unpack_scan.h"
#include "unit.h"

enum { BLOCK = 512 };

static void add_header(struct buf *tar, const char *name, char type, size_t size)
{
    char block[BLOCK] = {0};
    unsigned sum = 0;
    snprintf(block, 100, "%s", name);
    snprintf(block + 100, 8, "%07o", 0644);
    snprintf(block + 108, 8, "%07o", 0);
    snprintf(block + 116, 8, "%07o", 0);
    snprintf(block + 124, 12, "%011o", (unsigned)size);
    snprintf(block + 136, 12, "%011o", 1);
    memset(block + 148, ' ', 8);
    block[156] = type;
    memcpy(block + 257, "ustar\00000", 8);
    for (size_t i = 0; i < BLOCK; i++) {
        sum += (unsigned char)block[i];
    }
    snprintf(block + 148, 8, "%06o", sum);
    buf_add(tar, block, BLOCK);
}

static void add_data(struct buf *tar, const char *bytes, size_t length)
{
    static const char zeros[BLOCK];
    buf_add(tar, bytes, length);
    buf_add(tar, zeros, (BLOCK - length % BLOCK) % BLOCK);
}

static void add_file(struct buf *tar, const char *name, const char *content)
{
    add_header(tar, name, '0', strlen(content));
    add_data(tar, content, strlen(content));
}

static void add_end(struct buf *tar)
{
    static const char zeros[2 * BLOCK];
    buf_add(tar, zeros, sizeof(zeros));
}

static void add_example(struct buf *tar)
{
    const char *record = "30 mtime=1700000000.123456789\n12 path=new\n";
    add_header(tar, "d/", '5', 0);
    add_header(tar, "PaxHeaders/x", 'x', strlen(record));
    add_data(tar, record, strlen(record));
    add_file(tar, "d/x", "hello\n");
    add_header(tar, "l", '2', 0);
    add_end(tar);
}

static struct scan new_scan(void)
{
    return (struct scan){.most_entries = 100, .most_bytes = 1000000, .most_header_bytes = 10000};
}

START_TEST(sees_the_same_members_in_pieces_of_any_size)
{
    auto_release(buf) struct buf tar = {0};
    struct scan scan = new_scan();
    struct scan_member member;
    struct err err = {0};
    char types[8] = "";
    size_t piece = (size_t)_i;
    add_example(&tar);
    for (size_t at = 0; at < tar.length; at += piece) {
        size_t length = tar.length - at < piece ? tar.length - at : piece;
        ck_assert_msg(scan_feed(&scan, tar.bytes + at, length, &err) == 0, "%s", err.text);
        while (scan_take(&scan, &member)) {
            types[strlen(types)] = member.type;
        }
    }
    ck_assert_str_eq(types, "502");
    ck_assert_int_eq(scan_finish(&scan, &err), 0);
    ck_assert_uint_eq(scan.bytes, 6);
    scan_release(&scan);
}
END_TEST

START_TEST(misses_the_end_wherever_the_stream_stops)
{
    auto_release(buf) struct buf tar = {0};
    add_example(&tar);
    for (size_t length = 0; length < tar.length - 2 * BLOCK; length += 101) {
        struct scan scan = new_scan();
        struct err err = {0};
        ck_assert_int_eq(scan_feed(&scan, tar.bytes, length, &err), 0);
        ck_assert_int_eq(scan_finish(&scan, &err), -1);
        ck_assert_int_eq(err.kind, ERR_INVALID);
        scan_release(&scan);
    }
}
END_TEST

static const struct {
    const char *bytes;
    size_t length;
    const char *wrong; /* NULL: accepted */
} records[] = {
    {.bytes = "", .length = 0},
    {.bytes = "11 path=ab\n", .length = 11},
    {.bytes = "6 a=b\n", .length = 6},
    {.bytes = "10 size=1\n", .length = 10},
    {.bytes = "5 a=\n", .length = 5},
    {.bytes = "7 a=b\n", .length = 6, .wrong = "malformed"},
    {.bytes = "6 a=b ", .length = 6, .wrong = "malformed"},
    {.bytes = "6  ab\n", .length = 6, .wrong = "malformed"},
    {.bytes = "5 =b\n", .length = 5, .wrong = "malformed"},
    {.bytes = "0 a=b\n", .length = 6, .wrong = "malformed"},
    {.bytes = "99999999999999999999999 a=b\n", .length = 28, .wrong = "malformed"},
    {.bytes = "7 a\0=b\n", .length = 7, .wrong = "malformed"},
    {.bytes = "11 path=a\0\n", .length = 11, .wrong = "NUL"},
    {.bytes = "8 path=\n", .length = 8, .wrong = "empty"},
    {.bytes = "11 path=ab\n11 path=ab\n", .length = 22, .wrong = "two names"},
    {.bytes = "11 size=-1\n", .length = 11, .wrong = "number"},
    {.bytes = "9 size=\n\n", .length = 9, .wrong = "number"},
    {.bytes = "29 size=9999999999999999999\n\n", .length = 29, .wrong = "range"},
};

START_TEST(reads_records)
{
    struct scan_group group = {0};
    const char *wrong = pax_read_local(records[_i].bytes, records[_i].length, &group);
    ck_assert_msg((wrong == NULL) == (records[_i].wrong == NULL), "%s", wrong != NULL ? wrong : "accepted");
    if (wrong != NULL) {
        ck_assert_msg(strstr(wrong, records[_i].wrong) != NULL, "%s", wrong);
    }
}
END_TEST

static struct unit_folder folder;

static void begin(void)
{
    unit_folder_begin(&folder);
}

static void end(void)
{
    unit_folder_end(&folder);
}

/* Unpacks the bytes as an archive of this size and digest; the result of unpack(). */
static int unpack_bytes(const struct buf *tar, const struct unpack_limits *limits, uint64_t size, const char *pin,
                        struct store_tree *ret_tree, struct err *err)
{
    struct progress progress = {0};
    struct digest digest;
    digest_bytes(pin != NULL ? pin : tar->bytes, pin != NULL ? strlen(pin) : tar->length, &digest);
    auto_fd int fd = openat(folder.fd, "archive", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_eq(fs_write_fd(fd, "archive", buf_text(tar), tar->length, err), 0);
    struct err ignored = {0};
    fs_remove_tree(folder.fd, "stage", &ignored);
    ck_assert_int_eq(mkdirat(folder.fd, "stage", 0700), 0);
    int stage = openat(folder.fd, "stage", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = unpack(fd, &digest, size, stage, limits, &progress, ret_tree, err);
    close(stage);
    return result;
}

START_TEST(unpacks_and_indexes)
{
    auto_release(buf) struct buf tar = {0};
    auto_release(buf) struct buf index = {0};
    struct store_tree tree = {0};
    struct err err = {0};
    struct digest digest;
    add_header(&tar, "d/", '5', 0);
    add_file(&tar, "d/x", "");
    add_file(&tar, "y", "hello\n");
    add_end(&tar);
    ck_assert_msg(unpack_bytes(&tar, &unpack_default_limits, tar.length, NULL, &tree, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(tree.entries, 4);
    ck_assert_uint_eq(tree.bytes, 6);
    ck_assert_int_eq(fs_read_at(folder.fd, "stage/index", 10000, &index, &err), 0);
    ck_assert_str_eq(buf_text(&index),
                     ".\td\t0755\t0\t-\n"
                     "d\td\t0755\t0\t-\n"
                     "d/x\tf\t0644\t0\te3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
                     "y\tf\t0644\t6\t5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\n");
    digest_bytes(index.bytes, index.length, &digest);
    ck_assert(digest_equal(&digest, &tree.tree));
}
END_TEST

START_TEST(says_what_is_wrong_with_the_file)
{
    auto_release(buf) struct buf tar = {0};
    auto_release(buf) struct buf html = {0};
    auto_release(buf) struct buf nothing = {0};
    struct store_tree tree = {0};
    struct err err = {0};
    add_example(&tar);
    buf_add_text(&html, "\n<!doctype HTML><title>404</title>");
    ck_assert_int_eq(unpack_bytes(&tar, &unpack_default_limits, 0, "other", &tree, &err), -1);
    assert_error(&err, ERR_MISMATCH, "wrong content");
    ck_assert_int_eq(unpack_bytes(&tar, &unpack_default_limits, tar.length + 1, NULL, &tree, &err), -1);
    assert_error(&err, ERR_MISMATCH, "truncated");
    ck_assert_int_eq(unpack_bytes(&tar, &unpack_default_limits, 1, NULL, &tree, &err), -1);
    assert_error(&err, ERR_MISMATCH, "wrong size");
    ck_assert_int_eq(unpack_bytes(&html, &unpack_default_limits, 0, "other", &tree, &err), -1);
    assert_error(&err, ERR_MISMATCH, "HTML");
    ck_assert_int_eq(unpack_bytes(&html, &unpack_default_limits, 4, "other", &tree, &err), -1);
    assert_error(&err, ERR_MISMATCH, "HTML");
    ck_assert_int_eq(unpack_bytes(&nothing, &unpack_default_limits, 0, NULL, &tree, &err), -1);
    assert_error(&err, ERR_MISMATCH, "empty");
}
END_TEST

START_TEST(keeps_limits)
{
    auto_release(buf) struct buf tar = {0};
    struct store_tree tree = {0};
    struct err err = {0};
    add_file(&tar, "a/b/c/d", "12345");
    add_file(&tar, "e", "12345");
    add_file(&tar, "f", "12345");
    add_end(&tar);
    struct unpack_limits limits = unpack_default_limits;
    limits.entries = 2;
    ck_assert_int_eq(unpack_bytes(&tar, &limits, 0, NULL, &tree, &err), -1);
    assert_error(&err, ERR_INVALID, "too many entries");
    limits = unpack_default_limits;
    limits.bytes = 12;
    ck_assert_int_eq(unpack_bytes(&tar, &limits, 0, NULL, &tree, &err), -1);
    assert_error(&err, ERR_INVALID, "larger than allowed");
    limits = unpack_default_limits;
    limits.depth = 3;
    ck_assert_int_eq(unpack_bytes(&tar, &limits, 0, NULL, &tree, &err), -1);
    assert_error(&err, ERR_INVALID, "entry 1 'a/b/c/d'");
    limits = unpack_default_limits;
    limits.path_bytes = 6;
    ck_assert_int_eq(unpack_bytes(&tar, &limits, 0, NULL, &tree, &err), -1);
    assert_error(&err, ERR_INVALID, "path is longer");
}
END_TEST

static Suite *unpack_suite(void)
{
    Suite *suite = suite_create("unpack");
    TCase *headers = tcase_create("headers");
    tcase_add_loop_test(headers, sees_the_same_members_in_pieces_of_any_size, 1, 1100);
    tcase_add_test(headers, misses_the_end_wherever_the_stream_stops);
    tcase_add_loop_test(headers, reads_records, 0, ROWS(records));
    suite_add_tcase(suite, headers);
    TCase *whole = tcase_create("whole");
    tcase_add_checked_fixture(whole, begin, end);
    tcase_set_timeout(whole, 60);
    tcase_add_test(whole, unpacks_and_indexes);
    tcase_add_test(whole, says_what_is_wrong_with_the_file);
    tcase_add_test(whole, keeps_limits);
    suite_add_tcase(suite, whole);
    return suite;
}

int main(void)
{
    return unit_run(unpack_suite());
}
