/* SPDX-License-Identifier: BSD-2-Clause
 * securing: digests and copies of the contents that files had before a run changed them. */
#include "run/securing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/progress.h"

/* Descriptors that wait; the usual limit of a process is 1024. */
enum { READING_MOST = 256, COPY_BUFFER = 1 << 20 };

struct job {
    struct work work; /* first */
    struct observer *observer;
    struct book_file *file;
    int fd;      /* O_RDONLY */
    uint64_t id; /* of a call to answer, 0 for none */
};

static int reopen(int path_fd)
{
    char link[40];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
    return open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Without the lock held. */
static bool is_as_before(struct observer *observer, const struct book_file *file, int fd)
{
    struct stat now;
    const struct stat *before = &file->before;
    if (fstat(fd, &now) < 0 || now.st_size != before->st_size) {
        return false;
    }
    if (now.st_mtim.tv_sec == before->st_mtim.tv_sec && now.st_mtim.tv_nsec == before->st_mtim.tv_nsec) {
        return true;
    }
    lock_take(&observer->book.lock); /* a call that sets times is told of before */
    bool time_set = file->time_set;
    pthread_mutex_unlock(&observer->book.lock);
    return time_set;
}

static void fail(struct book_file *file, const char *reason)
{
    file->content = BOOK_FAILED;
    if (file->failure == NULL) {
        file->failure = xstrdup(reason);
    }
}

static void give(struct observer *observer, struct book_file *file, int fd, uint64_t id, void (*run)(struct work *),
                 bool urgent)
{
    struct job *job = xcalloc(1, sizeof(*job));
    *job = (struct job){.work.run = run, .observer = observer, .file = file, .fd = fd, .id = id};
    workers_give(&observer->workers, &job->work, urgent);
}

/* What is told while the file is being secured or was changed by the run is not what it was before. */
static void note_digest(struct book_file *file, const struct digest *digest, bool good, const char *reason)
{
    if (file->content != BOOK_READING || (!good && file->altered)) {
        return; /* the one who secures it knows better */
    }
    if (good) {
        file->digest = *digest;
        file->content = BOOK_KNOWN;
    } else {
        file->changed = reason == NULL;
        fail(file, reason != NULL ? reason : "it was changed by somebody else while the run read it");
    }
}

static int read_or_recall(struct observer *observer, const struct book_file *file, int fd, struct digest *ret_digest,
                          struct err *err)
{
    struct stat st;
    struct stat after;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (fstat(fd, &st) == 0 && digest_cache_find(&observer->digests, &st, ret_digest)) {
        return 0;
    }
    if (digest_fd(fd, file->host, ret_digest, NULL, err) < 0) {
        return -1;
    }
    bool held = fstat(fd, &after) == 0 && after.st_size == st.st_size && after.st_ctim.tv_sec == st.st_ctim.tv_sec &&
                after.st_ctim.tv_nsec == st.st_ctim.tv_nsec;
    if (held) {
        digest_cache_add(&observer->digests, &st, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, ret_digest);
    }
    return 0;
}

static void run_read(struct work *work)
{
    struct job *job = (struct job *)work;
    struct observer *observer = job->observer;
    struct digest digest;
    struct err err = {0};
    int result = read_or_recall(observer, job->file, job->fd, &digest, &err);
    bool same = result == 0 && is_as_before(observer, job->file, job->fd);
    lock_take(&observer->book.lock);
    note_digest(job->file, &digest, same, result < 0 ? err.text : NULL);
    pthread_mutex_unlock(&observer->book.lock);
    close(job->fd);
    atomic_fetch_sub(&observer->reading, 1);
    if (job->id != 0) {
        recorder_answer(observer->recorder, job->id);
    }
    free(job);
}

bool securing_read(struct observer *observer, struct book_file *file, int path_fd, uint64_t id)
{
    if (file->content != BOOK_UNREAD || !S_ISREG(file->before.st_mode)) {
        return true;
    }
    int fd = reopen(path_fd);
    if (fd < 0) {
        fail(file, strerror(errno));
        return true;
    }
    bool many = atomic_fetch_add(&observer->reading, 1) >= READING_MOST;
    file->content = BOOK_READING;
    give(observer, file, fd, many ? id : 0, run_read, false);
    return !many || id == 0;
}

static int copy_and_hash(int from, int to, struct digest *ret_digest, struct err *err)
{
    auto_free char *buffer = xmalloc(COPY_BUFFER);
    struct digest_state state;
    ssize_t got;
    digest_begin(&state);
    while ((got = read(from, buffer, COPY_BUFFER)) != 0) {
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read");
        }
        digest_update(&state, buffer, (size_t)got);
        progress_tick(PROGRESS_BYTES, (uint64_t)got);
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, buffer + done, (size_t)(got - done));
            if (put < 0 && errno != EINTR) {
                return err_set_errno(err, ERR_SYSTEM, errno, "keep a copy");
            }
            done += put > 0 ? put : 0;
        }
    }
    digest_end(&state, ret_digest);
    return 0;
}

static void answer_all(struct observer *observer, struct book_file *file)
{
    for (size_t i = 0; i < file->waiting_count; i++) {
        recorder_answer(observer->recorder, file->waiting[i]);
    }
    file->waiting_count = 0;
}

/* From here on the run may change the file. */
static void release(struct observer *observer, struct book_file *file)
{
    lock_take(&observer->book.lock);
    file->secured = true;
    answer_all(observer, file);
    pthread_mutex_unlock(&observer->book.lock);
}

static void settle(struct observer *observer, struct book_file *file, const struct digest *digest, const char *failure)
{
    lock_take(&observer->book.lock);
    if (failure == NULL && file->content == BOOK_KNOWN && !digest_equal(digest, &file->digest)) {
        file->changed = true; /* what the run has read is not what was secured */
        file->failure = xstrdup("it was changed by somebody else meanwhile");
    } else if (failure == NULL) {
        file->digest = *digest;
        file->content = BOOK_KNOWN;
        file->kept = true;
    } else if (file->content == BOOK_KNOWN) {
        file->failure = xstrdup(failure); /* the digest is good, the content is gone */
    } else {
        fail(file, failure);
    }
    pthread_mutex_unlock(&observer->book.lock);
}

static int keep_content(const struct job *job, struct object *object, struct digest *ret_digest, struct err *err)
{
    struct observer *observer = job->observer;
    if (objects_begin(&observer->objects, object, err) < 0) {
        return -1;
    }
    if (ioctl(object->fd, FICLONE, job->fd) == 0) { /* shares the blocks: done in no time, and hashed at leisure */
        bool same = is_as_before(observer, job->file, object->fd) || is_as_before(observer, job->file, job->fd);
        release(observer, job->file);
        if (!same) {
            return err_set(err, ERR_MISMATCH, "it was changed by somebody else meanwhile");
        }
        return digest_fd(object->fd, job->file->host, ret_digest, NULL, err);
    }
    if (copy_and_hash(job->fd, object->fd, ret_digest, err) < 0) {
        return -1;
    }
    if (!is_as_before(observer, job->file, job->fd)) {
        return err_set(err, ERR_MISMATCH, "it was changed by somebody else meanwhile");
    }
    return 0;
}

static void run_keep(struct work *work)
{
    struct job *job = (struct job *)work;
    struct observer *observer = job->observer;
    struct object object = {.fd = -1};
    struct digest digest;
    struct err err = {0};
    int result = keep_content(job, &object, &digest, &err);
    if (result == 0) {
        result = objects_commit(&observer->objects, &object, &digest, &err);
    } else {
        objects_abandon(&observer->objects, &object);
    }
    settle(observer, job->file, &digest, result == 0 ? NULL : err.text);
    release(observer, job->file);
    close(job->fd);
    free(job);
}

/* Too large to be kept: at least what it was is noted, if the run read it. */
static void run_hash_before_change(struct work *work)
{
    struct job *job = (struct job *)work;
    struct digest digest;
    struct err err = {0};
    int result = digest_fd(job->fd, job->file->host, &digest, NULL, &err);
    lock_take(&job->observer->book.lock);
    if (job->file->content != BOOK_KNOWN) {
        job->file->content = BOOK_READING;
        note_digest(job->file, &digest, result == 0, err.text);
    }
    pthread_mutex_unlock(&job->observer->book.lock);
    release(job->observer, job->file);
    close(job->fd);
    free(job);
}

static void add_waiting(struct book_file *file, uint64_t id)
{
    file->waiting = xreallocarray(file->waiting, file->waiting_count + 1, sizeof(*file->waiting));
    file->waiting[file->waiting_count++] = id;
}

bool securing_keep(struct observer *observer, struct book_file *file, int path_fd, uint64_t id)
{
    if (file->secured || !file->existed || !S_ISREG(file->before.st_mode)) {
        return true;
    }
    bool begun = file->waiting_count > 0;
    if (begun) {
        add_waiting(file, id);
        return false;
    }
    int fd = reopen(path_fd);
    file->too_large = (uint64_t)file->before.st_size > observer->keep_most;
    if (fd < 0 || (file->too_large && !file->read)) {
        fail(file, fd < 0 ? strerror(errno) : "larger than the limit for keeping old contents");
        file->secured = true;
        if (fd >= 0) {
            close(fd);
        }
        return true;
    }
    add_waiting(file, id);
    give(observer, file, fd, 0, file->too_large ? run_hash_before_change : run_keep, true);
    return false;
}
