/* SPDX-License-Identifier: BSD-2-Clause
 * report: a run as one page of HTML that stands for itself. The page of a whole project: report_project.c. */
#include "publish/report.h"

#include <stdlib.h>

#include "base/mem.h"
#include "publish/report_sections.h"

struct section {
    const char *id;
    const char *title; /* NULL: no heading, no line of the contents */
    void (*add)(struct report *report);
};

static const struct section sections[] = {
    {"run", "What was run", report_what},
    {"reruns", "Reruns and verdicts", report_verdicts},
    {"files", "Inputs and outputs", report_files},
    {"lineage", "Lineage", report_lineage},
    {"processes", "Processes", report_processes},
    {"environment", "Environment", report_environment},
    {"settings", "What was held fixed", report_settings},
    {"walls", "Walls and limits", report_walls},
    {"leaks", "What could not be pinned", report_leaks},
    {"machine", "Where and when it ran", report_machine},
    {"again", "How to run it again", report_again},
    {"cite", "How to cite it", report_cite},
};

static void add_contents(struct report *report)
{
    report_add(report, "<nav aria-label=\"Contents\">\n<ol>\n");
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        report_addf(report, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].title);
    }
    report_add(report, "</ol>\n</nav>\n</header>\n<main id=\"main\">\n");
}

/* A rerun of a bundle's run, or the run itself, may be among those of this project. */
static const struct catalog_run *find_run(const struct report *report)
{
    const char *id = report->cite->manifest.id;
    const struct catalog_run *known = id[0] != '\0' ? catalog_find(report->catalog, id) : NULL;
    return known != NULL ? known : &report->cite->run;
}

static char *title_of(const struct cite *cite)
{
    enum { WORDS = 60 };
    struct buf title = {0};
    buf_addf(&title, "Run %s: ", cite->manifest.id[0] != '\0' ? cite->manifest.id : "of sciwrap");
    for (size_t i = 0; i < cite->manifest.setup.argv.count && title.length < WORDS; i++) {
        buf_addf(&title, "%s%.60s", i > 0 ? " " : "", cite->manifest.setup.argv.item[i]);
    }
    return buf_take(&title);
}

char *report_run(const struct report_subject *subject)
{
    struct report report = {.subject = subject, .cite = subject->cite, .catalog = subject->catalog};
    report.run = find_run(&report);
    lineage_trace_runs(&report.lineage, report.catalog, &report.run, 1);
    char *title = title_of(report.cite);
    report_page_begin(&report, title);
    free(title);
    report_head(&report);
    add_contents(&report);
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        report_section_begin(&report, sections[i].id, sections[i].title);
        sections[i].add(&report);
        report_section_end(&report);
    }
    report_page_end(&report);
    lineage_release(&report.lineage);
    return buf_take(&report.page);
}
