/* SPDX-License-Identifier: BSD-2-Clause
 *
 * streams: where standard input, output and error of a run come from and go to. A regular file is an input or an output
 * like any other; a pipe is hashed in passing (run/pump), and what came in through one is kept for a rerun; what came
 * from a terminal is not, and the manifest says so.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "run/facts.h"
#include "run/file_list.h"
#include "run/reader.h"
#include "run/setup.h"

enum { STREAMS = 3 };

/* A pipe is also what the command gets in the place of a file that cannot be made read-only (sandbox/stdio.h); a socket
 * is STREAM_OTHER, and given to the command as it is. */
enum stream_kind { STREAM_CLOSED, STREAM_NULL, STREAM_TERMINAL, STREAM_PIPE, STREAM_FILE, STREAM_OTHER };

struct stream {
    enum stream_kind kind;
    char *path; /* STREAM_FILE: relative to the work directory, absolute inside, or "/dev/stdin" and so on when the
                   command cannot see the file by a name */
    char *host; /* host path of a file, a circumstance */
    struct stat st;
    uint64_t offset; /* STREAM_FILE: where reading or writing begins */

    /* STREAM_PIPE, once it has passed: what the command read from it, or wrote. Of the input of a rerun also before:
     * what it will be fed. */
    bool has_digest;
    struct digest digest;
    uint64_t size;
    bool kept;    /* the content is among the project's objects */
    char *unkept; /* why it is not, or NULL */
    bool cut;     /* its reader went away before the command had ended */
    bool joined;  /* standard error: went into the pipe of standard output, whose digest is that of both */

    /* For a rerun of one that was cut: how much is taken from the command, 0 for all; and whether the pipe is closed
     * then, as it was to the command that SIGPIPE ended. */
    uint64_t most;
    bool closes;
};

/* Looks at descriptors 0 to 2 of the calling process. */
void streams_look(struct stream streams[STREAMS], const struct setup *setup, const struct facts *facts);
/* Adds standard input, when it is a file. Before the start. One that is read from its beginning has no digest yet; of
 * another one it is that of what begins where it will be read on. */
int streams_add_input(const struct stream streams[STREAMS], struct file_list *inputs, struct err *err);
/* Adds the files that output and error went to, in the place of what a comparison of the work directory found for
 * them. After the end. */
void streams_add_outputs(const struct stream streams[STREAMS], struct file_list *outputs);
/* Adds what went through pipes, under the names "/dev/stdin" and so on. After the end. */
void streams_add_passed(const struct stream streams[STREAMS], struct file_list *inputs, struct file_list *outputs);
void streams_release(struct stream streams[STREAMS]);

const char *stream_name(int number); /* "stdin", "stdout", "stderr" */
const char *stream_kind_name(enum stream_kind kind);

/* The members of a manifest that describe it: "stdin", "stdout" or "stderr". */
struct doc *stream_doc(const struct stream *stream);
int stream_read(const struct reader *reader, const struct doc *object, int number, struct stream *stream);
