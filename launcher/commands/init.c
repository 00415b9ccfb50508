/* SPDX-License-Identifier: BSD-2-Clause
 * init: makes a folder a project: where its runs are recorded, an example of a definition, what git keeps of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/quote.h"
#include "commands/command.h"
#include "run/project.h"
#include "run/setup.h"

static const struct command_option options[] = {
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

/* Beside the records and not in the project's own folder, where there is one already that we would not touch. */
static const char gitignore[] =
    "# Written by 'sciwrap init'. The records of runs (runs/ID/manifest.json) belong into the repository: they are\n"
    "# small text, and with one a run can be repeated. What follows does not.\n"
    "\n"
    "# A cache for lists of runs, and what is unfinished: can be removed at any time.\n"
    "/catalog*\n"
    "/tmp/\n"
    "\n"
    "# Contents that no file has any more (an input that a run overwrote): needed by 'sciwrap rerun', and as large as\n"
    "# the data. 'sciwrap bundle ID' gives them away. Take the line out to keep them in git, or in git-annex.\n"
    "/objects/\n";

/* Not named .ini: it pins nothing, so it is no definition yet, and 'sciwrap envs' would complain of it. */
static const char example[] =
    "; An environment: a name for a root file system that is pinned by its digest. Lines like this one are comments.\n"
    ";\n"
    "; 'sciwrap pin NAME SOURCE' writes such a file, with the digest in it, for an archive or a container image:\n"
    ";\n"
    ";     sciwrap pin mytool ./mytool-rootfs.tar.zst --command 'mytool --threads 4'\n"
    ";     sciwrap pin mytool oci://HOST/REPOSITORY:TAG\n"
    ";\n"
    "; By hand: copy this to envs/NAME.ini, take the ';' before the lines away that you want, and fill them in. The\n"
    "; environments that 'sciwrap envs' lists already can be used as they are, or copied here, so that they are in "
    "your\n"
    "; repository. All keys: man sciwrap-environment.\n"
    "\n"
    "; [environment]\n"
    "; description = what it is, in one line\n"
    "; command     = mytool\n"
    "; license     = MIT\n"
    "; citation    = what its authors ask to be cited\n"
    "\n"
    "; [artifact]\n"
    "; sha256 = (64 digits: what sha256sum says of the archive)\n"
    "; size   = (its bytes)\n"
    "; url    = ../mytool-rootfs.tar.zst\n"
    "\n"
    "; [variables]\n"
    "; MYTOOL_DATA = /data\n"
    "\n"
    "; [run]\n"
    "; network = none\n"
    "\n"
    "; [limits]\n"
    "; memory = 8G\n";

static const struct item {
    const char *path;
    const char *text; /* NULL: a folder */
    const char *what;
} items[] = {
    {SETUP_RECORDS, NULL, NULL},
    {SETUP_RECORDS "/runs", NULL, "the records of runs"},
    {SETUP_RECORDS "/.gitignore", gitignore, "git keeps the records and leaves the caches"},
    {"envs", NULL, NULL},
    {"envs/example.ini.txt", example, "how an environment is defined"},
};

/* 1 made, 0 there already. */
static int make_item(int fd, const struct item *item, const char *folder, struct err *err)
{
    if (item->text == NULL) {
        if (mkdirat(fd, item->path, 0777) == 0) {
            return 1;
        }
        struct stat st;
        bool there = errno == EEXIST && fstatat(fd, item->path, &st, AT_SYMLINK_NOFOLLOW) == 0;
        return there && S_ISDIR(st.st_mode)
                   ? 0
                   : err_set_errno(err, ERR_SYSTEM, there ? ENOTDIR : errno, "create '%s/%s'", folder, item->path);
    }
    if (faccessat(fd, item->path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        return 0;
    }
    auto_free char *path = xasprintf("%s/%s", folder, item->path);
    auto_fd int out = openat(fd, item->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (out < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", path);
    }
    return fs_write_fd(out, path, item->text, strlen(item->text), err) < 0 ? -1 : 1;
}

static int make_all(const char *folder, size_t *ret_made, struct err *err)
{
    if (fs_make_dirs(folder, 0777, err) < 0) {
        return -1;
    }
    auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open directory '%s'", folder);
    }
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        int made = make_item(fd, &items[i], folder, err);
        if (made < 0) {
            return -1;
        }
        *ret_made += (size_t)made;
        if (log_get_level() > LOG_QUIET && items[i].what != NULL) {
            printf("%-6s %-22s %s\n", made > 0 ? "made" : "kept", items[i].path, items[i].what);
        }
    }
    return 0;
}

/* The nearest .sciwrap upwards counts: a project within another takes its runs away from it. */
static void tell_outer(const char *folder)
{
    struct project outer = {.runs_fd = -1};
    auto_free char *above = xstrndup(folder, strlen(folder) - strlen(path_base(folder)) - 1);
    if (above[0] != '\0' && project_find(&outer, above) > 0) {
        log_info("'%s' lies within another project, '%s': its runs are recorded in its own from now on", folder,
                 outer.path);
    }
    project_close(&outer);
}

static void tell_next(const char *folder, bool elsewhere)
{
    auto_release(buf) struct buf word = {0};
    quote_word(&word, folder);
    fputs("\nWhat is run here, or below, is recorded here. Next:\n\n", stdout);
    if (elsewhere) {
        printf("  cd %s\n", buf_text(&word));
    }
    fputs("  sciwrap envs                 the environments that are known\n"
          "  sciwrap pin NAME SOURCE      pin one of your own: envs/NAME.ini\n"
          "  sciwrap run NAME ARG...      run its command; exec and shell run others\n"
          "  sciwrap runs                 what was run\n"
          "  sciwrap rerun ID             run it again, and compare\n",
          stdout);
}

static int init(const char *word, struct err *err)
{
    size_t made = 0;
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    auto_free char *folder = path_normal(cwd, word);
    if (strcmp(folder, "/") == 0) {
        return err_set(err, ERR_USAGE, "init: '/' cannot be a project: name a folder of yours");
    }
    if (make_all(folder, &made, err) < 0) {
        return -1;
    }
    if (made == 0) {
        log_info("'%s' is a project already: nothing was missing; 'sciwrap runs' lists what was run in it", folder);
        return 0;
    }
    tell_outer(folder);
    if (log_get_level() > LOG_QUIET) {
        tell_next(word, strcmp(folder, cwd) != 0);
    }
    return 0;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    struct option_reader reader = option_reader_of(&init_command, argc, argv);
    *exit_code = 0;
    while ((option = option_next(&reader, err)) >= 0) {
        (void)option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at + 1 < argc) {
        return command_usage_error(&init_command, err, "takes one folder");
    }
    return init(reader.at < argc ? argv[reader.at] : ".", err);
}

const struct command init_command = {
    .name = "init",
    .synopsis = "[OPTION...] [DIR]",
    .summary = "make a project: a folder in which runs are recorded",
    .options = options,
    .more = "Makes DIR (or takes the current folder), in it .sciwrap/ for the records, with a\n"
            ".gitignore that keeps them and leaves caches, and an example of a definition in\n"
            "envs/. What is there already is left as it is.\n",
    .run = run,
};
