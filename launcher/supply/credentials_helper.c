/* SPDX-License-Identifier: BSD-2-Clause
 * credentials_helper: asks docker-credential-NAME. */
#include "supply/credentials_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/nameless.h"

enum { NAME_BYTES = 64, ANSWER_BYTES = 256 * 1024 };

#define NAME_FIRST "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
/* Instead of a user's name: the secret is an identity token (docker-credential-helpers). */
#define TOKEN_USER "<token>"
/* What helpers say of a server that they do not know, on standard output, with exit status 1. */
#define NOT_FOUND "credentials not found"

bool credentials_helper_name_ok(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= NAME_BYTES && strchr(NAME_FIRST, name[0]) != NULL &&
           strspn(name, NAME_FIRST "-_.") == length;
}

int credentials_helper_parse(const char *name, const char *text, size_t length, struct credentials *ret,
                             struct err *err)
{
    struct doc *doc = doc_parse(name, text, length, err);
    if (doc == NULL) {
        /* The parser's message can quote what it read, and that may be a password. */
        *err = (struct err){0};
        return err_set(err, ERR_INVALID, "'%s' answers with something that is not JSON", name);
    }
    char *user = doc_get_text(doc, "Username");
    char *secret = doc_get_text(doc, "Secret");
    doc_free(doc);
    struct credentials found = {.user = user, .password = secret};
    if (user == NULL || secret == NULL || strchr(user, ':') != NULL) {
        credentials_release(&found);
        return err_set(err, ERR_INVALID, "'%s' answers without a Username and a Secret that can be sent", name);
    }
    if (secret[0] == '\0') {
        credentials_release(&found);
        return 0;
    }
    if (strcmp(user, TOKEN_USER) == 0) {
        found = (struct credentials){.identity = secret};
        free(user);
    }
    *ret = found;
    return 1;
}

/* The wait status of the helper with these descriptors; -1 on error. */
static int spawn(const char *program, int in, int out, struct err *err)
{
    char *argv[] = {xstrdup(program), (char[]){"get"}, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t ours;
    pid_t child = 0;
    int status = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE); /* which we ignore, and other programs rely on */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &ours);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int failure = posix_spawnp(&child, program, &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(argv[0]);
    if (failure != 0) {
        return err_set_errno(err, failure == ENOENT ? ERR_HOST : ERR_SYSTEM, failure, "start '%s'", program);
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return err_set_errno(err, ERR_SYSTEM, errno, "wait for '%s'", program);
        }
    }
    return status;
}

/* A file in memory of ANSWER_BYTES zeros that cannot grow: what a helper writes has an end, and what it leaves running
 * in the background (an agent) does not keep us waiting, as the other end of a pipe would. */
static int make_answer(struct err *err)
{
    auto_fd int out = memfd_create("credentials", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (out < 0 || ftruncate(out, ANSWER_BYTES) < 0 || fcntl(out, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a file in memory");
    }
    return steal_fd(&out);
}

static int take_text(const char *program, int status, const char *text, struct credentials *ret, struct err *err)
{
    size_t length = strnlen(text, ANSWER_BYTES);
    if (length == ANSWER_BYTES) {
        return err_set(err, ERR_INVALID, "'%s' answers with more than %d bytes", program, ANSWER_BYTES - 1);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return credentials_helper_parse(program, text, length, ret, err);
    }
    if (strncmp(text, NOT_FOUND, strlen(NOT_FOUND)) == 0) {
        return 0;
    }
    return err_set(err, ERR_HOST, "'%s get' failed: %.*s", program, (int)strcspn(text, "\n"), text);
}

static int take_answer(const char *program, int status, int out, struct credentials *ret, struct err *err)
{
    char *text = mmap(NULL, ANSWER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    if (text == MAP_FAILED) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read what '%s' answers", program);
    }
    int result = take_text(program, status, text, ret, err);
    explicit_bzero(text, ANSWER_BYTES);
    munmap(text, ANSWER_BYTES);
    return result;
}

int credentials_helper_ask(const char *name, const char *server, struct credentials *ret, struct err *err)
{
    auto_free char *program = xasprintf("docker-credential-%s", name);
    auto_fd int in = nameless_open("server");
    auto_fd int out = make_answer(err);
    if (out < 0) {
        return -1;
    }
    if (in < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a file in memory");
    }
    if (fs_write_fd(in, "server", server, strlen(server), err) < 0 || lseek(in, 0, SEEK_SET) < 0) {
        return err->kind == ERR_NONE ? err_set_errno(err, ERR_SYSTEM, errno, "write a file in memory") : -1;
    }
    int status = spawn(program, in, out, err);
    return status < 0 ? -1 : take_answer(program, status, out, ret, err);
}
