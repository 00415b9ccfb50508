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
#include "base/units.h"
#include "commands/tell.h"

/* More are for --json. Deeper ones are indented no further. */
enum { LINES_MOST = 40, DEEPEST = 16 };

void show_recording(const struct doc *recording)
{
    uint64_t calls = 0;
    auto_free char *method = doc_get_text(recording, "method");
    auto_free char *reason = doc_get_text(recording, "reason");
    if (method == NULL) {
        return;
    }
    bool watched = strcmp(method, "seccomp-notification") == 0 && doc_get_number(recording, "calls", &calls);
    auto_free char *text =
        watched ? xasprintf("while it ran: %" PRIu64 " calls that name a file", calls)
                : xasprintf("by %s%s%s", strcmp(method, "comparison") == 0 ? "comparing before and after" : method,
                            reason != NULL ? ": " : "", reason != NULL ? reason : "");
    tell_field("recorded", text);
}

static uint64_t number_of(const struct doc *process, const char *key)
{
    uint64_t number = 0;
    (void)doc_get_number(process, key, &number);
    return number;
}

/* The arguments of the last program that it executed; a process without one went on in its parent's. */
static void add_program(struct buf *line, const struct doc *process)
{
    const struct doc *programs = doc_get(process, "programs");
    size_t count = doc_count(programs);
    if (count == 0) {
        buf_add_text(line, "(a copy of its parent)");
        return;
    }
    const struct doc *argv = doc_get(doc_at(programs, count - 1), "argv");
    for (size_t i = 0; i < doc_count(argv); i++) {
        auto_free char *word = doc_text(doc_at(argv, i));
        buf_addf(line, "%s%s", i > 0 ? " " : "", word != NULL ? word : "?");
    }
}

/* How long it took and how much memory stand before what it was, which can be as long as it likes. */
static void print_process(const struct doc *process, int depth)
{
    char memory[UNITS_TEXT] = "";
    char took[UNITS_TEXT] = "";
    auto_release(buf) struct buf line = {0};
    if (doc_get(process, "elapsed_ns") != NULL) {
        units_size(memory, number_of(process, "max_rss_bytes"));
        units_duration(took, number_of(process, "elapsed_ns"));
    }
    buf_addf(&line, "  %9s %9s  %*s%" PRIu64 "  ", took, memory, 2 * (depth < DEEPEST ? depth : DEEPEST), "",
             number_of(process, "pid"));
    add_program(&line, process);
    tell_line(buf_text(&line));
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
