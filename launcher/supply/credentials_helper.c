/* SPDX-License-Identifier: BSD-2-Clause
 * credentials_helper: asks docker-credential-NAME. */
#include "supply/credentials_helper.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/doc.h"
#include "base/fs.h"
#include "base/mem.h"

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
    pid_t child = 0;
    int status = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    int failure = posix_spawnp(&child, program, &actions, NULL, argv, environ);
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

static int take_answer(const char *program, int status, int out, struct credentials *ret, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    if (lseek(out, 0, SEEK_SET) < 0 || fs_read_fd(out, program, ANSWER_BYTES, &text, err) < 0) {
        return err->kind == ERR_NONE ? err_set_errno(err, ERR_SYSTEM, errno, "read what '%s' answers", program) : -1;
    }
    int result = 1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        result = credentials_helper_parse(program, buf_text(&text), text.length, ret, err);
    } else if (strncmp(buf_text(&text), NOT_FOUND, strlen(NOT_FOUND)) == 0) {
        result = 0;
    } else {
        result = err_set(err, ERR_HOST, "'%s get' failed: %.*s", program, (int)strcspn(buf_text(&text), "\n"),
                         buf_text(&text));
    }
    if (text.bytes != NULL) {
        explicit_bzero(text.bytes, text.length);
    }
    return result;
}

int credentials_helper_ask(const char *name, const char *server, struct credentials *ret, struct err *err)
{
    auto_free char *program = xasprintf("docker-credential-%s", name);
    auto_fd int in = memfd_create("server", MFD_CLOEXEC);
    auto_fd int out = memfd_create("credentials", MFD_CLOEXEC);
    if (in < 0 || out < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a file in memory");
    }
    if (fs_write_fd(in, "server", server, strlen(server), err) < 0 || lseek(in, 0, SEEK_SET) < 0) {
        return err->kind == ERR_NONE ? err_set_errno(err, ERR_SYSTEM, errno, "write a file in memory") : -1;
    }
    int status = spawn(program, in, out, err);
    return status < 0 ? -1 : take_answer(program, status, out, ret, err);
}
