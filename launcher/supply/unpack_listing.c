/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_listing: what an archive has put into the tree so far. */
#include "supply/unpack_listing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "env/index.h"

enum { CHUNK = 64 * 1024 };

struct listing_chunk {
    struct listing_chunk *next;
    size_t used;
    char text[CHUNK];
};

/* Texts never move: a growing array would invalidate what the records point to. */
static const char *keep_text(struct listing *listing, const char *text, size_t length)
{
    if (listing->chunk == NULL || listing->chunk->used + length + 1 > CHUNK) {
        struct listing_chunk *chunk = xmalloc(sizeof(*chunk));
        chunk->next = listing->chunk;
        chunk->used = 0;
        listing->chunk = chunk;
    }
    char *copy = listing->chunk->text + listing->chunk->used;
    memcpy(copy, text, length);
    copy[length] = '\0';
    listing->chunk->used += length + 1;
    return copy;
}

/* FNV-1a from a random start, with a final mix. */
static uint32_t hash_path(const struct listing *listing, const char *path, size_t length)
{
    uint32_t hash = 2166136261U ^ listing->seed;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)path[i]) * 16777619U;
    }
    hash ^= hash >> 16;
    hash *= 0x7feb352dU;
    return hash ^ hash >> 15;
}

static void place(struct listing *listing, size_t number)
{
    size_t at = listing->record[number].hash & (listing->slots - 1);
    while (listing->slot[at] != 0) {
        at = (at + 1) & (listing->slots - 1);
    }
    listing->slot[at] = number + 1;
}

static void grow(struct listing *listing)
{
    listing->capacity = listing->capacity < 1024 ? 1024 : listing->capacity * 2;
    listing->record = xreallocarray(listing->record, listing->capacity, sizeof(*listing->record));
    free(listing->slot);
    listing->slots = listing->capacity * 2;
    listing->slot = xcalloc(listing->slots, sizeof(*listing->slot));
    for (size_t i = 0; i < listing->count; i++) {
        place(listing, i);
    }
}

size_t listing_add(struct listing *listing, const char *path, size_t length, char type, const char *target)
{
    if (listing->count == listing->capacity) {
        grow(listing);
    }
    size_t number = listing->count++;
    listing->record[number] = (struct listing_record){
        .path = keep_text(listing, path, length),
        .target = target != NULL ? keep_text(listing, target, strlen(target)) : NULL,
        .same_as = number,
        .hash = hash_path(listing, path, length),
        .mode = type == 'l' ? 0777 : 0755,
        .type = type,
    };
    place(listing, number);
    return number;
}

void listing_init(struct listing *listing)
{
    *listing = (struct listing){0};
    if (getrandom(&listing->seed, sizeof(listing->seed), 0) < 0) {
        listing->seed = (uint32_t)time(NULL);
    }
    listing_add(listing, "", 0, 'd', NULL);
}

size_t listing_find(const struct listing *listing, const char *path, size_t length)
{
    uint32_t hash = hash_path(listing, path, length);
    size_t at = hash & (listing->slots - 1);
    for (; listing->slot[at] != 0; at = (at + 1) & (listing->slots - 1)) {
        const struct listing_record *record = &listing->record[listing->slot[at] - 1];
        if (record->hash == hash && record->type != '\0' && strncmp(record->path, path, length) == 0 &&
            record->path[length] == '\0') {
            return listing->slot[at] - 1;
        }
    }
    return LISTING_NONE;
}

void listing_forget(struct listing *listing, size_t number)
{
    listing->record[number].type = '\0';
    listing->forgotten++;
}

struct line {
    const char *path; /* escaped; the record's own text when nothing had to be escaped */
    size_t record;
};

static int compare_lines(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->path, ((const struct line *)b)->path);
}

/* The lines in the order of the index. Escaped texts are kept in `texts`. */
static struct line *sorted_lines(const struct listing *listing, struct listing *texts)
{
    size_t count = 0;
    struct line *lines = xreallocarray(NULL, listing->count, sizeof(*lines));
    auto_release(buf) struct buf escaped = {0};
    for (size_t i = 0; i < listing->count; i++) {
        const char *path = i == 0 ? "." : listing->record[i].path;
        if (listing->record[i].type == '\0') {
            continue;
        }
        buf_clear(&escaped);
        index_escape(&escaped, path);
        bool same = strcmp(buf_text(&escaped), path) == 0;
        lines[count++] =
            (struct line){.path = same ? path : keep_text(texts, escaped.bytes, escaped.length), .record = i};
    }
    qsort(lines, count, sizeof(*lines), compare_lines);
    return lines;
}

static void add_line(struct buf *text, const struct listing *listing, const struct line *line,
                     const struct digest *digest)
{
    const struct listing_record *record = &listing->record[line->record];
    const struct listing_record *content = &listing->record[record->same_as];
    struct index_entry entry = {.type = record->type, .mode = content->mode, .size = content->size};
    if (record->type == 'f') {
        entry.digest = digest[record->same_as];
    }
    index_format_escaped(text, line->path, &entry, record->target);
}

int listing_write_index(const struct listing *listing, const struct digest *digest, int fd, struct store_tree *tree,
                        uint64_t *ret_line, struct err *err)
{
    struct listing texts = {0};
    struct digest_state state;
    auto_release(buf) struct buf text = {0};
    auto_free struct line *lines = sorted_lines(listing, &texts);
    const size_t count = listing->count - listing->forgotten;
    uint64_t written = 0;
    int result = 0;
    tree->bytes = 0;
    digest_begin(&state);
    for (size_t i = 0; i < count && result == 0; i++) {
        ret_line[lines[i].record] = written + text.length;
        add_line(&text, listing, &lines[i], digest);
        const struct listing_record *record = &listing->record[lines[i].record];
        tree->bytes += record->type == 'f' ? listing->record[record->same_as].size : 0;
        if (text.length >= CHUNK || i + 1 == count) {
            digest_update(&state, text.bytes, text.length);
            result = fs_write_fd(fd, "index", text.bytes, text.length, err);
            written += text.length;
            buf_clear(&text);
        }
    }
    digest_end(&state, &tree->tree);
    tree->entries = count;
    listing_release(&texts);
    return result;
}

void listing_release(struct listing *listing)
{
    while (listing->chunk != NULL) {
        struct listing_chunk *next = listing->chunk->next;
        free(listing->chunk);
        listing->chunk = next;
    }
    free(listing->record);
    free(listing->slot);
    *listing = (struct listing){0};
}
