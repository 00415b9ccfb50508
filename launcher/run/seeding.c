/* SPDX-License-Identifier: BSD-2-Clause
 * seeding: random numbers that a seed determines. */
#include "run/seeding.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/mem.h"
#include "run/processes.h"

/* The kernel's own limit for one call (random(4)), and ours for one write into a process. */
enum { RANDOM_MOST = 33554431, PART = 65536, PIPE_BYTES = 1 << 20 };

struct seeding_position {
    uint64_t offset; /* of getrandom */
    uint64_t opened; /* devices */
};

static void make_block(uint64_t seed, int pid, uint64_t device, uint64_t number, struct digest *block)
{
    char name[128];
    int length = snprintf(name, sizeof(name), "sciwrap random 1 seed %llu process %d device %llu block %llu",
                          (unsigned long long)seed, pid, (unsigned long long)device, (unsigned long long)number);
    digest_bytes(name, (size_t)length, block);
}

void seeding_bytes(uint64_t seed, int pid, uint64_t device, uint64_t offset, void *bytes, size_t length)
{
    struct digest block;
    for (size_t done = 0; done < length;) {
        size_t skip = (size_t)((offset + done) % DIGEST_BYTES);
        size_t part = DIGEST_BYTES - skip < length - done ? DIGEST_BYTES - skip : length - done;
        make_block(seed, pid, device, (offset + done) / DIGEST_BYTES, &block);
        memcpy((char *)bytes + done, block.bytes + skip, part);
        done += part;
    }
}

static struct seeding_position *position_of(struct seeding *seeding, int pid)
{
    char key[16];
    snprintf(key, sizeof(key), "%d", pid);
    struct seeding_position *position = strmap_get(&seeding->position, key);
    if (position == NULL) {
        position = xcalloc(1, sizeof(*position));
        strmap_put(&seeding->position, key, position);
    }
    return position;
}

enum recorder_answer seeding_random(struct seeding *seeding, struct recorder *recorder,
                                    const struct recorder_call *call)
{
    int pid = processes_inner_pid(call->thread);
    struct seeding_position *position = position_of(seeding, pid);
    uint64_t length = call->length < RANDOM_MOST ? call->length : RANDOM_MOST;
    char bytes[PART];
    uint64_t done = 0;
    while (done < length) {
        size_t part = length - done < sizeof(bytes) ? (size_t)(length - done) : sizeof(bytes);
        seeding_bytes(seeding->seed, pid, 0, position->offset, bytes, part);
        if (!recorder_write_memory(call->thread, call->address + done, bytes, part)) {
            break;
        }
        position->offset += part;
        done += part;
    }
    recorder_return(recorder, call->id, (int64_t)done, done == 0 && length > 0 ? EFAULT : 0);
    return RECORDER_LATER;
}

/* One opened device. */
struct stream {
    uint64_t seed;
    int pid;
    uint64_t device;
    int fd;
};

/* Until the last reader is gone: then the write fails with EPIPE (the signal is blocked in every thread). */
static void *feed(void *context)
{
    struct stream *stream = context;
    char bytes[4096];
    bool open = true;
    for (uint64_t offset = 0; open; offset += sizeof(bytes)) {
        seeding_bytes(stream->seed, stream->pid, stream->device, offset, bytes, sizeof(bytes));
        for (size_t done = 0; open && done < sizeof(bytes);) {
            ssize_t put = write(stream->fd, bytes + done, sizeof(bytes) - done);
            open = put > 0 || errno == EINTR;
            done += put > 0 ? (size_t)put : 0;
        }
    }
    close(stream->fd);
    free(stream);
    return NULL;
}

bool seeding_open(struct seeding *seeding, struct recorder *recorder, const struct recorder_call *call)
{
    int ends[2];
    pthread_t thread;
    pthread_attr_t attributes;
    int pid = processes_inner_pid(call->thread);
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return false;
    }
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* large reads come whole; refused, they come in parts */
    struct stream *stream = xcalloc(1, sizeof(*stream));
    *stream = (struct stream){
        .seed = seeding->seed, .pid = pid, .device = ++position_of(seeding, pid)->opened, .fd = ends[1]};
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool fed = pthread_create(&thread, &attributes, feed, stream) == 0;
    pthread_attr_destroy(&attributes);
    if (fed) {
        recorder_give_fd(recorder, call->id, ends[0], call->close_on_exec);
    } else {
        close(ends[1]);
        free(stream);
    }
    close(ends[0]);
    return fed;
}

bool seeding_is_device(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && (st->st_rdev == makedev(1, 8) || st->st_rdev == makedev(1, 9));
}

void seeding_release(struct seeding *seeding)
{
    for (size_t i = 0; i < seeding->position.capacity; i++) {
        free(seeding->position.slot[i].value);
    }
    strmap_release(&seeding->position);
}
