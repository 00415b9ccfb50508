/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/content: content is found by what it is, never by where it lies. */
#include "run/content.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "unit.h"

static struct unit_folder folder;
static struct content_places places;

static void begin(void)
{
    unit_folder_begin(&folder);
    places = (struct content_places){0};
}

static void end(void)
{
    content_places_release(&places);
    unit_folder_end(&folder);
}

static struct content content_of(const char *text)
{
    struct content content = {.size = strlen(text)};
    digest_bytes(text, strlen(text), &content.digest);
    return content;
}

static void add_file(const char *name, const char *text)
{
    unit_write(&folder, name, text);
    strlist_addf(&places.files, "%s/%s", folder.path, name);
}

static void add_object(const struct content *named, const char *text)
{
    auto_free char *objects = xasprintf("%s/objects", folder.path);
    auto_free char *path = content_object_path(objects, &named->digest);
    auto_free char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    struct err err = {0};
    ck_assert_int_eq(fs_make_dirs(parent, 0700, &err), 0);
    unit_write(&folder, path + strlen(folder.path) + 1, text);
    strlist_add(&places.objects, objects);
}

static void assert_found(const struct content *content, const char *text, const char *place_end)
{
    struct err err = {0};
    char bytes[64] = "";
    auto_free char *place = NULL;
    auto_fd int fd = content_open(&places, content, &place, &err);
    ck_assert_msg(fd >= 0, "%s", err.text);
    assert_no_error(&err);
    ck_assert_int_eq(read(fd, bytes, content->size), (ssize_t)strlen(text));
    ck_assert_str_eq(bytes, text);
    ck_assert_str_eq(place + strlen(place) - strlen(place_end), place_end);
}

static void assert_nowhere(const struct content *content)
{
    struct err err = {0};
    char untouched;
    char *place = &untouched;
    ck_assert_int_eq(content_open(&places, content, &place, &err), -1);
    assert_error(&err, ERR_NOT_FOUND, "nowhere");
    ck_assert_ptr_eq(place, &untouched);
}

START_TEST(the_first_place_that_still_has_it)
{
    struct content content = content_of("old");
    strlist_addf(&places.files, "%s/absent", folder.path);
    add_file("changed", "new");
    add_file("shorter", "ol");
    add_file("longer", "not old");
    add_file("right", "old");
    add_file("also-right", "old");
    assert_found(&content, "old", "/right");
}
END_TEST

START_TEST(an_object_when_no_file_has_it)
{
    struct content content = content_of("old");
    add_file("changed", "new");
    add_object(&content, "old");
    assert_found(&content, "old", "");
}
END_TEST

START_TEST(an_object_with_other_bytes_is_not_believed)
{
    struct content content = content_of("old");
    add_object(&content, "bad");
    assert_nowhere(&content);
}
END_TEST

START_TEST(a_content_may_begin_further_on_in_a_file)
{
    struct content content = content_of("appended");
    content.offset = 6;
    add_file("log", "first\nappended");
    assert_found(&content, "appended", "/log");
    add_file("log", "first\nappended, and then more");
    assert_nowhere(&content);
    content.is_open_ended = true;
    assert_found(&content, "appended", "/log");
    /* An object of it is the content alone. */
    strlist_release(&places.files);
    add_object(&content, "appended");
    assert_found(&content, "appended", "");
    content.offset = UINT64_MAX;
    assert_found(&content, "appended", "");
}
END_TEST

START_TEST(what_is_no_regular_file_is_passed_over)
{
    struct content content = content_of("");
    auto_free char *pipe = xasprintf("%s/pipe", folder.path);
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    strlist_add(&places.files, pipe);
    strlist_add(&places.files, folder.path);
    assert_nowhere(&content);
    add_file("empty", "");
    assert_found(&content, "", "/empty");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("content");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_add_test(core, the_first_place_that_still_has_it);
    tcase_add_test(core, an_object_when_no_file_has_it);
    tcase_add_test(core, an_object_with_other_bytes_is_not_believed);
    tcase_add_test(core, a_content_may_begin_further_on_in_a_file);
    tcase_add_test(core, what_is_no_regular_file_is_passed_over);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
