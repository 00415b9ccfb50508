/* SPDX-License-Identifier: BSD-2-Clause
 * cite: the facts of a run that a methods section needs, gathered. How they are said: cite_text.c, cite_data.c. */
#include "publish/cite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "env/config.h"
#include "publish/cite_data.h"
#include "publish/cite_environment.h"
#include "publish/cite_say.h"
#include "publish/cite_text.h"
#include "run/variables.h"

/* Two ways to the same text: what a rerun needs is checked and in its place, what merely happened is in the document.
 */
static int read_manifest(struct cite *cite, const char *path, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    if (fs_read_path(path, MANIFEST_MOST, &text, err) < 0 ||
        manifest_parse(&cite->manifest, path, buf_text(&text), text.length, err) < 0) {
        return -1;
    }
    cite->doc = doc_parse(path, buf_text(&text), text.length, err);
    digest_bytes(buf_text(&text), text.length, &cite->digest);
    /* An ID that a manifest from elsewhere lacks is not needed here. */
    catalog_entry_make(&cite->entry, &(struct catalog_key){0}, "000000000000", buf_text(&text), text.length);
    const char *at = buf_text(&cite->entry);
    if (cite->doc == NULL || !catalog_entry_read(&at, at + cite->entry.length, &cite->run) ||
        cite->run.state != CATALOG_WHOLE) {
        return err_set(err, ERR_INVALID, "%s: is not in the form that sciwrap writes a manifest in", path);
    }
    return 0;
}

/* Those that the same setup would have without anybody's wish. */
static void find_variables(struct cite *cite)
{
    static const char *const terminal[] = {"TERM=", "COLORTERM=", "NO_COLOR="};
    const struct definition none = {0};
    const struct strlist nothing = {0};
    const struct facts nobody = {0};
    struct setup usual = cite->manifest.setup; /* borrowed */
    usual.variables = (struct strlist){0};
    variables_make(&usual, &none, &nothing, &nobody);
    for (size_t i = 0; i < cite->manifest.setup.variables.count; i++) {
        const char *assignment = cite->manifest.setup.variables.item[i];
        bool asked = !strlist_has(&usual.variables, assignment);
        for (size_t k = 0; k < sizeof(terminal) / sizeof(terminal[0]); k++) {
            asked = asked && strncmp(assignment, terminal[k], strlen(terminal[k])) != 0;
        }
        if (asked) {
            strlist_add(&cite->variables, assignment);
        }
    }
    strlist_release(&usual.variables);
}

/* A verdict that this version does not know, of a later one, confirms nothing. */
static void count_outputs(struct cite_reruns *reruns, const struct catalog_run *run)
{
    for (size_t i = 0; i < run->verdicts; i++) {
        enum verdict verdict = VERDICT_DIFFERENT;
        (void)verdict_from_name(run->verdict[i].name, &verdict);
        reruns->counts[verdict] += (size_t)run->verdict[i].count;
        reruns->outputs += (size_t)run->verdict[i].count;
    }
    reruns->runs++;
    reruns->other_exits += !run->same_exit;
}

static void find_reruns(struct cite *cite, const struct catalog *catalog)
{
    auto_release(strlist) struct strlist machines = {0};
    for (size_t i = 0; catalog != NULL && i < catalog->count; i++) {
        const struct catalog_run *run = &catalog->run[i];
        if (!run->is_compared || cite->manifest.id[0] == '\0' || strcmp(run->with, cite->manifest.id) != 0) {
            continue;
        }
        count_outputs(&cite->reruns, run);
        if (run->machine[0] != '\0' && !strlist_has(&machines, run->machine)) {
            strlist_add(&machines, run->machine);
        }
    }
    cite->reruns.machines = machines.count;
}

static bool is_own(const struct cite *cite, const struct catalog *catalog)
{
    bool here = false;
    for (size_t i = 0; catalog != NULL && i < catalog->count; i++) {
        here = here || strcmp(catalog->run[i].id, cite->manifest.id) == 0;
    }
    uint64_t uid = 0;
    const struct doc *user = doc_get(doc_get(cite->doc, "circumstances"), "user");
    return here && doc_get_number(user, "uid", &uid) && uid == getuid();
}

static char *config_text(const char *variable)
{
    const char *text = config_get(variable);
    return text != NULL ? xstrdup(text) : NULL;
}

/* A record from elsewhere has the author that it names, or none: never who reads it. */
static void find_author(struct cite *cite, const struct catalog *catalog)
{
    cite->author = cite_say_circumstance(cite, (const char *[]){"user", "name", NULL});
    cite->orcid = cite_say_circumstance(cite, (const char *[]){"user", "orcid", NULL});
    if (cite->author == NULL && cite->orcid == NULL && is_own(cite, catalog)) {
        cite->author = config_text("SCIWRAP_NAME");
        cite->orcid = config_text("SCIWRAP_ORCID");
    }
}

int cite_gather(struct cite *cite, const char *path, const struct catalog *catalog, struct err *err)
{
    *cite = (struct cite){0};
    if (read_manifest(cite, path, err) < 0 || cite_environment(cite, err) < 0) {
        cite_release(cite);
        return -1;
    }
    find_author(cite, catalog);
    find_variables(cite);
    find_reruns(cite, catalog);
    return 0;
}

void cite_release(struct cite *cite)
{
    manifest_release(&cite->manifest);
    doc_free(cite->doc);
    buf_release(&cite->entry);
    definition_release(&cite->definition);
    packages_release(&cite->packages);
    free(cite->distribution);
    free(cite->snapshot);
    free(cite->author);
    free(cite->orcid);
    for (size_t i = 0; i < cite->programs; i++) {
        free(cite->program[i].path);
    }
    free(cite->program);
    strlist_release(&cite->variables);
    strlist_release(&cite->notes);
    *cite = (struct cite){0};
}

bool cite_form_from_name(const char *name, enum cite_form *ret_form)
{
    static const char *const names[] = {"text", "markdown", "latex", "bibtex", "csl-json"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_form = (enum cite_form)i;
            return true;
        }
    }
    return false;
}

char *cite_format(const struct cite *cite, enum cite_form form)
{
    switch (form) {
    case CITE_TEXT:
        return cite_text_format(cite, MARKUP_TEXT);
    case CITE_MARKDOWN:
        return cite_text_format(cite, MARKUP_MARKDOWN);
    case CITE_LATEX:
        return cite_text_format(cite, MARKUP_LATEX);
    case CITE_BIBTEX:
        return cite_data_bibtex(cite);
    case CITE_CSL_JSON:
        return cite_data_csl(cite);
    }
    return NULL;
}
