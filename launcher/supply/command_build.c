/* SPDX-License-Identifier: BSD-2-Clause
 * command_build: `sciwrap-env build`: its options, the pin it must meet, and what it says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "env/collect.h"
#include "supply/build.h"
#include "supply/command_line.h"
#include "supply/supply.h"
#include "supply/tarball.h"

static const char synopsis[] = "[--mirror URL]... [-o FILE] [--compress] [--jobs N] RECIPE...";
static const char usage[] = "usage: sciwrap build [OPTION...] RECIPE...; see 'sciwrap build --help'\n";

struct options {
    struct strlist mirrors;
    const char *output;
    bool compress;
    struct doc *list;  /* with --json, else NULL */
    struct doc *files; /* of the recipe at hand */
    uint64_t jobs;
};

static int take_option(void *into, int letter, struct err *err)
{
    struct options *options = into;
    switch (letter) {
    case 'm':
        strlist_add(&options->mirrors, optarg);
        return 0;
    case 'o':
        options->output = optarg;
        return 0;
    case 'J':
        options->list = options->list != NULL ? options->list : doc_array();
        return 0;
    case 'c':
        options->compress = true;
        return 0;
    default:
        return text_to_u64(optarg, 1, 64, &options->jobs)
                   ? 0
                   : err_set(err, ERR_USAGE, "--jobs '%s': a number from 1 to 64", optarg);
    }
}

static const struct option known[] = {
    {"mirror", required_argument, NULL, 'm'}, {"output", required_argument, NULL, 'o'},
    {"compress", no_argument, NULL, 'c'},     {"jobs", required_argument, NULL, 'j'},
    {"json", no_argument, NULL, 'J'},         COMMAND_LINE_COMMON,
};

static const struct command_line line = {
    .name = "build", .usage = usage, .operand = "recipe", .letters = "o:j:qv", .options = known, .take = take_option};

static const struct digest *pin_of(const struct definition *def)
{
    return def->has_tar_sha256 ? &def->tar_sha256 : &def->sha256;
}

/* The definition that names the recipe. 1 found, 0 none; two with different pins cannot both be met. */
static int find_definition(const char *recipe, struct definition *ret_def, struct err *err)
{
    auto_release(strlist) struct strlist paths = {0};
    bool found = false;
    if (definition_list(&paths, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < paths.count; i++) {
        auto_release(definition) struct definition def = {0};
        struct err failure = {0};
        if (definition_load(&def, paths.item[i], &failure) < 0) {
            log_warn("%s", failure.text);
            continue;
        }
        if (def.recipe == NULL || strcmp(def.recipe, recipe) != 0) {
            continue;
        }
        if (found && !digest_equal(pin_of(&def), pin_of(ret_def))) {
            return err_set(err, ERR_INVALID, "%s and %s pin different artifacts of recipe '%s'", ret_def->path,
                           def.path, recipe);
        }
        if (!found) {
            *ret_def = def;
            def = (struct definition){0};
            found = true;
        }
    }
    return found;
}

static void tell_file(const struct options *options, const char *path, uint64_t size, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    if (options->list == NULL) {
        printf("path    %s\nsize    %llu\nsha256  %s\n", path, (unsigned long long)size, hex);
        return;
    }
    struct doc *file = doc_object();
    doc_put_text(file, "path", path);
    doc_put_number(file, "size", size);
    doc_put_text(file, "sha256", hex);
    doc_append(options->files, file);
}

/* Copies the blob, or its compressed form, to `path`: whole or not at all. */
static int write_file(const struct options *options, const struct store *store, const struct digest *digest,
                      const char *path, bool compress, struct err *err)
{
    auto_free char *private = xasprintf("%s.part.%d", path, getpid());
    auto_fd int from = store_open_blob(store, digest, err);
    if (from < 0) {
        return -1;
    }
    auto_fd int to = open(private, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (to < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", path);
    }
    if (compress) {
        log_info("compressing to '%s'", path);
    }
    int result = compress ? tarball_compress(from, to, err) : fs_copy_fd(from, to, path, err);
    if (result == 0 && (fsync(to) < 0 || rename(private, path) < 0)) {
        result = err_set_errno(err, ERR_SYSTEM, errno, "write '%s'", path);
    }
    if (result < 0) {
        unlink(private);
        return -1;
    }
    struct digest written;
    uint64_t size = 0;
    if (lseek(to, 0, SEEK_SET) < 0 || digest_fd(to, path, &written, &size, err) < 0) {
        return -1;
    }
    tell_file(options, path, size, &written);
    return 0;
}

static bool ends_in_zst(const char *path)
{
    size_t length = path != NULL ? strlen(path) : 0;
    return length > 4 && strcmp(path + length - 4, ".zst") == 0;
}

/* The tar goes to FILE and, with --compress, its compressed form to FILE.zst; FILE that ends in .zst is the latter. */
static int tell(const struct options *options, const struct store *store, const struct recipe *recipe,
                const struct build_result *result, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    const char *output = options->output;
    bool only_compressed = options->compress && ends_in_zst(output);
    digest_to_hex(&result->sha256, hex);
    if (output != NULL && !only_compressed && write_file(options, store, &result->sha256, output, false, err) < 0) {
        return -1;
    }
    if (output == NULL || only_compressed) {
        auto_free char *blob = xasprintf("%s/blobs/sha256/%s", store->path, hex);
        tell_file(options, blob, result->size, &result->sha256);
    }
    if (!options->compress) {
        return 0;
    }
    auto_free char *path = output == NULL    ? xasprintf("%s.tar.zst", recipe->name)
                           : only_compressed ? xstrdup(output)
                                             : xasprintf("%s.zst", output);
    return write_file(options, store, &result->sha256, path, true, err);
}

static int tell_pin(const struct options *options, const char *recipe, const char *definition, struct err *err)
{
    if (options->list != NULL) {
        struct doc *row = doc_object();
        doc_put_text(row, "recipe", recipe);
        doc_put_text(row, "definition", definition);
        doc_put(row, "files", options->files);
        doc_append(options->list, row);
        return 0;
    }
    if (definition != NULL) {
        printf("matches %s\n", definition);
    } else {
        printf("no definition names recipe '%s'\n", recipe);
    }
    return fflush(stdout) == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "write to standard output");
}

static int build_one(struct options *options, const char *name, struct err *err)
{
    auto_release(recipe) struct recipe recipe = {0};
    auto_release(lockfile) struct lockfile lock = {0};
    auto_release(definition) struct definition def = {0};
    auto_release(progress) struct progress progress = {0};
    __attribute__((cleanup(store_close))) struct store store = {.fd = -1};
    struct build_result result = {0};
    if (recipe_find(&recipe, name, err) < 0 || build_load_lock(&recipe, &lock, err) < 0) {
        return -1;
    }
    int pinned = find_definition(recipe.name, &def, err);
    if (pinned < 0 || store_open_writable(&store, err) < 0) {
        return -1;
    }
    auto_fd int kept = collect_keep_blobs(&store);
    struct build_request request = {.recipe = &recipe,
                                    .lock = &lock,
                                    .mirrors = &options->mirrors,
                                    .jobs = (unsigned)options->jobs,
                                    .pin = pinned ? pin_of(&def) : NULL,
                                    .pinned_by = def.path};
    options->files = options->list != NULL ? doc_array() : NULL;
    if (build(&request, &store, &progress, &result, err) < 0 || tell(options, &store, &recipe, &result, err) < 0) {
        return -1;
    }
    int told = tell_pin(options, recipe.name, pinned ? def.path : NULL, err);
    options->files = NULL;
    return told;
}

static int run(int argc, char **argv, struct err *err)
{
    struct options options = {0};
    int result = command_line_read(&line, &options, argc, argv, err);
    if (result > 0 && options.output != NULL && optind + 1 < argc) {
        result = err_set(err, ERR_USAGE, "build: --output takes one recipe");
    }
    for (int i = optind; result > 0 && i < argc; i++) {
        result = build_one(&options, argv[i], err) < 0 ? -1 : 1;
    }
    if (result > 0 && options.list != NULL) {
        result = command_line_tell(options.list, err) < 0 ? -1 : 1;
        options.list = NULL;
    }
    doc_free(options.files);
    doc_free(options.list);
    strlist_release(&options.mirrors);
    return result < 0 ? -1 : 0;
}

const struct supply_command build_command = {
    .name = "build",
    .synopsis = synopsis,
    .summary = "make an artifact from its recipe and check it against its pin",
    .run = run,
};
