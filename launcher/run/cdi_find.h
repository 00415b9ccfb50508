/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cdi_find: the CDI specifications of this host: files *.json, *.yaml and *.yml in /etc/cdi, /var/run/cdi, the folders
 * of $SCIWRAP_CDI_DIRS (':' between) and those that were named. A device of a later folder stands in the place of one
 * of the same name in an earlier one.
 *
 * A specification names files of the host that come in, so it is read only where nobody else could have written it:
 * file, folder and all folders above belong to root or the caller, and nobody else may write to them (a sticky folder
 * above excepted).
 */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "run/cdi.h"

struct cdi_file {
    char *path;
    struct digest digest;
    bool of_user;    /* some of it belongs to the caller, not to root */
    size_t priority; /* number of its folder */
    struct cdi_spec spec;
};

struct cdi_files {
    struct cdi_file *item;
    size_t count;
    struct strlist folders;  /* that were looked in */
    struct strlist troubles; /* why a file or folder was not read, a line each */
};

/* `more`: folders that come last; NULL: none. What cannot be read is a trouble and no failure: the device that is
 * wanted may be elsewhere. */
void cdi_find(const struct strlist *more, struct cdi_files *ret_files);
/* The device NAME of a kind and the file that it is from; ERR_NOT_FOUND, or ERR_INVALID when two files of one folder
 * have it. */
int cdi_device(const struct cdi_files *files, const char *kind, const char *name, const struct cdi_file **ret_file,
               const struct cdi_device **ret_device, struct err *err);
bool cdi_has_kind(const struct cdi_files *files, const char *kind);
/* The kinds whose class is `class`, each once. */
void cdi_kinds(const struct cdi_files *files, const char *class, struct strlist *ret_kinds);
void cdi_files_release(struct cdi_files *files);
