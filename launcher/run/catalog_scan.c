/* SPDX-License-Identifier: BSD-2-Clause
 * catalog_scan: what run/catalog keeps of a run, out of the text of its manifest. */
#include "run/catalog_scan.h"

#include <stddef.h>
#include <string.h>

#include "base/auto.h"
#include "run/manifest.h"
#include "run/scan.h"

#define PLACE(member) offsetof(struct catalog_facts, member)

/* One file of a manifest, while it is read. */
struct found_file {
    struct buf path, hex, change;
    uint64_t size, offset;
};

static const struct scan_field file_fields[] = {
    {.key = "path", .take = SCAN_TEXT, .place = offsetof(struct found_file, path)},
    {.key = "sha256", .take = SCAN_TEXT, .place = offsetof(struct found_file, hex)},
    {.key = "change", .take = SCAN_TEXT, .place = offsetof(struct found_file, change)},
    {.key = "size", .take = SCAN_NUMBER, .place = offsetof(struct found_file, size)},
    {.key = "offset", .take = SCAN_NUMBER, .place = offsetof(struct found_file, offset)},
    {0},
};

/* A pipe whose content was kept stands among the inputs too: once is enough. */
static bool is_new_stream(struct catalog_facts *facts, const char *path)
{
    static const char *const streams[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(path, streams[i]) == 0) {
            bool seen = (facts->streams >> i & 1) != 0;
            facts->streams |= 1U << i;
            return !seen;
        }
    }
    return true;
}

static void add_file(struct catalog_facts *facts, const struct found_file *found, const char *path, bool is_output)
{
    struct digest digest;
    if (path[0] != '\0' && digest_from_hex(buf_text(&found->hex), &digest) && is_new_stream(facts, path)) {
        struct catalog_file file = {.digest = &digest,
                                    .path = path,
                                    .size = found->size,
                                    .offset = found->offset,
                                    .is_output = is_output,
                                    .change = is_output ? buf_text(&found->change) : ""};
        catalog_entry_put_file(&facts->files, &file);
    }
}

static void release_file(struct found_file *file)
{
    buf_release(&file->path);
    buf_release(&file->hex);
    buf_release(&file->change);
}

static void take_files(struct scan *scan, struct catalog_facts *facts, bool are_outputs)
{
    struct found_file file = {0};
    if (!scan_array(scan)) {
        return;
    }
    while (scan_element(scan)) {
        buf_clear(&file.path);
        buf_clear(&file.hex);
        buf_clear(&file.change);
        file.size = 0;
        file.offset = 0;
        scan_fields(scan, file_fields, &file);
        add_file(facts, &file, buf_text(&file.path), are_outputs);
    }
    release_file(&file);
}

static void take_inputs(struct scan *scan, void *facts)
{
    take_files(scan, facts, false);
}

static void take_outputs(struct scan *scan, void *facts)
{
    take_files(scan, facts, true);
}

/* What went through a pipe has a digest here, and no file among the inputs or outputs. */
static void take_stream(struct scan *scan, struct catalog_facts *facts, const char *path, bool is_output)
{
    struct found_file file = {0};
    scan_fields(scan, file_fields, &file);
    if (file.path.length == 0) {
        add_file(facts, &file, path, is_output);
    }
    release_file(&file);
}

static void take_stdin(struct scan *scan, void *facts)
{
    take_stream(scan, facts, "/dev/stdin", false);
}

static void take_stdout(struct scan *scan, void *facts)
{
    take_stream(scan, facts, "/dev/stdout", true);
}

static void take_stderr(struct scan *scan, void *facts)
{
    take_stream(scan, facts, "/dev/stderr", true);
}

static void take_artifact(struct scan *scan, void *facts)
{
    static const struct scan_field fields[] = {
        {.key = "sha256", .take = SCAN_TEXT, .place = PLACE(artifact)},
        {0},
    };
    scan_fields(scan, fields, facts);
}

static void take_environment(struct scan *scan, void *facts)
{
    static const struct scan_field fields[] = {
        {.key = "name", .take = SCAN_TEXT, .place = PLACE(environment)},
        {.key = "artifact", .take = SCAN_CALL, .call = take_artifact},
        {0},
    };
    scan_fields(scan, fields, facts);
}

static void take_command(struct scan *scan, void *object)
{
    struct catalog_facts *facts = object;
    if (!scan_array(scan)) {
        return;
    }
    while (scan_element(scan)) {
        if (scan_text(scan, &facts->command)) {
            buf_add(&facts->command, "", 1);
            facts->words++;
        }
    }
}

static void take_exit(struct scan *scan, void *facts)
{
    static const struct scan_field fields[] = {
        {.key = "code", .take = SCAN_NUMBER, .place = PLACE(exit_code)},
        {.key = "signal", .take = SCAN_NUMBER, .place = PLACE(signal)},
        {0},
    };
    scan_fields(scan, fields, facts);
}

static void take_experiment(struct scan *scan, void *facts)
{
    static const struct scan_field fields[] = {
        {.key = "environment", .take = SCAN_CALL, .call = take_environment},
        {.key = "command", .take = SCAN_CALL, .call = take_command},
        {.key = "stdin", .take = SCAN_CALL, .call = take_stdin},
        {.key = "stdout", .take = SCAN_CALL, .call = take_stdout},
        {.key = "stderr", .take = SCAN_CALL, .call = take_stderr},
        {.key = "inputs", .take = SCAN_CALL, .call = take_inputs},
        {.key = "outputs", .take = SCAN_CALL, .call = take_outputs},
        {.key = "exit", .take = SCAN_CALL, .call = take_exit},
        {0},
    };
    scan_fields(scan, fields, facts);
}

static void take_resources(struct scan *scan, void *facts)
{
    static const struct scan_field fields[] = {
        {.key = "max_rss_bytes", .take = SCAN_NUMBER, .place = PLACE(memory_bytes)},
        {.key = "peak_memory_bytes", .take = SCAN_NUMBER, .place = PLACE(memory_bytes)}, /* comes later, knows more */
        {0},
    };
    scan_fields(scan, fields, facts);
}

static void take_sweep(struct scan *scan, void *facts)
{
    static const struct scan_field fields[] = {
        {.key = "id", .take = SCAN_TEXT, .place = PLACE(submission)},
        {.key = "row", .take = SCAN_NUMBER, .place = PLACE(task)},
        {0},
    };
    scan_fields(scan, fields, facts);
}

static void take_job(struct scan *scan, void *facts)
{
    static const struct scan_field fields[] = {
        {.key = "id", .take = SCAN_TEXT, .place = PLACE(job)},
        {.key = "array_id", .take = SCAN_TEXT, .place = PLACE(array)},
        {.key = "array_index", .take = SCAN_NUMBER, .place = PLACE(array_index)},
        {.key = "sweep", .take = SCAN_CALL, .call = take_sweep},
        {0},
    };
    scan_fields(scan, fields, facts);
}

static void take_circumstances(struct scan *scan, void *facts)
{
    static const struct scan_field fields[] = {
        {.key = "started", .take = SCAN_TEXT, .place = PLACE(started)},
        {.key = "elapsed_ns", .take = SCAN_NUMBER, .place = PLACE(elapsed_ns)},
        {.key = "resources", .take = SCAN_CALL, .call = take_resources},
        {.key = "job", .take = SCAN_CALL, .call = take_job},
        {.key = "workdir", .take = SCAN_TEXT, .place = PLACE(workdir)},
        {0},
    };
    scan_fields(scan, fields, facts);
}

/* The verdicts are not known by name here: a later sciwrap may have more of them. */
static void take_counts(struct scan *scan, void *object)
{
    struct catalog_facts *facts = object;
    if (!scan_object(scan)) {
        return;
    }
    while (scan_member(scan)) {
        if (facts->verdicts == CATALOG_VERDICTS) {
            scan_skip(scan);
            continue;
        }
        buf_add(&facts->verdict_name[facts->verdicts], scan->key, scan->key_length);
        if (scan_number(scan, &facts->verdict[facts->verdicts])) {
            facts->verdicts++;
        } else {
            buf_clear(&facts->verdict_name[facts->verdicts]);
        }
    }
}

static void take_comparison(struct scan *scan, void *object)
{
    static const struct scan_field fields[] = {
        {.key = "with", .take = SCAN_TEXT, .place = PLACE(with)},
        {.key = "same_exit", .take = SCAN_BOOL, .place = PLACE(same_exit)},
        {.key = "counts", .take = SCAN_CALL, .call = take_counts},
        {.key = "machine", .take = SCAN_TEXT, .place = PLACE(machine)},
        {0},
    };
    struct catalog_facts *facts = object;
    facts->is_compared = true;
    scan_fields(scan, fields, facts);
}

static void take_schema(struct scan *scan, void *object)
{
    struct catalog_facts *facts = object;
    auto_release(buf) struct buf schema = {0};
    facts->is_known = scan_text(scan, &schema) && strcmp(buf_text(&schema), MANIFEST_SCHEMA) == 0;
}

static bool is_manifest(const struct catalog_facts *facts)
{
    return facts->is_known && facts->environment.length > 0 && facts->words > 0 && facts->exit_code <= 255 &&
           facts->signal <= 64;
}

enum catalog_state catalog_scan(struct catalog_facts *facts, const char *text, size_t length)
{
    static const struct scan_field fields[] = {
        {.key = "schema", .take = SCAN_CALL, .call = take_schema},
        {.key = "rerun_of", .take = SCAN_TEXT, .place = PLACE(rerun_of)},
        {.key = "experiment", .take = SCAN_CALL, .call = take_experiment},
        {.key = "circumstances", .take = SCAN_CALL, .call = take_circumstances},
        {.key = "comparison", .take = SCAN_CALL, .call = take_comparison},
        {0},
    };
    struct scan scan = scan_of(text, length);
    scan_fields(&scan, fields, facts);
    if (!scan_whole(&scan)) {
        return CATALOG_TORN;
    }
    return is_manifest(facts) ? CATALOG_WHOLE : CATALOG_FOREIGN;
}

void catalog_facts_release(struct catalog_facts *facts)
{
    struct buf *const texts[] = {&facts->started, &facts->environment, &facts->artifact, &facts->rerun_of,
                                 &facts->workdir, &facts->machine,     &facts->with,     &facts->command,
                                 &facts->files,   &facts->job,         &facts->array,    &facts->submission};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        buf_release(texts[i]);
    }
    for (size_t i = 0; i < CATALOG_VERDICTS; i++) {
        buf_release(&facts->verdict_name[i]);
    }
}

bool catalog_is_whole(const char *text, size_t length)
{
    struct scan scan = scan_of(text, length);
    scan_skip(&scan);
    return scan_whole(&scan);
}
