/* SPDX-License-Identifier: BSD-2-Clause
 * show: the record of one run, for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "commands/command.h"
#include "commands/records.h"
#include "commands/show_processes.h"
#include "commands/tell.h"
#include "run/catalog.h"
#include "run/confirmation.h"
#include "run/job.h"
#include "run/limits.h"
#include "run/manifest.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "the manifest as it is"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static void print_file(const struct file_item *item)
{
    char size[UNITS_TEXT] = "";
    char hex[DIGEST_HEX + 1] = "-";
    if (item->has_digest) {
        digest_to_hex(&item->digest, hex);
        units_size(size, item->size);
    }
    const char *change = item->role != NULL ? item->role : file_change_name(item->change);
    auto_free char *before = xasprintf("  %-12.12s %9s  ", hex, size);
    auto_free char *after =
        xasprintf("%s%s%s%s%s%s", item->target != NULL ? " -> " : "", item->target != NULL ? item->target : "",
                  change[0] != '\0' ? " (" : "", change,
                  change[0] != '\0' && item->rewritten ? ", rewritten by the run" : "", change[0] != '\0' ? ")" : "");
    tell_path(before, item->path, after);
}

static void print_files(const char *title, const struct file_list *list)
{
    printf("%s (%zu)\n", title, list->count);
    for (size_t i = 0; i < list->count; i++) {
        print_file(&list->item[i]);
    }
}

static void print_settings(const struct setup *setup)
{
    struct buf loose = {0};
    for (unsigned i = 0; i < FIXES; i++) {
        if (fix_is_in(setup->no_fix, (enum fix)i)) {
            buf_addf(&loose, "%s%s", loose.length > 0 ? ", " : "", fix_name((enum fix)i));
        }
    }
    if (loose.length > 0) {
        tell_field("not fixed", buf_text(&loose));
    }
    buf_release(&loose);
    if (setup->cpu_baseline > 0) {
        auto_free char *text = xasprintf("code for x86-64-v%u where libraries can be told", setup->cpu_baseline);
        tell_field("baseline", text);
    }
    if (setup->has_seed) {
        printf("%-12s %" PRIu64 "\n", "seed", setup->seed);
    }
}

static void print_experiment(const struct manifest *manifest)
{
    const struct setup *setup = &manifest->setup;
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&setup->environment.artifact, hex);
    tell_field("run", manifest->id);
    tell_field("rerun of", manifest->rerun_of);
    tell_field("environment", setup->environment.name);
    tell_field("artifact", hex);
    digest_to_hex(&setup->environment.tree, hex);
    tell_field("tree", hex);
    auto_release(buf) struct buf changes = {0};
    changes_describe(&setup->environment.changes, &changes);
    tell_field("unpacked", changes.length > 0 ? buf_text(&changes) : NULL);
    tell_command("command", &setup->argv);
    tell_field("workdir", setup->workdir);
    tell_field("network", setup_network_name(setup->network));
    tell_field("identity", setup_identity_name(setup->identity));
    print_settings(setup);
    if (setup->writable) {
        tell_field("root", "writable layer, thrown away");
    }
    for (size_t i = 0; i < setup->binds.count; i++) {
        auto_free char *bind =
            xasprintf("%s (%s)", setup->binds.item[i].target, setup->binds.item[i].read_only ? "ro" : "rw");
        tell_field("bind", bind);
    }
    for (size_t i = 0; i < setup->devices.node_count; i++) {
        tell_field(i == 0 ? "devices" : "", setup->devices.node[i].path);
    }
    for (size_t i = 0; i < setup->variables.count; i++) {
        tell_field(i == 0 ? "variables" : "", setup->variables.item[i]);
    }
}

static void print_limits(const struct limits *limits, const struct doc *held)
{
    if (limits_any(limits)) {
        auto_free char *text = limits_describe(limits, held);
        tell_field("limits", text);
    }
    for (size_t i = 0; i < doc_count(doc_get(held, "hit")); i++) {
        auto_free char *name = doc_text(doc_at(doc_get(held, "hit"), i));
        tell_field(i == 0 ? "limit hit" : "", name);
    }
}

static void print_exit(const struct manifest_exit *end)
{
    auto_free char *signal = end->signal != 0 ? xasprintf(" (signal %d)", end->signal) : NULL;
    auto_free char *text = xasprintf("%d%s%s%s", end->code, signal != NULL ? signal : "",
                                     end->error != NULL ? ": " : "", end->error != NULL ? end->error : "");
    tell_field("exit", text);
}

static void print_verified(const struct verified *verified)
{
    auto_free char *summary = verified_summary(verified);
    tell_field("verified", summary);
    for (size_t i = 0; i < verified->spoiled.count; i++) {
        tell_field(i == 0 ? "spoiled" : "", verified->spoiled.item[i]);
    }
}

static void print_member(const struct doc *object, const char *key, const char *title)
{
    auto_free char *text = doc_get_text(object, key);
    tell_field(title, text);
}

static void print_circumstances(const struct doc *circumstances)
{
    const struct doc *host = doc_get(circumstances, "host");
    const struct doc *cpu = doc_get(host, "cpu");
    uint64_t elapsed = 0;
    uint64_t memory = 0;
    print_member(circumstances, "started", "started");
    if (doc_get_number(circumstances, "elapsed_ns", &elapsed)) {
        char took[UNITS_TEXT];
        tell_field("time", units_duration(took, elapsed));
    }
    if (doc_get_number(doc_get(circumstances, "resources"), "max_rss_bytes", &memory)) {
        char size[UNITS_TEXT];
        printf("%-12s %s at most\n", "memory", units_size(size, memory));
    }
    print_member(host, "name", "host");
    print_member(host, "kernel", "kernel");
    print_member(cpu, "model", "cpu");
    print_member(cpu, "level", "cpu level");
    print_member(circumstances, "workdir", "directory");
    const struct doc *step = doc_get(circumstances, "step");
    uint64_t size = 0;
    if (doc_get_number(step, "size", &size)) {
        printf("%-12s %zu of a step of %llu on this node\n", "ranks", doc_count(doc_get(step, "ranks")),
               (unsigned long long)size);
    }
    struct job job;
    if (job_read(circumstances, &job)) {
        auto_free char *text = job_text(&job);
        tell_field("job", text);
        job_release(&job);
    }
}

static void print_leaks(const struct doc *leaks)
{
    printf("leaks (%zu)\n", doc_count(leaks));
    for (size_t i = 0; i < doc_count(leaks); i++) {
        auto_free char *kind = doc_get_text(doc_at(leaks, i), "kind");
        auto_free char *detail = doc_get_text(doc_at(leaks, i), "detail");
        tell_item(kind != NULL ? kind : "?", detail != NULL ? detail : "?");
    }
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* What its reruns in the same project came to. */
static void print_confirmation(const char *path, const char *id)
{
    struct project project = {.runs_fd = -1};
    struct catalog catalog = {0};
    struct confirmation found = {0};
    struct err ignored = {0};
    auto_free char *cwd = fs_current_dir();
    auto_free char *folder = cwd != NULL ? records_folder(cwd, path) : NULL;
    if (folder == NULL || id[0] == '\0') {
        return;
    }
    /* That of a bundle, or of a copy, lies in no project: its reruns are those of this one. */
    if (project_find(&project, folder) == 0) {
        (void)project_find(&project, cwd);
    }
    if (project.runs_fd < 0) {
        project_close(&project);
        return;
    }
    if (catalog_load(&catalog, &project, &ignored) == 0) {
        confirmation_count(&catalog, id, &found);
    }
    if (found.reruns > 0) {
        auto_free char *times = found.good == 0
                                    ? xstrdup("never")
                                    : xasprintf("%zu time%s on %zu machine%s, last %.19s", found.good,
                                                plural(found.good), found.machines, plural(found.machines), found.last);
        size_t bad = found.reruns - found.good;
        auto_free char *text =
            bad == 0 ? xstrdup(times) : xasprintf("%s; %zu rerun%s came out differently", times, bad, plural(bad));
        tell_field("confirmed", text);
    }
    catalog_release(&catalog);
    project_close(&project);
}

/* Of a rerun: what the comparison with the first run came to. */
static void print_comparison(const struct doc *comparison)
{
    struct strlist names = {0};
    auto_free char *with = doc_get_text(comparison, "with");
    const struct doc *counts = doc_get(comparison, "counts");
    auto_release(buf) struct buf text = {0};
    doc_keys(counts, &names);
    for (size_t i = 0; i < names.count; i++) {
        uint64_t count = 0;
        (void)doc_get_number(counts, names.item[i], &count);
        buf_addf(&text, "%s%" PRIu64 " %s", i > 0 ? ", " : "", count, names.item[i]);
    }
    if (comparison != NULL) {
        auto_free char *line = xasprintf("with %s: %s%s", with != NULL ? with : "?", buf_text(&text),
                                         doc_get_bool(comparison, "same_exit") ? "" : "; another exit status");
        tell_field("compared", line);
    }
    strlist_release(&names);
}

static int show(const char *path, bool json, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    struct manifest manifest = {0};
    if (fs_read_path(path, MANIFEST_MOST, &text, err) < 0) {
        return -1;
    }
    int result = manifest_parse(&manifest, path, buf_text(&text), text.length, err);
    struct doc *doc = result == 0 ? doc_parse(path, buf_text(&text), text.length, err) : NULL;
    if (doc != NULL && json) {
        fputs(buf_text(&text), stdout);
    } else if (doc != NULL) {
        print_experiment(&manifest);
        print_exit(&manifest.exit);
        print_limits(&manifest.setup.limits, doc_get(doc_get(doc, "circumstances"), "limits"));
        print_comparison(doc_get(doc, "comparison"));
        print_confirmation(path, manifest.id);
        if (doc_get(doc_get(doc, "recording"), "verify") != NULL) {
            print_verified(&manifest.recording.verified);
        }
        show_recording(doc_get(doc, "recording"));
        print_circumstances(doc_get(doc, "circumstances"));
        show_processes(doc_get(doc_get(doc, "circumstances"), "processes"));
        print_files("inputs", &manifest.inputs);
        print_files("outputs", &manifest.outputs);
        print_leaks(doc_get(doc, "leaks"));
    }
    doc_free(doc);
    manifest_release(&manifest);
    return doc != NULL ? 0 : -1;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    bool json = false;
    const char *word = NULL;
    struct option_reader reader = option_reader_of(&show_command, argc, argv);
    *exit_code = 0;
    while (reader.at < argc) {
        int option = option_next(&reader, err);
        if (option == OPTION_ERROR) {
            return -1;
        }
        if (option >= 0) {
            json |= !option_is_level(options[option].name);
        } else if (reader.at < argc && word == NULL) {
            word = argv[reader.at++];
        } else if (reader.at < argc) {
            return command_usage_error(&show_command, err, "takes one run");
        }
    }
    if (word == NULL) {
        return command_usage_error(&show_command, err, COMMAND_NO_RUN);
    }
    struct record record;
    int result = record_open(&record, word, RECORD_LOOK, err);
    if (result == 0) {
        result = show(record.path, json, err);
    }
    record_close(&record);
    return result;
}

const struct command show_command = {
    .name = "show",
    .synopsis = "[OPTION...] ID|FILE",
    .summary = "show the record of one run",
    .options = options,
    .more = "ID may be shortened as long as it stays unique.\n",
    .run = run,
};
