/* SPDX-License-Identifier: BSD-2-Clause
 * record_work: what the programs do that tests/bench/record.sh measures the recorder with.
 *
 *   record_work opens N COUNT     opens and closes the files 0 ... COUNT-1 of the current directory, N times in all
 *   record_work compute N COUNT   reads those files once, one after the other in the course of N rounds of arithmetic
 *   record_work read FILE N       reads FILE, then N rounds of arithmetic
 *   record_work edit FILE         writes eight bytes in the middle of FILE
 *
 * Static, so that it runs in every environment. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *what)
{
    perror(what);
    return 1;
}

/* A round is some milliseconds that the compiler cannot take away. */
static double rounds(long count)
{
    volatile double sum = 0;
    for (long round = 0; round < count; round++) {
        double x = 1 + (double)round * 1e-9;
        for (int i = 0; i < 1000000; i++) {
            x = x * 1.0000001 + 1e-9;
        }
        sum += x;
    }
    return sum;
}

static int opens(long count, long files)
{
    char name[32];
    for (long i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%ld", i % files);
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            return fail(name);
        }
        close(fd);
    }
    return 0;
}

static int read_file(const char *name)
{
    static char buffer[1 << 18];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0) {
        got = read(fd, buffer, sizeof(buffer));
    }
    if (fd >= 0) {
        close(fd);
    }
    return got < 0 ? fail(name) : 0;
}

static int compute(long count, long files)
{
    char name[32];
    for (long i = 0; i < files; i++) {
        snprintf(name, sizeof(name), "%ld", i);
        if (read_file(name) != 0) {
            return 1;
        }
        rounds(count / files);
    }
    return 0;
}

static int edit(const char *name)
{
    struct stat st;
    int fd = open(name, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || pwrite(fd, "new data", 8, st.st_size / 2) != 8) {
        return fail(name);
    }
    return close(fd);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "opens") == 0) {
        return opens(atol(argv[2]), atol(argv[3]));
    }
    if (argc == 4 && strcmp(argv[1], "compute") == 0) {
        return compute(atol(argv[2]), atol(argv[3]));
    }
    if (argc == 4 && strcmp(argv[1], "read") == 0) {
        return read_file(argv[2]) != 0 ? 1 : (rounds(atol(argv[3])), 0);
    }
    if (argc == 3 && strcmp(argv[1], "edit") == 0) {
        return edit(argv[2]);
    }
    fprintf(stderr, "usage: record_work opens|compute N COUNT | read FILE N | edit FILE\n");
    return 2;
}
