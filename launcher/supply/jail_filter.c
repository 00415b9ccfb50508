/* SPDX-License-Identifier: BSD-2-Clause
 * jail_filter: the system calls that work on foreign bytes may make. */
#include "supply/jail_filter.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "supply/jail_filter.c: name this architecture (linux/audit.h)"
#endif

/* Carried out. The names that these calls take are names in the jail's folder: its root, or all that Landlock leaves.
 */
static const unsigned allowed[] = {
    /* threads that wait for each other; the ends of threads and of the process */
    SYS_futex,
    SYS_exit,
    SYS_exit_group,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_gettid,
    SYS_getpid,
    /* bytes of open files */
    SYS_read,
    SYS_pread64,
    SYS_readv,
    SYS_write,
    SYS_pwrite64,
    SYS_writev,
    SYS_lseek,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_copy_file_range,
    SYS_fsync,
    SYS_fdatasync,
    SYS_fadvise64,
    SYS_close,
    /* entries of the tree: made, looked at, and, by the layers of an image, moved and removed again */
    SYS_openat,
    SYS_mkdirat,
    SYS_symlinkat,
    SYS_linkat,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_fstatfs,
    SYS_faccessat,
    SYS_fchmodat,
    /* memory; calls that are looked at more closely are below */
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    /* of the process alone */
    SYS_getrandom,
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_restart_syscall,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_sysinfo,
};

/* Nothing that unpacks makes these, in no version of any library: who does has been taken over, and is not to have a
 * second try. Everything else that is not allowed fails, because the next version of the C library may ask for it and
 * go on without. */
static const unsigned deadly[] = {
#if defined(SYS_fork)
    SYS_fork,
    SYS_vfork,
#endif
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept4,
    SYS_sendto,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_io_setup,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsmount,
    SYS_mount_setattr,
    SYS_unshare,
    SYS_setns,
    SYS_open_by_handle_at,
    SYS_mknodat,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_memfd_create,
    SYS_personality,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_setuid,
    SYS_setgid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setgroups,
    SYS_capset,
};

enum {
    ALLOWED = sizeof(allowed) / sizeof(allowed[0]),
    DEADLY = sizeof(deadly) / sizeof(deadly[0]),
    PROGRAM_MOST = BPF_MAXINSNS,
    X32_BIT = 0x40000000,
};

struct program {
    struct sock_filter code[PROGRAM_MOST];
    unsigned short length;
};

static void emit(struct program *program, unsigned code, unsigned value, unsigned char if_true, unsigned char if_false)
{
    assert(program->length < PROGRAM_MOST);
    program->code[program->length++] =
        (struct sock_filter){.code = (unsigned short)code, .jt = if_true, .jf = if_false, .k = value};
}

static void give(struct program *program, unsigned action)
{
    emit(program, BPF_RET | BPF_K, action, 0, 0);
}

static void when_equal(struct program *program, unsigned value, unsigned action)
{
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    give(program, action);
}

/* The low half of an argument: what the kernel looks at in all that is judged here. */
static void load_argument(struct program *program, unsigned index)
{
    unsigned low_half = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
    emit(program, BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args) + 8 * index + low_half, 0, 0);
}

/* A call that is allowed unless its argument has one of the bits. */
static void allow_without(struct program *program, unsigned call, unsigned argument, unsigned bits)
{
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4);
    load_argument(program, argument);
    emit(program, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    give(program, SECCOMP_RET_KILL_PROCESS);
    give(program, SECCOMP_RET_ALLOW);
}

/* Threads yes, processes no. clone3 has its flags in memory, out of sight, and fails; the C library then uses clone. */
static void allow_threads(struct program *program)
{
    const unsigned namespaces =
        CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 5);
    load_argument(program, 0);
    emit(program, BPF_JMP | BPF_JSET | BPF_K, namespaces, 1, 0);
    emit(program, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0);
    give(program, SECCOMP_RET_KILL_PROCESS);
    give(program, SECCOMP_RET_ALLOW);
}

/* F_SETOWN and F_SETSIG send signals to other processes. */
static void allow_flags_of_descriptors(struct program *program)
{
    static const unsigned harmless[] = {F_GETFD, F_SETFD, F_GETFL};
    enum { HARMLESS = sizeof(harmless) / sizeof(harmless[0]) };
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 2 + 2 * HARMLESS);
    load_argument(program, 1);
    for (size_t i = 0; i < HARMLESS; i++) {
        when_equal(program, harmless[i], SECCOMP_RET_ALLOW);
    }
    give(program, SECCOMP_RET_ERRNO | EPERM);
}

/* A file that is open for reading can still be given another mode by its owner; the archive is somebody's file. */
static void allow_but_on(struct program *program, unsigned call, const int *input, size_t count)
{
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, call, 1, 0);
    emit(program, BPF_JMP | BPF_JA, (unsigned)(2 + 2 * count), 0, 0); /* conditional jumps reach 255 only */
    load_argument(program, 0);
    for (size_t i = 0; i < count; i++) {
        when_equal(program, (unsigned)input[i], SECCOMP_RET_ERRNO | EPERM);
    }
    give(program, SECCOMP_RET_ALLOW);
}

static void lay_out(struct program *program, const int *input, size_t count)
{
    emit(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 1, 0);
    give(program, SECCOMP_RET_KILL_PROCESS);
    emit(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    emit(program, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    give(program, SECCOMP_RET_KILL_PROCESS);
    for (size_t i = 0; i < ALLOWED; i++) {
        when_equal(program, allowed[i], SECCOMP_RET_ALLOW);
    }
    allow_without(program, SYS_mmap, 2, PROT_EXEC);
    allow_without(program, SYS_mprotect, 2, PROT_EXEC);
    /* The value in the accumulator is the number of the call only until an argument was loaded, after which the program
     * has ended. */
    allow_threads(program);
    allow_flags_of_descriptors(program);
    allow_but_on(program, SYS_fchmod, input, count);
    allow_but_on(program, SYS_utimensat, input, count);
    allow_but_on(program, SYS_fremovexattr, input, count);
    for (size_t i = 0; i < DEADLY; i++) {
        when_equal(program, deadly[i], SECCOMP_RET_KILL_PROCESS);
    }
    give(program, SECCOMP_RET_ERRNO | ENOSYS);
}

int jail_filter(const int *input, size_t count, struct err *err)
{
    struct program program = {.length = 0};
    lay_out(&program, input, count);
    const struct sock_fprog filter = {.len = program.length, .filter = program.code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0) {
        return err_set_errno(err, ERR_HOST, errno, "install the system call filter of the process that unpacks");
    }
    return 0;
}
