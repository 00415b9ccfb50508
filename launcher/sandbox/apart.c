/* SPDX-License-Identifier: BSD-2-Clause
 * apart: a piece of work on foreign bytes, in a process that can do nothing but compute. */
#include "sandbox/apart.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"

/* The address sanitizer of a test build reserves terabytes, makes one call more, and what it has to say must be seen.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#if !defined(SANITIZED)
#define SANITIZED false
#endif

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "sandbox/apart.c: name this architecture (linux/audit.h)"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* Of an argument the lower half: where the bits of mmap's protection are, and all of a descriptor that exists. */
#define IS(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define ALLOW     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

/* Reading at a place, memory that is not executable, the answer, and the end. */
static int install_filter(int answer_fd)
{
    struct sock_filter rules[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 1, 0),
        KILL,
        LOAD(nr),
        /* clang-format off */
        IS(SYS_pread64), ALLOW,
        IS(SYS_brk), ALLOW,
        IS(SYS_munmap), ALLOW,
        IS(SYS_mremap), ALLOW,
        IS(SYS_madvise), ALLOW,
        IS(SYS_getrandom), ALLOW, /* the C library's allocator asks for a few bytes */
        IS(SYS_exit_group), ALLOW,
        IS(SANITIZED ? SYS_sigaltstack : SYS_exit_group), ALLOW,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 4),
        LOAD(args[2]), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), KILL, ALLOW,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 5),
        LOAD(args[0]), IS((unsigned)answer_fd), ALLOW,
        IS((unsigned)(SANITIZED ? STDERR_FILENO : answer_fd)), ALLOW,
        /* clang-format on */
        KILL,
    };
    const struct sock_fprog program = {.len = sizeof(rules) / sizeof(*rules), .filter = rules};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static int shut_off(int answer_fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    if (!SANITIZED) {
        const struct rlimit memory = {.rlim_cur = APART_MEMORY, .rlim_max = APART_MEMORY};
        setrlimit(RLIMIT_AS, &memory);
    }
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 : install_filter(answer_fd);
}

/* The answer is one write: the size of the result, or less when the filter could not be had. */
static void child(void (*work)(void *, void *), void *user, size_t size, int answer_fd)
{
    char result[APART_RESULT] = {0};
    size_t answered = 1;
    if (shut_off(answer_fd) == 0) {
        work(user, result);
        answered = size;
    }
    ssize_t put = write(answer_fd, result, answered);
    _exit(put == (ssize_t)answered ? 0 : 1);
}

static int wait_for(pid_t pid, struct err *err)
{
    int status = 0;
    pid_t waited;
    do {
        waited = waitpid(pid, &status, 0);
    } while (waited < 0 && errno == EINTR);
    if (waited < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "wait for a process");
    }
    if (WIFSIGNALED(status)) {
        return err_set(err, ERR_SYSTEM, "the process that reads it was ended by signal %d", WTERMSIG(status));
    }
    return 0;
}

int apart_call(void (*work)(void *user, void *result), void *user, void *ret_result, size_t size, struct err *err)
{
    int ends[2];
    char result[APART_RESULT + 1];
    assert(size > 1 && size <= APART_RESULT);
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a pipe");
    }
    auto_fd int from_child = ends[0];
    auto_fd int to_parent = ends[1];
    pid_t pid = fork();
    if (pid < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "start a process");
    }
    if (pid == 0) {
        child(work, user, size, to_parent);
    }
    close(steal_fd(&to_parent));
    ssize_t got;
    do {
        got = read(from_child, result, sizeof(result));
    } while (got < 0 && errno == EINTR);
    if (wait_for(pid, err) < 0) {
        return -1;
    }
    if (got != (ssize_t)size) {
        return err_set(err, ERR_SYSTEM, "the process that reads it %s",
                       got == 1 ? "could not be shut off (seccomp)" : "broke off");
    }
    memcpy(ret_result, result, size);
    return 0;
}
