/* SPDX-License-Identifier: BSD-2-Clause
 * victims: what an audit puts up outside for the probe to attack. */
#include "audit/victims.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#include "audit/servers.h"
#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "run/scratch.h"

#define NAME_PREFIX "sciwrap-audit-"

enum { SEGMENT_BYTES = 4096, HANDLE_MOST = 128, FIRST_LEFT_OPEN = 20 };

/* Of the victim process: at the same address in it as in here, since it is a copy. */
static char secret_in_memory[VICTIMS_SECRET + 1];

static volatile int *own_count;

static void count_signal(int signal_number)
{
    (void)signal_number;
    ++*own_count;
}

static _Noreturn void be_victim(const char *folder, volatile int *count)
{
    own_count = count;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)!chdir(folder);
    struct sigaction action = {.sa_handler = count_signal};
    sigaction(SIGURG, &action, NULL);
    for (;;) {
        pause();
    }
}

static int make_process(struct victims *victims, struct err *err)
{
    void *state = mmap(NULL, sizeof(*victims->state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (state == MAP_FAILED) {
        return err_set_errno(err, ERR_SYSTEM, errno, "share memory with a process to be attacked");
    }
    victims->state = state;
    memcpy(secret_in_memory, victims->secret, sizeof(secret_in_memory));
    victims->process = fork();
    if (victims->process == 0) {
        setpgid(0, 0);
        be_victim(victims->folder.path, &victims->state->signals);
    }
    victims->member = victims->process < 0 ? -1 : fork();
    if (victims->member == 0) {
        be_victim(victims->folder.path, &victims->state->shared);
    }
    if (victims->member < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a process to be attacked");
    }
    (void)setpgid(victims->process, victims->process);
    return 0;
}

static int make_secret(struct victims *victims, struct err *err)
{
    unsigned char random[VICTIMS_SECRET / 2];
    if (!random_fill(random, sizeof(random))) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
    }
    for (size_t i = 0; i < sizeof(random); i++) {
        snprintf(victims->secret + 2 * i, 3, "%02x", random[i]);
    }
    /* Not the secret itself: a name can be seen by those who may not read the content. */
    if (!random_fill(random, sizeof(random))) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
    }
    victims->name = xasprintf(NAME_PREFIX "%d-%02x%02x%02x%02x%02x%02x", getpid(), random[0], random[1], random[2],
                              random[3], random[4], random[5]);
    return 0;
}

static char *secret_path(const struct victims *victims)
{
    return xasprintf("%s/secret", victims->folder.path);
}

static int make_folder(struct victims *victims, struct err *err)
{
    auto_free char *base = scratch_base();
    if (private_folder_open(&victims->folder, base, "sciwrap-audit.", err) < 0) {
        return -1;
    }
    victims->work = xasprintf("%s/work", victims->folder.path);
    auto_free char *secret = secret_path(victims);
    auto_free char *records = xasprintf("%s/.sciwrap", victims->work);
    auto_free char *link = xasprintf("%s/link", victims->work);
    if (fs_write_atomic(victims->folder.fd, "secret", 0600, victims->secret, VICTIMS_SECRET, err) < 0) {
        return -1;
    }
    if (mkdir(victims->work, 0700) < 0 || mkdir(records, 0700) < 0 || symlink(secret, link) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a work directory for the audit in '%s'",
                             victims->folder.path);
    }
    auto_fd int fd = open(records, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fs_write_atomic(fd, "record", 0600, victims->secret, VICTIMS_SECRET, err);
}

/* Of audits that were killed: their names tell whose they were. What belongs to another user cannot be removed. */
static void remove_leftovers(void)
{
    auto_release(strlist) struct strlist names = {0};
    struct err ignored = {0};
    if (fs_list(AT_FDCWD, "/dev/shm", &names, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.item[i];
        bool ours = strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0;
        long pid = ours ? strtol(name + strlen(NAME_PREFIX), NULL, 10) : 0;
        if (pid > 1 && pid <= INT_MAX && kill((pid_t)pid, 0) < 0 && errno == ESRCH) {
            auto_free char *path = xasprintf("/dev/shm/%s", name);
            syscall(SYS_mq_unlink, name); /* first: the file is how it is found */
            unlink(path);
        }
    }
}

static void make_memory(struct victims *victims)
{
    remove_leftovers();
    victims->shm = shmget(IPC_PRIVATE, SEGMENT_BYTES, IPC_CREAT | 0600);
    void *memory =
        victims->shm >= 0 ? shmat(victims->shm, NULL, 0) : (void *)-1; /* NOLINT(performance-no-int-to-ptr) */
    if ((intptr_t)memory != -1) {
        memcpy(memory, victims->secret, sizeof(victims->secret));
        /* Gone with this process, whatever becomes of it; until then it can be found by its number. */
        shmctl(victims->shm, IPC_RMID, NULL);
    }
    auto_free char *path = xasprintf("/dev/shm/%s", victims->name);
    auto_fd int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    (void)!write(fd, victims->secret, VICTIMS_SECRET);
    auto_fd int queue = (int)syscall(SYS_mq_open, victims->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, NULL);
}

/* In a session key ring of this process, so that the user's own one stays as it is. */
static void make_key(struct victims *victims)
{
    enum { JOIN_SESSION = 1, SESSION_RING = -3 };
    if (syscall(SYS_keyctl, JOIN_SESSION, NULL) < 0) {
        return;
    }
    long key = syscall(SYS_add_key, "user", victims->name, victims->secret, (size_t)VICTIMS_SECRET, SESSION_RING);
    victims->key = key > 0 ? (int)key : 0;
}

static void make_terminal(struct victims *victims)
{
    char path[128];
    struct termios modes;
    victims->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (victims->master < 0 || grantpt(victims->master) < 0 || unlockpt(victims->master) < 0 ||
        ptsname_r(victims->master, path, sizeof(path)) != 0) {
        return;
    }
    victims->slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (victims->slave >= 0 && tcgetattr(victims->slave, &modes) == 0) {
        cfmakeraw(&modes); /* what is typed can be counted at once, and nothing is echoed */
        tcsetattr(victims->slave, TCSANOW, &modes);
    }
}

int victims_make(struct victims *victims, struct err *err)
{
    if (make_secret(victims, err) < 0 || make_folder(victims, err) < 0 || make_process(victims, err) < 0) {
        return -1;
    }
    victims->tcp = servers_internet(SOCK_STREAM);
    victims->udp = servers_internet(SOCK_DGRAM);
    victims->abstract = servers_abstract(victims->name);
    victims->named = servers_named(victims->folder.path);
    make_memory(victims);
    make_key(victims);
    make_terminal(victims);
    return 0;
}

/* The file's handle as "TYPE:HEX"; NULL where the file system has none. */
static char *handle_of(const char *path)
{
    struct {
        unsigned length;
        int type;
        unsigned char bytes[HANDLE_MOST];
    } handle = {.length = HANDLE_MOST};
    int mount = 0;
    if (syscall(SYS_name_to_handle_at, AT_FDCWD, path, &handle, &mount, 0) < 0 || handle.length > HANDLE_MOST) {
        return NULL;
    }
    struct buf text = {0};
    buf_addf(&text, "%d:", handle.type);
    for (unsigned i = 0; i < handle.length; i++) {
        buf_addf(&text, "%02x", handle.bytes[i]);
    }
    return buf_take(&text);
}

static void describe_namespaces(struct strlist *words)
{
    static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct stat st;
        auto_free char *path = xasprintf("/proc/self/ns/%s", names[i]);
        if (stat(path, &st) == 0) {
            strlist_addf(words, "%s=%" PRIu64, names[i], (uint64_t)st.st_ino);
        }
    }
}

void victims_describe(const struct victims *victims, struct strlist *words)
{
    auto_free char *secret = secret_path(victims);
    auto_free char *handle = handle_of(secret);
    strlist_addf(words, "secret=%s", victims->secret);
    strlist_addf(words, "folder=%s", victims->folder.path);
    strlist_addf(words, "victim=%d", victims->process);
    strlist_addf(words, "address=%" PRIuPTR, (uintptr_t)secret_in_memory);
    strlist_addf(words, "spot=%" PRIuPTR, (uintptr_t)&victims->state->spot);
    strlist_addf(words, "abstract=%s", victims->name);
    strlist_addf(words, "posix=%s", victims->name);
    strlist_addf(words, "tcp=%u", servers_port(victims->tcp));
    strlist_addf(words, "udp=%u", servers_port(victims->udp));
    if (handle != NULL) {
        strlist_addf(words, "handle=%s", handle);
    }
    if (victims->shm >= 0) {
        strlist_addf(words, "shm=%d", victims->shm);
    }
    if (victims->key > 0) {
        strlist_addf(words, "key=%d", victims->key);
    }
    describe_namespaces(words);
}

static int open_input(const struct victims *victims, enum victims_input input, const char *secret)
{
    switch (input) {
    case VICTIMS_FILE:
        return open(secret, O_RDONLY | O_CLOEXEC);
    case VICTIMS_FOLDER:
        return open(victims->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    case VICTIMS_TERMINAL:
        break;
    }
    return victims->slave >= 0 ? fcntl(victims->slave, F_DUPFD_CLOEXEC, 0) : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void victims_hand_down(const struct victims *victims, enum victims_input input)
{
    auto_free char *path = secret_path(victims);
    setenv("SCIWRAP_AUDIT_SECRET", victims->secret, 1);
    /* Not close-on-exec: as a careless caller would leave them. */
    (void)fcntl(open(path, O_RDWR | O_CLOEXEC), F_DUPFD, FIRST_LEFT_OPEN);
    (void)fcntl(victims->folder.fd, F_DUPFD, FIRST_LEFT_OPEN);
    (void)fcntl(victims->tcp, F_DUPFD, FIRST_LEFT_OPEN);
    (void)dup2(open_input(victims, input, path), STDIN_FILENO);
}

static void end_process(pid_t process)
{
    if (process > 0) {
        kill(process, SIGKILL);
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

static void close_one(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

void victims_release(struct victims *victims)
{
    end_process(victims->process);
    end_process(victims->member);
    if (victims->name != NULL) {
        auto_free char *path = xasprintf("/dev/shm/%s", victims->name);
        syscall(SYS_mq_unlink, victims->name);
        unlink(path);
    }
    close_one(victims->tcp);
    close_one(victims->udp);
    close_one(victims->abstract);
    close_one(victims->named);
    close_one(victims->master);
    close_one(victims->slave);
    private_folder_close(&victims->folder);
    free(victims->work);
    free(victims->name);
    *victims = (struct victims)VICTIMS_NONE;
}
