/* SPDX-License-Identifier: BSD-2-Clause
 * remove: takes environments out of the store, unless they are in use. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/units.h"
#include "commands/store.h"
#include "env/collect.h"
#include "env/usage.h"

static const struct command_option options[] = {
    {"keep-artifact", 0, NULL, "remove the unpacked files alone"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

struct removal {
    struct store_places places;
    struct store_names names;
    struct store store; /* writable */
    bool keep_artifact;
};

static int complain_in_use(const char *word, const struct strlist *users, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    for (size_t i = 0; i < users->count; i++) {
        buf_addf(&text, "%s%s", i > 0 ? ", " : " by ", users->item[i]);
    }
    return err_set(err, ERR_HOST, "'%s' is in use%s; 'sciwrap ps' shows the runs that are going on here", word,
                   buf_text(&text));
}

/* Adds what was freed to *bytes. 1 removed, 0 it is not there. */
static int remove_from(const struct store *store, const struct content *content, const char *word, uint64_t *bytes,
                       struct err *err)
{
    struct stat st;
    struct strlist users = {0};
    auto_free char *path = content_path(content);
    if (fstatat(store->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "'%s/%s'", store->path, path);
    }
    struct usage usage = {0};
    usage_add(store->fd, path, &usage);
    enum collect_fate fate = collect_one(store, content, false, &users, err);
    int result = fate == COLLECT_FAILED ? -1 : fate == COLLECT_IN_USE ? complain_in_use(word, &users, err) : 1;
    strlist_release(&users);
    *bytes += result > 0 ? usage.bytes : 0;
    return result;
}

static int remove_everywhere(const struct removal *removal, struct content *content, const char *word, uint64_t *bytes,
                             struct err *err)
{
    int node = 0;
    if (removal->store.node != NULL) {
        node = remove_from(removal->store.node, content, word, bytes, err);
    }
    if (node < 0 || removal->store.fd < 0) {
        return node;
    }
    int user = remove_from(&removal->store, content, word, bytes, err);
    return user < 0 ? -1 : node + user;
}

static bool is_in_site(const struct removal *removal, const struct digest *artifact)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(artifact, hex);
    auto_free char *path = xasprintf("trees/%s", hex);
    return removal->places.site.fd >= 0 && faccessat(removal->places.site.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void say_removed(const struct removal *removal, const char *word, const struct digest *artifact, uint64_t bytes)
{
    char size[16];
    auto_release(buf) struct buf others = {0};
    auto_release(strlist) struct strlist names = {0};
    store_names_of(&removal->names, artifact, &names);
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.item[i], word) != 0) {
            buf_addf(&others, "%s%s", others.length > 0 ? ", " : "; the same files were also ", names.item[i]);
        }
    }
    log_info("removed %s: %s%s%s", word, units_size(size, bytes), buf_text(&others),
             is_in_site(removal, artifact) ? "; it stays in the site's store" : "");
}

static int remove_one(const struct removal *removal, const char *word, struct err *err)
{
    struct content content = {.kind = CONTENT_TREE};
    uint64_t bytes = 0;
    if (store_find_named(&removal->places, word, &content.digest, err) < 0) {
        return -1;
    }
    struct progress progress = {0};
    auto_free char *what = xasprintf("remove %s", word);
    progress_watch(&progress, what, 0, PROGRESS_FILES);
    int trees = remove_everywhere(removal, &content, word, &bytes, err);
    progress_release(&progress);
    int blobs = 0;
    if (trees >= 0 && !removal->keep_artifact) {
        content.kind = CONTENT_BLOB;
        blobs = remove_everywhere(removal, &content, word, &bytes, err);
    }
    if (trees < 0 || blobs < 0) {
        return -1;
    }
    if (trees + blobs > 0) {
        say_removed(removal, word, &content.digest, bytes);
        return 0;
    }
    if (is_in_site(removal, &content.digest)) {
        return err_set(err, ERR_HOST, "'%s' is in the site's store '%s': its keeper can remove it there", word,
                       removal->places.site.path);
    }
    return err_set(err, ERR_NOT_FOUND, "'%s' is not in the store; 'sciwrap store list' shows what is", word);
}

static int remove_all(struct removal *removal, char *const *words, int count, struct err *err)
{
    /* A store that is not there needs not be made to find nothing in it. */
    if (removal->places.user.fd >= 0 && store_open_writable(&removal->store, err) < 0) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        if (remove_one(removal, words[i], err) < 0) {
            return err_wrap(err, "remove");
        }
    }
    return 0;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    struct removal removal = {.store = {.fd = -1}};
    struct option_reader reader = option_reader_of(&remove_command, argc, argv);
    *exit_code = 0;
    while ((option = option_next(&reader, err)) >= 0) {
        removal.keep_artifact |= !option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at >= argc) {
        return command_usage_error(&remove_command, err, COMMAND_NO_ENVIRONMENT);
    }
    if (store_places_open(&removal.places, err) < 0) {
        return -1;
    }
    store_names_read(&removal.names);
    int result = remove_all(&removal, argv + reader.at, argc - reader.at, err);
    store_names_release(&removal.names);
    store_close(&removal.store);
    store_places_close(&removal.places);
    return result;
}

const struct command remove_command = {
    .name = "remove",
    .synopsis = "[OPTION...] ENV...",
    .summary = "take environments out of the store",
    .options = options,
    .more = "ENV is a name or path as for 'sciwrap run', or the first digits of the sha256\n"
            "that 'sciwrap store list' shows. What is in use stays. The definition stays,\n"
            "too: 'sciwrap pull ENV' brings the environment again.\n",
    .run = run,
};
