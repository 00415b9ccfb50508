/* SPDX-License-Identifier: BSD-2-Clause
 * command_bundle: `sciwrap-env bundle-write` and `bundle-read`, for sciwrap alone: what they need and what they give
 * goes through descriptors that it has opened (commands/supply.h). */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "env/collect.h"
#include "env/definition.h"
#include "env/store.h"
#include "supply/bundle_read.h"
#include "supply/bundle_write.h"
#include "supply/command_line.h"
#include "supply/image_keep.h"
#include "supply/pull.h"
#include "supply/supply.h"

/* A manifest and a definition, and 100 bytes and a path for each content. Beyond it something is wrong. */
enum { PLAN_MOST = 1024 * 1024 * 1024 };

struct options {
    uint64_t report; /* descriptor; 0: messages go to standard error */
    bool contents;
};

static int take_option(void *into, int letter, struct err *err)
{
    struct options *options = into;
    options->contents |= letter == 'c';
    if (letter != 'r') {
        return 0;
    }
    /* Not for the programs that building an artifact may start: who waits for the report waits for its last holder. */
    if (!text_to_u64(optarg, 3, 1023, &options->report) || fcntl((int)options->report, F_SETFD, FD_CLOEXEC) < 0) {
        return err_set(err, ERR_USAGE, "--report '%s': not a descriptor", optarg);
    }
    return 0;
}

static const struct option known[] = {
    {"report", required_argument, NULL, 'r'},
    {"contents", no_argument, NULL, 'c'},
    COMMAND_LINE_COMMON,
};

/* "0 HEX", or the kind of the error and its text. The caller tells it. */
static int report(const struct options *options, int result, const struct digest *list, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    char hex[DIGEST_HEX + 1] = "";
    if (options->report == 0) {
        return result;
    }
    if (result == 0) {
        digest_to_hex(list, hex);
    }
    buf_addf(&text, "%d %s", (int)err->kind, result == 0 ? hex : err->text);
    struct err told = {0};
    if (fs_write_fd((int)options->report, "report", buf_text(&text), text.length, &told) == 0) {
        err->text[0] = '\0';
    }
    return result;
}

/* The definition that goes into the bundle, for want of one that is known here: of its addresses those of the network.
 */
static int recorded_definition(const struct bundle_plan *plan, const char *name, struct definition *ret_def,
                               struct err *err)
{
    const struct bundle_source *inside = bundle_plan_find(plan, BUNDLE_DEFINITION);
    struct strlist remote = {0};
    if (inside == NULL || inside->text == NULL) {
        return err_set(err, ERR_INVALID, "the plan of the bundle has no definition");
    }
    auto_free char *path = xasprintf("/%s.ini", name);
    if (definition_parse(ret_def, path, inside->text, strlen(inside->text), err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < ret_def->url.count; i++) {
        if (definition_url_is_remote(ret_def->url.item[i])) {
            strlist_add(&remote, ret_def->url.item[i]);
        }
    }
    strlist_release(&ret_def->url);
    ret_def->url = remote;
    free(ret_def->path);
    ret_def->path = xstrdup("the definition that the run recorded");
    return 0;
}

static int complain_artifact(const char *environment, struct err *err)
{
    struct err why = *err;
    return err_set(err, why.kind,
                   "the artifact of environment %s is not in the store, and %s; --no-artifact leaves it out",
                   environment, why.text);
}

static int find_image(struct bundle_plan *plan, const struct definition *def, const struct store *store,
                      struct err *err)
{
    auto_release(progress) struct progress progress = {0};
    auto_release(image_blobs) struct image_blobs blobs = {0};
    if (image_keep(def, store, &progress, &blobs, err) < 0) {
        return -1;
    }
    auto_free struct bundle_source *sources = xcalloc(blobs.count, sizeof(*sources));
    for (size_t i = 0; i < blobs.count; i++) {
        char hex[DIGEST_HEX + 1];
        digest_to_hex(&blobs.blob[i].digest, hex);
        sources[i].file = (struct bundle_file){.kind = BUNDLE_BLOB, .digest = blobs.blob[i].digest};
        sources[i].size = blobs.blob[i].size;
        sources[i].path = xasprintf("/proc/self/fd/%d/blobs/sha256/%s", store->fd, hex);
    }
    bundle_plan_take_image(plan, sources, blobs.count);
    return 0;
}

static int find_file(struct bundle_source *artifact, const struct definition *def, const struct store *store,
                     int *ret_fd, struct err *err)
{
    struct stat st;
    auto_fd int fd = pull_artifact(def, store, err);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return -1;
    }
    free(artifact->path);
    artifact->path = xasprintf("/proc/self/fd/%d", fd);
    artifact->size = (uint64_t)st.st_size;
    *ret_fd = steal_fd(&fd);
    return 0;
}

/* The artifact is found now: until then only its digest was known. */
static int find_artifact(struct bundle_plan *plan, struct bundle_source *artifact, const char *environment,
                         struct store *store, int *ret_fd, int *ret_kept, struct err *err)
{
    auto_release(definition) struct definition def = {0};
    int result = artifact->path != NULL && artifact->path[0] != '\0'
                     ? definition_load(&def, artifact->path, err)
                     : recorded_definition(plan, environment, &def, err);
    if (result < 0 || store_open_writable(store, err) < 0) {
        return -1;
    }
    if (!digest_equal(&def.sha256, &artifact->file.digest)) {
        return err_set(err, ERR_MISMATCH, "'%s' pins another artifact than the run had", def.path);
    }
    *ret_kept = collect_keep_blobs(store);
    result =
        def.type == ARTIFACT_IMAGE ? find_image(plan, &def, store, err) : find_file(artifact, &def, store, ret_fd, err);
    return result < 0 ? complain_artifact(environment, err) : 0;
}

static int write_plan(struct bundle_plan *plan, const char *label, const char *environment, struct digest *ret_list,
                      struct err *err)
{
    __attribute__((cleanup(store_close))) struct store store = {.fd = -1};
    auto_release(progress) struct progress progress = {0};
    auto_fd int artifact_fd = -1;
    auto_fd int kept = -1;
    struct bundle_source *artifact = bundle_plan_find(plan, BUNDLE_ARTIFACT);
    if (artifact != NULL && find_artifact(plan, artifact, environment, &store, &artifact_fd, &kept, err) < 0) {
        return -1;
    }
    uint64_t bytes = 0;
    for (size_t i = 0; i < plan->count; i++) {
        bytes += plan->item[i].size;
    }
    if (isatty(STDERR_FILENO) == 1) {
        auto_free char *what = xasprintf("bundle %s", label);
        progress_begin(&progress, what, bytes);
    }
    return bundle_write(plan, STDOUT_FILENO, &progress, ret_list, err);
}

static const struct command_line write_line = {
    .name = "bundle-write", .usage = "", .operand = "run", .letters = "qv", .options = known, .take = take_option};

/* The plan comes on standard input, the bundle goes to standard output. */
static int run_write(int argc, char **argv, struct err *err)
{
    struct options options = {0};
    struct digest list = {{0}};
    auto_release(buf) struct buf text = {0};
    auto_release(bundle_plan) struct bundle_plan plan = {0};
    int result = command_line_read(&write_line, &options, argc, argv, err);
    if (result <= 0) {
        return result;
    }
    if (optind + 1 >= argc) {
        return err_set(err, ERR_USAGE, "bundle-write: takes the names of a run and an environment, for messages");
    }
    result = fs_read_fd(STDIN_FILENO, "plan", PLAN_MOST, &text, err);
    if (result == 0) {
        result = bundle_plan_parse(&plan, buf_text(&text), text.length, err);
    }
    if (result == 0) {
        result = write_plan(&plan, argv[optind], argv[optind + 1], &list, err);
    }
    return report(&options, result, &list, err);
}

static int read_into(const char *folder, const char *label, bool contents, struct digest *ret_list, struct err *err)
{
    auto_release(progress) struct progress progress = {0};
    struct stat st;
    auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(STDIN_FILENO, &st) < 0) {
        return err_set(err, ERR_SYSTEM, "open '%s'", folder);
    }
    if (isatty(STDERR_FILENO) == 1) {
        auto_free char *what = xasprintf("read %s", label);
        progress_begin(&progress, what, (uint64_t)st.st_size);
    }
    return bundle_read(STDIN_FILENO, fd, contents, &progress, ret_list, err);
}

static const struct command_line read_line = {
    .name = "bundle-read", .usage = "", .operand = "folder", .letters = "qv", .options = known, .take = take_option};

/* The bundle comes on standard input, its members go to a folder. */
static int run_read(int argc, char **argv, struct err *err)
{
    struct options options = {0};
    struct digest list = {{0}};
    int result = command_line_read(&read_line, &options, argc, argv, err);
    if (result <= 0) {
        return result;
    }
    if (optind + 1 >= argc) {
        return err_set(err, ERR_USAGE, "bundle-read: takes a folder and a name for messages");
    }
    result = read_into(argv[optind], argv[optind + 1], options.contents, &list, err);
    return report(&options, result, &list, err);
}

const struct supply_command bundle_write_command = {
    .name = "bundle-write",
    .synopsis = "[--quiet|--verbose] [--report FD] RUN ENV <PLAN >BUNDLE",
    .summary = "write the bundle of a run",
    .run = run_write,
};

const struct supply_command bundle_read_command = {
    .name = "bundle-read",
    .synopsis = "[--quiet|--verbose] [--report FD] [--contents] FOLDER NAME <BUNDLE",
    .summary = "check a bundle and unpack it",
    .run = run_read,
};
