/* SPDX-License-Identifier: BSD-2-Clause
 * host: why this host refuses a step, and what its administrator would have to set. The steps that doctor tries are in
 * host_check.c. */
#include "sandbox/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"

/* The number in a file of /proc/sys; -1 when this kernel has no such setting. */
static long setting(const char *path)
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    if (fs_read_path(path, 64, &text, &ignored) < 0) {
        return -1;
    }
    char *end = NULL;
    long value = strtol(buf_text(&text), &end, 10);
    return end == buf_text(&text) ? -1 : value;
}

enum answer { NO, YES, UNKNOWN };

/* A process whose root is not the root of its mount namespace may not create a user namespace (user_namespaces(7)).
 * Only root may look where that of the first process is. */
static enum answer in_chroot(void)
{
    struct stat mine;
    struct stat init;
    if (stat("/", &mine) < 0 || stat("/proc/1/root/.", &init) < 0) {
        return UNKNOWN;
    }
    return mine.st_ino != init.st_ino || mine.st_dev != init.st_dev ? YES : NO;
}

struct remedy {
    const char *path; /* setting whose value `bad` explains the refusal */
    long bad;
    const char *text;
};

static const char network_text[] = "this host allows no network namespaces, or no more of them "
                                   "(user.max_net_namespaces); use '--network host', or ask "
                                   "the administrator for 'sysctl -w user.max_net_namespaces=15000'";

static const char second_text[] =
    "a run needs two user namespaces, and this host allows fewer, or no more of them, to a "
    "user (user.max_user_namespaces); ask the administrator for "
    "'sysctl -w user.max_user_namespaces=15000'";

static const struct remedy userns_remedies[] = {
    {"/proc/sys/kernel/unprivileged_userns_clone", 0,
     "user namespaces are switched off for users, and within those of root (kernel.unprivileged_userns_clone = 0); ask "
     "the administrator for "
     "'sysctl -w kernel.unprivileged_userns_clone=1'"},
    {"/proc/sys/user/max_user_namespaces", 0,
     "this host allows no user namespaces (user.max_user_namespaces = 0); ask the administrator for "
     "'sysctl -w user.max_user_namespaces=15000'"},
    {"/proc/sys/user/max_net_namespaces", 0, network_text},
    {"/proc/sys/user/max_mnt_namespaces", 0,
     "this host allows no mount namespaces (user.max_mnt_namespaces = 0); ask the administrator for "
     "'sysctl -w user.max_mnt_namespaces=15000'"},
    {"/proc/sys/user/max_pid_namespaces", 0,
     "this host allows no PID namespaces (user.max_pid_namespaces = 0); ask the administrator for "
     "'sysctl -w user.max_pid_namespaces=15000'"},
    {"/proc/sys/user/max_ipc_namespaces", 0,
     "this host allows no IPC namespaces (user.max_ipc_namespaces = 0); ask the administrator for "
     "'sysctl -w user.max_ipc_namespaces=15000'"},
    {"/proc/sys/user/max_uts_namespaces", 0,
     "this host allows no UTS namespaces (user.max_uts_namespaces = 0); ask the administrator for "
     "'sysctl -w user.max_uts_namespaces=15000'"},
    {"/proc/sys/user/max_cgroup_namespaces", 0,
     "this host allows no cgroup namespaces (user.max_cgroup_namespaces = 0); ask the administrator for "
     "'sysctl -w user.max_cgroup_namespaces=15000'"},
};

static const char apparmor_text[] =
    "AppArmor takes all rights away in user namespaces (kernel.apparmor_restrict_unprivileged_userns = 1); ask the "
    "administrator to install a profile for sciwrap with 'userns,' in it, or for "
    "'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'";

static bool apparmor_restricts(void)
{
    return geteuid() != 0 && setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1;
}

/* proc_pid_status(5): 2 where a filter is on. */
static bool is_filtered(void)
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    return fs_read_path("/proc/self/status", 64U << 10, &text, &ignored) == 0 &&
           strstr(buf_text(&text), "\nSeccomp:\t2") != NULL;
}

/* The name that AppArmor or SELinux has for what this process may do; "" when nothing confines it. */
static const char *security_profile(void)
{
    static char name[80];
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    if (fs_read_path("/proc/self/attr/current", 4096, &text, &ignored) < 0) {
        return "";
    }
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(buf_text(&text), "\n"), buf_text(&text));
    bool free =
        strncmp(name, "unconfined", 10) == 0 || strstr(name, ":unconfined_") != NULL || strchr(name, '=') != NULL;
    return free || strcmp(name, "kernel") == 0 ? "" : name;
}

static char explanation[400];

/* Which of the things that container engines put around a process refuses `what`, and what it is started with to allow
 * that. */
static const char *explain_policy(const char *what)
{
    const char *profile = security_profile();
    if (is_filtered()) {
        snprintf(
            explanation, sizeof(explanation),
            "a filter of system calls forbids %s here, as container engines put one on; start sciwrap on the host, "
            "or the container with --security-opt seccomp=unconfined (docker, podman), or, in a run of sciwrap, "
            "that run with --nest",
            what);
    } else if (profile[0] != '\0') {
        snprintf(explanation, sizeof(explanation),
                 "the security profile '%s' forbids %s here; start sciwrap on the host, or the container with "
                 "--security-opt apparmor=unconfined or label=disable (docker, podman)",
                 profile, what);
    } else {
        snprintf(explanation, sizeof(explanation), "%s forbids %s here; start sciwrap on the host%s",
                 in_chroot() == NO ? "a security policy" : "a chroot, or a security policy,", what,
                 in_chroot() == NO ? ", or the container with --privileged" : ", outside of the chroot");
    }
    return explanation;
}

static const char *explain_setting(void)
{
    for (size_t i = 0; i < sizeof(userns_remedies) / sizeof(*userns_remedies); i++) {
        if (setting(userns_remedies[i].path) == userns_remedies[i].bad) {
            return userns_remedies[i].text;
        }
    }
    return setting("/proc/sys/user/max_user_namespaces") == 1 ? second_text : NULL;
}

static const char *explain_namespaces(const char *step, int errnum)
{
    /* Told from inside the run's own user namespace, whose settings are new: only a limit further out can be at fault.
     */
    if (errnum == ENOSPC && strstr(step, "network") != NULL) {
        return network_text;
    }
    if (errnum == ENOSPC && strstr(step, "second") != NULL) {
        return second_text;
    }
    const char *known = explain_setting();
    if (known != NULL) {
        return known;
    }
    if (apparmor_restricts()) {
        return apparmor_text;
    }
    switch (errnum) {
    case EPERM:
    case EACCES:
        return in_chroot() == YES ? "a process in a chroot may not create user namespaces; start sciwrap outside of it"
                                  : explain_policy("user namespaces");
    case ENOSPC:
    case EUSERS:
        return "a limit on namespaces is reached: too many are in use, or they are nested too deep; see "
               "/proc/sys/user/max_*_namespaces here and on the host";
    case EINVAL:
        return "this kernel was built without one of the namespaces (CONFIG_USER_NS, CONFIG_PID_NS, CONFIG_NET_NS, "
               "CONFIG_IPC_NS, CONFIG_UTS_NS, CONFIG_CGROUPS)";
    case ENOENT:
        return "no /proc is mounted here; mount one: 'mount -t proc proc /proc'";
    default:
        return NULL;
    }
}

static const char *explain_mount(const char *step, int errnum)
{
    bool refused = errnum == EPERM || errnum == EACCES;
    if (refused && apparmor_restricts()) {
        return apparmor_text;
    }
    if (refused && strcmp(step, "mount proc") == 0) {
        return "parts of /proc are covered here, as in a container, and the kernel then gives no fresh one; start the "
               "container with an unmasked /proc (podman: --security-opt unmask=ALL, docker: --security-opt "
               "systempaths=unconfined), or set SCIWRAP_PROC=shared: a run then sees the names of the container's "
               "processes";
    }
    if (strcmp(step, "mount overlay") == 0 && errnum == ENODEV) {
        return "--writable needs overlay mounts, and this kernel has none loaded; ask the administrator for 'modprobe "
               "overlay', or run without --writable";
    }
    if (strcmp(step, "mount overlay") == 0 && errnum != ENOSPC) {
        return "--writable needs overlay mounts in user namespaces (Linux 5.11 or later) and a scratch folder on a "
               "local file system with user attributes; set SCIWRAP_TMPDIR to one, or run without --writable";
    }
    if (strcmp(step, "enter the new root") == 0 && errnum == EINVAL) {
        return "the root of this host is an initramfs, which cannot be left; switch to a real root file system first";
    }
    return refused ? explain_policy("mounts") : NULL;
}

int host_explain(struct err *err, const char *step, int errnum)
{
    bool namespaces = strstr(step, "namespace") != NULL || strcmp(step, "map user ids") == 0;
    const char *why = namespaces ? explain_namespaces(step, errnum) : explain_mount(step, errnum);
    if (why == NULL) {
        return err_set_errno(err, ERR_HOST, errnum, "cannot %s; 'sciwrap doctor' tests each step", step);
    }
    err_set(err, ERR_HOST, "cannot %s: %s (%s)", step, why, strerror(errnum));
    err->saved_errno = errnum;
    return -1;
}
