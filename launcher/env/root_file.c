/* SPDX-License-Identifier: BSD-2-Clause
 * root_file: the files under roots/: names, life signs, and the thread that keeps one fresh. */
#include "env/root_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "env/roots.h"

static const char unknown_boot[] = "unknown";

/* ---- names */

/* Takes what is before the next '.', or before the end. */
static bool take_number(const char **at, uint64_t *ret_value)
{
    size_t length = strcspn(*at, ".");
    auto_free char *digits = xstrndup(*at, length);
    *at += length + ((*at)[length] == '.');
    return text_to_u64(digits, 0, UINT64_MAX, ret_value);
}

bool root_name_parse(const char *file, struct root_name *ret_name)
{
    struct root_name name = {0};
    char hex[DIGEST_HEX + 1];
    if (strlen(file) < DIGEST_HEX + 1 || file[DIGEST_HEX] != '.') {
        return false;
    }
    memcpy(hex, file, DIGEST_HEX);
    hex[DIGEST_HEX] = '\0';
    const char *at = file + DIGEST_HEX + 1;
    size_t boot = strcspn(at, ".");
    if (!digest_from_hex(hex, &name.artifact) || boot > SHARING_BOOT_ID || at[boot] != '.') {
        return false;
    }
    memcpy(name.boot, at, boot);
    at += boot + 1;
    if (!take_number(&at, &name.pid_namespace) || !take_number(&at, &name.pid) || !take_number(&at, &name.start) ||
        !take_number(&at, &name.number) || *at != '\0') {
        return false;
    }
    *ret_name = name;
    return true;
}

char *root_name_format(const struct root_name *name)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&name->artifact, hex);
    return xasprintf("%s.%s.%llu.%llu.%llu.%llu", hex, name->boot, (unsigned long long)name->pid_namespace,
                     (unsigned long long)name->pid, (unsigned long long)name->start, (unsigned long long)name->number);
}

/* ---- life signs */

/* Field 22 of /proc/PID/stat, behind a command name that may hold anything; 0: there is no such process. */
static uint64_t start_of(uint64_t pid)
{
    enum { STAT_MOST = 4096, BETWEEN = 20 }; /* blanks between ')' and the field */
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    auto_free char *path = xasprintf("/proc/%llu/stat", (unsigned long long)pid);
    if (fs_read_path(path, STAT_MOST, &text, &ignored) < 0) {
        return 0;
    }
    const char *at = strrchr(buf_text(&text), ')');
    for (int i = 0; i < BETWEEN && at != NULL; i++) {
        at = strchr(at + 1, ' ');
    }
    uint64_t start = 0;
    auto_free char *digits = at != NULL ? xstrndup(at + 1, strcspn(at + 1, " ")) : NULL;
    return digits != NULL && text_to_u64(digits, 0, UINT64_MAX, &start) ? start : 0;
}

/* Names that machines have before anybody names them: two of them are not one machine. */
static bool is_no_name(const char *host)
{
    return strcmp(host, "(none)") == 0 || strcmp(host, "unknown") == 0 || strncmp(host, "localhost", 9) == 0;
}

void root_identity_read(struct root_identity *ret_identity)
{
    struct stat st;
    sharing_host(ret_identity->host);
    sharing_boot(ret_identity->boot);
    ret_identity->pid_namespace = stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

enum root_life root_name_life(const struct root_name *name, const char *host, const struct root_identity *ours)
{
    bool known = strcmp(ours->boot, unknown_boot) != 0 && strcmp(name->boot, unknown_boot) != 0;
    if (known && strcmp(name->boot, ours->boot) == 0) {
        if (name->pid_namespace != ours->pid_namespace || ours->pid_namespace == 0) {
            return ROOT_NOT_KNOWN; /* another container of this machine */
        }
        uint64_t start = start_of(name->pid);
        return start != 0 && start == name->start ? ROOT_LIVES : ROOT_DEAD;
    }
    return known && !is_no_name(host) && strcmp(host, ours->host) == 0 ? ROOT_DEAD : ROOT_NOT_KNOWN;
}

void root_name_own(const struct digest *artifact, struct root_name *ret_name)
{
    static _Atomic uint64_t number;
    struct root_identity ours;
    root_identity_read(&ours);
    *ret_name = (struct root_name){
        .artifact = *artifact,
        .pid_namespace = ours.pid_namespace,
        .pid = (uint64_t)getpid(),
        .start = start_of((uint64_t)getpid()),
        .number = atomic_fetch_add(&number, 1),
    };
    memcpy(ret_name->boot, ours.boot, sizeof(ret_name->boot));
}

/* ---- a file of our own */

struct root {
    int folder; /* roots/HOST */
    char *file;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ended;
};

/* As often as that: a file system that cannot be reached for a night costs no run its tree. */
enum { REFRESH_S = 10 * 60 };

static void *keep_fresh(void *argument)
{
    struct root *root = argument;
    struct timespec at;
    pthread_mutex_lock(&root->lock);
    clock_gettime(CLOCK_MONOTONIC, &at);
    while (!root->ended) {
        at.tv_sec += REFRESH_S;
        while (!root->ended && pthread_cond_timedwait(&root->wake, &root->lock, &at) != ETIMEDOUT) {
        }
        if (!root->ended && utimensat(root->folder, root->file, NULL, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT) {
            /* Somebody took it for stale: this machine slept for a day. */
            auto_fd int again = openat(root->folder, root->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        }
    }
    pthread_mutex_unlock(&root->lock);
    return NULL;
}

/* Signals are for the thread that waits for the command. */
static bool start_thread(struct root *root)
{
    sigset_t all;
    sigset_t before;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&root->lock, NULL);
    pthread_cond_init(&root->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&root->thread, NULL, keep_fresh, root) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static int open_folder(int store_fd, const char *host)
{
    auto_free char *path = xasprintf("roots/%s", host);
    int fd = openat(store_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && (mkdirat(store_fd, path, 0700) == 0 || errno == EEXIST)) {
        fd = openat(store_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    return fd;
}

struct root *root_register(int store_fd, const struct digest *artifact)
{
    struct root_identity ours;
    struct root_name name;
    root_identity_read(&ours);
    root_name_own(artifact, &name);
    auto_free char *file = root_name_format(&name);
    auto_fd int folder = open_folder(store_fd, ours.host);
    auto_fd int fd = folder < 0 ? -1 : openat(folder, file, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        if (errno != EROFS && errno != EACCES) {
            log_warn("other machines cannot be told that this run uses its environment: %s; keep them from removing it",
                     strerror(errno));
        }
        return NULL;
    }
    struct root *root = xcalloc(1, sizeof(*root));
    root->folder = steal_fd(&folder);
    root->file = steal_ptr(&file);
    root->has_thread = start_thread(root);
    return root;
}

void root_release(struct root *root)
{
    if (root == NULL) {
        return;
    }
    if (root->has_thread) {
        pthread_mutex_lock(&root->lock);
        root->ended = true;
        pthread_cond_signal(&root->wake);
        pthread_mutex_unlock(&root->lock);
        pthread_join(root->thread, NULL);
    }
    unlinkat(root->folder, root->file, 0);
    close(root->folder);
    free(root->file);
    free(root);
}
