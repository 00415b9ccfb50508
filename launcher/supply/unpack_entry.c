/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_entry: the rules for one entry of an archive. */
#include "supply/unpack_entry.h"

#include <limits.h>
#include <string.h>

#include "supply/unpack_write.h"

/* Names that aufs and OCI image layers give to removals: taken as files they would bring back what was removed. */
static const char whiteout[] = ".wh.";

static const char twice[] = "the same path comes twice, and readers take different ones";

static const char *check_component(const char *name, size_t length, bool layered)
{
    if (length == 2 && name[0] == '.' && name[1] == '.') {
        return "path leaves the root with '..'";
    }
    if (length > NAME_MAX) {
        return "name is longer than 255 bytes";
    }
    if (!layered && length >= strlen(whiteout) && memcmp(name, whiteout, strlen(whiteout)) == 0) {
        return "whiteout: this is a layer of an OCI image, write 'type = image' into the definition";
    }
    return NULL;
}

/* Brings a name into the one form that the listing knows: "./a//b/" is "a/b", the root is "". NULL or what is wrong. */
static const char *clean(const struct placer *placer, const char *name, struct buf *path)
{
    const struct unpack_limits *limits = placer->limits;
    uint64_t depth = 0;
    buf_clear(path);
    if (name == NULL || name[0] == '\0') {
        return "empty name";
    }
    /* No tool that makes root file systems writes them. Tools that make layers do (umoci insert), and all that read
     * layers take them from the image's root. */
    if (name[0] == '/' && placer->layers == NULL) {
        return "absolute path";
    }
    while (*name != '\0') {
        size_t length = strcspn(name, "/");
        const char *wrong = check_component(name, length, placer->layers != NULL);
        if (wrong != NULL) {
            return wrong;
        }
        if (length > 0 && !(length == 1 && name[0] == '.')) {
            depth++;
            buf_add(path, "/", path->length > 0);
            buf_add(path, name, length);
        }
        name += length + (name[length] == '/');
    }
    /* A tree of 200,000 levels fits in 450 kB of archive and takes half a minute to make and to remove. */
    if (depth > limits->depth || depth > WRITER_LEVELS) {
        return "more directories deep than allowed; $SCIWRAP_UNPACK_DEPTH sets the limit";
    }
    return path->length > limits->path_bytes ? "path is longer than allowed; $SCIWRAP_UNPACK_PATH sets the limit"
                                             : NULL;
}

static void count(struct placer *placer, enum change change, bool happened)
{
    placer->counts.changes.count[change] += happened;
}

static int refuse(struct err *err, const char *why)
{
    return err_set(err, ERR_INVALID, "%s", why);
}

static int put(struct placer *placer, const struct op *op)
{
    const struct listing_record *record = &placer->listing.record[op->record];
    return queue_put(placer->queue, op, record->path, strlen(record->path), NULL);
}

static size_t add_record(struct placer *placer, const char *path, size_t length, char type, const char *target)
{
    size_t number = listing_add(&placer->listing, path, length, type, target);
    if (placer->layers != NULL) {
        layers_add(placer->layers, &placer->listing, number);
    }
    return number;
}

static int add_directory(struct placer *placer, const char *path, size_t length, unsigned mode, int64_t mtime,
                         struct err *err)
{
    if (placer->listing.count > placer->limits->entries) {
        return refuse(err, "too many entries; $SCIWRAP_UNPACK_ENTRIES sets the limit");
    }
    size_t number = add_record(placer, path, length, 'd', NULL);
    placer->listing.record[number].mode = mode;
    placer->listing.record[number].mtime = mtime;
    return put(placer, &(struct op){.kind = OP_DIRECTORY, .mode = mode, .record = number});
}

static bool was_left_out(const struct placer *placer, const char *path, size_t length)
{
    return placer->left_out.count > 0 && listing_find(&placer->left_out, path, length) != LISTING_NONE;
}

/* Directories that an archive left out are made as umask 022 would. Anything else in the way ends it: a link there is
 * how an archive writes through itself to somewhere else. */
static int make_parents(struct placer *placer, const char *path, struct err *err)
{
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - path);
        size_t number = listing_find(&placer->listing, path, length);
        if (number == LISTING_NONE) {
            if (was_left_out(placer, path, length)) {
                return err_set(err, ERR_INVALID, "lies beneath '%.*s', which is not a directory", (int)length, path);
            }
            if (add_directory(placer, path, length, 0755, 0, err) < 0) {
                return -1;
            }
        } else if (placer->listing.record[number].type != 'd') {
            return err_set(err, ERR_INVALID, "lies beneath '%.*s', which is not a directory", (int)length, path);
        }
    }
    return 0;
}

/* The bits that are kept. Readable for all, because a site's store is read by other users than its owner; writable
 * directories, because removing a tree must work. Set-id bits would mean another user than the archive's maker thought.
 */
static unsigned normal_mode(struct placer *placer, const struct entry *entry)
{
    unsigned kept = entry->mode & (entry->type == ENTRY_DIRECTORY ? 01777 : 0777);
    unsigned mode = kept | (entry->type == ENTRY_DIRECTORY ? 0755 : 0444);
    count(placer, CHANGE_SET_ID, (entry->mode & 06000) != 0);
    count(placer, CHANGE_MODES, mode != kept);
    return mode;
}

static int64_t normal_time(struct placer *placer, int64_t mtime)
{
    const int64_t most = UINT32_MAX; /* what every file system can store, and more than any file's real date */
    count(placer, CHANGE_TIMES, mtime < 0 || mtime > most);
    return mtime < 0 ? 0 : mtime > most ? most : mtime;
}

static int place_directory(struct placer *placer, const struct entry *entry, struct err *err)
{
    unsigned mode = normal_mode(placer, entry);
    size_t number = listing_find(&placer->listing, buf_text(&placer->path), placer->path.length);
    if (number == LISTING_NONE) {
        return add_directory(placer, placer->path.bytes, placer->path.length, mode, normal_time(placer, entry->mtime),
                             err);
    }
    struct listing_record *record = &placer->listing.record[number];
    if (placer->layers != NULL) {
        layers_touch(placer->layers, number);
    }
    record->mtime = normal_time(placer, entry->mtime);
    if (number == 0 || record->mode == mode) {
        return 0; /* the root is ours: always 0755 */
    }
    record->mode = mode;
    return put(placer, &(struct op){.kind = OP_MODE, .mode = mode, .record = number});
}

static int place_symlink(struct placer *placer, const struct entry *entry, struct err *err)
{
    const char *path = placer->path.bytes;
    if (entry->link == NULL || entry->link[0] == '\0') {
        return refuse(err, "symbolic link without a target");
    }
    if (strlen(entry->link) >= PATH_MAX) {
        return refuse(err, "target of the symbolic link is longer than 4095 bytes");
    }
    if (strcmp(path, "dev") == 0 || strcmp(path, "proc") == 0 || strcmp(path, "sys") == 0) {
        return refuse(err, "symbolic link where a run mounts its own file system");
    }
    size_t number = add_record(placer, path, placer->path.length, 'l', entry->link);
    struct op op = {.kind = OP_SYMLINK, .record = number, .mtime = normal_time(placer, entry->mtime)};
    return queue_put(placer->queue, &op, path, placer->path.length, entry->link);
}

/* Only to a file that this archive has written: anything else names a file of somebody else, or nothing yet. */
static int place_hardlink(struct placer *placer, const struct entry *entry, struct err *err)
{
    const char *wrong = clean(placer, entry->link, &placer->link);
    if (wrong != NULL) {
        return err_set(err, ERR_INVALID, "hard link to '%s': %s", entry->link != NULL ? entry->link : "", wrong);
    }
    size_t target = listing_find(&placer->listing, buf_text(&placer->link), placer->link.length);
    if (target == LISTING_NONE || placer->listing.record[target].type != 'f') {
        return err_set(err, ERR_INVALID, "hard link to '%s', which is not a file that comes before it", entry->link);
    }
    size_t number = add_record(placer, placer->path.bytes, placer->path.length, 'f', NULL);
    placer->listing.record[number].same_as = placer->listing.record[target].same_as;
    struct op op = {.kind = OP_LINK, .record = number};
    return queue_put(placer->queue, &op, placer->path.bytes, placer->path.length, placer->link.bytes);
}

static int place_file(struct placer *placer, const struct entry *entry, size_t *ret_record, struct err *err)
{
    if (entry->size > placer->limits->bytes || placer->bytes > placer->limits->bytes - entry->size) {
        return refuse(err, "the files are larger than allowed; $SCIWRAP_UNPACK_BYTES sets the limit");
    }
    placer->bytes += entry->size;
    size_t number = add_record(placer, placer->path.bytes, placer->path.length, 'f', NULL);
    struct listing_record *record = &placer->listing.record[number];
    record->mode = normal_mode(placer, entry);
    record->mtime = normal_time(placer, entry->mtime);
    record->size = entry->size;
    *ret_record = number;
    return put(placer,
               &(struct op){.kind = OP_FILE, .mode = record->mode, .record = number, .hashed = placer->reader_hashes});
}

/* Makes room for the entry: only a directory may be there already, and for a directory. What a lower layer has there
 * gives way; another one of the same archive makes the path mean two things. */
static int clear_place(struct placer *placer, const struct entry *entry, struct err *err)
{
    if (was_left_out(placer, buf_text(&placer->path), placer->path.length)) {
        return refuse(err, twice);
    }
    size_t number = listing_find(&placer->listing, buf_text(&placer->path), placer->path.length);
    if (number == LISTING_NONE) {
        return 0;
    }
    if (entry->type == ENTRY_DIRECTORY && placer->listing.record[number].type == 'd') {
        return 0;
    }
    if (placer->layers != NULL && !layers_has_touched(placer->layers, number)) {
        return layers_remove(placer->layers, &placer->listing, placer->queue, number);
    }
    return refuse(err, entry->type == ENTRY_DIRECTORY ? "directory in the place of another entry" : twice);
}

/* Root file systems hold /dev nodes; a run gets a /dev of its own. Their paths are kept: an entry of the same archive
 * that comes to the same place would be taken by a reader who makes nodes, and here it would be as if nothing had been
 * there. */
static int leave_out(struct placer *placer, const struct entry *entry)
{
    if (placer->left_out.count == 0) {
        listing_init(&placer->left_out);
    }
    listing_add(&placer->left_out, placer->path.bytes, placer->path.length, 'd', NULL);
    count(placer, CHANGE_DEVICES, entry->type == ENTRY_DEVICE);
    count(placer, CHANGE_FIFOS, entry->type == ENTRY_FIFO);
    return 0;
}

static int place_whiteout(struct placer *placer, const struct entry *entry, struct err *err)
{
    if (entry->type == ENTRY_DIRECTORY && layers_is_aufs(placer->path.bytes)) {
        return 0;
    }
    if (entry->type != ENTRY_FILE && entry->type != ENTRY_HARDLINK) { /* aufs made them all links of one file */
        return refuse(err, "whiteout that is not a file");
    }
    if (entry->type == ENTRY_FILE && entry->size != 0) {
        return refuse(err, "whiteout with content");
    }
    return layers_whiteout(placer->layers, &placer->listing, placer->queue, placer->path.bytes, err);
}

static int place_at(struct placer *placer, const struct entry *entry, size_t *ret_record, struct err *err)
{
    if (make_parents(placer, buf_text(&placer->path), err) < 0 || clear_place(placer, entry, err) < 0) {
        return -1;
    }
    if (placer->listing.count > placer->limits->entries) {
        return refuse(err, "too many entries; $SCIWRAP_UNPACK_ENTRIES sets the limit");
    }
    switch (entry->type) {
    case ENTRY_DIRECTORY:
        return place_directory(placer, entry, err);
    case ENTRY_SYMLINK:
        return place_symlink(placer, entry, err);
    case ENTRY_HARDLINK:
        return place_hardlink(placer, entry, err);
    case ENTRY_FILE:
        return place_file(placer, entry, ret_record, err);
    case ENTRY_DEVICE:
    case ENTRY_FIFO:
        return leave_out(placer, entry);
    }
    return 0;
}

int entry_place(struct placer *placer, const struct entry *entry, size_t *ret_record, struct err *err)
{
    *ret_record = LISTING_NONE;
    const char *wrong = clean(placer, entry->name, &placer->path);
    if (wrong == NULL && placer->layers != NULL) {
        wrong = layers_check_path(buf_text(&placer->path));
    }
    if (wrong == NULL && ++placer->entries > placer->limits->entries) {
        wrong = "too many entries; $SCIWRAP_UNPACK_ENTRIES sets the limit";
    }
    if (wrong != NULL) {
        return refuse(err, wrong);
    }
    count(placer, CHANGE_ATTRIBUTES, entry->attributes);
    if (placer->path.length == 0 && entry->type != ENTRY_DIRECTORY) {
        return refuse(err, "the root is not a directory");
    }
    if (placer->layers != NULL && layers_is_whiteout(buf_text(&placer->path))) {
        return place_whiteout(placer, entry, err);
    }
    return place_at(placer, entry, ret_record, err);
}

void placer_begin_archive(struct placer *placer)
{
    listing_release(&placer->left_out);
}

int entry_place_times(struct placer *placer)
{
    for (size_t i = 1; i < placer->listing.count; i++) {
        struct op op = {.kind = OP_TIME, .record = i, .mtime = placer->listing.record[i].mtime};
        if (placer->listing.record[i].type == 'd' && put(placer, &op) < 0) {
            return -1;
        }
    }
    return 0;
}

void placer_release(struct placer *placer)
{
    listing_release(&placer->listing);
    listing_release(&placer->left_out);
    buf_release(&placer->path);
    buf_release(&placer->link);
}
