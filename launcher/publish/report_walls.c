/* SPDX-License-Identifier: BSD-2-Clause
 * report_walls: the sections about what was held fixed, how the run was kept apart, what could not be pinned, and where
 * it ran. */
#include <inttypes.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "publish/report_sections.h"
#include "run/limits.h"

static const char *variable(const struct report *report, const char *name)
{
    const char *value = strlist_value(strlist_items(&report->cite->manifest.setup.variables), name);
    return value != NULL ? value : "not set";
}

/* The value that the run had, whether it was held fixed or let through. */
static char *value_of(const struct report *report, enum fix fix)
{
    const struct setup *setup = &report->cite->manifest.setup;
    switch (fix) {
    case FIX_HOSTNAME:
        return xstrdup(setup->hostname);
    case FIX_USER:
        return xasprintf("%s (uid %u, gid %u)", setup->user, setup->uid, setup->gid);
    case FIX_WORKDIR:
        return xstrdup(setup->workdir);
    case FIX_TZ:
        return xstrdup(variable(report, "TZ"));
    case FIX_LOCALE:
        return xstrdup(variable(report, "LC_ALL"));
    case FIX_UMASK:
        return xasprintf("%04o", (unsigned)setup->umask);
    case FIX_VARIABLES:
        return xasprintf("%zu variables", setup->variables.count);
    case FIX_ASLR:
        return xstrdup(fix_is_in(setup->no_fix, FIX_ASLR) ? "random in each process" : "the same in each run");
    case FIX_HASHSEED:
        return xstrdup(variable(report, "PYTHONHASHSEED"));
    case FIX_EPOCH:
        return xstrdup(variable(report, "SOURCE_DATE_EPOCH"));
    case FIX_THREADS:
        return xstrdup(variable(report, "OMP_NUM_THREADS"));
    case FIXES:
        break;
    }
    return xstrdup("");
}

static void add_fixes(struct report *report)
{
    static const char *const heads[] = {"What", "In this run", "Held fixed", NULL};
    static const char *const titles[FIXES] = {
        [FIX_HOSTNAME] = "Host name",
        [FIX_USER] = "User",
        [FIX_WORKDIR] = "Work directory",
        [FIX_TZ] = "Time zone (TZ)",
        [FIX_LOCALE] = "Locale (LC_ALL)",
        [FIX_UMASK] = "File mode creation mask",
        [FIX_VARIABLES] = "Environment variables",
        [FIX_ASLR] = "Addresses of memory",
        [FIX_HASHSEED] = "Seed of hashes (PYTHONHASHSEED)",
        [FIX_EPOCH] = "Date for outputs (SOURCE_DATE_EPOCH)",
        [FIX_THREADS] = "Threads of libraries (OMP_NUM_THREADS)",
    };
    report_table_begin(report, "plain", "What usually differs between people and machines", heads);
    for (unsigned i = 0; i < FIXES; i++) {
        bool loose = fix_is_in(report->cite->manifest.setup.no_fix, (enum fix)i);
        auto_free char *value = value_of(report, (enum fix)i);
        report_row_begin(report, titles[i]);
        html_code(&report->page, value, REPORT_NAME);
        report_add(report, loose ? "</td><td class=\"warn\">no: the caller's or the host's" : "</td><td>yes");
        report_row_end(report);
    }
    report_table_end(report);
}

/* Members of the settings that the tables tell already; others, of this version or a later one, are listed as they are.
 */
static void add_others(struct report *report)
{
    static const char *const told[] = {"network",
                                       "identity",
                                       "uid",
                                       "gid",
                                       "umask",
                                       "home",
                                       "hostname",
                                       "writable",
                                       "user",
                                       "nested_namespaces",
                                       "disabled",
                                       "binds",
                                       "address_randomisation",
                                       "cpus"};
    const struct doc *settings = doc_get(doc_get(report->cite->doc, "experiment"), "settings");
    struct strlist keys = {0};
    bool begun = false;
    doc_keys(settings, &keys);
    for (size_t i = 0; i < keys.count && i < 100; i++) {
        bool is_told = false;
        for (size_t k = 0; k < sizeof(told) / sizeof(told[0]); k++) {
            is_told = is_told || strcmp(keys.item[i], told[k]) == 0;
        }
        auto_free char *value = is_told ? NULL : doc_describe(doc_get(settings, keys.item[i]));
        if (value != NULL && !begun) {
            report_table_begin(report, "plain", "Other settings, in the words of the manifest", NULL);
            begun = true;
        }
        if (value != NULL) {
            report_add(report, "<tr><th scope=\"row\">");
            html_text_most(&report->page, keys.item[i], REPORT_NAME);
            report_add(report, "</th><td>");
            html_code(&report->page, value, REPORT_NAME);
            report_row_end(report);
        }
    }
    if (begun) {
        report_table_end(report);
    }
    strlist_release(&keys);
}

void report_settings(struct report *report)
{
    add_fixes(report);
    add_others(report);
}

static void add_namespaces(struct report *report, const struct doc *namespaces)
{
    struct strlist names = {0};
    doc_keys(namespaces, &names);
    report_row_begin(report, "Namespaces of its own");
    for (size_t i = 0; i < names.count && i < 20; i++) {
        report_add(report, i > 0 ? ", " : "");
        html_text_most(&report->page, names.item[i], REPORT_NAME);
    }
    report_add(report, names.count == 0 ? "not recorded" : "");
    report_row_end(report);
    strlist_release(&names);
}

static void add_binds(struct report *report)
{
    static const char *const heads[] = {"Path inside", "Kind", "Access", "Why", NULL};
    static const char *const why[] = {"asked for", "a declared input", "named in the arguments",
                                      "the work directory once more"};
    const struct bind_list *binds = &report->cite->manifest.setup.binds;
    if (binds->count == 0) {
        return;
    }
    report_table_begin(report, "ids", "What of the host was let in beside the work directory", heads);
    size_t begin = report->page.length;
    for (size_t i = 0; i < binds->count && report_has_room(report, begin, REPORT_LIST); i++) {
        const struct bind *bind = &binds->item[i];
        report_add(report, "<tr><td>");
        html_text_most(&report->page, bind->target, REPORT_NAME);
        report_addf(report, "</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", bind->is_directory ? "folder" : "file",
                    bind->read_only ? "read" : "read and write", why[bind->origin]);
    }
    report_table_end(report);
}

static void add_limits(struct report *report)
{
    static const char *const heads[] = {"Limit", "Value", "Held by", "Reached", NULL};
    const struct limits *limits = &report->cite->manifest.setup.limits;
    const struct doc *held = doc_get(doc_get(report->cite->doc, "circumstances"), "limits");
    if (!limits_any(limits)) {
        report_add(report, "<p>What the run may use was not limited.</p>\n");
        return;
    }
    auto_free char *hit = doc_describe(doc_get(held, "hit"));
    report_table_begin(report, "plain", "What the run might use at most", heads);
    for (unsigned i = 0; i < LIMITS; i++) {
        const char *name = limit_name((enum limit)i);
        if (limits->value[i] != 0) {
            auto_free char *value = limit_text((enum limit)i, limits->value[i]);
            auto_free char *by = doc_get_text(doc_get(held, "by"), name);
            bool reached = hit != NULL && strstr(hit, name) != NULL;
            report_row_begin(report, name);
            report_addf(report, "%s</td><td>", value);
            html_text_most(&report->page, by != NULL ? by : "not known", REPORT_NAME);
            report_add(report, reached ? "</td><td class=\"bad\">\xe2\x9c\x97 yes" : "</td><td>no");
            report_row_end(report);
        }
    }
    report_table_end(report);
}

void report_walls(struct report *report)
{
    const struct setup *setup = &report->cite->manifest.setup;
    const struct doc *circumstances = doc_get(report->cite->doc, "circumstances");
    const struct doc *walls = doc_get(circumstances, "walls");
    uint64_t landlock = 0;
    report_add(report, "<p>Every run of sciwrap sees a root file system of its own without a path to that of the host, "
                       "holds no capability, can gain none (no_new_privs), and may use only the system calls of an "
                       "allow-list (seccomp). What differs from run to run:</p>\n");
    report_table_begin(report, "plain", "How this run was kept apart", NULL);
    report_row_text(report, "Network",
                    setup->network == NETWORK_NONE ? "none: only a loopback interface of its own" : "that of the host");
    report_row_text(report, "Root file system",
                    setup->writable ? "read-only, under a writable layer that was thrown away" : "read-only");
    report_row_text(report, "Identity inside", setup_identity_name(setup->identity));
    add_namespaces(report, doc_get(circumstances, "namespaces"));
    report_row_text(report, "Namespaces inside it", setup->nested ? "could be made" : "could not be made");
    if (doc_get_number(walls, "landlock", &landlock)) {
        auto_free char *abi = landlock == 0
                                  ? xstrdup("not on this kernel")
                                  : xasprintf("ABI %" PRIu64 "%s", landlock,
                                              landlock >= 6 ? ": signals and abstract sockets end at the run" : "");
        report_row_text(report, "Landlock", abi);
        report_row_text(report, "Sibling threads of processors",
                        doc_get_bool(walls, "core_scheduling") ? "kept free of other runs" : "shared with others");
    }
    report_table_end(report);
    add_binds(report);
    report_devices(report);
    add_limits(report);
}

void report_leaks(struct report *report)
{
    static const char *const heads[] = {"Kind", "What shone through", NULL};
    const struct doc *leaks = doc_get(report->cite->doc, "leaks");
    size_t count = doc_count(leaks);
    if (count == 0) {
        report_add(report, "<p>Nothing of this kind is recorded.</p>\n");
        return;
    }
    report_table_begin(report, "plain", "What of the host the run could see and that no digest covers", heads);
    size_t begin = report->page.length;
    size_t i = 0;
    for (; i < count && report_has_room(report, begin, REPORT_LIST); i++) {
        auto_free char *kind = doc_get_text(doc_at(leaks, i), "kind");
        auto_free char *detail = doc_get_text(doc_at(leaks, i), "detail");
        report_add(report, "<tr><th scope=\"row\">");
        html_text_most(&report->page, kind != NULL ? kind : "?", REPORT_NAME);
        report_add(report, "</th><td>");
        html_text_most(&report->page, detail != NULL ? detail : "?", REPORT_NAME);
        report_row_end(report);
    }
    report_table_end(report);
    if (i < count) {
        report_addf(report, "<p class=\"note\">and %zu more, in the manifest</p>\n", count - i);
    }
}

static void add_time(struct report *report, const char *name, const struct doc *object, const char *key)
{
    auto_free char *time = doc_get_text(object, key);
    if (time != NULL) {
        report_row_begin(report, name);
        html_time(&report->page, time);
        report_row_end(report);
    }
}

static void add_member(struct report *report, const char *name, const struct doc *object, const char *key)
{
    auto_free char *text = doc_get_text(object, key);
    report_row_text(report, name, text);
}

static const char *method_of(enum recording_method method)
{
    switch (method) {
    case RECORDING_NOTIFICATION:
        return "while it ran: each call that names a file was heard of (seccomp notifications)";
    case RECORDING_COMPARISON:
        return "by comparing the work directory before and after";
    case RECORDING_NONE:
        break;
    }
    return "only the command and what was named in it";
}

void report_machine(struct report *report)
{
    const struct doc *circumstances = doc_get(report->cite->doc, "circumstances");
    const struct doc *host = doc_get(circumstances, "host");
    const struct doc *cpu = doc_get(host, "cpu");
    uint64_t number = 0;
    report_table_begin(report, "plain", "Circumstances: they do not define the run, and a comparison leaves them out",
                       NULL);
    add_time(report, "Started", circumstances, "started");
    add_time(report, "Ended", circumstances, "ended");
    add_member(report, "Host", host, "name");
    add_member(report, "Kernel", host, "kernel");
    add_member(report, "Architecture", host, "machine");
    add_member(report, "Processor", cpu, "model");
    add_member(report, "Level of its code", cpu, "level");
    if (doc_get_number(cpu, "count", &number)) {
        report_row_begin(report, "Processors usable");
        html_count(&report->page, number);
        report_row_end(report);
    }
    if (doc_get_number(host, "memory_bytes", &number)) {
        report_row_begin(report, "Memory");
        html_size(&report->page, number);
        report_row_end(report);
    }
    add_member(report, "Folder on the host", circumstances, "workdir");
    add_member(report, "Recorded by sciwrap", doc_get(circumstances, "sciwrap"), "version");
    report_row_text(report, "How it was recorded", method_of(report->cite->manifest.recording.method));
    report_row_text(report, "Why not while it ran", report->cite->manifest.recording.reason);
    report_table_end(report);
    const struct doc *job = doc_get(circumstances, "job");
    if (job != NULL) {
        report_table_begin(report, "plain", "The batch job that it was part of", NULL);
        report_rows_of(report, "", job);
        report_table_end(report);
    }
}
