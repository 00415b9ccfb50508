/* SPDX-License-Identifier: BSD-2-Clause
 * lineage: which runs of a project made a content, and which made what those read. */
#include "run/lineage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/same_experiment.h"

/* An output of some run. */
struct made {
    const struct catalog_run *run;
    struct catalog_file file;
    size_t next; /* of the same hash: the run that started next; LINEAGE_NONE ends */
};

struct tracer {
    const struct catalog *catalog;
    struct lineage *lineage;
    struct made *made;
    size_t count;
    size_t capacity;
    size_t *head; /* by hash: the first of made */
    size_t heads; /* a power of two */
    size_t *node; /* of each run of the catalog: its place in the lineage, or LINEAGE_NONE */
};

/* Who asks for a maker: a run for one of its inputs, or the question itself. */
struct asker {
    const struct digest *digest;
    const char *path;
    const struct catalog_run *reader; /* NULL: the question */
    const struct lineage_question *question;
};

static size_t hash_of(const struct tracer *tracer, const struct digest *digest)
{
    uint64_t hash;
    memcpy(&hash, digest->bytes, sizeof(hash)); /* a digest is as random as any hash of it */
    return (size_t)hash & (tracer->heads - 1);
}

static int compare_latest_first(const void *a, const void *b)
{
    const struct catalog_run *first = *(const struct catalog_run *const *)a;
    const struct catalog_run *second = *(const struct catalog_run *const *)b;
    int order = strcmp(second->started, first->started); /* RFC 3339 in one zone sorts as text */
    return order != 0 ? order : strcmp(second->id, first->id);
}

static void gather_made(struct tracer *tracer, const struct catalog_run *run)
{
    struct catalog_file file;
    const char *at = run->files;
    while (catalog_file_next(run, &at, &file)) {
        bool is_new = file.is_output && file.size > 0 && strcmp(file.change, "mode") != 0;
        if (is_new && tracer->count == tracer->capacity) {
            tracer->capacity *= 2;
            tracer->made = xreallocarray(tracer->made, tracer->capacity, sizeof(*tracer->made));
        }
        if (is_new) {
            tracer->made[tracer->count++] = (struct made){.run = run, .file = file};
        }
    }
}

/* Everything that any run made, by content. The latest are put in first, so that the earliest are found first. */
static void index_made(struct tracer *tracer)
{
    const struct catalog *catalog = tracer->catalog;
    const struct catalog_run **runs = xcalloc(catalog->count + 1, sizeof(*runs));
    for (size_t i = 0; i < catalog->count; i++) {
        runs[i] = &catalog->run[i];
    }
    qsort(runs, catalog->count, sizeof(*runs), compare_latest_first);
    for (size_t i = 0; i < catalog->count; i++) {
        gather_made(tracer, runs[i]);
    }
    free(runs);
    for (tracer->heads = 64; tracer->heads < tracer->count;) {
        tracer->heads *= 2;
    }
    tracer->head = xcalloc(tracer->heads, sizeof(*tracer->head));
    memset(tracer->head, 0xff, tracer->heads * sizeof(*tracer->head)); /* LINEAGE_NONE */
    for (size_t i = 0; i < tracer->count; i++) {
        size_t hash = hash_of(tracer, tracer->made[i].file.digest);
        tracer->made[i].next = tracer->head[hash];
        tracer->head[hash] = i;
    }
}

static bool reads(const struct catalog_run *run, const struct digest *digest)
{
    struct catalog_file file;
    const char *at = run->files;
    while (catalog_file_next(run, &at, &file)) {
        if (!file.is_output && digest_equal(file.digest, digest)) {
            return true;
        }
    }
    return false;
}

static bool passes_on(const struct made *made)
{
    return strcmp(made->file.change, "renamed") == 0 || reads(made->run, made->file.digest);
}

bool lineage_is_place(const struct catalog_run *run, const char *path, const struct lineage_question *question)
{
    if (question->path == NULL || path[0] == '/' || run->workdir[0] != '/' ||
        strcmp(path_base(path), path_base(question->path)) != 0) {
        return false;
    }
    auto_free char *then = path_normal(run->workdir, path);
    if (strcmp(then, question->path) == 0) {
        return true;
    }
    /* The whole project was moved since, or came from another machine. */
    auto_free char *now = path_normal(question->folder, path);
    return strcmp(now, question->path) == 0 && access(run->workdir, F_OK) < 0;
}

static bool has_asked_name(const struct asker *asker, const struct made *made)
{
    if (asker->reader == NULL) {
        return lineage_is_place(made->run, made->file.path, asker->question);
    }
    return strcmp(made->file.path, asker->path) == 0;
}

/* Who a run's input is from must have begun before that run ended. Not before it began: the runs of a pipeline start
 * together. */
static bool is_possible(const struct asker *asker, const struct made *made)
{
    return asker->reader == NULL || (made->run != asker->reader && same_time_or_before(made->run, asker->reader));
}

/* The made thing that is told of among those of this content; NULL when there is none. */
static const struct made *choose(const struct tracer *tracer, const struct asker *asker)
{
    const struct made *best = NULL;
    unsigned best_rank = 0;
    size_t looked_at = 0;
    size_t at = tracer->head[hash_of(tracer, asker->digest)];
    for (; at != LINEAGE_NONE && looked_at < LINEAGE_MAKERS_MOST; at = tracer->made[at].next) {
        const struct made *made = &tracer->made[at];
        if (!digest_equal(made->file.digest, asker->digest) || !is_possible(asker, made)) {
            continue;
        }
        unsigned rank = (passes_on(made) ? 4U : 0U) + (made->run->rerun_of[0] != '\0' ? 2U : 0U) +
                        (has_asked_name(asker, made) ? 0U : 1U);
        if (best == NULL || rank < best_rank) {
            best = made;
            best_rank = rank;
        }
        looked_at++;
    }
    return best;
}

static size_t add_run(struct tracer *tracer, const struct made *made)
{
    struct lineage *lineage = tracer->lineage;
    size_t *node = &tracer->node[made->run - tracer->catalog->run];
    if (*node == LINEAGE_NONE) {
        *node = lineage->count++;
        lineage->run[*node] = (struct lineage_run){.run = made->run, .made = made->file, .passed_on = passes_on(made)};
    }
    return *node;
}

static void trace_inputs(struct tracer *tracer, size_t node)
{
    struct catalog_file file;
    const struct catalog_run *run = tracer->lineage->run[node].run;
    struct lineage_input *input = NULL;
    size_t count = 0;
    size_t capacity = 0;
    const char *at = run->files;
    while (catalog_file_next(run, &at, &file)) {
        if (file.is_output) {
            continue;
        }
        if (count == capacity) {
            capacity = capacity == 0 ? 8 : capacity * 2;
            input = xreallocarray(input, capacity, sizeof(*input));
        }
        struct asker asker = {.digest = file.digest, .path = file.path, .reader = run};
        const struct made *made = file.size > 0 ? choose(tracer, &asker) : NULL;
        input[count] = (struct lineage_input){.file = file, .maker = LINEAGE_NONE};
        if (made != NULL) {
            input[count].maker = add_run(tracer, made);
            input[count].made = made->file;
        }
        count++;
    }
    tracer->lineage->run[node].input = input;
    tracer->lineage->run[node].inputs = count;
}

static void append(struct lineage_makers *makers, const struct catalog_run *run, const struct catalog_file *file)
{
    makers->item = xreallocarray(makers->item, makers->count + 1, sizeof(*makers->item));
    makers->item[makers->count++] = (struct lineage_maker){.run = run, .file = *file};
}

static bool has_run(const struct lineage_makers *makers, const struct catalog_run *run)
{
    for (size_t i = 0; i < makers->count; i++) {
        if (makers->item[i].run == run) {
            return true;
        }
    }
    return false;
}

static void add_maker(struct lineage_makers *makers, const struct catalog_run *run, const struct catalog_file *file)
{
    if (!has_run(makers, run)) {
        append(makers, run, file);
    }
}

/* Who else made what this run made. */
static void confirm(struct tracer *tracer, size_t node)
{
    struct lineage_run *told = &tracer->lineage->run[node];
    size_t looked_at = 0;
    size_t at = tracer->head[hash_of(tracer, told->made.digest)];
    for (; at != LINEAGE_NONE && looked_at < LINEAGE_MAKERS_MOST; at = tracer->made[at].next) {
        const struct made *made = &tracer->made[at];
        if (made->run == told->run || !digest_equal(made->file.digest, told->made.digest)) {
            continue;
        }
        looked_at++;
        if (same_experiment(tracer->catalog, made->run, told->run)) {
            add_maker(&told->confirmed_by, made->run, &made->file);
        } else if (node == 0 && !passes_on(made)) {
            add_maker(&tracer->lineage->also, made->run, &made->file);
        }
    }
}

static int compare_latest_maker(const void *a, const void *b)
{
    const struct lineage_maker *first = a;
    const struct lineage_maker *second = b;
    return compare_latest_first(&first->run, &second->run);
}

/* The runs come one after the other: one that is there already is the last. */
static void add_last(struct lineage_makers *makers, const struct catalog_run *run, const struct catalog_file *file)
{
    if (makers->count == 0 || makers->item[makers->count - 1].run != run) {
        append(makers, run, file);
    }
}

/* What can be said of a content that nobody made. */
static void look_around(struct tracer *tracer, const struct lineage_question *question)
{
    struct lineage *lineage = tracer->lineage;
    for (size_t i = 0; i < tracer->catalog->count; i++) {
        const struct catalog_run *run = &tracer->catalog->run[i];
        struct catalog_file file;
        const char *at = run->files;
        while (catalog_file_next(run, &at, &file)) {
            if (file.is_output && lineage_is_place(run, file.path, question)) {
                add_last(&lineage->wrote, run, &file);
            } else if (!file.is_output && question->size > 0 && digest_equal(file.digest, &question->digest)) {
                add_last(&lineage->read, run, &file);
            }
        }
    }
    if (lineage->wrote.count > 0) {
        qsort(lineage->wrote.item, lineage->wrote.count, sizeof(struct lineage_maker), compare_latest_maker);
    }
}

static int compare_offset(const void *a, const void *b)
{
    const struct lineage_run *first = a;
    const struct lineage_run *second = b;
    return (first->made.offset > second->made.offset) - (first->made.offset < second->made.offset);
}

/* Runs that were redirected to the same file one after the other, with >>, made each a piece of it. */
static void find_pieces(struct tracer *tracer, const struct lineage_question *question)
{
    struct lineage *lineage = tracer->lineage;
    uint64_t end = 0;
    for (size_t i = 0; i < lineage->wrote.count; i++) {
        const struct lineage_maker *maker = &lineage->wrote.item[i];
        if (question->fd >= 0 && maker->file.size > 0 && lineage_piece_holds(question->fd, &maker->file)) {
            lineage->run[lineage->count++] = (struct lineage_run){.run = maker->run, .made = maker->file};
        }
    }
    qsort(lineage->run, lineage->count, sizeof(*lineage->run), compare_offset);
    for (size_t i = 0; i < lineage->count; i++) {
        const struct catalog_file *piece = &lineage->run[i].made;
        tracer->node[lineage->run[i].run - tracer->catalog->run] = i;
        lineage->has_gaps = lineage->has_gaps || piece->offset > end;
        end = piece->offset + piece->size > end ? piece->offset + piece->size : end;
    }
    lineage->in_pieces = lineage->count > 0;
    lineage->has_gaps = lineage->in_pieces && (lineage->has_gaps || end < question->size);
}

/* `more`: runs that are not in the catalog. */
static void begin(struct tracer *tracer, size_t more)
{
    const struct catalog *catalog = tracer->catalog;
    *tracer->lineage = (struct lineage){.run = xcalloc(catalog->count + more + 1, sizeof(*tracer->lineage->run))};
    tracer->capacity = 256;
    tracer->made = xreallocarray(NULL, tracer->capacity, sizeof(*tracer->made));
    tracer->node = xcalloc(catalog->count + 1, sizeof(*tracer->node));
    memset(tracer->node, 0xff, catalog->count * sizeof(*tracer->node)); /* LINEAGE_NONE */
    index_made(tracer);
}

static void end(struct tracer *tracer)
{
    free(tracer->node);
    free(tracer->head);
    free(tracer->made);
}

void lineage_trace(struct lineage *lineage, const struct catalog *catalog, const struct lineage_question *question)
{
    struct tracer tracer = {.catalog = catalog, .lineage = lineage};
    struct asker asker = {.digest = &question->digest, .question = question};
    begin(&tracer, 0);
    const struct made *made = question->size > 0 ? choose(&tracer, &asker) : NULL;
    if (made != NULL) {
        (void)add_run(&tracer, made);
    } else {
        look_around(&tracer, question);
        find_pieces(&tracer, question);
    }
    lineage->asked = lineage->count;
    for (size_t i = 0; i < lineage->count; i++) {
        trace_inputs(&tracer, i);
        confirm(&tracer, i);
    }
    end(&tracer);
}

void lineage_trace_runs(struct lineage *lineage, const struct catalog *catalog, const struct catalog_run *const *runs,
                        size_t count)
{
    struct tracer tracer = {.catalog = catalog, .lineage = lineage};
    begin(&tracer, count);
    for (size_t i = 0; i < count; i++) {
        const struct catalog_run *known = catalog_find(catalog, runs[i]->id);
        size_t *node = known == runs[i] ? &tracer.node[known - catalog->run] : NULL;
        if (node == NULL || *node == LINEAGE_NONE) {
            lineage->run[lineage->count] = (struct lineage_run){.run = runs[i]};
            if (node != NULL) {
                *node = lineage->count;
            }
            lineage->count++;
        }
    }
    lineage->asked = lineage->count;
    for (size_t i = 0; i < lineage->count; i++) {
        trace_inputs(&tracer, i);
        if (i >= lineage->asked) {
            confirm(&tracer, i);
        }
    }
    end(&tracer);
}

void lineage_release(struct lineage *lineage)
{
    for (size_t i = 0; i < lineage->count; i++) {
        free(lineage->run[i].input);
        free(lineage->run[i].confirmed_by.item);
    }
    free(lineage->run);
    free(lineage->also.item);
    free(lineage->read.item);
    free(lineage->wrote.item);
    *lineage = (struct lineage){0};
}
