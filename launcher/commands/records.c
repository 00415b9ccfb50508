/* SPDX-License-Identifier: BSD-2-Clause
 * records: finding the manifest that a person means by an ID or a file name. */
#include "commands/records.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "run/project.h"

static bool is_file(const char *word)
{
    size_t length = strlen(word);
    return strchr(word, '/') != NULL || (length > 5 && strcmp(word + length - 5, ".json") == 0);
}

char *records_find(const char *word, struct err *err)
{
    if (is_file(word)) {
        return xstrdup(word);
    }
    struct project project = {.runs_fd = -1};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
        return NULL;
    }
    char *path = NULL;
    if (project_find(&project, cwd) == 0) {
        err_set(err, ERR_NOT_FOUND, "no runs are recorded here or above, so there is none with the ID '%s'", word);
    } else {
        auto_free char *id = project_resolve(&project, word, err);
        path = id != NULL ? project_run_path(&project, id, MANIFEST_NAME) : NULL;
    }
    project_close(&project);
    return path;
}
