/* SPDX-License-Identifier: BSD-2-Clause
 * walls: run inside, tells what the walls around it are, one fact a line: "wall NAME VALUE". Two runs of one command
 * under one option set must tell the same; the campaigns compare each with a run that nothing interfered with. Static,
 * and in no need of anything but its own walls.
 *
 *   walls HOST-FILE...      files that exist on the host and must not be reached from here by any way that is tried
 *
 * A call that a wall must refuse is tried for real, so the fact is what the kernel did, not what /proc says. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell(const char *name, const char *value)
{
    printf("wall %s %s\n", name, value);
}

static void tell_errno(const char *name, long result)
{
    tell(name, result < 0 ? strerrorname_np(errno) : "POSSIBLE");
}

/* The lines of /proc/self/status that say what this process may do. */
static void tell_status(void)
{
    static const char *const names[] = {"Uid:",    "Gid:",    "Groups:",     "CapInh:",  "CapPrm:",          "CapEff:",
                                        "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:", "NSpid:"};
    FILE *file = fopen("/proc/self/status", "re");
    char line[4096];
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
            /* The number of a process is not a wall; that it has one name in one namespace is. */
            if (strncmp(line, names[i], strlen(names[i])) == 0) {
                bool pid = strcmp(names[i], "NSpid:") == 0;
                tell("status", pid ? (strchr(line + 7, '\t') == NULL ? "NSpid one" : "NSpid several") : line);
            }
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void tell_file(const char *name, const char *path)
{
    char line[1024];
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        tell_errno(name, -1);
        return;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        tell(name, line);
    }
    fclose(file);
}

static char *next_word(char **at)
{
    return strsep(at, " ");
}

/* One line of /proc/self/mountinfo (proc_pid_mountinfo(5)) without what differs from run to run: identifiers, the
 * numbers of devices without a disk, and random names. What propagates is said. */
static void tell_mount(char *line)
{
    char *at = line;
    char out[4096];
    next_word(&at);
    next_word(&at);
    char *device = next_word(&at);
    char *root = next_word(&at);
    char *place = next_word(&at);
    char *options = next_word(&at);
    char *propagation = next_word(&at);
    char *rest = at;
    /* What cannot be bound does not propagate either. */
    if (propagation != NULL && strcmp(propagation, "unbindable") == 0) {
        propagation = next_word(&rest);
    }
    bool alone = propagation != NULL && strcmp(propagation, "-") == 0;
    char *kind = alone ? next_word(&rest) : "?";
    char *run = strstr(root, "/run.");
    if (run != NULL) {
        memset(run + 5, 'x', strcspn(run + 5, "/"));
    }
    snprintf(out, sizeof(out), "%s %s %s %s %s %s", place, strncmp(device, "0:", 2) == 0 ? "0" : device, root, options,
             alone ? "private" : propagation, kind != NULL ? kind : "?");
    tell("mount", out);
}

static void tell_mounts(void)
{
    char line[8192];
    FILE *file = fopen("/proc/self/mountinfo", "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        tell_mount(line);
    }
    if (file == NULL) {
        tell_errno("mount", -1);
        return;
    }
    fclose(file);
}

static void tell_descriptors(void)
{
    for (int fd = 0; fd < 4096; fd++) {
        struct stat st;
        char text[32];
        if (fstat(fd, &st) == 0) {
            snprintf(text, sizeof(text), "%d type %o", fd, st.st_mode & S_IFMT);
            tell("descriptor", text);
        }
    }
}

/* Namespaces are told apart by their numbers; that of the caller comes in by the command line. */
static void tell_namespaces(const char *hosts)
{
    static const char *const names[] = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[64];
        char target[64] = "";
        char text[128];
        snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
        ssize_t length = readlink(path, target, sizeof(target) - 1);
        bool hosts_own = length <= 0 || strstr(hosts, target) != NULL;
        snprintf(text, sizeof(text), "%s %s", names[i], hosts_own ? "THE HOST'S" : "own");
        tell("namespace", text);
    }
}

static int open_at(const char *directory, const char *file)
{
    char path[8192];
    snprintf(path, sizeof(path), "%s%s", directory, file);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* A process that has ended and was not waited for shows nothing of anybody. */
static bool is_zombie(const char *pid)
{
    char path[300];
    char line[512] = "";
    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        (void)!fgets(line, sizeof(line), file);
        fclose(file);
    }
    const char *state = strrchr(line, ')');
    return state != NULL && strncmp(state, ") Z", 3) == 0;
}

/* By its name, by the roots, work directories and descriptors of all processes that can be seen, and up from here. */
static void tell_host_file(const char *file)
{
    static const char *const ways[] = {"root", "cwd/../../../../../../../../../..", "fd/3/../../../../../../../..",
                                       "map_files"};
    bool reached = open_at("", file) >= 0 || open_at("/oldroot", file) >= 0 || open_at("/.old", file) >= 0 ||
                   open_at("../../../../../../../../../../../..", file) >= 0;
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    int seen = 0;
    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || is_zombie(entry->d_name)) {
            continue;
        }
        seen++;
        for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
            char from[512];
            snprintf(from, sizeof(from), "/proc/%s/%s", entry->d_name, ways[i]);
            reached = reached || open_at(from, file) >= 0;
        }
    }
    if (processes != NULL) {
        closedir(processes);
    }
    tell("host-file", reached ? "REACHED" : "not reached");
    tell("processes", seen == 2 ? "init and this one" : "OTHERS");
}

static void tell_writable(const char *path)
{
    char name[256];
    char place[256];
    snprintf(name, sizeof(name), "write-in %s", path);
    snprintf(place, sizeof(place), "%s/.walls", path);
    tell_errno(name, open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    unlink(place);
}

static void tell_setting(const char *path)
{
    char name[256];
    snprintf(name, sizeof(name), "write-setting %s", path);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    tell_errno(name, fd);
}

/* What each call answers where the walls stand is in the first run's report; here is only what they are. */
static void tell_calls(void)
{
    tell_errno("call unshare-user", syscall(SYS_unshare, CLONE_NEWUSER));
    tell_errno("call unshare-mnt", syscall(SYS_unshare, CLONE_NEWNS));
    tell_errno("call setns", syscall(SYS_setns, 0, 0));
    tell_errno("call mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
    tell_errno("call remount", syscall(SYS_mount, NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL));
    tell_errno("call umount2", syscall(SYS_umount2, "/workspace", MNT_DETACH));
    tell_errno("call pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
    tell_errno("call chroot", syscall(SYS_chroot, "/tmp"));
    tell_errno("call open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    tell_errno("call fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    tell_errno("call mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/usr", 0, NULL, 0));
    tell_errno("call keyctl", syscall(SYS_keyctl, 0, -3, 1));
    tell_errno("call bpf", syscall(SYS_bpf, 0, NULL, 0));
    tell_errno("call io_uring_setup", syscall(SYS_io_uring_setup, 1, NULL));
    tell_errno("call perf_event_open", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
    tell_errno("call open_by_handle_at", syscall(SYS_open_by_handle_at, -1, NULL, 0));
    tell_errno("call clone3", syscall(SYS_clone3, NULL, 0));
    tell_errno("call tiocsti", ioctl(-1, TIOCSTI, "x"));
    tell_errno("call socket-alg", socket(38, SOCK_SEQPACKET, 0));
    tell_errno("call socket-packet", socket(AF_PACKET, SOCK_RAW, 0));
    tell_errno("call socket-raw", socket(AF_INET, SOCK_RAW, 1));
    tell_errno("call ptrace-init", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
    tell_errno("call read-environment-of-init", open("/proc/1/environ", O_RDONLY | O_CLOEXEC));
    tell_errno("call read-root-of-init", open("/proc/1/root", O_RDONLY | O_CLOEXEC));
    tell_errno("call mknod", syscall(SYS_mknod, "/tmp/device", S_IFCHR | 0600, 0x103));
    tell_errno("call setuid-root", setuid(0));
    tell_errno("call host-name", sethostname("x", 1));
    tell_errno("call acct", syscall(SYS_acct, "/tmp/x"));
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: walls NAMESPACES-OF-THE-HOST HOST-FILE...\n");
        return 99;
    }
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    tell_descriptors(); /* before this one has any of its own */
    tell_status();
    tell_file("uid_map", "/proc/self/uid_map");
    tell_file("gid_map", "/proc/self/gid_map");
    tell_file("setgroups", "/proc/self/setgroups");
    tell_file("init", "/proc/1/comm");
    tell_file("host-name", "/proc/sys/kernel/hostname");
    tell_namespaces(argv[1]);
    tell_mounts();
    for (int i = 2; i < argc; i++) {
        tell_host_file(argv[i]);
    }
    static const char *const places[] = {"/",    "/usr", "/etc", "/dev", "/proc", "/sys", "/workspace/.sciwrap",
                                         "/var", "/opt"};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        tell_writable(places[i]);
    }
    static const char *const settings[] = {"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
                                           "/proc/sysrq-trigger",           "/proc/sys/user/max_user_namespaces",
                                           "/proc/sys/vm/drop_caches",      "/proc/irq/0/smp_affinity"};
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        tell_setting(settings[i]);
    }
    tell_calls();
    char here[4096];
    tell("here", getcwd(here, sizeof(here)) != NULL ? here : "NOWHERE");
    puts("wall end");
    return fflush(stdout) == 0 ? 0 : 98;
}
