/* SPDX-License-Identifier: BSD-2-Clause
 * report_chain: a lineage made small enough to be drawn. Which runs are one: report_chain_join.c. */
#include "publish/report_chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "publish/report_chain_parts.h"

/* One content, known by its digest and who made it. */
struct content {
    const char *path;
    uint64_t size;
    size_t maker; /* a place in the lineage, or LINEAGE_NONE */
    size_t *reader;
    size_t readers;
};

struct maker {
    const struct lineage *lineage;
    bool self;
    bool *is_in;
    struct strmap by_digest; /* to struct content */
    struct content **content;
    size_t contents;
    struct chain_link *link;
    size_t links;
};

static bool take_makers(struct maker *maker, size_t reader)
{
    bool moved = false;
    const struct lineage_run *run = &maker->lineage->run[reader];
    for (size_t i = 0; i < run->inputs; i++) {
        size_t made_by = run->input[i].maker;
        if (made_by != LINEAGE_NONE && !maker->is_in[made_by]) {
            maker->is_in[made_by] = true;
            moved = true;
        }
    }
    return moved;
}

/* What leads to the run of the page, and what was asked for beside it: of that nothing else is followed. */
static void find_members(struct maker *maker)
{
    const struct lineage *lineage = maker->lineage;
    for (size_t i = 0; i < lineage->count; i++) {
        maker->is_in[i] = !maker->self || i < lineage->asked;
    }
    /* Runs that were found later are behind those that they were found for; of a circle one more pass finds the rest.
     */
    for (bool moved = maker->self; moved;) {
        moved = false;
        for (size_t i = 0; i < lineage->count; i++) {
            bool is_later = i > 0 && i < lineage->asked;
            moved = (maker->is_in[i] && !is_later && take_makers(maker, i)) || moved;
        }
    }
}

static struct content *find_content(struct maker *maker, const struct catalog_file *file, size_t made_by)
{
    char key[DIGEST_HEX + 32];
    digest_to_hex(file->digest, key);
    snprintf(key + DIGEST_HEX, sizeof(key) - DIGEST_HEX, ":%zu", made_by);
    struct content *content = strmap_get(&maker->by_digest, key);
    if (content == NULL) {
        content = xcalloc(1, sizeof(*content));
        *content = (struct content){.path = file->path, .size = file->size, .maker = made_by};
        strmap_put(&maker->by_digest, key, content);
        maker->content = xreallocarray(maker->content, maker->contents + 1, sizeof(struct content *));
        maker->content[maker->contents++] = content;
    }
    return content;
}

/* Inputs come run by run: one that is known already is the last. */
static void add_reader(struct content *content, size_t reader)
{
    if (content->readers == 0 || content->reader[content->readers - 1] != reader) {
        content->reader = xreallocarray(content->reader, content->readers + 1, sizeof(*content->reader));
        content->reader[content->readers++] = reader;
    }
}

static void add_link(struct maker *maker, size_t made_by, size_t reader)
{
    for (size_t i = maker->links; i > 0 && maker->link[i - 1].reader == reader; i--) {
        if (maker->link[i - 1].maker == made_by) {
            return;
        }
    }
    maker->link = xreallocarray(maker->link, maker->links + 1, sizeof(*maker->link));
    maker->link[maker->links++] = (struct chain_link){.maker = made_by, .reader = reader};
}

static void gather_inputs(struct maker *maker, size_t reader)
{
    const struct lineage_run *run = &maker->lineage->run[reader];
    bool is_later = maker->self && reader > 0 && reader < maker->lineage->asked;
    for (size_t i = 0; i < run->inputs; i++) {
        const struct lineage_input *input = &run->input[i];
        if (is_later && input->maker != 0) {
            continue;
        }
        const struct catalog_file *file = input->maker != LINEAGE_NONE ? &input->made : &input->file;
        add_reader(find_content(maker, file, input->maker), reader);
        if (input->maker != LINEAGE_NONE) {
            add_link(maker, input->maker, reader);
        }
    }
}

/* What nobody reads who is in the chain is an end of it. */
static void gather_outputs(struct maker *maker, size_t made_by)
{
    struct catalog_file file;
    const struct catalog_run *run = maker->lineage->run[made_by].run;
    const char *at = run->files;
    while (catalog_file_next(run, &at, &file)) {
        if (file.is_output && file.size > 0 && strcmp(file.change, "mode") != 0) {
            (void)find_content(maker, &file, made_by);
        }
    }
}

static int compare_size(const void *a, const void *b)
{
    size_t first = *(const size_t *)a;
    size_t second = *(const size_t *)b;
    return (first > second) - (first < second);
}

/* The readers as they are drawn, each once. */
static size_t *drawn_readers(const struct content *content, const size_t *node, size_t *ret_count)
{
    size_t *reader = xcalloc(content->readers + 1, sizeof(*reader));
    size_t count = 0;
    for (size_t i = 0; i < content->readers; i++) {
        reader[i] = node[content->reader[i]];
    }
    qsort(reader, content->readers, sizeof(*reader), compare_size);
    for (size_t i = 0; i < content->readers; i++) {
        if (i == 0 || reader[i] != reader[count - 1]) {
            reader[count++] = reader[i];
        }
    }
    *ret_count = count;
    return reader;
}

static void group_contents(struct chain *chain, const struct maker *maker, const size_t *node)
{
    struct strmap by_ends = {0};
    /* Places in an array that never moves: the map points to them. */
    chain->files = xcalloc(maker->contents + 1, sizeof(*chain->files));
    for (size_t i = 0; i < maker->contents; i++) {
        const struct content *content = maker->content[i];
        struct chain_files wanted = {.maker = content->maker == LINEAGE_NONE ? LINEAGE_NONE : node[content->maker]};
        wanted.reader = drawn_readers(content, node, &wanted.readers);
        auto_release(buf) struct buf key = {0};
        buf_addf(&key, "%zu:", wanted.maker);
        for (size_t k = 0; k < wanted.readers; k++) {
            buf_addf(&key, "%zu,", wanted.reader[k]);
        }
        struct chain_files *files = strmap_get(&by_ends, buf_text(&key));
        if (files == NULL) {
            files = &chain->files[chain->groups++];
            *files = wanted;
            strmap_put(&by_ends, buf_text(&key), files);
        } else {
            free(wanted.reader);
        }
        if (files->count < CHAIN_NAMES) {
            files->name[files->count] = content->path;
        }
        files->count++;
        files->bytes += content->size;
    }
    strmap_release(&by_ends);
}

static void release_maker(struct maker *maker)
{
    for (size_t i = 0; i < maker->contents; i++) {
        free(maker->content[i]->reader);
        free(maker->content[i]);
    }
    free(maker->content);
    free(maker->link);
    free(maker->is_in);
    strmap_release(&maker->by_digest);
}

void chain_make(struct chain *chain, const struct lineage *lineage, bool self)
{
    struct maker maker = {.lineage = lineage, .self = self, .is_in = xcalloc(lineage->count + 1, sizeof(bool))};
    size_t *node = xcalloc(lineage->count + 1, sizeof(*node));
    *chain = (struct chain){0};
    find_members(&maker);
    for (size_t i = 0; i < lineage->count; i++) {
        if (maker.is_in[i]) {
            gather_inputs(&maker, i);
        }
    }
    for (size_t i = 0; i < lineage->count; i++) {
        if (self ? i == 0 : maker.is_in[i]) {
            gather_outputs(&maker, i);
        }
    }
    chain_join(chain, lineage, maker.is_in, maker.link, maker.links, self, node);
    group_contents(chain, &maker, node);
    free(node);
    release_maker(&maker);
}

void chain_release(struct chain *chain)
{
    for (size_t i = 0; i < chain->groups; i++) {
        free(chain->files[i].reader);
    }
    free(chain->files);
    free(chain->run);
    *chain = (struct chain){0};
}
