/* SPDX-License-Identifier: BSD-2-Clause
 * store_list: the environments that are unpacked, when they were used last, and who uses them now. */
#include <stdio.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "commands/store.h"
#include "commands/tell.h"
#include "env/discard.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

struct listing {
    struct store_names names;
    struct doc *doc; /* NULL: for people */
    struct columns table;
    time_t now;
    uint64_t blobs;
    uint64_t blob_bytes;
};

static const struct column columns[] = {
    {.title = "ENVIRONMENT", .least = 16},
    {.title = "SHA256", .digits = true},
    {.title = "SIZE", .right = true},
    {.title = "FILES", .right = true, .spared = 1},
    {.title = "LAST USED"},
    {.title = "STORE"},
    {.title = "STATE"},
    {0},
};

static const char *state_of(const struct content *content, bool in_use)
{
    return !content->complete ? "not whole" : in_use ? "in use" : "";
}

static void print_row(struct listing *listing, const struct store_place *place, const struct content *content,
                      bool in_use)
{
    enum { DIGITS = 12 };
    char size[UNITS_TEXT];
    char age[UNITS_TEXT];
    char hex[DIGEST_HEX + 1];
    auto_free char *label = store_label(&listing->names, &content->digest);
    digest_to_hex(&content->digest, hex);
    columns_add(&listing->table, label);
    columns_addf(&listing->table, "%.*s", DIGITS, hex);
    columns_add(&listing->table, units_size(size, content->bytes));
    columns_addf(&listing->table, "%llu", (unsigned long long)content->entries);
    columns_add(&listing->table, units_age(age, listing->now, content->used));
    columns_add(&listing->table, place->label);
    columns_add(&listing->table, state_of(content, in_use));
}

static void add_row(struct listing *listing, const struct store_place *place, const struct content *content,
                    bool in_use, const struct strlist *users)
{
    struct doc *row = doc_object();
    bool tree = content->kind == CONTENT_TREE;
    doc_put_text(row, "kind", tree ? "environment" : "blob");
    store_put_names(row, &listing->names, &content->digest);
    doc_put_text(row, "store", place->label);
    auto_free char *path = content_path(content);
    auto_free char *whole = xasprintf("%s/%s", place->store->path, path);
    doc_put_text(row, "path", whole);
    doc_put_number(row, "bytes", content->bytes);
    if (tree) {
        doc_put_number(row, "entries", content->entries);
        doc_put_bool(row, "complete", content->complete);
        doc_put_bool(row, "in_use", in_use);
        doc_put_texts(row, "users", users);
    }
    doc_put_number(row, "used", content->used > 0 ? (uint64_t)content->used : 0);
    doc_append(listing->doc, row);
}

static void show_one(struct listing *listing, const struct store_place *place, const struct content *content)
{
    auto_release(strlist) struct strlist users = {0};
    bool tree = content->kind == CONTENT_TREE;
    bool in_use = tree && discard_is_in_use(place->store, &content->digest, &users);
    if (listing->doc != NULL) {
        add_row(listing, place, content, in_use, &users);
    } else if (tree) {
        print_row(listing, place, content, in_use);
    } else {
        listing->blobs++;
        listing->blob_bytes += content->bytes;
    }
}

static int show_place(struct listing *listing, const struct store_place *place, struct err *err)
{
    struct contents contents = {0};
    if (contents_read(place->store, &contents, err) < 0) {
        return -1;
    }
    for (size_t i = contents.count; i > 0; i--) { /* what was used last comes first */
        show_one(listing, place, &contents.item[i - 1]);
    }
    contents_release(&contents);
    return 0;
}

static void show_end(const struct listing *listing)
{
    char size[UNITS_TEXT];
    tell_table(&listing->table);
    if (listing->blobs > 0) {
        auto_free char *count = store_counts_text(0, listing->blobs, 0);
        printf("%s%s, %s\n", listing->table.cells.count > 0 ? "and " : "no environment, but ", count,
               units_size(size, listing->blob_bytes));
    } else if (listing->table.cells.count == 0) {
        log_info("the store is empty; 'sciwrap pull ENV' brings an environment");
    }
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    bool json = false;
    struct store_places places;
    struct listing listing = {.table = columns_of(columns), .now = time(NULL)};
    *exit_code = 0;
    if (store_read_json(&store_list_command, argc, argv, &json, err) < 0 || store_places_open(&places, err) < 0) {
        return -1;
    }
    store_names_read(&listing.names);
    listing.doc = json ? doc_array() : NULL;
    int result = 0;
    for (size_t i = 0; result == 0 && i < places.count; i++) {
        result = show_place(&listing, &places.item[i], err);
    }
    if (result == 0 && json) {
        tell_json(listing.doc);
        listing.doc = NULL;
    } else if (result == 0) {
        show_end(&listing);
    }
    doc_free(listing.doc);
    columns_release(&listing.table);
    store_names_release(&listing.names);
    store_places_close(&places);
    return result;
}

const struct command store_list_command = {
    .name = "store list",
    .synopsis = "[OPTION...]",
    .summary = "the environments that are unpacked, and when they were used",
    .options = options,
    .run = run,
};
