/* SPDX-License-Identifier: BSD-2-Clause
 * variables: the whole environment of a command. */
#include "run/variables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "run/baseline.h"

/* 1980-01-02T00:00:00Z. It must be the same for the same experiment for ever: so neither the time of the start, nor one
 * out of the artifact, whose files have many. 0 is no date that zip files and FAT can hold; they begin at 1980, and a
 * day later none of the world's time zones is before it. That it cannot be taken for the date of a result is meant. An
 * environment that has a better date says SOURCE_DATE_EPOCH in its [variables]. */
#define EPOCH "315619200"

/* One for each CPU, said aloud: a rerun on a machine with more then computes with as many, and sums in the same order.
 * OpenMP's dynamic adjustment of it is by load. Not set is what would turn threads on where there are none unless they
 * are asked for (JULIA_NUM_THREADS, BLIS_NUM_THREADS). */
static const struct {
    enum fix fix;
    const char *name;
    const char *value; /* NULL: the number of threads */
} fixed[] = {
    {FIX_TZ, "TZ", "UTC"},
    {FIX_LOCALE, "LC_ALL", "C.UTF-8"},
    {FIX_HASHSEED, "PYTHONHASHSEED", "0"},
    {FIX_HASHSEED, "PERL_HASH_SEED", "0"},
    {FIX_HASHSEED, "PERL_PERTURB_KEYS", "0"},
    {FIX_EPOCH, "SOURCE_DATE_EPOCH", EPOCH},
    {FIX_THREADS, "OMP_NUM_THREADS", NULL},
    {FIX_THREADS, "OMP_DYNAMIC", "FALSE"},
    {FIX_THREADS, "OPENBLAS_NUM_THREADS", NULL},
    {FIX_THREADS, "MKL_NUM_THREADS", NULL},
    {FIX_THREADS, "MKL_DYNAMIC", "FALSE"},
    {FIX_THREADS, "NUMEXPR_NUM_THREADS", NULL},
    {FIX_THREADS, "NUMEXPR_MAX_THREADS", NULL}, /* the other one may not be larger, and this one is 64 otherwise */
};

enum { FIXED = sizeof(fixed) / sizeof(fixed[0]) };

/* True when NAME=... sets one of the names. A name that ends in '*' stands for all that begin so. */
static bool sets_one_of(const char *assignment, const char *const *names)
{
    size_t length = strcspn(assignment, "=");
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t wanted = strcspn(names[i], "*");
        bool fits = names[i][wanted] == '*' ? length >= wanted : length == wanted;
        if (fits && strncmp(assignment, names[i], wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* The setting that a variable belongs to; FIX_VARIABLES when it is none of the others. */
static enum fix setting_of(const char *assignment)
{
    static const char *const locale[] = {"LANG", "LANGUAGE", "LC_*", NULL};
    size_t length = strcspn(assignment, "=");
    for (size_t i = 0; i < FIXED; i++) {
        if (strlen(fixed[i].name) == length && strncmp(fixed[i].name, assignment, length) == 0) {
            return fixed[i].fix;
        }
    }
    return sets_one_of(assignment, locale) ? FIX_LOCALE : FIX_VARIABLES;
}

bool variables_is_secret(const char *assignment)
{
    static const char *const parts[] = {"TOKEN", "SECRET", "PASS", "KEY", "CRED", "AUTH", "COOKIE", "PRIVATE", NULL};
    static const char *const ends[] = {"_PWD", "_PAT", NULL};
    size_t length = strcspn(assignment, "=");
    auto_free char *name = xstrndup(assignment, length);
    for (size_t i = 0; parts[i] != NULL; i++) {
        if (strcasestr(name, parts[i]) != NULL) {
            return true;
        }
    }
    for (size_t i = 0; ends[i] != NULL; i++) {
        if (length >= strlen(ends[i]) && strcasecmp(name + length - strlen(ends[i]), ends[i]) == 0) {
            return true;
        }
    }
    /* scheme://user:password@host, as in a proxy's or a database's address */
    const char *address = strstr(assignment, "://");
    const char *user = address != NULL ? address + 3 : "";
    const char *at = memchr(user, '@', strcspn(user, "/?#"));
    return at != NULL && memchr(user, ':', (size_t)(at - user)) != NULL;
}

/* A terminal's name becomes part of a file name in terminfo: only what such names are made of. */
static bool has_plain_value(const char *assignment)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-+_.";
    const char *value = strchr(assignment, '=') + 1;
    return value[0] != '\0' && strlen(value) < 64 && strspn(value, letters) == strlen(value);
}

static bool passes(const struct setup *setup, const struct facts *facts, const char *assignment)
{
    static const char *const terminal[] = {"TERM", "COLORTERM", "NO_COLOR", NULL};
    /* Where things are on the host, and libraries of the host, which its LD_PRELOAD names, are not what is inside. */
    static const char *const places[] = {"PATH", "HOME",   "USER", "LOGNAME", "SHELL", "PWD",   "OLDPWD",
                                         "_",    "TMPDIR", "TMP",  "TEMP",    "LD_*",  "SHLVL", NULL};
    enum fix setting = setting_of(assignment);
    if (setting != FIX_VARIABLES) {
        return fix_is_in(setup->no_fix, setting);
    }
    if (sets_one_of(assignment, terminal)) {
        return facts->on_terminal && has_plain_value(assignment);
    }
    return fix_is_in(setup->no_fix, FIX_VARIABLES) && !sets_one_of(assignment, places) &&
           !variables_is_secret(assignment);
}

static void add_callers(struct setup *setup, const struct facts *facts)
{
    bool has_zone = false;
    for (char *const *at = facts->environment; at != NULL && *at != NULL; at++) {
        if (strchr(*at, '=') > *at && passes(setup, facts, *at)) {
            setup_set_variable(&setup->variables, *at);
            has_zone |= strncmp(*at, "TZ=", 3) == 0;
        }
    }
    if (fix_is_in(setup->no_fix, FIX_TZ) && !has_zone && facts->zone != NULL) {
        strlist_addf(&setup->variables, "TZ=%s", facts->zone);
    }
}

/* Who says OMP_NUM_THREADS means all libraries: they take it for theirs where their own variable is not set, but that
 * is set here. It may be a list, "4,2", for nested regions. */
static char *thread_count(const struct setup *setup, const struct definition *def, const struct strlist *asked)
{
    static const char name[] = "OMP_NUM_THREADS";
    const char *wanted = strlist_value(strlist_items(asked), name);
    wanted = wanted != NULL ? wanted : strlist_value(strlist_items(&def->variables), name);
    size_t digits = wanted != NULL ? strspn(wanted, "0123456789") : 0;
    return digits > 0 ? xstrndup(wanted, digits) : xasprintf("%" PRIu64, setup->cpus);
}

static void set_fixed(struct setup *setup, const char *threads)
{
    for (size_t i = 0; i < FIXED; i++) {
        const char *value = fixed[i].value != NULL ? fixed[i].value : threads;
        if (!fix_is_in(setup->no_fix, fixed[i].fix) && (fixed[i].fix != FIX_THREADS || setup->cpus > 0)) {
            auto_free char *assignment = xasprintf("%s=%s", fixed[i].name, value);
            setup_set_variable(&setup->variables, assignment);
        }
    }
}

static void set_all(struct strlist *variables, const struct strlist *assignments)
{
    for (size_t i = 0; i < assignments->count; i++) {
        setup_set_variable(variables, assignments->item[i]);
    }
}

/* Somebody's own tunables say nothing about the processor as a rule: both are wanted then. */
static void join_tunables(struct strlist *variables, const struct strlist *baseline)
{
    const char *ours = strlist_value(strlist_items(baseline), BASELINE_TUNABLES);
    const char *now = strlist_value(strlist_items(variables), BASELINE_TUNABLES);
    if (ours != NULL && now != NULL && strstr(now, BASELINE_HWCAPS) == NULL) {
        auto_free char *joined = xasprintf(BASELINE_TUNABLES "=%s:%s", ours, now);
        setup_set_variable(variables, joined);
    }
}

void variables_make(struct setup *setup, const struct definition *def, const struct strlist *asked,
                    const struct facts *facts)
{
    struct strlist *variables = &setup->variables;
    auto_release(strlist) struct strlist baseline = {0};
    strlist_add(variables, "TERM=dumb");
    add_callers(setup, facts);
    auto_free char *threads = thread_count(setup, def, asked);
    set_fixed(setup, threads);
    strlist_add(variables, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    strlist_addf(variables, "HOME=%s", setup->home);
    strlist_addf(variables, "USER=%s", setup->user);
    strlist_addf(variables, "LOGNAME=%s", setup->user);
    if (setup->cpu_baseline > 0) {
        baseline_variables(setup->cpu_baseline, &baseline);
    }
    set_all(variables, &baseline);
    devices_set_variables(&setup->devices, facts->environment, variables);
    set_all(variables, &def->variables);
    set_all(variables, asked);
    join_tunables(variables, &baseline);
    devices_extend_paths(&setup->devices, variables);
    strlist_sort(variables);
}

void variables_dropped(char *const *environment, const struct strlist *variables, struct strlist *ret_names)
{
    auto_release(strlist) struct strlist names = {0};
    for (char *const *at = environment; at != NULL && *at != NULL; at++) {
        if (strchr(*at, '=') > *at && !strlist_has(variables, *at)) {
            strlist_take(&names, xstrndup(*at, strcspn(*at, "=")));
        }
    }
    strlist_sort(&names);
    for (size_t i = 0; i < names.count && ret_names->count < VARIABLES_DROPPED_MOST; i++) {
        if (i == 0 || strcmp(names.item[i], names.item[i - 1]) != 0) {
            strlist_add(ret_names, names.item[i]);
        }
    }
}
