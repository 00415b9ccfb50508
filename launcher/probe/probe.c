/* SPDX-License-Identifier: BSD-2-Clause
 * probe: sciwrap-probe, the program that `sciwrap audit` starts inside an environment: it tries every wall from inside
 * and says on standard output what came of each attempt. A static program that includes nothing of the launcher: it
 * must run in any root file system, and under exactly the walls of any other command.
 *
 * A line an attempt: "row", wall, name, outcome, mechanism, detail, text, with tabs between; at the end "end". */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe/attempt.h"

static const struct attempt *const tables[] = {
    attempts_on_processes,  attempts_on_init,    attempts_on_files,   attempts_on_tree,     attempts_on_mounts,
    attempts_on_namespaces, attempts_on_nest,    attempts_on_rights,  attempts_on_calls,    attempts_on_settings,
    attempts_on_devices,    attempts_on_network, attempts_on_sockets, attempts_on_exchange, attempts_on_terminal,
    attempts_on_sight,      attempts_on_shared,  attempts_on_limits,
};

enum { PATIENCE_MS = 10000 };

static const char *const outcome_names[] = {
    [OUTCOME_HELD] = "held", [OUTCOME_OPEN] = "open", [OUTCOME_SHARED] = "shared", [OUTCOME_SKIPPED] = "not tried"};

static void attempt_and_tell(const struct scene *scene, const struct attempt *attempt, int to)
{
    struct finding finding;
    memset(&finding, 0, sizeof(finding));
    /* Not killed with its parent only: an attempt may have left processes of its own. */
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    found(&finding, OUTCOME_SKIPPED, "", "the attempt came to no result");
    attempt->act(scene, attempt, &finding);
    _exit(write(to, &finding, sizeof(finding)) == (ssize_t)sizeof(finding) ? 0 : 1);
}

/* What became of an attempt that said nothing. */
static void conclude(struct finding *finding, int status, bool late)
{
    if (late) {
        found(finding, OUTCOME_SKIPPED, "", "no answer within %d seconds", PATIENCE_MS / 1000);
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        found(finding, OUTCOME_HELD, BY_SECCOMP, "killed by the filter");
    } else if (WIFSIGNALED(status)) {
        found(finding, OUTCOME_SKIPPED, "", "the attempt was ended by signal %d", WTERMSIG(status));
    } else {
        found(finding, OUTCOME_SKIPPED, "", "the attempt ended without an answer");
    }
}

static void listen_to(int from, pid_t child, struct finding *finding)
{
    struct pollfd source = {.fd = from, .events = POLLIN};
    int status = 0;
    int ready;
    do {
        ready = poll(&source, 1, PATIENCE_MS);
    } while (ready < 0 && errno == EINTR);
    bool told = ready > 0 && read(from, finding, sizeof(*finding)) == (ssize_t)sizeof(*finding);
    kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!told) {
        conclude(finding, status, ready <= 0);
    }
}

static void carry_out(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    int ends[2];
    memset(finding, 0, sizeof(*finding));
    if (pipe2(ends, O_CLOEXEC) < 0) {
        found(finding, OUTCOME_SKIPPED, "", "no pipe: %s", strerror(errno));
        return;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        attempt_and_tell(scene, attempt, ends[1]);
    }
    int errnum = errno;
    close(ends[1]);
    if (child < 0) {
        found(finding, OUTCOME_SKIPPED, "", "no process could be made for it: %s", strerror(errnum));
    } else {
        listen_to(ends[0], child, finding);
    }
    close(ends[0]);
}

/* Tabs and line ends would be taken for ours. */
static void print_field(const char *text)
{
    putchar('\t');
    for (; *text != '\0'; text++) {
        putchar((unsigned char)*text < ' ' ? ' ' : *text);
    }
}

static void print_row(const struct attempt *attempt, const struct finding *finding)
{
    printf("row");
    print_field(attempt->wall);
    print_field(attempt->name);
    print_field(outcome_names[finding->outcome]);
    print_field(finding->mechanism);
    print_field(finding->detail);
    print_field(attempt->text);
    putchar('\n');
}

static bool is_due(const struct scene *scene, const struct attempt *attempt)
{
    if (scene->only == NULL || attempt->only_with == NULL) {
        return scene->only == attempt->only_with;
    }
    return strcmp(scene->only, attempt->only_with) == 0;
}

/* The filter lets these pass in a run with --nest. */
static bool is_judged_by_kernel(const struct scene *scene, const struct attempt *attempt)
{
    return scene_asked(scene, "--nest") &&
           (strcmp(attempt->wall, "mounts") == 0 || strcmp(attempt->wall, "namespaces") == 0);
}

static void try_one(const struct scene *scene, const struct attempt *attempt)
{
    struct finding finding;
    carry_out(scene, attempt, &finding);
    if (finding.outcome == OUTCOME_OPEN && attempt->asked_by != NULL && scene_asked(scene, attempt->asked_by)) {
        finding.outcome = OUTCOME_SHARED;
        snprintf(finding.mechanism, sizeof(finding.mechanism), "asked for: %s", attempt->asked_by);
    }
    if (is_judged_by_kernel(scene, attempt) && finding.outcome == OUTCOME_HELD &&
        strcmp(finding.detail, strerror(EPERM)) == 0) {
        snprintf(finding.mechanism, sizeof(finding.mechanism), "%s", BY_CAPABILITY);
    }
    print_row(attempt, &finding);
}

int main(int argc, char **argv)
{
    static struct scene scene;
    if (!scene_read(&scene, argc, argv)) {
        fputs("sciwrap-probe: is started by 'sciwrap audit' only\n", stderr);
        return 2;
    }
    scene_look(&scene);
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        for (const struct attempt *attempt = tables[i]; attempt->wall != NULL; attempt++) {
            if (is_due(&scene, attempt)) {
                try_one(&scene, attempt);
            }
        }
    }
    puts("end");
    return fflush(stdout) == 0 ? 0 : 1;
}
