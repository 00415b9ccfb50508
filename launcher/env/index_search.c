/* SPDX-License-Identifier: BSD-2-Clause
 * index_search: the part of index.h that finds things in a whole index without reading all of it. */
#include <string.h>

#include "base/auto.h"
#include "base/path.h"
#include "env/index.h"

struct line {
    const char *start;
    const char *end; /* its LF */
};

struct text {
    const char *start;
    const char *end;
};

static int complain_cut(struct err *err)
{
    return err_set(err, ERR_INVALID, "tree index is damaged: its last line is not whole");
}

static size_t path_length(struct line line)
{
    const char *tab = memchr(line.start, '\t', (size_t)(line.end - line.start));
    return (size_t)((tab != NULL ? tab : line.end) - line.start);
}

/* Orders `key` against the path of a line as strcmp would: TAB ends it and is below every path byte. */
static int compare_key(const struct buf *key, struct line line)
{
    size_t length = path_length(line);
    size_t common = length < key->length ? length : key->length;
    int order = memcmp(key->bytes, line.start, common);
    if (order != 0 || key->length == length) {
        return order;
    }
    return key->length < length ? -1 : 1;
}

/* Bisects from `low` (the start of a line, or the end) on. 1: *ret_line is the line of `key`; 0: there is none, and
 * ret_line->start is where it would stand. */
static int bisect(struct text text, const char *low, const struct buf *key, struct line *ret_line, struct err *err)
{
    const char *high = text.end; /* stands at the start of a line, or at the end, as low does */
    while (low < high) {
        struct line line = {.start = low + (high - low) / 2};
        while (line.start > low && line.start[-1] != '\n') {
            line.start--;
        }
        line.end = memchr(line.start, '\n', (size_t)(text.end - line.start));
        if (line.end == NULL) {
            return complain_cut(err);
        }
        int order = compare_key(key, line);
        if (order == 0) {
            *ret_line = line;
            return 1;
        }
        if (order < 0) {
            high = line.start;
        } else {
            low = line.end + 1;
        }
    }
    *ret_line = (struct line){.start = low, .end = low};
    return 0;
}

int index_find_line(const char *text, size_t length, const char *path, size_t *ret_line, size_t *ret_length,
                    struct err *err)
{
    auto_release(buf) struct buf key = {0};
    struct line line = {0};
    index_escape(&key, path);
    if (key.length == 0) {
        return 0;
    }
    int found = bisect((struct text){.start = text, .end = text + length}, text, &key, &line, err);
    if (found == 1) {
        *ret_line = (size_t)(line.start - text);
        *ret_length = (size_t)(line.end - line.start);
    }
    return found;
}

int index_find(const char *text, size_t length, const char *path, struct index_entry *ret_entry, struct err *err)
{
    size_t line;
    size_t line_length;
    int found = index_find_line(text, length, path, &line, &line_length, err);
    if (found == 1 && index_parse(text + line, line_length, ret_entry, err) < 0) {
        return -1;
    }
    return found;
}

/* The first line behind `line` that is not beneath the directory whose name `slash` ends. */
static int jump_subtree(struct text text, struct line line, const char *slash, const char **ret_at, struct err *err)
{
    auto_release(buf) struct buf key = {0};
    buf_add(&key, line.start, (size_t)(slash - line.start));
    buf_add_text(&key, "0"); /* the byte after '/': the first path behind everything that begins with "child/" */
    struct line behind = {.start = text.end, .end = text.end};
    if (bisect(text, line.end + 1, &key, &behind, err) < 0) {
        return -1;
    }
    *ret_at = behind.start;
    return 0;
}

static int add_child(struct line line, struct strlist *names, struct err *err)
{
    auto_release(index_entry) struct index_entry entry = {0};
    if (index_parse(line.start, (size_t)(line.end - line.start), &entry, err) < 0) {
        return -1;
    }
    if (strcmp(entry.path, ".") != 0) {
        strlist_add(names, path_base(entry.path));
    }
    return 0;
}

int index_children(const char *text, size_t length, const char *path, struct strlist *names, struct err *err)
{
    auto_release(buf) struct buf prefix = {0};
    struct text whole = {.start = text, .end = text + length};
    struct line line = {.start = text};
    if (strcmp(path, ".") != 0) {
        index_escape(&prefix, path);
        buf_add_text(&prefix, "/");
        if (bisect(whole, text, &prefix, &line, err) < 0) {
            return -1;
        }
    }
    for (const char *at = line.start; at < whole.end;) {
        line = (struct line){.start = at, .end = memchr(at, '\n', (size_t)(whole.end - at))};
        if (line.end == NULL) {
            return complain_cut(err);
        }
        size_t own = path_length(line);
        if (own <= prefix.length || memcmp(at, buf_text(&prefix), prefix.length) != 0) {
            break;
        }
        const char *slash = memchr(at + prefix.length, '/', own - prefix.length);
        if (slash == NULL && add_child(line, names, err) < 0) {
            return -1;
        }
        at = line.end + 1;
        if (slash != NULL && jump_subtree(whole, line, slash, &at, err) < 0) {
            return -1;
        }
    }
    strlist_sort(names);
    return 0;
}
