/* SPDX-License-Identifier: BSD-2-Clause
 * host_check: the steps of a launch, each tried by itself in a child process, for `sciwrap doctor`. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "sandbox/cgroup.h"
#include "sandbox/cores.h"
#include "sandbox/filter.h"
#include "sandbox/host.h"
#include "sandbox/identity.h"
#include "sandbox/recorder.h"
#include "sandbox/scope.h"

/* Runs in a child in new namespaces, as root of them: 0, or -1 with *err set. */
typedef int trial_fn(struct err *err);

struct trial {
    const char *name;
    unsigned long namespaces;
    trial_fn *try;
    bool optional;
    const char *found;   /* what to say when it works */
    const char *without; /* what a missing optional thing costs */
};

static int try_nothing(struct err *err)
{
    (void)err;
    return 0;
}

static int try_step(int failed, const char *step, struct err *err)
{
    return failed == 0 ? 0 : host_explain(err, step, errno);
}

static int try_tmpfs(struct err *err)
{
    return try_step(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0 ||
                        mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0,
                    "mount tmpfs", err);
}

static int try_bind(struct err *err)
{
    if (try_tmpfs(err) < 0) {
        return -1;
    }
    return try_step(mkdir("/tmp/etc", 0755) < 0 || mount("/etc", "/tmp/etc", NULL, MS_BIND | MS_REC, NULL) < 0,
                    "bind a host path", err);
}

static int try_proc(struct err *err)
{
    /* The PID namespace takes effect for children only. */
    if (try_tmpfs(err) < 0) {
        return -1;
    }
    pid_t child = fork();
    if (child == 0) {
        int failed = mkdir("/tmp/proc", 0755) < 0 ||
                     mount("proc", "/tmp/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0;
        _exit(failed ? errno : 0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        return host_explain(err, "mount proc", errno);
    }
    return WEXITSTATUS(status) == 0 ? 0 : host_explain(err, "mount proc", WEXITSTATUS(status));
}

static int try_devpts(struct err *err)
{
    if (try_tmpfs(err) < 0) {
        return -1;
    }
    return try_step(mkdir("/tmp/pts", 0755) < 0 ||
                        mount("devpts", "/tmp/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666") < 0,
                    "mount devpts", err);
}

static int try_pivot(struct err *err)
{
    if (try_tmpfs(err) < 0) {
        return -1;
    }
    return try_step(chdir("/tmp") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0,
                    "enter the new root", err);
}

static int try_overlay(struct err *err)
{
    if (try_tmpfs(err) < 0) {
        return -1;
    }
    /* On a tmpfs of ours: upper layers there need user attributes as well (Linux 6.6), so only a lower pair is tried,
     * which shows whether the kernel lets user namespaces mount overlays at all. */
    return try_step(mkdir("/tmp/a", 0755) < 0 || mkdir("/tmp/b", 0755) < 0 || mkdir("/tmp/o", 0755) < 0 ||
                        mount("overlay", "/tmp/o", "overlay", 0, "lowerdir=/tmp/a:/tmp/b,userxattr") < 0,
                    "mount overlay", err);
}

static int try_filter(struct err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return host_explain(err, "set no-new-privileges", errno);
    }
    return filter_install(false, err);
}

static int try_second(struct err *err)
{
    if (unshare(CLONE_NEWUSER) < 0) {
        return host_explain(err, "create the second user namespace", errno);
    }
    return identity_map(0, 0, 0, 0, err);
}

/* Of a call that nobody makes. Asking the kernel what it knows is not enough: who listens already, and a filter of an
 * engine, are in the way only here. */
static int try_notification(struct err *err)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_lookup_dcookie, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof(rules) / sizeof(*rules), .filter = rules};
    if (!filter_can_continue()) {
        return err_set(err, ERR_HOST, "system calls that were told of can be let go on from Linux 5.5 on");
    }
    if (!recorder_is_possible()) {
        return err_set(err, ERR_HOST, "openat2(2) is missing: Linux before 5.6, or an outer sandbox hides it");
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return try_step(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) < 0,
                    "use seccomp notifications", err);
}

static int try_landlock(struct err *err)
{
    enum { ASK_VERSION = 1 };
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
    if (version < 0) {
        return err_set(err, ERR_HOST, "Linux before 5.13, or not among the kernel's parameter 'lsm='");
    }
    return version >= SCOPE_LANDLOCK ? 0 : err_set(err, ERR_HOST, "version %ld, before Linux 6.12", version);
}

static int try_cores(struct err *err)
{
    return cores_make_private(err) < 0 ? -1 : 0;
}

static int try_cgroup(struct err *err)
{
    const unsigned wanted = CGROUP_PIDS | CGROUP_MEMORY;
    struct cgroup group;
    auto_free char *why = NULL;
    unsigned have = cgroup_open(&group, wanted, &why);
    cgroup_close(&group);
    if (have == wanted) {
        return 0;
    }
    return err_set(err, ERR_HOST, "%s", why != NULL ? why : "control groups here hand on only some of what is needed");
}

static const struct trial trials[] = {
    {"user namespaces", CLONE_NEWUSER, try_nothing, false, "can be created", NULL},
    {"nested user namespaces", CLONE_NEWUSER, try_second, false, "can be created", NULL},
    {"mount namespaces", CLONE_NEWUSER | CLONE_NEWNS, try_nothing, false, "can be created", NULL},
    {"PID namespaces", CLONE_NEWUSER | CLONE_NEWPID, try_nothing, false, "can be created", NULL},
    {"IPC namespaces", CLONE_NEWUSER | CLONE_NEWIPC, try_nothing, false, "can be created", NULL},
    {"UTS namespaces", CLONE_NEWUSER | CLONE_NEWUTS, try_nothing, false, "can be created", NULL},
    {"network namespaces", CLONE_NEWUSER | CLONE_NEWNET, try_nothing, false, "can be created", NULL},
    {"cgroup namespaces", CLONE_NEWUSER | CLONE_NEWCGROUP, try_nothing, false, "can be created", NULL},
    {"tmpfs mounts", CLONE_NEWUSER | CLONE_NEWNS, try_tmpfs, false, "work", NULL},
    {"bind mounts", CLONE_NEWUSER | CLONE_NEWNS, try_bind, false, "work", NULL},
    {"own /proc", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, try_proc, false, "works", NULL},
    {"own pseudo-terminals", CLONE_NEWUSER | CLONE_NEWNS, try_devpts, false, "work", NULL},
    {"change of root", CLONE_NEWUSER | CLONE_NEWNS, try_pivot, false, "works", NULL},
    {"system call filter", 0, try_filter, false, "works", NULL},
    {"overlay mounts", CLONE_NEWUSER | CLONE_NEWNS, try_overlay, true, "work", "only --writable needs them"},
    {"seccomp notifications", 0, try_notification, true, "work",
     "inputs and outputs are then found by comparing before and after, and --seed is refused"},
    {"control groups", 0, try_cgroup, true, "can be made",
     "--memory then holds for each process, not for a whole run, and --pids not for root"},
    {"Landlock scopes", 0, try_landlock, true, "work",
     "'kill 0' inside then reaches the caller's process group, and --network host the host's abstract sockets"},
    {"core scheduling", 0, try_cores, true, "works", "only --private-cores needs it"},
};

static int enter(unsigned long namespaces, struct err *err)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (namespaces == 0) {
        return 0;
    }
    if (unshare((int)namespaces) < 0) {
        return host_explain(err, "create namespaces", errno);
    }
    return identity_map(0, uid, 0, gid, err);
}

/* Tries in a child, which sends its error (empty when all went well) through a pipe. */
static int try_apart(const struct trial *trial, struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a pipe");
    }
    pid_t child = fork();
    if (child == 0) {
        struct err found = {0};
        if (enter(trial->namespaces, &found) == 0) {
            (void)!trial->try(&found);
        }
        _exit(write(ends[1], &found, sizeof(found)) == (ssize_t)sizeof(found) ? 0 : 1);
    }
    close(ends[1]);
    struct err found = {.kind = ERR_SYSTEM, .text = "the trial was killed"};
    if (child > 0) {
        (void)!read(ends[0], &found, sizeof(found));
        waitpid(child, NULL, 0);
    }
    close(ends[0]);
    if (found.kind == ERR_NONE) {
        return 0;
    }
    *err = found;
    return -1;
}

static void check_kernel(struct host_check *check)
{
    struct utsname name = {0};
    char *rest = name.release;
    bool known = uname(&name) == 0;
    unsigned long major = known ? strtoul(name.release, &rest, 10) : 0;
    unsigned long minor = *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;
    bool old = known && (major < 4 || (major == 4 && minor < 18));
    *check = (struct host_check){.name = "kernel", .verdict = old ? HOST_MISSING : HOST_OK};
    snprintf(check->detail, sizeof(check->detail), old ? "Linux %s; sciwrap is written for 4.18 and later" : "Linux %s",
             known ? name.release : "of unknown version");
}

int host_check_all(bool shared_proc, struct host_check checks[HOST_CHECKS_MOST])
{
    _Static_assert(sizeof(trials) / sizeof(*trials) < HOST_CHECKS_MOST, "room for every check");
    int count = 0;
    check_kernel(&checks[count++]);
    for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); i++) {
        struct host_check *check = &checks[count++];
        struct err err = {0};
        bool ok = try_apart(&trials[i], &err) == 0;
        *check = (struct host_check){.name = trials[i].name};
        bool optional = trials[i].optional || (shared_proc && trials[i].try == try_proc);
        check->verdict = ok ? HOST_OK : (optional ? HOST_OPTIONAL_MISSING : HOST_MISSING);
        snprintf(check->detail, sizeof(check->detail), "%s%s%s", ok ? trials[i].found : err.text,
                 !ok && trials[i].without != NULL ? "; " : "",
                 !ok && trials[i].without != NULL ? trials[i].without : "");
    }
    return count;
}
