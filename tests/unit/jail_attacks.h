/* SPDX-License-Identifier: BSD-2-Clause
 *
 * jail_attacks: what a parser that was taken over would try, each as a function that a confined process calls as its
 * work, and what must come of it. One program includes it: check_jail.c.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "unit.h"

enum { DIES, FAILS, WORKS };

/* What the attacker knows: numbers and paths of the process that started it. */
struct knowledge {
    struct unit_folder folder;
    int archive_fd;
    int secret_fd; /* open on the host's root, and not close-on-exec */
    pid_t parent;
    char victim[300];
};

struct outcome {
    long got;
    int errnum;
};

static struct knowledge known;
static int stage_fd;

static long openat_plain(int fd, const char *path)
{
    return syscall(SYS_openat, fd, path, O_RDONLY | O_CLOEXEC);
}

static long open_passwd(void)
{
    return openat_plain(AT_FDCWD, "/etc/passwd");
}

static long open_passwd_upward(void)
{
    return openat_plain(stage_fd, "../../../../../../../../../../etc/passwd");
}

static long open_passwd_through_link(void)
{
    return symlinkat("/etc/passwd", stage_fd, "link") < 0 ? -1 : openat_plain(stage_fd, "link");
}

static long open_environment_of_parent(void)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/environ", known.parent);
    return openat_plain(AT_FDCWD, path);
}

static long read_victim(void)
{
    return openat_plain(AT_FDCWD, known.victim);
}

static long write_victim(void)
{
    return syscall(SYS_openat, AT_FDCWD, known.victim, O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
}

static long link_victim(void)
{
    return linkat(AT_FDCWD, known.victim, stage_fd, "mine", 0);
}

static long remove_victim(void)
{
    return unlinkat(AT_FDCWD, known.victim, 0);
}

/* Whatever number it was given: no descriptor is left that leads elsewhere. Landlock would refuse to open beneath one;
 * that it is not there is asked for all the same. */
static long use_other_descriptors(void)
{
    struct stat st;
    for (int fd = 0; fd < 1024; fd++) {
        if (fd != stage_fd && fstat(fd, &st) == 0 && (S_ISDIR(st.st_mode) || openat_plain(fd, "etc/passwd") >= 0)) {
            return fd;
        }
    }
    errno = EBADF;
    return -1;
}

static long write_archive(void)
{
    return write(known.archive_fd, "changed", 7);
}

static long change_mode_of_archive(void)
{
    return fchmod(known.archive_fd, 0777);
}

static long reopen_archive(void)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", known.archive_fd);
    return syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
}

static long limit_parent(void)
{
    const struct rlimit none = {0};
    return prlimit(known.parent, RLIMIT_FSIZE, &none, NULL);
}

static long pin_parent(void)
{
    cpu_set_t set = {0};
    CPU_SET(0, &set);
    return sched_setaffinity(known.parent, sizeof(set), &set);
}

static long type_into_terminal(void)
{
    return syscall(SYS_ioctl, 0, 0x5412, "x"); /* TIOCSTI */
}

static long signal_by_owner(void)
{
    return fcntl(stage_fd, F_SETOWN, known.parent);
}

static long new_kind_of_clone(void)
{
    return syscall(SYS_clone3, NULL, 0);
}

static long make_device(void)
{
    return syscall(SYS_mknodat, stage_fd, "null", S_IFCHR | 0666, 0x103);
}

static long grow_a_file(void)
{
    int fd = openat(stage_fd, "large", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return ftruncate(fd, 2 * 1024 * 1024);
}

static long make_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long make_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long execute(void)
{
    char *argv[] = {(char[]){"sh"}, NULL};
    return execve("/bin/sh", argv, argv + 1);
}

static long execute_archive(void)
{
    char *argv[] = {(char[]){"sh"}, NULL};
    return syscall(SYS_execveat, known.archive_fd, "", argv, argv + 1, AT_EMPTY_PATH);
}

static long fork_bomb(void)
{
    return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static long new_namespace(void)
{
    return syscall(SYS_clone, CLONE_NEWUSER | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0, 0, 0, 0);
}

static long kill_parent(void)
{
    return kill(known.parent, 0);
}

static long kill_all(void)
{
    return kill(-1, 0);
}

static long trace_parent(void)
{
    return ptrace(PTRACE_SEIZE, known.parent, NULL, NULL);
}

static long read_parent(void)
{
    char bytes[16];
    struct iovec here = {.iov_base = bytes, .iov_len = sizeof(bytes)};
    struct iovec there = {.iov_base = &known, .iov_len = sizeof(bytes)};
    return process_vm_readv(known.parent, &here, 1, &there, 1, 0);
}

static long take_descriptor_of_parent(void)
{
    return syscall(SYS_pidfd_open, known.parent, 0);
}

static long use_io_uring(void)
{
    char parameters[120] = {0};
    return syscall(SYS_io_uring_setup, 1, parameters);
}

static long mount_something(void)
{
    return syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL);
}

static long unshare_user(void)
{
    return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long change_root(void)
{
    return syscall(SYS_chroot, "/");
}

static long open_handle(void)
{
    return syscall(SYS_open_by_handle_at, stage_fd, NULL, 0);
}

static long load_bpf(void)
{
    return syscall(SYS_bpf, 0, NULL, 0);
}

static long make_code(void)
{
    return (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long turn_into_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long use_keys(void)
{
    return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

#if defined(__x86_64__)
/* The numbers of 32-bit programs, of which 11 is execve. */
static long use_old_numbers(void)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
    return result;
}

static long use_x32_numbers(void)
{
    return syscall(0x40000000 | 39);
}
#endif

static void *add_one(void *number)
{
    ++*(int *)number;
    return NULL;
}

/* What work is there for. */
static long do_the_work(void)
{
    char byte = 0;
    int number = 0;
    pthread_t thread;
    int fd = openat(stage_fd, "made", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "hello", 5) != 5 || mkdirat(stage_fd, "d", 0755) < 0 || mkdirat(stage_fd, "e", 0755) < 0 ||
        linkat(stage_fd, "made", stage_fd, "d/same", 0) < 0 || symlinkat("/x", stage_fd, "e/l") < 0 ||
        renameat(stage_fd, "d/same", stage_fd, "e/moved") < 0 || unlinkat(stage_fd, "e/moved", 0) < 0 ||
        unlinkat(stage_fd, "d", AT_REMOVEDIR) < 0 || fchmod(fd, 0755) < 0 || futimens(fd, NULL) < 0) {
        return -1;
    }
    if (pthread_create(&thread, NULL, add_one, &number) != 0 || pthread_join(thread, NULL) != 0 || number != 1) {
        return -1;
    }
    return pread(known.archive_fd, &byte, 1, 0) == 1 && byte == 'a' ? 7 : -1;
}

static const struct attack {
    long (*make)(void);
    int expected;
} attacks[] = {
    {do_the_work, WORKS},
    {open_passwd, FAILS},
    {open_passwd_upward, FAILS},
    {open_passwd_through_link, FAILS},
    {open_environment_of_parent, FAILS},
    {read_victim, FAILS},
    {write_victim, FAILS},
    {link_victim, FAILS},
    {remove_victim, FAILS},
    {use_other_descriptors, FAILS},
    {write_archive, FAILS},
    {change_mode_of_archive, FAILS},
    {reopen_archive, FAILS},
    {limit_parent, FAILS},
    {pin_parent, FAILS},
    {type_into_terminal, FAILS},
    {signal_by_owner, FAILS},
    {new_kind_of_clone, FAILS},
    {grow_a_file, FAILS},
    {make_device, DIES},
    {make_socket, DIES},
    {make_unix_socket, DIES},
    {execute, DIES},
    {execute_archive, DIES},
    {fork_bomb, DIES},
    {new_namespace, DIES},
    {kill_parent, DIES},
    {kill_all, DIES},
    {trace_parent, DIES},
    {read_parent, DIES},
    {take_descriptor_of_parent, DIES},
    {use_io_uring, DIES},
    {mount_something, DIES},
    {unshare_user, DIES},
    {change_root, DIES},
    {open_handle, DIES},
    {load_bpf, DIES},
    {make_code, DIES},
    {turn_into_code, DIES},
    {use_keys, DIES},
#if defined(__x86_64__)
    {use_old_numbers, DIES},
    {use_x32_numbers, DIES},
#endif
};
