/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/seeding: the streams that a seed determines. What is answered to a run: tests/cli/seed.bats. */
#include "run/seeding.h"

#include <sys/sysmacros.h>

#include "base/digest.h"

#include "unit.h"

/* Whoever changes a stream changes the result of every seeded run ever recorded. */
START_TEST(gives_what_it_gave)
{
    unsigned char bytes[8];
    seeding_bytes(42, 3, 0, 0, bytes, sizeof(bytes));
    struct digest block;
    const char *name = "sciwrap random 1 seed 42 process 3 device 0 block 0";
    digest_bytes(name, strlen(name), &block);
    ck_assert_mem_eq(bytes, block.bytes, sizeof(bytes));
}
END_TEST

START_TEST(does_not_depend_on_the_parts)
{
    unsigned char whole[200];
    unsigned char parts[200];
    seeding_bytes(7, 5, 1, 13, whole, sizeof(whole));
    for (size_t at = 0, step = 1; at < sizeof(parts); at += step, step = step % 37 + 3) {
        size_t part = step < sizeof(parts) - at ? step : sizeof(parts) - at;
        seeding_bytes(7, 5, 1, 13 + at, parts + at, part);
    }
    ck_assert_mem_eq(whole, parts, sizeof(whole));
}
END_TEST

START_TEST(differs_by_seed_process_and_device)
{
    static const struct {
        uint64_t seed;
        int pid;
        uint64_t device;
    } streams[] = {{1, 3, 0}, {2, 3, 0}, {1, 4, 0}, {1, 3, 1}, {1, 3, 2}, {13, 3, 0}, {1, 33, 0}};
    unsigned char bytes[ROWS(streams)][32];
    for (size_t i = 0; i < ROWS(streams); i++) {
        seeding_bytes(streams[i].seed, streams[i].pid, streams[i].device, 0, bytes[i], sizeof(bytes[i]));
        for (size_t k = 0; k < i; k++) {
            ck_assert_mem_ne(bytes[i], bytes[k], sizeof(bytes[i]));
        }
    }
}
END_TEST

START_TEST(knows_the_devices)
{
    struct stat st = {.st_mode = S_IFCHR | 0666, .st_rdev = makedev(1, 9)};
    ck_assert(seeding_is_device(&st));
    st.st_rdev = makedev(1, 8);
    ck_assert(seeding_is_device(&st));
    st.st_rdev = makedev(1, 5); /* /dev/zero */
    ck_assert(!seeding_is_device(&st));
    st = (struct stat){.st_mode = S_IFBLK | 0666, .st_rdev = makedev(1, 9)};
    ck_assert(!seeding_is_device(&st));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seeding");
    TCase *streams = tcase_create("streams");
    tcase_add_test(streams, gives_what_it_gave);
    tcase_add_test(streams, does_not_depend_on_the_parts);
    tcase_add_test(streams, differs_by_seed_process_and_device);
    tcase_add_test(streams, knows_the_devices);
    suite_add_tcase(suite, streams);
    return unit_run(suite);
}
