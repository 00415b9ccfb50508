/* SPDX-License-Identifier: BSD-2-Clause
 * whence: the run that made a content and, through its inputs, the runs before it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/progress.h"
#include "commands/command.h"
#include "commands/whence_tell.h"

static const struct command_option options[] = {
    {"dot", 0, NULL, "the chain as a graph, for graphviz"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

/* What is asked, and where. */
struct request {
    const char *word;
    bool json;
    bool dot;
    char *path; /* of the file, absolute; NULL for standard input */
    int fd;
    struct digest digest;
    uint64_t size;
};

static int read_line(struct request *request, int argc, char **argv, struct err *err)
{
    struct option_reader reader = option_reader_of(&whence_command, argc, argv);
    while (reader.at < argc) {
        int option = option_next(&reader, err);
        if (option == OPTION_ERROR) {
            return -1;
        }
        if (option >= 0) {
            const char *name = options[option].name;
            request->dot |= strcmp(name, "dot") == 0;
            request->json |= strcmp(name, "json") == 0;
            (void)option_is_level(name);
        } else if (reader.at < argc && request->word == NULL) {
            request->word = argv[reader.at++];
        } else if (reader.at < argc) {
            return command_usage_error(&whence_command, err, "takes one file");
        }
    }
    const char *problem = request->json && request->dot ? "--json and --dot exclude each other"
                          : request->word == NULL       ? "no file named"
                                                        : NULL;
    if (problem != NULL) {
        (void)command_usage_error(&whence_command, err, problem);
        return -1;
    }
    return 0;
}

/* The folder is resolved, the last component is not: a record names a file by what it was called. */
static char *absolute(const char *word)
{
    const char *base = path_base(word);
    auto_free char *folder = base == word ? xstrdup(".") : xstrndup(word, (size_t)(base - word));
    auto_free char *real = realpath(folder, NULL);
    return real != NULL ? path_normal(real, base) : NULL;
}

static int look(struct request *request, struct err *err)
{
    struct stat st;
    bool is_stdin = strcmp(request->word, "-") == 0;
    auto_fd int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                              : open(request->word, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "'%s'", request->word);
    }
    if (fstat(fd, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "'%s'", request->word);
    }
    if (!is_stdin && !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_USAGE, "'%s' is not a regular file: only those have a content to ask about",
                       request->word);
    }
    struct progress progress = {0};
    progress_watch(&progress, "hash the file", S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0, PROGRESS_BYTES);
    int result = digest_fd(fd, request->word, &request->digest, &request->size, err);
    progress_release(&progress);
    if (result < 0) {
        return -1;
    }
    request->path = is_stdin ? NULL : absolute(request->word);
    request->fd = is_stdin ? -1 : steal_fd(&fd);
    return 0;
}

static void tell(const struct request *request, const struct lineage_question *question, const struct lineage *lineage)
{
    struct whence whence = {
        .name = request->path != NULL ? request->word : "standard input", .question = question, .lineage = lineage};
    if (request->json) {
        whence_tell_json(&whence);
    } else if (request->dot) {
        whence_tell_dot(&whence);
    } else {
        whence_tell_text(&whence);
    }
}

/* Whether a run of this project made the content; tells of it when it did, or when there is nobody else to ask. 1 yes,
 * 0 no, -1 error. */
static int ask(const struct request *request, const struct project *project, bool is_last, struct err *err)
{
    struct catalog catalog = {0};
    struct lineage lineage = {0};
    if (catalog_load(&catalog, project, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < catalog.notes.count; i++) {
        log_warn("%s", catalog.notes.item[i]);
    }
    const char *base = path_base(project->path);
    auto_free char *folder = xstrndup(project->path, (size_t)(base - project->path));
    struct lineage_question question = {
        .digest = request->digest, .size = request->size, .path = request->path, .folder = folder, .fd = request->fd};
    lineage_trace(&lineage, &catalog, &question);
    bool made = lineage.asked > 0 && !lineage.has_gaps;
    if (made || is_last) {
        tell(request, &question, &lineage);
    }
    lineage_release(&lineage);
    catalog_release(&catalog);
    return made;
}

/* The project of the current directory, and that of the file when it lies in another one. */
static int ask_projects(const struct request *request, const char *cwd, struct err *err)
{
    struct project here = {.runs_fd = -1};
    struct project there = {.runs_fd = -1};
    auto_free char *folder =
        request->path != NULL ? xstrndup(request->path, (size_t)(path_base(request->path) - request->path)) : NULL;
    bool is_here = project_find(&here, cwd) > 0;
    bool is_there =
        folder != NULL && project_find(&there, folder) > 0 && (!is_here || strcmp(here.path, there.path) != 0);
    int made = 0;
    if (!is_here && !is_there) {
        made = err_set(err, ERR_NOT_FOUND, "no runs are recorded here or above, so none is known that made '%s'",
                       request->word);
    }
    if (is_here) {
        made = ask(request, &here, !is_there, err);
    }
    if (made == 0 && is_there) {
        made = ask(request, &there, true, err);
    }
    project_close(&here);
    project_close(&there);
    return made;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    struct request request = {.fd = -1};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    int made =
        read_line(&request, argc, argv, err) < 0 || look(&request, err) < 0 ? -1 : ask_projects(&request, cwd, err);
    if (request.fd >= 0) {
        close(request.fd);
    }
    free(request.path);
    *exit_code = made > 0 ? 0 : 1;
    return made < 0 ? -1 : 0;
}

const struct command whence_command = {
    .name = "whence",
    .synopsis = "[--dot|--json] FILE",
    .summary = "name the run that made a file, and the runs before it",
    .options = options,
    .more = "The content counts, not the name; '-' asks about standard input.\n"
            "Exit status: 0 a run recorded here made it; 1 none; 125 it could not be done.\n",
    .run = run,
};
