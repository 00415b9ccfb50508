/* SPDX-License-Identifier: BSD-2-Clause
 * findings_inputs: the part of findings.h about what a run started from. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/quote.h"
#include "run/autobind.h"
#include "run/findings.h"

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The change time cannot be set by a program. It changes with every other property as well, and the run itself can
 * touch what it reads, so the content has the last word. */
static bool changed_outside(const struct book_file *page)
{
    struct stat now;
    struct digest digest;
    struct err ignored = {0};
    const struct book_file *first = book_first(page);
    if (first->changed) {
        return true;
    }
    if (page->touched || first->altered || first->content != BOOK_KNOWN || !S_ISREG(page->before.st_mode)) {
        return false;
    }
    auto_fd int fd = open(page->host, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &now) < 0 || now.st_ino != page->before.st_ino) {
        return true;
    }
    return !same_time(now.st_ctim, page->before.st_ctim) &&
           (digest_fd(fd, page->host, &digest, NULL, &ignored) < 0 || !digest_equal(&digest, &first->digest));
}

static bool is_input(const struct book_file *page)
{
    return page->existed && (page->read || page->touched);
}

/* What was brought to notice without being read, as by a folder that was to be renamed and was not. */
static void read_late(struct book_file *page)
{
    struct stat now;
    struct err ignored = {0};
    struct book_file *first = book_first(page);
    if (first->content != BOOK_UNREAD || first->altered || !S_ISREG(page->before.st_mode)) {
        return;
    }
    auto_fd int fd = open(page->host, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &now) == 0 && now.st_ino == page->before.st_ino && now.st_dev == page->before.st_dev &&
        same_time(now.st_mtim, page->before.st_mtim) &&
        digest_fd(fd, page->host, &first->digest, NULL, &ignored) == 0) {
        first->content = BOOK_KNOWN;
    }
}

static void describe(const struct book_file *page, struct file_item *item)
{
    item->mode = page->before.st_mode & 07777;
    item->mtime_ns = (uint64_t)page->before.st_mtim.tv_sec * 1000000000U + (uint64_t)page->before.st_mtim.tv_nsec;
    item->kept = book_first(page)->kept;
    if (S_ISLNK(page->before.st_mode)) {
        item->type = FILE_LINK;
        free(item->target);
        item->target = page->target != NULL ? xstrdup(page->target) : NULL;
    } else if (S_ISDIR(page->before.st_mode)) {
        item->type = FILE_DIRECTORY;
    } else {
        item->type = FILE_REGULAR;
        item->has_digest = true;
        item->digest = book_first(page)->digest;
        item->size = (uint64_t)page->before.st_size;
    }
}

/* The input before it that is another name of the same file. */
static const struct book_file *same_input(const struct book_file *page)
{
    const struct book_file *other = book_first(page);
    while (other != page && !(is_input(other) && other->mount != SIZE_MAX)) {
        other = other->next_name;
    }
    return other != page ? other : NULL;
}

/* For people. */
static char *shown(const char *name)
{
    struct buf text = {0};
    quote_escape(&text, name);
    return buf_take(&text);
}

static void tell_problems(const struct book_file *page, const char *inner, struct strlist *leaks)
{
    auto_free char *name = shown(inner);
    const struct book_file *first = book_first(page);
    mode_t type = page->before.st_mode & S_IFMT;
    if (type != S_IFREG && type != S_IFDIR && type != S_IFLNK) {
        strlist_addf(leaks, "'%s' is a pipe, socket or device: what came from it is not recorded", name);
    } else if (type == S_IFREG && first->content != BOOK_KNOWN) {
        strlist_addf(leaks, "'%s' is not among the inputs: %s", name,
                     first->failure != NULL ? first->failure : "it was changed before it could be read");
    } else if (first->failure != NULL || first->too_large) {
        strlist_addf(leaks, "the old content of '%s' is not kept: %s", name,
                     first->failure != NULL ? first->failure : "larger than the limit for that");
    }
    if (changed_outside(page)) {
        strlist_addf(leaks, "'%s' was changed by somebody else while the run went on", name);
    }
}

/* `known`: the names on the list before, with their number + 1 as a value. */
static void add_input(const struct book_file *page, const struct setup *setup, const struct facts *facts,
                      const struct strmap *known, struct file_list *inputs, struct strlist *leaks)
{
    auto_free char *name = autobind_inner_path(setup, facts, page->host);
    if (name == NULL || name[0] == '\0' || strcmp(page->host, facts->workdir) == 0) {
        return;
    }
    uintptr_t number = (uintptr_t)strmap_get(known, name);
    struct file_item *item = number > 0 ? &inputs->item[number - 1] : NULL;
    bool good = !S_ISREG(page->before.st_mode) || book_first(page)->content == BOOK_KNOWN;
    tell_problems(page, name, leaks);
    if (!good || (!S_ISREG(page->before.st_mode) && !S_ISLNK(page->before.st_mode) && !S_ISDIR(page->before.st_mode))) {
        return;
    }
    if (item == NULL) {
        item = file_list_add(inputs, name);
        item->role = xstrdup(page->mentioned ? "argument" : "observed");
        item->host = xstrdup(page->host);
    }
    describe(page, item);
    const struct book_file *same = S_ISDIR(page->before.st_mode) ? NULL : same_input(page);
    if (same != NULL && item->same_as == NULL) {
        item->same_as = autobind_inner_path(setup, facts, same->host);
    }
}

static struct book_file *page_of_item(const struct observer *observer, const struct file_item *item)
{
    struct stat st;
    struct book_file *page = book_at(&observer->book, item->host);
    if (page != NULL || stat(item->host, &st) < 0) {
        return page;
    }
    for (size_t i = 0; i < observer->book.count; i++) { /* under another name, through a link */
        page = observer->book.file[i];
        if (page->existed && page->before.st_ino == st.st_ino && page->before.st_dev == st.st_dev) {
            return page;
        }
    }
    return NULL;
}

/* Declared files are in the record under the name by which they were declared, read or not. Of those that were merely
 * named among the arguments only the ones that were read are, under the name by which they were. */
static void settle_known(struct observer *observer, struct file_list *inputs, struct strlist *leaks)
{
    for (size_t i = 0; i < inputs->count; i++) {
        struct file_item *item = &inputs->item[i];
        struct book_file *page =
            item->has_digest || item->host == NULL || item->type != FILE_REGULAR ? NULL : page_of_item(observer, item);
        if (page != NULL && item->role != NULL && strcmp(item->role, "argument") == 0) {
            page->mentioned = true;
        } else if (page != NULL && book_first(page)->content == BOOK_KNOWN) {
            describe(page, item);
        } else if (page != NULL) {
            auto_free char *name = shown(item->path);
            strlist_addf(leaks, "'%s' is not among the inputs: it could not be read", name);
        }
    }
    for (size_t i = inputs->count; i-- > 0;) {
        if (!inputs->item[i].has_digest && inputs->item[i].type == FILE_REGULAR) {
            file_list_remove(inputs, i);
        }
    }
}

/* Names that a run saw and whose files it did not open are not in a rerun. */
static void tell_listing(const struct observer *observer, const struct book_file *page, const struct setup *setup,
                         const struct facts *facts, struct strlist *leaks)
{
    size_t unknown = 0;
    for (size_t i = 0; i < page->listed.count; i++) {
        auto_free char *child = xasprintf("%s/%s", page->host, page->listed.item[i]);
        const struct book_file *known = book_at(&observer->book, child);
        unknown += strcmp(page->listed.item[i], SETUP_RECORDS) != 0 && (known == NULL || !is_input(known));
    }
    auto_free char *inner = autobind_inner_path(setup, facts, page->host);
    bool is_workdir = strcmp(page->host, facts->workdir) == 0;
    if (unknown > 0 && (inner != NULL || is_workdir)) { /* else of the host's devices, a leak of their own */
        auto_free char *name = inner != NULL ? shown(inner) : NULL;
        strlist_addf(leaks, "the names in %s%s%s were listed; %zu of them %s not opened and %s not in a rerun",
                     is_workdir ? "the work directory" : "'", is_workdir || name == NULL ? "" : name,
                     is_workdir ? "" : "'", unknown, unknown == 1 ? "was" : "were", unknown == 1 ? "is" : "are");
    }
}

void findings_inputs(struct observer *observer, const struct setup *setup, const struct facts *facts,
                     struct file_list *inputs, struct strlist *ret_leaks)
{
    struct strmap known = {0};
    settle_known(observer, inputs, ret_leaks);
    for (size_t i = 0; i < inputs->count; i++) {
        strmap_put(&known, inputs->item[i].path, (void *)(uintptr_t)(i + 1));
    }
    for (size_t i = 0; i < observer->book.count; i++) {
        struct book_file *page = observer->book.file[i];
        if (is_input(page) && page->mount != SIZE_MAX) {
            read_late(page);
            add_input(page, setup, facts, &known, inputs, ret_leaks);
        }
        if (page->was_listed) {
            tell_listing(observer, page, setup, facts, ret_leaks);
        }
    }
    strmap_release(&known);
    file_list_sort(inputs);
}
