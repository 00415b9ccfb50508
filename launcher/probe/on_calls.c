/* SPDX-License-Identifier: BSD-2-Clause
 * on_calls: attempts on system calls that concern the whole machine, or open large parts of the kernel to attack. The
 * arguments are such that the kernel refuses them with something else than EPERM where the right is there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <unistd.h>

#include "probe/attempt.h"

static const char nowhere[] = "/sciwrap-audit-nowhere";

static void swap_on(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(SYS_swapon, nowhere, 0));
}

static void swap_off(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(SYS_swapoff, nowhere));
}

static void account(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(SYS_acct, nowhere));
}

static void quota(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(SYS_quotactl, 0x80000700L, nowhere, 0, NULL)); /* Q_GETQUOTA of users */
}

static void remove_module(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(SYS_delete_module, "sciwrap_audit_nowhere", O_NONBLOCK));
}

static void load_module(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(SYS_finit_module, -1, "", 0));
}

static void read_log(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char bytes[64];
    (void)attempt;
    found_by_call(scene, finding, syscall(SYS_syslog, 3, bytes, sizeof(bytes)));
}

/* The clock's rate, set to what it is. */
static void set_clock(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct timex now;
    (void)attempt;
    memset(&now, 0, sizeof(now));
    if (adjtimex(&now) < 0) {
        found_held(scene, finding, errno, NULL);
        return;
    }
    now.modes = ADJ_TICK;
    int result = adjtimex(&now);
    if (result < 0 && errno == EPERM) {
        found_held(scene, finding, errno, BY_CAPABILITY);
    } else {
        found_by_call(scene, finding, result);
    }
}

static void set_time_zone(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct timezone zone = {.tz_minuteswest = 0};
    (void)attempt;
    if (syscall(SYS_gettimeofday, NULL, &zone) == 0 && zone.tz_minuteswest == 0 && zone.tz_dsttime == 0) {
        found_by_call(scene, finding, syscall(SYS_settimeofday, NULL, &zone));
    } else {
        found(finding, OUTCOME_SKIPPED, "", "the kernel has a time zone that setting it would move the clock by");
    }
}

static void set_host_name(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char name[256] = "";
    (void)attempt;
    gethostname(name, sizeof(name) - 1);
    found_by_call(scene, finding, sethostname(name, strlen(name)));
}

static void set_domain_name(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char name[256] = "";
    (void)attempt;
    if (getdomainname(name, sizeof(name) - 1) < 0) {
        found(finding, OUTCOME_SKIPPED, "", "there is none");
        return;
    }
    found_by_call(scene, finding, setdomainname(name, strlen(name)));
}

static void hang_up(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    setsid(); /* no terminal, so none is hung up where it is granted */
    found_by_call(scene, finding, syscall(SYS_vhangup));
}

static void count_events(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct perf_event_attr event;
    (void)attempt;
    memset(&event, 0, sizeof(event));
    event.type = PERF_TYPE_SOFTWARE;
    event.size = sizeof(event);
    event.config = PERF_COUNT_SW_TASK_CLOCK;
    event.exclude_kernel = 1;
    found_by_call(scene, finding, syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
}

static void program_kernel(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    unsigned char attributes[128];
    (void)attempt;
    memset(attributes, 0, sizeof(attributes));
    found_by_call(scene, finding, syscall(SYS_bpf, 0, attributes, sizeof(attributes)));
}

static void ring(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    unsigned char parameters[256];
    (void)attempt;
    memset(parameters, 0, sizeof(parameters));
    found_by_call(scene, finding, syscall(SYS_io_uring_setup, 1, parameters));
}

#define CALL(call_name, what, ...)                                                                                     \
    {                                                                                                                  \
        .wall = "calls", .name = (call_name), .text = (what), .act = attempt_call, .call = { __VA_ARGS__ }             \
    }
#define ACT(call_name, what, function)                                                                                 \
    {                                                                                                                  \
        .wall = "calls", .name = (call_name), .text = (what), .act = (function)                                        \
    }

const struct attempt attempts_on_calls[] = {
    CALL("reboot", "restart the machine", SYS_reboot),
    CALL("kexec", "start another kernel", SYS_kexec_load, 0, 17, 0, 0x7fffffff),
    CALL("kexec-file", "start another kernel from a file", SYS_kexec_file_load, -1, -1, 0, 0, 0xffff),
    CALL("init-module", "load a kernel module", SYS_init_module),
    ACT("finit-module", "load a kernel module from a file", load_module),
    ACT("delete-module", "remove a kernel module", remove_module),
    ACT("swapon", "add swap space", swap_on),
    ACT("swapoff", "take swap space away", swap_off),
    ACT("acct", "have every process of the host noted", account),
    ACT("quotactl", "reach disk quotas", quota),
    ACT("syslog", "read the kernel's log", read_log),
    ACT("set-clock", "adjust the clock", set_clock),
    ACT("settimeofday", "set the time zone of the kernel", set_time_zone),
    ACT("sethostname", "set the host name", set_host_name),
    ACT("setdomainname", "set the domain name", set_domain_name),
    ACT("vhangup", "hang up a terminal", hang_up),
    ACT("bpf", "put programs into the kernel", program_kernel),
    ACT("perf", "count events of the processor", count_events),
    ACT("io-uring", "make calls that no filter sees", ring),
    CALL("userfaultfd", "answer page faults", SYS_userfaultfd, O_CLOEXEC | 1),
    CALL("fanotify", "watch file systems", SYS_fanotify_init, 0x200),
#if defined(__x86_64__)
    CALL("iopl", "get all I/O ports", SYS_iopl, 3),
    CALL("ioperm", "get one I/O port", SYS_ioperm, 0x80, 1, 1),
    CALL("modify-ldt", "change segment descriptors", SYS_modify_ldt, 0),
#endif
    {0},
};
