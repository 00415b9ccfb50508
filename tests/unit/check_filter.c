/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of sandbox/filter: the generated program, run by a small interpreter of classic BPF, so that every call,
 * argument and architecture can be asked without making the call. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "filter_program.h"

#include "unit.h"

#if defined(__x86_64__)
static const unsigned native = AUDIT_ARCH_X86_64;
#else
static const unsigned native = AUDIT_ARCH_AARCH64;
#endif

static uint32_t word(const struct seccomp_data *data, unsigned offset)
{
    uint32_t value;
    ck_assert_uint_le(offset + sizeof(value), sizeof(*data));
    memcpy(&value, (const char *)data + offset, sizeof(value));
    return value;
}

static const struct {
    const struct sock_filter *step;
    size_t length;
} programs[] = {
    {filter_plain, ROWS(filter_plain)},
    {filter_recording, ROWS(filter_recording)},
    {filter_seeded, ROWS(filter_seeded)},
    {filter_plain_nested, ROWS(filter_plain_nested)},
    {filter_recording_nested, ROWS(filter_recording_nested)},
    {filter_seeded_nested, ROWS(filter_seeded_nested)},
};

enum { PLAIN, RECORDING, SEEDED, NESTED, RECORDING_NESTED, SEEDED_NESTED };

static uint32_t verdict_in(int program, const struct seccomp_data *data)
{
    uint32_t a = 0;
    for (size_t at = 0; at < programs[program].length; at++) {
        const struct sock_filter *step = &programs[program].step[at];
        switch (step->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            a = word(data, step->k);
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= step->k;
            break;
        case BPF_JMP | BPF_JA:
            at += step->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += a == step->k ? step->jt : step->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += a >= step->k ? step->jt : step->jf;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            at += (a & step->k) != 0 ? step->jt : step->jf;
            break;
        case BPF_RET | BPF_K:
            return step->k;
        default:
            ck_abort_msg("unknown step %#x at %zu", step->code, at);
        }
    }
    ck_abort_msg("the program runs over its end");
    return 0;
}

static uint32_t verdict(const struct seccomp_data *data)
{
    return verdict_in(PLAIN, data);
}

static uint32_t ask(int number, uint64_t first, uint64_t second, uint64_t third)
{
    struct seccomp_data data = {.nr = number, .arch = native, .args = {first, second, third}};
    return verdict(&data);
}

#define ALLOW        SECCOMP_RET_ALLOW
#define FAIL(errnum) (SECCOMP_RET_ERRNO | (errnum))

static const struct {
    int number;
    uint64_t first, second, third;
    uint32_t verdict;
} calls[] = {
    {SYS_read, 0, 0, 0, ALLOW},
    {SYS_execve, 0, 0, 0, ALLOW},
    {SYS_ptrace, 0, 0, 0, ALLOW},
    {SYS_process_vm_readv, 0, 0, 0, ALLOW},
    {SYS_mbind, 0, 0, 0, ALLOW},
    {SYS_close_range, 0, 0, 0, ALLOW},
    {SYS_mount, 0, 0, 0, FAIL(EPERM)},
    {SYS_umount2, 0, 0, 0, FAIL(EPERM)},
    {SYS_pivot_root, 0, 0, 0, FAIL(EPERM)},
    {SYS_unshare, CLONE_NEWUSER, 0, 0, FAIL(EPERM)},
    {SYS_setns, 0, 0, 0, FAIL(EPERM)},
    {SYS_keyctl, 0, 0, 0, FAIL(EPERM)},
    {SYS_io_uring_setup, 0, 0, 0, FAIL(EPERM)},
    {SYS_bpf, 0, 0, 0, FAIL(EPERM)},
    {SYS_clone3, 0, 0, 0, FAIL(ENOSYS)},
    {1022, 0, 0, 0, FAIL(ENOSYS)},
    {2000000, 0, 0, 0, FAIL(ENOSYS)},
    {-1, 0, 0, 0, FAIL(ENOSYS)},
    /* clone: threads and processes yes, each kind of namespace no */
    {SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, 0, 0, ALLOW},
    {SYS_clone, CLONE_NEWUSER, 0, 0, FAIL(EPERM)},
    {SYS_clone, CLONE_NEWNS | CLONE_VM, 0, 0, FAIL(EPERM)},
    {SYS_clone, CLONE_NEWNET, 0, 0, FAIL(EPERM)},
    {SYS_clone, CLONE_NEWPID, 0, 0, FAIL(EPERM)},
    {SYS_clone, CLONE_NEWCGROUP, 0, 0, FAIL(EPERM)},
    /* ioctl: only the low half counts, as in the kernel (CVE-2019-10063) */
    {SYS_ioctl, 0, 0x5401, 0, ALLOW},
    {SYS_ioctl, 0, 0x5412, 0, FAIL(EPERM)},
    {SYS_ioctl, 0, 0x12300005412, 0, FAIL(EPERM)},
    {SYS_ioctl, 0, 0x541c, 0, FAIL(EPERM)},
    {SYS_ioctl, 0, 0x5423, 0, FAIL(EPERM)},
    {SYS_ioctl, 0, 0x541d, 0, FAIL(EPERM)},
    /* socket families */
    {SYS_socket, AF_UNIX, 0, 0, ALLOW},
    {SYS_socket, AF_INET, 0, 0, ALLOW},
    {SYS_socket, AF_INET6, 0, 0, ALLOW},
    {SYS_socket, AF_NETLINK, 0, 0, ALLOW},
    {SYS_socket, AF_NETLINK, 0, 9, FAIL(EAFNOSUPPORT)},
    {SYS_socket, AF_NETLINK, 0, 0x100000009, FAIL(EAFNOSUPPORT)},
    {SYS_socket, 38 /* AF_ALG */, 0, 0, FAIL(EAFNOSUPPORT)},
    {SYS_socket, 40 /* AF_VSOCK */, 0, 0, FAIL(EAFNOSUPPORT)},
    {SYS_socket, AF_PACKET, 0, 0, FAIL(EAFNOSUPPORT)},
    {SYS_socketpair, AF_UNIX, 0, 0, ALLOW},
    /* personality */
    {SYS_personality, 0xffffffff, 0, 0, ALLOW},
    {SYS_personality, 0x40000, 0, 0, ALLOW},
    {SYS_personality, 0x0400000, 0, 0, FAIL(EPERM)},
    /* nodes */
    {SYS_mknodat, 0, 0, S_IFIFO | 0600, ALLOW},
    {SYS_mknodat, 0, 0, S_IFREG | 0600, ALLOW},
    {SYS_mknodat, 0, 0, S_IFCHR | 0600, FAIL(EPERM)},
    {SYS_mknodat, 0, 0, S_IFBLK | 0600, FAIL(EPERM)},
    {SYS_move_pages, 0, 0, 0, ALLOW},
    {SYS_move_pages, 1234, 0, 0, FAIL(EPERM)},
};

START_TEST(judges_calls)
{
    uint32_t given = ask(calls[_i].number, calls[_i].first, calls[_i].second, calls[_i].third);
    ck_assert_msg(given == calls[_i].verdict, "row %d: call %d: %#x instead of %#x", _i, calls[_i].number, given,
                  calls[_i].verdict);
}
END_TEST

START_TEST(refuses_other_architectures)
{
    struct seccomp_data data = {.nr = SYS_read, .arch = AUDIT_ARCH_I386};
    ck_assert_uint_eq(verdict(&data), FAIL(ENOSYS));
}
END_TEST

START_TEST(refuses_x32)
{
    ck_assert_uint_eq(ask(SYS_read | 0x40000000, 0, 0, 0), FAIL(ENOSYS));
}
END_TEST

START_TEST(gives_a_verdict_for_every_number)
{
    for (int number = 0; number < 2048; number++) {
        uint32_t given = ask(number, 0, 0, 0);
        bool known = given == ALLOW || given == FAIL(EPERM) || given == FAIL(ENOSYS) || given == FAIL(EAFNOSUPPORT);
        ck_assert_msg(known, "call %d: %#x", number, given);
    }
}
END_TEST

/* Recording must not open what is closed, nor close what is open: it only tells of some calls first. */
START_TEST(recording_changes_no_verdict)
{
    for (int number = 0; number < 1024; number++) {
        struct seccomp_data data = {.nr = number, .arch = native, .args = {0, 0, 0, 2}};
        uint32_t plain = verdict_in(PLAIN, &data);
        for (int program = RECORDING; program <= SEEDED; program++) {
            uint32_t given = verdict_in(program, &data);
            bool told = plain == ALLOW && given == SECCOMP_RET_USER_NOTIF;
            ck_assert_msg(given == plain || told, "call %d: %#x, recorded %#x", number, plain, given);
        }
    }
}
END_TEST

static const int nests[] = {SYS_mount,   SYS_umount2, SYS_pivot_root, SYS_chroot,
                            SYS_unshare, SYS_setns,   SYS_sethostname};

/* --nest opens what another sandbox needs, and nothing else. */
START_TEST(nesting_lets_namespaces_be_made)
{
    for (int number = 0; number < 1024; number++) {
        struct seccomp_data data = {.nr = number, .arch = native};
        bool opened = number == SYS_setdomainname || (number >= 428 && number <= 433) || number == 442 || number == 467;
        for (size_t i = 0; i < ROWS(nests); i++) {
            opened = opened || number == nests[i];
        }
        for (int program = NESTED; program <= SEEDED_NESTED; program++) {
            uint32_t given = verdict_in(program, &data);
            uint32_t without = verdict_in(program - NESTED, &data);
            ck_assert_msg(given == (opened ? ALLOW : without), "call %d: %#x, without nesting %#x", number, given,
                          without);
        }
    }
    struct seccomp_data clone = {.nr = SYS_clone, .arch = native, .args = {CLONE_NEWUSER | CLONE_NEWNS}};
    ck_assert_uint_eq(verdict_in(NESTED, &clone), ALLOW);
    struct seccomp_data typed = {.nr = SYS_ioctl, .arch = native, .args = {0, 0x5412}};
    ck_assert_uint_eq(verdict_in(NESTED, &typed), FAIL(EPERM));
}
END_TEST

static const struct {
    int number;
    uint64_t third, fourth;
    uint32_t recording, seeded;
} told[] = {
    {SYS_openat, 0, 0, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF},
    {SYS_execve, 0, 0, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF},
    {SYS_renameat2, 0, 0, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF},
    {SYS_mknodat, S_IFREG, 0, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF},
    {SYS_mknodat, S_IFCHR, 0, FAIL(EPERM), FAIL(EPERM)},
    {452 /* fchmodat2 */, 0, 0, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF},
    {SYS_read, 0, 0, ALLOW, ALLOW},
    {SYS_newfstatat, 0, 0, ALLOW, ALLOW},
    {SYS_getrandom, 0, 0, ALLOW, SECCOMP_RET_USER_NOTIF},
    {SYS_mmap, 0, 0x22, ALLOW, ALLOW},
    {SYS_mmap, 0, 0x28 /* MAP_DROPPABLE */, ALLOW, FAIL(EINVAL)},
};

START_TEST(tells_the_recorder)
{
    struct seccomp_data data = {.nr = told[_i].number, .arch = native, .args = {0, 0, told[_i].third, told[_i].fourth}};
    ck_assert_uint_eq(verdict_in(RECORDING, &data), told[_i].recording);
    ck_assert_uint_eq(verdict_in(SEEDED, &data), told[_i].seeded);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filter");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, judges_calls, 0, (int)ROWS(calls));
    tcase_add_test(rules, refuses_other_architectures);
    tcase_add_test(rules, refuses_x32);
    tcase_add_test(rules, gives_a_verdict_for_every_number);
    tcase_add_test(rules, recording_changes_no_verdict);
    tcase_add_test(rules, nesting_lets_namespaces_be_made);
    tcase_add_loop_test(rules, tells_the_recorder, 0, (int)ROWS(told));
    suite_add_tcase(suite, rules);
    return unit_run(suite);
}
