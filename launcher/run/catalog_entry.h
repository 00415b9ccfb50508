/* SPDX-License-Identifier: BSD-2-Clause
 *
 * catalog_entry: what lists of runs need to know of one run, and its form in the cache of run/catalog.
 *
 * An entry is bytes of this machine's byte order, without padding: numbers of 8 bytes, texts that end in a NUL. They
 * come from a file that anybody may have written: reading checks every length.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/digest.h"

/* Which content of a manifest an entry was made from. A manifest is written once, under another name, and renamed: what
 * takes its place has another inode; what writes into it moves the change time. */
struct catalog_key {
    uint64_t inode, size, mtime_ns, ctime_ns;
};

enum catalog_state {
    CATALOG_WHOLE,
    CATALOG_TORN,    /* no whole JSON: of a power cut (run/project.h) */
    CATALOG_FOREIGN, /* no manifest, or one of a newer schema */
};

/* A file that a run read or made, or what went through a pipe ("/dev/stdin", "/dev/stdout", "/dev/stderr"). Without a
 * digest there is no entry: folders, links, what was deleted. */
struct catalog_file {
    const struct digest *digest;
    const char *path; /* as the manifest has it */
    uint64_t size;
    uint64_t offset; /* where in the file the content begins: 0 unless redirected further on */
    bool is_output;
    const char *change; /* of an output, as the manifest has it; "" of an input */
};

/* Of a comparison: how many outputs had this verdict. */
struct catalog_verdict {
    const char *name;
    uint64_t count;
};

enum { CATALOG_VERDICTS = 8 };

struct catalog_run {
    struct catalog_key key;
    enum catalog_state state;
    const char *id; /* the name of the record's folder */
    /* The rest is set when the state is CATALOG_WHOLE. A text that the manifest lacks is "". */
    const char *started;
    const char *environment;
    const char *artifact; /* its sha256 in hexadecimal */
    const char *command;  /* `words` texts, each ending in a NUL */
    const char *rerun_of;
    const char *workdir; /* on the host */
    const char *machine; /* of the comparison, as its `with` and verdicts */
    const char *with;
    const char *job;        /* of a batch system, that the run was a part of */
    const char *array;      /* the job that all tasks of the array share */
    const char *submission; /* of sciwrap submit (run/submission.h) */
    uint64_t words;
    uint64_t exit_code;
    uint64_t signal;
    uint64_t elapsed_ns;
    uint64_t memory_bytes; /* the most that it had at once, or its largest process */
    uint64_t array_index;
    uint64_t task; /* of the submission */
    bool is_compared;
    bool same_exit;
    struct catalog_verdict verdict[CATALOG_VERDICTS];
    size_t verdicts;
    const char *files; /* as they lie in the entry: see catalog_file_next */
    const char *files_end;
    const char *bytes; /* the entry itself, for writing it again */
    size_t length;
};

struct catalog_key catalog_key_of(const struct stat *st);
bool catalog_key_equal(const struct catalog_key *a, const struct catalog_key *b);

/* Appends the form of one file. */
void catalog_entry_put_file(struct buf *files, const struct catalog_file *file);
/* Appends the entry of the manifest `text` (terminated: buf_text) of the run `id`. */
void catalog_entry_make(struct buf *entries, const struct catalog_key *key, const char *id, const char *text,
                        size_t length);
/* Reads the entry at *at and moves behind it. What *ret_run points to is in the entry. False when this is no entry. */
bool catalog_entry_read(const char **at, const char *end, struct catalog_run *ret_run);
/* The files of a run, one after the other: *at is run->files at first. False behind the last. */
bool catalog_file_next(const struct catalog_run *run, const char **at, struct catalog_file *ret_file);
