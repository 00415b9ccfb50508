/* SPDX-License-Identifier: BSD-2-Clause
 * check_random: base/random and base/nameless, by their calls and where an outer sandbox has taken those away. */
#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/nameless.h"
#include "unit.h"

/* For this process, which Check has made for one test. */
static void take_away(unsigned call)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof(rules) / sizeof(*rules), .filter = rules};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), 0);
}

static void fill_twice(void)
{
    unsigned char one[32] = {0};
    unsigned char two[32] = {0};
    ck_assert(random_fill(one, sizeof(one)));
    ck_assert(random_fill(two, sizeof(two)));
    ck_assert_mem_ne(one, two, sizeof(one));
}

START_TEST(fills)
{
    fill_twice();
}
END_TEST

START_TEST(fills_from_the_device)
{
    take_away(SYS_getrandom);
    fill_twice();
}
END_TEST

static void write_and_read(void)
{
    char back[5] = "";
    struct stat st;
    int fd = nameless_open("name");
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(write(fd, "text", 4), 4);
    ck_assert_int_eq(pread(fd, back, 4, 0), 4);
    ck_assert_str_eq(back, "text");
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq(st.st_nlink, 0);
    close(fd);
}

START_TEST(a_file_in_memory)
{
    write_and_read();
}
END_TEST

START_TEST(a_file_on_disk_leaves_nothing)
{
    char folder[] = "/tmp/check_random.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("TMPDIR", folder, 1);
    take_away(SYS_memfd_create);
    write_and_read();
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_lt(nameless_open("name"), 0);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *cases = tcase_create("Random");
    tcase_add_test(cases, fills);
    tcase_add_test(cases, fills_from_the_device);
    tcase_add_test(cases, a_file_in_memory);
    tcase_add_test(cases, a_file_on_disk_leaves_nothing);
    suite_add_tcase(suite, cases);
    return unit_run(suite);
}
