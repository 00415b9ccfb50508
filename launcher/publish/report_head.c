/* SPDX-License-Identifier: BSD-2-Clause
 * report_head: the title of a report, its facts at a glance, and the section about the command. */
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/quote.h"
#include "publish/cite_text.h"
#include "publish/report_sections.h"
#include "run/confirmation.h"

enum { TITLE_MOST = 90, WORDS_MOST = 4 * TITLE_MOST };

static void add_exit(struct report *report, uint64_t code, uint64_t signal)
{
    if (signal != 0) {
        report_addf(report, "<span class=\"bad\">\xe2\x9c\x97 ended by signal %llu</span>", (unsigned long long)signal);
    } else if (code != 0) {
        report_addf(report, "<span class=\"bad\">\xe2\x9c\x97 exit status %llu</span>", (unsigned long long)code);
    } else {
        report_add(report, "<span class=\"good\">\xe2\x9c\x93 exit status 0</span>");
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

static void add_files_fact(struct report *report, const char *name, bool outputs)
{
    struct catalog_file file;
    uint64_t count = 0;
    uint64_t bytes = 0;
    const char *at = report->cite->run.files;
    while (catalog_file_next(&report->cite->run, &at, &file)) {
        if (file.is_output == outputs && cite_text_is_listed(&file)) {
            count++;
            bytes += file.size;
        }
    }
    begin_fact(report, name);
    report_number_of(report, count, "file", "files");
    report_add(report, "<small>");
    html_size(&report->page, bytes);
    report_add(report, "</small>");
    end_fact(report);
}

static void add_time_fact(struct report *report, const struct doc *resources)
{
    uint64_t user = 0;
    uint64_t system = 0;
    begin_fact(report, "Took");
    html_duration(&report->page, report->cite->manifest.elapsed_ns);
    if (doc_get_number(resources, "user_us", &user) && doc_get_number(resources, "system_us", &system) &&
        user < UINT64_MAX / 4000 && system < UINT64_MAX / 4000) {
        report_add(report, "<small>");
        html_duration(&report->page, (user + system) * 1000);
        report_add(report, " of processor time</small>");
    }
    end_fact(report);
}

static void add_memory_fact(struct report *report, const struct doc *resources)
{
    uint64_t bytes = 0;
    bool all = doc_get_number(resources, "peak_memory_bytes", &bytes);
    if (all || doc_get_number(resources, "max_rss_bytes", &bytes)) {
        begin_fact(report, "Memory at most");
        html_size(&report->page, bytes);
        report_addf(report, "<small>%s</small>", all ? "all processes together" : "the largest process");
        end_fact(report);
    }
}

static void add_reruns_fact(struct report *report)
{
    struct confirmation found = {0};
    if (report->cite->manifest.id[0] != '\0') {
        confirmation_count(report->catalog, report->cite->manifest.id, &found);
    }
    begin_fact(report, "Confirmed by reruns");
    if (found.reruns == 0) {
        report_add(report, "not run again<small>as far as is known here</small>");
    } else {
        report_addf(report, "<span class=\"%s\">%s %zu of %zu</span><small>on ",
                    found.good == found.reruns ? "good" : "bad",
                    found.good == found.reruns ? "\xe2\x9c\x93" : "\xe2\x9c\x97", found.good, found.reruns);
        report_number_of(report, found.machines, "machine", "machines");
        report_add(report, "</small>");
    }
    end_fact(report);
}

static void add_title(struct report *report, const struct strlist *argv)
{
    auto_release(buf) struct buf words = {0};
    for (size_t i = 0; i < argv->count && words.length < WORDS_MOST; i++) {
        buf_add_text(&words, i > 0 ? " " : "");
        quote_word(&words, argv->item[i]);
    }
    html_text_begin(&report->page, buf_text(&words), TITLE_MOST);
}

void report_head(struct report *report)
{
    const struct manifest *manifest = &report->cite->manifest;
    const struct doc *resources = doc_get(doc_get(report->cite->doc, "circumstances"), "resources");
    report_add(report, "<header>\n<p class=\"kicker\">Record of run <code>");
    html_text(&report->page, manifest->id[0] != '\0' ? manifest->id : "without an ID");
    report_add(report, "</code> by sciwrap</p>\n<h1><code>");
    add_title(report, &manifest->setup.argv);
    report_add(report, "</code></h1>\n<dl class=\"facts\">\n");
    begin_fact(report, "Result");
    add_exit(report, (uint64_t)manifest->exit.code, (uint64_t)manifest->exit.signal);
    end_fact(report);
    begin_fact(report, "Environment");
    html_text(&report->page, manifest->setup.environment.name);
    end_fact(report);
    begin_fact(report, "Started");
    html_time(&report->page, manifest->started != NULL ? manifest->started : "not known");
    end_fact(report);
    add_time_fact(report, resources);
    add_memory_fact(report, resources);
    add_files_fact(report, "Read", false);
    add_files_fact(report, "Wrote", true);
    add_reruns_fact(report);
    report_add(report, "</dl>\n");
}

/* ---- what was run */

static void add_stream(struct report *report, int fd)
{
    static const char *const titles[STREAMS] = {"Standard input", "Standard output", "Standard error"};
    const struct stream *stream = &report->cite->manifest.stream[fd];
    report_row_begin(report, titles[fd]);
    html_text(&report->page, stream_kind_name(stream->kind));
    if (stream->path != NULL) {
        report_add(report, " ");
        html_code(&report->page, stream->path, REPORT_NAME);
    }
    if (stream->joined) {
        report_add(report, ", into that of standard output");
    }
    if (stream->has_digest) {
        report_add(report, ", ");
        html_size(&report->page, stream->size);
        report_add(report, " with the digest ");
        html_digest(&report->page, &stream->digest);
    }
    report_row_end(report);
}

static void add_variables(struct report *report)
{
    const struct strlist *variables = &report->cite->manifest.setup.variables;
    static const char *const heads[] = {"Name", "Value", NULL};
    report_addf(report, "<details><summary>The %zu variables of its environment</summary>\n", variables->count);
    report_table_begin(report, "ids", "All variables that the command had", heads);
    size_t begin = report->page.length;
    size_t i = 0;
    for (; i < variables->count && report_has_room(report, begin, REPORT_LIST); i++) {
        const char *assignment = variables->item[i];
        auto_free char *name = xstrndup(assignment, strcspn(assignment, "="));
        report_add(report, "<tr><td>");
        html_text_most(&report->page, name, REPORT_NAME);
        report_add(report, "</td><td>");
        html_code(&report->page, assignment + strlen(name) + (assignment[strlen(name)] == '='), REPORT_NAME);
        report_row_end(report);
    }
    report_table_end(report);
    if (i < variables->count) {
        report_addf(report, "<p class=\"note\">and %zu more, in the manifest</p>\n", variables->count - i);
    }
    report_add(report, "</details>\n");
}

void report_what(struct report *report)
{
    const struct manifest *manifest = &report->cite->manifest;
    auto_free char *paragraph = cite_text_paragraph(report->cite, MARKUP_HTML);
    size_t length = strlen(paragraph);
    report_add(report, "<pre tabindex=\"0\"><code>");
    html_words(&report->page, strlist_items(&manifest->setup.argv), manifest->setup.argv.count, REPORT_WORDS);
    report_add(report, "</code></pre>\n");
    if (manifest->exit.error != NULL) {
        report_add(report, "<p class=\"bad\">The command did not start: ");
        html_text_most(&report->page, manifest->exit.error, REPORT_NAME);
        report_add(report, "</p>\n");
    }
    /* Arguments without end are in it as they are in the manifest; what is cut in the middle of markup is none. */
    if (length <= REPORT_TEXT) {
        report_addf(report, "<p>%s</p>\n", paragraph);
    }
    report_table_begin(report, "plain", "Around the command", NULL);
    report_row_code(report, "Work directory inside", manifest->setup.workdir);
    if (manifest->rerun_of != NULL) {
        report_row_code(report, "Repeats run", manifest->rerun_of);
    }
    for (int fd = 0; fd < STREAMS; fd++) {
        add_stream(report, fd);
    }
    report_row_digest(report, "Digest of the manifest", &report->cite->digest);
    report_table_end(report);
    add_variables(report);
}
