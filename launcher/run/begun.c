/* SPDX-License-Identifier: BSD-2-Clause
 * begun: runs that have begun and have no record. */
#include "run/begun.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "env/sharing.h"
#include "run/circumstances.h"

enum {
    NOTE_MOST = 4 << 20, /* the kernel takes half of it as the words of a command (execve(2)) */
    SETTLED_S = 2,       /* a folder that is younger is left alone: its launcher is about to lock it */
};

static char *format_note(const char *id, const struct setup *setup, const struct job *job)
{
    struct timespec now = {0};
    char host[SHARING_HOST + 1];
    char boot_id[SHARING_BOOT_ID + 1];
    struct doc *object = doc_object();
    clock_gettime(CLOCK_REALTIME, &now);
    auto_free char *started = circumstances_time((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    sharing_host(host);
    sharing_boot(boot_id);
    doc_put_text(object, "schema", BEGUN_SCHEMA);
    doc_put_text(object, "id", id);
    doc_put_text(object, "started", started);
    doc_put_text(object, "host", host);
    doc_put_text(object, "boot_id", boot_id);
    doc_put_text(object, "environment", setup->environment.name);
    doc_put_texts(object, "command", &setup->argv);
    doc_put(object, "job", job_doc(job));
    char *text = doc_print(object);
    doc_free(object);
    return text;
}

/* A run is not worth less without the note. */
static void note(struct begun *begun, const char *id, const struct setup *setup, const struct job *job)
{
    struct err unwritten = {0};
    auto_free char *text = format_note(id, setup, job);
    begun->noted = fs_write_atomic(begun->fd, BEGUN_NAME, 0666, text, strlen(text), &unwritten) == 0;
    if (!begun->noted) {
        log_debug("that the run has begun is not noted: %s", unwritten.text);
    }
}

int begun_start(struct begun *begun, const struct project *project, const struct setup *setup, const struct job *job,
                char *ret_id, struct err *err)
{
    *begun = (struct begun){.fd = -1};
    if (project_new_run(project, ret_id, err) < 0) {
        return -1;
    }
    begun->fd = openat(project->runs_fd, ret_id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (begun->fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s/runs/%s'", project->path, ret_id);
    }
    (void)flock(begun->fd, LOCK_EX | LOCK_NB); /* refused, nobody can tell a lost run from one that goes on */
    if (job->is_node) {
        note(begun, ret_id, setup, job);
    }
    return 0;
}

int begun_record(struct begun *begun, const char *manifest, struct err *err)
{
    if (fs_write_atomic(begun->fd, MANIFEST_NAME, 0666, manifest, strlen(manifest), err) < 0) {
        return err_wrap(err, "record of the run");
    }
    if (begun->noted) {
        unlinkat(begun->fd, BEGUN_NAME, 0);
    }
    begun->noted = false;
    return 0;
}

void begun_drop(struct begun *begun, const struct project *project, const char *id)
{
    if (begun->noted) {
        unlinkat(begun->fd, BEGUN_NAME, 0);
    }
    begun->noted = false;
    if (begun->fd >= 0) {
        unlinkat(project->runs_fd, id, AT_REMOVEDIR);
    }
}

void begun_close(struct begun *begun)
{
    if (begun->fd >= 0) {
        close(begun->fd);
    }
    begun->fd = -1;
}

/* What the note says; true when it was written in this boot of this host. */
static bool read_note(struct begun_run *run, int fd)
{
    char here[SHARING_BOOT_ID + 1];
    struct err unread = {0};
    auto_release(buf) struct buf text = {0};
    struct doc *note = fs_read_at(fd, BEGUN_NAME, NOTE_MOST, &text, &unread) == 0
                           ? doc_parse(BEGUN_NAME, buf_text(&text), text.length, &unread)
                           : NULL;
    auto_free char *boot_id = doc_get_text(note, "boot_id");
    auto_free char *started = doc_get_text(note, "started");
    const struct doc *command = doc_get(note, "command");
    if (started != NULL) {
        free(run->started);
        run->started = steal_ptr(&started);
    }
    run->host = doc_get_text(note, "host");
    run->environment = doc_get_text(note, "environment");
    for (size_t i = 0; i < doc_count(command); i++) {
        auto_free char *word = doc_text(doc_at(command, i));
        strlist_add(&run->command, word != NULL ? word : "");
    }
    (void)job_read(note, &run->job);
    doc_free(note);
    sharing_boot(here);
    return boot_id != NULL && strcmp(boot_id, here) == 0;
}

/* A lock that could be had is given back by closing. */
static enum begun_state ask_lock(int fd)
{
    if (flock(fd, LOCK_SH | LOCK_NB) < 0) {
        return errno == EWOULDBLOCK ? BEGUN_GOES_ON : BEGUN_ELSEWHERE;
    }
    return faccessat(fd, MANIFEST_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? BEGUN_GOES_ON : BEGUN_LOST;
}

void begun_look(struct begun_run *ret_run, const struct project *project, const char *id)
{
    struct stat st = {0};
    struct timespec now = {0};
    *ret_run = (struct begun_run){.state = BEGUN_ELSEWHERE};
    clock_gettime(CLOCK_REALTIME, &now);
    auto_fd int fd = openat(project->runs_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool gone = fd < 0 && errno != EACCES;
    if (gone || fd < 0 || fstat(fd, &st) < 0 || now.tv_sec - st.st_mtim.tv_sec < SETTLED_S) {
        ret_run->state = gone || fd >= 0 ? BEGUN_GOES_ON : BEGUN_ELSEWHERE;
    }
    ret_run->started = circumstances_time((int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
    if (fd >= 0 && ret_run->state != BEGUN_GOES_ON) {
        bool is_ours = read_note(ret_run, fd) || (ret_run->host == NULL && !sharing_is_network(fd));
        ret_run->state = is_ours ? ask_lock(fd) : BEGUN_ELSEWHERE;
    }
}

void begun_run_release(struct begun_run *run)
{
    free(run->started);
    free(run->host);
    free(run->environment);
    strlist_release(&run->command);
    job_release(&run->job);
    *run = (struct begun_run){0};
}
