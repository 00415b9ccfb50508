/* SPDX-License-Identifier: BSD-2-Clause
 * command_lock: `sciwrap-env lock`: its options, and the file that it writes. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "supply/lock.h"
#include "supply/supply.h"

static const char synopsis[] = "[--mirror URL]... [--snapshot TIME] RECIPE...";
static const char usage[] = "usage: sciwrap lock [OPTION]... RECIPE...\n"
                            "\n"
                            "Resolves what recipes ask for with the apt of this Debian host, in a private\n"
                            "root, and writes their lock files.\n"
                            "\n"
                            "      --mirror URL     look there first; repeatable\n"
                            "      --snapshot TIME  as of 20240901T083152Z, say, at snapshot.debian.org\n"
                            "  -q, --quiet          say only what went wrong\n"
                            "  -v, --verbose        say every step\n";

struct options {
    struct strlist mirrors;
    const char *snapshot;
    bool help;
};

static int take_option(struct options *options, int letter, struct err *err)
{
    int64_t seconds = 0;
    switch (letter) {
    case 'm':
        strlist_add(&options->mirrors, optarg);
        return 0;
    case 's':
        options->snapshot = optarg;
        return lockfile_time(optarg, &seconds)
                   ? 0
                   : err_set(err, ERR_USAGE, "--snapshot '%s': a time such as 20240901T083152Z", optarg);
    case 'q':
        log_set_level(LOG_QUIET);
        return 0;
    case 'v':
        log_set_level(LOG_VERBOSE);
        return 0;
    case 'h':
        options->help = true;
        return 0;
    default:
        return err_set(err, ERR_USAGE, "lock: unknown option or missing value: see 'sciwrap lock --help'");
    }
}

static int parse_options(struct options *options, int argc, char **argv, struct err *err)
{
    static const struct option known[] = {
        {"mirror", required_argument, NULL, 'm'}, {"snapshot", required_argument, NULL, 's'},
        {"quiet", no_argument, NULL, 'q'},        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    opterr = 0;
    optind = 1;
    for (int letter; (letter = getopt_long(argc, argv, "qv", known, NULL)) != -1;) {
        if (take_option(options, letter, err) < 0) {
            return -1;
        }
    }
    if (!options->help && optind == argc) {
        return err_set(err, ERR_USAGE, "lock: no recipe named: see 'sciwrap lock --help'");
    }
    return 0;
}

static int write_lock(const struct recipe *recipe, struct lockfile *lock, struct err *err)
{
    auto_free char *path = recipe_lock_path(recipe);
    auto_free char *folder = xstrndup(path, (size_t)(path_base(path) - path));
    auto_release(buf) struct buf text = {0};
    uint64_t bytes = 0;
    char size[16];
    lockfile_format(lock, &text);
    auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open directory '%s'", folder);
    }
    if (fs_write_atomic(fd, path_base(path), 0644, buf_text(&text), text.length, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < lock->count; i++) {
        bytes += lock->package[i].size;
    }
    printf("%s: %zu packages, %s\n", path, lock->count, text_size(size, bytes));
    return fflush(stdout) == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "write to standard output");
}

static int lock_one(const struct options *options, const char *name, struct err *err)
{
    auto_release(recipe) struct recipe recipe = {0};
    auto_release(lockfile) struct lockfile lock = {0};
    struct lock_request request = {.recipe = &recipe, .mirrors = &options->mirrors, .snapshot = options->snapshot};
    if (recipe_find(&recipe, name, err) < 0 || lock_resolve(&request, &lock, err) < 0) {
        return -1;
    }
    return write_lock(&recipe, &lock, err);
}

static int run(int argc, char **argv, struct err *err)
{
    struct options options = {0};
    int result = parse_options(&options, argc, argv, err);
    if (result == 0 && options.help) {
        fputs(usage, stdout);
        argc = 0;
    }
    for (int i = optind; i < argc && result == 0; i++) {
        result = lock_one(&options, argv[i], err);
    }
    strlist_release(&options.mirrors);
    return result;
}

const struct supply_command lock_command = {
    .name = "lock",
    .synopsis = synopsis,
    .summary = "resolve a recipe's packages with apt and write its lock file",
    .run = run,
};
