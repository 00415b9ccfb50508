/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/whole: a file is there whole or as it was. */
#include "base/whole.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "unit.h"

static struct unit_folder folder;
static struct err err;

static void begin(void)
{
    err = (struct err){0};
    unit_folder_begin(&folder);
}

static void end(void)
{
    unit_folder_end(&folder);
}

static struct whole begun(const char *name)
{
    struct whole whole;
    auto_free char *path = xasprintf("%s/%s", folder.path, name);
    ck_assert_msg(whole_begin(&whole, path, 0666, &err) == 0, "%s", err.text);
    ck_assert_int_eq(fs_write_fd(whole.fd, name, "new", 3, &err), 0);
    return whole;
}

static void assert_files(const char *expected)
{
    struct strlist names = {0};
    auto_release(buf) struct buf text = {0};
    ck_assert_int_eq(fs_list(folder.fd, ".", &names, &err), 0);
    for (size_t i = 0; i < names.count; i++) {
        buf_addf(&text, "%s ", names.item[i]);
    }
    ck_assert_str_eq(buf_text(&text), expected);
    strlist_release(&names);
}

static void assert_content(const char *name, const char *expected)
{
    auto_release(buf) struct buf text = {0};
    ck_assert_int_eq(fs_read_at(folder.fd, name, 100, &text, &err), 0);
    ck_assert_str_eq(buf_text(&text), expected);
}

START_TEST(appears_when_it_is_committed)
{
    struct stat st;
    mode_t old = umask(027);
    struct whole whole = begun("f");
    umask(old);
    ck_assert_int_eq(whole_commit(&whole, &err), 0);
    assert_files("f ");
    assert_content("f", "new");
    ck_assert_int_eq(fstatat(folder.fd, "f", &st, 0), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(replaces_what_was_there_only_then)
{
    unit_write(&folder, "f", "old");
    struct whole whole = begun("f");
    assert_content("f", "old");
    ck_assert_int_eq(whole_commit(&whole, &err), 0);
    assert_content("f", "new");
    assert_files("f ");
}
END_TEST

START_TEST(keeps_what_came_there_meanwhile_when_asked)
{
    struct whole whole = begun("f");
    whole.keep = true;
    unit_write(&folder, "f", "old");
    ck_assert_int_eq(whole_commit(&whole, &err), -1);
    assert_error(&err, ERR_USAGE, "File exists");
    assert_content("f", "old");
    assert_files("f ");
    err = (struct err){0};
    whole = begun("g");
    whole.keep = true;
    ck_assert_int_eq(whole_commit(&whole, &err), 0);
    assert_content("g", "new");
    assert_files("f g ");
}
END_TEST

START_TEST(leaves_nothing_when_it_is_abandoned)
{
    unit_write(&folder, "f", "old");
    struct whole whole = begun("f");
    whole_abandon(&whole);
    whole_abandon(&whole);
    assert_content("f", "old");
    assert_files("f ");
}
END_TEST

START_TEST(works_with_a_name_too)
{
    struct whole whole = begun("f");
    close(whole.fd); /* as where O_TMPFILE is not to be had */
    whole.private = xstrdup(".f.private");
    whole.fd = openat(folder.fd, ".f.private", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(fs_write_fd(whole.fd, "f", "named", 5, &err), 0);
    ck_assert_int_eq(whole_commit(&whole, &err), 0);
    assert_content("f", "named");
    assert_files("f ");
}
END_TEST

static const struct {
    const char *name;
    enum err_kind kind;
    const char *wrong;
} refused[] = {
    {"folder", ERR_USAGE, "no regular file"},
    {"pipe", ERR_USAGE, "no regular file"},
    {"folder/", ERR_USAGE, "not the name of a file"},
    {"absent/f", ERR_NOT_FOUND, "absent/f"},
};

START_TEST(refuses_what_it_would_destroy)
{
    struct whole whole;
    auto_free char *path = xasprintf("%s/%s", folder.path, refused[_i].name);
    ck_assert_int_eq(mkdirat(folder.fd, "folder", 0700), 0);
    ck_assert_int_eq(mkfifoat(folder.fd, "pipe", 0600), 0);
    ck_assert_int_eq(whole_begin(&whole, path, 0666, &err), -1);
    assert_error(&err, refused[_i].kind, refused[_i].wrong);
    whole_abandon(&whole);
    assert_files("folder pipe ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("whole");
    TCase *group = tcase_create("whole");
    tcase_add_checked_fixture(group, begin, end);
    tcase_add_test(group, appears_when_it_is_committed);
    tcase_add_test(group, replaces_what_was_there_only_then);
    tcase_add_test(group, keeps_what_came_there_meanwhile_when_asked);
    tcase_add_test(group, leaves_nothing_when_it_is_abandoned);
    tcase_add_test(group, works_with_a_name_too);
    tcase_add_loop_test(group, refuses_what_it_would_destroy, 0, ROWS(refused));
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
