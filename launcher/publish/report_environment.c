/* SPDX-License-Identifier: BSD-2-Clause
 * report_environment: the section about what the run ran in: its digests, the programs, the packages, the definition.
 */
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "publish/cite_say.h"
#include "publish/report_sections.h"

static void add_pin(struct report *report)
{
    const struct cite *cite = report->cite;
    const struct setup_environment *environment = &cite->manifest.setup.environment;
    auto_release(buf) struct buf changes = {0};
    auto_release(buf) struct buf packages = {0};
    char date[32];
    changes_describe(&environment->changes, &changes);
    cite_say_packages(cite, MARKUP_HTML, &packages);
    report_table_begin(report, "plain", "The pin: no byte was used that it does not cover", NULL);
    report_row_text(report, "Name", environment->name);
    report_row_text(report, "Description", cite->definition.name != NULL ? cite->definition.description : NULL);
    report_row_digest(report, "Artifact, SHA-256", &environment->artifact);
    if (environment->size > 0) {
        report_row_begin(report, "Artifact, size");
        html_size(&report->page, environment->size);
        report_row_end(report);
    }
    report_row_digest(report, "Unpacked tree, SHA-256", &environment->tree);
    report_row_begin(report, "Entries of the tree");
    html_count(&report->page, environment->entries);
    report_row_end(report);
    report_row_text(report, "Left out or changed", changes.length > 0 ? buf_text(&changes) : NULL);
    report_row_text(report, "Recipe", environment->recipe);
    report_row_text(report, "Distribution", cite->distribution);
    report_row_text(report, "Archive snapshot", cite_say_date(cite->snapshot, date) ? date : NULL);
    if (packages.length > 0) {
        report_row_begin(report, "Holds");
        report_add(report, buf_text(&packages));
        report_row_end(report);
    }
    auto_free char *verified = verified_summary(&cite->manifest.recording.verified);
    report_row_text(report, "Checked for this run", verified);
    if (cite->definition.name != NULL) {
        report_row_text(report, "Licence", cite->definition.license);
        report_row_text(report, "Asks to be cited as", cite->definition.citation);
    }
    report_table_end(report);
}

static void add_spoiled(struct report *report)
{
    const struct strlist *spoiled = &report->cite->manifest.recording.verified.spoiled;
    if (spoiled->count > 0) {
        report_add(report,
                   "<p class=\"bad\">\xe2\x9c\x97 Files of the environment were not what is pinned:</p>\n<ul>\n");
        for (size_t i = 0; i < spoiled->count; i++) {
            report_add(report, "<li>");
            html_code(&report->page, spoiled->item[i], REPORT_NAME);
            report_add(report, "</li>\n");
        }
        report_add(report, "</ul>\n");
    }
}

static void add_program(struct report *report, const struct cite_program *program)
{
    report_add(report, "<tr><td>");
    html_text_most(&report->page, program->path, REPORT_NAME);
    report_add(report, "</td><td>");
    if (program->package != NULL) {
        html_text_most(&report->page, program->package->name, REPORT_NAME);
        report_add(report, " ");
        html_text_most(&report->page, program->package->version, REPORT_NAME);
    } else {
        report_add(report, program->in_tree ? "not known" : "a file of the host or of the run");
    }
    report_add(report, "</td><td>");
    char hex[DIGEST_HEX + 1] = "not known";
    if (program->digest != NULL) {
        digest_to_hex(program->digest, hex);
    }
    report_addf(report, "%s</td></tr>\n", hex);
}

static void add_programs(struct report *report)
{
    static const char *const heads[] = {"Program", "Package", "SHA-256", NULL};
    const struct cite *cite = report->cite;
    if (cite->programs == 0) {
        return;
    }
    report_table_begin(report, "files", "Program files that were executed", heads);
    size_t begin = report->page.length;
    size_t i = 0;
    for (; i < cite->programs && report_has_room(report, begin, REPORT_LIST); i++) {
        add_program(report, &cite->program[i]);
    }
    report_table_end(report);
    if (i < cite->programs) {
        report_addf(report, "<p class=\"note\">and %zu more, in the manifest</p>\n", cite->programs - i);
    }
}

static void add_packages(struct report *report)
{
    static const char *const heads[] = {"Package", "Version", "Architecture", NULL};
    const struct packages *packages = &report->cite->packages;
    if (packages->count == 0) {
        return;
    }
    report_addf(report, "<details><summary>%zu installed packages</summary>\n", packages->count);
    report_table_begin(report, "ids", "What the tree says is installed in it", heads);
    size_t begin = report->page.length;
    size_t i = 0;
    for (; i < packages->count && report_has_room(report, begin, REPORT_PACKAGES); i++) {
        report_add(report, "<tr><td>");
        html_text_most(&report->page, packages->item[i].name, REPORT_NAME);
        report_add(report, "</td><td>");
        html_text_most(&report->page, packages->item[i].version, REPORT_NAME);
        report_add(report, "</td><td>");
        html_text_most(&report->page, packages->item[i].architecture, REPORT_NAME);
        report_row_end(report);
    }
    report_table_end(report);
    if (i < packages->count) {
        report_addf(report, "<p class=\"note\">and %zu more</p>\n", packages->count - i);
    }
    report_add(report, "</details>\n");
}

/* Line by line: html_text() makes what ends a line visible. */
static void add_lines(struct report *report, const char *text)
{
    size_t begin = report->page.length;
    const char *at = text;
    while (*at != '\0' && report_has_room(report, begin, REPORT_TEXT)) {
        auto_free char *line = xstrndup(at, strcspn(at, "\n"));
        at += strlen(line);
        html_text_most(&report->page, line, REPORT_NAME);
        at += *at == '\n';
        report_add(report, "\n");
    }
    if (*at != '\0') {
        report_addf(report, "[%zu more bytes, in the manifest]\n", strlen(at));
    }
}

void report_environment(struct report *report)
{
    const struct setup_environment *environment = &report->cite->manifest.setup.environment;
    add_pin(report);
    add_spoiled(report);
    add_programs(report);
    add_packages(report);
    if (environment->definition_text != NULL) {
        report_add(report, "<details><summary>The definition as it was</summary>\n<pre tabindex=\"0\"><code>");
        add_lines(report, environment->definition_text);
        report_add(report, "</code></pre>\n</details>\n");
    }
    for (size_t i = 0; i < report->cite->notes.count; i++) {
        report_add(report, "<p class=\"note\">Not known when this page was written: ");
        html_text_most(&report->page, report->cite->notes.item[i], REPORT_NAME);
        report_add(report, "</p>\n");
    }
}
