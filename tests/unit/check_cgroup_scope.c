/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of sandbox/cgroup_scope: what is asked, byte by byte as the D-Bus specification has it, and what comes of each
 * answer. The other side is a process of the test. */
#include "sandbox/cgroup_scope.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/mem.h"
#include "unit.h"

static struct unit_folder runtime;

/* After the name of the unit: mode, properties (32-bit lengths and numbers, at multiples of 4; structures at multiples
 * of 8), and no other units. */
static const unsigned char properties[] = "\x04\0\0\0fail\0\0\0\0"
                                          "ARRY" /* its length, told below */
                                          "PAD8\x0b\0\0\0Description\0\x01s\0\0\x10\0\0\0a run of sciwrap\0PAD8"
                                          "\x04\0\0\0PIDs\0\x02"
                                          "au\0\0\0\0\x04\0\0\0\0\0\0\0PAD8"
                                          "\x08\0\0\0Delegate\0\x01"
                                          "b\0\x01\0\0\0";

static void pad(struct buf *text, size_t multiple)
{
    while (text->length % multiple != 0) {
        buf_add(text, "", 1);
    }
}

/* What StartTransientUnit of `unit` has as its body. */
static void expected_body(const char *unit, struct buf *body)
{
    uint32_t length = (uint32_t)strlen(unit);
    size_t array_at = 0;
    size_t start = 0;
    buf_add(body, &length, 4);
    buf_add(body, unit, length + 1);
    pad(body, 4);
    for (size_t i = 0; i < sizeof(properties) - 1; i++) {
        const char *at = (const char *)properties + i;
        bool is_array = strncmp(at, "ARRY", 4) == 0;
        bool is_padding = strncmp(at, "PAD8", 4) == 0;
        array_at = is_array ? body->length : array_at;
        if (is_padding) {
            pad(body, 8);
            start = start == 0 ? body->length : start;
        } else {
            buf_add(body, is_array ? "\0\0\0\0" : at, is_array ? 4 : 1);
        }
        i += is_array || is_padding ? 3 : 0;
    }
    length = (uint32_t)(body->length - start);
    memcpy(body->bytes + array_at, &length, 4);
    buf_add(body, "\0\0\0\0", 4);
    pad(body, 8);
}

/* ---- the other side: exits 0 when all that it was asked is right */

static void need(bool good, int what)
{
    if (!good) {
        _exit(what);
    }
}

static void take(int fd, void *to, size_t length)
{
    need(length == 0 || recv(fd, to, length, MSG_WAITALL) == (ssize_t)length, 10);
}

static void take_line(int fd, const char *begin)
{
    char line[128] = "";
    for (size_t i = 0; i < sizeof(line) - 1; i++) {
        take(fd, line + i, 1);
        if (line[i] == '\n') {
            need(strncmp(line, begin, strlen(begin)) == 0, 11);
            return;
        }
    }
    _exit(12);
}

static void take_call(int fd, const char *member, struct buf *body)
{
    uint32_t head[4];
    char fields[512];
    take(fd, head, sizeof(head));
    need(((char *)head)[0] == 'l' && ((char *)head)[1] == 1 && ((char *)head)[3] == 1 && head[3] < 500, 13);
    take(fd, fields, (head[3] + 7) / 8 * 8);
    need(memmem(fields, head[3], member, strlen(member) + 1) != NULL, 14);
    buf_clear(body);
    buf_reserve(body, head[1]);
    take(fd, body->bytes, head[1]);
    body->length = head[1];
}

static void answer(int fd, char kind, const char *text)
{
    auto_release(buf) struct buf message = {0};
    uint32_t length = (uint32_t)strlen(text);
    uint32_t head[3] = {length + 5, 7, 0};
    buf_add(&message, (const char[]){'l', kind, 1, 1}, 4);
    buf_add(&message, head, sizeof(head));
    buf_add(&message, &length, 4);
    buf_add(&message, text, length + 1);
    need(send(fd, message.bytes, message.length, MSG_NOSIGNAL) == (ssize_t)message.length, 15);
}

enum way { REFUSES, SILENT, CLOSES, GARBAGE, HUGE, PROMISES, REJECTS };

static void serve(int listener, bool is_bus, enum way way)
{
    auto_release(buf) struct buf body = {0};
    auto_release(buf) struct buf expected = {0};
    char zero;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    take(fd, &zero, 1);
    need(fd >= 0 && zero == 0, 16);
    take_line(fd, "AUTH EXTERNAL 3");
    if (way == REJECTS) {
        need(send(fd, "REJECTED EXTERNAL\r\n", 19, MSG_NOSIGNAL) == 19, 17);
        return;
    }
    need(send(fd, "OK 0123456789abcdef\r\n", 21, MSG_NOSIGNAL) == 21, 18);
    take_line(fd, "BEGIN");
    if (is_bus) {
        take_call(fd, "Hello", &body);
        need(body.length == 0, 19);
        answer(fd, 2, ":1.7");
        answer(fd, 4, "NameAcquired");
    }
    take_call(fd, "StartTransientUnit", &body);
    need(body.length > 8, 20);
    expected_body(body.bytes + 4, &expected);
    need(body.length == expected.length && memcmp(body.bytes, expected.bytes, body.length) == 0, 21);
    if (way == REFUSES) {
        answer(fd, 4, "a signal before");
        answer(fd, 3, "not \033[2J allowed");
    } else if (way == GARBAGE) {
        need(send(fd, "HTTP/1.0 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL) == 28, 22);
    } else if (way == HUGE) {
        need(send(fd, "l\2\1\1\xff\xff\xff\xff\1\0\0\0\xff\xff\xff\xff", 16, MSG_NOSIGNAL) == 16, 23);
    } else if (way == PROMISES) {
        answer(fd, 2, "/org/freedesktop/systemd1/job/7");
    }
    if (way != CLOSES) { /* until the other one has enough */
        (void)!recv(fd, &zero, 1, 0);
    }
}

static const struct {
    const char *socket;
    enum way way;
    const char *why;
} cases[] = {
    {"systemd/private", REFUSES, "systemd refuses a scope: not \\x1b[2J allowed"},
    {"bus", REFUSES, "systemd refuses a scope: not \\x1b[2J allowed"},
    {"systemd/private", SILENT, "systemd does not answer"},
    {"systemd/private", CLOSES, "systemd does not answer"},
    {"systemd/private", GARBAGE, "systemd does not answer"},
    {"systemd/private", HUGE, "systemd does not answer"},
    {"systemd/private", REJECTS, "systemd does not answer"},
    {"bus", CLOSES, "systemd does not answer"},
    {"systemd/private", PROMISES, "systemd made no scope in time"},
};

START_TEST(each_answer_is_told)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    auto_free char *why = NULL;
    auto_free char *folder = xasprintf("%s/systemd", runtime.path);
    snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/%s", runtime.path, cases[_i].socket);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    auto_fd int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    pid_t server = fork();
    if (server == 0) {
        serve(listener, strcmp(cases[_i].socket, "bus") == 0, cases[_i].way);
        _exit(0);
    }
    ck_assert(!cgroup_scope_enter(&why));
    ck_assert_ptr_nonnull(why);
    ck_assert_str_eq(why, cases[_i].why);
    int status;
    ck_assert_int_eq(waitpid(server, &status, 0), server);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the other side: status %x", status);
}
END_TEST

START_TEST(without_a_systemd_nothing_is_told)
{
    char *why = NULL;
    ck_assert(!cgroup_scope_enter(&why));
    ck_assert_ptr_null(why);
    setenv("XDG_RUNTIME_DIR", "relative", 1);
    ck_assert(!cgroup_scope_enter(&why) || getuid() != 0);
    free(why);
}
END_TEST

static void begin(void)
{
    unit_folder_begin(&runtime);
    setenv("XDG_RUNTIME_DIR", runtime.path, 1);
}

static void end(void)
{
    unit_folder_end(&runtime);
}

int main(void)
{
    Suite *suite = suite_create("cgroup_scope");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_set_timeout(core, 30);
    tcase_add_loop_test(core, each_answer_is_told, 0, ROWS(cases));
    tcase_add_test(core, without_a_systemd_nothing_is_told);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
