/* SPDX-License-Identifier: BSD-2-Clause
 * command_lock: `sciwrap-env lock`: its options, and the file that it writes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/units.h"
#include "supply/command_line.h"
#include "supply/lock.h"
#include "supply/offline.h"
#include "supply/supply.h"

static const char synopsis[] = "[--mirror URL]... [--snapshot TIME] RECIPE...";
static const char usage[] = "usage: sciwrap lock [OPTION...] RECIPE...; see 'sciwrap lock --help'\n";

struct options {
    struct strlist mirrors;
    const char *snapshot;
    struct doc *list; /* with --json, else NULL */
};

static int take_option(void *into, int letter, struct err *err)
{
    struct options *options = into;
    int64_t seconds = 0;
    if (letter == 'm') {
        strlist_add(&options->mirrors, optarg);
        return 0;
    }
    if (letter == 'j') {
        options->list = options->list != NULL ? options->list : doc_array();
        return 0;
    }
    options->snapshot = optarg;
    return lockfile_time(optarg, &seconds)
               ? 0
               : err_set(err, ERR_USAGE, "--snapshot '%s': a time such as 20240901T083152Z", optarg);
}

static const struct option known[] = {
    {"mirror", required_argument, NULL, 'm'},
    {"snapshot", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},
    COMMAND_LINE_COMMON,
};

static const struct command_line line = {
    .name = "lock", .usage = usage, .operand = "recipe", .letters = "qv", .options = known, .take = take_option};

static int tell(struct doc *list, const struct recipe *recipe, const char *path, const struct lockfile *lock,
                struct err *err)
{
    char size[UNITS_TEXT];
    uint64_t bytes = 0;
    for (size_t i = 0; i < lock->count; i++) {
        bytes += lock->package[i].size;
    }
    if (list != NULL) {
        struct doc *row = doc_object();
        doc_put_text(row, "recipe", recipe->name);
        doc_put_text(row, "lock", path);
        doc_put_number(row, "packages", lock->count);
        doc_put_number(row, "bytes", bytes);
        doc_append(list, row);
        return 0;
    }
    printf("%s: %zu packages, %s\n", path, lock->count, units_size(size, bytes));
    return fflush(stdout) == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "write to standard output");
}

static int write_lock(const struct options *options, const struct recipe *recipe, struct lockfile *lock,
                      struct err *err)
{
    auto_free char *path = recipe_lock_path(recipe);
    auto_free char *folder = xstrndup(path, (size_t)(path_base(path) - path));
    auto_release(buf) struct buf text = {0};
    lockfile_format(lock, &text);
    auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open directory '%s'", folder);
    }
    if (fs_write_atomic(fd, path_base(path), 0644, buf_text(&text), text.length, err) < 0) {
        return -1;
    }
    return tell(options->list, recipe, path, lock, err);
}

static int lock_one(const struct options *options, const char *name, struct err *err)
{
    auto_release(recipe) struct recipe recipe = {0};
    auto_release(lockfile) struct lockfile lock = {0};
    struct lock_request request = {.recipe = &recipe, .mirrors = &options->mirrors, .snapshot = options->snapshot};
    if (recipe_find(&recipe, name, err) < 0 || lock_resolve(&request, &lock, err) < 0) {
        return -1;
    }
    return write_lock(options, &recipe, &lock, err);
}

static int run(int argc, char **argv, struct err *err)
{
    struct options options = {0};
    int result = command_line_read(&line, &options, argc, argv, err);
    if (result > 0 && offline_is_on()) {
        result = err_set(err, ERR_USAGE, "lock asks Debian's archives, which SCIWRAP_OFFLINE forbids");
    }
    for (int i = optind; result > 0 && i < argc; i++) {
        result = lock_one(&options, argv[i], err) < 0 ? -1 : 1;
    }
    if (result > 0 && options.list != NULL) {
        result = command_line_tell(options.list, err) < 0 ? -1 : 1;
        options.list = NULL;
    }
    doc_free(options.list);
    strlist_release(&options.mirrors);
    return result < 0 ? -1 : 0;
}

const struct supply_command lock_command = {
    .name = "lock",
    .synopsis = synopsis,
    .summary = "resolve a recipe's packages with apt and write its lock file",
    .run = run,
};
