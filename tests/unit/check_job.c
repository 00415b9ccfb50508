/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/job: what the variables of Slurm become, and what is not as Slurm writes it. */
#include "run/job.h"

#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"
#include "run/job_end.h"
#include "sandbox/ending.h"
#include "unit.h"

#define ANY      "SLURM_JOB_ID=17", "SLURMD_NODENAME=node2"
#define MIB(mib) ((uint64_t)(mib) << 20)

static void gather(struct job *job, const char *const *environment)
{
    char *copy[32] = {0};
    for (size_t i = 0; environment[i] != NULL; i++) {
        copy[i] = xstrdup(environment[i]);
    }
    job_gather(job, copy);
    for (size_t i = 0; copy[i] != NULL; i++) {
        free(copy[i]);
    }
}

START_TEST(finds_no_job_without_its_id)
{
    static const char *const environments[][4] = {
        {"SLURM_JOB_ID=", "SLURM_CPUS_ON_NODE=1", "SLURMD_NODENAME=a"},
        {"SLURM_CPUS_ON_NODE=1", "XSLURM_JOB_ID=3", "SLURM_JOB_ID2=3"},
        {"SLURM_JOB_ID"},
        {NULL},
    };
    struct job job;
    gather(&job, environments[_i]);
    ck_assert(!job.is_there && job.cpus == 0 && job.node == NULL);
    ck_assert_ptr_null(job_doc(&job));
    job_release(&job);
}
END_TEST

START_TEST(reads_a_task_of_an_array)
{
    static const char *const environment[] = {ANY,
                                              "SLURM_ARRAY_JOB_ID=12",
                                              "SLURM_ARRAY_TASK_ID=0",
                                              "SLURM_JOB_NODELIST=node[1-3]",
                                              "SLURM_CPUS_ON_NODE=4",
                                              "SLURM_MEM_PER_CPU=512",
                                              "SLURM_JOB_START_TIME=1700000000",
                                              "SLURM_JOB_END_TIME=1700003600",
                                              "SLURM_SUBMIT_HOST=login",
                                              "SLURM_PROCID=0",
                                              "SCIWRAP_SWEEP_ID=s1",
                                              "SCIWRAP_SWEEP_ROW=5",
                                              NULL};
    struct job job;
    gather(&job, environment);
    ck_assert(job.is_there && job.is_node && job.has_array_index && !job.has_task);
    ck_assert_str_eq(job.array_id, "12");
    ck_assert_str_eq(job.nodes, "node[1-3]");
    ck_assert_uint_eq(job.array_index, 0);
    ck_assert_uint_eq(job.cpus, 4);
    ck_assert_uint_eq(job.memory_bytes, MIB(2048));
    ck_assert_uint_eq(job.time_limit_s, 3600);
    ck_assert_uint_eq(job.end_s, 1700003600);
    auto_free char *text = job_text(&job);
    ck_assert_str_eq(text, "slurm 12_0 (17), on node2 of node[1-3], 4 CPUs, 2 GiB, 3600 s, row 5 of sweep s1");
    job_release(&job);
}
END_TEST

/* CPUs of a task of a step, of a script, and in the shell of salloc. */
static const struct {
    const char *environment[8];
    uint64_t cpus;
} shares[] = {
    {{ANY, "SLURM_CPUS_ON_NODE=8"}, 8},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_CPUS_PER_TASK=2"}, 8},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_CPUS_PER_TASK=2", "SLURM_STEP_ID=0"}, 2},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_CPUS_PER_TASK=99", "SLURM_STEP_ID=0"}, 8},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_STEP_ID=0", "SLURM_STEP_TASKS_PER_NODE=1"}, 8},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_STEP_ID=0", "SLURM_STEP_TASKS_PER_NODE=3(x2)", "SLURM_NODEID=1"}, 2},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_STEP_ID=0", "SLURM_STEP_TASKS_PER_NODE=3(x2),4", "SLURM_NODEID=2"}, 2},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_STEP_ID=0", "SLURM_STEP_TASKS_PER_NODE=3,16", "SLURM_NODEID=1"}, 1},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_STEP_ID=0", "SLURM_STEP_TASKS_PER_NODE=4", "SLURM_NODEID=1"}, 8},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_STEP_ID=0", "SLURM_STEP_TASKS_PER_NODE=4(x"}, 8},
    {{ANY, "SLURM_CPUS_ON_NODE=8", "SLURM_STEP_ID=0", "SLURM_STEP_TASKS_PER_NODE=4(x99999999999999999999)"}, 8},
    {{ANY, "SLURM_CPUS_ON_NODE=0"}, 0},
    {{ANY, "SLURM_CPUS_ON_NODE=-1"}, 0},
    {{ANY, "SLURM_CPUS_ON_NODE=8x"}, 0},
    {{ANY, "SLURM_CPUS_ON_NODE=18446744073709551616"}, 0},
    {{"SLURM_JOB_ID=17", "SLURM_CPUS_ON_NODE=8"}, 0},
};

START_TEST(counts_the_cpus_of_this_process)
{
    struct job job;
    gather(&job, shares[_i].environment);
    ck_assert_msg(job.cpus == shares[_i].cpus, "row %d: %d", _i, (int)job.cpus);
    job_release(&job);
}
END_TEST

static const struct {
    const char *environment[6];
    uint64_t bytes;
} memories[] = {
    {{ANY, "SLURM_MEM_PER_NODE=100"}, MIB(100)},
    {{ANY, "SLURM_MEM_PER_NODE=0"}, 0},
    {{ANY, "SLURM_MEM_PER_CPU=100"}, 0},
    {{ANY, "SLURM_MEM_PER_CPU=100", "SLURM_CPUS_ON_NODE=3"}, MIB(300)},
    {{ANY, "SLURM_MEM_PER_NODE=18446744073709551615"}, 0},
    {{ANY, "SLURM_MEM_PER_CPU=17592186044415", "SLURM_CPUS_ON_NODE=1048576"}, 0},
    {{ANY, "SLURM_MEM_PER_NODE=4G"}, 0},
};

START_TEST(reads_memory_in_mebibytes)
{
    struct job job;
    gather(&job, memories[_i].environment);
    ck_assert_uint_eq(job.memory_bytes, memories[_i].bytes);
    job_release(&job);
}
END_TEST

START_TEST(leaves_out_what_slurm_does_not_write)
{
    static const char *const environment[] = {ANY,
                                              "SLURM_ARRAY_JOB_ID=12",
                                              "SLURM_ARRAY_TASK_ID=x",
                                              "SLURM_STEP_ID=",
                                              "SLURM_JOB_START_TIME=9",
                                              "SLURM_JOB_END_TIME=3",
                                              "SCIWRAP_SWEEP_ID=s",
                                              "SCIWRAP_SWEEP_ROW=-1",
                                              NULL};
    struct job job;
    gather(&job, environment);
    ck_assert(job.is_there && !job.has_array_index && !job.has_sweep_row);
    ck_assert(job.array_id == NULL && job.step == NULL && job.sweep_id == NULL);
    ck_assert(job.time_limit_s == 0 && job.end_s == 3);
    job_release(&job);
}
END_TEST

/* What submit asked for stands in for what Slurm does not tell, and for nothing else. */
START_TEST(takes_the_time_that_was_asked_for_where_slurm_is_silent)
{
    static const struct {
        const char *end, *asked;
        uint64_t limit;
    } cases[] = {{"SLURM_JOB_END_TIME=1060", "SCIWRAP_SWEEP_TIME=300", 60},
                 {"X=", "SCIWRAP_SWEEP_TIME=300", 300},
                 {"X=", "SCIWRAP_SWEEP_TIME=0", 0},
                 {"X=", "SCIWRAP_SWEEP_TIME=5m", 0},
                 {"X=", "SCIWRAP_SWEEP_TIME=18446744073709551615", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const environment[] = {"SLURM_JOB_ID=1", "SLURMD_NODENAME=n", "SLURM_JOB_START_TIME=1000",
                                           cases[i].end,     cases[i].asked,      NULL};
        struct job job;
        gather(&job, environment);
        ck_assert_uint_eq(job.time_limit_s, cases[i].limit);
        job_release(&job);
    }
}
END_TEST

START_TEST(comes_back_from_a_manifest)
{
    static const char *const environment[] = {ANY,
                                              "SLURM_STEP_ID=3",
                                              "SLURM_STEP_NODELIST=node2",
                                              "SLURM_PROCID=1",
                                              "SLURM_STEP_NUM_TASKS=4",
                                              "SLURM_CPUS_ON_NODE=1",
                                              "SLURM_MEM_PER_NODE=2",
                                              "SLURM_SUBMIT_HOST=a\xff",
                                              NULL};
    struct job job;
    struct job back;
    struct err err = {0};
    gather(&job, environment);
    struct doc *circumstances = doc_object();
    doc_put(circumstances, "job", job_doc(&job));
    auto_free char *text = doc_print(circumstances);
    struct doc *parsed = doc_parse("m", text, strlen(text), &err);
    ck_assert_ptr_nonnull(parsed);
    ck_assert(job_read(parsed, &back));
    ck_assert(back.has_task && back.task == 1 && back.tasks == 4 && back.cpus == 1 && back.memory_bytes == MIB(2));
    ck_assert_str_eq(back.submit_host, "a\xff");
    auto_free char *shown = job_text(&back);
    ck_assert_str_eq(shown, "slurm 17 step 3, task 1 of 4, on node2, 1 CPU, 2 MiB");
    ck_assert(!job_read(doc_get(parsed, "job"), &back));
    doc_free(parsed);
    doc_free(circumstances);
    job_release(&job);
    job_release(&back);
}
END_TEST

static const struct {
    const char *text;
    uint64_t kill, grace;
} configurations[] = {
    {"", 30, 0},
    {"KillWait=5", 5, 0},
    {"ClusterName=a\nkillwait=60 # KillWait=7\n", 60, 0},
    {"#KillWait=5\nOverTimeLimit=1 KillWait=2\n", 2, 0},
    {"KillWait=70000\nKillWait\nKillWait=x\nXKillWait=3\n", 30, 0},
    {"PartitionName=a GraceTime=120 Nodes=n1\r\nPartitionName=b\tGraceTime=30\n", 30, 120},
};

START_TEST(reads_how_long_slurm_waits)
{
    struct job_waits waits;
    job_waits_parse(configurations[_i].text, &waits);
    ck_assert_uint_eq(waits.kill, configurations[_i].kill);
    ck_assert_uint_eq(waits.grace, configurations[_i].grace);
}
END_TEST

static const struct {
    struct job_waits waits;
    uint64_t end_s, now_s;
    unsigned times;
    uint64_t ms; /* 0: it is let be */
} graces[] = {
    {{30, 0}, 0, 1000, 1, 24000},     {{5, 0}, 0, 1000, 1, 4000},        {{3600, 0}, 0, 1000, 1, 3590000},
    {{30, 120}, 0, 1000, 1, 0},       {{30, 120}, 0, 1000, 2, 24000},    {{30, 120}, 5000, 1000, 1, 0},
    {{30, 120}, 990, 1000, 1, 24000}, {{30, 120}, 1050, 1000, 1, 24000},
};

START_TEST(leaves_time_for_the_record)
{
    const struct job job = {.is_there = true, .is_node = true, .end_s = graces[_i].end_s};
    uint64_t left = job_waits_left(&graces[_i].waits, &job, graces[_i].times, graces[_i].now_s);
    ck_assert_uint_eq(left / 1000000, graces[_i].ms);
}
END_TEST

START_TEST(ends_at_once_where_slurm_hardly_waits)
{
    const struct job job = {.is_there = true, .is_node = true};
    for (uint64_t kill_wait = 0; kill_wait < 2; kill_wait++) {
        ck_assert_uint_gt(job_waits_left(&(struct job_waits){.kill = kill_wait}, &job, 1, 0), 0);
        ck_assert_uint_lt(job_waits_left(&(struct job_waits){.kill = kill_wait}, &job, 1, 0), 1000000);
    }
    ck_assert_uint_eq(job_end_grace(&(struct job){.is_there = true}, 1), 0);
    ck_assert_uint_eq(job_end_grace(&(struct job){0}, 1), 0);
}
END_TEST

#define S INT64_C(1000000000)

static bool hear(struct ending *ending, int signal, int code, uint32_t uid, int64_t now_ns)
{
    const struct signalfd_siginfo info = {
        .ssi_signo = (uint32_t)signal, .ssi_code = code, .ssi_uid = uid, .ssi_pid = uid};
    return ending_note(ending, &info, now_ns);
}

START_TEST(knows_the_end_of_a_job_by_two_signals_of_root)
{
    struct ending ending = {0};
    ck_assert(!hear(&ending, SIGTERM, SI_USER, 0, 10 * S));
    ck_assert(!hear(&ending, SIGTERM, SI_USER, 0, 11 * S));
    ck_assert(!hear(&ending, SIGCONT, SI_USER, 0, 14 * S)); /* too late to belong to it */
    ck_assert(!hear(&ending, SIGTERM, SI_USER, 1000, 14 * S));
    ck_assert(!hear(&ending, SIGTERM, SI_KERNEL, 0, 14 * S));
    ck_assert(!hear(&ending, SIGUSR1, SI_USER, 0, 14 * S));
    ck_assert(hear(&ending, SIGTERM, SI_USER, 0, 14 * S));
    ck_assert_uint_eq(ending.times, 1);
    ck_assert(!hear(&ending, SIGTERM, SI_USER, 0, 15 * S));
    ck_assert(hear(&ending, SIGCONT, SI_USER, 0, 15 * S));
    ck_assert_uint_eq(ending.times, 2);
}
END_TEST

START_TEST(knows_it_by_one_when_that_ended_the_run)
{
    struct ending ending = {0};
    ck_assert(!ending_was_told(&ending, 10 * S));
    hear(&ending, SIGCONT, SI_USER, 0, 10 * S);
    ck_assert(!ending_was_told(&ending, 10 * S));
    hear(&ending, SIGTERM, SI_USER, 0, 20 * S);
    ck_assert(ending_was_told(&ending, 21 * S));
    ck_assert(!ending_was_told(&ending, 23 * S));
    hear(&ending, SIGCONT, SI_USER, 0, 21 * S);
    ck_assert(ending_was_told(&ending, 99 * S));
}
END_TEST

START_TEST(kills_when_the_grace_is_over)
{
    struct ending ending = {0};
    ck_assert_int_eq(ending_wait_ms(&ending, 0), -1);
    ck_assert(!ending_due(&ending, 100 * S));
    ending_start(&ending, 4 * S, 10 * S);
    ending_start(&ending, 4 * S, 12 * S); /* told again: no new time */
    ck_assert_int_eq(ending_wait_ms(&ending, 11 * S), 3000);
    ck_assert(!ending_due(&ending, 14 * S - 1) && !ending.over);
    ck_assert(ending_due(&ending, 14 * S) && ending.over);
    ck_assert(!ending_due(&ending, 14 * S + 1));
    ck_assert(ending_due(&ending, 15 * S));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("job");
    TCase *tests = tcase_create("job");
    tcase_add_loop_test(tests, finds_no_job_without_its_id, 0, 4);
    tcase_add_test(tests, reads_a_task_of_an_array);
    tcase_add_loop_test(tests, counts_the_cpus_of_this_process, 0, ROWS(shares));
    tcase_add_loop_test(tests, reads_memory_in_mebibytes, 0, ROWS(memories));
    tcase_add_test(tests, leaves_out_what_slurm_does_not_write);
    tcase_add_test(tests, takes_the_time_that_was_asked_for_where_slurm_is_silent);
    tcase_add_test(tests, comes_back_from_a_manifest);
    tcase_add_loop_test(tests, reads_how_long_slurm_waits, 0, ROWS(configurations));
    tcase_add_loop_test(tests, leaves_time_for_the_record, 0, ROWS(graces));
    tcase_add_test(tests, ends_at_once_where_slurm_hardly_waits);
    tcase_add_test(tests, knows_the_end_of_a_job_by_two_signals_of_root);
    tcase_add_test(tests, knows_it_by_one_when_that_ended_the_run);
    tcase_add_test(tests, kills_when_the_grace_is_over);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
