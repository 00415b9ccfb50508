/* SPDX-License-Identifier: BSD-2-Clause
 * spawn: a command that is started among the victims of an audit, and what it answers. */
#include "audit/spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/nameless.h"
#include "base/told.h"

enum { ANSWER_MOST = 4 << 20 };

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDING = sizeof(ending) / sizeof(*ending) };

static volatile pid_t running;

static void pass_on(int signal_number)
{
    int saved = errno;
    if (running > 0) {
        kill(running, signal_number);
    }
    errno = saved;
}

/* In the child. `answer` becomes standard output. */
static _Noreturn void become(const struct victims *victims, enum victims_input input, const struct strlist *words,
                             const char *program, int answer)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (chdir(victims->work) < 0 || dup2(answer, STDOUT_FILENO) < 0) {
        _exit(125);
    }
    victims_hand_down(victims, input);
    execvp(program, strlist_items(words));
    told_here();
    log_error("'%s' cannot be started: %s", program, strerror(errno));
    _exit(127);
}

static int wait_for(pid_t child, const char *program, int *ret_status, struct err *err)
{
    struct sigaction before[ENDING];
    const struct sigaction passing = {.sa_handler = pass_on};
    int waited;
    running = child;
    for (size_t i = 0; i < ENDING; i++) {
        sigaction(ending[i], &passing, &before[i]);
    }
    do {
        waited = waitpid(child, ret_status, 0);
    } while (waited < 0 && errno == EINTR);
    int errnum = errno;
    running = 0;
    for (size_t i = 0; i < ENDING; i++) {
        sigaction(ending[i], &before[i], NULL);
    }
    return waited < 0 ? err_set_errno(err, ERR_SYSTEM, errnum, "wait for '%s'", program) : 0;
}

int spawn(const struct victims *victims, enum victims_input input, const struct strlist *words, const char *program,
          int *ret_status, struct buf *answer, struct err *err)
{
    auto_fd int file = nameless_open("sciwrap-audit");
    if (file < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a file for what the probe says");
    }
    pid_t child = fork();
    if (child == 0) {
        become(victims, input, words, program, file);
    }
    if (child < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "start '%s'", program);
    }
    if (wait_for(child, program, ret_status, err) < 0) {
        return -1;
    }
    if (lseek(file, 0, SEEK_SET) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read what the probe said");
    }
    return fs_read_fd(file, "what the probe said", ANSWER_MOST, answer, err);
}
