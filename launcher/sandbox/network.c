/* SPDX-License-Identifier: BSD-2-Clause
 * network: a network namespace with only a loopback interface. */
#include "sandbox/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "sandbox/host.h"

/* ThreadSanitizer keeps its state of a thread where thread-local memory is, which these two share: one at a time. */
#ifdef __SANITIZE_THREAD__
enum { ONE_AT_A_TIME = CLONE_VFORK };
#else
enum { ONE_AT_A_TIME = 0 };
#endif

/* Raw numbers only: the child shares our memory, so the words are found by the one who waits for it. */
static int fail(struct network_making *making, const char *step, bool explained)
{
    making->failure = errno;
    making->step = step;
    making->explained = explained;
    return -1;
}

/* The namespace's descriptor is asked of a socket in it (SIOCGSKNS, Linux 4.9), not of /proc: init changes the root
 * under this process' feet meanwhile, and must have no descriptor open then that leads to the host. */
static int make_namespace(struct network_making *making)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (unshare(CLONE_NEWNET) < 0) {
        return fail(making, "create a network namespace", true);
    }
    auto_fd int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0) {
        return fail(making, "create a socket", false);
    }
    if (ioctl(socket_fd, SIOCSIFFLAGS, &request) < 0) {
        return fail(making, "bring the loopback interface up", true);
    }
    int namespace = ioctl(socket_fd, SIOCGSKNS);
    return namespace < 0 ? fail(making, "open the network namespace", false) : namespace;
}

static int run_child(void *context)
{
    struct network_making *making = context;
    making->namespace = make_namespace(making);
    return 0; /* ends the process without exit(3): clone(2) */
}

int network_begin(struct network_making *making, struct err *err)
{
    /* One memory and one descriptor table, in which the answer comes back: a copy of the page tables, and of each page
     * that init writes to meanwhile, would be made for nothing. errno is shared as well: the child writes to it only
     * when it fails, and then network_join() finds out why. */
    static char stack[32768] __attribute__((aligned(64)));
    *making = (struct network_making){.namespace = -1};
    making->child = clone(run_child, stack + sizeof(stack), CLONE_VM | CLONE_FILES | ONE_AT_A_TIME | SIGCHLD, making);
    return making->child < 0 ? err_set_errno(err, ERR_SYSTEM, errno, "create a process") : 0;
}

int network_join(struct network_making *making, struct err *err)
{
    while (waitpid(making->child, NULL, 0) < 0 && errno == EINTR) {
    }
    if (making->namespace < 0) {
        /* Once more by ourselves: errno is shared, so the reason that the child has noted can be that of a call of
         * ours. */
        making->namespace = make_namespace(making);
    }
    auto_fd int namespace = making->namespace;
    if (namespace < 0) {
        return making->explained ? host_explain(err, making->step, making->failure)
                                 : err_set_errno(err, ERR_HOST, making->failure, "%s", making->step);
    }
    if (setns(namespace, CLONE_NEWNET) < 0) {
        return host_explain(err, "join the network namespace", errno);
    }
    return 0;
}
