/* SPDX-License-Identifier: BSD-2-Clause
 * store_verify: whether what lies in the stores is still what was pinned; each wrong file by its name. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/strset.h"
#include "base/units.h"
#include "commands/store.h"
#include "commands/tell.h"
#include "env/blob_check.h"
#include "env/verify.h"

static const struct command_option options[] = {
    {"full", 0, NULL, "read every byte, also of files that nobody touched"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

struct check {
    bool full;
    struct store_names names;
    struct digest *wanted; /* NULL: everything */
    size_t wanted_count;
    const struct store_place *place; /* where we are */
    const struct digest *tree;       /* the artifact of the tree that we are at */
    struct doc *list;                /* NULL: for people */
    uint64_t trees;
    uint64_t entries;
    uint64_t bytes;
    uint64_t blobs;
    uint64_t wrong_files;
    struct strset wrong_once;
    struct strlist wrong;    /* environments that have to be brought again, in this user's stores */
    struct strlist nameless; /* digests of what no definition names, the same */
    bool site_wrong;
};

static bool is_wanted(const struct check *check, const struct content *content)
{
    for (size_t i = 0; i < check->wanted_count; i++) {
        if (digest_equal(&check->wanted[i], &content->digest)) {
            return true;
        }
    }
    return check->wanted == NULL;
}

static void note_wrong(struct check *check, const struct digest *artifact)
{
    auto_release(strlist) struct strlist own = {0};
    store_names_of(&check->names, artifact, &own);
    auto_free char *label = own.count > 0 ? xstrdup(own.item[0]) : store_label(&check->names, artifact);
    if (strcmp(check->place->label, "site") == 0) {
        check->site_wrong = true;
    } else if (strset_add(&check->wrong_once, label)) {
        strlist_add(own.count > 0 ? &check->wrong : &check->nameless, label);
    }
}

static void tell(struct check *check, const char *kind, const struct digest *artifact, const char *path,
                 const char *why)
{
    check->wrong_files++;
    progress_hide();
    note_wrong(check, artifact);
    if (check->list != NULL) {
        struct doc *row = doc_object();
        doc_put_text(row, "kind", kind);
        store_put_names(row, &check->names, artifact);
        doc_put_text(row, "store", check->place->label);
        doc_put_text(row, "path", path);
        doc_put_text(row, "why", why);
        doc_append(check->list, row);
        return;
    }
    auto_free char *label = store_label(&check->names, artifact);
    auto_free char *before = path != NULL ? xasprintf("%s: '", label) : xasprintf("%s: its ", label);
    auto_free char *after = xasprintf("%s%s", path != NULL ? "' " : " ", why);
    tell_path(before, path != NULL ? path : kind, after);
}

static void tell_file(void *into, const char *path, const char *why)
{
    struct check *check = into;
    tell(check, "environment", check->tree, path, why);
}

static void tell_blob(void *into, const struct content *blob, const char *why)
{
    struct check *check = into;
    tell(check, "artifact", &blob->digest, NULL, why);
}

static int check_opened(struct check *check, const struct store_tree *tree, const char *label, struct err *err)
{
    struct verify_counts counts;
    struct verify *verify = verify_open(tree, label, err);
    int result = verify == NULL ? -1 : verify_thoroughly(verify, check->full, err);
    if (result == 0) {
        check->tree = &tree->artifact;
        struct progress progress = {0};
        auto_free char *what = xasprintf("check %s", label);
        progress_watch(&progress, what, tree->entries, PROGRESS_FILES);
        bool good = verify_full(verify);
        progress_release(&progress);
        verify_counts(verify, &counts);
        verify_each_spoiled(verify, tell_file, check);
        log_debug("%s: %llu files and folders%s, %llu of them read", label, (unsigned long long)counts.checked,
                  good ? " are what was pinned" : "", (unsigned long long)counts.hashed);
        check->entries += counts.checked;
        check->bytes += tree->bytes;
    }
    verify_close(verify);
    return result;
}

static int check_tree(struct check *check, const struct content *content, struct err *err)
{
    struct store_tree tree = {.fd = -1};
    struct err failed = {0};
    auto_free char *label = store_label(&check->names, &content->digest);
    auto_fd int trees = openat(check->place->store->fd, "trees", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int found = trees < 0 ? 0 : store_read_tree(trees, &content->digest, &tree, err);
    if (found <= 0) {
        /* One that a power cut tore is as if it were not there; and so is one that was removed meanwhile. */
        log_debug("%s: is not whole, and nobody will use it", label);
        return found;
    }
    tree.site = strcmp(check->place->label, "site") == 0;
    check->trees++;
    int result = check_opened(check, &tree, label, &failed);
    if (result < 0 && failed.kind == ERR_MISMATCH) {
        tell(check, "environment", &content->digest, "index", "is not the one that was made when it was unpacked");
        result = 0;
    } else if (result < 0) {
        *err = failed;
    }
    store_tree_release(&tree);
    return result;
}

static uint64_t sum_of(const struct contents *contents)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < contents->count; i++) {
        sum += contents->item[i].bytes;
    }
    return sum;
}

static int check_place(struct check *check, struct err *err)
{
    struct contents all = {0};
    struct contents blobs = {0};
    int result = contents_read(check->place->store, &all, err);
    blobs.item = xreallocarray(NULL, all.count + 1, sizeof(*blobs.item));
    for (size_t i = 0; result == 0 && i < all.count; i++) {
        if (!is_wanted(check, &all.item[i])) {
            continue;
        }
        if (all.item[i].kind == CONTENT_BLOB) {
            blobs.item[blobs.count++] = all.item[i];
        } else {
            result = check_tree(check, &all.item[i], err);
        }
    }
    if (result == 0) {
        struct progress progress = {0};
        progress_watch(&progress, "check artifacts, layers and packages", sum_of(&blobs), PROGRESS_BYTES);
        blob_check(check->place->store, &blobs, tell_blob, check, &check->bytes);
        progress_release(&progress);
        check->blobs += blobs.count;
    }
    contents_release(&blobs);
    contents_release(&all);
    return result;
}

static void print_end(const struct check *check)
{
    char size[16];
    auto_free char *counts = store_counts_text(check->trees, check->blobs, 0);
    if (counts[0] == '\0') {
        log_info("there is nothing to check: the store is empty");
        return;
    }
    if (check->wrong_files == 0) {
        log_info("all is as pinned: %s, %s", counts, units_size(size, check->bytes));
        return;
    }
    log_error("%llu %s not as pinned", (unsigned long long)check->wrong_files,
              check->wrong_files == 1 ? "file is" : "files are");
    for (size_t i = 0; i < check->wrong.count; i++) {
        log_error("'sciwrap remove %s' and then 'sciwrap pull %s' bring it again", check->wrong.item[i],
                  check->wrong.item[i]);
    }
    for (size_t i = 0; i < check->nameless.count; i++) {
        log_error("'sciwrap remove %s' removes it; what needs it brings it again", check->nameless.item[i]);
    }
    if (check->site_wrong) {
        log_error("what is wrong in the site's store is for its keeper, with 'sciwrap pull --again'");
    }
}

static void print_doc(struct check *check)
{
    struct doc *doc = doc_object();
    doc_put_number(doc, "environments", check->trees);
    doc_put_number(doc, "entries", check->entries);
    doc_put_number(doc, "blobs", check->blobs);
    doc_put_number(doc, "bytes", check->bytes);
    doc_put(doc, "wrong", check->list);
    check->list = NULL;
    tell_json(doc);
}

static int read_line(struct check *check, int argc, char **argv, bool *json, int *ret_at, struct err *err)
{
    int option;
    struct option_reader reader = option_reader_of(&store_verify_command, argc, argv);
    while ((option = option_next(&reader, err)) >= 0) {
        check->full |= strcmp(options[option].name, "full") == 0;
        *json |= strcmp(options[option].name, "json") == 0;
        (void)option_is_level(options[option].name);
    }
    *ret_at = reader.at;
    return option == OPTION_ERROR ? -1 : 0;
}

static int find_wanted(struct check *check, const struct store_places *places, char *const *words, int count,
                       struct err *err)
{
    if (count == 0) {
        return 0;
    }
    check->wanted = xcalloc((size_t)count, sizeof(*check->wanted));
    for (int i = 0; i < count; i++) {
        struct digest *wanted = &check->wanted[check->wanted_count++];
        if (store_find_named(places, words[i], wanted, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int at = 0;
    bool json = false;
    struct check check = {0};
    struct store_places places;
    *exit_code = 0;
    if (read_line(&check, argc, argv, &json, &at, err) < 0 || store_places_open(&places, err) < 0) {
        return -1;
    }
    store_names_read(&check.names);
    check.list = json ? doc_array() : NULL;
    int result = find_wanted(&check, &places, argv + at, argc - at, err);
    for (size_t i = 0; result == 0 && i < places.count; i++) {
        check.place = &places.item[i];
        result = check_place(&check, err);
    }
    if (result == 0 && check.wanted != NULL && check.trees + check.blobs == 0) {
        result = err_set(err, ERR_NOT_FOUND, "'%s' is not in the store; 'sciwrap pull' brings it", argv[at]);
    }
    if (result == 0) {
        *exit_code = check.wrong_files > 0 ? 1 : 0;
        json ? print_doc(&check) : print_end(&check);
    }
    doc_free(check.list);
    free(check.wanted);
    strlist_release(&check.wrong);
    strlist_release(&check.nameless);
    strset_release(&check.wrong_once);
    store_names_release(&check.names);
    store_places_close(&places);
    return result;
}

const struct command store_verify_command = {
    .name = "store verify",
    .synopsis = "[OPTION...] [ENV...]",
    .summary = "check that environments and artifacts are what was pinned",
    .options = options,
    .more = "Without ENV it is everything in the store. Exit status 1: something is wrong.\n",
    .run = run,
};
