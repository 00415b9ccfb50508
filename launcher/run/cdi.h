/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cdi: one specification file of the Container Device Interface: which nodes, files and variables belong to the devices
 * of one kind (CDI specification, versions 0.3 to 1.x). From JSON, or the part of YAML that base/yaml reads.
 *
 * Hooks are programs of the host that a container runtime would execute; none is. What the common ones ask for (links,
 * the cache of the linker) is kept as data; others are kept by name, to be told.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"

struct cdi_node {
    char *path; /* inside: absolute, normal, below /dev */
    char *host; /* absolute; NULL: the same */
    bool has_number;
    uint32_t major, minor;
};

struct cdi_mount {
    char *host; /* absolute */
    char *path; /* inside: absolute and normal */
};

struct cdi_link {
    char *text; /* what the link says */
    char *path; /* where it is inside: absolute and normal */
};

struct cdi_edits {
    struct cdi_node *node;
    size_t node_count;
    struct cdi_mount *mount;
    size_t mount_count;
    struct cdi_link *link;
    size_t link_count;
    struct strlist variables; /* "NAME=value" */
    uint32_t *group;          /* numbers of the host's groups that the devices are for */
    size_t group_count;
    struct strlist left_out; /* what is not done, for people: "hook createContainer: chmod" */
};

struct cdi_device {
    char *name;
    struct cdi_edits edits;
};

struct cdi_spec {
    char *kind;             /* "nvidia.com/gpu" */
    struct cdi_edits edits; /* for each of its devices */
    struct cdi_device *device;
    size_t device_count;
};

/* A specification has some kilobytes for each device. */
enum { CDI_BYTES_MOST = 4 << 20 };

/* ERR_INVALID "NAME: ...", with the next step. `is_yaml` else JSON. */
int cdi_parse(struct cdi_spec *spec, const char *name, const char *bytes, size_t length, bool is_yaml, struct err *err);
void cdi_spec_release(struct cdi_spec *spec);

/* Building blocks, for devices that are found without a specification. Texts are copied. */
struct cdi_node *cdi_add_node(struct cdi_edits *edits, const char *path);
struct cdi_mount *cdi_add_mount(struct cdi_edits *edits, const char *host, const char *path);
void cdi_add_link(struct cdi_edits *edits, const char *text, const char *path);
void cdi_add_edits(struct cdi_edits *to, const struct cdi_edits *from);
void cdi_edits_release(struct cdi_edits *edits);
