/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/book: files by their name and by their inode, names of one inode, and what counts as new. */
#include "run/book.h"

#include "unit.h"

static struct book book;

static void begin(void)
{
    book_begin(&book);
}

static void end(void)
{
    book_release(&book);
}

static struct stat file_of(ino_t inode)
{
    return (struct stat){.st_dev = 7, .st_ino = inode, .st_mode = S_IFREG | 0644};
}

static struct book_file *add(const char *host, ino_t inode, int64_t born_ns)
{
    struct stat st = file_of(inode);
    return book_add(&book, host, 0, &st, born_ns);
}

START_TEST(a_page_is_found_by_name_and_by_inode)
{
    struct book_file *one = add("/w/one", 1, 100);
    struct book_file *absent = book_add(&book, "/w/absent", 2, NULL, 0);
    struct stat st = file_of(1);
    struct stat other = file_of(2);
    ck_assert_ptr_eq(book_at(&book, "/w/one"), one);
    ck_assert_ptr_eq(book_of(&book, &st, 100), one);
    ck_assert(one->existed);
    ck_assert_ptr_eq(book_first(one), one);
    ck_assert_ptr_eq(book_at(&book, "/w/absent"), absent);
    ck_assert(!absent->existed);
    ck_assert_uint_eq(absent->mount, 2);
    ck_assert_ptr_null(book_at(&book, "/w"));
    ck_assert_ptr_null(book_of(&book, &other, 100));
    st.st_dev = 8;
    ck_assert_ptr_null(book_of(&book, &st, 100));
}
END_TEST

/* The next file often gets the number of the one that was just removed. */
START_TEST(the_time_of_birth_tells_files_of_one_number_apart)
{
    struct book_file *old = add("/w/old", 5, 100);
    struct stat st = file_of(5);
    ck_assert_ptr_null(book_of(&book, &st, 101));
    ck_assert(book_is_same_file(old, &st, 100));
    ck_assert(!book_is_same_file(old, &st, 101));
    old->replaced = true;
    ck_assert(book_is_same_file(old, &st, 100)); /* came back */
    struct book_file *unborn = add("/w/unborn", 6, 0);
    st = file_of(6);
    ck_assert(book_is_same_file(unborn, &st, 0));
    unborn->replaced = true;
    ck_assert(!book_is_same_file(unborn, &st, 0)); /* who knows */
}
END_TEST

START_TEST(a_forgotten_inode_is_free_and_the_name_stays)
{
    struct book_file *one = add("/w/one", 1, 0);
    struct stat st = file_of(1);
    book_forget_inode(&book, one);
    ck_assert_ptr_null(book_of(&book, &st, 0));
    ck_assert_ptr_eq(book_at(&book, "/w/one"), one);
    struct book_file *next = add("/w/next", 1, 0);
    ck_assert_ptr_eq(book_of(&book, &st, 0), next);
}
END_TEST

START_TEST(names_of_one_inode_lead_to_its_first_page)
{
    struct book_file *first = add("/w/first", 1, 100);
    struct book_file *second = book_add_name(&book, first, "/w/second", 0);
    struct book_file *third = book_add_name(&book, first, "/w/third", 0);
    struct stat st = file_of(1);
    ck_assert(second->existed && third->existed);
    ck_assert_ptr_eq(book_at(&book, "/w/third"), third);
    ck_assert_ptr_eq(book_first(second), first);
    ck_assert_ptr_eq(book_first(third), first);
    ck_assert_ptr_eq(book_of(&book, &st, 100), first);
    ck_assert(book_is_same_file(third, &st, 100));
    size_t names = 0;
    for (const struct book_file *name = first; name != NULL; name = name->next_name) {
        names++;
    }
    ck_assert_uint_eq(names, 3);
}
END_TEST

START_TEST(a_declared_file_gets_its_place_once)
{
    struct stat st = file_of(1);
    struct book_file *declared = book_add(&book, "/elsewhere/data", SIZE_MAX, &st, 100);
    book_place(&book, declared, "/w/data", 3);
    ck_assert_str_eq(declared->host, "/w/data");
    ck_assert_uint_eq(declared->mount, 3);
    ck_assert_ptr_eq(book_at(&book, "/w/data"), declared);
    ck_assert_ptr_eq(book_at(&book, "/elsewhere/data"), declared);
    book_place(&book, declared, "/w/other", 4);
    ck_assert_str_eq(declared->host, "/w/data");
    ck_assert_uint_eq(declared->mount, 3);
}
END_TEST

START_TEST(below_a_new_folder)
{
    struct book_file *folder = add("/w/folder", 1, 100);
    book_add(&book, "/w/made", 0, NULL, 0);
    ck_assert(book_is_below_new(&book, "/w/made/x"));
    ck_assert(book_is_below_new(&book, "/w/made/deep/er/x"));
    ck_assert(!book_is_below_new(&book, "/w/made"));
    ck_assert(!book_is_below_new(&book, "/w/madeleine/x"));
    ck_assert(!book_is_below_new(&book, "/w/folder/x"));
    folder->replaced = true;
    ck_assert(book_is_below_new(&book, "/w/folder/x"));
    ck_assert(!book_is_below_new(&book, "/w/folder"));
    ck_assert(!book_is_below_new(&book, "/"));
    ck_assert(!book_is_below_new(&book, ""));
}
END_TEST

START_TEST(pages_stay_where_they_are_when_the_book_grows)
{
    enum { MANY = 2000 };
    struct book_file *first = add("/w/0", 1, 100);
    char name[32];
    for (int i = 1; i < MANY; i++) {
        snprintf(name, sizeof(name), "/w/%d", i);
        add(name, (ino_t)i + 1, 100);
    }
    ck_assert_uint_eq(book.count, MANY);
    ck_assert_ptr_eq(book_at(&book, "/w/0"), first);
    ck_assert_str_eq(first->host, "/w/0");
    for (int i = 0; i < MANY; i++) { /* in the order of first use */
        snprintf(name, sizeof(name), "/w/%d", i);
        ck_assert_str_eq(book.file[i]->host, name);
    }
}
END_TEST

static Suite *book_suite(void)
{
    Suite *suite = suite_create("book");
    TCase *pages = tcase_create("pages");
    tcase_add_checked_fixture(pages, begin, end);
    tcase_add_test(pages, a_page_is_found_by_name_and_by_inode);
    tcase_add_test(pages, the_time_of_birth_tells_files_of_one_number_apart);
    tcase_add_test(pages, a_forgotten_inode_is_free_and_the_name_stays);
    tcase_add_test(pages, names_of_one_inode_lead_to_its_first_page);
    tcase_add_test(pages, a_declared_file_gets_its_place_once);
    tcase_add_test(pages, below_a_new_folder);
    tcase_add_test(pages, pages_stay_where_they_are_when_the_book_grows);
    suite_add_tcase(suite, pages);
    return suite;
}

int main(void)
{
    return unit_run(book_suite());
}
