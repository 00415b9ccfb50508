/* SPDX-License-Identifier: BSD-2-Clause
 * report_files: the section about what a run read and wrote. */
#include <string.h>

#include "base/auto.h"
#include "publish/report_sections.h"
#include "base/strmap.h"

/* The run that made each input, by its path. */
static void find_makers(const struct report *report, struct strmap *makers)
{
    const struct lineage *lineage = &report->lineage;
    for (size_t i = 0; lineage->count > 0 && i < lineage->run[0].inputs; i++) {
        const struct lineage_input *input = &lineage->run[0].input[i];
        if (input->maker != LINEAGE_NONE) {
            strmap_put(makers, input->file.path, &lineage->run[input->maker]);
        }
    }
}

static void add_name(struct report *report, const struct file_item *item)
{
    html_text_most(&report->page, item->path, REPORT_NAME);
    if (item->target != NULL) {
        report_add(report, " \xe2\x86\x92 ");
        html_text_most(&report->page, item->target, REPORT_NAME);
    }
    if (item->from != NULL) {
        report_add(report, " (was ");
        html_text_most(&report->page, item->from, REPORT_NAME);
        report_add(report, ")");
    }
}

static void add_how(struct report *report, const struct file_item *item, const struct lineage_run *maker)
{
    const char *change = file_change_name(item->change);
    const char *how = item->role != NULL ? item->role : change;
    html_text_most(&report->page, how, REPORT_NAME);
    if (item->role != NULL && change[0] != '\0') {
        report_addf(report, ", %s", change);
    }
    report_add(report, item->rewritten ? ", rewritten by the run" : "");
    if (item->offset > 0) {
        report_addf(report, ", from byte %llu on", (unsigned long long)item->offset);
    }
    if (maker != NULL) {
        report_add(report, ", made by run <code>");
        html_text_most(&report->page, maker->run->id, REPORT_NAME);
        report_add(report, "</code>");
    }
}

static void add_file(struct report *report, const struct file_item *item, const struct lineage_run *maker)
{
    char hex[DIGEST_HEX + 1];
    report_add(report, "<tr><td>");
    add_name(report, item);
    report_add(report, "</td><td class=\"n\">");
    if (item->has_digest) {
        html_size(&report->page, item->size);
    }
    report_add(report, "</td><td>");
    add_how(report, item, maker);
    report_add(report, "</td><td>");
    if (item->has_digest) {
        digest_to_hex(&item->digest, hex);
        report_add(report, hex);
    } else {
        report_add(report, item->change == FILE_DELETED ? "" : file_type_name(item->type));
    }
    report_add(report, "</td></tr>\n");
}

static void add_rest(struct report *report, const struct file_list *list, size_t shown)
{
    uint64_t bytes = 0;
    for (size_t i = shown; i < list->count; i++) {
        bytes += list->item[i].has_digest ? list->item[i].size : 0;
    }
    report_add(report, "<p class=\"note\">and ");
    report_number_of(report, list->count - shown, "more", "more");
    report_add(report, " of together ");
    html_size(&report->page, bytes);
    report_add(report, ", left out of this page: the manifest lists them all.</p>\n");
}

static size_t add_list(struct report *report, const struct file_list *list, const char *what, size_t room,
                       const struct strmap *makers)
{
    enum { SHOWN_AT_ONCE = 40 };
    static const char *const heads[] = {"Name", "#Size", "How", "SHA-256", NULL};
    size_t begin = report->page.length;
    report_addf(report, "<h3>%c%s</h3>\n", what[0] - 'a' + 'A', what + 1);
    if (list->count == 0) {
        report_addf(report, "<p>No %s is recorded.</p>\n", strcmp(what, "inputs") == 0 ? "input" : "output");
        return 0;
    }
    if (list->count > SHOWN_AT_ONCE) {
        report_add(report, "<details><summary>The ");
        html_count(&report->page, list->count);
        report_addf(report, " %s</summary>\n", what);
    }
    report_table_begin(report, "files",
                       strcmp(what, "inputs") == 0 ? "What the run read, as it was when it was read first"
                                                   : "What the run made or changed, as it was at the end",
                       heads);
    size_t shown = 0;
    for (; shown < list->count && report_has_room(report, begin, room); shown++) {
        const struct file_item *item = &list->item[shown];
        add_file(report, item, makers != NULL ? strmap_get(makers, item->path) : NULL);
    }
    report_table_end(report);
    if (shown < list->count) {
        add_rest(report, list, shown);
    }
    report_add(report, list->count > SHOWN_AT_ONCE ? "</details>\n" : "");
    return report->page.length - begin;
}

/* What one list does not need the other may have; half is kept for the second. */
static size_t room_for_inputs(const struct file_list *outputs)
{
    enum { ROW_MOST = 300 };
    size_t half = REPORT_FILES / 2;
    size_t wanted = outputs->count < half / ROW_MOST ? outputs->count * ROW_MOST : half;
    return REPORT_FILES - wanted;
}

void report_files(struct report *report)
{
    struct strmap makers = {0};
    const struct manifest *manifest = &report->cite->manifest;
    find_makers(report, &makers);
    size_t used = add_list(report, &manifest->inputs, "inputs", room_for_inputs(&manifest->outputs), &makers);
    size_t left = used < REPORT_FILES / 2 ? REPORT_FILES - used : REPORT_FILES / 2;
    (void)add_list(report, &manifest->outputs, "outputs", left, NULL);
    strmap_release(&makers);
}
