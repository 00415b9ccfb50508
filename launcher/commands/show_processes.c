/* SPDX-License-Identifier: BSD-2-Clause
 * show_processes: how a run was recorded, and its tree of processes. */
#include "commands/show_processes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"

/* More are for --json. Deeper ones are indented no further. */
enum { LINES_MOST = 40, DEEPEST = 16, WORDS_WIDTH = 72 };

/* Bytes of a manifest can hold anything: what could drive the terminal is escaped, what is long is cut. */
static void print_words(const char *words)
{
    size_t length = strlen(words);
    size_t kept = length > WORDS_WIDTH ? WORDS_WIDTH : length;
    auto_free char *shown = xmalloc(kept * 12 + 1);
    text_escape(shown, kept * 12 + 1, words, kept);
    printf("%s%s", shown, kept < length ? "..." : "");
}

void show_recording(const struct doc *recording)
{
    uint64_t calls = 0;
    auto_free char *method = doc_get_text(recording, "method");
    auto_free char *reason = doc_get_text(recording, "reason");
    if (method == NULL) {
        return;
    }
    printf("%-12s ", "recorded");
    if (strcmp(method, "seccomp-notification") == 0 && doc_get_number(recording, "calls", &calls)) {
        printf("while it ran: %" PRIu64 " calls that name a file\n", calls);
    } else {
        printf("by %s", strcmp(method, "comparison") == 0 ? "comparing before and after" : method);
        if (reason != NULL) {
            printf(": ");
            print_words(reason);
        }
        putchar('\n');
    }
}

static uint64_t number_of(const struct doc *process, const char *key)
{
    uint64_t number = 0;
    (void)doc_get_number(process, key, &number);
    return number;
}

/* The arguments of the last program that it executed; a process without one went on in its parent's. */
static void print_program(const struct doc *process)
{
    const struct doc *programs = doc_get(process, "programs");
    size_t count = doc_count(programs);
    if (count == 0) {
        printf("(a copy of its parent)");
        return;
    }
    const struct doc *argv = doc_get(doc_at(programs, count - 1), "argv");
    auto_release(buf) struct buf words = {0};
    for (size_t i = 0; i < doc_count(argv); i++) {
        auto_free char *word = doc_text(doc_at(argv, i));
        buf_addf(&words, "%s%s", i > 0 ? " " : "", word != NULL ? word : "?");
    }
    print_words(buf_text(&words));
}

static void print_process(const struct doc *process, int depth)
{
    printf("  %*s%" PRIu64 "  ", 2 * (depth < DEEPEST ? depth : DEEPEST), "", number_of(process, "pid"));
    print_program(process);
    if (doc_get(process, "elapsed_ns") != NULL) {
        char memory[16];
        units_size(memory, number_of(process, "max_rss_bytes"));
        printf("  (%.2f s, %s)", (double)number_of(process, "elapsed_ns") / 1e9, memory);
    }
    putchar('\n');
}

/* Below `parent`, in the order of the record. The depth is bounded by hand: a manifest from elsewhere can name a
 * process as its own ancestor. */
static void print_children(const struct doc *processes, uint64_t parent, int depth, size_t *lines)
{
    enum { RECURSIONS_MOST = 64 };
    for (size_t i = 0; depth < RECURSIONS_MOST && i < doc_count(processes) && *lines < LINES_MOST; i++) {
        const struct doc *process = doc_at(processes, i);
        if (number_of(process, "parent") == parent && number_of(process, "pid") != parent) {
            ++*lines;
            print_process(process, depth);
            print_children(processes, number_of(process, "pid"), depth + 1, lines);
        }
    }
}

void show_processes(const struct doc *processes)
{
    size_t count = doc_count(processes);
    size_t lines = 0;
    if (count == 0) {
        return;
    }
    printf("processes (%zu)\n", count);
    print_children(processes, 1, 0, &lines);
    if (lines < count) {
        printf("  ... and %zu more; --json has them all\n", count - lines);
    }
}
