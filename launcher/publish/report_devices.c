/* SPDX-License-Identifier: BSD-2-Clause
 * report_devices: devices of the host that a run was given, and the files that came in with them. */
#include "base/auto.h"
#include "publish/report_sections.h"

static void add_words(struct report *report, const char *name, const struct doc *words)
{
    auto_free char *text = doc_describe(words);
    report_row_text(report, name, text);
}

static void add_nodes(struct report *report, const struct doc *nodes)
{
    enum { NODES_MOST = 1600 };
    size_t begin = report->page.length;
    if (doc_count(nodes) == 0) {
        return;
    }
    report_row_begin(report, "Device files");
    for (size_t i = 0; i < doc_count(nodes) && report_has_room(report, begin, NODES_MOST); i++) {
        auto_free char *path = doc_get_text(doc_at(nodes, i), "path");
        report_add(report, i > 0 ? ", " : "");
        html_code(&report->page, path != NULL ? path : "?", REPORT_NAME);
    }
    report_row_end(report);
}

static void add_text(struct report *report, const struct doc *object, const char *key)
{
    auto_free char *text = doc_get_text(object, key);
    html_text_most(&report->page, text != NULL ? text : "", REPORT_NAME);
}

static void add_file(struct report *report, const struct doc *file)
{
    uint64_t size = 0;
    report_add(report, "<tr><td>");
    add_text(report, file, "path");
    report_add(report, "</td><td class=\"n\">");
    if (doc_get_number(file, "size", &size)) {
        html_size(&report->page, size);
    }
    report_add(report, "</td><td>");
    add_text(report, file, "type");
    report_add(report, doc_get(file, "soname") != NULL ? " " : "");
    add_text(report, file, "soname");
    report_add(report, "</td><td>");
    add_text(report, file, "sha256");
    report_add(report, "</td></tr>\n");
}

static void add_files(struct report *report, const struct doc *files)
{
    static const char *const heads[] = {"Name inside", "#Size", "Kind", "SHA-256", NULL};
    size_t count = doc_count(files);
    if (count == 0) {
        return;
    }
    report_addf(report, "<details><summary>%zu file%s of the host that came in with them</summary>\n", count,
                count == 1 ? "" : "s");
    report_table_begin(report, "files", "No pin covers them: they belong to the driver of the host", heads);
    size_t begin = report->page.length;
    size_t i = 0;
    for (; i < count && report_has_room(report, begin, REPORT_LIST); i++) {
        add_file(report, doc_at(files, i));
    }
    report_table_end(report);
    if (i < count) {
        report_addf(report, "<p class=\"note\">and %zu more, in the manifest</p>\n", count - i);
    }
    report_add(report, "</details>\n");
}

void report_devices(struct report *report)
{
    const struct doc *devices = doc_get(doc_get(report->cite->doc, "experiment"), "devices");
    const struct doc *found = doc_get(doc_get(report->cite->doc, "circumstances"), "devices");
    if (!doc_is_object(devices)) {
        return;
    }
    report_table_begin(report, "plain", "Devices of the host that the run was given", NULL);
    add_words(report, "Asked for", doc_get(devices, "asked"));
    add_words(report, "Devices", doc_get(devices, "names"));
    add_words(report, "Models", doc_get(found, "models"));
    add_words(report, "Driver", doc_get(found, "driver"));
    add_nodes(report, doc_get(devices, "nodes"));
    add_words(report, "Variables of the caller", doc_get(devices, "variables_passed"));
    add_words(report, "Left out", doc_get(devices, "left_out"));
    report_table_end(report);
    add_files(report, doc_get(devices, "files"));
}
