/* SPDX-License-Identifier: BSD-2-Clause
 * join_step: which ranks belong together. */
#include "run/join_step.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "run/caller.h"
#include "run/host_processes.h"
#include "sandbox/join.h"

enum { NAME_MOST = 64, RANKS_MOST = 10000000, ENVIRONMENT_MOST = 8 << 20 };

static const char name_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

int join_wish_parse(struct join_wish *wish, const char *text, struct err *err)
{
    size_t length = strcspn(text, ":");
    uint64_t count = 0;
    bool counted = text[length] == ':';
    bool plain = length > 0 && length <= NAME_MOST && strspn(text, name_letters) == length && text[0] != '.';
    if (!plain || (counted && !text_to_u64(text + length + 1, 1, JOIN_RANKS_MOST, &count))) {
        return err_set(err, ERR_USAGE, "--join '%s': expected auto, no, or a name of letters and digits, as in NAME:4",
                       text);
    }
    join_wish_release(wish);
    if (!counted && strcmp(text, "auto") == 0) {
        wish->mode = JOIN_AUTO;
    } else if (!counted && strcmp(text, "no") == 0) {
        wish->mode = JOIN_NO;
    } else {
        *wish = (struct join_wish){.mode = JOIN_NAMED, .name = xstrndup(text, length), .count = count};
    }
    return 0;
}

void join_wish_release(struct join_wish *wish)
{
    free(wish->name);
    *wish = (struct join_wish){0};
}

/* A variable that only ranks have. */
static const struct kind {
    const char *launcher;
    const char *rank, *size, *local_rank, *local_size;
} kinds[] = {
    {"openmpi", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"hydra", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
};

static bool fits(const struct join_step *step)
{
    return step->rank < step->size && step->local_rank < step->local_size && step->local_size <= step->size;
}

/* Below this number the steps that users start; above it the batch script's own and such (SLURM_BATCH_SCRIPT in
 * slurm.h). */
#define SLURM_STEPS_MOST 0xfffffff0U

static bool find_slurm(char *const *environment, struct join_step *step)
{
    uint64_t job = 0;
    uint64_t id = 0;
    uint64_t node = 0;
    const char *per_node = strlist_value(environment, "SLURM_STEP_TASKS_PER_NODE");
    if (per_node == NULL || !caller_number(environment, "SLURM_JOB_ID", 0, UINT32_MAX, &job) ||
        !caller_number(environment, "SLURM_STEP_ID", 0, SLURM_STEPS_MOST - 1, &id) ||
        !caller_number(environment, "SLURM_NODEID", 0, RANKS_MOST, &node) ||
        !caller_number(environment, "SLURM_PROCID", 0, RANKS_MOST, &step->rank) ||
        !caller_number(environment, "SLURM_LOCALID", 0, JOIN_RANKS_MOST, &step->local_rank) ||
        !caller_number(environment, "SLURM_STEP_NUM_TASKS", 1, RANKS_MOST, &step->size)) {
        return false;
    }
    step->launcher = "slurm";
    step->local_size = caller_per_node(per_node, node);
    step->key =
        xasprintf("slurm.%llu.%llu.%llu", (unsigned long long)job, (unsigned long long)id, (unsigned long long)node);
    return true;
}

/* Whether the process `pid` has the variable; what may not be asked is nobody's rank: it is of another user. */
static bool has_variable(pid_t pid, const char *name)
{
    char path[64];
    size_t length = strlen(name);
    struct err ignored = {0};
    auto_release(buf) struct buf text = {0};
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fs_read_fd(fd, path, ENVIRONMENT_MOST, &text, &ignored) < 0) {
        return false;
    }
    const char *end = buf_text(&text) + text.length;
    for (const char *at = buf_text(&text); at < end; at += strlen(at) + 1) {
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            return true;
        }
    }
    return false;
}

static char *launcher_key(const struct kind *kind)
{
    enum { DEEPEST = 256 };
    struct host_process process = {0};
    pid_t pid = getppid();
    for (int i = 0; i < DEEPEST && pid > 1 && has_variable(pid, kind->local_rank); i++) {
        pid = host_process_read(pid, &process) ? process.parent : 0;
    }
    return xasprintf("%s.%d.%llu", kind->launcher, (int)pid, (unsigned long long)host_process_start(pid));
}

static bool find_kind(char *const *environment, const struct kind *kind, struct join_step *step)
{
    if (!caller_number(environment, kind->rank, 0, RANKS_MOST, &step->rank) ||
        !caller_number(environment, kind->size, 1, RANKS_MOST, &step->size) ||
        !caller_number(environment, kind->local_rank, 0, JOIN_RANKS_MOST, &step->local_rank) ||
        !caller_number(environment, kind->local_size, 1, JOIN_RANKS_MOST, &step->local_size)) {
        return false;
    }
    step->launcher = kind->launcher;
    step->key = step->size > 1 && fits(step) ? launcher_key(kind) : NULL;
    return true;
}

static bool find_launcher(char *const *environment, struct join_step *step)
{
    bool found = false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !found; i++) {
        found = find_kind(environment, &kinds[i], step);
    }
    found = found || find_slurm(environment, step);
    step->numbered = found && fits(step) && step->local_size <= JOIN_RANKS_MOST;
    return step->numbered;
}

static int name_step(const struct join_wish *wish, struct join_step *step, struct err *err)
{
    step->local_size = wish->count > 0 ? wish->count : step->local_size;
    step->size = step->size > step->local_size ? step->size : step->local_size;
    step->numbered = step->numbered && step->local_rank < step->local_size;
    free(step->key);
    step->key = xasprintf("name.%s", wish->name);
    if (step->local_size == 0) {
        return err_set(err, ERR_USAGE,
                       "--join '%s': nothing says how many ranks there are on this node; say it: --join %s:COUNT",
                       wish->name, wish->name);
    }
    return 0;
}

int join_step_find(const struct join_wish *wish, char *const *environment, struct join_step *ret_step, struct err *err)
{
    struct join_step step = {0};
    if (wish->mode == JOIN_NO) {
        return 0;
    }
    if (!find_launcher(environment, &step)) {
        join_step_release(&step);
    }
    if (wish->mode == JOIN_NAMED && name_step(wish, &step, err) < 0) {
        join_step_release(&step);
        return -1;
    }
    if (step.size <= 1 || step.key == NULL) { /* a single one needs nobody; nor its launcher's help */
        join_step_release(&step);
        return 0;
    }
    *ret_step = step;
    return 1;
}

void join_step_release(struct join_step *step)
{
    free(step->key);
    *step = (struct join_step){0};
}

bool join_step_is_wiring(const char *assignment)
{
    static const char *const begins[] = {"PMI_",  "PMI2_",     "PMIX_", "OMPI_",   "PRTE_",          "SLURM_",
                                         "HYDRA", "MPI_LOCAL", "MPIR_", "MPIEXEC", "MV2_COMM_WORLD_"};
    for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
        if (strncmp(assignment, begins[i], strlen(begins[i])) == 0) {
            return true;
        }
    }
    return false;
}
