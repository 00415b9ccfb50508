/* SPDX-License-Identifier: BSD-2-Clause
 *
 * book: the files of the host that a run came to, and what each was before the run could have changed it.
 *
 * A page is about a name on the host: what stood there before. It is made before the first call that gives the name, or
 * that of a folder above it, another meaning. So a name without a page still means what it meant before, unless a
 * folder above it was made or replaced (book_is_below_new): then nothing was there.
 *
 * A file is also known by its inode: after `mv data old` the content of old/x is still the input data/x. Of several
 * names (hard links) of one inode the first page knows the content, and the others lead to it.
 *
 * The book is filled by whoever hears the calls; digests come from workers, so all of it is under one lock.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/strlist.h"
#include "base/strmap.h"

enum book_content {
    BOOK_UNREAD,  /* nobody has asked for a digest */
    BOOK_READING, /* a worker is at it, or will be */
    BOOK_KNOWN,
    BOOK_FAILED, /* cannot be read, or was not what it had been when a worker came to it */
};

struct book_file {
    char *host;
    size_t mount;       /* of the plan, that shows it */
    bool existed;       /* else the name was free */
    struct stat before; /* type, mode, size, times, inode; when it existed */
    int64_t born_ns;
    char *target;          /* of a link, before */
    struct strlist listed; /* of a directory that was listed: its names then */
    bool was_listed;

    bool read;      /* it can have influenced the run */
    bool executed;  /* as a program */
    bool touched;   /* it, or what stands at its name, can be different now */
    bool replaced;  /* something else stands at the name, or did for a while */
    bool mentioned; /* among the arguments */
    bool declared;  /* --input, standard input: in the record whether or not it was opened */

    struct book_file *first;     /* the page that knows the inode: of another name, or NULL: this one */
    struct book_file *next_name; /* of the same inode */

    /* Of the inode: on its first page only. */
    enum book_content content;
    struct digest digest; /* of the content before */
    bool altered;         /* opened for writing or cut short: the content can be another now */
    bool mode_set;
    bool time_set;
    bool secured;   /* nothing more is to be done before it may be changed */
    bool kept;      /* in the objects of the project */
    bool too_large; /* over the limit for that */
    bool changed;   /* by somebody else, while the run went on */
    char *failure;  /* why it could not be read or kept */

    uint64_t *waiting; /* calls that wait until it is secured */
    size_t waiting_count;
};

struct book {
    pthread_mutex_t lock;
    struct book_file **file; /* in the order of first use */
    size_t count;
    size_t capacity;
    struct strmap by_host;
    struct strmap by_inode; /* "DEV:INO:BORN" of files that existed and still have a name */
};

void book_begin(struct book *book);
void book_release(struct book *book);

/* All of these with the lock held. What they return belongs to the book and stays. */

struct book_file *book_at(const struct book *book, const char *host);
/* The first page of the file that existed before the run and has this inode now. */
struct book_file *book_of(const struct book *book, const struct stat *st, int64_t born_ns);
/* Where all that is about the inode is noted. */
struct book_file *book_first(const struct book_file *file);
/* A new page. `st` NULL: it did not exist. */
struct book_file *book_add(struct book *book, const char *host, size_t mount, const struct stat *st, int64_t born_ns);
/* A page for one more name, from before the run, of the inode of `first`. */
struct book_file *book_add_name(struct book *book, struct book_file *first, const char *host, size_t mount);
/* A declared file has been met by the run: where it stands, in place of the name by which it was declared. */
void book_place(struct book *book, struct book_file *file, const char *host, size_t mount);
/* The inode is free for another file from now on. */
void book_forget_inode(struct book *book, const struct book_file *file);
/* True when `st` is the very file that stood at the page's name. */
bool book_is_same_file(const struct book_file *file, const struct stat *st, int64_t born_ns);
/* True when a folder above `host` was made or brought there by the run, so that what is in it came with it. */
bool book_is_below_new(const struct book *book, const char *host);
