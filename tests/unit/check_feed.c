/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/feed: the command gets everything there is, and exactly what it read leaves the source. */
#include "run/feed.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "unit.h"

static struct feed feed;
static int source[2];  /* reading, writing end of the caller's pipe */
static int command_fd; /* what the command reads from */
static int stop;
static pthread_t thread;
static char *buffer;

static void *run(void *context)
{
    (void)context;
    feed_run(&feed, stop, buffer);
    return NULL;
}

static void start(int fd)
{
    struct err err = {0};
    ck_assert_int_eq(feed_open(&feed, fd, &command_fd, &err), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void end(void)
{
    uint64_t one = 1;
    ck_assert_int_eq(write(stop, &one, sizeof(one)), (ssize_t)sizeof(one));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void set_up(void)
{
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe2(source, O_CLOEXEC), 0);
    stop = eventfd(0, EFD_CLOEXEC);
    buffer = xmalloc(FEED_BUFFER);
}

static void tear_down(void)
{
    feed_close(&feed);
    close(command_fd);
    close(source[0]);
    close(source[1]);
    close(stop);
    free(buffer);
}

static void put(const char *text)
{
    ck_assert_int_eq(write(source[1], text, strlen(text)), (ssize_t)strlen(text));
}

static int unread(int fd)
{
    int bytes = -1;
    ck_assert_int_eq(ioctl(fd, FIONREAD, &bytes), 0);
    return bytes;
}

/* Polls: what is waited for happens in the other thread. */
static void until_unread(int fd, int bytes)
{
    struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 10000 && unread(fd) != bytes; i++) {
        nanosleep(&pause, NULL);
    }
    ck_assert_int_eq(unread(fd), bytes);
}

static void command_reads(const char *text)
{
    char got[256] = "";
    size_t done = 0;
    while (done < strlen(text)) {
        ssize_t some = read(command_fd, got + done, strlen(text) - done);
        ck_assert_int_gt(some, 0);
        done += (size_t)some;
    }
    ck_assert_str_eq(got, text);
}

static void assert_tallied(const void *bytes, size_t length)
{
    struct digest should;
    struct digest is;
    digest_bytes(bytes, length, &should);
    ck_assert_uint_eq(feed.tally.size, length);
    tally_end(&feed.tally, &is);
    ck_assert(digest_equal(&is, &should));
}

START_TEST(takes_what_was_read_and_leaves_the_rest)
{
    char rest[16] = "";
    put("one\ntwo\nthree\n");
    start(source[0]);
    command_reads("one\nt");
    end();
    assert_tallied("one\nt", 5);
    ck_assert_int_eq(unread(source[0]), 9);
    ck_assert_int_eq(read(source[0], rest, sizeof(rest)), 9);
    ck_assert_str_eq(rest, "wo\nthree\n");
    ck_assert(!feed.robbed);
}
END_TEST

START_TEST(takes_nothing_from_one_that_reads_nothing)
{
    put("one\n");
    start(source[0]);
    until_unread(command_fd, 4);
    put("two\n");
    until_unread(command_fd, 8); /* told of what is new while all before is unread */
    end();
    assert_tallied("", 0);
    ck_assert_int_eq(unread(source[0]), 8);
}
END_TEST

START_TEST(tells_the_end_and_takes_what_is_read_after_it)
{
    char byte;
    put("last");
    start(source[0]);
    close(source[1]);
    source[1] = -1;
    command_reads("last");
    ck_assert_int_eq(read(command_fd, &byte, 1), 0);
    end();
    assert_tallied("last", 4);
    ck_assert_int_eq(unread(source[0]), 0);
}
END_TEST

START_TEST(leaves_what_was_not_read_after_the_end)
{
    put("partly");
    start(source[0]);
    close(source[1]);
    source[1] = -1;
    until_unread(command_fd, 6);
    command_reads("par");
    end();
    assert_tallied("par", 3);
    ck_assert_int_eq(unread(source[0]), 3);
}
END_TEST

START_TEST(tells_the_end_of_an_empty_pipe)
{
    char byte;
    close(source[1]);
    source[1] = -1;
    start(source[0]);
    ck_assert_int_eq(read(command_fd, &byte, 1), 0);
    end();
    assert_tallied("", 0);
}
END_TEST

struct writing {
    const char *bytes;
    size_t length;
    size_t piece;
};

static void *write_all(void *context)
{
    const struct writing *writing = context;
    for (size_t done = 0; done < writing->length;) {
        size_t left = writing->length - done;
        ssize_t put = write(source[1], writing->bytes + done, left < writing->piece ? left : writing->piece);
        if (put < 0) {
            break;
        }
        done += (size_t)put;
    }
    close(source[1]);
    source[1] = -1;
    return NULL;
}

/* The sizes of pipes, of what is written at once, and of what is read at once. */
static const struct {
    int source_pipe;
    size_t piece, reads;
    int command_pipe; /* 0: left as it is */
} flows[] = {
    {65536, 65536, 65536, 0}, {65536, 1, 1, 0},          {65536, 100, 4096, 0},      {65536, 4096, 100, 0},
    {4096, 65536, 65536, 0},  {4096, 7, 3, 0},           {1048576, 100000, 5000, 0}, {65536, 65536, 1000000, 1048576},
    {8192, 5000, 16384, 0},   {65536, 5000, 70000, 4096}};

START_TEST(lets_everything_through)
{
    size_t length = flows[_i].piece < 10 ? 300000 : 3000000;
    char *bytes = xmalloc(length);
    char *got = xmalloc(length + 1);
    pthread_t writer;
    struct writing writing = {.bytes = bytes, .length = length, .piece = flows[_i].piece};
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (char)(i * 2654435761U >> 13);
    }
    ck_assert_int_ge(fcntl(source[1], F_SETPIPE_SZ, flows[_i].source_pipe), 0);
    start(source[0]);
    if (flows[_i].command_pipe != 0) {
        ck_assert_int_ge(fcntl(command_fd, F_SETPIPE_SZ, flows[_i].command_pipe), 0);
    }
    ck_assert_int_eq(pthread_create(&writer, NULL, write_all, &writing), 0);
    size_t done = 0;
    for (;;) {
        size_t most = length + 1 - done < flows[_i].reads ? length + 1 - done : flows[_i].reads;
        ssize_t some = read(command_fd, got + done, most);
        ck_assert_int_ge(some, 0);
        if (some == 0) {
            break;
        }
        done += (size_t)some;
    }
    pthread_join(writer, NULL);
    end();
    ck_assert_uint_eq(done, length);
    ck_assert_mem_eq(bytes, got, length);
    assert_tallied(bytes, length);
    ck_assert(!feed.robbed);
    free(bytes);
    free(got);
}
END_TEST

/* Stops in the middle of a stream: what the command read and what is left make up what was written. */
START_TEST(divides_a_stream_at_the_right_byte)
{
    enum { LENGTH = 45000 }; /* in pieces of which two share a page: what fits into 16 pages */
    static char bytes[LENGTH];
    static char got[LENGTH];
    size_t part = (size_t)_i * 5919 + 1;
    for (size_t i = 0; i < LENGTH; i++) {
        bytes[i] = (char)(i * 2654435761U >> 13);
    }
    for (size_t done = 0; done < LENGTH; done += 1500) {
        ck_assert_int_eq(write(source[1], bytes + done, 1500), 1500);
    }
    start(source[0]);
    for (size_t done = 0; done < part;) {
        ssize_t some = read(command_fd, got, part - done < 1000 ? part - done : 1000);
        ck_assert_int_gt(some, 0);
        done += (size_t)some;
    }
    end();
    assert_tallied(bytes, part);
    ck_assert_int_eq(unread(source[0]), (int)(LENGTH - part));
    ck_assert_int_eq(read(source[0], got, LENGTH), (ssize_t)(LENGTH - part));
    ck_assert_mem_eq(got, bytes + part, LENGTH - part);
}
END_TEST

START_TEST(lets_the_writer_know_that_input_was_closed)
{
    struct stat st;
    put("some");
    start(source[0]);
    command_reads("so");
    close(command_fd);
    command_fd = -1;
    ck_assert_int_eq(pthread_join(thread, NULL), 0); /* without being stopped */
    assert_tallied("so", 2);
    ck_assert_int_eq(fstat(source[0], &st), 0);
    ck_assert(S_ISCHR(st.st_mode));
    ck_assert_int_eq(write(source[1], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(does_not_hang_when_somebody_else_reads)
{
    char stolen[16];
    put("for both");
    start(source[0]);
    until_unread(command_fd, 8);
    ck_assert_int_eq(read(source[0], stolen, sizeof(stolen)), 8);
    command_reads("for both");
    end();
    ck_assert(feed.robbed);
}
END_TEST

START_TEST(feeds_a_file_from_its_offset)
{
    struct unit_folder folder;
    unit_folder_begin(&folder);
    unit_write(&folder, "f", "0123456789");
    auto_fd int fd = openat(folder.fd, "f", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(lseek(fd, 2, SEEK_SET), 2);
    start(fd);
    command_reads("2345");
    end();
    assert_tallied("2345", 4);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 6);
    unit_folder_end(&folder);
}
END_TEST

START_TEST(feeds_a_large_file_to_its_end)
{
    enum { LENGTH = 1000000 };
    struct unit_folder folder;
    unit_folder_begin(&folder);
    char *bytes = xmalloc(LENGTH + 1);
    memset(bytes, 'x', LENGTH);
    bytes[LENGTH] = '\0';
    unit_write(&folder, "f", bytes);
    auto_fd int fd = openat(folder.fd, "f", O_RDONLY | O_CLOEXEC);
    start(fd);
    size_t done = 0;
    for (ssize_t some = 1; some > 0; done += (size_t)some) {
        char piece[50000];
        some = read(command_fd, piece, sizeof(piece));
        ck_assert_int_ge(some, 0);
    }
    end();
    ck_assert_uint_eq(done, LENGTH);
    assert_tallied(bytes, LENGTH);
    free(bytes);
    unit_folder_end(&folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feed");
    TCase *group = tcase_create("feed");
    tcase_set_timeout(group, 60);
    tcase_add_checked_fixture(group, set_up, tear_down);
    tcase_add_test(group, takes_what_was_read_and_leaves_the_rest);
    tcase_add_test(group, takes_nothing_from_one_that_reads_nothing);
    tcase_add_test(group, tells_the_end_and_takes_what_is_read_after_it);
    tcase_add_test(group, leaves_what_was_not_read_after_the_end);
    tcase_add_test(group, tells_the_end_of_an_empty_pipe);
    tcase_add_loop_test(group, lets_everything_through, 0, (int)ROWS(flows));
    tcase_add_loop_test(group, divides_a_stream_at_the_right_byte, 0, 8);
    tcase_add_test(group, lets_the_writer_know_that_input_was_closed);
    tcase_add_test(group, does_not_hang_when_somebody_else_reads);
    tcase_add_test(group, feeds_a_file_from_its_offset);
    tcase_add_test(group, feeds_a_large_file_to_its_end);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
