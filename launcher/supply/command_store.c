/* SPDX-License-Identifier: BSD-2-Clause
 * command_store: `sciwrap-env store-export` and `store-import`. Their help is the launcher's (commands/store_file.c).
 */
#include <stdbool.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "supply/command_line.h"
#include "supply/store_export.h"
#include "supply/store_import.h"
#include "supply/supply.h"

struct options {
    bool force;
    bool json;
    struct store_import_options import;
};

static int take_option(void *into, int letter, struct err *err)
{
    struct options *options = into;
    (void)err;
    options->force |= letter == 'f';
    options->json |= letter == 'j';
    if (letter == 'd') {
        options->import.folder = optarg;
    }
    if (letter == 'n') {
        options->import.name = optarg;
    }
    return 0;
}

static const struct option known[] = {
    {"force", no_argument, NULL, 'f'},
    {"folder", required_argument, NULL, 'd'},
    {"name", required_argument, NULL, 'n'},
    {"json", no_argument, NULL, 'j'},
    COMMAND_LINE_COMMON,
};

static const struct command_line export_line = {.name = "store export",
                                                .usage = "usage: sciwrap store export [OPTION...] ENV FILE\n",
                                                .operand = "environment",
                                                .letters = "fqv",
                                                .options = known,
                                                .take = take_option};

static const struct command_line import_line = {.name = "store import",
                                                .usage = "usage: sciwrap store import [OPTION...] FILE\n",
                                                .operand = "file",
                                                .letters = "qv",
                                                .options = known,
                                                .take = take_option};

static int tell_export(const struct definition *def, const char *path, struct err *err)
{
    struct stat st;
    struct doc *doc = doc_object();
    doc_put_text(doc, "environment", def->name);
    doc_put_digest(doc, "sha256", &def->sha256);
    doc_put_text(doc, "path", path);
    if (stat(path, &st) == 0) {
        doc_put_number(doc, "size", (uint64_t)st.st_size);
    }
    return command_line_tell(doc, err);
}

static int tell_import(const struct store_imported *imported, struct err *err)
{
    struct doc *doc = doc_object();
    doc_put_text(doc, "environment", imported->name);
    doc_put_digest(doc, "sha256", &imported->sha256);
    doc_put_text(doc, "definition", imported->definition);
    return command_line_tell(doc, err);
}

static int run_export(int argc, char **argv, struct err *err)
{
    struct options options = {0};
    auto_release(definition) struct definition def = {0};
    __attribute__((cleanup(store_close))) struct store store = {.fd = -1};
    int result = command_line_read(&export_line, &options, argc, argv, err);
    if (result <= 0) {
        return result;
    }
    if (argc - optind != 2) {
        return err_set(err, ERR_USAGE, "store export: one environment and one file have to be named");
    }
    if (definition_find(&def, argv[optind], err) < 0 || store_open_writable(&store, err) < 0) {
        return -1;
    }
    result = store_export(&def, &store, argv[optind + 1], options.force, err);
    return result == 0 && options.json ? tell_export(&def, argv[optind + 1], err) : result;
}

static int run_import(int argc, char **argv, struct err *err)
{
    struct options options = {.import = {.folder = "envs"}};
    __attribute__((cleanup(store_close))) struct store store = {.fd = -1};
    int result = command_line_read(&import_line, &options, argc, argv, err);
    if (result <= 0) {
        return result;
    }
    struct store_imported imported = {0};
    if (store_open_writable(&store, err) < 0 ||
        store_import(argv[optind], &store, &options.import, &imported, err) < 0) {
        return -1;
    }
    result = options.json ? tell_import(&imported, err) : 0;
    store_imported_release(&imported);
    return result;
}

const struct supply_command export_command = {
    .name = "store-export",
    .synopsis = "[--force] ENV FILE",
    .summary = "an environment as one file",
    .run = run_export,
};

const struct supply_command import_command = {
    .name = "store-import",
    .synopsis = "[--folder DIR] [--name NAME] FILE",
    .summary = "that file into the store",
    .run = run_import,
};
