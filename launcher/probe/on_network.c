/* SPDX-License-Identifier: BSD-2-Clause
 * on_network: attempts to reach the host's network and what listens on it. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe/attempt.h"

static const char *mechanism(int errnum)
{
    /* Landlock answers EPERM where a scope ends and EACCES where a right is missing; the filter lets connect pass. */
    return errnum == EPERM || errnum == EACCES ? BY_LANDLOCK : BY_NETWORK;
}

static void judge(const struct scene *scene, struct finding *finding, long result, const char *what)
{
    if (result >= 0) {
        found(finding, OUTCOME_OPEN, "", "%s", what);
    } else {
        found_held(scene, finding, errno, mechanism(errno));
    }
}

static struct sockaddr_in at(const char *address, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    return to;
}

static void loopback(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct sockaddr_in to = at("127.0.0.1", scene->tcp);
    (void)attempt;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    judge(scene, finding, fd < 0 ? fd : connect(fd, (struct sockaddr *)&to, sizeof(to)),
          "connected to a server outside");
}

/* A datagram is sent whether somebody listens or not: an answer, or the refusal of the port, tells. */
static void datagram(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char answer[16];
    struct sockaddr_in to = at("127.0.0.1", scene->udp);
    (void)attempt;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || send(fd, "sciwrap", 7, 0) < 0) {
        judge(scene, finding, -1, "");
        return;
    }
    struct pollfd source = {.fd = fd, .events = POLLIN};
    poll(&source, 1, 100);
    if (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) < 0 && errno == ECONNREFUSED) {
        judge(scene, finding, -1, "");
    } else {
        found(finding, OUTCOME_OPEN, "", "a datagram was taken by a server outside");
    }
}

/* 192.0.2.1 is nobody's (RFC 5737): only the way there is looked for, nothing is sent. */
static void route(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct sockaddr_in to = at("192.0.2.1", 9);
    (void)attempt;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    judge(scene, finding, fd < 0 ? fd : connect(fd, (struct sockaddr *)&to, sizeof(to)), "there is a way out");
}

static void route6(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    (void)attempt;
    inet_pton(AF_INET6, "2001:db8::1", &to.sin6_addr); /* RFC 3849 */
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    judge(scene, finding, fd < 0 ? fd : connect(fd, (struct sockaddr *)&to, sizeof(to)), "there is a way out");
}

static void abstract(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)attempt;
    if (scene->abstract == NULL || strlen(scene->abstract) > sizeof(to.sun_path) - 1) {
        found(finding, OUTCOME_SKIPPED, "", "there is none outside");
        return;
    }
    memcpy(to.sun_path + 1, scene->abstract, strlen(scene->abstract));
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(scene->abstract));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    judge(scene, finding, fd < 0 ? fd : connect(fd, (struct sockaddr *)&to, length), "connected to a server outside");
}

static void named(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)attempt;
    int length = snprintf(to.sun_path, sizeof(to.sun_path), "%s/socket", scene->folder);
    if (length >= (int)sizeof(to.sun_path)) {
        found(finding, OUTCOME_SKIPPED, "", "its path is too long");
        return;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
        found(finding, OUTCOME_OPEN, "", "connected to a server outside");
    } else {
        found_held(scene, finding, errno, NULL);
    }
}

/* The first socket in a folder or one level below it. */
static bool holds_socket(const char *folder, int depth, char *ret_path, size_t size)
{
    bool found_one = false;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir != NULL && !found_one && (entry = readdir(dir)) != NULL) {
        char path[300];
        struct stat st;
        int length = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || length >= (int)sizeof(path) ||
            lstat(path, &st) < 0) {
            continue;
        }
        if (S_ISSOCK(st.st_mode)) {
            snprintf(ret_path, size, "%s", path);
            found_one = true;
        } else if (S_ISDIR(st.st_mode) && depth > 0) {
            found_one = holds_socket(path, depth - 1, ret_path, size);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return found_one;
}

/* Where daemons have the sockets by which whole systems are commanded. */
static void daemons(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const folders[] = {"/run", "/var/run", "/tmp", "/var/tmp", "/dev", "/dev/shm"};
    char path[300] = "";
    (void)scene;
    (void)attempt;
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        if (holds_socket(folders[i], 2, path, sizeof(path))) {
            found(finding, OUTCOME_OPEN, "", "'%.200s' is there", path);
            return;
        }
    }
    found(finding, OUTCOME_HELD, BY_MOUNT, "none is in /run, /tmp or /dev");
}

static void interfaces(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    unsigned others = 0;
    char first[IF_NAMESIZE] = "";
    struct if_nameindex *list = if_nameindex();
    (void)attempt;
    if (list == NULL) {
        found_held(scene, finding, errno, mechanism(errno));
        return;
    }
    for (struct if_nameindex *one = list; one->if_index != 0; one++) {
        if (strcmp(one->if_name, "lo") != 0 && others++ == 0) {
            snprintf(first, sizeof(first), "%s", one->if_name);
        }
    }
    if_freenameindex(list);
    if (others > 0) {
        found(finding, OUTCOME_OPEN, "", "%u besides lo, the first is '%s'", others, first);
    } else {
        found(finding, OUTCOME_HELD, BY_NETWORK, "lo only");
    }
}

/* The server outside, in the table of sockets: its port in hexadecimal, state 0A. */
static void see_sockets(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static char text[262144];
    char entry[64];
    (void)attempt;
    if (scene_read_file("/proc/net/tcp", text, sizeof(text)) < 0) {
        found_held(scene, finding, errno, NULL);
        return;
    }
    snprintf(entry, sizeof(entry), "0100007F:%04X 00000000:0000 0A", scene->tcp);
    if (scene->tcp != 0 && strstr(text, entry) != NULL) {
        found(finding, OUTCOME_OPEN, "", "a server outside is in /proc/net/tcp");
    } else {
        found(finding, OUTCOME_HELD, BY_NETWORK, "no server outside is in /proc/net/tcp");
    }
}

/* The loopback interface's flags, set to what they are. */
static void configure(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct ifreq request = {.ifr_name = "lo"};
    (void)attempt;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) {
        found_held(scene, finding, errno, NULL);
    } else if (ioctl(fd, SIOCSIFFLAGS, &request) == 0) {
        found(finding, OUTCOME_OPEN, "", "interfaces can be configured");
    } else {
        found_held(scene, finding, errno, BY_CAPABILITY);
    }
}

#define ON_NETWORK(act_name, what, function)                                                                           \
    {                                                                                                                  \
        .wall = "network", .name = (act_name), .text = (what), .act = (function), .asked_by = "--network"              \
    }

const struct attempt attempts_on_network[] = {
    ON_NETWORK("loopback", "connect to a server on the host's loopback", loopback),
    ON_NETWORK("datagram", "send a datagram to one", datagram),
    ON_NETWORK("abstract", "connect to an abstract socket of the host", abstract),
    {.wall = "network",
     .name = "named",
     .text = "connect to a socket of the host by its path",
     .act = named,
     .asked_by = "--bind"},
    {.wall = "network", .name = "daemons", .text = "find the sockets of daemons", .act = daemons, .asked_by = "--bind"},
    ON_NETWORK("route", "find a way out", route),
    ON_NETWORK("route6", "find a way out by IPv6", route6),
    ON_NETWORK("interfaces", "see the host's interfaces", interfaces),
    ON_NETWORK("see", "see the host's sockets", see_sockets),
    {.wall = "network", .name = "configure", .text = "configure an interface", .act = configure},
    {0},
};
