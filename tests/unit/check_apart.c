/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of sandbox/apart: the work is done, and it can do nothing else. */
#include "sandbox/apart.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "unit.h"

struct answer {
    char text[64];
    long number;
};

static void double_it(void *user, void *result)
{
    struct answer *answer = result;
    char *heap = xmalloc(10 * 1024 * 1024);
    memset(heap, 1, 10 * 1024 * 1024);
    answer->number = *(const long *)user * 2 * heap[5];
    snprintf(answer->text, sizeof(answer->text), "done");
    free(heap);
}

START_TEST(the_answer_comes_back)
{
    struct answer answer = {.text = "untouched"};
    struct err err = {0};
    long number = 21;
    ck_assert_int_eq(apart_call(double_it, &number, &answer, sizeof(answer), &err), 0);
    assert_no_error(&err);
    ck_assert_int_eq(answer.number, 42);
    ck_assert_str_eq(answer.text, "done");
}
END_TEST

static void read_it(void *user, void *result)
{
    struct answer *answer = result;
    answer->number = pread(*(const int *)user, answer->text, sizeof(answer->text) - 1, 0);
}

START_TEST(what_is_open_can_be_read)
{
    struct answer answer = {.number = 0};
    struct err err = {0};
    auto_fd int fd = memfd_create("content", MFD_CLOEXEC);
    ck_assert_int_eq(write(fd, "content", 7), 7);
    ck_assert_int_eq(apart_call(read_it, &fd, &answer, sizeof(answer), &err), 0);
    ck_assert_str_eq(answer.text, "content");
}
END_TEST

static void open_a_file(void *user, void *result)
{
    (void)user;
    ((struct answer *)result)->number = syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void write_elsewhere(void *user, void *result)
{
    ((struct answer *)result)->number = write(*(const int *)user, "x", 1);
}

static void connect_out(void *user, void *result)
{
    (void)user;
    ((struct answer *)result)->number = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void start_another(void *user, void *result)
{
    (void)user;
    ((struct answer *)result)->number = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void make_code(void *user, void *result)
{
    (void)user;
    ((struct answer *)result)->number =
        mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static void kill_somebody(void *user, void *result)
{
    (void)user;
    ((struct answer *)result)->number = kill(getppid(), 0);
}

static void (*const forbidden[])(void *, void *) = {
    open_a_file, write_elsewhere, connect_out, start_another, make_code, kill_somebody,
};

START_TEST(everything_else_ends_it)
{
    struct answer answer = {.number = 77};
    struct err err = {0};
    auto_fd int fd = memfd_create("other", MFD_CLOEXEC);
    ck_assert_int_eq(apart_call(forbidden[_i], &fd, &answer, sizeof(answer), &err), -1);
    assert_error(&err, ERR_SYSTEM, "signal 31"); /* SIGSYS: by the filter */
    ck_assert_int_eq(answer.number, 77);
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), 0);
}
END_TEST

static void crash(void *user, void *result)
{
    (void)user;
    (void)result;
    raise(SIGSEGV); /* not allowed either: SIGSYS */
}

START_TEST(a_crash_is_told)
{
    struct answer answer = {.number = 77};
    struct err err = {0};
    ck_assert_int_eq(apart_call(crash, NULL, &answer, sizeof(answer), &err), -1);
    assert_error(&err, ERR_SYSTEM, "ended by signal");
    ck_assert_int_eq(answer.number, 77);
}
END_TEST

static void leave(void *user, void *result)
{
    (void)user;
    (void)result;
    syscall(SYS_exit_group, 0);
}

START_TEST(no_answer_is_told)
{
    struct answer answer = {.number = 77};
    struct err err = {0};
    ck_assert_int_eq(apart_call(leave, NULL, &answer, sizeof(answer), &err), -1);
    assert_error(&err, ERR_SYSTEM, "the process that reads it broke off");
    ck_assert_int_eq(answer.number, 77);
}
END_TEST

/* As under an outer sandbox that lets nobody have filters: the work is not done then. */
START_TEST(without_a_filter_it_is_not_begun)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = ROWS(rules), .filter = rules};
    struct answer answer = {.number = 77};
    struct err err = {0};
    long number = 21;
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), 0);
    ck_assert_int_eq(apart_call(double_it, &number, &answer, sizeof(answer), &err), -1);
    assert_error(&err, ERR_SYSTEM, "the process that reads it could not be shut off (seccomp)");
    ck_assert_int_eq(answer.number, 77);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("apart");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, the_answer_comes_back);
    tcase_add_test(core, what_is_open_can_be_read);
    tcase_add_loop_test(core, everything_else_ends_it, 0, ROWS(forbidden));
    tcase_add_test(core, a_crash_is_told);
    tcase_add_test(core, no_answer_is_told);
    tcase_add_test(core, without_a_filter_it_is_not_begun);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
