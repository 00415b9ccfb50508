/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_netrc: the user's names and passwords for hosts. */
#include "supply/fetch_netrc.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"

static const char blanks[] = " \t\r\n";

/* The next word, a quoted one without its quotes (curl's and Python's reading: a backslash takes the next character as
 * it is). False at the end. */
static bool next_word(const char **at, struct buf *word)
{
    const char *c = *at + strspn(*at, blanks);
    buf_clear(word);
    if (*c == '\0') {
        *at = c;
        return false;
    }
    bool quoted = *c == '"';
    for (c += quoted ? 1 : 0; *c != '\0' && (quoted ? *c != '"' : strchr(blanks, *c) == NULL); c++) {
        c += quoted && *c == '\\' && c[1] != '\0' ? 1 : 0;
        buf_add(word, c, 1);
    }
    *at = c + (quoted && *c == '"' ? 1 : 0);
    return true;
}

/* A macro goes on to the next empty line; a word that begins with # is a remark to the end of its line. */
static void skip_macro(const char **at)
{
    const char *end = strstr(*at, "\n\n");
    *at = end != NULL ? end : *at + strlen(*at);
}

static bool take_value(const char **at, const char *key, struct buf *word, struct netrc_login *login)
{
    char **place = strcmp(key, "login") == 0 ? &login->login : strcmp(key, "password") == 0 ? &login->password : NULL;
    if (!next_word(at, word)) {
        return false;
    }
    if (place != NULL && *place == NULL) {
        *place = xstrdup(buf_text(word));
    }
    return true;
}

int netrc_parse(const char *text, const char *host, struct netrc_login *ret_login, struct err *err)
{
    auto_release(buf) struct buf word = {0};
    auto_release(netrc_login) struct netrc_login found = {0};
    auto_release(netrc_login) struct netrc_login other = {0};
    struct netrc_login *into = &other;
    while (next_word(&text, &word)) {
        auto_free char *key = xstrdup(buf_text(&word));
        bool machine = strcmp(key, "machine") == 0;
        if (machine || strcmp(key, "default") == 0) {
            if (into == &found) {
                break;
            }
            if (machine && !next_word(&text, &word)) {
                return err_set(err, ERR_INVALID, "'machine' without a name");
            }
            netrc_login_release(&other);
            into = machine && strcasecmp(buf_text(&word), host) == 0 ? &found : &other;
        } else if (strcmp(key, "macdef") == 0) {
            skip_macro(&text);
        } else if (key[0] == '#') {
            text += strcspn(text, "\n");
        } else if (strcmp(key, "login") != 0 && strcmp(key, "password") != 0 && strcmp(key, "account") != 0) {
            return err_set(err, ERR_INVALID, "a word that no netrc has"); /* not which: it may be a password */
        } else if (!take_value(&text, key, &word, into)) {
            return err_set(err, ERR_INVALID, "'%s' without a value", key);
        }
    }
    *ret_login = (struct netrc_login){.login = steal_ptr(&found.login), .password = steal_ptr(&found.password)};
    return 0;
}

static char *file_path(void)
{
    const char *path = getenv("NETRC");
    const char *home = getenv("HOME");
    if (path != NULL && path[0] != '\0') {
        return xstrdup(path);
    }
    return home != NULL && home[0] == '/' ? xasprintf("%s/.netrc", home) : NULL;
}

static bool may_use(const struct stat *st, const char *path)
{
    bool ours = st->st_uid == geteuid() || st->st_uid == 0;
    if (S_ISREG(st->st_mode) && !ours) {
        log_warn("'%s' is another user's and is not used", path);
    }
    return S_ISREG(st->st_mode) && ours;
}

int netrc_find(const char *host, struct netrc_login *ret_login, struct err *err)
{
    enum { MOST = 1024 * 1024 };
    auto_release(buf) struct buf text = {0};
    auto_free char *path = file_path();
    /* O_NONBLOCK: a FIFO in its place must not hold us. */
    auto_fd int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    struct stat st;
    *ret_login = (struct netrc_login){0};
    if (fd < 0 || fstat(fd, &st) < 0 || !may_use(&st, path)) {
        return 0;
    }
    if (fs_read_fd(fd, path, MOST, &text, err) < 0) {
        return -1;
    }
    if (netrc_parse(buf_text(&text), host, ret_login, err) < 0) {
        return err_wrap(err, "'%s'", path);
    }
    if (ret_login->login != NULL && (st.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        log_warn("others can read the passwords in '%s'; 'chmod 600' it", path);
    }
    return 0;
}

void netrc_login_release(struct netrc_login *login)
{
    free(login->login);
    free(login->password);
    *login = (struct netrc_login){0};
}
