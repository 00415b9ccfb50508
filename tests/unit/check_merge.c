/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/tree, supply/tarball and supply/spool: how packages become one tar. */
#include "supply/tree.h"

#include <sys/mman.h>

#include "supply/spool.h"
#include "supply/tarball.h"
#include "unit.h"

enum { TIME = 1000000 };

static struct tree tree;
static struct spool spool;
static struct unit_folder folder;

static void begin_tree(void)
{
    struct err err = {0};
    unit_folder_begin(&folder);
    tree_init(&tree, TIME);
    ck_assert_int_eq(spool_open(&spool, folder.fd, "spool", &err), 0);
}

static void end_tree(void)
{
    tree_release(&tree);
    spool_close(&spool);
    unit_folder_end(&folder);
}

static int add(const char *from, enum tree_type type, const char *path, const char *text, struct err *err)
{
    struct tree_entry entry = {.path = path, .type = type, .mode = 0755, .mtime = TIME, .from = from};
    if (type == TREE_LINK) {
        entry.target = text;
    }
    if (type == TREE_FILE) {
        entry.content.size = strlen(text);
        entry.content.offset = spool_reserve(&spool, entry.content.size);
        digest_bytes(text, strlen(text), &entry.content.digest);
        ck_assert_int_eq(spool_write(&spool, entry.content.offset, text, strlen(text), err), 0);
    }
    return tree_add(&tree, &entry, err);
}

static void must_add(enum tree_type type, const char *path, const char *text)
{
    struct err err = {0};
    ck_assert_msg(add("a 1", type, path, text, &err) == 0, "%s", err.text);
}

static void hard_link(const char *path, const char *target, int result)
{
    struct err err = {0};
    struct tree_entry entry = {
        .path = path, .type = TREE_FILE, .mode = 0644, .target = target, .hard = true, .from = "a 1"};
    ck_assert_int_eq(tree_add(&tree, &entry, &err), result);
}

START_TEST(follows_links_inside_the_tree)
{
    must_add(TREE_LINK, "bin", "usr/bin");
    must_add(TREE_LINK, "usr/sbin", "/usr/bin");
    must_add(TREE_LINK, "usr/local", "../opt/./local");
    must_add(TREE_FOLDER, "bin", NULL);
    must_add(TREE_FILE, "bin/a", "a");
    must_add(TREE_FILE, "usr/sbin/b", "b");
    must_add(TREE_FILE, "usr/local/c", "c");
    ck_assert_int_eq(tree_find(&tree, "bin")->type, TREE_LINK);
    ck_assert_ptr_nonnull(tree_find(&tree, "usr/bin/a"));
    ck_assert_ptr_eq(tree_find(&tree, "usr/bin/b"), tree_find(&tree, "bin/b"));
    ck_assert_ptr_nonnull(tree_find(&tree, "opt/local/c"));
    ck_assert_ptr_null(tree_find(&tree, "usr/bin/c"));
}
END_TEST

START_TEST(refuses_paths_that_leave_the_tree)
{
    struct err err = {0};
    must_add(TREE_LINK, "usr/out", "../../etc");
    ck_assert_int_eq(add("b 2", TREE_FILE, "usr/out/passwd", "x", &err), -1);
    assert_error(&err, ERR_INVALID, "b 2: 'usr/out/passwd' leads through a link out of the tree");
    err = (struct err){0};
    must_add(TREE_LINK, "loop", "again");
    must_add(TREE_LINK, "again", "loop");
    ck_assert_int_eq(add("b 2", TREE_FILE, "loop/x", "x", &err), -1);
    assert_error(&err, ERR_INVALID, "more than 40 symbolic links");
    err = (struct err){0};
    must_add(TREE_FILE, "file", "x");
    ck_assert_int_eq(add("b 2", TREE_FILE, "file/x", "x", &err), -1);
    assert_error(&err, ERR_INVALID, "'file/x' leads through 'file', a file of a 1");
}
END_TEST

START_TEST(takes_the_same_twice_and_no_other)
{
    struct err err = {0};
    must_add(TREE_FILE, "etc/a", "one");
    must_add(TREE_LINK, "etc/l", "a");
    ck_assert_int_eq(add("b 2", TREE_FILE, "etc/a", "one", &err), 0);
    ck_assert_int_eq(add("b 2", TREE_LINK, "etc/l", "a", &err), 0);
    ck_assert_int_eq(add("b 2", TREE_FOLDER, "etc", NULL, &err), 0);
    ck_assert_int_eq(add("b 2", TREE_FILE, "etc/a", "two", &err), -1);
    assert_error(&err, ERR_INVALID, "'etc/a' is a file in a 1 and another file in b 2");
    err = (struct err){0};
    ck_assert_int_eq(add("b 2", TREE_LINK, "etc/l", "b", &err), -1);
    assert_error(&err, ERR_INVALID, "'etc/l' is a link in a 1 and another link in b 2");
    err = (struct err){0};
    ck_assert_int_eq(add("b 2", TREE_FOLDER, "etc/a", NULL, &err), -1);
    assert_error(&err, ERR_INVALID, "'etc/a' is a file in a 1 and a folder in b 2");
    err = (struct err){0};
    ck_assert_int_eq(add("b 2", TREE_LINK, "etc", "x", &err), -1);
    assert_error(&err, ERR_INVALID, "'etc' is a folder in");
}
END_TEST

START_TEST(lets_a_folder_replace_one_that_was_only_implied)
{
    struct err err = {0};
    struct tree_entry real = {.path = "var/x", .type = TREE_FOLDER, .mode = 06701, .mtime = 7, .from = "b 2"};
    must_add(TREE_FILE, "var/x/y", "y");
    ck_assert_uint_eq(tree_find(&tree, "var/x")->mode, 0755);
    ck_assert_int_eq(tree_find(&tree, "var/x")->mtime, TIME);
    ck_assert_int_eq(tree_add(&tree, &real, &err), 0);
    ck_assert_uint_eq(tree_find(&tree, "var/x")->mode, 0701);
    ck_assert_int_eq(tree_find(&tree, "var/x")->mtime, 7);
}
END_TEST

START_TEST(shares_content_between_hard_links)
{
    must_add(TREE_FILE, "b", "text");
    hard_link("a", "b", 0);
    hard_link("c", "absent", -1);
    ck_assert_ptr_eq(tree_find(&tree, "a")->content, tree_find(&tree, "b")->content);
}
END_TEST

struct paths {
    struct buf text;
};

static int note_path(void *user, const char *path, struct tree_node *node, struct err *err)
{
    (void)node;
    (void)err;
    buf_addf(&((struct paths *)user)->text, "%s ", path);
    return 0;
}

START_TEST(visits_in_the_byte_order_of_whole_paths)
{
    struct err err = {0};
    struct paths paths = {0};
    must_add(TREE_FILE, "a/c", "");
    must_add(TREE_FILE, "a.b", "");
    must_add(TREE_FILE, "a0", "");
    must_add(TREE_FILE, "\xc3\xa9", "");
    must_add(TREE_FILE, "B", "");
    ck_assert_int_eq(tree_each(&tree, note_path, &paths, &err), 0);
    ck_assert_str_eq(buf_text(&paths.text), "B a a.b a/c a0 \xc3\xa9 ");
    buf_release(&paths.text);
}
END_TEST

/* The tar of the tree, in memory. */
static int write_tar(struct digest *ret_digest, uint64_t *ret_size)
{
    struct err err = {0};
    int fd = memfd_create("tar", MFD_CLOEXEC);
    ck_assert_msg(tarball_write(&tree, &spool, fd, ret_digest, ret_size, &err) == 0, "%s", err.text);
    return fd;
}

static int fill(bool backwards)
{
    static const char *const names[] = {"usr/bin/a", "usr/bin/b", "etc/c", "z"};
    char name[140];
    for (size_t i = 0; i < ROWS(names); i++) {
        must_add(TREE_FILE, names[backwards ? ROWS(names) - 1 - i : i], "content");
    }
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    must_add(TREE_LINK, name, name);
    hard_link("hard", "z", 0);
    struct digest digest;
    uint64_t size = 0;
    return write_tar(&digest, &size);
}

START_TEST(writes_the_same_bytes_whatever_came_first)
{
    struct err err = {0};
    struct digest a, b;
    uint64_t size_a = 0, size_b = 0;
    auto_fd int one = fill(false);
    tree_release(&tree);
    tree_init(&tree, TIME);
    auto_fd int two = fill(true);
    lseek(one, 0, SEEK_SET);
    lseek(two, 0, SEEK_SET);
    ck_assert_int_eq(digest_fd(one, "one", &a, &size_a, &err), 0);
    ck_assert_int_eq(digest_fd(two, "two", &b, &size_b, &err), 0);
    ck_assert_uint_eq(size_a, size_b);
    ck_assert(digest_equal(&a, &b));
}
END_TEST

START_TEST(writes_a_header_as_posix_lays_it_out)
{
    char block[4096];
    struct digest digest, whole;
    uint64_t size = 0;
    must_add(TREE_FILE, "file", "hello");
    auto_fd int fd = write_tar(&digest, &size);
    ck_assert_uint_eq(size, 512 + 512 + 1024);
    ck_assert_int_eq(pread(fd, block, sizeof(block), 0), (ssize_t)size);
    ck_assert_str_eq(block, "file");
    ck_assert_str_eq(block + 100, "0000755");
    ck_assert_str_eq(block + 108, "0000000");
    ck_assert_str_eq(block + 124, "00000000005");
    ck_assert_str_eq(block + 136, "00003641100");
    ck_assert_int_eq(block[156], '0');
    ck_assert_str_eq(block + 257, "ustar");
    ck_assert_mem_eq(block + 263, "00", 2);
    ck_assert_int_eq(block[265], 0); /* no user name */
    ck_assert_mem_eq(block + 512, "hello\0", 6);
    digest_bytes(block, size, &whole);
    ck_assert(digest_equal(&digest, &whole));
    unsigned sum = 8 * ' ';
    for (int i = 0; i < 512; i++) {
        sum += i >= 148 && i < 156 ? 0 : (unsigned char)block[i];
    }
    ck_assert_uint_eq(strtoul(block + 148, NULL, 8), sum);
}
END_TEST

START_TEST(compresses_the_same_twice)
{
    struct err err = {0};
    struct digest digest, one, two;
    uint64_t size = 0;
    must_add(TREE_FILE, "file", "hello");
    auto_fd int tar = write_tar(&digest, &size);
    auto_fd int a = memfd_create("a", MFD_CLOEXEC);
    auto_fd int b = memfd_create("b", MFD_CLOEXEC);
    ck_assert_int_eq(tarball_compress(tar, a, &err), 0);
    ck_assert_int_eq(tarball_compress(tar, b, &err), 0);
    lseek(a, 0, SEEK_SET);
    lseek(b, 0, SEEK_SET);
    ck_assert_int_eq(digest_fd(a, "a", &one, NULL, &err), 0);
    ck_assert_int_eq(digest_fd(b, "b", &two, NULL, &err), 0);
    ck_assert(digest_equal(&one, &two) && !digest_equal(&one, &digest));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("merge");
    TCase *names = tcase_create("Tree");
    tcase_add_checked_fixture(names, begin_tree, end_tree);
    tcase_add_test(names, follows_links_inside_the_tree);
    tcase_add_test(names, refuses_paths_that_leave_the_tree);
    tcase_add_test(names, takes_the_same_twice_and_no_other);
    tcase_add_test(names, lets_a_folder_replace_one_that_was_only_implied);
    tcase_add_test(names, shares_content_between_hard_links);
    tcase_add_test(names, visits_in_the_byte_order_of_whole_paths);
    suite_add_tcase(suite, names);
    TCase *tar = tcase_create("Tarball");
    tcase_add_checked_fixture(tar, begin_tree, end_tree);
    tcase_add_test(tar, writes_the_same_bytes_whatever_came_first);
    tcase_add_test(tar, writes_a_header_as_posix_lays_it_out);
    tcase_add_test(tar, compresses_the_same_twice);
    suite_add_tcase(suite, tar);
    return unit_run(suite);
}
