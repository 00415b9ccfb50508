/* SPDX-License-Identifier: BSD-2-Clause
 * report_verdicts: the section about reruns: what those of this run came to, and what this one came to as a rerun. */
#include <string.h>

#include "base/auto.h"
#include "publish/report_sections.h"
#include "run/verdict.h"

void report_verdict(struct report *report, const char *name)
{
    static const char *const marks[VERDICTS] = {
        [VERDICT_IDENTICAL] = "\xe2\x9c\x93", [VERDICT_NORMALISED] = "\xe2\x89\x88",
        [VERDICT_TOLERATED] = "\xe2\x89\x88", [VERDICT_DIFFERENT] = "\xe2\x9c\x97",
        [VERDICT_MISSING] = "\xe2\x88\x92",   [VERDICT_NEW] = "+",
    };
    enum verdict verdict;
    if (!verdict_from_name(name, &verdict)) {
        html_text_most(&report->page, name, REPORT_NAME);
        return;
    }
    report_addf(report, "<span class=\"verdict %s\">%s %s</span>", verdict_is_good(verdict) ? "good" : "bad",
                marks[verdict], verdict_title(verdict));
}

static void add_counts(struct report *report, const struct catalog_run *run)
{
    for (size_t i = 0; i < run->verdicts; i++) {
        report_add(report, i > 0 ? ", " : "");
        html_count(&report->page, run->verdict[i].count);
        report_add(report, " ");
        report_verdict(report, run->verdict[i].name);
    }
    report_add(report, run->verdicts == 0 ? "no output to compare" : "");
    report_add(report, run->same_exit ? "" : ", <span class=\"bad\">another exit status</span>");
}

static void add_rerun(struct report *report, const struct catalog_run *run)
{
    report_add(report, "<tr><td>");
    html_text_most(&report->page, run->id, REPORT_NAME);
    report_add(report, "</td><td class=\"nowrap\">");
    html_time(&report->page, run->started);
    report_add(report, "</td><td>");
    html_code(&report->page, run->machine[0] != '\0' ? run->machine : "not known", REPORT_NAME);
    report_add(report, "</td><td>");
    add_counts(report, run);
    report_add(report, "</td></tr>\n");
}

static bool is_rerun(const struct report *report, const struct catalog_run *run)
{
    const char *id = report->cite->manifest.id;
    return run->is_compared && id[0] != '\0' && strcmp(run->with, id) == 0;
}

static void add_reruns(struct report *report, bool tell_none)
{
    static const char *const heads[] = {"Run", "Started", "Machine", "Outputs", NULL};
    size_t count = 0;
    for (size_t i = 0; i < report->catalog->count; i++) {
        count += is_rerun(report, &report->catalog->run[i]);
    }
    if (count == 0 && tell_none) {
        report_add(report, "<p>No rerun of this run is recorded where this page was written.</p>\n");
    }
    if (count == 0) {
        return;
    }
    report_table_begin(report, "ids", "Runs that repeated this one from its record, each compared with it", heads);
    size_t begin = report->page.length;
    size_t shown = 0;
    for (size_t i = 0; i < report->catalog->count && report_has_room(report, begin, REPORT_LIST); i++) {
        if (is_rerun(report, &report->catalog->run[i])) {
            add_rerun(report, &report->catalog->run[i]);
            shown++;
        }
    }
    report_table_end(report);
    if (shown < count) {
        report_addf(report, "<p class=\"note\">and %zu more</p>\n", count - shown);
    }
}

static void add_text(struct report *report, const struct doc *object, const char *key, const char *before)
{
    auto_free char *text = doc_get_text(object, key);
    if (text != NULL && text[0] != '\0') {
        report_add(report, before);
        html_text_most(&report->page, text, REPORT_NAME);
    }
}

static void add_output(struct report *report, const struct doc *output)
{
    auto_free char *verdict = doc_get_text(output, "verdict");
    auto_free char *then = doc_get_text(output, "then");
    auto_free char *now = doc_get_text(output, "now");
    report_add(report, "<tr><td>");
    add_text(report, output, "path", "");
    add_text(report, output, "now_path", ", now ");
    report_add(report, "</td><td>");
    report_verdict(report, verdict != NULL ? verdict : "?");
    report_add(report, "</td><td>");
    add_text(report, output, "detail", "");
    if (then != NULL && now != NULL) {
        report_add(report, "<br>then ");
        html_code(&report->page, then, REPORT_NAME);
        report_add(report, "<br>now ");
        html_code(&report->page, now, REPORT_NAME);
    }
    report_add(report, "</td></tr>\n");
}

static bool is_identical(const struct doc *output)
{
    auto_free char *verdict = doc_get_text(output, "verdict");
    return verdict != NULL && strcmp(verdict, verdict_name(VERDICT_IDENTICAL)) == 0;
}

/* Those that are not identical first: they are what is looked for. */
static void add_outputs(struct report *report, const struct doc *outputs)
{
    static const char *const heads[] = {"Output", "Verdict", "Detail", NULL};
    size_t count = doc_count(outputs);
    if (count == 0) {
        report_add(report, "<p>Neither run had an output.</p>\n");
        return;
    }
    report_table_begin(report, "ids wide", "Each output beside that of the run that was repeated", heads);
    size_t begin = report->page.length;
    size_t shown = 0;
    for (int identical = 0; identical < 2; identical++) {
        for (size_t i = 0; i < count && report_has_room(report, begin, REPORT_LIST); i++) {
            if (is_identical(doc_at(outputs, i)) == (identical == 1)) {
                add_output(report, doc_at(outputs, i));
                shown++;
            }
        }
    }
    report_table_end(report);
    if (shown < count) {
        report_addf(report, "<p class=\"note\">and %zu more, in the manifest</p>\n", count - shown);
    }
}

static void add_differences(struct report *report, const struct doc *differences)
{
    static const char *const heads[] = {"What", "Then", "Now", NULL};
    size_t count = doc_count(differences);
    if (count == 0) {
        report_add(report, "<p>Nothing that is recorded was different before the start.</p>\n");
        return;
    }
    report_table_begin(report, "plain", "What was different before the start; what explains most comes first", heads);
    size_t begin = report->page.length;
    for (size_t i = 0; i < count && report_has_room(report, begin, REPORT_LIST); i++) {
        const struct doc *difference = doc_at(differences, i);
        report_add(report, "<tr><th scope=\"row\">");
        add_text(report, difference, "what", "");
        add_text(report, difference, "name", " ");
        report_add(report, "</th><td>");
        add_text(report, difference, "then", "");
        report_add(report, "</td><td>");
        add_text(report, difference, "now", "");
        report_add(report, "</td></tr>\n");
    }
    report_table_end(report);
}

/* By what measure: how much was let pass. */
static void add_rules(struct report *report, const struct doc *rules)
{
    double rtol = 0;
    double atol = 0;
    (void)doc_get_real(rules, "rtol", &rtol);
    (void)doc_get_real(rules, "atol", &atol);
    auto_free char *ignored = doc_describe(doc_get(rules, "ignore"));
    if (rtol > 0 || atol > 0) {
        report_addf(report, "<p class=\"note\">Numbers in text could differ by %g of the value or by %g", rtol, atol);
    } else {
        report_add(report, "<p class=\"note\">No tolerance was given: numbers in text had to be the same");
    }
    if (ignored != NULL && ignored[0] != '\0') {
        report_add(report, "; left out of the comparison was what matches ");
        html_code(&report->page, ignored, REPORT_NAME);
    }
    report_add(report, ".</p>\n");
}

static void add_comparison(struct report *report, const struct doc *comparison)
{
    auto_free char *verdict = doc_get_text(comparison, "verdict");
    auto_free char *with = doc_get_text(comparison, "with");
    report_add(report, "<p>This run repeats run ");
    html_code(&report->page, with != NULL ? with : "?", REPORT_NAME);
    report_add(report, " from its record: ");
    report_verdict(report, verdict != NULL ? verdict : "?");
    report_add(report, doc_get_bool(comparison, "same_exit") ? ", with the same exit status.</p>\n"
                                                             : ", with another exit status.</p>\n");
    add_outputs(report, doc_get(comparison, "outputs"));
    add_differences(report, doc_get(comparison, "differences"));
    add_rules(report, doc_get(comparison, "rules"));
}

void report_verdicts(struct report *report)
{
    const struct doc *comparison = doc_get(report->cite->doc, "comparison");
    if (comparison != NULL) {
        add_comparison(report, comparison);
    }
    add_reruns(report, comparison == NULL);
}
