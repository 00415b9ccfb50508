/* SPDX-License-Identifier: BSD-2-Clause
 * report_again: the sections about how a run can be run again, and how it is cited. */
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/quote.h"
#include "publish/cite_data.h"
#include "publish/report_sections.h"

static void add_commands(struct report *report, const char *words, const struct buf *commands)
{
    report_addf(report, "<p>%s</p>\n<pre tabindex=\"0\"><code>", words);
    const char *at = buf_text(commands);
    while (*at != '\0') {
        auto_free char *line = xstrndup(at, strcspn(at, "\n"));
        html_text_most(&report->page, line, REPORT_NAME);
        report_add(report, "\n");
        at += strlen(line);
        at += *at == '\n';
    }
    report_add(report, "</code></pre>\n");
}

static void add_of_file(struct report *report, const char *file, const char *words)
{
    auto_release(buf) struct buf commands = {0};
    buf_add_text(&commands, "sciwrap rerun ");
    quote_word(&commands, strchr(file, '\n') == NULL ? file : "FILE");
    buf_add_text(&commands, "\n");
    add_commands(report, words, &commands);
}

static void add_of_project(struct report *report, const char *id)
{
    auto_release(buf) struct buf here = {0};
    auto_release(buf) struct buf elsewhere = {0};
    buf_addf(&here, "sciwrap rerun %s\n", id);
    add_commands(report, "In the project in which it was recorded:", &here);
    buf_addf(&elsewhere, "sciwrap bundle %s -o %s.sciwrap\nsciwrap rerun %s.sciwrap\n", id, id, id);
    add_commands(report,
                 "Anywhere else: the first line puts the record, the inputs and the environment into one file; the "
                 "second, where that file is, needs nothing else.",
                 &elsewhere);
}

/* By hand: from the digest to the command. */
static void add_check(struct report *report)
{
    const struct manifest *manifest = &report->cite->manifest;
    auto_release(buf) struct buf commands = {0};
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&report->cite->digest, hex);
    buf_addf(&commands, "echo '%s  manifest.json' | sha256sum -c\n", hex);
    add_commands(report, "Whether a manifest is the one that this page was written from:", &commands);
    buf_clear(&commands);
    buf_addf(&commands, "sciwrap exec %s ", manifest->setup.environment.name);
    for (size_t i = 0; i < manifest->setup.argv.count && strchr(manifest->setup.argv.item[i], '\n') == NULL; i++) {
        buf_add_text(&commands, i > 0 ? " " : "");
        quote_word(&commands, manifest->setup.argv.item[i]);
    }
    buf_add_text(&commands, "\n");
    add_commands(report, "The same command on other data, in the same environment:", &commands);
}

void report_again(struct report *report)
{
    const char *id = report->cite->manifest.id;
    const struct report_subject *subject = report->subject;
    if (subject->bundle != NULL) {
        add_of_file(report, subject->bundle, "From the bundle, which holds the record and all that it needs:");
    } else if (subject->file != NULL) {
        add_of_file(report, subject->file, "From the manifest, where its inputs and its environment can be had:");
    } else if (id[0] != '\0') {
        add_of_project(report, id);
    }
    report_add(report,
               "<p>The rerun gets only what the record names, in a folder of its own, and each output is compared "
               "with the one of this run. The exit status is 0 when all came out the same.</p>\n");
    add_check(report);
}

void report_cite(struct report *report)
{
    auto_free char *bibtex = cite_data_bibtex(report->cite);
    report_add(report,
               "<p>The paragraph under <a href=\"#run\">What was run</a> says what a methods section needs. "
               "Entries for a list of references:</p>\n<details><summary>BibTeX</summary>\n<pre tabindex=\"0\"><code>");
    size_t begin = report->page.length;
    for (const char *at = bibtex; *at != '\0' && report_has_room(report, begin, REPORT_TEXT);) {
        auto_free char *line = xstrndup(at, strcspn(at, "\n"));
        html_text_most(&report->page, line, REPORT_WORDS);
        report_add(report, "\n");
        at += strlen(line);
        at += *at == '\n';
    }
    report_add(report, "</code></pre>\n</details>\n");
}
