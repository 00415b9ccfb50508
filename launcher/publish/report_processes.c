/* SPDX-License-Identifier: BSD-2-Clause
 * report_processes: the section about the processes of a run: a drawing of the largest, and a table. */
#include "publish/report_processes.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "publish/report_sections.h"

/* The drawing, in pixels: columns for the name, the time, the use of processors, the memory. */
enum {
    ROWS_MOST = 50,
    ROW = 22,
    TOP = 44,
    NAME_X = 4,
    NAME_COLUMNS = 34,
    TIME_X = 252,
    TIME_WIDTH = 330,
    CPU_X = 606,
    CPU_WIDTH = 80,
    MEMORY_X = 766,
    MEMORY_WIDTH = 80,
    WIDTH = 920,
    DEEPEST = 8,
};

static int scaled(uint64_t value, uint64_t most, int width)
{
    return most == 0 ? 0 : (int)((double)value / (double)most * width + 0.5);
}

/* 1, 2 or 5 times a power of ten, so that there are at most six steps. */
static uint64_t step_of(uint64_t end_ns)
{
    static const uint64_t times[] = {1, 2, 5};
    for (uint64_t power = 1; power < UINT64_C(1000000000000000000); power *= 10) {
        for (size_t i = 0; i < 3; i++) {
            if (end_ns / (times[i] * power) <= 5) {
                return times[i] * power;
            }
        }
    }
    return end_ns;
}

static void add_tick(struct report *report, uint64_t ns)
{
    if (ns == 0) {
        report_add(report, "0");
    } else if (ns < 1000000) {
        report_addf(report, "%g \xc2\xb5s", (double)ns / 1e3);
    } else if (ns < 1000000000) {
        report_addf(report, "%g ms", (double)ns / 1e6);
    } else {
        report_addf(report, "%g s", (double)ns / 1e9);
    }
}

static void draw_axis(struct report *report, uint64_t end_ns, int height)
{
    uint64_t step = step_of(end_ns);
    report_addf(
        report,
        "<text class=\"m b\" x=\"%d\" y=\"14\">Process</text><text class=\"m b\" x=\"%d\" y=\"14\">Time since the "
        "start</text><text class=\"m b\" x=\"%d\" y=\"14\">Processor time</text><text class=\"m b\" x=\"%d\" "
        "y=\"14\">Memory at most</text>\n",
        NAME_X, TIME_X, CPU_X, MEMORY_X);
    for (uint64_t at = 0; step > 0 && at <= end_ns; at += step) {
        int x = TIME_X + scaled(at, end_ns, TIME_WIDTH);
        report_addf(report, "<path class=\"grid\" d=\"M%d.5 %dV%d\"/><text class=\"m\" x=\"%d\" y=\"34\">", x, TOP - 6,
                    height, x);
        add_tick(report, at);
        report_add(report, "</text>\n");
    }
}

static void draw_bar(struct report *report, const char *kind, int x, int y, int width)
{
    report_addf(report, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"12\" rx=\"2\"/>", kind, x, y + 5,
                width > 2 ? width : 2);
}

static void draw_life(struct report *report, const struct told_process *process, uint64_t end_ns, int y)
{
    uint64_t left = end_ns > process->started_ns ? end_ns - process->started_ns : 0;
    uint64_t lived = process->has_ended && process->elapsed_ns < left ? process->elapsed_ns : left;
    int x = TIME_X + scaled(process->started_ns < end_ns ? process->started_ns : end_ns, end_ns, TIME_WIDTH);
    draw_bar(report, process->has_ended ? "life" : "open", x, y, scaled(lived, end_ns, TIME_WIDTH));
}

/* Those that a run ends by, or people end one with. NULL for others. */
static const char *signal_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"}, {SIGILL, "SIGILL"},   {SIGABRT, "SIGABRT"},
        {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"}, {SIGUSR1, "SIGUSR1"}, {SIGSEGV, "SIGSEGV"},
        {SIGUSR2, "SIGUSR2"}, {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"}, {SIGXCPU, "SIGXCPU"},
        {SIGXFSZ, "SIGXFSZ"}, {SIGSYS, "SIGSYS"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    return NULL;
}

/* What is known of a process whose end was not seen: the record has the signal of the command, which is the first one,
 * and that others do not end by themselves. Caller frees. */
static char *how_ended(const struct report *report, const struct told_process *process, bool first)
{
    int signal = report->cite->manifest.exit.signal;
    if (!first || signal == 0 || process->parent != 1) {
        return xstrdup("ended by a signal, or with the run");
    }
    const char *name = signal_name(signal);
    return xasprintf("ended by signal %d%s%s%s", signal, name != NULL ? " (" : "", name != NULL ? name : "",
                     name != NULL ? ")" : "");
}

static void draw_figures(struct report *report, const struct told_process *process, const struct told_processes *told,
                         int y)
{
    uint64_t cpu = process->user_us + process->system_us;
    int user = scaled(process->user_us, told->most_cpu, CPU_WIDTH);
    int both = scaled(cpu, told->most_cpu, CPU_WIDTH);
    if (process->system_us > 0) {
        draw_bar(report, "system", CPU_X + user, y, both - user);
    }
    if (process->user_us > 0) {
        draw_bar(report, "user", CPU_X, y, user);
    }
    report_addf(report, "<text class=\"m\" x=\"%d\" y=\"%d\">", CPU_X + CPU_WIDTH + 8, y + 15);
    if (cpu == 0) {
        report_add(report, "&lt; 10 ms"); /* the kernel counts in hundredths of a second */
    } else {
        html_duration(&report->page, cpu * 1000);
    }
    report_add(report, "</text>");
    draw_bar(report, "memory", MEMORY_X, y, scaled(process->memory, told->most_memory, MEMORY_WIDTH));
    report_addf(report, "<text class=\"m\" x=\"%d\" y=\"%d\">", MEMORY_X + MEMORY_WIDTH + 8, y + 15);
    html_size(&report->page, process->memory);
    report_add(report, "</text>");
}

static void draw_process(struct report *report, const struct told_process *process, const struct told_processes *told,
                         int y)
{
    int depth = process->depth < DEEPEST ? process->depth : DEEPEST;
    auto_free char *words = told_process_words(process);
    auto_free char *end = process->has_ended ? NULL : how_ended(report, process, process == told->item);
    report_add(report, "<g>");
    if (end != NULL) { /* what a browser shows beside the pointer, and a reader of screens says */
        report_addf(report, "<title>%s</title>", end);
    }
    report_addf(report, "<text class=\"c\" x=\"%d\" y=\"%d\">", NAME_X + 10 * depth, y + 15);
    html_text_begin(&report->page, words, (size_t)(NAME_COLUMNS - depth * 3 / 2));
    report_add(report, "</text>");
    draw_life(report, process, told->end_ns, y);
    if (process->has_ended) {
        draw_figures(report, process, told, y);
    } else {
        report_addf(report, "<text class=\"m\" x=\"%d\" y=\"%d\">%s</text>", CPU_X, y + 15, end);
    }
    report_add(report, "</g>\n");
}

static int compare_longest(const void *a, const void *b)
{
    const struct told_process *const *first = a;
    const struct told_process *const *second = b;
    uint64_t one = (*first)->has_ended ? (*first)->elapsed_ns : UINT64_MAX;
    uint64_t other = (*second)->has_ended ? (*second)->elapsed_ns : UINT64_MAX;
    if (one != other) {
        return one > other ? -1 : 1;
    }
    return *first < *second ? -1 : *first > *second;
}

/* Marks those that are drawn: all, or the ones that lived longest. */
static size_t choose(const struct told_processes *told, bool *drawn)
{
    const struct told_process **order = xcalloc(told->count + 1, sizeof(const struct told_process *));
    size_t count = told->count < ROWS_MOST ? told->count : ROWS_MOST;
    for (size_t i = 0; i < told->count; i++) {
        order[i] = &told->item[i];
    }
    qsort(order, told->count, sizeof(*order), compare_longest);
    for (size_t i = 0; i < count; i++) {
        drawn[order[i] - told->item] = true;
    }
    free(order);
    return count;
}

static void draw(struct report *report, const struct told_processes *told)
{
    bool *drawn = xcalloc(told->count + 1, sizeof(*drawn));
    size_t count = choose(told, drawn);
    int height = TOP + ROW * (int)count + 6;
    report_addf(report,
                "<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Timeline of the "
                "processes\">\n<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                "aria-labelledby=\"timeline-title timeline-text\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
                "<title id=\"timeline-title\">Timeline of the processes</title>\n"
                "<desc id=\"timeline-text\">One row a process: when it lived, how much time of processors it used, and "
                "its memory at most. The table below has the same figures.</desc>\n",
                WIDTH, height, WIDTH, height);
    draw_axis(report, told->end_ns, height);
    int y = TOP;
    for (size_t i = 0; i < told->count; i++) {
        if (drawn[i]) {
            draw_process(report, &told->item[i], told, y);
            y += ROW;
        }
    }
    report_add(report,
               "</svg>\n</div>\n<figcaption><span class=\"key life\"></span>when it lived; processor time of "
               "<span class=\"key user\"></span>the program and <span class=\"key system\"></span>the kernel for "
               "it; <span class=\"key memory\"></span>memory at most. Dashed: a signal ended it, or the end of the "
               "run, and nobody is told when.");
    if (count < told->count) {
        report_addf(report, " Drawn are the %zu of %zu processes that lived longest.", count, told->count);
    }
    report_add(report, "</figcaption>\n</figure>\n");
    free(drawn);
}

static void add_time_cell(struct report *report, uint64_t ns)
{
    report_add(report, "</td><td class=\"n\">");
    html_duration(&report->page, ns);
}

static void add_size_cell(struct report *report, uint64_t bytes)
{
    report_add(report, "</td><td class=\"n\">");
    html_size(&report->page, bytes);
}

static void add_process(struct report *report, const struct told_process *process)
{
    enum { WORDS_SHOWN = 200 };
    auto_free char *words = told_process_words(process);
    report_addf(report, "<tr><td class=\"n\">%llu</td><td class=\"n\">%llu", (unsigned long long)process->pid,
                (unsigned long long)process->parent);
    add_time_cell(report, process->started_ns);
    if (process->has_ended) {
        add_time_cell(report, process->elapsed_ns);
        add_time_cell(report, process->user_us * 1000);
        add_time_cell(report, process->system_us * 1000);
        add_size_cell(report, process->memory);
        add_size_cell(report, process->read);
        add_size_cell(report, process->written);
    } else {
        report_add(
            report,
            "</td><td colspan=\"6\" class=\"muted\">a signal ended it, or the end of the run: nothing more is known");
    }
    report_add(report, "</td><td>");
    html_code(&report->page, words, WORDS_SHOWN);
    report_add(report, "</td></tr>\n");
}

static void add_table(struct report *report, const struct told_processes *told)
{
    static const char *const heads[] = {"#PID",    "#Parent", "#Start", "#Lived",  "#User", "#System",
                                        "#Memory", "#Read",   "#Wrote", "Command", NULL};
    report_add(report, "<details><summary>");
    report_number_of(report, told->count, "process", "processes");
    report_add(report, " in figures</summary>\n");
    report_table_begin(report, "wide", "Read and written is counted by calls, from and to whatever it was", heads);
    size_t begin = report->page.length;
    size_t i = 0;
    for (; i < told->count && report_has_room(report, begin, REPORT_PROCESSES); i++) {
        add_process(report, &told->item[i]);
    }
    report_table_end(report);
    if (i < told->count) {
        report_addf(report, "<p class=\"note\">and %zu more, in the manifest</p>\n", told->count - i);
    }
    report_add(report, "</details>\n");
}

void report_processes(struct report *report)
{
    struct told_processes told;
    const struct doc *circumstances = doc_get(report->cite->doc, "circumstances");
    told_processes_read(doc_get(circumstances, "processes"), report->cite->manifest.elapsed_ns, &told);
    if (told.count == 0) {
        report_add(report, "<p>No processes are recorded: they are when a run is recorded while it goes on.</p>\n");
    } else {
        draw(report, &told);
        add_table(report, &told);
    }
    told_processes_release(&told);
}
