/* SPDX-License-Identifier: BSD-2-Clause
 * progress: one live line on a terminal, nothing but start and end elsewhere. */
#include "supply/progress.h"

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

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

/* A line longer than the terminal would wrap, and the next one would not overwrite it. */
static int columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col - 1 : 79;
}

static void draw(struct progress *progress, int64_t now)
{
    char line[512];
    char what[256];
    char done[16];
    char total[16];
    char rate[16];
    double seconds = (double)(now - progress->started_ns) / (double)second_ns;
    double per_second = seconds > 0 ? (double)progress->done / seconds : 0;
    text_escape(what, sizeof(what), progress->what, strlen(progress->what));
    units_size(done, progress->done);
    units_size(rate, (uint64_t)per_second);
    if (progress->total > progress->done && per_second > 0) {
        double left = (double)(progress->total - progress->done) / per_second;
        snprintf(line, sizeof(line), "sciwrap: %s: %s of %s, %s/s, %.0f s left", what, done,
                 units_size(total, progress->total), rate, left);
    } else {
        snprintf(line, sizeof(line), "sciwrap: %s: %s, %s/s", what, done, rate);
    }
    /* ECMA-48 EL erases what a longer line before left behind. */
    fprintf(stderr, "\r%.*s\033[K", columns(), line);
    fflush(stderr);
}

void progress_begin(struct progress *progress, const char *what, uint64_t total)
{
    progress_release(progress);
    *progress = (struct progress){.what = xstrdup(what), .total = total, .open = true};
    progress->started_ns = now_ns();
    progress->live = log_get_level() >= LOG_NORMAL && isatty(STDERR_FILENO) == 1;
    if (!progress->live && total > 0) {
        char size[16];
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
        draw(progress, now);
    }
}

void progress_add(struct progress *progress, uint64_t bytes)
{
    progress_set(progress, progress->done + bytes);
}

static void erase(struct progress *progress)
{
    if (progress->open && progress->live) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
    }
    progress->open = false;
}

void progress_end(struct progress *progress, const char *outcome)
{
    erase(progress);
    log_info("%s: %s", progress->what, outcome);
}

void progress_release(struct progress *progress)
{
    erase(progress);
    free(progress->what);
    progress->what = NULL;
}
