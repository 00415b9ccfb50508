/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of env/verify_program and verify_full: what is started and what the kernel opens with it, and whole trees. */
#include "env/verify.h"

#include <elf.h>

#include "verify_tree.h"

START_TEST(checks_the_interpreters_of_scripts)
{
    struct verify *verify = opened();
    ck_assert(verify_program(verify, "/usr/bin/script", "usr/bin/script"));
    assert_counts(verify, 2, 0, 0);
    ck_assert(verify_program(verify, "/bin/deep", "usr/bin/deep"));
    assert_counts(verify, 4, 0, 0);
    verify_close(verify);
    tree_write(tree.rootfs, "usr/bin/interpreter", "not a SCRIPT\n", 0755);
    verify = opened();
    ck_assert(!verify_program(verify, "/usr/bin/deep", "usr/bin/deep"));
    assert_counts(verify, 4, 1, 1);
    assert_spoiled(verify, "usr/bin/interpreter", "has other content");
}
END_TEST

/* An ELF file of either class whose PT_INTERP is `interpreter`. */
static void write_elf(const char *path, bool wide, const char *interpreter, uint64_t offset, uint64_t size)
{
    char bytes[512] = {0};
    size_t at = wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    uint64_t place = offset != 0 ? offset : 300;
    uint64_t length = size != 0 ? size : strlen(interpreter) + 1;
    Elf64_Ehdr head = {.e_phoff = at, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1};
    Elf64_Phdr segment = {.p_type = PT_INTERP, .p_offset = place, .p_filesz = length};
    Elf32_Ehdr head32 = {.e_phoff = (uint32_t)at, .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1};
    Elf32_Phdr segment32 = {.p_type = PT_INTERP, .p_offset = (uint32_t)place, .p_filesz = (uint32_t)length};
    memcpy(bytes, wide ? (void *)&head : (void *)&head32, at);
    memcpy(bytes + at, wide ? (void *)&segment : (void *)&segment32, wide ? sizeof(segment) : sizeof(segment32));
    memcpy(bytes, ELFMAG, SELFMAG);
    bytes[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
    bytes[EI_DATA] = ELFDATA2LSB;
    snprintf(bytes + 300, 100, "%s", interpreter);
    int fd = openat(tree.rootfs, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ck_assert_int_eq(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
    close(fd);
}

START_TEST(checks_the_loader_of_elf_programs)
{
    struct verify *verify = opened();
    write_elf("usr/bin/plain", _i != 0, "/usr/lib/x.so", 0, 0);
    /* Not in the index as it is now: only its loader is of interest. */
    verify_program(verify, NULL, "usr/bin/plain");
    verify_close(verify);
    verify = opened();
    tree_note(&tree, rows, ROWS(rows)); /* now it is good by its state */
    verify_close(verify);
    verify = opened();
    ck_assert(verify_program(verify, NULL, "usr/bin/plain"));
    assert_counts(verify, 2, 0, 0);
    tree_write(tree.rootfs, "usr/lib/x.so.1", "library X\n", 0644);
    verify_close(verify);
    verify = opened();
    ck_assert(!verify_program(verify, NULL, "usr/bin/plain"));
    assert_spoiled(verify, "usr/lib/x.so.1", "has other content");
}
END_TEST

static const struct {
    uint64_t offset, size;
} elf_places[] = {
    {512, 10}, {500, 100}, {UINT64_MAX - 3, 10}, {INT64_MAX - 3, 10}, {300, UINT64_MAX}, {300, 1}, {300, 4097},
};

START_TEST(reads_nothing_outside_of_an_elf_file)
{
    write_elf("usr/bin/plain", true, "/usr/lib/never", elf_places[_i].offset, elf_places[_i].size);
    tree_note(&tree, rows, ROWS(rows));
    struct verify *verify = opened();
    ck_assert(verify_program(verify, NULL, "usr/bin/plain"));
    assert_counts(verify, 1, 0, 0);
    verify_close(verify);
}
END_TEST

static const char search_path[] = "relative::/usr/local/bin:/absent:/usr/lib:/bin:/usr/bin";

START_TEST(checks_the_command_that_would_be_started)
{
    struct verify *verify = opened();
    ck_assert(verify_command(verify, "script", search_path));
    assert_counts(verify, 2, 0, 0);
    ck_assert(verify_command(verify, "absent", search_path));
    ck_assert(verify_command(verify, "", search_path));
    ck_assert(verify_command(verify, "./script", search_path)); /* in the work directory */
    ck_assert(verify_command(verify, "/usr/bin/script", search_path));
    ck_assert(verify_command(verify, "plain", search_path)); /* not executable */
    ck_assert(verify_command(verify, "/etc", search_path));
    assert_counts(verify, 2, 0, 0);
    verify_close(verify);
    tree_write(tree.rootfs, "usr/bin/script", "#! /bin/interpreter  a c\n", 0755);
    verify = opened();
    ck_assert(!verify_command(verify, "script", search_path));
    assert_spoiled(verify, "usr/bin/script", "has other content");
}
END_TEST

START_TEST(finds_a_command_put_before_another_or_taken_away)
{
    struct verify *verify = opened();
    tree_write(tree.rootfs, "usr/lib/script", "#!/bin/evil\n", 0755);
    ck_assert(!verify_command(verify, "script", search_path));
    assert_spoiled(verify, "usr/lib/script", "does not belong to the environment");
    ck_assert_int_eq(unlinkat(tree.rootfs, "usr/lib/script", 0), 0);
    ck_assert_int_eq(unlinkat(tree.rootfs, "usr/bin/script", 0), 0);
    verify = opened();
    ck_assert(!verify_command(verify, "script", search_path));
    assert_spoiled(verify, "usr/bin/script", "is missing");
}
END_TEST

START_TEST(checks_every_entry)
{
    struct verify *verify = opened();
    ck_assert(verify_full(verify));
    assert_counts(verify, ROWS(rows), 0, 0);
    ck_assert(verify_used(verify, "/bin/script", "usr/bin/script"));
    assert_counts(verify, ROWS(rows), 0, 0); /* it was counted */
    verify_close(verify);
    tree_write(tree.rootfs, "usr/lib-other/data", "OTHER data\n", 0644);
    tree_write(tree.rootfs, "usr/bin/extra", "x", 0755);
    ck_assert_int_eq(unlinkat(tree.rootfs, "etc/conf", 0), 0);
    verify = opened();
    ck_assert(!verify_full(verify));
    struct err err = {0};
    verify_complain(verify, &err);
    assert_error(&err, ERR_MISMATCH, "'etc/conf' is missing");
    assert_error(&err, ERR_MISMATCH, "'usr/lib-other/data' has other content");
    struct verify_counts counts;
    verify_counts(verify, &counts);
    ck_assert_uint_eq(counts.spoiled, 3);
    assert_spoiled(verify, "usr/bin/extra", "does not belong to the environment");
}
END_TEST

enum { MANY = 6000 };

/* Enough lines for several pieces of the index, and nothing known beforehand. */
START_TEST(checks_every_entry_of_a_large_tree)
{
    struct tree_row *many = xcalloc(MANY + 1, sizeof(*many));
    struct unit_tree large;
    many[0] = (struct tree_row){".", 'd', NULL, 0};
    for (int i = 0; i < MANY; i++) {
        many[i + 1] = (struct tree_row){xasprintf("f%05d", i), 'f', i % 2 == 0 ? "even" : "odd", 0644};
    }
    tree_begin(&large, many, MANY + 1);
    tree_settle(&large, "index");
    struct err err = {0};
    struct verify *verify = verify_open(&large.tree, "large", &err);
    ck_assert(verify_full(verify));
    assert_counts(verify, MANY + 1, MANY + 1, 0);
    verify_close(verify);
    verify = verify_open(&large.tree, "large", &err);
    ck_assert(verify_full(verify));
    assert_counts(verify, MANY + 1, 0, 0);
    verify_close(verify);
    tree_write(large.rootfs, "f03001", "ODD", 0644);
    verify = verify_open(&large.tree, "large", &err);
    ck_assert(!verify_full(verify));
    assert_counts(verify, MANY + 1, 1, 1);
    verify_close(verify);
    for (int i = 0; i < MANY; i++) {
        free((void *)(uintptr_t)many[i + 1].path);
    }
    free(many);
    tree_end(&large);
}
END_TEST

static Suite *verify_suite(void)
{
    Suite *suite = suite_create("verify_program");
    TCase *programs = tcase_create("programs");
    tcase_add_checked_fixture(programs, begin, end);
    tcase_add_test(programs, checks_the_interpreters_of_scripts);
    tcase_add_loop_test(programs, checks_the_loader_of_elf_programs, 0, 2);
    tcase_add_loop_test(programs, reads_nothing_outside_of_an_elf_file, 0, ROWS(elf_places));
    tcase_add_test(programs, checks_the_command_that_would_be_started);
    tcase_add_test(programs, finds_a_command_put_before_another_or_taken_away);
    suite_add_tcase(suite, programs);
    TCase *full = tcase_create("full");
    tcase_set_timeout(full, 60);
    tcase_add_checked_fixture(full, begin, end);
    tcase_add_test(full, checks_every_entry);
    tcase_add_test(full, checks_every_entry_of_a_large_tree);
    suite_add_tcase(suite, full);
    return suite;
}

int main(void)
{
    return unit_run(verify_suite());
}
