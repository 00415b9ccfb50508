/* SPDX-License-Identifier: BSD-2-Clause
 * report_project: all runs of a project as one page: a table of them, their lineage, their environments. */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "publish/report_chain_draw.h"
#include "publish/report_sections.h"
#include "run/confirmation.h"
#include "base/strmap.h"

enum { DRAWN_MOST = 100, RUNS_BYTES = 300000, COMMAND_MOST = 120, MAKERS_MOST = 6 };

struct project_page {
    struct report report;
    const struct catalog_run **run;   /* the latest first */
    const struct catalog_run **first; /* the same without reruns */
    size_t firsts;
    struct lineage lineage; /* of these */
};

static int compare_latest_first(const void *a, const void *b)
{
    const struct catalog_run *first = *(const struct catalog_run *const *)a;
    const struct catalog_run *second = *(const struct catalog_run *const *)b;
    int order = strcmp(second->started, first->started); /* RFC 3339 in one zone sorts as text */
    return order != 0 ? order : strcmp(second->id, first->id);
}

static void sort_runs(struct project_page *page)
{
    const struct catalog *catalog = page->report.catalog;
    page->run = xcalloc(catalog->count + 1, sizeof(const struct catalog_run *));
    page->first = xcalloc(catalog->count + 1, sizeof(const struct catalog_run *));
    for (size_t i = 0; i < catalog->count; i++) {
        page->run[i] = &catalog->run[i];
    }
    qsort(page->run, catalog->count, sizeof(*page->run), compare_latest_first);
    for (size_t i = 0; i < catalog->count; i++) {
        if (page->run[i]->rerun_of[0] == '\0') {
            page->first[page->firsts++] = page->run[i];
        }
    }
}

static void add_command(struct report *report, const struct catalog_run *run)
{
    enum { WORDS_MOST = 64 };
    char *words[WORDS_MOST];
    size_t count = run->words < WORDS_MOST ? (size_t)run->words : WORDS_MOST;
    const char *at = run->command;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1) {
        words[i] = xstrdup(at);
    }
    report_add(report, "<code>");
    html_words(&report->page, words, count, COMMAND_MOST);
    report_addf(report, "%s</code>", count < run->words ? " \xe2\x80\xa6" : "");
    for (size_t i = 0; i < count; i++) {
        free(words[i]);
    }
}

static void begin_fact(struct report *report, const char *name)
{
    report_addf(report, "<div><dt>%s</dt><dd>", name);
}

static void end_fact(struct report *report)
{
    report_add(report, "</dd></div>\n");
}

static void add_facts(struct project_page *page)
{
    struct report *report = &page->report;
    size_t count = report->catalog->count;
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        failed += page->run[i]->exit_code != 0;
    }
    report_add(report, "<dl class=\"facts five\">\n");
    begin_fact(report, "Recorded");
    report_number_of(report, page->firsts, "run", "runs");
    end_fact(report);
    begin_fact(report, "And of these");
    report_number_of(report, count - page->firsts, "rerun", "reruns");
    end_fact(report);
    begin_fact(report, "Ended in an error");
    html_count(&report->page, failed);
    end_fact(report);
    if (count > 0) {
        begin_fact(report, "First");
        html_time(&report->page, page->run[count - 1]->started);
        end_fact(report);
        begin_fact(report, "Last");
        html_time(&report->page, page->run[0]->started);
        end_fact(report);
    }
    report_add(report, "</dl>\n");
}

/* A link only to what is a name within the page: an ID of a folder that this program made. */
static void add_link(struct report *report, const char *id)
{
    if (project_is_id(id) && catalog_find(report->catalog, id) != NULL) {
        report_addf(report, "<a href=\"#run-%s\"><code>%s</code></a>", id, id);
    } else {
        html_code(&report->page, id, REPORT_NAME);
    }
}

/* The runs that made what this one read. */
static void add_makers(struct project_page *page, const struct lineage_run *told)
{
    struct report *report = &page->report;
    size_t makers[MAKERS_MOST];
    size_t count = 0;
    bool more = false;
    for (size_t i = 0; told != NULL && i < told->inputs; i++) {
        size_t maker = told->input[i].maker;
        bool known = maker == LINEAGE_NONE;
        for (size_t k = 0; k < count; k++) {
            known = known || makers[k] == maker;
        }
        if (!known && count < MAKERS_MOST) {
            makers[count++] = maker;
        } else if (!known) {
            more = true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        report_add(report, i > 0 ? ", " : "");
        add_link(report, page->lineage.run[makers[i]].run->id);
    }
    report_add(report, more ? " and others" : "");
}

static void add_standing(struct project_page *page, const struct catalog_run *run)
{
    struct report *report = &page->report;
    struct confirmation found;
    if (run->rerun_of[0] != '\0') {
        report_add(report, "repeats ");
        add_link(report, run->rerun_of);
        for (size_t i = 0; run->is_compared && i < run->verdicts; i++) {
            report_add(report, i == 0 ? ": <span class=\"nowrap\">" : ", <span class=\"nowrap\">");
            html_count(&report->page, run->verdict[i].count);
            report_add(report, " ");
            report_verdict(report, run->verdict[i].name);
            report_add(report, "</span>");
        }
        return;
    }
    confirmation_count(report->catalog, run->id, &found);
    if (found.reruns > 0) {
        report_addf(report, "<span class=\"%s\">%s confirmed by %zu of %zu</span>",
                    found.good == found.reruns ? "good" : "bad",
                    found.good == found.reruns ? "\xe2\x9c\x93" : "\xe2\x9c\x97", found.good, found.reruns);
    }
}

static void add_exit(struct report *report, const struct catalog_run *run)
{
    if (run->signal != 0) {
        report_addf(report, "<span class=\"bad\">\xe2\x9c\x97 signal %llu</span>", (unsigned long long)run->signal);
    } else {
        report_addf(report,
                    run->exit_code != 0 ? "<span class=\"bad\">\xe2\x9c\x97 %llu</span>"
                                        : "<span class=\"good\">\xe2\x9c\x93 %llu</span>",
                    (unsigned long long)run->exit_code);
    }
}

static void add_run(struct project_page *page, const struct catalog_run *run, const struct strmap *places)
{
    struct report *report = &page->report;
    report_add(report, "<tr");
    if (project_is_id(run->id)) {
        report_addf(report, " id=\"run-%s\"", run->id);
    }
    report_add(report, "><td>");
    html_text_most(&report->page, run->id, REPORT_NAME);
    report_add(report, "</td><td class=\"when\">");
    html_time(&report->page, run->started);
    report_add(report, "</td><td class=\"nowrap\">");
    html_text_most(&report->page, run->environment, REPORT_NAME);
    report_add(report, "</td><td class=\"command\">");
    add_command(report, run);
    report_add(report, "</td><td class=\"nowrap\">");
    add_exit(report, run);
    report_add(report, "</td><td class=\"n\">");
    html_duration(&report->page, run->elapsed_ns);
    report_add(report, "</td><td>");
    add_makers(page, strmap_get(places, run->id));
    report_add(report, "</td><td>");
    add_standing(page, run);
    report_add(report, "</td></tr>\n");
}

static void add_runs(struct project_page *page)
{
    static const char *const heads[] = {"Run",   "Started",    "Environment", "Command", "Exit",
                                        "#Took", "Reads from", "Reruns",      NULL};
    struct report *report = &page->report;
    size_t count = report->catalog->count;
    struct strmap places = {0};
    for (size_t i = 0; i < page->lineage.count; i++) {
        strmap_put(&places, page->lineage.run[i].run->id, &page->lineage.run[i]);
    }
    report_section_begin(report, "runs", "Runs");
    report_table_begin(report, "ids", "All recorded runs, the latest first", heads);
    size_t begin = report->page.length;
    size_t i = 0;
    for (; i < count && report_has_room(report, begin, RUNS_BYTES); i++) {
        add_run(page, page->run[i], &places);
    }
    report_table_end(report);
    if (i < count) {
        report_addf(report, "<p class=\"note\">and %zu earlier ones; 'sciwrap runs' lists them all</p>\n", count - i);
    }
    report_section_end(report);
    strmap_release(&places);
}

static void add_lineage(struct project_page *page)
{
    struct chain chain;
    struct report *report = &page->report;
    report_section_begin(report, "lineage", "Lineage");
    chain_make(&chain, &page->lineage, false);
    report_chain(report, &chain, DRAWN_MOST);
    chain_release(&chain);
    report_add(report,
               "<p class=\"note\">Reruns are not drawn. Runs of one program that fed the same runs, or none, are "
               "one box when they are more than three.</p>\n");
    report_section_end(report);
}

struct used {
    const struct catalog_run *run;
    size_t count;
};

static void add_environments(struct project_page *page)
{
    static const char *const heads[] = {"Environment", "#Runs", "Artifact, SHA-256", NULL};
    struct report *report = &page->report;
    struct strmap by_pin = {0};
    struct used *used = xcalloc(report->catalog->count + 1, sizeof(*used));
    size_t count = 0;
    for (size_t i = 0; i < report->catalog->count; i++) {
        auto_free char *key = xasprintf("%s %s", page->run[i]->artifact, page->run[i]->environment);
        struct used *known = strmap_get(&by_pin, key);
        if (known == NULL) {
            known = &used[count++];
            known->run = page->run[i];
            strmap_put(&by_pin, key, known);
        }
        known->count++;
    }
    report_section_begin(report, "environments", "Environments");
    report_table_begin(report, "plain", "What the runs ran in", heads);
    size_t begin = report->page.length;
    for (size_t i = 0; i < count && report_has_room(report, begin, REPORT_LIST); i++) {
        report_add(report, "<tr><th scope=\"row\">");
        html_text_most(&report->page, used[i].run->environment, REPORT_NAME);
        report_add(report, "</th><td class=\"n\">");
        html_count(&report->page, used[i].count);
        report_add(report, "</td><td>");
        html_code(&report->page, used[i].run->artifact, REPORT_NAME);
        report_row_end(report);
    }
    report_table_end(report);
    report_section_end(report);
    strmap_release(&by_pin);
    free(used);
}

char *report_project(const struct catalog *catalog, const char *name)
{
    struct project_page page = {.report = {.catalog = catalog}};
    struct report *report = &page.report;
    auto_free char *title = xasprintf("Runs of %s", name);
    sort_runs(&page);
    lineage_trace_runs(&page.lineage, catalog, page.first, page.firsts);
    report_page_begin(report, title);
    report_add(report, "<header>\n<p class=\"kicker\">Records of sciwrap</p>\n<h1>");
    html_text_most(&report->page, title, REPORT_NAME);
    report_add(report, "</h1>\n");
    add_facts(&page);
    report_add(report, "<nav aria-label=\"Contents\">\n<ol>\n<li><a href=\"#runs\">Runs</a></li>\n<li><a "
                       "href=\"#lineage\">Lineage</a></li>\n<li><a href=\"#environments\">Environments</a></li>\n"
                       "</ol>\n</nav>\n</header>\n<main id=\"main\">\n");
    add_runs(&page);
    add_lineage(&page);
    add_environments(&page);
    report_page_end(report);
    lineage_release(&page.lineage);
    free(page.run);
    free(page.first);
    return buf_take(&report->page);
}
