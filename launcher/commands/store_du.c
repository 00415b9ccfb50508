/* SPDX-License-Identifier: BSD-2-Clause
 * store_du: how much of the disk each store takes. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/units.h"
#include "commands/store.h"
#include "commands/tell.h"
#include "env/usage.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static const struct part {
    const char *folder;
    const char *key;
    const char *text;
} parts[] = {
    {"trees", "environments", "unpacked environments"},
    {"blobs", "blobs", "artifacts, layers and packages"},
    {"tmp", "unfinished", "downloads and environments that are not finished"},
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static uint64_t free_bytes(const struct store *store)
{
    struct statvfs disk;
    return fstatvfs(store->fd, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : 0;
}

static void print_place(const struct store_place *place, const struct usage *usage, const struct usage *all)
{
    char size[16];
    char path[1024];
    text_escape(path, sizeof(path), place->store->path, strlen(place->store->path));
    printf("%s (%s)\n", path, place->label);
    for (size_t i = 0; i < PARTS; i++) {
        printf("%12s  %s\n", units_size(size, usage[i].bytes), parts[i].text);
    }
    printf("%12s  in all, in %llu files and folders\n", units_size(size, all->bytes), (unsigned long long)all->entries);
    printf("%12s  free on its disk\n", units_size(size, free_bytes(place->store)));
}

static struct doc *place_doc(const struct store_place *place, const struct usage *usage, const struct usage *all)
{
    struct doc *doc = doc_object();
    doc_put_text(doc, "store", place->label);
    doc_put_text(doc, "path", place->store->path);
    for (size_t i = 0; i < PARTS; i++) {
        doc_put_number(doc, parts[i].key, usage[i].bytes);
    }
    doc_put_number(doc, "all", all->bytes);
    doc_put_number(doc, "files", all->entries);
    doc_put_number(doc, "free", free_bytes(place->store));
    return doc;
}

static void show_place(const struct store_place *place, struct doc *list)
{
    struct usage usage[PARTS] = {0};
    struct usage all = {0};
    static const char *const rest[] = {"roots", "locks", "verified"};
    struct progress progress = {0};
    progress_watch(&progress, "count", 0, PROGRESS_FILES);
    for (size_t i = 0; i < PARTS; i++) {
        usage_add(place->store->fd, parts[i].folder, &usage[i]);
        all.bytes += usage[i].bytes;
        all.entries += usage[i].entries;
    }
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
        usage_add(place->store->fd, rest[i], &all);
    }
    progress_release(&progress);
    if (list != NULL) {
        doc_append(list, place_doc(place, usage, &all));
    } else {
        print_place(place, usage, &all);
    }
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    bool json = false;
    struct store_places places;
    *exit_code = 0;
    if (store_read_json(&store_du_command, argc, argv, &json, err) < 0 || store_places_open(&places, err) < 0) {
        return -1;
    }
    struct doc *list = json ? doc_array() : NULL;
    for (size_t i = 0; i < places.count; i++) {
        show_place(&places.item[i], list);
    }
    if (json) {
        tell_json(list);
    } else if (places.count == 0) {
        log_info("there is no store yet; 'sciwrap pull ENV' makes it");
    }
    store_places_close(&places);
    return 0;
}

const struct command store_du_command = {
    .name = "store du",
    .synopsis = "[OPTION...]",
    .summary = "how much of the disk each store takes",
    .options = options,
    .run = run,
};
