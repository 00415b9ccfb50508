/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/drain: everything arrives, is hashed, and the command learns that its reader went away. */
#include "run/drain.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/mem.h"
#include "unit.h"

static struct drain drains[2];
static size_t count;
static int command[2]; /* what the command writes into, each */
static int reader[2];  /* what the caller reads from, each */
static int to[2];
static int stop;
static pthread_t thread;
static char *buffer;

static void *run(void *context)
{
    (void)context;
    drain_run(drains, count, stop, buffer);
    return NULL;
}

static void add(int to_fd)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    command[count] = ends[1];
    drain_begin(&drains[count++], ends[0], to_fd);
}

static void add_pipe(void)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    reader[count] = ends[0];
    to[count] = ends[1];
    add(ends[1]);
}

static void start(void)
{
    ck_assert_int_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void stop_it(void)
{
    uint64_t one = 1;
    ck_assert_int_eq(write(stop, &one, sizeof(one)), (ssize_t)sizeof(one));
}

static void end(void)
{
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void set_up(void)
{
    signal(SIGPIPE, SIG_IGN);
    count = 0;
    memset(reader, -1, sizeof(reader));
    memset(to, -1, sizeof(to));
    memset(command, -1, sizeof(command));
    stop = eventfd(0, EFD_CLOEXEC);
    buffer = xmalloc(DRAIN_BUFFER);
}

static void close_all(int fds[2])
{
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

static void tear_down(void)
{
    close_all(reader);
    close_all(to);
    close_all(command);
    close(stop);
    free(buffer);
}

static void write_text(int i, const char *text)
{
    ck_assert_int_eq(write(command[i], text, strlen(text)), (ssize_t)strlen(text));
}

static void close_command(int i)
{
    close(command[i]);
    command[i] = -1;
}

static void arrives(int i, const char *text)
{
    char got[256] = "";
    size_t done = 0;
    while (done < strlen(text)) {
        ssize_t some = read(reader[i], got + done, strlen(text) - done);
        ck_assert_int_gt(some, 0);
        done += (size_t)some;
    }
    ck_assert_str_eq(got, text);
}

static void assert_tallied(int i, const void *bytes, size_t length)
{
    struct digest should;
    struct digest is;
    digest_bytes(bytes, length, &should);
    ck_assert_uint_eq(drains[i].tally.size, length);
    tally_end(&drains[i].tally, &is);
    ck_assert(digest_equal(&is, &should));
    ck_assert_int_eq(drains[i].from, -1);
}

START_TEST(passes_on_until_the_end)
{
    add_pipe();
    start();
    write_text(0, "one ");
    arrives(0, "one ");
    write_text(0, "two");
    close_command(0);
    end();
    arrives(0, "two");
    assert_tallied(0, "one two", 7);
    ck_assert(!drains[0].cut);
}
END_TEST

START_TEST(passes_on_nothing)
{
    add_pipe();
    start();
    close_command(0);
    end();
    assert_tallied(0, "", 0);
    ck_assert(!drains[0].cut);
}
END_TEST

enum { MUCH = 2000000 };

static void *write_much(void *context)
{
    const char *bytes = context;
    for (size_t done = 0; done < MUCH;) {
        size_t piece = done % 3 == 0 ? 70001 : 1000;
        ssize_t put = write(command[0], bytes + done, piece < MUCH - done ? piece : MUCH - done);
        ck_assert_int_gt(put, 0);
        done += (size_t)put;
    }
    close_command(0);
    return NULL;
}

/* Into a pipe of one slot, and of the usual size. */
START_TEST(waits_for_a_slow_reader)
{
    char *bytes = xmalloc(MUCH);
    char *got = xmalloc(MUCH);
    pthread_t writer;
    struct timespec pause = {.tv_nsec = 100000};
    for (size_t i = 0; i < MUCH; i++) {
        bytes[i] = (char)(i * 2654435761U >> 13);
    }
    add_pipe();
    ck_assert_int_ge(fcntl(to[0], F_SETPIPE_SZ, _i == 0 ? 4096 : 65536), 0);
    start();
    ck_assert_int_eq(pthread_create(&writer, NULL, write_much, bytes), 0);
    for (size_t done = 0; done < MUCH;) {
        nanosleep(&pause, NULL);
        ssize_t some = read(reader[0], got + done, MUCH - done < 20000 ? MUCH - done : 20000);
        ck_assert_int_gt(some, 0);
        done += (size_t)some;
    }
    pthread_join(writer, NULL);
    end();
    ck_assert_mem_eq(got, bytes, MUCH);
    assert_tallied(0, bytes, MUCH);
    free(bytes);
    free(got);
}
END_TEST

START_TEST(tells_the_command_that_its_reader_went_away)
{
    add_pipe();
    start();
    write_text(0, "one");
    arrives(0, "one");
    close(reader[0]);
    reader[0] = -1;
    end(); /* without being stopped, and while the command could still write */
    ck_assert_int_eq(write(command[0], "two", 3), -1);
    ck_assert_int_eq(errno, EPIPE);
    assert_tallied(0, "one", 3);
    ck_assert(drains[0].cut);
}
END_TEST

START_TEST(stops_when_nothing_is_left_though_somebody_could_write)
{
    add_pipe();
    start();
    write_text(0, "all of it");
    stop_it();
    end();
    arrives(0, "all of it");
    assert_tallied(0, "all of it", 9);
    ck_assert(!drains[0].cut);
}
END_TEST

START_TEST(copies_into_a_file)
{
    struct unit_folder folder;
    struct err err = {0};
    auto_release(buf) struct buf text = {0};
    unit_folder_begin(&folder);
    auto_fd int fd = openat(folder.fd, "f", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    add(fd);
    start();
    write_text(0, "into a file");
    close_command(0);
    end();
    ck_assert_int_eq(fs_read_at(folder.fd, "f", 100, &text, &err), 0);
    ck_assert_str_eq(buf_text(&text), "into a file");
    assert_tallied(0, "into a file", 11);
    unit_folder_end(&folder);
}
END_TEST

START_TEST(says_that_a_file_cannot_be_written)
{
    auto_fd int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    add(fd);
    start();
    write_text(0, "nowhere");
    end();
    assert_error(&drains[0].failed, ERR_SYSTEM, "write 'output'");
    ck_assert_int_eq(write(command[0], "x", 1), -1);
}
END_TEST

START_TEST(cuts_where_it_is_told_and_closes)
{
    add_pipe();
    drains[0].most = 4;
    drains[0].closes = true;
    start();
    write_text(0, "1234567");
    end();
    arrives(0, "1234");
    ck_assert_int_eq(write(command[0], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    assert_tallied(0, "1234", 4);
    ck_assert(drains[0].cut);
}
END_TEST

START_TEST(cuts_where_it_is_told_and_drops_the_rest)
{
    add_pipe();
    drains[0].most = 4;
    start();
    write_text(0, "1234567");
    for (int i = 0; i < 100; i++) {
        write_text(0, "0123456789012345678901234567890123456789");
    }
    close_command(0);
    end();
    arrives(0, "1234");
    assert_tallied(0, "1234", 4);
    int unread = -1;
    ck_assert_int_eq(ioctl(reader[0], FIONREAD, &unread), 0);
    ck_assert_int_eq(unread, 0);
}
END_TEST

START_TEST(does_not_hold_one_up_for_the_other)
{
    static char much[60000];
    memset(much, 'x', sizeof(much));
    add_pipe();
    add_pipe();
    ck_assert_int_ge(fcntl(to[0], F_SETPIPE_SZ, 4096), 0);
    start();
    ck_assert_int_eq(write(command[0], much, sizeof(much)), (ssize_t)sizeof(much)); /* and nobody reads it */
    write_text(1, "other");
    arrives(1, "other");
    close_command(0);
    close_command(1);
    for (size_t done = 0; done < sizeof(much);) {
        char got[1000];
        ssize_t some = read(reader[0], got, sizeof(got));
        ck_assert_int_gt(some, 0);
        done += (size_t)some;
    }
    end();
    assert_tallied(0, much, sizeof(much));
    assert_tallied(1, "other", 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drain");
    TCase *group = tcase_create("drain");
    tcase_set_timeout(group, 60);
    tcase_add_checked_fixture(group, set_up, tear_down);
    tcase_add_test(group, passes_on_until_the_end);
    tcase_add_test(group, passes_on_nothing);
    tcase_add_loop_test(group, waits_for_a_slow_reader, 0, 2);
    tcase_add_test(group, tells_the_command_that_its_reader_went_away);
    tcase_add_test(group, stops_when_nothing_is_left_though_somebody_could_write);
    tcase_add_test(group, copies_into_a_file);
    tcase_add_test(group, says_that_a_file_cannot_be_written);
    tcase_add_test(group, cuts_where_it_is_told_and_closes);
    tcase_add_test(group, cuts_where_it_is_told_and_drops_the_rest);
    tcase_add_test(group, does_not_hold_one_up_for_the_other);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
