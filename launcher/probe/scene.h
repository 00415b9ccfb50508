/* SPDX-License-Identifier: BSD-2-Clause
 *
 * scene: what the launcher's side of an audit has put up outside for the probe to reach, as words "key=value" of the
 * command line, and what the probe finds out about itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum scene_namespace {
    SCENE_USER,
    SCENE_MNT,
    SCENE_PID,
    SCENE_NET,
    SCENE_IPC,
    SCENE_UTS,
    SCENE_CGROUP,
    SCENE_NAMESPACES
};

struct scene {
    /* Victims; 0 or NULL when there is none. */
    const char *secret; /* the text that is in the file, the memory, the key and the variable */
    pid_t victim;       /* a process of the same user */
    uint64_t address;   /* of the secret in its memory */
    uint64_t spot;      /* of a byte in its memory that may be changed */
    const char *folder; /* host path: holds "secret" and "socket"; the current directory is its "work" */
    const char *handle; /* of the file, as name_to_handle_at(2) gives it: "TYPE:HEX" */
    const char *abstract;
    uint16_t tcp; /* ports on the host's loopback */
    uint16_t udp;
    int32_t shm;                           /* id of a System V segment */
    const char *posix;                     /* name in the host's /dev/shm, and of a message queue */
    int32_t key;                           /* serial number of a key of the session key ring */
    uint64_t namespaces[SCENE_NAMESPACES]; /* of the host: inode numbers */

    /* What the user asked of this run. */
    const char *asked;   /* "network,nest": what is open on purpose */
    const char *devices; /* "195:0,10:229": numbers of devices that were let in */
    uint64_t pids;       /* limits; 0: none */
    uint64_t memory;
    uint64_t cpus;
    uint64_t time_s;
    uint64_t file_size;
    uint64_t open_files;
    bool control;     /* there is no sandbox of ours around: leave out what would reach everybody */
    const char *only; /* the group of attempts to make (attempt.only_with); NULL: those that are in none */

    /* Found out by scene_look(). */
    bool filtered;  /* a system-call filter is on */
    bool powerless; /* no effective capability */
};

/* False when a word is not known or a number is none. */
bool scene_read(struct scene *scene, int argc, char **argv);
void scene_look(struct scene *scene);
bool scene_asked(const struct scene *scene, const char *what);
/* The number that /proc/self/status has after `key`, by `base`; 0 when it has none. */
uint64_t scene_status(const char *key, int base);
/* Up to size - 1 bytes of a file, terminated; their number, or -1 with errno. */
ssize_t scene_read_file(const char *path, char *to, size_t size);
extern const char *const scene_namespace_names[SCENE_NAMESPACES];
