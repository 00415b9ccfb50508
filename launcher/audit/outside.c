/* SPDX-License-Identifier: BSD-2-Clause
 * outside: what became of the victims, seen from outside. */
#include "audit/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "audit/servers.h"
#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"

static const char wall[] = "outside";

static void host_name(char to[65])
{
    struct utsname names;
    snprintf(to, 65, "%s", uname(&names) == 0 ? names.nodename : "");
}

static char *secret_path(const struct victims *victims)
{
    return xasprintf("%s/secret", victims->folder.path);
}

static char *record_path(const struct victims *victims)
{
    return xasprintf("%s/.sciwrap/record", victims->work);
}

void outside_look(struct outside *outside, const struct victims *victims, const char *probe_path)
{
    auto_free char *secret = secret_path(victims);
    auto_free char *record = record_path(victims);
    outside->probe_path = probe_path;
    if (stat(secret, &outside->file) < 0 || stat(record, &outside->record) < 0 ||
        stat("/proc/self/exe", &outside->program) < 0 || stat(probe_path, &outside->probe) < 0) {
        outside->probe.st_ino = 0; /* then nothing below is the same */
    }
    host_name(outside->host_name);
}

/* Reads do not show; changes of content, mode, owner and links do. */
static bool is_same(const struct stat *before, const char *path)
{
    struct stat now;
    return stat(path, &now) == 0 && now.st_ino == before->st_ino && now.st_dev == before->st_dev &&
           now.st_size == before->st_size && now.st_ctim.tv_sec == before->st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == before->st_ctim.tv_nsec;
}

static void add(struct rows *rows, const char *name, const char *text, bool held, const char *good, const char *bad)
{
    row_set(rows_add(rows, wall, name, text), held ? ROWS_HELD : ROWS_OPEN, "", held ? good : bad);
}

/* What was given on purpose is no hole. */
static void excuse(struct rows *rows, const struct strlist *asked, const char *option)
{
    struct row *row = &rows->item[rows->count - 1];
    if (strcmp(row->outcome, ROWS_OPEN) == 0 && strlist_has(asked, option)) {
        auto_free char *why = xasprintf(ROWS_ASKED "%s", option);
        auto_free char *detail = xstrdup(row->detail);
        row_set(row, ROWS_SHARED, why, detail);
    }
}

static void compare_process(const struct victims *victims, struct rows *rows)
{
    bool alive = waitpid(victims->process, NULL, WNOHANG) == 0;
    int signals = victims->state->signals;
    auto_free char *bad = xasprintf("it %s, heard of %d signals, and its memory was %s", alive ? "lives" : "is gone",
                                    signals, victims->state->spot != 0 ? "changed" : "not changed");
    add(rows, "process", "touch the process outside", alive && signals == 0 && victims->state->spot == 0,
        "it lives, heard of no signal, and its memory is what it was", bad);
    struct row *all = rows_find(rows, "processes", "signal-all");
    if (all != NULL && signals > 0 && strcmp(all->outcome, ROWS_HELD) == 0) {
        row_set(all, ROWS_OPEN, "", "the process outside heard of a signal");
    }
}

/* The probe's row is "shared" where the kernel has no means. */
static void compare_group(const struct victims *victims, struct rows *rows)
{
    static const char bad[] = "a process of the caller's group heard of a signal";
    struct row *row = rows_add(rows, wall, "group", "signal the caller's process group");
    struct row *inside = rows_find(rows, "processes", "signal-own-group");
    if (victims->state->shared == 0 || inside == NULL) {
        row_set(row, ROWS_HELD, "", "nobody heard of a signal");
    } else if (strcmp(inside->outcome, ROWS_SHARED) == 0) {
        auto_free char *mechanism = xstrdup(inside->mechanism);
        row_set(row, ROWS_SHARED, mechanism, bad);
    } else {
        row_set(row, ROWS_OPEN, "", bad);
        row_set(inside, ROWS_OPEN, "", bad);
    }
}

static void compare_files(const struct outside *outside, const struct victims *victims, const struct strlist *asked,
                          struct rows *rows)
{
    struct err ignored = {0};
    struct strlist names = {0};
    auto_free char *secret = secret_path(victims);
    bool listed = fs_list(victims->folder.fd, ".", &names, &ignored) == 0;
    size_t expected = victims->named >= 0 ? 3 : 2; /* secret, work, socket */
    add(rows, "file", "change the file outside, or add one",
        is_same(&outside->file, secret) && listed && names.count == expected, "nothing was changed or added",
        "the folder outside is not what it was");
    excuse(rows, asked, "--bind");
    strlist_release(&names);
    auto_free char *record = record_path(victims);
    add(rows, "records", "change the record of an earlier run", is_same(&outside->record, record), "it is what it was",
        "it was changed");
    add(rows, "programs", "change sciwrap or its helper",
        is_same(&outside->program, "/proc/self/exe") && is_same(&outside->probe, outside->probe_path),
        "they are what they were", "one of them was changed");
}

static void compare_sockets(const struct victims *victims, const struct strlist *asked, struct rows *rows)
{
    bool reached = servers_was_reached(victims->tcp) || servers_was_reached(victims->udp) ||
                   servers_was_reached(victims->abstract);
    add(rows, "servers", "reach a server outside", !reached, "nobody came", "somebody came");
    excuse(rows, asked, "--network");
    add(rows, "named", "reach a server outside by a path", !servers_was_reached(victims->named), "nobody came",
        "somebody came");
    excuse(rows, asked, "--bind");
    if (victims->named < 0) {
        row_set(&rows->item[rows->count - 1], ROWS_NOT, "",
                "the path of the temporary folder is too long for a socket");
    }
}

static void compare_terminal(const struct victims *victims, struct rows *rows)
{
    int waiting = 0;
    if (victims->slave < 0 || ioctl(victims->slave, FIONREAD, &waiting) < 0) {
        row_set(rows_add(rows, wall, "terminal", "type into the terminal"), ROWS_NOT, "", "there is none");
        return;
    }
    add(rows, "terminal", "type into the terminal", waiting == 0, "nothing was typed", "something was typed");
}

/* The kernel ends what is left with PID 1; until that is through sciwrap itself does not end. */
static void compare_left(const struct victims *victims, struct rows *rows)
{
    auto_free char *path = xasprintf("%s/left-behind", victims->work);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        row_set(rows_add(rows, wall, "left", "leave a process behind"), ROWS_NOT, "", "none was started");
        return;
    }
    bool gone = flock(fd, LOCK_EX | LOCK_NB) == 0;
    add(rows, "left", "leave a process behind", gone, "none is alive", "one is alive after the run");
    struct row *stay = rows_find(rows, "processes", "stay");
    if (!gone && stay != NULL) {
        row_set(stay, ROWS_OPEN, "", "it was alive after the end of the run");
    }
}

static void compare_host(const struct outside *outside, const struct victims *victims, struct rows *rows)
{
    char now[65];
    struct buf mounts = {0};
    struct err ignored = {0};
    host_name(now);
    add(rows, "host-name", "change the host's name", strcmp(now, outside->host_name) == 0, "it is what it was",
        "it was changed");
    enum { MOUNTS_MOST = 16 << 20 };
    bool read = fs_read_path("/proc/self/mountinfo", MOUNTS_MOST, &mounts, &ignored) == 0;
    add(rows, "mounts", "leave a mount on the host", read && strstr(buf_text(&mounts), victims->folder.name) == NULL,
        "there is none", "one is there");
    buf_release(&mounts);
}

void outside_compare(const struct outside *outside, const struct victims *victims, const struct strlist *asked,
                     struct rows *rows)
{
    compare_process(victims, rows);
    compare_group(victims, rows);
    compare_files(outside, victims, asked, rows);
    compare_sockets(victims, asked, rows);
    compare_terminal(victims, rows);
    compare_left(victims, rows);
    compare_host(outside, victims, rows);
}
