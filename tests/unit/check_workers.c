/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/workers: all that was given is done, by whomever, and what is left is done when there is enough. */
#include "run/workers.h"

#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "unit.h"

static struct workers workers;
static atomic_int done;

static void run(struct work *work)
{
    atomic_fetch_add(&done, 1);
    free(work);
}

static struct work *new_work(void)
{
    struct work *work = xcalloc(1, sizeof(*work));
    work->run = run;
    return work;
}

static void begin(void)
{
    atomic_store(&done, 0);
    workers_begin(&workers);
}

static void end(void)
{
    workers_end(&workers);
}

START_TEST(does_what_is_given)
{
    for (int i = 0; i < 1000; i++) {
        workers_give(&workers, new_work(), i % 3 == 0);
    }
    workers_wait(&workers);
    ck_assert_int_eq(atomic_load(&done), 1000);
    workers_wait(&workers); /* of nothing */
}
END_TEST

static void run_until_done(struct work *work)
{
    while (atomic_load(&done) == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    free(work);
}

/* Each of the others is at something that takes long: here until the urgent one is done. */
START_TEST(urgent_work_does_not_wait_for_what_takes_long)
{
    for (unsigned i = 0; i < workers.most + 2; i++) {
        struct work *work = new_work();
        work->run = run_until_done;
        workers_give(&workers, work, false);
    }
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* all are taken up */
    workers_give(&workers, new_work(), true);
    while (atomic_load(&done) == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    workers_give(&workers, new_work(), true); /* and once more */
    workers_wait(&workers);
    ck_assert_int_eq(atomic_load(&done), 2);
}
END_TEST

START_TEST(does_what_is_left_at_the_end)
{
    for (int i = 0; i < 10; i++) {
        workers_leave(&workers, new_work());
    }
    ck_assert_uint_eq(workers.count, 0); /* no thread was made for it */
    ck_assert_int_eq(atomic_load(&done), 0);
    workers_wait(&workers);
    ck_assert_int_eq(atomic_load(&done), 10);
}
END_TEST

/* Fails by the time limit of the test when nobody comes. */
START_TEST(does_what_is_left_when_it_is_enough)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    for (int i = 0; i < 64; i++) {
        workers_leave(&workers, new_work());
    }
    while (atomic_load(&done) < 64) {
        nanosleep(&moment, NULL);
    }
    workers_leave(&workers, new_work());
    workers_give(&workers, new_work(), false); /* takes what was left with it */
    while (atomic_load(&done) < 66) {
        nanosleep(&moment, NULL);
    }
}
END_TEST

/* As a batch job may have it: no thread can be made. Root is under no such limit, and so tried as somebody else. */
START_TEST(does_what_waits_where_no_thread_can_be_made)
{
    struct rlimit usual;
    ck_assert(geteuid() != 0 || setuid(65534) == 0);
    prctl(PR_SET_DUMPABLE, 1); /* or the leak checker cannot look */
    ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &usual), 0);
    struct rlimit none = {.rlim_max = usual.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
    for (int i = 0; i < 3; i++) {
        workers_give(&workers, new_work(), false);
    }
    ck_assert_int_eq(atomic_load(&done), 0); /* the giver may hold a lock that the work takes */
    workers_help(&workers);
    ck_assert_int_eq(atomic_load(&done), 3);
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &usual), 0);
}
END_TEST

static Suite *workers_suite(void)
{
    Suite *suite = suite_create("workers");
    TCase *work = tcase_create("work");
    tcase_add_checked_fixture(work, begin, end);
    tcase_add_test(work, does_what_waits_where_no_thread_can_be_made);
    tcase_add_test(work, does_what_is_given);
    tcase_add_test(work, urgent_work_does_not_wait_for_what_takes_long);
    tcase_add_test(work, does_what_is_left_at_the_end);
    tcase_add_test(work, does_what_is_left_when_it_is_enough);
    suite_add_tcase(suite, work);
    return suite;
}

int main(void)
{
    return unit_run(workers_suite());
}
