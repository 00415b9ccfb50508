/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/objects: whole or not at all, read-only, by digest. */
#include "run/objects.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "unit.h"

static struct unit_folder folder;
static struct objects objects;
static struct err err;

static void begin(void)
{
    err = (struct err){0};
    unit_folder_begin(&folder);
    ck_assert_int_eq(objects_open(&objects, folder.path, &err), 0);
}

static void end(void)
{
    objects_close(&objects);
    unit_folder_end(&folder);
}

static struct object written(const char *text)
{
    struct object object;
    ck_assert_int_eq(objects_begin(&objects, &object, &err), 0);
    ck_assert_int_eq(fs_write_fd(object.fd, "object", text, strlen(text), &err), 0);
    return object;
}

static char *commit(const char *text)
{
    struct digest digest;
    struct object object = written(text);
    digest_bytes(text, strlen(text), &digest);
    ck_assert_int_eq(objects_commit(&objects, &object, &digest, &err), 0);
    ck_assert_int_eq(object.fd, -1);
    return objects_path(folder.path, &digest);
}

static void assert_content(const char *path, const char *text)
{
    auto_release(buf) struct buf content = {0};
    ck_assert_int_eq(fs_read_path(path, 100, &content, &err), 0);
    ck_assert_str_eq(buf_text(&content), text);
}

START_TEST(keeps_a_content_at_its_digest)
{
    struct stat st;
    umask(077);
    auto_free char *path = commit("abc");
    umask(022);
    /* FIPS 180-4, the example "abc" */
    auto_free char *place =
        xasprintf("%s/objects/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", folder.path);
    ck_assert_str_eq(path, place);
    assert_content(path, "abc");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0444);
}
END_TEST

START_TEST(keeps_the_same_content_once)
{
    struct stat first;
    struct stat second;
    auto_free char *path = commit("twice");
    ck_assert_int_eq(stat(path, &first), 0);
    auto_free char *again = commit("twice");
    ck_assert_str_eq(path, again);
    ck_assert_int_eq(stat(again, &second), 0);
    ck_assert_uint_eq(first.st_ino, second.st_ino);
    ck_assert_uint_eq(second.st_nlink, 1);
}
END_TEST

START_TEST(replaces_one_that_was_left_short)
{
    auto_free char *path = commit("whole");
    ck_assert_int_eq(unlink(path), 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    ck_assert_int_ge(fd, 0);
    close(fd);
    auto_free char *again = commit("whole");
    assert_content(again, "whole");
}
END_TEST

START_TEST(leaves_nothing_of_an_abandoned_one)
{
    struct strlist names = {0};
    struct object object = written("gone");
    objects_abandon(&objects, &object);
    ck_assert_int_eq(object.fd, -1);
    ck_assert_int_eq(fs_list(folder.fd, ".", &names, &err), 0);
    ck_assert_uint_eq(names.count, 0);
}
END_TEST

/* As on a file system without O_TMPFILE. */
START_TEST(commits_and_abandons_one_with_a_name)
{
    struct strlist names = {0};
    struct digest digest;
    struct object object = {.fd = openat(folder.fd, ".object.1", O_RDWR | O_CREAT | O_CLOEXEC, 0444),
                            .name = ".object.1"};
    ck_assert_int_eq(fs_write_fd(object.fd, "object", "named", 5, &err), 0);
    digest_bytes("named", 5, &digest);
    ck_assert_int_eq(objects_commit(&objects, &object, &digest, &err), 0);
    auto_free char *path = objects_path(folder.path, &digest);
    assert_content(path, "named");
    object =
        (struct object){.fd = openat(folder.fd, ".object.2", O_RDWR | O_CREAT | O_CLOEXEC, 0444), .name = ".object.2"};
    objects_abandon(&objects, &object);
    ck_assert_int_eq(fs_list(folder.fd, ".", &names, &err), 0);
    ck_assert_uint_eq(names.count, 1);
    ck_assert_str_eq(names.item[0], "objects");
    strlist_release(&names);
}
END_TEST

START_TEST(says_why_when_it_cannot)
{
    struct objects absent;
    auto_free char *nowhere = xasprintf("%s/nowhere", folder.path);
    ck_assert_int_eq(objects_open(&absent, nowhere, &err), -1);
    assert_error(&err, ERR_SYSTEM, "nowhere");
    err = (struct err){0};
    unit_write(&folder, "objects", "a file in the way");
    struct digest digest;
    struct object object = written("x");
    digest_bytes("x", 1, &digest);
    ck_assert_int_eq(objects_commit(&objects, &object, &digest, &err), -1);
    assert_error(&err, ERR_SYSTEM, "objects/2d");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("objects");
    TCase *group = tcase_create("objects");
    tcase_add_checked_fixture(group, begin, end);
    tcase_add_test(group, keeps_a_content_at_its_digest);
    tcase_add_test(group, keeps_the_same_content_once);
    tcase_add_test(group, replaces_one_that_was_left_short);
    tcase_add_test(group, leaves_nothing_of_an_abandoned_one);
    tcase_add_test(group, commits_and_abandons_one_with_a_name);
    tcase_add_test(group, says_why_when_it_cannot);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
