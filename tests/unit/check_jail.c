/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/confined, jail, jail_filter and jail_landlock: a parser that was taken over gets nowhere. Each attack
 * is the work of a confined process; it is made once with namespaces and once as on a host that forbids them. */
#include "supply/confined.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jail_attacks.h"
#include "supply/jail_landlock.h"
#include "unit.h"

static int attack(void *user, int folder_fd, _Atomic uint64_t *done, void *result, struct err *err)
{
    struct outcome *outcome = result;
    (void)done;
    (void)err;
    stage_fd = folder_fd;
    errno = 0;
    outcome->got = ((const struct attack *)user)->make();
    outcome->errnum = errno;
    return 0;
}

static void begin(void)
{
    unit_folder_begin(&known.folder);
    unit_write(&known.folder, "victim", "untouched");
    unit_write(&known.folder, "archive", "archive");
    ck_assert_int_eq(mkdirat(known.folder.fd, "stage", 0700), 0);
    snprintf(known.victim, sizeof(known.victim), "%s/victim", known.folder.path);
    known.archive_fd = openat(known.folder.fd, "archive", O_RDONLY | O_CLOEXEC);
    known.secret_fd = open("/", O_RDONLY | O_DIRECTORY); /* NOLINT(android-cloexec-open): as careless as can be */
    known.parent = getpid();
}

static void end(void)
{
    close(known.archive_fd);
    close(known.secret_fd);
    unit_folder_end(&known.folder);
}

/* As where a host forbids namespaces: unshare fails. In a process of one test. */
static void forbid_namespaces(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof(rules) / sizeof(*rules), .filter = rules};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), 0);
}

static int run(const struct attack *what, struct outcome *outcome, struct err *err)
{
    struct progress progress = {0};
    auto_fd int stage = openat(known.folder.fd, "stage", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct confined confined = {
        .what = "attacks",
        .folder_fd = stage,
        .input_fd = &known.archive_fd,
        .inputs = 1,
        .limits = {.file_bytes = 1024 * 1024, .memory_bytes = 1 << 30, .seconds = 60},
        .work = attack,
        .user = (void *)(uintptr_t)what, /* read only */
        .result_bytes = sizeof(*outcome),
    };
    return confined_run(&confined, &progress, outcome, err);
}

static void check_nothing_happened(void)
{
    auto_release(buf) struct buf text = {0};
    struct stat st;
    struct err err = {0};
    ck_assert_int_eq(fs_read_at(known.folder.fd, "victim", 100, &text, &err), 0);
    ck_assert_str_eq(buf_text(&text), "untouched");
    ck_assert_int_eq(fstat(known.archive_fd, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(st.st_size, 7);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void check_attack(const struct attack *what)
{
    struct outcome outcome = {.got = 77};
    struct err err = {0};
    int result = run(what, &outcome, &err);
    switch (what->expected) {
    case DIES:
        ck_assert_int_eq(result, -1);
        assert_error(&err, ERR_INVALID, "asked the kernel for what this work never needs");
        ck_assert_int_eq(outcome.got, 77);
        break;
    case FAILS:
        ck_assert_msg(result == 0, "%s", err.text);
        ck_assert_msg(outcome.got == -1, "succeeded: %ld", outcome.got);
        ck_assert_int_ne(outcome.errnum, 0);
        break;
    default:
        ck_assert_msg(result == 0 && outcome.got == 7, "%s: %s", err.text, strerror(outcome.errnum));
        break;
    }
    check_nothing_happened();
}

START_TEST(gets_nowhere)
{
    check_attack(&attacks[_i]);
}
END_TEST

/* Landlock is asked for in a child: it is for good. */
static bool has_landlock(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        _exit(jail_landlock(known.folder.fd) > 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(gets_nowhere_without_namespaces)
{
    bool about_files = attacks[_i].make == open_passwd || attacks[_i].make == open_passwd_upward ||
                       attacks[_i].make == open_passwd_through_link || attacks[_i].make == read_victim ||
                       attacks[_i].make == open_environment_of_parent || attacks[_i].make == write_victim ||
                       attacks[_i].make == link_victim || attacks[_i].make == remove_victim ||
                       attacks[_i].make == reopen_archive;
    if (about_files && !has_landlock()) {
        return; /* this kernel has no wall there: docs/SECURITY.md says so */
    }
    forbid_namespaces();
    check_attack(&attacks[_i]);
}
END_TEST

static long sleep_long(void)
{
    return nanosleep(&(struct timespec){.tv_sec = 100000}, NULL);
}

static long crash(void)
{
    return raise(SIGSEGV) == 0 ? 0 : *(volatile int *)8;
}

static long take_memory(void)
{
    return (long)mmap(NULL, 4UL << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

START_TEST(is_ended_when_the_time_is_over)
{
    const struct attack what = {.make = sleep_long};
    struct progress progress = {0};
    struct outcome outcome = {0};
    struct err err = {0};
    auto_fd int stage = openat(known.folder.fd, "stage", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct confined confined = {.what = "attacks",
                                .folder_fd = stage,
                                .input_fd = &known.archive_fd,
                                .inputs = 1,
                                .limits = {.file_bytes = 1, .memory_bytes = 1 << 30, .seconds = 1},
                                .work = attack,
                                .user = (void *)(uintptr_t)&what,
                                .result_bytes = sizeof(outcome)};
    ck_assert_int_eq(confined_run(&confined, &progress, &outcome, &err), -1);
    assert_error(&err, ERR_SYSTEM, "took longer than the 1 seconds that are allowed");
    check_nothing_happened();
}
END_TEST

START_TEST(a_crash_is_told)
{
    const struct attack what = {.make = crash};
    struct outcome outcome = {0};
    struct err err = {0};
    ck_assert_int_eq(run(&what, &outcome, &err), -1);
    assert_error(&err, ERR_SYSTEM, "the process that attacks ended early");
}
END_TEST

static long run_out_of_memory(void)
{
    _exit(125); /* as base/mem does */
}

static const struct {
    struct attack what;
    int signal; /* that the kernel would send: for want of memory, for RLIMIT_CPU */
    const char *told;
} ends[] = {
    {{.make = sleep_long}, SIGKILL, "the process that attacks was killed; is there enough memory?"},
    {{.make = sleep_long},
     SIGXCPU,
     "used more time of the processors than allowed; $SCIWRAP_UNPACK_TIME sets the limit"},
    {{.make = run_out_of_memory}, 0, "needs more memory than allowed; $SCIWRAP_UNPACK_MEMORY sets the limit"},
};

/* Sends the signal to the only child of this process, once there is one. */
static void *send_signal(void *number)
{
    char place[64];
    snprintf(place, sizeof(place), "/proc/self/task/%d/children", getpid());
    for (;;) {
        struct err err = {0};
        auto_release(buf) struct buf children = {0};
        if (fs_read_path(place, 100, &children, &err) == 0 && children.length > 0) {
            ck_assert_int_eq(kill((pid_t)strtol(buf_text(&children), NULL, 10), *(const int *)number), 0);
            return NULL;
        }
        sched_yield();
    }
}

START_TEST(each_end_is_told)
{
    struct outcome outcome = {0};
    struct err err = {0};
    pthread_t thread;
    bool sent = ends[_i].signal != 0;
    ck_assert(!sent || pthread_create(&thread, NULL, send_signal, (void *)(uintptr_t)&ends[_i].signal) == 0);
    int result = run(&ends[_i].what, &outcome, &err);
    if (sent) {
        pthread_join(thread, NULL);
    }
    ck_assert_int_eq(result, -1);
    assert_error(&err, ERR_SYSTEM, ends[_i].told);
    check_nothing_happened();
}
END_TEST

START_TEST(memory_is_limited)
{
    const struct attack what = {.make = take_memory};
    struct outcome outcome = {0};
    struct err err = {0};
    ck_assert_int_eq(run(&what, &outcome, &err), 0);
#if !defined(__SANITIZE_ADDRESS__) /* which reserves terabytes, so that there is no limit */
    ck_assert_int_eq(outcome.got, -1);
    ck_assert_int_eq(outcome.errnum, ENOMEM);
#endif
}
END_TEST

static Suite *jail_suite(void)
{
    Suite *suite = suite_create("jail");
    TCase *attacked = tcase_create("attacked");
    tcase_add_checked_fixture(attacked, begin, end);
    tcase_add_loop_test(attacked, gets_nowhere, 0, ROWS(attacks));
    tcase_add_loop_test(attacked, gets_nowhere_without_namespaces, 0, ROWS(attacks));
    suite_add_tcase(suite, attacked);
    TCase *ended = tcase_create("ended");
    tcase_add_checked_fixture(ended, begin, end);
    tcase_set_timeout(ended, 60);
    tcase_add_test(ended, is_ended_when_the_time_is_over);
    tcase_add_test(ended, a_crash_is_told);
    tcase_add_loop_test(ended, each_end_is_told, 0, ROWS(ends));
    tcase_add_test(ended, memory_is_limited);
    suite_add_tcase(suite, ended);
    return suite;
}

int main(void)
{
    return unit_run(jail_suite());
}
