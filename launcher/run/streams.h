/* SPDX-License-Identifier: BSD-2-Clause
 *
 * streams: where standard input, output and error of a run come from and go to. A regular file is an input or an output
 * like any other; what came through a pipe or from a terminal is not kept, and the manifest says so.
 */
#pragma once

#include <sys/stat.h>

#include "base/err.h"
#include "run/facts.h"
#include "run/file_list.h"
#include "run/setup.h"

enum { STREAMS = 3 };

enum stream_kind { STREAM_CLOSED, STREAM_NULL, STREAM_TERMINAL, STREAM_PIPE, STREAM_FILE, STREAM_OTHER };

struct stream {
    enum stream_kind kind;
    char *path; /* STREAM_FILE: relative to the work directory, absolute inside, or "/dev/stdin" and so on when the
                   command cannot see the file by a name */
    char *host; /* STREAM_FILE: host path, a circumstance */
    struct stat st;
    uint64_t offset; /* STREAM_FILE: where reading or writing begins */
};

/* Looks at descriptors 0 to 2 of the calling process. */
void streams_look(struct stream streams[STREAMS], const struct setup *setup, const struct facts *facts);
/* Adds standard input, when it is a file: hashed from where it will be read on. Before the start. */
int streams_add_input(const struct stream streams[STREAMS], struct file_list *inputs, struct err *err);
/* Adds the files that output and error went to, in the place of what a comparison of the work directory found for
 * them. After the end. */
void streams_add_outputs(const struct stream streams[STREAMS], struct file_list *outputs);
void streams_release(struct stream streams[STREAMS]);

const char *stream_name(int number); /* "stdin", "stdout", "stderr" */
const char *stream_kind_name(enum stream_kind kind);
bool stream_kind_from_name(const char *name, enum stream_kind *ret_kind);
