/* SPDX-License-Identifier: BSD-2-Clause
 *
 * root_file: the files under roots/ (env/roots.h): their names, whether the process that a name tells of lives, and
 * making one. Only roots includes it, and stage_name, whose names end like these.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "env/sharing.h"

struct root_name {
    struct digest artifact;
    char boot[SHARING_BOOT_ID + 1];
    uint64_t pid_namespace; /* its inode number, namespaces(7) */
    uint64_t pid;
    uint64_t start; /* clock ticks after the boot, proc(5) field 22 */
    uint64_t number;
};

/* Who we are. */
struct root_identity {
    char host[SHARING_HOST + 1];
    char boot[SHARING_BOOT_ID + 1];
    uint64_t pid_namespace;
};

enum root_life { ROOT_LIVES, ROOT_DEAD, ROOT_NOT_KNOWN };

bool root_name_parse(const char *file, struct root_name *ret_name);
char *root_name_format(const struct root_name *name); /* caller frees */
void root_identity_read(struct root_identity *ret_identity);
/* A name that no other process has, nor this one had. */
void root_name_own(const struct digest *artifact, struct root_name *ret_name);
/* What can be told from here of the process behind a file of the folder `host`. */
enum root_life root_name_life(const struct root_name *name, const char *host, const struct root_identity *ours);
