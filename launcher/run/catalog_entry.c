/* SPDX-License-Identifier: BSD-2-Clause
 * catalog_entry: the form of one run in the cache of run/catalog. */
#include "run/catalog_entry.h"

#include <string.h>

#include "run/catalog_scan.h"
#include "run/project.h"

static void put_number(struct buf *buf, uint64_t number)
{
    buf_add(buf, &number, sizeof(number));
}

static void put_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text) + 1);
}

static void put_facts(struct buf *entry, const struct catalog_facts *facts)
{
    put_text(entry, buf_text(&facts->started));
    put_text(entry, buf_text(&facts->environment));
    put_text(entry, buf_text(&facts->artifact));
    put_text(entry, buf_text(&facts->rerun_of));
    put_text(entry, buf_text(&facts->workdir));
    put_text(entry, buf_text(&facts->machine));
    put_text(entry, buf_text(&facts->with));
    put_text(entry, buf_text(&facts->job));
    put_text(entry, buf_text(&facts->array));
    put_text(entry, buf_text(&facts->submission));
    put_number(entry, facts->exit_code);
    put_number(entry, facts->signal);
    put_number(entry, facts->elapsed_ns);
    put_number(entry, facts->memory_bytes);
    put_number(entry, facts->array_index);
    put_number(entry, facts->task);
    put_number(entry, facts->is_compared);
    put_number(entry, facts->same_exit);
    put_number(entry, facts->words);
    buf_add(entry, buf_text(&facts->command), facts->command.length);
    put_number(entry, facts->verdicts);
    for (size_t i = 0; i < facts->verdicts; i++) {
        put_text(entry, buf_text(&facts->verdict_name[i]));
        put_number(entry, facts->verdict[i]);
    }
    put_number(entry, facts->files.length);
    buf_add(entry, buf_text(&facts->files), facts->files.length);
}

void catalog_entry_put_file(struct buf *files, const struct catalog_file *file)
{
    buf_add(files, file->digest, sizeof(*file->digest));
    put_text(files, file->path);
    put_number(files, file->size);
    put_number(files, file->offset);
    put_number(files, file->is_output);
    put_text(files, file->change);
}

void catalog_entry_make(struct buf *entries, const struct catalog_key *key, const char *id, const char *text,
                        size_t length)
{
    struct catalog_facts facts = {0};
    size_t start = entries->length;
    uint64_t size = 0;
    enum catalog_state state = catalog_scan(&facts, text, length);
    put_number(entries, size);
    put_number(entries, key->inode);
    put_number(entries, key->size);
    put_number(entries, key->mtime_ns);
    put_number(entries, key->ctime_ns);
    put_number(entries, state);
    put_text(entries, id);
    if (state == CATALOG_WHOLE) {
        put_facts(entries, &facts);
    }
    size = entries->length - start;
    memcpy(entries->bytes + start, &size, sizeof(size));
    catalog_facts_release(&facts);
}

/* Where an entry is read; `bad` when it promised more than there is. */
struct reader {
    const char *at;
    const char *end;
    bool bad;
};

static const char *get_bytes(struct reader *reader, size_t length)
{
    const char *bytes = reader->at;
    if (reader->bad || length > (size_t)(reader->end - reader->at)) {
        reader->bad = true;
        return NULL;
    }
    reader->at += length;
    return bytes;
}

static uint64_t get_number(struct reader *reader)
{
    uint64_t number = 0;
    const char *bytes = get_bytes(reader, sizeof(number));
    if (bytes != NULL) {
        memcpy(&number, bytes, sizeof(number));
    }
    return number;
}

static uint64_t get_number_to(struct reader *reader, uint64_t most)
{
    uint64_t number = get_number(reader);
    reader->bad = reader->bad || number > most;
    return reader->bad ? 0 : number;
}

static const char *get_text(struct reader *reader)
{
    const char *text = reader->at;
    const char *end = reader->bad ? NULL : memchr(text, '\0', (size_t)(reader->end - text));
    if (end == NULL) {
        reader->bad = true;
        return "";
    }
    reader->at = end + 1;
    return text;
}

bool catalog_file_next(const struct catalog_run *run, const char **at, struct catalog_file *ret_file)
{
    struct reader reader = {.at = *at, .end = run->files_end};
    struct catalog_file file = {.digest = (const struct digest *)get_bytes(&reader, sizeof(struct digest))};
    file.path = get_text(&reader);
    file.size = get_number(&reader);
    file.offset = get_number(&reader);
    file.is_output = get_number_to(&reader, 1) != 0;
    file.change = get_text(&reader);
    if (reader.bad) {
        return false;
    }
    *at = reader.at;
    *ret_file = file;
    return true;
}

static void get_facts(struct reader *reader, struct catalog_run *run)
{
    run->started = get_text(reader);
    run->environment = get_text(reader);
    run->artifact = get_text(reader);
    run->rerun_of = get_text(reader);
    run->workdir = get_text(reader);
    run->machine = get_text(reader);
    run->with = get_text(reader);
    run->job = get_text(reader);
    run->array = get_text(reader);
    run->submission = get_text(reader);
    run->exit_code = get_number_to(reader, 255);
    run->signal = get_number_to(reader, 64);
    run->elapsed_ns = get_number(reader);
    run->memory_bytes = get_number(reader);
    run->array_index = get_number(reader);
    run->task = get_number(reader);
    run->is_compared = get_number_to(reader, 1) != 0;
    run->same_exit = get_number_to(reader, 1) != 0;
    run->words = get_number(reader);
    run->command = reader->at;
    for (uint64_t i = 0; i < run->words && !reader->bad; i++) {
        (void)get_text(reader);
    }
    run->verdicts = get_number_to(reader, CATALOG_VERDICTS);
    for (size_t i = 0; i < run->verdicts; i++) {
        run->verdict[i].name = get_text(reader);
        run->verdict[i].count = get_number(reader);
    }
    uint64_t length = get_number_to(reader, (uint64_t)(reader->end - reader->at));
    run->files = reader->at;
    run->files_end = get_bytes(reader, length) != NULL ? reader->at : run->files;
}

bool catalog_entry_read(const char **at, const char *end, struct catalog_run *ret_run)
{
    struct reader reader = {.at = *at, .end = end};
    struct catalog_run run = {.bytes = *at};
    uint64_t size = get_number(&reader);
    if (reader.bad || size < sizeof(size) || size > (uint64_t)(end - *at)) {
        return false;
    }
    reader.end = *at + size;
    run.key.inode = get_number(&reader);
    run.key.size = get_number(&reader);
    run.key.mtime_ns = get_number(&reader);
    run.key.ctime_ns = get_number(&reader);
    run.length = (size_t)size;
    run.state = (enum catalog_state)get_number_to(&reader, CATALOG_FOREIGN);
    run.id = get_text(&reader);
    if (run.state == CATALOG_WHOLE) {
        get_facts(&reader, &run);
    }
    if (reader.bad || reader.at != reader.end || !project_is_id(run.id)) {
        return false;
    }
    *at = reader.end;
    *ret_run = run;
    return true;
}

struct catalog_key catalog_key_of(const struct stat *st)
{
    return (struct catalog_key){
        .inode = st->st_ino,
        .size = (uint64_t)st->st_size,
        .mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec,
        .ctime_ns = (uint64_t)st->st_ctim.tv_sec * 1000000000 + (uint64_t)st->st_ctim.tv_nsec,
    };
}

bool catalog_key_equal(const struct catalog_key *a, const struct catalog_key *b)
{
    return a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}
