/* SPDX-License-Identifier: BSD-2-Clause
 * network: a network namespace with only a loopback interface. */
#include "sandbox/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "sandbox/host.h"

/* What the child answers: the descriptor lies in the table that both share. */
struct answer {
    int namespace;
    struct err err;
};

static int bring_loopback_up(int fd, struct err *err)
{
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    memcpy(request.ifr_name, "lo", 3);
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) {
        return host_explain(err, "bring the loopback interface up", errno);
    }
    return 0;
}

/* The namespace's descriptor is asked of a socket in it (SIOCGSKNS, Linux 4.9), not of /proc: init changes the root
 * under this process' feet meanwhile, and must have no descriptor open then that leads to the host. */
static int make_namespace(struct err *err)
{
    if (unshare(CLONE_NEWNET) < 0) {
        return host_explain(err, "create a network namespace", errno);
    }
    auto_fd int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0 || bring_loopback_up(socket_fd, err) < 0) {
        return err->kind != ERR_NONE ? -1 : err_set_errno(err, ERR_HOST, errno, "create a socket");
    }
    int namespace = ioctl(socket_fd, SIOCGSKNS);
    return namespace < 0 ? err_set_errno(err, ERR_HOST, errno, "open the network namespace") : namespace;
}

int network_begin(struct network_making *making, struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a pipe");
    }
    /* Like fork, but with one descriptor table: the namespace comes back in it. */
    pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) {
        struct answer answer = {0};
        answer.namespace = make_namespace(&answer.err);
        _exit(write(ends[1], &answer, sizeof(answer)) == (ssize_t)sizeof(answer) ? 0 : 1);
    }
    if (child < 0) {
        close(ends[0]);
        close(ends[1]);
        return err_set_errno(err, ERR_SYSTEM, errno, "create a process");
    }
    *making = (struct network_making){.child = child, .report = {ends[0], ends[1]}};
    return 0;
}

int network_join(struct network_making *making, struct err *err)
{
    struct answer answer = {.namespace = -1, .err = {.kind = ERR_SYSTEM, .text = "no network namespace was made"}};
    int status = 0;
    /* First its end, then its answer: a helper that ended without one shows as the end of the pipe. */
    while (waitpid(making->child, &status, 0) < 0 && errno == EINTR) {
    }
    close(making->report[1]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        (void)!read(making->report[0], &answer, sizeof(answer));
    }
    close(making->report[0]);
    auto_fd int namespace = answer.namespace;
    if (namespace < 0) {
        *err = answer.err;
        return -1;
    }
    if (setns(namespace, CLONE_NEWNET) < 0) {
        return host_explain(err, "join the network namespace", errno);
    }
    return 0;
}
