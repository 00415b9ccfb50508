/* SPDX-License-Identifier: BSD-2-Clause
 * cgroup_scope: asks the user's own systemd for a delegated control group. */
#include "sandbox/cgroup_scope.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"

enum { ANSWER_MOST = 1 << 20, CALL = 1, ANSWER = 2, ERROR = 3, HEADER = 16, SECONDS = 5 };

/* ---- what is sent: numbers in this machine's order, each at a multiple of its size from the start of the message */

static void put_padding(struct buf *to, size_t multiple)
{
    static const char zeros[8];
    buf_add(to, zeros, (multiple - to->length % multiple) % multiple);
}

static void put_number(struct buf *to, uint32_t number)
{
    put_padding(to, sizeof(number));
    buf_add(to, &number, sizeof(number));
}

static void put_text(struct buf *to, const char *text)
{
    put_number(to, (uint32_t)strlen(text));
    buf_add(to, text, strlen(text) + 1);
}

static void put_type(struct buf *to, const char *type)
{
    const char length = (char)strlen(type);
    buf_add(to, &length, 1);
    buf_add(to, type, strlen(type) + 1);
}

static void put_field(struct buf *to, char code, const char *type, const char *text)
{
    put_padding(to, 8);
    buf_add(to, &code, 1);
    put_type(to, type);
    if (type[0] == 'g') {
        put_type(to, text);
    } else {
        put_text(to, text);
    }
}

static void set_number(struct buf *at, size_t offset, uint32_t number)
{
    memcpy(at->bytes + offset, &number, sizeof(number));
}

/* A call; `types` are those of `body`, NULL without. */
static void make_call(struct buf *to, uint32_t serial, const char *const name[4], const char *types,
                      const struct buf *body)
{
    const char head[4] = {__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B', CALL, 0, 1};
    buf_add(to, head, sizeof(head));
    put_number(to, body != NULL ? (uint32_t)body->length : 0);
    put_number(to, serial);
    put_number(to, 0); /* length of the fields, set below */
    put_field(to, 6, "s", name[0]);
    put_field(to, 1, "o", name[1]);
    put_field(to, 2, "s", name[2]);
    put_field(to, 3, "s", name[3]);
    if (types != NULL) {
        put_field(to, 8, "g", types);
    }
    set_number(to, HEADER - sizeof(uint32_t), (uint32_t)(to->length - HEADER));
    put_padding(to, 8);
    if (body != NULL) {
        buf_add(to, body->bytes, body->length);
    }
}

/* StartTransientUnit(name, mode, properties, no other units). */
static void make_scope_call(struct buf *to, uint32_t serial, const char *unit)
{
    static const char *const name[] = {"org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                       "org.freedesktop.systemd1.Manager", "StartTransientUnit"};
    auto_release(buf) struct buf body = {0};
    put_text(&body, unit);
    put_text(&body, "fail");
    size_t length_at = (body.length + 3) / 4 * 4;
    put_number(&body, 0); /* length of the properties, from the first on */
    put_padding(&body, 8);
    size_t start = body.length;
    put_text(&body, "Description");
    put_type(&body, "s");
    put_text(&body, "a run of sciwrap");
    put_padding(&body, 8);
    put_text(&body, "PIDs");
    put_type(&body, "au");
    put_number(&body, sizeof(uint32_t));
    put_number(&body, 0); /* who asks: a number of ours need not be one of theirs */
    put_padding(&body, 8);
    put_text(&body, "Delegate");
    put_type(&body, "b");
    put_number(&body, 1);
    set_number(&body, length_at, (uint32_t)(body.length - start));
    put_number(&body, 0);
    put_padding(&body, 8);
    make_call(to, serial, name, "ssa(sv)a(sa(sv))", &body);
}

/* ---- the conversation */

static bool send_all(int fd, const void *bytes, size_t length)
{
    for (const char *at = bytes; length > 0;) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
        if (sent <= 0 && errno != EINTR) {
            return false;
        }
        at += sent > 0 ? sent : 0;
        length -= sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

static bool receive_all(int fd, void *bytes, size_t length)
{
    for (char *at = bytes; length > 0;) {
        ssize_t got = recv(fd, at, length, 0);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        at += got > 0 ? got : 0;
        length -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* A socket of this user's own, and nobody else's behind it. */
static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = SECONDS};
    struct ucred peer;
    socklen_t length = sizeof(peer);
    auto_fd int fd = strlen(path) < sizeof(address.sun_path) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0) {
        return -1;
    }
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || peer.uid != geteuid()) {
        return -1;
    }
    return steal_fd(&fd);
}

/* "AUTH EXTERNAL" with the digits of the uid in hexadecimal; the answer is a line. */
static bool say_who(int fd)
{
    char digits[16];
    char line[256];
    auto_release(buf) struct buf text = {0};
    snprintf(digits, sizeof(digits), "%u", (unsigned)geteuid());
    buf_add(&text, "\0AUTH EXTERNAL ", 15);
    for (const char *at = digits; *at != '\0'; at++) {
        buf_addf(&text, "%02x", (unsigned)*at);
    }
    buf_add_text(&text, "\r\n");
    if (!send_all(fd, text.bytes, text.length)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(line) && receive_all(fd, line + i, 1); i++) {
        if (line[i] == '\n') {
            return strncmp(line, "OK", 2) == 0 && send_all(fd, "BEGIN\r\n", 7);
        }
    }
    return false;
}

/* The kind of the next answer, 0 when there is none; signals are passed over. *ret_body is what it says. */
static int next_answer(int fd, struct buf *ret_body)
{
    for (;;) {
        char head[HEADER];
        uint32_t body;
        uint32_t fields;
        char rest[4096];
        if (!receive_all(fd, head, sizeof(head))) {
            return 0;
        }
        memcpy(&body, head + 4, sizeof(body));
        memcpy(&fields, head + 12, sizeof(fields));
        fields = fields <= ANSWER_MOST ? (fields + 7) / 8 * 8 : fields;
        if (body > ANSWER_MOST || fields > sizeof(rest) || !receive_all(fd, rest, fields)) {
            return 0;
        }
        buf_clear(ret_body);
        buf_reserve(ret_body, body);
        if (!receive_all(fd, ret_body->bytes, body)) {
            return 0;
        }
        ret_body->length = body;
        if (head[1] == ANSWER || head[1] == ERROR) {
            return head[1];
        }
    }
}

/* What an error says, escaped; caller frees. */
static char *error_text(const struct buf *body)
{
    uint32_t length = 0;
    char text[256] = "";
    if (body->length > sizeof(length)) {
        memcpy(&length, body->bytes, sizeof(length));
        length = length <= body->length - sizeof(length) ? length : 0;
        text_escape(text, sizeof(text), body->bytes + sizeof(length), length);
    }
    return xasprintf("systemd refuses a scope: %s", text);
}

static bool ask(int fd, bool is_bus, const char *unit, char **ret_why)
{
    static const char *const hello[] = {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                        "Hello"};
    auto_release(buf) struct buf calls = {0};
    auto_release(buf) struct buf scope = {0};
    auto_release(buf) struct buf body = {0};
    if (is_bus) {
        make_call(&calls, 1, hello, NULL, NULL);
    }
    make_scope_call(&scope, 2, unit);
    int answer = say_who(fd) && send_all(fd, calls.bytes, calls.length) &&
                         (!is_bus || next_answer(fd, &body) == ANSWER) && send_all(fd, scope.bytes, scope.length)
                     ? next_answer(fd, &body)
                     : 0;
    if (answer != ANSWER) {
        *ret_why = answer == ERROR ? error_text(&body) : xstrdup("systemd does not answer");
    }
    return answer == ANSWER;
}

/* The answer is that there is a job; it is done when we are in the group. */
static bool wait_for(const char *unit)
{
    auto_free char *end = xasprintf("/%s\n", unit);
    auto_release(buf) struct buf groups = {0};
    struct err ignored = {0};
    const struct timespec pause = {.tv_nsec = 2000000};
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (time_t last = now.tv_sec + SECONDS; now.tv_sec <= last; clock_gettime(CLOCK_MONOTONIC, &now)) {
        buf_clear(&groups);
        if (fs_read_path("/proc/self/cgroup", 1 << 16, &groups, &ignored) == 0 &&
            strstr(buf_text(&groups), end) != NULL) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

bool cgroup_scope_enter(char **ret_why)
{
    static const struct {
        const char *name;
        bool is_bus;
    } sockets[] = {{"systemd/private", false}, {"bus", true}};
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    auto_free char *folder =
        runtime != NULL && runtime[0] == '/' ? xstrdup(runtime) : xasprintf("/run/user/%u", (unsigned)geteuid());
    uint32_t random = 0;
    *ret_why = NULL;
    if (!random_fill(&random, sizeof(random))) {
        return false;
    }
    auto_free char *unit = xasprintf("sciwrap-%d-%08x.scope", (int)getpid(), random);
    for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
        auto_free char *path = xasprintf("%s/%s", folder, sockets[i].name);
        auto_fd int fd = open_socket(path);
        if (fd < 0) {
            continue;
        }
        if (!ask(fd, sockets[i].is_bus, unit, ret_why)) {
            return false;
        }
        if (!wait_for(unit)) {
            *ret_why = xstrdup("systemd made no scope in time");
            return false;
        }
        return true;
    }
    return false;
}
