/* SPDX-License-Identifier: BSD-2-Clause
 *
 * devices: which devices of the host a run was given, and what came in with them.
 *
 * Libraries and programs that come with a device lie read-only under DEVICES_FOLDER, out of the way of the image's own:
 * a library is found by LD_LIBRARY_PATH, which names a folder that holds nothing else. One that the image has by the
 * same name stays outside unless it is of the driver, whose version must be that of the kernel's module. Other files
 * come in where the specification has them. Nothing of it is writable, and no hook is executed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "run/cdi.h"

#define DEVICES_FOLDER    "/run/sciwrap/host"
#define DEVICES_LIBRARIES DEVICES_FOLDER "/lib"
#define DEVICES_PROGRAMS  DEVICES_FOLDER "/bin"

struct devices_node {
    char *path; /* inside */
    char *host; /* without links; NULL when read back from a manifest, as of the files below */
    uint32_t major, minor;
};

enum devices_kind { DEVICES_LIBRARY, DEVICES_PROGRAM, DEVICES_FILE, DEVICES_DIRECTORY, DEVICES_OTHER };

struct devices_file {
    enum devices_kind kind;
    char *path;
    char *host;
    char *soname; /* NULL: none */
    bool has_digest;
    struct digest digest; /* of regular files, once the run has taken place */
    uint64_t size;
};

struct devices_spec {
    char *path; /* host path */
    struct digest digest;
    bool of_user;
};

struct devices {
    struct strlist asked; /* "gpu", "nvidia.com/gpu=0" */
    struct strlist names; /* of the CDI devices that these are; empty for what was found without a specification */
    struct devices_spec *spec;
    size_t spec_count;
    struct devices_node *node;
    size_t node_count;
    struct devices_file *file;
    size_t file_count;
    struct cdi_link *link; /* in DEVICES_LIBRARIES and /sys */
    size_t link_count;
    struct strlist sysfs;     /* folders of /sys that tell of the nodes; none is beneath another */
    struct strlist variables; /* "NAME=value" that the specification sets */
    struct strlist passed;    /* names of the caller's variables that were passed on with them */
    struct strlist left_out;  /* what the specification asks for and is not done, a line each */
    struct strlist models;    /* of NVIDIA's GPUs on this host */
    char *driver;             /* version of NVIDIA's; NULL */
};

bool devices_are_there(const struct devices *devices);
/* Looks for devices->asked on this host; nothing is done when it is empty. `folders`: more folders of specifications;
 * `rootfs_fd` of the environment's tree. Lines for people are appended to *ret_notes. ERR_NOT_FOUND, ERR_INVALID or
 * ERR_HOST with the next step. */
int devices_find(struct devices *devices, const struct strlist *folders, int rootfs_fd, struct strlist *ret_notes,
                 struct err *err);
/* What a run with these devices passes on of the caller's environment, and what the specification sets. */
void devices_set_variables(struct devices *devices, char *const *environment, struct strlist *variables);
/* After all others are there: the folders above, in front of LD_LIBRARY_PATH and behind PATH. */
void devices_extend_paths(const struct devices *devices, struct strlist *variables);
const char *devices_kind_name(enum devices_kind kind);
void devices_release(struct devices *devices);
