/* SPDX-License-Identifier: BSD-2-Clause
 * book: the files of the host that a run came to. */
#include "run/book.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { INODE_KEY = 80 };

/* With the time of birth: an inode number is used again for the next file, often at once. */
static void inode_key(const struct stat *st, int64_t born_ns, char key[INODE_KEY])
{
    snprintf(key, INODE_KEY, "%llx:%llx:%llx", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
             (unsigned long long)born_ns);
}

void book_begin(struct book *book)
{
    *book = (struct book){0};
    pthread_mutex_init(&book->lock, NULL);
}

static void free_file(struct book_file *file)
{
    free(file->host);
    free(file->target);
    free(file->failure);
    free(file->waiting);
    strlist_release(&file->listed);
    free(file);
}

void book_release(struct book *book)
{
    for (size_t i = 0; i < book->count; i++) {
        free_file(book->file[i]);
    }
    free(book->file);
    strmap_release(&book->by_host);
    strmap_release(&book->by_inode);
    pthread_mutex_destroy(&book->lock);
}

struct book_file *book_at(const struct book *book, const char *host)
{
    return strmap_get(&book->by_host, host);
}

struct book_file *book_of(const struct book *book, const struct stat *st, int64_t born_ns)
{
    char key[INODE_KEY];
    inode_key(st, born_ns, key);
    struct book_file *file = strmap_get(&book->by_inode, key);
    return file != NULL && file->before.st_ino == st->st_ino ? file : NULL;
}

struct book_file *book_first(const struct book_file *file)
{
    return file->first != NULL ? file->first : (struct book_file *)(uintptr_t)file;
}

static struct book_file *add_page(struct book *book, const char *host, size_t mount)
{
    if (book->count == book->capacity) {
        book->capacity = book->capacity < 64 ? 64 : book->capacity * 2;
        book->file = xreallocarray(book->file, book->capacity, sizeof(struct book_file *));
    }
    struct book_file *file = xcalloc(1, sizeof(*file));
    file->host = xstrdup(host);
    file->mount = mount;
    book->file[book->count++] = file;
    strmap_put(&book->by_host, host, file);
    return file;
}

struct book_file *book_add(struct book *book, const char *host, size_t mount, const struct stat *st, int64_t born_ns)
{
    struct book_file *file = add_page(book, host, mount);
    file->existed = st != NULL;
    if (st != NULL) {
        char key[INODE_KEY];
        file->before = *st;
        file->born_ns = born_ns;
        inode_key(st, born_ns, key);
        strmap_put(&book->by_inode, key, file);
    }
    return file;
}

struct book_file *book_add_name(struct book *book, struct book_file *first, const char *host, size_t mount)
{
    struct book_file *file = add_page(book, host, mount);
    file->existed = true;
    file->before = first->before;
    file->born_ns = first->born_ns;
    file->target = first->target != NULL ? xstrdup(first->target) : NULL;
    file->first = first;
    file->next_name = first->next_name;
    first->next_name = file;
    return file;
}

void book_place(struct book *book, struct book_file *file, const char *host, size_t mount)
{
    if (file->mount == SIZE_MAX) {
        free(file->host);
        file->host = xstrdup(host);
        file->mount = mount;
        strmap_put(&book->by_host, host, file); /* the declared name leads here too */
    }
}

/* What a forgotten inode's entry leads to. Never handed out: its inode number is none. */
static struct book_file nobody;

void book_forget_inode(struct book *book, const struct book_file *file)
{
    char key[INODE_KEY];
    inode_key(&file->before, file->born_ns, key);
    strmap_put(&book->by_inode, key, &nobody);
}

bool book_is_same_file(const struct book_file *file, const struct stat *st, int64_t born_ns)
{
    bool same_number = file->existed && file->before.st_dev == st->st_dev && file->before.st_ino == st->st_ino;
    /* Without a time of birth a new file can have the number of a removed one. */
    return same_number && file->born_ns == born_ns && (born_ns != 0 || !file->replaced);
}

bool book_is_below_new(const struct book *book, const char *host)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof(folder), "%s", host);
    for (char *slash = strrchr(folder, '/'); slash != NULL && slash != folder; slash = strrchr(folder, '/')) {
        *slash = '\0';
        const struct book_file *file = book_at(book, folder);
        if (file != NULL && (!file->existed || file->replaced)) {
            return true;
        }
    }
    return false;
}
