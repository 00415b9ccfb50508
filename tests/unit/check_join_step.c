/* SPDX-License-Identifier: BSD-2-Clause
 * check_join_step: which ranks belong together, by the variables of their launcher. */
#include "run/join_step.h"

#include <stdlib.h>
#include <string.h>

#include "run/caller.h"
#include "unit.h"

static const struct {
    const char *text;
    uint64_t node;
    uint64_t tasks;
} nodes[] = {
    {"4", 0, 4},     {"4", 1, 0}, {"4(x2),3", 0, 4}, {"4(x2),3", 1, 4}, {"4(x2),3", 2, 3}, {"4(x2),3", 3, 0},
    {"1,2,3", 2, 3}, {"", 0, 0},  {"x", 0, 0},       {"0", 0, 0},       {"4(x", 0, 0},     {"2(x1000)", 999, 2},
};

START_TEST(tasks_of_each_node)
{
    for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
        ck_assert_msg(caller_per_node(nodes[i].text, nodes[i].node) == nodes[i].tasks, "%s", nodes[i].text);
    }
}
END_TEST

START_TEST(words_of_the_option)
{
    static const char *const refused[] = {"", ":2", "a b", "../x", ".x", "a:0", "a:1025", "a:x", "no:2x", "a/b"};
    struct join_wish wish = {0};
    struct err err = {0};
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        ck_assert_msg(join_wish_parse(&wish, refused[i], &err) < 0, "%s", refused[i]);
    }
    ck_assert_int_eq(join_wish_parse(&wish, "pair:2", &err), 0);
    ck_assert_int_eq(wish.mode, JOIN_NAMED);
    ck_assert_str_eq(wish.name, "pair");
    ck_assert_uint_eq(wish.count, 2);
    ck_assert_int_eq(join_wish_parse(&wish, "no", &err), 0);
    ck_assert_int_eq(wish.mode, JOIN_NO);
    ck_assert_int_eq(join_wish_parse(&wish, "auto", &err), 0);
    ck_assert_int_eq(wish.mode, JOIN_AUTO);
    join_wish_release(&wish);
}
END_TEST

/* The step that an environment stands for; the key is "" where it is a run of its own. */
static int find(const char *const *environment, struct join_step *ret_step)
{
    struct err err = {0};
    struct join_wish wish = {.mode = JOIN_AUTO};
    return join_step_find(&wish, (char *const *)(uintptr_t)environment, ret_step, &err);
}

START_TEST(a_step_of_slurm)
{
    const char *environment[] = {
        "SLURM_JOB_ID=7",         "SLURM_STEP_ID=2", "SLURM_NODEID=1",  "SLURM_STEP_TASKS_PER_NODE=2(x2)",
        "SLURM_STEP_NUM_TASKS=4", "SLURM_PROCID=3",  "SLURM_LOCALID=1", NULL};
    struct join_step step = {0};
    ck_assert_int_eq(find(environment, &step), 1);
    ck_assert_str_eq(step.launcher, "slurm");
    ck_assert_str_eq(step.key, "slurm.7.2.1");
    ck_assert_uint_eq(step.rank, 3);
    ck_assert_uint_eq(step.local_rank, 1);
    ck_assert_uint_eq(step.local_size, 2);
    ck_assert_uint_eq(step.size, 4);
    join_step_release(&step);
    environment[1] = "SLURM_STEP_ID=4294967291"; /* the batch script itself */
    ck_assert_int_eq(find(environment, &step), 0);
    environment[1] = "SLURM_STEP_ID=0";
    environment[6] = "SLURM_LOCALID=2"; /* of two */
    ck_assert_int_eq(find(environment, &step), 0);
}
END_TEST

START_TEST(ranks_of_mpirun_and_mpiexec)
{
    const char *open_mpi[] = {"OMPI_COMM_WORLD_RANK=5", "OMPI_COMM_WORLD_SIZE=8", "OMPI_COMM_WORLD_LOCAL_RANK=1",
                              "OMPI_COMM_WORLD_LOCAL_SIZE=4", NULL};
    const char *hydra[] = {"PMI_RANK=0", "PMI_SIZE=2", "MPI_LOCALRANKID=0", "MPI_LOCALNRANKS=2", NULL};
    const char *single[] = {"PMI_RANK=0", "PMI_SIZE=1", "MPI_LOCALRANKID=0", "MPI_LOCALNRANKS=1", NULL};
    const char *none[] = {"HOME=/", NULL};
    struct join_step step = {0};
    ck_assert_int_eq(find(open_mpi, &step), 1);
    ck_assert_str_eq(step.launcher, "openmpi");
    ck_assert_uint_eq(step.rank, 5);
    ck_assert_uint_eq(step.local_size, 4);
    join_step_release(&step);
    ck_assert_int_eq(find(hydra, &step), 1);
    ck_assert_str_eq(step.launcher, "hydra");
    join_step_release(&step);
    ck_assert_int_eq(find(single, &step), 0);
    ck_assert_int_eq(find(none, &step), 0);
}
END_TEST

START_TEST(wiring_is_what_a_launcher_sets)
{
    ck_assert(join_step_is_wiring("PMIX_RANK=1"));
    ck_assert(join_step_is_wiring("PMI_FD=7"));
    ck_assert(!join_step_is_wiring("PATH=/bin"));
    ck_assert(!join_step_is_wiring("MYPMI_RANK=1"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("join_step");
    TCase *all = tcase_create("all");
    tcase_add_test(all, tasks_of_each_node);
    tcase_add_test(all, words_of_the_option);
    tcase_add_test(all, a_step_of_slurm);
    tcase_add_test(all, ranks_of_mpirun_and_mpiexec);
    tcase_add_test(all, wiring_is_what_a_launcher_sets);
    suite_add_tcase(suite, all);
    return unit_run(suite);
}
