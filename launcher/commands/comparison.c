/* SPDX-License-Identifier: BSD-2-Clause
 * comparison: how the comparison of two runs is shown, and by what measure it is made. */
#include "commands/comparison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/colour.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/text.h"
#include "commands/pins.h"
#include "commands/tell.h"

/* ---- the measure */

static int take_number(const char *option, const char *value, double *number, bool *has_number, struct err *err)
{
    if (!text_to_real(value, 0, 1e300, number)) {
        return err_set(err, ERR_USAGE, "--%s '%s': a number such as 1e-9 is needed", option, value);
    }
    *has_number = true;
    return 1;
}

int measure_take(struct measure *measure, const char *option, const char *value, struct err *err)
{
    struct tolerance *tolerance = &measure->rules.tolerance;
    if (strcmp(option, "rtol") == 0) {
        return take_number(option, value, &tolerance->rtol, &measure->has_rtol, err);
    }
    if (strcmp(option, "atol") == 0) {
        return take_number(option, value, &tolerance->atol, &measure->has_atol, err);
    }
    if (strcmp(option, "ignore") == 0) {
        return patterns_add(&measure->rules.ignore, value, err) < 0 ? err_wrap(err, "--ignore") : 1;
    }
    bool json = strcmp(option, "json") == 0;
    measure->json |= json;
    return json ? 1 : 0;
}

/* It may come with a bundle from elsewhere: nothing is passed over in silence. */
static void tell_measure(const struct definition *def)
{
    auto_release(buf) struct buf text = {0};
    const struct strlist *ignore = &def->compare.ignore.texts;
    if (def->compare.rtol > 0) {
        buf_addf(&text, ", rtol %g", def->compare.rtol);
    }
    if (def->compare.atol > 0) {
        buf_addf(&text, ", atol %g", def->compare.atol);
    }
    for (size_t i = 0; i < ignore->count; i++) {
        buf_addf(&text, "%s'%s'", i == 0 ? ", ignoring " : ", ", ignore->item[i]);
    }
    if (text.length > 0) {
        log_info("compared as the definition of '%s' asks:%s", def->name, buf_text(&text) + 1);
    }
}

int measure_add_definition(struct measure *measure, const struct setup_environment *environment,
                           const struct record *record, struct err *err)
{
    struct definition def = {0};
    struct err ignored = {0};
    auto_free char *path = pins_find(environment, record);
    /* The environment can be in the store without a definition that can be read: then nobody asks for anything. */
    if (path == NULL || definition_load(&def, path, &ignored) < 0) {
        return 0;
    }
    struct tolerance *tolerance = &measure->rules.tolerance;
    tolerance->rtol = measure->has_rtol ? tolerance->rtol : def.compare.rtol;
    tolerance->atol = measure->has_atol ? tolerance->atol : def.compare.atol;
    int result = 0;
    for (size_t i = 0; i < def.compare.ignore.texts.count && result == 0; i++) {
        result = patterns_add(&measure->rules.ignore, def.compare.ignore.texts.item[i], err);
    }
    if (result == 0) {
        tell_measure(&def);
    }
    definition_release(&def);
    return result;
}

void measure_release(struct measure *measure)
{
    verdict_rules_release(&measure->rules);
}

/* ---- what is shown */

void comparison_print_text(const char *text)
{
    auto_release(buf) struct buf shown = {0};
    quote_escape(&shown, text);
    fputs(buf_text(&shown), stdout);
}

static void print_difference(const struct difference *difference)
{
    enum { INDENT = 4 };
    bool features = strcmp(difference->what, "cpu features") == 0;
    auto_free char *text =
        xasprintf("%s%s%s%s%s%s%s", difference->what, difference->name != NULL ? " " : "",
                  difference->name != NULL ? difference->name : "", features ? ": now also " : ": ",
                  difference->now != NULL ? difference->now : "none", features ? ", no more " : ", was ",
                  difference->then != NULL ? difference->then : "none");
    fputs("  ", stdout);
    tell_rest(INDENT, text);
}

static bool is_shown(enum verdict verdict)
{
    switch (log_get_level()) {
    case LOG_QUIET:
        return !verdict_is_good(verdict);
    case LOG_NORMAL:
        return verdict != VERDICT_IDENTICAL;
    case LOG_VERBOSE:
        break;
    }
    return true;
}

static int title_width(const struct comparison *comparison)
{
    size_t width = comparison->same_exit ? 0 : strlen(verdict_title(VERDICT_DIFFERENT));
    for (size_t i = 0; i < comparison->count; i++) {
        size_t length = strlen(verdict_title(comparison->item[i].verdict));
        if (is_shown(comparison->item[i].verdict) && length > width) {
            width = length;
        }
    }
    return (int)width;
}

static void print_side(int width, const char *side, const char *text)
{
    auto_free char *line = xasprintf("%-*s    %-4s  %s", width, "", side, text != NULL ? text : "");
    tell_line(line);
}

static void print_item(const struct comparison_item *item, int width)
{
    auto_free char *text = xasprintf("%s%s%s%s%s", item->path, item->now_path != NULL ? ", now " : "",
                                     item->now_path != NULL ? item->now_path : "",
                                     item->detail == NULL                  ? ""
                                     : item->verdict == VERDICT_NORMALISED ? ": but for "
                                                                           : ": ",
                                     item->detail != NULL ? item->detail : "");
    printf("%-*s  ", width, verdict_title(item->verdict));
    tell_rest((unsigned)width + 2, text);
    if (item->then_text != NULL || item->now_text != NULL) {
        print_side(width, "then", item->then_text);
        print_side(width, "now", item->now_text);
    }
}

static char *exit_text(const struct manifest_exit *end)
{
    return end->signal != 0 ? xasprintf("%d (signal %d)", end->code, end->signal) : xasprintf("%d", end->code);
}

/* "identical", "different: 1 of 3 outputs; 2 identical". Caller frees. */
static char *summary_of(const struct comparison *comparison)
{
    struct buf text = {0};
    enum verdict verdict = comparison_verdict(comparison);
    size_t bad =
        comparison->counts[VERDICT_DIFFERENT] + comparison->counts[VERDICT_MISSING] + comparison->counts[VERDICT_NEW];
    size_t counted = verdict_is_good(verdict) ? comparison->counts[verdict] : bad;
    buf_add_text(&text, verdict_title(verdict));
    if (verdict == VERDICT_IDENTICAL) {
        return buf_take(&text);
    }
    if (counted > 0) {
        buf_addf(&text, ": %zu of %zu %s", counted, comparison->count, comparison->count == 1 ? "output" : "outputs");
    }
    if (!comparison->same_exit) {
        buf_addf(&text, "%s the exit status", counted > 0 ? " and" : ":");
    }
    const char *between = "; ";
    for (int i = VERDICT_TOLERATED; i >= VERDICT_IDENTICAL; i--) {
        if ((enum verdict)i != verdict && comparison->counts[i] > 0) {
            buf_addf(&text, "%s%zu %s", between, comparison->counts[i], verdict_title((enum verdict)i));
            between = ", ";
        }
    }
    return buf_take(&text);
}

void comparison_print(const struct comparison *comparison, const struct manifest_exit *then,
                      const struct manifest_exit *now)
{
    int width = title_width(comparison);
    auto_free char *summary = summary_of(comparison);
    const struct difference_list *differences = &comparison->differences;
    if (differences->count > 0 && log_get_level() > LOG_QUIET) {
        printf("different before the start:\n");
        for (size_t i = 0; i < differences->count; i++) {
            print_difference(&differences->item[i]);
        }
    }
    for (size_t i = 0; i < comparison->count; i++) {
        if (is_shown(comparison->item[i].verdict)) {
            print_item(&comparison->item[i], width);
        }
    }
    if (!comparison->same_exit) {
        auto_free char *was = exit_text(then);
        auto_free char *is = exit_text(now);
        printf("%-*s  exit status: %s, was %s\n", width, verdict_title(VERDICT_DIFFERENT), is, was);
    }
    enum colour colour = comparison_is_good(comparison) ? COLOUR_GOOD : COLOUR_BAD;
    printf("%s%s%s\n", colour_on(STDOUT_FILENO, colour), summary, colour_off(STDOUT_FILENO));
}
