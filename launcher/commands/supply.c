/* SPDX-License-Identifier: BSD-2-Clause
 * supply: starts sciwrap-env. */
#include "commands/supply.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strlist.h"

/* PREFIX/libexec/sciwrap/sciwrap-env for PREFIX/bin/sciwrap: never looked up in PATH, which is the caller's to set. */
static char *helper_path(struct err *err)
{
    auto_free char *self = fs_self_path();
    if (self == NULL) {
        err_set(err, ERR_HOST, "the place of this program is not known: is /proc mounted?");
        return NULL;
    }
    *strrchr(self, '/') = '\0';
    char *slash = strrchr(self, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    return xasprintf("%s/libexec/sciwrap/sciwrap-env", self);
}

/* The packed program that runs on every Linux has the helper's libraries beside it, and their dynamic linker, as the C
 * library of the host may be older or another one. The linker is the program that runs then, and lies where the helper
 * lies, so that the helper finds what belongs to it by its own path all the same. */
static void add_linker(const char *path, struct strlist *words)
{
    auto_free char *folder = xstrndup(path, (size_t)(path_base(path) - path));
    auto_free char *linker = xasprintf("%sld.so", folder);
    if (access(linker, X_OK) == 0) {
        strlist_add(words, linker);
        strlist_add(words, "--inhibit-cache");
        strlist_add(words, "--library-path");
        strlist_addf(words, "%slib", folder);
    }
}

static int start_helper(const char *path, char **argv, struct err *err)
{
    struct strlist words = {0};
    add_linker(path, &words);
    strlist_add(&words, path);
    for (size_t i = 0; argv[i] != NULL; i++) {
        strlist_add(&words, argv[i]);
    }
    execv(words.item[0], strlist_items(&words));
    int reason = errno;
    strlist_release(&words);
    return err_set_errno(err, ERR_NOT_FOUND, reason, "the helper '%s' cannot be started; install sciwrap again", path);
}

int supply_become(char **argv, struct err *err)
{
    auto_free char *path = helper_path(err);
    return path == NULL ? -1 : start_helper(path, argv, err);
}

void supply_go_offline(void)
{
    setenv("SCIWRAP_OFFLINE", "yes", 1);
}

/* The child: still the caller's rights and terminal; nothing of the launch has begun. */
static _Noreturn void pull_in_child(const char *path, const char *name)
{
    struct err err = {0};
    char *words[] = {xstrdup("pull"), xstrdup("--for-run"), xstrdup(name), NULL};
    dup2(STDERR_FILENO, STDOUT_FILENO); /* standard output is the command's */
    start_helper(path, words, &err);
    log_error("%s", err.text);
    _exit(125);
}

int supply_pull(const char *name, struct err *err)
{
    int status = 0;
    auto_free char *path = helper_path(err);
    if (path == NULL) {
        return -1;
    }
    pid_t pid = fork();
    if (pid < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "start '%s'", path);
    }
    if (pid == 0) {
        pull_in_child(path, name);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return err_set_errno(err, ERR_SYSTEM, errno, "wait for '%s'", path);
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return 0;
    }
    return err_set(err, ERR_NETWORK, "the root file system of '%s' could not be brought; see the line above", name);
}
