/* SPDX-License-Identifier: BSD-2-Clause
 * progress: how far something is, as one line that is rewritten in place. */
#include "base/progress.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"

static const int64_t second_ns = 1000000000;

/* What is watched, and whose line is on the terminal. Whoever has the flag may look at them; a thread that ticks never
 * waits for the flag. */
static struct progress *watched;
static struct progress *drawn;
static _Atomic bool is_drawn;
static atomic_flag busy = ATOMIC_FLAG_INIT;
static _Atomic bool watching;
static _Atomic int watched_unit;
static _Atomic uint64_t ticked;
static _Atomic int64_t due_ns;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

bool progress_is_shown(void)
{
    const char *kind = getenv("TERM");
    bool able = kind != NULL && kind[0] != '\0' && strcmp(kind, "dumb") != 0;
    return able && log_get_level() >= LOG_NORMAL && isatty(STDERR_FILENO) == 1;
}

/* A line as wide as the terminal can wrap, and the next one would not overwrite it. */
static int columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col - 1 : 79;
}

/* ---- one line */

static void print_count(const struct progress *progress, uint64_t count, char to[UNITS_TEXT])
{
    if (progress->unit == PROGRESS_BYTES) {
        units_size(to, count);
    } else {
        snprintf(to, UNITS_TEXT, "%llu", (unsigned long long)(count < 999999999999 ? count : 999999999999));
    }
}

/* How long the rest takes at this rate; nothing when that is not known. */
static void print_left(const struct progress *progress, double per_second, char to[UNITS_TEXT])
{
    const double most = 99999.0 * 86400;
    to[0] = '\0';
    if (progress->total < progress->done || progress->total == 0 || per_second <= 0) {
        return;
    }
    double rest = (double)(progress->total - progress->done) / per_second;
    if (rest < 59) {
        snprintf(to, UNITS_TEXT, "%u s", (unsigned)rest + 1);
    } else {
        units_duration(to, (uint64_t)(rest < most ? rest : most) * (uint64_t)second_ns);
    }
}

/* "12.3 MB of 59.6 MB", "1200 of 5000 files" */
static void print_done(const struct progress *progress, char to[64])
{
    char done[UNITS_TEXT];
    char total[UNITS_TEXT];
    bool known = progress->total >= progress->done && progress->total > 0;
    print_count(progress, progress->done, done);
    print_count(progress, progress->total, total);
    snprintf(to, 64, "%s%s%s%s", done, known ? " of " : "", known ? total : "",
             progress->unit == PROGRESS_FILES ? " files" : "");
}

/* ", 4.1 MB/s, 12 s left" */
static void print_speed(const struct progress *progress, double seconds, char to[64])
{
    char rate[UNITS_TEXT];
    char left[UNITS_TEXT];
    double per_second = seconds > 0 ? (double)progress->done / seconds : 0;
    bool bytes = progress->unit == PROGRESS_BYTES;
    units_size(rate, (uint64_t)per_second);
    print_left(progress, per_second, left);
    snprintf(to, 64, "%s%s%s%s%s%s", bytes ? ", " : "", bytes ? rate : "", bytes ? "/s" : "",
             left[0] != '\0' ? ", " : "", left, left[0] != '\0' ? " left" : "");
}

/* In a narrow terminal the name is cut first, then the speed goes: what is done the user knows, how far it is not. A
 * character takes no more columns than it has bytes. */
static void print_line(const struct progress *progress, int64_t now, int width, char line[512])
{
    enum { NAME_LEAST = 12 };
    static const char name[] = "sciwrap: ";
    char done[64];
    char speed[64];
    char what[256];
    print_done(progress, done);
    print_speed(progress, (double)(now - progress->started_ns) / (double)second_ns, speed);
    text_escape(what, sizeof(what), progress->what, strlen(progress->what));
    int room = width - (int)(strlen(name) + strlen(done) + strlen(speed) + strlen(": "));
    if (room >= (int)strlen(what)) {
        snprintf(line, 512, "%s%s: %s%s", name, what, done, speed);
    } else if (room >= NAME_LEAST) {
        text_escape(what, (size_t)room - 2, progress->what, strlen(progress->what));
        snprintf(line, 512, "%s%s...: %s%s", name, what, done, speed);
    } else if (width >= (int)(strlen(done) + strlen(speed))) {
        snprintf(line, 512, "%s%s", done, speed);
    } else {
        snprintf(line, 512, "%.*s", width, done);
    }
}

/* With the flag. */
static void draw(struct progress *progress, int64_t now)
{
    char line[512];
    print_line(progress, now, columns(), line);
    /* ECMA-48 EL erases what a longer line before left behind. */
    fprintf(stderr, "%s\r%s\033[K", progress->below ? "\n" : "", line);
    fflush(stderr);
    progress->below = false;
    drawn = progress;
    atomic_store(&is_drawn, true);
}

/* With the flag. */
static void erase(void)
{
    if (drawn != NULL) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    drawn = NULL;
    atomic_store(&is_drawn, false);
}

static void take_flag(void)
{
    while (atomic_flag_test_and_set(&busy)) { /* another thread draws its line: microseconds */
        sched_yield();
    }
}

void progress_hide(void)
{
    if (atomic_load(&is_drawn)) {
        take_flag();
        erase();
        atomic_flag_clear(&busy);
    }
}

static void start(struct progress *progress, const char *what, uint64_t total, enum progress_unit unit)
{
    bool below = progress->below;
    progress_release(progress);
    *progress = (struct progress){.what = xstrdup(what), .total = total, .unit = unit, .open = true, .below = below};
    progress->started_ns = now_ns();
    progress->shown_ns = progress->started_ns + second_ns * 4 / 10;
    progress->live = progress_is_shown();
}

/* ---- counted here */

void progress_begin(struct progress *progress, const char *what, uint64_t total)
{
    start(progress, what, total, PROGRESS_BYTES);
    if (!progress->live && total > 0) {
        char size[UNITS_TEXT];
        log_info("%s: %s", what, units_size(size, total));
    } else if (!progress->live) {
        log_info("%s", what);
    }
}

void progress_set(struct progress *progress, uint64_t done)
{
    progress->done = done;
    if (!progress->live || !progress->open) {
        return;
    }
    int64_t now = now_ns();
    if (now - progress->shown_ns >= second_ns / 10) {
        progress->shown_ns = now;
        take_flag();
        draw(progress, now);
        atomic_flag_clear(&busy);
    }
}

void progress_add(struct progress *progress, uint64_t bytes)
{
    progress_set(progress, progress->done + bytes);
}

/* ---- counted by whoever ticks */

static void stop_watching(const struct progress *progress)
{
    take_flag();
    if (watched == progress) {
        atomic_store(&watching, false);
        watched = NULL;
    }
    if (drawn == progress) {
        erase();
    }
    atomic_flag_clear(&busy);
}

void progress_watch(struct progress *progress, const char *what, uint64_t total, enum progress_unit unit)
{
    if (atomic_load(&watching) || !progress_is_shown()) {
        return;
    }
    start(progress, what, total, unit);
    take_flag();
    watched = progress;
    atomic_store(&ticked, 0);
    atomic_store(&watched_unit, (int)unit);
    atomic_store(&due_ns, progress->started_ns + second_ns / 2);
    atomic_store(&watching, true);
    atomic_flag_clear(&busy);
}

void progress_tick(enum progress_unit unit, uint64_t count)
{
    if (!atomic_load_explicit(&watching, memory_order_relaxed) || atomic_load(&watched_unit) != (int)unit) {
        return;
    }
    atomic_fetch_add(&ticked, count);
    int64_t now = now_ns();
    if (now < atomic_load(&due_ns) || atomic_flag_test_and_set(&busy)) {
        return;
    }
    if (watched != NULL) {
        atomic_store(&due_ns, now + second_ns / 10);
        watched->done = atomic_load(&ticked);
        draw(watched, now);
    }
    atomic_flag_clear(&busy);
}

/* ---- the end */

void progress_end(struct progress *progress, const char *outcome)
{
    stop_watching(progress);
    progress->open = false;
    log_info("%s: %s", progress->what, outcome);
}

void progress_release(struct progress *progress)
{
    if (!progress->open && progress->what == NULL) {
        return;
    }
    stop_watching(progress);
    progress->open = false;
    free(progress->what);
    progress->what = NULL;
}
