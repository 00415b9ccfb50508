/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verify: whether the files of an unpacked tree that a run uses are still what was unpacked.
 *
 * What an entry must be says the tree index, whose own digest is the tree's. It is searched in place: opening costs
 * the same for any tree. An entry whose inode is in the state of its last check (env/checked.h) is good; every other
 * one is compared by content, and remembered in the user's store when all was well. Something that is not in the index,
 * or differs from it, spoils the environment: it is noted, and the caller decides what stops.
 *
 * Paths inside are "usr/bin/tool" or "/usr/bin/tool"; "" and "." are the root. Every function may be called from
 * several threads at once but open, cover, layered, full, save and close. Functions that answer bool say whether they
 * found all well; a reason is noted. What was looked at once in a run is not looked at again, and then nothing is
 * found.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "env/store.h"

enum verify_level {
    VERIFY_USED, /* what the run uses, when it uses it */
    VERIFY_FULL, /* that, and before the start every entry of the tree */
    VERIFY_OFF,
};

/* "used", "full", "off"; and back (false for anything else). */
const char *verify_level_name(enum verify_level level);
bool verify_level_from_name(const char *name, enum verify_level *ret_level);

enum { VERIFY_NAMED_MOST = 64 }; /* spoiled paths that a run names; the rest is counted */

struct verify_counts {
    uint64_t checked; /* entries, each once */
    uint64_t hashed;  /* of these, compared by content */
    uint64_t spoiled;
};

struct verify;

/* `env` is what the user calls the environment, for messages. NULL on error: ERR_MISMATCH when the index itself is not
 * that of the tree. */
struct verify *verify_open(const struct store_tree *tree, const char *env, struct err *err);
/* At `target` (absolute) the run sees something that is not the tree's: where a path leads through it is not for the
 * index to say. */
void verify_cover(struct verify *verify, const char *target);
/* The run writes over the tree in a layer of its own (--writable), whose files are in the folder `upper` of the host.
 * They are the run's, and it can have made links that the index does not have. */
void verify_layered(struct verify *verify, const char *upper);

/* The run opened, listed or executed what lies at `real`: canonical, no component is a link (but the last one when the
 * link itself was used). `named` is how the run called it, absolute, or NULL: the links on that way must lead to `real`
 * by the index. A directory is compared by the names in it. At a covered place only the links are of interest. */
bool verify_used(struct verify *verify, const char *named, const char *real);
/* As verify_used for a program that is started, and what the kernel opens with it: the interpreters of "#!" (execve(2):
 * four deep) and of an ELF program (elf(5), PT_INTERP). */
bool verify_program(struct verify *verify, const char *named, const char *real);
/* The run looked for `named` (absolute) and did not find it: neither must the index. */
bool verify_missing(struct verify *verify, const char *named);
/* What execvp(3) would start for `name`, by verify_program. True when that is nothing in the tree. */
bool verify_command(struct verify *verify, const char *name, const char *search_path);
/* Every entry of the index, and that nothing else is there; on all CPUs. */
bool verify_full(struct verify *verify);
/* Before verify_full, to check a store: earlier checks count for nothing (with `distrust`), so that every byte is read
 * and nothing is remembered; and every spoiled path is named. ERR_MISMATCH when the index is not that of the tree. */
int verify_thoroughly(struct verify *verify, bool distrust, struct err *err);
/* How many threads check at once: one for each CPU that this process may use. */
size_t verify_threads(void);

void verify_counts(struct verify *verify, struct verify_counts *ret_counts);
/* Adds the spoiled paths, sorted. */
void verify_spoiled(struct verify *verify, struct strlist *paths);
/* Each of them with what is wrong, in the order of their paths. */
void verify_each_spoiled(struct verify *verify, void (*tell)(void *into, const char *path, const char *why),
                         void *into);
/* ERR_MISMATCH that names the first of them, why, and what to do. Always -1. */
int verify_complain(struct verify *verify, struct err *err);
/* Remembers what was found to be good by content, for the next run. A failure is no failure of the run. */
void verify_save(struct verify *verify);
void verify_close(struct verify *verify); /* NULL is nothing */
