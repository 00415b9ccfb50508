/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unit: what every unit test program needs: a main around its suite, a fresh directory a test, and questions to an
 * error. Header only, because each program is one file.
 */
#pragma once

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/told.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* The failure says which kind was expected, and its text holds `part`. */
static inline void assert_error(const struct err *err, enum err_kind kind, const char *part)
{
    ck_assert_msg(err->kind == kind, "kind %d instead of %d: %s", (int)err->kind, (int)kind, err->text);
    ck_assert_msg(strstr(err->text, part) != NULL, "'%s' is not in: %s", part, err->text);
}

/* Success leaves the error untouched. */
static inline void assert_no_error(const struct err *err)
{
    ck_assert_msg(err->kind == ERR_NONE && err->text[0] == '\0', "unexpected error: %s", err->text);
}

/* A fresh private directory under $TMPDIR or /tmp. */
struct unit_folder {
    char path[256];
    int fd;
};

static inline void unit_folder_begin(struct unit_folder *folder)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder->path, sizeof(folder->path), "%.200s/sciwrap-unit.XXXXXX", base != NULL ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder->path));
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(folder->fd, 0);
}

static inline void unit_folder_end(struct unit_folder *folder)
{
    struct err err = {0};
    ck_assert_msg(fs_remove_tree(AT_FDCWD, folder->path, &err) == 0, "%s", err.text);
    close(folder->fd);
}

static inline void unit_write(const struct unit_folder *folder, const char *name, const char *text)
{
    int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static inline bool unit_exists(const struct unit_folder *folder, const char *name)
{
    return faccessat(folder->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Check forks each test: there, too, messages are noted (base/told.h). */
static inline TCase *unit_tcase(const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, told_here, NULL);
    return tcase;
}
#define tcase_create unit_tcase

static inline int unit_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
