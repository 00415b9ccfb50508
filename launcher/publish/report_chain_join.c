/* SPDX-License-Identifier: BSD-2-Clause
 * report_chain_join: which runs of a lineage are drawn as one. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "publish/report_chain_parts.h"

struct joiner {
    struct chain *chain;
    const struct lineage *lineage;
    const bool *is_in;
    const struct chain_link *link;
    size_t links;
    bool self;
    size_t *node;
    size_t *height; /* how many runs come after each, at most */
    size_t *group;  /* of each run: the first run of the lineage that is drawn with it */
};

/* Circles, which runs of one pipe can make, end it by the number of passes. */
static size_t find_heights(const struct joiner *joiner)
{
    enum { PASSES_MOST = 2000 };
    size_t most = 0;
    bool moved = true;
    for (int pass = 0; moved && pass < PASSES_MOST; pass++) {
        moved = false;
        for (size_t i = 0; i < joiner->links; i++) {
            const struct chain_link *link = &joiner->link[i];
            size_t least = joiner->height[link->reader] + 1;
            if (joiner->height[link->maker] < least && least < joiner->lineage->count) {
                joiner->height[link->maker] = least;
                most = least > most ? least : most;
                moved = true;
            }
        }
    }
    return most;
}

static int compare_size(const void *a, const void *b)
{
    size_t first = *(const size_t *)a;
    size_t second = *(const size_t *)b;
    return (first > second) - (first < second);
}

/* Environment, program and exit of a run, and what those that read from it are drawn as. */
static char *signature_of(const struct joiner *joiner, size_t place, size_t *readers)
{
    const struct catalog_run *run = joiner->lineage->run[place].run;
    struct buf text = {0};
    size_t count = 0;
    buf_addf(&text, "%s\n%s\n%s\n%" PRIu64 "\n", run->environment, run->artifact, catalog_word(run, 0), run->exit_code);
    for (size_t i = 0; i < joiner->links; i++) {
        if (joiner->link[i].maker == place) {
            readers[count++] = joiner->group[joiner->link[i].reader];
        }
    }
    qsort(readers, count, sizeof(*readers), compare_size);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || readers[i] != readers[i - 1]) {
            buf_addf(&text, "%zu,", readers[i]);
        }
    }
    return buf_take(&text);
}

struct alike {
    size_t first;
    size_t count;
};

/* Those of one height: all that read from them have been decided on. */
static void join_height(const struct joiner *joiner, size_t height, size_t *readers)
{
    struct strmap by_signature = {0};
    size_t count = joiner->lineage->count;
    struct alike *alike = xcalloc(count + 1, sizeof(*alike));
    struct alike **found = xcalloc(count + 1, sizeof(struct alike *));
    size_t kinds = 0;
    for (size_t i = 0; i < count; i++) {
        if (!joiner->is_in[i] || joiner->height[i] != height || (joiner->self && i == 0)) {
            continue;
        }
        auto_free char *signature = signature_of(joiner, i, readers);
        found[i] = strmap_get(&by_signature, signature);
        if (found[i] == NULL) {
            found[i] = &alike[kinds++];
            found[i]->first = i;
            strmap_put(&by_signature, signature, found[i]);
        }
        found[i]->count++;
    }
    for (size_t i = 0; i < count; i++) {
        if (found[i] != NULL && found[i]->count >= CHAIN_TOGETHER) {
            joiner->group[i] = found[i]->first;
        }
    }
    strmap_release(&by_signature);
    free(found);
    free(alike);
}

static void take_nodes(const struct joiner *joiner)
{
    struct chain *chain = joiner->chain;
    for (size_t i = 0; i < joiner->lineage->count; i++) {
        if (!joiner->is_in[i]) {
            continue;
        }
        size_t first = joiner->group[i];
        if (first == i) {
            joiner->node[i] = chain->runs;
            chain->run[chain->runs++] =
                (struct chain_run){.run = joiner->lineage->run[i].run, .is_self = joiner->self && i == 0};
        } else {
            joiner->node[i] = joiner->node[first];
        }
        chain->run[joiner->node[i]].count++;
    }
}

void chain_join(struct chain *chain, const struct lineage *lineage, const bool *is_in, const struct chain_link *link,
                size_t links, bool self, size_t *node)
{
    size_t count = lineage->count;
    struct joiner joiner = {.chain = chain,
                            .lineage = lineage,
                            .is_in = is_in,
                            .link = link,
                            .links = links,
                            .self = self,
                            .node = node,
                            .height = xcalloc(count + 1, sizeof(size_t)),
                            .group = xcalloc(count + 1, sizeof(size_t))};
    size_t *readers = xcalloc(links + 1, sizeof(*readers));
    for (size_t i = 0; i < count; i++) {
        joiner.group[i] = i;
        node[i] = LINEAGE_NONE;
    }
    size_t highest = find_heights(&joiner);
    for (size_t height = 0; height <= highest; height++) {
        join_height(&joiner, height, readers);
    }
    chain->run = xcalloc(count + 1, sizeof(*chain->run));
    take_nodes(&joiner);
    free(readers);
    free(joiner.height);
    free(joiner.group);
}
