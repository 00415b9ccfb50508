/* SPDX-License-Identifier: BSD-2-Clause
 * complete_values: what can be named here: environments, recipes, runs, keys of the config. */
#include "commands/complete_values.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/doc.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "env/config_keys.h"
#include "env/definition.h"
#include "env/fix.h"
#include "run/catalog.h"
#include "run/job.h"
#include "run/manifest.h"
#include "run/running.h"

/* Nobody reads through more of them. */
enum { RUNS_MOST = 200 };

static bool begins(const char *word, const char *typed)
{
    return strncmp(word, typed, strlen(typed)) == 0;
}

void completion_add(struct completion *completion, const char *word, const char *description)
{
    char shown[200] = "";
    if (description != NULL) {
        text_escape(shown, sizeof(shown), description, strlen(description));
    }
    if (!begins(word, completion->typed) || strpbrk(word, "\t\n") != NULL) {
        return;
    }
    auto_free char *front = xasprintf("%s\t", word);
    for (size_t i = 0; i < completion->lines.count; i++) {
        if (begins(completion->lines.item[i], front)) {
            return; /* of a folder that is looked in first */
        }
    }
    strlist_addf(&completion->lines, "%s%s", front, shown);
}

void completion_add_environments(struct completion *completion)
{
    auto_release(strlist) struct strlist paths = {0};
    struct err ignored = {0};
    (void)definition_list(&paths, &ignored);
    for (size_t i = 0; i < paths.count; i++) {
        const char *base = path_base(paths.item[i]);
        auto_free char *name = xstrndup(base, strlen(base) - strlen(".ini"));
        auto_release(definition) struct definition def = {0};
        if (begins(name, completion->typed)) {
            bool read = definition_load(&def, paths.item[i], &ignored) == 0;
            completion_add(completion, name, read ? def.description : "its definition cannot be read");
        }
    }
}

void completion_add_recipes(struct completion *completion)
{
    auto_release(strlist) struct strlist folders = {0};
    struct err ignored = {0};
    definition_recipe_folders(&folders);
    for (size_t i = 0; i < folders.count; i++) {
        auto_release(strlist) struct strlist files = {0};
        auto_fd int fd = open(folders.item[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fs_list(fd, ".", &files, &ignored) < 0) {
            continue;
        }
        for (size_t j = 0; j < files.count; j++) {
            size_t length = strlen(files.item[j]);
            if (length > 4 && strcmp(files.item[j] + length - 4, ".ini") == 0) {
                auto_free char *name = xstrndup(files.item[j], length - 4);
                completion_add(completion, name, "recipe");
            }
        }
    }
}

static int newest_first(const void *a, const void *b)
{
    const struct catalog_run *first = *(const struct catalog_run *const *)a;
    const struct catalog_run *second = *(const struct catalog_run *const *)b;
    int order = strcmp(second->started, first->started);
    return order != 0 ? order : strcmp(first->id, second->id);
}

static void add_run(struct completion *completion, const struct project *project, const struct catalog_run *run)
{
    (void)project;
    auto_release(buf) struct buf text = {0};
    buf_addf(&text, "%.16s %s:", run->started, run->environment);
    for (size_t i = 0; i < run->words && text.length < 100; i++) {
        buf_addf(&text, " %s", catalog_word(run, i));
    }
    completion_add(completion, run->id, buf_text(&text));
}

typedef void add_run_fn(struct completion *completion, const struct project *project, const struct catalog_run *run);

static void add_job(struct completion *completion, const struct project *project, const struct catalog_run *run)
{
    struct err ignored = {0};
    struct job job = {0};
    auto_free char *path = project_run_path(project, run->id, MANIFEST_NAME);
    struct doc *doc = doc_load(path, MANIFEST_MOST, &ignored);
    if (doc != NULL && job_read(doc_get(doc, "circumstances"), &job)) {
        const char *id = job.array_id != NULL ? job.array_id : job.id;
        auto_free char *shown = xasprintf("%.16s %s", run->started, run->environment);
        if (id != NULL) {
            completion_add(completion, id, shown);
        }
        job_release(&job);
    }
    doc_free(doc);
}

/* Of those that are named so, or of all, the newest. */
static void each_run(struct completion *completion, const char *typed, add_run_fn *add)
{
    struct err ignored = {0};
    struct catalog catalog = {0};
    struct project project = {.runs_fd = -1};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL || project_find(&project, cwd) != 1) {
        return;
    }
    if (catalog_load(&catalog, &project, &ignored) == 0) {
        auto_free const struct catalog_run **runs = xcalloc(catalog.count + 1, sizeof(*runs));
        size_t count = 0;
        for (size_t i = 0; i < catalog.count; i++) {
            if (begins(catalog.run[i].id, typed)) {
                runs[count++] = &catalog.run[i];
            }
        }
        qsort(runs, count, sizeof(*runs), newest_first);
        for (size_t i = 0; i < count && i < RUNS_MOST; i++) {
            add(completion, &project, runs[i]);
        }
        catalog_release(&catalog);
    }
    project_close(&project);
}

void completion_add_runs(struct completion *completion)
{
    each_run(completion, completion->typed, add_run);
}

void completion_add_jobs(struct completion *completion)
{
    each_run(completion, "", add_job);
}

void completion_add_running(struct completion *completion)
{
    struct err ignored = {0};
    struct running_list list = {0};
    if (running_read(&list, &ignored) == 0) {
        for (size_t i = 0; i < list.count; i++) {
            const struct announcement *facts = &list.item[i].facts;
            auto_release(buf) struct buf text = {0};
            buf_addf(&text, "%s:", facts->environment);
            for (size_t j = 0; j < facts->command.count && text.length < 100; j++) {
                buf_addf(&text, " %s", facts->command.item[j]);
            }
            completion_add(completion, facts->id, buf_text(&text));
        }
    }
    running_release(&list);
}

void completion_add_config_keys(struct completion *completion)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        auto_free char *name = config_key_name(&config_keys[i]);
        completion_add(completion, name, config_keys[i].variable);
    }
}

void completion_add_fixes(struct completion *completion)
{
    const char *comma = strrchr(completion->typed, ',');
    int before = comma != NULL ? (int)(comma + 1 - completion->typed) : 0;
    for (unsigned i = 0; i < FIXES + 2; i++) {
        const char *name = i < FIXES ? fix_name((enum fix)i) : i == FIXES ? "all" : "none";
        auto_free char *whole = xasprintf("%.*s%s", before, completion->typed, name);
        completion_add(completion, whole, NULL);
    }
}
