/* SPDX-License-Identifier: BSD-2-Clause
 * bundle: a run with all that a rerun needs, as one file; and a look into such a file. */
#include "publish/bundle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/quote.h"
#include "base/units.h"
#include "base/whole.h"
#include "commands/command.h"
#include "commands/records.h"
#include "commands/supply.h"
#include "commands/tell.h"
#include "run/manifest.h"
#include "run/objects.h"

static const struct command_option options[] = {
    {"output", 'o', "FILE", "the bundle to write (ID.sciwrap)"},
    {"outputs", 0, NULL, "put in what the run wrote, too"},
    {"no-artifact", 0, NULL, "leave out the environment but for its pin"},
    {"inputs", 0, "DIR", "look for contents in DIR too (repeatable)"},
    {"list", 0, NULL, "check a bundle and say what is in it"},
    {"check", 0, NULL, "check a bundle"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

struct line {
    const char *word; /* the run, or the bundle to look into */
    const char *output;
    struct strlist folders;
    bool outputs, no_artifact, list, check, json;
};

static void take_option(struct line *line, const char *name, const char *value, const char *cwd)
{
    if (strcmp(name, "output") == 0) {
        line->output = value;
    } else if (strcmp(name, "inputs") == 0) {
        strlist_take(&line->folders, path_normal(cwd, value));
    } else if (!option_is_level(name)) {
        line->outputs |= strcmp(name, "outputs") == 0;
        line->no_artifact |= strcmp(name, "no-artifact") == 0;
        line->list |= strcmp(name, "list") == 0;
        line->check |= strcmp(name, "check") == 0;
        line->json |= strcmp(name, "json") == 0;
    }
}

static int read_line(struct line *line, int argc, char **argv, const char *cwd, struct err *err)
{
    struct option_reader reader = option_reader_of(&bundle_command, argc, argv);
    while (reader.at < argc) {
        int option = option_next(&reader, err);
        if (option == OPTION_ERROR) {
            return -1;
        }
        if (option >= 0) {
            take_option(line, options[option].name, reader.value, cwd);
        } else if (reader.at < argc && line->word == NULL) {
            line->word = argv[reader.at++];
        } else if (reader.at < argc) {
            return command_usage_error(&bundle_command, err, "takes one run");
        }
    }
    bool looks = line->list || line->check;
    bool writes = line->output != NULL || line->outputs || line->no_artifact || line->folders.count > 0;
    if (looks && writes) {
        return command_usage_error(&bundle_command, err, "--list and --check only look into a bundle that exists");
    }
    return line->word != NULL ? 0
                              : command_usage_error(&bundle_command, err, looks ? "no bundle named" : COMMAND_NO_RUN);
}

static void print_digest(const char *title, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    printf("%-9s %s\n", title, hex);
}

static void print_text(const char *text)
{
    auto_release(buf) struct buf shown = {0};
    quote_escape(&shown, text);
    fputs(buf_text(&shown), stdout);
}

/* ---- writing */

static void tell(const struct bundle *bundle)
{
    for (size_t i = 0; i < bundle->lacks.count; i++) {
        log_error("%s", bundle->lacks.item[i]);
    }
    for (size_t i = 0; i < bundle->notes.count; i++) {
        log_warn("%s", bundle->notes.item[i]);
    }
}

static void tell_written(const struct bundle *bundle, const char *path, uint64_t size, const struct digest *list,
                         bool json)
{
    if (json) {
        struct doc *doc = doc_object();
        doc_put_text(doc, "run", bundle->id);
        doc_put_text(doc, "path", path);
        doc_put_number(doc, "size", size);
        doc_put_digest(doc, "contents", list);
        doc_put_number(doc, "leaks", bundle->leaks);
        tell_json(doc);
        return;
    }
    fputs("path      ", stdout);
    print_text(path);
    printf("\nsize      %" PRIu64 "\n", size);
    print_digest("contents", list);
}

static int write_file(const struct bundle *bundle, const char *path, bool json, struct err *err)
{
    struct whole whole;
    struct stat st = {0};
    struct digest list;
    int result = whole_begin(&whole, path, 0666, err);
    if (result == 0) {
        result = supply_write_bundle(bundle, whole.fd, &list, err);
    }
    if (result == 0 && fstat(whole.fd, &st) < 0) {
        result = err_set_errno(err, ERR_SYSTEM, errno, "look at '%s'", path);
    }
    if (result == 0) {
        result = whole_commit(&whole, err);
    }
    whole_abandon(&whole);
    if (result < 0) {
        return err_wrap(err, "bundle of run %s", bundle->id);
    }
    tell_written(bundle, path, (uint64_t)st.st_size, &list, json);
    if (bundle->leaks > 0) {
        log_info("the record has %zu %s: what the run saw of its host, which no bundle holds; 'sciwrap show %s' lists "
                 "%s",
                 bundle->leaks, bundle->leaks == 1 ? "leak" : "leaks", bundle->id, bundle->leaks == 1 ? "it" : "them");
    }
    return 0;
}

/* Where contents may be besides: beside the manifest and in the directory that we are in, and among what those keep. */
static void list_places(const char *cwd, const char *manifest, struct strlist *folders, struct strlist *ret_objects)
{
    char *folder = records_folder(cwd, manifest);
    struct project project = {.runs_fd = -1};
    strlist_addf(ret_objects, "%s/" SETUP_RECORDS "/" OBJECTS_FOLDER, folder);
    if (project_find(&project, cwd) == 1) {
        strlist_addf(ret_objects, "%s/" OBJECTS_FOLDER, project.path);
    }
    project_close(&project);
    strlist_take(folders, folder);
    strlist_add(folders, cwd);
}

static int write_bundle(struct line *line, const char *cwd, struct err *err)
{
    struct record record;
    struct bundle bundle = {0};
    auto_release(strlist) struct strlist objects = {0};
    int result = record_open(&record, line->word, RECORD_WHOLE, err);
    if (result == 0) {
        list_places(cwd, record.path, &line->folders, &objects);
        struct bundle_request request = {.manifest = record.path,
                                         .definition = record.contents.has_artifact ? record.contents.definition : NULL,
                                         .folders = &line->folders,
                                         .objects = &objects,
                                         .outputs = line->outputs,
                                         .no_artifact = line->no_artifact};
        struct progress progress = {0};
        progress_watch(&progress, "find what belongs into the bundle", 0, PROGRESS_BYTES);
        result = bundle_gather(&request, &bundle, err);
        progress_release(&progress);
        tell(&bundle);
    }
    if (result == 0) {
        auto_free char *path = line->output != NULL ? xstrdup(line->output) : xasprintf("%s.sciwrap", bundle.id);
        result = write_file(&bundle, path, line->json, err);
    }
    bundle_release(&bundle);
    record_close(&record);
    return result;
}

/* ---- looking into one */

/* A definition need not say how large its artifact is, and says of an image only how large its manifest is. */
#define UNKNOWN UINT64_MAX

static void print_content(const char *title, const struct digest *digest, uint64_t size, const char *name)
{
    char hex[DIGEST_HEX + 1];
    char text[16] = "";
    digest_to_hex(digest, hex);
    if (size != UNKNOWN) {
        units_size(text, size);
    }
    printf("%-9s %.12s %9s  ", title, hex, text);
    print_text(name);
    putchar('\n');
}

static void print_files(const char *title, enum bundle_kind kind, const struct file_list *files,
                        const struct bundle_list *list)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct file_item *item = &files->item[i];
        bool inside = item->has_digest && (bundle_list_has(list, kind, &item->digest) ||
                                           bundle_list_has(list, BUNDLE_INPUT, &item->digest));
        if (inside) {
            print_content(title, &item->digest, item->size, item->path);
        } else if (item->has_digest && kind == BUNDLE_INPUT) {
            print_content("no input", &item->digest, item->size, item->path);
        }
    }
}

static struct doc *files_doc(enum bundle_kind kind, const struct file_list *files, const struct bundle_list *list)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < files->count; i++) {
        const struct file_item *item = &files->item[i];
        if (item->has_digest) {
            struct doc *file = doc_object();
            doc_put_text(file, "path", item->path);
            doc_put_digest(file, "sha256", &item->digest);
            doc_put_number(file, "size", item->size);
            doc_put_bool(file, "inside",
                         bundle_list_has(list, kind, &item->digest) ||
                             bundle_list_has(list, BUNDLE_INPUT, &item->digest));
            doc_append(array, file);
        }
    }
    return array;
}

static void print_record_json(const struct record *record, const struct manifest *manifest)
{
    const struct bundle_list *list = &record->contents.list;
    struct doc *doc = doc_object();
    struct doc *environment = doc_object();
    doc_put_text(environment, "name", manifest->setup.environment.name);
    doc_put_digest(environment, "sha256", &manifest->setup.environment.artifact);
    doc_put_bool(environment, "inside", record->contents.has_artifact);
    doc_put_text(doc, "run", manifest->id);
    doc_put_texts(doc, "command", &manifest->setup.argv);
    doc_put_number(doc, "bytes", list->bytes);
    doc_put_digest(doc, "contents", &record->contents.identity);
    doc_put(doc, "environment", environment);
    doc_put(doc, "inputs", files_doc(BUNDLE_INPUT, &manifest->inputs, list));
    doc_put(doc, "outputs", files_doc(BUNDLE_OUTPUT, &manifest->outputs, list));
    tell_json(doc);
}

static void print_record(const struct record *record, const struct manifest *manifest)
{
    const struct setup_environment *environment = &manifest->setup.environment;
    bool with_outputs = false;
    bool is_image = false;
    for (size_t i = 0; i < record->contents.list.count; i++) {
        with_outputs |= record->contents.list.item[i].kind == BUNDLE_OUTPUT;
        is_image |= record->contents.list.item[i].kind == BUNDLE_LAYOUT;
    }
    printf("run       %s\ncommand  ", manifest->id);
    for (size_t i = 0; i < manifest->setup.argv.count; i++) {
        putchar(' ');
        print_text(manifest->setup.argv.item[i]);
    }
    printf("\nbytes     %" PRIu64 "\n", record->contents.list.bytes);
    print_digest("contents", &record->contents.identity);
    print_content(is_image                        ? "image"
                  : record->contents.has_artifact ? "artifact"
                                                  : "only pin",
                  &environment->artifact, environment->size > 0 && !is_image ? environment->size : UNKNOWN,
                  environment->name);
    print_files("input", BUNDLE_INPUT, &manifest->inputs, &record->contents.list);
    if (with_outputs) {
        print_files("output", BUNDLE_OUTPUT, &manifest->outputs, &record->contents.list);
    }
}

static int show_record(const struct record *record, bool json, struct err *err)
{
    struct manifest manifest = {0};
    if (manifest_load(&manifest, record->path, err) < 0) {
        return -1;
    }
    if (json) {
        print_record_json(record, &manifest);
    } else {
        print_record(record, &manifest);
    }
    manifest_release(&manifest);
    return 0;
}

static int look(const struct line *line, struct err *err)
{
    struct record record;
    int result = record_open(&record, line->word, RECORD_LOOK, err);
    if (result == 0 && record.bundle == NULL) {
        result = err_set(err, ERR_USAGE, "bundle: '%s' is not a bundle", line->word);
    }
    if (result == 0 && (line->list || line->json)) {
        result = show_record(&record, line->json, err);
    }
    record_close(&record);
    return result;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    struct line line = {0};
    auto_free char *cwd = fs_current_dir();
    *exit_code = 0;
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    int result = read_line(&line, argc, argv, cwd, err);
    if (result == 0) {
        result = line.list || line.check ? look(&line, err) : write_bundle(&line, cwd, err);
    }
    strlist_release(&line.folders);
    return result;
}

const struct command bundle_command = {
    .name = "bundle",
    .synopsis = "[OPTION...] ID|FILE",
    .summary = "put a run and all that a rerun needs into one file",
    .options = options,
    .more = "FILE is a manifest or a bundle. 'sciwrap rerun FILE' reruns a bundle.\n",
    .run = run,
};
