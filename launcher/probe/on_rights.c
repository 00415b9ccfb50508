/* SPDX-License-Identifier: BSD-2-Clause
 * on_rights: what rights the process has, and attempts to get more. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/attempt.h"

static void judge_set(struct finding *finding, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        uint64_t set = scene_status(*keys, 16);
        if (set != 0) {
            found(finding, OUTCOME_OPEN, "", "%s is %llx", *keys, (unsigned long long)set);
            return;
        }
    }
    found(finding, OUTCOME_HELD, BY_CAPABILITY, "none");
}

static void effective(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const keys[] = {"CapEff", "CapPrm", NULL};
    (void)scene;
    (void)attempt;
    judge_set(finding, keys);
}

static void bounding(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const keys[] = {"CapBnd", NULL};
    (void)scene;
    (void)attempt;
    judge_set(finding, keys);
}

static void inheritable(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const keys[] = {"CapInh", "CapAmb", NULL};
    (void)scene;
    (void)attempt;
    judge_set(finding, keys);
}

static void no_new(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)scene;
    (void)attempt;
    if (scene_status("NoNewPrivs", 10) == 1) {
        found(finding, OUTCOME_HELD, BY_NO_NEW, "set for good");
    } else {
        found(finding, OUTCOME_OPEN, "", "no-new-privileges is off");
    }
}

static void unfiltered(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (scene->filtered) {
        found(finding, OUTCOME_HELD, BY_SECCOMP, "a filter is on");
    } else {
        found(finding, OUTCOME_OPEN, "", "there is no system-call filter");
    }
}

static void raise_capability(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    (void)attempt;
    memset(data, 0, sizeof(data));
    data[0].effective = data[0].permitted = 1U << CAP_SYS_ADMIN;
    if (syscall(SYS_capset, &header, data) == 0) {
        found(finding, OUTCOME_OPEN, "", "it can use CAP_SYS_ADMIN");
    } else {
        found_held(scene, finding, errno, BY_CAPABILITY);
    }
}

static void other_user(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const uid_t others[] = {0, 1, 65534, 1001};
    int errnum = EINVAL;
    (void)attempt;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (others[i] != getuid() && setresuid(others[i], others[i], others[i]) == 0) {
            found(finding, OUTCOME_OPEN, "", "it is user %u now", others[i]);
            return;
        }
        errnum = others[i] != getuid() ? errno : errnum;
    }
    found_held(scene, finding, errnum, errnum == EINVAL ? BY_USER : BY_CAPABILITY);
}

/* CVE-2014-8989: without a group that a file denies something to, it would be allowed. */
static void leave_groups(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (setgroups(0, NULL) == 0) {
        found(finding, OUTCOME_OPEN, "", "groups can be left");
    } else {
        found_held(scene, finding, errno, BY_USER);
    }
}

static void nice_less(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) - 1) == 0) {
        found(finding, OUTCOME_OPEN, "", "it comes before other processes of the host");
    } else {
        found_held(scene, finding, errno, BY_CAPABILITY);
    }
}

static void real_time(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct sched_param parameter = {.sched_priority = 1};
    (void)attempt;
    if (sched_setscheduler(0, SCHED_FIFO, &parameter) == 0) {
        parameter.sched_priority = 0;
        sched_setscheduler(0, SCHED_OTHER, &parameter);
        found(finding, OUTCOME_OPEN, "", "it could keep a processor for itself");
    } else {
        found_held(scene, finding, errno, BY_CAPABILITY);
    }
}

static void spare_memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "-1000", 5) == 5) {
        found(finding, OUTCOME_OPEN, "", "others would be killed when memory runs out");
    } else {
        found_held(scene, finding, errno, errno == EACCES || errno == EPERM ? BY_CAPABILITY : NULL);
    }
}

static void raise_limit(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct rlimit limit;
    (void)attempt;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_max++;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) {
        found(finding, OUTCOME_OPEN, "", "more open files than before");
    } else {
        found_held(scene, finding, errno, BY_CAPABILITY);
    }
}

/* System V release 4: another kernel's behaviour. */
static void other_kernel(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, personality(PER_SVR4));
}

#if defined(__x86_64__)
/* getpid(2) by the numbers of the 32-bit kernel interface. A kernel without it answers with a signal. */
static void narrow_calls(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)scene;
    (void)attempt;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        long result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
        _exit((int)result == getpid() ? 0 : 1);
    }
    waitpid(child, &status, 0);
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        found(finding, OUTCOME_OPEN, "", "calls by other numbers pass");
    } else {
        found(finding, OUTCOME_HELD, WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV ? BY_KERNEL : BY_SECCOMP,
              "they are not served");
    }
}

static void x32_calls(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    long result = syscall(0x40000000L + 39);
    if (result > 0) {
        found(finding, OUTCOME_OPEN, "", "calls by other numbers pass");
    } else {
        found_held(scene, finding, errno, NULL);
    }
}
#endif

const struct attempt attempts_on_rights[] = {
    {.wall = "rights", .name = "effective", .text = "have capabilities", .act = effective},
    {.wall = "rights", .name = "bounding", .text = "be allowed to get capabilities", .act = bounding},
    {.wall = "rights", .name = "inheritable", .text = "hand capabilities down", .act = inheritable},
    {.wall = "rights", .name = "no-new-privileges", .text = "get rights by an exec", .act = no_new},
    {.wall = "rights", .name = "filter", .text = "make any system call", .act = unfiltered},
    {.wall = "rights", .name = "raise", .text = "give itself a capability", .act = raise_capability},
    {.wall = "rights", .name = "user", .text = "become another user", .act = other_user},
    {.wall = "rights", .name = "groups", .text = "leave its groups", .act = leave_groups},
    {.wall = "rights", .name = "priority", .text = "get a better priority", .act = nice_less},
    {.wall = "rights", .name = "real-time", .text = "get a real-time priority", .act = real_time},
    {.wall = "rights", .name = "out-of-memory", .text = "be spared when memory runs out", .act = spare_memory},
    {.wall = "rights", .name = "raise-limit", .text = "raise a limit of its own", .act = raise_limit},
    {.wall = "rights", .name = "personality", .text = "switch to another kernel's behaviour", .act = other_kernel},
#if defined(__x86_64__)
    {.wall = "rights", .name = "i386", .text = "make calls of the 32-bit interface", .act = narrow_calls},
    {.wall = "rights", .name = "x32", .text = "make calls of the x32 interface", .act = x32_calls},
#endif
    {0},
};
