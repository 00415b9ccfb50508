/* SPDX-License-Identifier: BSD-2-Clause
 * slurm_call: starts a command of Slurm and reads what it says. */
#include "commands/slurm_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/told.h"

enum { OUTPUT_MOST = 256 * 1024 * 1024 };

bool slurm_has(const char *name)
{
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ":");
        auto_free char *folder = xstrndup(at, length);
        auto_free char *path = xasprintf("%s/%s", folder, name);
        if (length > 0 && access(path, X_OK) == 0) {
            return true;
        }
        at += length + (at[length] == ':');
    }
    return false;
}

static _Noreturn void become(const struct strlist *words, bool silent, int output)
{
    int null = silent ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (dup2(output, STDOUT_FILENO) < 0 || (null >= 0 && dup2(null, STDERR_FILENO) < 0)) {
        _exit(125);
    }
    execvp(words->item[0], strlist_items(words));
    int reason = errno;
    if (!silent) {
        told_here(); /* nothing is shut yet, and nobody else says it */
        log_error("'%s' cannot be started: %s", words->item[0], strerror(reason));
    }
    _exit(reason == ENOENT ? 127 : 126);
}

static int wait_for(pid_t pid, const char *name, int *ret_status, struct err *err)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return err_set_errno(err, ERR_SYSTEM, errno, "wait for '%s'", name);
        }
    }
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return 0;
}

int slurm_call(const struct strlist *words, bool silent, struct buf *output, int *ret_status, struct err *err)
{
    int ends[2] = {-1, -1};
    const char *name = words->item[0];
    if (output != NULL && pipe2(ends, O_CLOEXEC) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "start '%s'", name);
    }
    auto_fd int from = ends[0];
    auto_fd int to = ends[1];
    pid_t pid = fork();
    if (pid < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "start '%s'", name);
    }
    if (pid == 0) {
        become(words, silent, output != NULL ? to : STDERR_FILENO);
    }
    if (output != NULL) {
        close(steal_fd(&to));
        struct err unread = {0};
        if (fs_read_fd(from, name, OUTPUT_MOST, output, &unread) < 0) {
            close(steal_fd(&from)); /* it ends by SIGPIPE, and is waited for */
            (void)wait_for(pid, name, ret_status, err);
            *err = unread;
            return -1;
        }
    }
    return wait_for(pid, name, ret_status, err);
}

uint64_t slurm_array_size(void)
{
    struct err ignored = {0};
    struct strlist words = {0};
    auto_release(buf) struct buf output = {0};
    uint64_t size = 0;
    int status = 0;
    strlist_add(&words, "scontrol");
    strlist_add(&words, "show");
    strlist_add(&words, "config");
    bool told = slurm_call(&words, true, &output, &status, &ignored) == 0 && status == 0;
    strlist_release(&words);
    const char *line = told ? strstr(buf_text(&output), "MaxArraySize") : NULL;
    if (line == NULL) {
        return 0;
    }
    line += strcspn(line, "=\n");
    line += strspn(line, "= ");
    auto_free char *digits = xstrndup(line, strspn(line, "0123456789"));
    return text_to_u64(digits, 1, UINT32_MAX, &size) ? size : 0;
}

/* Up to three numbers with colons between them; how many, 0: something else. */
static size_t read_numbers(const char *text, uint64_t number[3])
{
    size_t count = 0;
    for (const char *at = text; count < 3; at++) {
        size_t digits = strspn(at, "0123456789");
        auto_free char *one = xstrndup(at, digits);
        if (!text_to_u64(one, 0, UINT32_MAX, &number[count++])) {
            return 0;
        }
        at += digits;
        if (*at != ':') {
            return *at == '\0' ? count : 0;
        }
    }
    return 0;
}

bool slurm_time(const char *text, uint64_t *ret_seconds)
{
    uint64_t days = 0;
    uint64_t n[3] = {0};
    const char *rest = strchr(text, '-');
    if (rest != NULL) {
        auto_free char *first = xstrndup(text, (size_t)(rest - text));
        if (!text_to_u64(first, 0, UINT32_MAX, &days)) {
            return false;
        }
    }
    size_t count = read_numbers(rest != NULL ? rest + 1 : text, n);
    uint64_t seconds = 0;
    if (count == 0) {
        return false;
    }
    if (rest != NULL || count == 3) { /* hours first */
        seconds = days * 86400 + n[0] * 3600 + n[1] * 60 + n[2];
    } else {
        seconds = n[0] * 60 + n[1];
    }
    if (seconds > 0) {
        *ret_seconds = (seconds + 59) / 60 * 60;
    }
    return seconds > 0;
}
