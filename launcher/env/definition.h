/* SPDX-License-Identifier: BSD-2-Clause
 *
 * definition: the meaning of envs/NAME.ini: parse, check, default, and find by name. Format:
 * docs/man/sciwrap-environment.5.
 *
 * Every section and key must be known, every key once (url excepted), every value in range; otherwise ERR_INVALID with
 * "file:line: ..." and the nearest known key. Names of environments satisfy path_is_name().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/patterns.h"
#include "base/strlist.h"
#include "env/verify.h"

enum network { NETWORK_NONE, NETWORK_HOST };

/* Who the command is inside: RESEARCHER is uid and gid 1000, CALLER keeps the caller's numbers, ROOT is uid 0 (which
 * means nothing outside). */
enum identity { IDENTITY_RESEARCHER, IDENTITY_CALLER, IDENTITY_ROOT };

/* What is pinned: a tar, or the manifest of an image (OCI image specification 1.1, or Docker's schema 2) for one
 * platform, which names its layers. */
enum artifact_type { ARTIFACT_TAR, ARTIFACT_IMAGE };

/* By what measure the outputs of reruns are to be compared. */
struct definition_compare {
    struct patterns ignore;
    double rtol, atol;
};

struct definition {
    char *name; /* file name without .ini */
    char *path; /* the file, absolute */
    char *text; /* of the file */

    char *description; /* "" when absent, as the two below */
    char *license;
    char *citation;
    struct strlist command;   /* words; quoting with '...' and "..." */
    struct strlist arguments; /* words that follow the command when the caller gives none */

    enum artifact_type type;
    struct digest sha256; /* [artifact] sha256, required */
    uint64_t size;        /* 0 when not given */
    struct strlist url;   /* http(s)://, file:// or a path, relative ones against the definition's folder; of an image
                             oci://...@sha256:HEX with HEX the pin, oci-layout:DIR, docker-archive:FILE */
    char *tag;            /* what the image was called when it was pinned: a remark; NULL when absent */
    bool has_tar_sha256;
    struct digest tar_sha256;
    char *recipe; /* NULL when absent */

    struct strlist variables; /* "NAME=value" in file order */

    bool has_workdir; /* it is given */
    char *workdir;    /* absolute path inside; "/workspace" unless given */
    char *home;       /* absolute path inside; "/home/researcher" unless given */
    enum network network;
    enum identity identity;
    bool writable;
    unsigned no_fix;       /* a set of env/fix.h: what is not held fixed */
    unsigned cpu_baseline; /* 2 to 4, 0 when not given */
    enum verify_level verify;
    struct strlist devices; /* names (env/device_name.h) of devices of the host that it uses */
    struct limits limits;

    struct definition_compare compare;
};

int definition_parse(struct definition *def, const char *path, const char *bytes, size_t length, struct err *err);
int definition_load(struct definition *def, const char *path, struct err *err);
/* `name` is a path (it contains '/' or ends in ".ini") or a name that is looked up in definition_folders() in order.
 * ERR_NOT_FOUND names the nearest known environment. */
int definition_find(struct definition *def, const char *name, struct err *err);
/* The path of a known definition that pins `artifact`, one of that name if there is one; caller frees. NULL: none. */
char *definition_find_pin(const struct digest *artifact, const char *name);
void definition_release(struct definition *def);

/* ./envs, each folder of $SCIWRAP_ENVS (':' between), $XDG_CONFIG_HOME/sciwrap/envs (or ~/.config), /etc/sciwrap/envs,
 * and share/sciwrap/envs beside the running program. Absolute where the first is not; existing or not. */
void definition_folders(struct strlist *ret_folders);
/* Paths of all definitions found there, the first of each name, sorted by name. */
int definition_list(struct strlist *ret_paths, struct err *err);
/* Whether the url is of another machine: http(s):// or oci://. */
bool definition_url_is_remote(const char *url);
/* Whether `path` may be a workdir or home: absolute, normal, below "/" and not the kernel's. NULL, or what it must be.
 */
const char *definition_check_inner(const char *path);
/* Whether it may be the name of a variable: letters, digits and _, not a digit first. */
bool definition_is_variable(const char *name);
/* The folders for recipes: the same places with "recipes" in the place of "envs" ($SCIWRAP_RECIPES). */
void definition_recipe_folders(struct strlist *ret_folders);
