/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_import: the file of supply/store_export.h into the store, trusting nothing in it: it is read in a process that
 * is shut into a stage, its framing must be byte for byte what the export writes, and every member has the digest that
 * its list, and in the end the definition, says.
 */
#pragma once

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "env/store.h"

struct store_import_options {
    const char *folder; /* where NAME.ini goes */
    const char *name;   /* NULL: as it is called in the file */
};

/* What came of it. */
struct store_imported {
    char *name;
    char *definition; /* its path */
    struct digest sha256;
};

/* Afterwards the definition is in the folder, the blobs and the unpacked tree in the store (open for writing). Says
 * what it did. A definition of that name that is there already must be the same. */
int store_import(const char *path, const struct store *store, const struct store_import_options *options,
                 struct store_imported *ret_imported, struct err *err);
void store_imported_release(struct store_imported *imported);

/* What is in the file, written to the folder as "list", STORE_FILE_DEFINITION and HEX for each blob, by the calling
 * process. `done` counts bytes. */
int store_import_read(int fd, int folder_fd, _Atomic uint64_t *done, struct err *err);
