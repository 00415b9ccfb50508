/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/fs: whole files, look-ups that stay beneath, and trees that resist removal. */
#include "base/fs.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

static void make_dir(const char *name, mode_t mode)
{
    ck_assert_int_eq(mkdirat(folder.fd, name, mode), 0);
}

static void make_link(const char *target, const char *name)
{
    ck_assert_int_eq(symlinkat(target, folder.fd, name), 0);
}

START_TEST(reads_whole_files)
{
    unit_write(&folder, "f", "content");
    auto_release(buf) struct buf text = {0};
    struct err err = {0};
    ck_assert_int_eq(fs_read_at(folder.fd, "f", 7, &text, &err), 0);
    ck_assert_str_eq(buf_text(&text), "content");
    ck_assert_int_eq(fs_read_at(folder.fd, "f", 6, &text, &err), -1);
    assert_error(&err, ERR_INVALID, "larger than 6 bytes");
    ck_assert_int_eq(fs_read_at(folder.fd, "absent", 6, &text, &err), -1);
    assert_error(&err, ERR_NOT_FOUND, "open 'absent'");
}
END_TEST

START_TEST(refuses_to_read_what_is_no_file)
{
    make_dir("d", 0700);
    ck_assert_int_eq(mkfifoat(folder.fd, "fifo", 0600), 0);
    auto_release(buf) struct buf text = {0};
    struct err err = {0};
    ck_assert_int_eq(fs_read_at(folder.fd, "d", 9, &text, &err), -1);
    assert_error(&err, ERR_INVALID, "not a regular file");
    ck_assert_int_eq(fs_read_at(folder.fd, "fifo", 9, &text, &err), -1); /* and does not wait for a writer */
    assert_error(&err, ERR_INVALID, "not a regular file");
}
END_TEST

START_TEST(writes_whole_or_not_at_all)
{
    struct err err = {0};
    ck_assert_int_eq(fs_write_atomic(folder.fd, "f", 0640, "one", 3, &err), 0);
    ck_assert_int_eq(fs_write_atomic(folder.fd, "f", 0640, "two", 3, &err), 0);
    auto_release(buf) struct buf text = {0};
    ck_assert_int_eq(fs_read_at(folder.fd, "f", 9, &text, &err), 0);
    ck_assert_str_eq(buf_text(&text), "two");
    assert_no_error(&err);
    make_dir("taken", 0700);
    ck_assert_int_eq(fs_write_atomic(folder.fd, "taken", 0640, "x", 1, &err), -1);
    assert_error(&err, ERR_SYSTEM, "rename to 'taken'");
    auto_release(strlist) struct strlist names = {0};
    struct err none = {0};
    ck_assert_int_eq(fs_list(folder.fd, ".", &names, &none), 0);
    ck_assert_uint_eq(names.count, 2); /* no private name is left */
}
END_TEST

START_TEST(copies_content)
{
    unit_write(&folder, "from", "some bytes");
    auto_fd int from = openat(folder.fd, "from", O_RDONLY | O_CLOEXEC);
    auto_fd int to = openat(folder.fd, "to", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct err err = {0};
    ck_assert_int_eq(fs_copy_fd(from, to, "from", &err), 0);
    auto_release(buf) struct buf text = {0};
    ck_assert_int_eq(fs_read_at(folder.fd, "to", 99, &text, &err), 0);
    ck_assert_str_eq(buf_text(&text), "some bytes");
}
END_TEST

START_TEST(copies_what_only_reading_shows)
{
    auto_fd int from = open("/proc/version", O_RDONLY | O_CLOEXEC); /* its size is 0 for stat */
    auto_fd int to = openat(folder.fd, "to", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct err err = {0};
    ck_assert_int_eq(fs_copy_fd(from, to, "version", &err), 0);
    auto_release(buf) struct buf text = {0};
    ck_assert_int_eq(fs_read_at(folder.fd, "to", 9999, &text, &err), 0);
    ck_assert_int_eq(strncmp(buf_text(&text), "Linux", 5), 0);
}
END_TEST

START_TEST(opens_beneath)
{
    make_dir("a", 0700);
    make_dir("a/b", 0700);
    auto_fd int made = fs_open_beneath(folder.fd, "a/b/f", O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(made, 0);
    ck_assert_int_eq(fcntl(made, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    auto_fd int again = fs_open_beneath(folder.fd, "a/b/f", O_RDONLY, 0);
    ck_assert_int_ge(again, 0);
}
END_TEST

static const char *const escapes[] = {
    "..", "../x", "a/../../x",       "/etc/passwd", "",       ".",    "a//f",
    "a/", "up/f", "root/etc/passwd", "self",        "a/file", "loop",
};

START_TEST(cannot_be_led_out)
{
    make_dir("a", 0700);
    unit_write(&folder, "a/f", "inside");
    make_link("..", "up");
    make_link("/", "root");
    make_link("a/f", "self"); /* stays inside and is refused all the same: no link is followed */
    make_link("f", "a/file");
    make_link("loop", "loop");
    errno = 0;
    ck_assert_int_eq(fs_open_beneath(folder.fd, escapes[_i], O_RDONLY, 0), -1);
    ck_assert_int_ne(errno, 0);
    ck_assert_int_eq(fs_open_beneath(folder.fd, escapes[_i], O_WRONLY | O_CREAT, 0600), -1);
}
END_TEST

START_TEST(makes_every_missing_folder)
{
    struct err err = {0};
    auto_free char *path = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/x/y/z", folder.path), 0);
    ck_assert_int_eq(fs_make_dirs(path, 0700, &err), 0);
    ck_assert_int_eq(fs_make_dirs(path, 0700, &err), 0);
    assert_no_error(&err);
    ck_assert(unit_exists(&folder, "x/y/z"));
}
END_TEST

START_TEST(says_when_a_file_is_in_the_way)
{
    struct err err = {0};
    unit_write(&folder, "file", "");
    auto_free char *path = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/file/y", folder.path), 0);
    ck_assert_int_eq(fs_make_dirs(path, 0700, &err), -1);
    assert_error(&err, ERR_SYSTEM, "create directory '");
}
END_TEST

START_TEST(lists_sorted_and_without_dots)
{
    unit_write(&folder, "b", "");
    unit_write(&folder, ".a", "");
    unit_write(&folder, "C", "");
    auto_release(strlist) struct strlist names = {0};
    struct err err = {0};
    ck_assert_int_eq(fs_list(folder.fd, ".", &names, &err), 0);
    ck_assert_uint_eq(names.count, 3);
    ck_assert_str_eq(names.item[0], ".a");
    ck_assert_str_eq(names.item[1], "C");
    ck_assert_str_eq(names.item[2], "b");
    ck_assert_int_eq(fs_list(folder.fd, "absent", &names, &err), -1);
    assert_error(&err, ERR_NOT_FOUND, "absent");
}
END_TEST

static void assert_removed(const char *name)
{
    struct err err = {0};
    ck_assert_msg(fs_remove_tree(folder.fd, name, &err) == 0, "%s", err.text);
    assert_no_error(&err);
    ck_assert(!unit_exists(&folder, name));
}

START_TEST(removes_files_links_and_nothing)
{
    unit_write(&folder, "kept", "x");
    unit_write(&folder, "f", "x");
    make_link("kept", "l");
    make_dir("d", 0700);
    make_link("../kept", "d/l");
    make_link("/", "d/root");
    assert_removed("absent");
    assert_removed("f");
    assert_removed("l");
    assert_removed("d");
    ck_assert(unit_exists(&folder, "kept"));
}
END_TEST

/* Only as an ordinary user do these modes hold anything up; tests/run.sh runs this program as both. */
START_TEST(removes_directories_without_permissions)
{
    make_dir("d", 0700);
    make_dir("d/none", 0700);
    unit_write(&folder, "d/none/f", "x");
    make_dir("d/none/inner", 0700);
    unit_write(&folder, "d/none/inner/f", "x");
    make_dir("d/readonly", 0700);
    unit_write(&folder, "d/readonly/f", "x");
    ck_assert_int_eq(fchmodat(folder.fd, "d/none/inner", 0, 0), 0);
    ck_assert_int_eq(fchmodat(folder.fd, "d/none", 0, 0), 0);
    ck_assert_int_eq(fchmodat(folder.fd, "d/readonly", 0555, 0), 0);
    ck_assert_int_eq(fchmodat(folder.fd, "d", 0, 0), 0);
    assert_removed("d");
}
END_TEST

static void make_deep(const char *name, int levels)
{
    int at = dup(folder.fd);
    for (int i = 0; i < levels; i++) {
        const char *step = i == 0 ? name : "d";
        ck_assert_int_eq(mkdirat(at, step, 0700), 0);
        int next = openat(at, step, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(next, 0);
        int leaf = openat(next, "leaf", O_WRONLY | O_CREAT | O_CLOEXEC, 0400);
        ck_assert_int_ge(leaf, 0);
        close(leaf);
        close(at);
        at = next;
    }
    close(at);
}

START_TEST(removes_3000_levels_with_few_descriptors)
{
    make_deep("deep", 3000);
    assert_removed("deep");
}
END_TEST

START_TEST(removes_a_tree_that_holds_the_names_it_would_move_to)
{
    make_dir("deep", 0700);
    for (int i = 0; i < 10; i++) { /* ten, because the order in which a directory is read is the file system's */
        char name[32];
        snprintf(name, sizeof(name), "deep/.deep.%d", i);
        make_dir(name, 0700);
        strcat(name, "/f");
        unit_write(&folder, name, "x");
    }
    int top = steal_fd(&folder.fd);
    folder.fd = openat(top, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    make_deep("down", 300);
    close(folder.fd);
    folder.fd = top;
    assert_removed("deep");
}
END_TEST

START_TEST(removes_many_entries)
{
    make_dir("wide", 0700);
    for (int i = 0; i < 5000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "wide/%d", i);
        unit_write(&folder, name, "");
    }
    assert_removed("wide");
}
END_TEST

START_TEST(finds_itself)
{
    auto_free char *self = fs_self_path();
    ck_assert_ptr_nonnull(self);
    ck_assert_ptr_nonnull(strstr(self, "check_fs"));
    auto_free char *here = fs_current_dir();
    ck_assert_int_eq(here[0], '/');
}
END_TEST

/* Collections of several processes meet in the same remains. */
START_TEST(removes_what_others_remove_too)
{
    enum { ROUNDS = 40, FOLDERS = 100, OTHERS = 2 };
    for (int round = 0; round < ROUNDS; round++) {
        int failed = 0;
        make_dir("d", 0700);
        for (int i = 0; i < FOLDERS; i++) {
            char name[32];
            snprintf(name, sizeof(name), "d/%d", i);
            make_dir(name, 0700);
            snprintf(name, sizeof(name), "d/%d/inner", i);
            make_dir(name, 0700);
        }
        for (int i = 0; i < OTHERS; i++) {
            if (fork() == 0) {
                struct err err = {0};
                _exit(fs_remove_tree(folder.fd, "d", &err) == 0 ? 0 : 1);
            }
        }
        for (int i = 0; i < OTHERS; i++) {
            int status = -1;
            wait(&status);
            failed += status != 0;
        }
        ck_assert_int_eq(failed, 0);
        ck_assert(!unit_exists(&folder, "d"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs");
    TCase *files = tcase_create("Files");
    tcase_add_checked_fixture(files, begin, end);
    tcase_add_test(files, reads_whole_files);
    tcase_add_test(files, refuses_to_read_what_is_no_file);
    tcase_add_test(files, writes_whole_or_not_at_all);
    tcase_add_test(files, copies_content);
    tcase_add_test(files, copies_what_only_reading_shows);
    tcase_add_test(files, finds_itself);
    suite_add_tcase(suite, files);
    TCase *beneath = tcase_create("Beneath");
    tcase_add_checked_fixture(beneath, begin, end);
    tcase_add_test(beneath, opens_beneath);
    tcase_add_loop_test(beneath, cannot_be_led_out, 0, ROWS(escapes));
    suite_add_tcase(suite, beneath);
    TCase *trees = tcase_create("Trees");
    tcase_add_checked_fixture(trees, begin, end);
    tcase_set_timeout(trees, 60);
    tcase_add_test(trees, makes_every_missing_folder);
    tcase_add_test(trees, says_when_a_file_is_in_the_way);
    tcase_add_test(trees, lists_sorted_and_without_dots);
    tcase_add_test(trees, removes_files_links_and_nothing);
    tcase_add_test(trees, removes_directories_without_permissions);
    tcase_add_test(trees, removes_3000_levels_with_few_descriptors);
    tcase_add_test(trees, removes_a_tree_that_holds_the_names_it_would_move_to);
    tcase_add_test(trees, removes_many_entries);
    tcase_add_test(trees, removes_what_others_remove_too);
    suite_add_tcase(suite, trees);
    return unit_run(suite);
}
