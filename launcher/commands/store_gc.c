/* SPDX-License-Identifier: BSD-2-Clause
 * store_gc: removes from the user's store, and this machine's, what was not used for long and what was left half done.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/units.h"
#include "commands/store.h"
#include "commands/tell.h"
#include "env/collect.h"

/* Without an option a collection shall be safe to put into a nightly job of somebody who is on holiday. */
enum { DEFAULT_DAYS = 90, DAY_S = 24 * 60 * 60 };

static const struct command_option options[] = {
    {"older-than", 0, "AGE", "what was not used for so long: 30d, 12h, 4w, 0"},
    {"keep-bytes", 0, "SIZE", "the oldest, until SIZE is left: 500M, 50G, 0"},
    {"dry-run", 0, NULL, "remove nothing, say what would be removed"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

struct gc {
    struct collect_policy policy;
    struct store_names names;
    struct doc *list; /* NULL: for people */
    const char *place;
    struct collect_sum sum;
};

static int read_option(struct gc *gc, const char *name, const char *value, bool *json, struct err *err)
{
    if (strcmp(name, "older-than") == 0) {
        gc->policy.by_age = true;
        return store_age_parse("--older-than", value, &gc->policy.older_than_s, err);
    }
    if (strcmp(name, "keep-bytes") == 0) {
        gc->policy.by_size = true;
        return store_size_parse("--keep-bytes", value, &gc->policy.keep_bytes, err);
    }
    gc->policy.dry_run |= strcmp(name, "dry-run") == 0;
    *json |= strcmp(name, "json") == 0;
    (void)option_is_level(name);
    return 0;
}

static int read_line(struct gc *gc, int argc, char **argv, bool *json, struct err *err)
{
    int option;
    struct option_reader reader = option_reader_of(&store_gc_command, argc, argv);
    while ((option = option_next(&reader, err)) >= 0) {
        if (read_option(gc, options[option].name, reader.value, json, err) < 0) {
            return -1;
        }
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at < argc) {
        return command_usage_error(&store_gc_command, err, "takes no arguments; 'sciwrap remove ENV' removes one");
    }
    if (!gc->policy.by_age && !gc->policy.by_size) {
        gc->policy.by_age = true;
        gc->policy.older_than_s = (uint64_t)DEFAULT_DAYS * DAY_S;
    }
    return 0;
}

static const char *word_of(enum collect_fate fate, bool dry_run)
{
    switch (fate) {
    case COLLECT_GONE:
        return dry_run ? "would remove" : "removed";
    case COLLECT_LATER:
        return "removes later";
    case COLLECT_IN_USE:
        return "keeps";
    case COLLECT_FAILED:
        break;
    }
    return "cannot remove";
}

static void print_one(const struct gc *gc, const struct content *content, enum collect_fate fate, const char *why)
{
    char size[16];
    char age[32];
    auto_free char *label = store_label(&gc->names, &content->digest);
    auto_release(strlist) struct strlist own = {0};
    store_names_of(&gc->names, &content->digest, &own);
    const char *kind = content->kind == CONTENT_TREE ? ""
                       : own.count > 0               ? "artifact of "
                                                     : "artifact, layer or package ";
    printf("%-13s %9s  %s%s, last used %s%s", word_of(fate, gc->policy.dry_run), units_size(size, content->bytes), kind,
           label, units_age(age, time(NULL), content->used), content->complete ? "" : ", not whole");
    if (fate == COLLECT_IN_USE) {
        printf(": in use%s%s", why[0] != '\0' ? " by " : "", why);
    } else if (why[0] != '\0') {
        printf(": %s", why);
    }
    printf("\n");
}

static void report(void *into, const struct content *content, enum collect_fate fate, const char *why)
{
    struct gc *gc = into;
    progress_hide();
    if (gc->list == NULL) {
        if (log_get_level() != LOG_QUIET || fate == COLLECT_FAILED) {
            print_one(gc, content, fate, why);
        }
        return;
    }
    static const char *const words[] = {"removed", "removed later", "in use", "failed"};
    struct doc *row = doc_object();
    doc_put_text(row, "kind", content->kind == CONTENT_TREE ? "environment" : "blob");
    store_put_names(row, &gc->names, &content->digest);
    doc_put_text(row, "store", gc->place);
    doc_put_text(row, "outcome", words[fate]);
    doc_put_text(row, "why", why[0] != '\0' ? why : NULL);
    doc_put_number(row, "bytes", content->bytes);
    doc_put_number(row, "used", content->used > 0 ? (uint64_t)content->used : 0);
    doc_append(gc->list, row);
}

static void print_end(const struct gc *gc)
{
    char size[16];
    const struct collect_sum *sum = &gc->sum;
    auto_free char *counts = store_counts_text(sum->trees, sum->blobs, sum->leftovers);
    if (counts[0] == '\0') {
        log_info("nothing to remove%s", sum->in_use > 0 ? " that is not in use" : "");
        return;
    }
    log_info("%s %s: %s", gc->policy.dry_run ? "would free" : "freed", units_size(size, sum->bytes), counts);
}

static void print_doc(struct gc *gc)
{
    struct doc *doc = doc_object();
    doc_put_bool(doc, "dry_run", gc->policy.dry_run);
    doc_put(doc, "contents", gc->list);
    gc->list = NULL;
    doc_put_number(doc, "environments", gc->sum.trees);
    doc_put_number(doc, "blobs", gc->sum.blobs);
    doc_put_number(doc, "left_over", gc->sum.leftovers);
    doc_put_number(doc, "bytes", gc->sum.bytes);
    doc_put_number(doc, "in_use", gc->sum.in_use);
    doc_put_number(doc, "failed", gc->sum.failed);
    tell_json(doc);
}

static int collect_all(struct gc *gc, struct err *err)
{
    struct store store = {.fd = -1};
    struct store existing = {.fd = -1};
    /* For reading first: cleaning up makes no store. */
    int result = store_open(&existing, err);
    if (result == 0 && existing.fd >= 0) {
        result = store_open_writable(&store, err);
    }
    store_close(&existing);
    if (result == 0 && store.fd >= 0) {
        gc->place = "user";
        result = collect(&store, &gc->policy, report, gc, &gc->sum, err);
    }
    if (result == 0 && store.fd >= 0 && store.node != NULL) {
        gc->place = "node";
        result = collect(store.node, &gc->policy, report, gc, &gc->sum, err);
    }
    store_close(&store);
    return result;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    bool json = false;
    struct gc gc = {0};
    *exit_code = 0;
    if (read_line(&gc, argc, argv, &json, err) < 0) {
        return -1;
    }
    store_names_read(&gc.names);
    gc.list = json ? doc_array() : NULL;
    struct progress progress = {0};
    progress_watch(&progress, gc.policy.dry_run ? "look through the store" : "remove", 0, PROGRESS_FILES);
    int result = collect_all(&gc, err);
    progress_release(&progress);
    if (result == 0 && json) {
        print_doc(&gc);
    } else if (result == 0) {
        print_end(&gc);
    }
    *exit_code = gc.sum.failed > 0 ? 1 : 0;
    doc_free(gc.list);
    store_names_release(&gc.names);
    return result;
}

const struct command store_gc_command = {
    .name = "store gc",
    .synopsis = "[OPTION...]",
    .summary = "remove what was not used for long, or left half done",
    .options = options,
    .more = "Without --older-than and --keep-bytes: what was not used for 90 days. Nothing\n"
            "that is in use is removed. Removed environments come back with 'sciwrap pull'\n"
            "or the next run, if their artifact can still be had.\n",
    .run = run,
};
