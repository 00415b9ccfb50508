/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store: what the subcommands of `sciwrap store`, and `sciwrap remove`, share: which stores there are, what people call
 * what lies in them, ages and sizes in units that people read and write.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/doc.h"
#include "base/err.h"
#include "base/strlist.h"
#include "commands/command.h"
#include "env/contents.h"
#include "env/store.h"

extern const struct command store_list_command;
extern const struct command store_verify_command;
extern const struct command store_gc_command;
extern const struct command store_du_command;
extern const struct command store_export_command;
extern const struct command store_import_command;

/* ---- which stores */

struct store_place {
    const char *label; /* "site", "node", "user" */
    const struct store *store;
};

struct store_places {
    struct store user;
    struct store site;
    struct store_place item[3]; /* those that exist, the site's first */
    size_t count;
};

/* The user's and the node's may be written. Not to be copied. */
int store_places_open(struct store_places *places, struct err *err);
void store_places_close(struct store_places *places);

/* ---- names */

struct store_name {
    struct digest artifact;
    char *name;
};

/* The environments that are known here, by what they pin. */
struct store_names {
    struct store_name *item;
    size_t count;
};

void store_names_read(struct store_names *names);
void store_names_release(struct store_names *names);
/* Adds those that pin `artifact`. */
void store_names_of(const struct store_names *names, const struct digest *artifact, struct strlist *ret_names);
/* "tiny, tiny-old", or the first digits of the digest; fit for a terminal. Caller frees. */
char *store_label(const struct store_names *names, const struct digest *artifact);
/* The artifact that a person means: a known environment, a path of a definition, or at least 6 first digits of what is
 * in one of the stores. */
int store_find_named(const struct store_places *places, const char *word, struct digest *ret_artifact, struct err *err);
/* Puts "sha256" and, for what is pinned here, "environments". */
void store_put_names(struct doc *object, const struct store_names *names, const struct digest *artifact);

/* ---- ages and sizes */

/* "30d", "12h", "4w", "1y", "0"; as limits.h for the rest. ERR_USAGE names the option. */
int store_age_parse(const char *option, const char *text, uint64_t *ret_seconds, struct err *err);
int store_size_parse(const char *option, const char *text, uint64_t *ret_bytes, struct err *err);
/* "1 environment, 4 artifacts, layers or packages, 1 left-over of a killed process": what there is none of is not
 * named. Caller frees; "" for nothing. */
char *store_counts_text(uint64_t trees, uint64_t blobs, uint64_t leftovers);

/* Reads the options of a subcommand that has only --json and the levels, and no operands. */
int store_read_json(const struct command *command, int argc, char **argv, bool *ret_json, struct err *err);
