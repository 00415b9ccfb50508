/* SPDX-License-Identifier: BSD-2-Clause
 * verify_program: the part of verify.h about programs: which file a command is, and which files the kernel opens to
 * start it. execve(2), elf(5). */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "env/interpreter.h"
#include "env/verify_state.h"

/* What the kernel opens to start the program at `real`; NULL when that is nothing. */
static char *interpreter_at(struct verify *verify, const char *real, bool *ret_script)
{
    struct stat st;
    auto_fd int fd = fs_open_beneath(verify->tree.rootfs, real, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? interpreter_of(fd, ret_script) : NULL;
}

/* Where `named` is in the tree, as the index and the disk agree on it. False when they do not, which is noted.
 * *ret_real stays empty when it is nothing of the tree. */
static bool find_program(struct verify *verify, const char *named, struct buf *ret_real, struct stat *ret_st)
{
    auto_release(buf) struct buf should = {0};
    enum verify_way way = verify_resolve(verify, named, true, &should);
    if (way == VERIFY_WAY_OUTSIDE) {
        return true;
    }
    if (fs_find_in_root(verify->tree.rootfs, named, ret_real, ret_st)) {
        return way == VERIFY_WAY_INSIDE || verify_check_used(verify, named, buf_text(ret_real));
    }
    return verify_check_missing(verify, named);
}

static bool check_program(struct verify *verify, const char *named, const char *real)
{
    auto_free char *path = xstrdup(real + strspn(real, "/"));
    bool good = verify_check_used(verify, named, path);
    for (int depth = 0; good && depth < INTERPRETERS_MOST; depth++) {
        bool script = false;
        struct stat st;
        auto_release(buf) struct buf next = {0};
        auto_free char *interpreter = interpreter_at(verify, path, &script);
        if (interpreter == NULL || interpreter[0] != '/') {
            break; /* a relative one is looked up where the run is, not in the tree */
        }
        good = find_program(verify, interpreter, &next, &st);
        if (!good || next.length == 0) {
            break;
        }
        good = verify_check_used(verify, interpreter, buf_text(&next));
        if (!script) {
            break;
        }
        free(path);
        path = buf_take(&next);
    }
    return good;
}

bool verify_program(struct verify *verify, const char *named, const char *real)
{
    verify_learn_covers(verify);
    return check_program(verify, named, real);
}

/* 1 it is this one; 0 not, look further; -1 spoiled. */
static int try_candidate(struct verify *verify, const char *candidate)
{
    auto_release(buf) struct buf real = {0};
    struct stat st;
    if (!find_program(verify, candidate, &real, &st)) {
        return -1;
    }
    /* execvp(3) goes on where the kernel refuses. */
    if (real.length == 0 || !S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0) {
        return 0;
    }
    return check_program(verify, candidate, buf_text(&real)) ? 1 : -1;
}

bool verify_command(struct verify *verify, const char *name, const char *search_path)
{
    if (strchr(name, '/') != NULL) {
        return name[0] != '/' || try_candidate(verify, name) >= 0;
    }
    for (const char *at = search_path; *at != '\0' && name[0] != '\0';) {
        size_t length = strcspn(at, ":");
        auto_free char *candidate = xasprintf("%.*s/%s", (int)length, at, name);
        int found = at[0] == '/' ? try_candidate(verify, candidate) : 0;
        if (found != 0) {
            return found > 0;
        }
        at += length;
        at += *at == ':';
    }
    return true;
}
