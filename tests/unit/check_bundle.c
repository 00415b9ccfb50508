/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/bundle_write and bundle_read: what is written comes back, always the same bytes, and no other file is
 * accepted. */
#include "supply/bundle_read.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "env/bundle_list.h"
#include "supply/bundle_mark.h"
#include "supply/bundle_write.h"
#include "supply/tar_header.h"
#include "unit.h"

static struct unit_folder folder;
static struct bundle_plan plan;
static struct buf fields;
static struct err err;

static void begin(void)
{
    err = (struct err){0};
    unit_folder_begin(&folder);
}

static void end(void)
{
    unit_folder_end(&folder);
    bundle_plan_release(&plan);
    buf_release(&fields);
}

static void add_field(const char *text)
{
    buf_add(&fields, text, strlen(text) + 1);
}

static void add_source(const char *name, const struct digest *digest, size_t size, size_t offset, const char *source)
{
    char hex[DIGEST_HEX + 1];
    auto_free char *size_text = xasprintf("%zu", size);
    auto_free char *offset_text = xasprintf("%zu", offset);
    digest_to_hex(digest, hex);
    auto_free char *path = name[strlen(name) - 1] == '/' ? xasprintf("%s%s", name, hex) : xstrdup(name);
    add_field(path);
    add_field(hex);
    add_field(size_text);
    add_field(offset_text);
    add_field(source);
}

static void add_text(const char *name, const char *text)
{
    struct digest digest;
    digest_bytes(text, strlen(text), &digest);
    auto_free char *source = xasprintf("=%s", text);
    add_source(name, &digest, strlen(text), 0, source);
}

static void add_content(const char *name, const char *file, const char *text, size_t offset)
{
    struct digest digest;
    auto_free char *path = xasprintf("%s/%s", folder.path, file);
    unit_write(&folder, file, text);
    digest_bytes(text + offset, strlen(text) - offset, &digest);
    add_source(name, &digest, strlen(text) - offset, offset, path);
}

static void parse_plan(void)
{
    bundle_plan_release(&plan);
    ck_assert_msg(bundle_plan_parse(&plan, buf_text(&fields), fields.length, &err) == 0, "%s", err.text);
    buf_clear(&fields);
}

/* An example: "input" is the content from the third byte on of a file. */
static void make_plan(void)
{
    add_text("manifest.json", "{\"schema\": \"a manifest\"}\n");
    add_text("definition.ini", "[artifact]\n");
    add_content("inputs/", "in", "--input", 2);
    add_content("outputs/", "out", "output", 0);
    parse_plan();
}

static int write_bundle(const char *name, struct digest *ret_list)
{
    struct progress progress = {0};
    auto_fd int fd = openat(folder.fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    return bundle_write(&plan, fd, &progress, ret_list, &err);
}

static void read_file(const char *name, struct buf *bytes)
{
    struct err unread = {0};
    buf_clear(bytes);
    ck_assert_msg(fs_read_at(folder.fd, name, 1 << 20, bytes, &unread) == 0, "%s", unread.text);
}

/* Reads a file that holds `bytes` into the fresh folder "into". */
static int read_bytes(const struct buf *bytes, bool contents, struct digest *ret_list)
{
    _Atomic uint64_t done = 0;
    struct err ignored = {0};
    fs_remove_tree(folder.fd, "into", &ignored);
    ck_assert_int_eq(mkdirat(folder.fd, "into", 0700), 0);
    auto_fd int into = openat(folder.fd, "into", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_fd int fd = openat(folder.fd, "read", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_eq(fs_write_fd(fd, "read", buf_text(bytes), bytes->length, &ignored), 0);
    err = (struct err){0};
    return bundle_read_here(fd, into, contents, &done, ret_list, &err);
}

static void assert_member(const char *path, const char *text)
{
    auto_release(buf) struct buf content = {0};
    auto_free char *name = xasprintf("into/%s", path);
    read_file(name, &content);
    ck_assert_str_eq(buf_text(&content), text);
}

/* The place of an input or output, as run/objects keeps contents. */
static char *object_of(const char *text)
{
    char hex[DIGEST_HEX + 1];
    struct digest digest;
    digest_bytes(text, strlen(text), &digest);
    digest_to_hex(&digest, hex);
    return xasprintf(".sciwrap/objects/%.2s/%s", hex, hex);
}

START_TEST(what_is_written_comes_back)
{
    struct digest written;
    struct digest read;
    auto_release(buf) struct buf bytes = {0};
    make_plan();
    ck_assert_msg(write_bundle("x", &written) == 0, "%s", err.text);
    read_file("x", &bytes);
    ck_assert_msg(read_bytes(&bytes, true, &read) == 0, "%s", err.text);
    ck_assert(digest_equal(&written, &read));
    auto_free char *input = object_of("input");
    auto_free char *output = object_of("output");
    assert_member("manifest.json", "{\"schema\": \"a manifest\"}\n");
    assert_member("definition.ini", "[artifact]\n");
    assert_member(input, "input");
    assert_member(output, "output");
}
END_TEST

START_TEST(without_contents_only_texts_are_kept)
{
    struct digest list;
    struct strlist names = {0};
    auto_release(buf) struct buf bytes = {0};
    make_plan();
    ck_assert_int_eq(write_bundle("x", &list), 0);
    read_file("x", &bytes);
    ck_assert_msg(read_bytes(&bytes, false, &list) == 0, "%s", err.text);
    ck_assert_int_eq(fs_list(folder.fd, "into", &names, &err), 0);
    ck_assert_uint_eq(names.count, 3);
    ck_assert_str_eq(names.item[0], "SHA256SUMS");
    strlist_release(&names);
}
END_TEST

START_TEST(the_same_files_are_the_same_bytes)
{
    struct digest first;
    struct digest second;
    auto_release(buf) struct buf a = {0};
    auto_release(buf) struct buf b = {0};
    make_plan();
    ck_assert_int_eq(write_bundle("a", &first), 0);
    make_plan();
    ck_assert_int_eq(write_bundle("b", &second), 0);
    read_file("a", &a);
    read_file("b", &b);
    ck_assert(digest_equal(&first, &second));
    ck_assert_uint_eq(a.length, b.length);
    ck_assert_int_eq(memcmp(a.bytes, b.bytes, a.length), 0);
}
END_TEST

START_TEST(refuses_to_write_what_has_changed)
{
    static const char *const changed[] = {"--inpuT", "--inp", ""};
    struct digest list;
    make_plan();
    unit_write(&folder, "in", changed[_i]);
    ck_assert_int_eq(write_bundle("x", &list), -1);
    assert_error(&err, ERR_MISMATCH, "/in' changed");
}
END_TEST

START_TEST(refuses_to_write_what_is_gone)
{
    struct digest list;
    make_plan();
    unlinkat(folder.fd, "in", 0);
    ck_assert_int_eq(write_bundle("x", &list), -1);
    assert_error(&err, ERR_NOT_FOUND, "/in'");
}
END_TEST

START_TEST(refuses_a_plan_that_no_list_has)
{
    struct digest list;
    add_text("definition.ini", "[artifact]\n");
    add_text("manifest.json", "{}\n");
    parse_plan();
    ck_assert_int_eq(write_bundle("x", &list), -1);
    assert_error(&err, ERR_INVALID, "out of order");
}
END_TEST

START_TEST(refuses_more_than_any_bundle_holds)
{
    struct digest list;
    struct digest digest;
    digest_bytes("x", 1, &digest);
    add_text("manifest.json", "{}\n");
    add_text("definition.ini", "[artifact]\n");
    add_source("inputs/", &digest, BUNDLE_BYTES_MOST, 0, "/nonexistent");
    parse_plan();
    ck_assert_int_eq(write_bundle("x", &list), -1);
    assert_error(&err, ERR_INVALID, "this run cannot be bundled: its files have more than 1 PiB");
}
END_TEST

/* Not one byte can be another one. */
START_TEST(refuses_a_change_of_any_byte)
{
    struct digest list;
    auto_release(buf) struct buf bytes = {0};
    make_plan();
    ck_assert_int_eq(write_bundle("x", &list), 0);
    read_file("x", &bytes);
    for (size_t i = 0; i < bytes.length; i++) {
        char was = bytes.bytes[i];
        bytes.bytes[i] = (char)(was ^ (1 << (i % 8)));
        ck_assert_msg(read_bytes(&bytes, true, &list) == -1, "byte %zu of %zu", i, bytes.length);
        ck_assert(err.kind == ERR_INVALID || err.kind == ERR_MISMATCH);
        bytes.bytes[i] = was;
    }
    ck_assert_int_eq(read_bytes(&bytes, true, &list), 0);
}
END_TEST

START_TEST(refuses_a_part_of_it)
{
    struct digest list;
    auto_release(buf) struct buf bytes = {0};
    make_plan();
    ck_assert_int_eq(write_bundle("x", &list), 0);
    read_file("x", &bytes);
    for (size_t whole = bytes.length; bytes.length > 0; bytes.length -= bytes.length < 7 ? 1 : 7) {
        ck_assert_msg(bytes.length == whole || read_bytes(&bytes, true, &list) == -1, "%zu bytes", bytes.length);
    }
    ck_assert_int_eq(read_bytes(&bytes, true, &list), -1);
    assert_error(&err, ERR_INVALID, "does not begin");
}
END_TEST

START_TEST(refuses_what_was_appended)
{
    struct digest list;
    auto_release(buf) struct buf bytes = {0};
    make_plan();
    ck_assert_int_eq(write_bundle("x", &list), 0);
    read_file("x", &bytes);
    buf_add(&bytes, "", 1);
    ck_assert_int_eq(read_bytes(&bytes, true, &list), -1);
    assert_error(&err, ERR_INVALID, "does not end");
}
END_TEST

START_TEST(an_end_mark_is_read_as_it_was_made)
{
    char mark[BUNDLE_MARK];
    struct digest digest;
    struct digest read;
    digest_bytes("x", 1, &digest);
    bundle_mark_make(mark, &digest);
    ck_assert(bundle_mark_read(mark, &read) && digest_equal(&digest, &read));
    for (size_t i = 0; i < BUNDLE_MARK; i++) {
        mark[i] ^= 0x20; /* the other case of a letter */
        ck_assert_msg(!bundle_mark_read(mark, &read) || !digest_equal(&digest, &read), "byte %zu", i);
        mark[i] ^= 0x20;
    }
}
END_TEST

START_TEST(a_header_of_8_gib_and_more_has_a_record)
{
    auto_release(buf) struct buf small = {0};
    auto_release(buf) struct buf large = {0};
    struct tar_entry entry = {.path = "f", .type = '0', .mode = 0644, .size = 077777777777ULL, .link = ""};
    ck_assert_int_eq(tar_header_add(&small, &entry, &err), 0);
    entry.size++;
    ck_assert_int_eq(tar_header_add(&large, &entry, &err), 0);
    ck_assert_uint_eq(small.length, TAR_BLOCK);
    ck_assert_uint_eq(large.length, 3 * TAR_BLOCK);
    ck_assert_ptr_nonnull(strstr(large.bytes + TAR_BLOCK, "size=8589934592\n"));
}
END_TEST

static const struct {
    const char *field[5];
} bad_plans[] = {
    {{"manifest.json", "not a digest", "0", "0", "="}},
    {{"../manifest.json", "00", "0", "0", "="}},
};

START_TEST(refuses_a_plan_that_is_none)
{
    for (int i = 0; i < 5; i++) {
        add_field(bad_plans[_i].field[i]);
    }
    ck_assert_int_eq(bundle_plan_parse(&plan, buf_text(&fields), fields.length, &err), -1);
    assert_error(&err, ERR_INVALID, "cannot be read");
    err = (struct err){0};
    ck_assert_int_eq(bundle_plan_parse(&plan, buf_text(&fields), fields.length - 1, &err), -1);
    assert_error(&err, ERR_INVALID, "cut off");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bundle");
    TCase *group = tcase_create("bundle");
    tcase_set_timeout(group, 60);
    tcase_add_checked_fixture(group, begin, end);
    tcase_add_test(group, what_is_written_comes_back);
    tcase_add_test(group, without_contents_only_texts_are_kept);
    tcase_add_test(group, the_same_files_are_the_same_bytes);
    tcase_add_loop_test(group, refuses_to_write_what_has_changed, 0, 3);
    tcase_add_test(group, refuses_to_write_what_is_gone);
    tcase_add_test(group, refuses_a_plan_that_no_list_has);
    tcase_add_test(group, refuses_more_than_any_bundle_holds);
    tcase_add_test(group, refuses_a_change_of_any_byte);
    tcase_add_test(group, refuses_a_part_of_it);
    tcase_add_test(group, refuses_what_was_appended);
    tcase_add_test(group, an_end_mark_is_read_as_it_was_made);
    tcase_add_test(group, a_header_of_8_gib_and_more_has_a_record);
    tcase_add_loop_test(group, refuses_a_plan_that_is_none, 0, ROWS(bad_plans));
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
