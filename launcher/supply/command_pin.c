/* SPDX-License-Identifier: BSD-2-Clause
 * command_pin: `sciwrap-env pin`: from a source to a definition that names it by its digest and works. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/units.h"
#include "base/whole.h"
#include "supply/command_line.h"
#include "supply/offline.h"
#include "supply/pin.h"
#include "supply/pin_write.h"
#include "supply/pull.h"
#include "supply/supply.h"

static const char synopsis[] = "[--command CMD] [--platform OS/ARCH] [--force] ... NAME SOURCE";
static const char usage[] = "usage: sciwrap pin [OPTION...] NAME SOURCE; see 'sciwrap pin --help'\n";

struct options {
    const char *command, *description, *platform;
    bool force, no_pull, json;
};

static int take_option(void *into, int letter, struct err *err)
{
    struct options *options = into;
    (void)err;
    switch (letter) {
    case 'c':
        options->command = optarg;
        break;
    case 'd':
        options->description = optarg;
        break;
    case 'p':
        options->platform = optarg;
        break;
    case 'o':
        offline_set();
        break;
    default:
        options->force |= letter == 'f';
        options->no_pull |= letter == 'n';
        options->json |= letter == 'j';
    }
    return 0;
}

static const struct option known[] = {
    {"command", required_argument, NULL, 'c'},  {"description", required_argument, NULL, 'd'},
    {"platform", required_argument, NULL, 'p'}, {"force", no_argument, NULL, 'f'},
    {"no-pull", no_argument, NULL, 'n'},        {"offline", no_argument, NULL, 'o'},
    {"json", no_argument, NULL, 'j'},           COMMAND_LINE_COMMON,
};

static const struct command_line line = {
    .name = "pin", .usage = usage, .operand = "environment", .letters = "qv", .options = known, .take = take_option};

/* Where the definition is going to be. */
struct place {
    char *path;   /* as people see it */
    char *folder; /* absolute */
    char *name;   /* of the environment */
    char *made;   /* a folder that was made for it, and goes again when nothing gets there */
    struct whole file;
};

static int choose_place(const char *name, struct place *place, struct err *err)
{
    size_t length = strlen(name);
    bool ini = length > 4 && strcmp(name + length - 4, ".ini") == 0;
    bool is_path = ini || strchr(name, '/') != NULL;
    place->path = is_path ? xasprintf("%s%s", name, ini ? "" : ".ini") : xasprintf("envs/%s.ini", name);
    const char *base = path_base(place->path);
    place->name = xstrndup(base, strlen(base) - strlen(".ini"));
    if (!path_is_name(place->name)) {
        return err_set(err, ERR_USAGE, "'%s' is not the name of an environment: letters, digits and . _ + - only",
                       place->name);
    }
    auto_free char *current = fs_current_dir();
    auto_free char *absolute = path_normal(current != NULL ? current : "/", place->path);
    place->folder = xstrndup(absolute, (size_t)(path_base(absolute) - absolute - 1));
    return 0;
}

/* Before anything is fetched: whether it may and can be written. */
static int open_place(struct place *place, bool force, struct err *err)
{
    if (!force && access(place->path, F_OK) == 0) {
        return err_set(err, ERR_USAGE, "'%s' is there already; '--force' replaces it", place->path);
    }
    if (strncmp(place->path, "envs/", 5) == 0 && mkdir("envs", 0777) == 0) {
        place->made = xstrdup("envs");
    }
    int result = whole_begin(&place->file, place->path, 0666, err);
    place->file.keep = !force;
    return result;
}

static void close_place(struct place *place)
{
    whole_abandon(&place->file);
    if (place->made != NULL) {
        rmdir(place->made); /* a folder with something in it stays */
    }
    free(place->path);
    free(place->folder);
    free(place->name);
    free(place->made);
}

/* What was given with the options, before anything is fetched: with it a definition of some source can be read. */
static int check_words(const struct place *place, const struct pin_words *words, struct err *err)
{
    auto_release(definition) struct definition def = {0};
    auto_release(buf) struct buf text = {0};
    auto_free char *path = xasprintf("%s/%s", place->folder, path_base(place->path));
    char url[] = "/source";
    struct pin pin = {.size = 1, .url = url, .description = place->name};
    return pin_format(&pin, words, &text, err) < 0 ? -1
                                                   : definition_parse(&def, path, buf_text(&text), text.length, err);
}

/* The definition is read as any other before it is written, and used: what cannot be unpacked is not pinned. */
static int try_out(const struct buf *text, const struct place *place, const struct pin *pin,
                   const struct pin_source *source, const struct store *store, bool pull, struct err *err)
{
    auto_release(definition) struct definition def = {0};
    struct pull_options options = {0};
    auto_free char *path = xasprintf("%s/%s", place->folder, path_base(place->path));
    if (definition_parse(&def, path, buf_text(text), text->length, err) < 0) {
        return -1;
    }
    if (!digest_equal(&def.sha256, &pin->sha256) || def.url.count != 1) {
        return err_set(err, ERR_INVALID, "'%s' cannot be said in a definition", pin->url);
    }
    if (!pull) {
        return 0;
    }
    return pull_environment(&def, store, &options, err) < 0 ? -1 : pin_look_at(source, &pin->sha256, store, err);
}

static int tell_json(const struct place *place, const struct pin *pin, struct err *err)
{
    struct doc *doc = doc_object();
    doc_put_text(doc, "environment", place->name);
    doc_put_text(doc, "definition", place->path);
    doc_put_digest(doc, "sha256", &pin->sha256);
    doc_put_number(doc, "size", pin->bytes);
    return command_line_tell(doc, err);
}

static int tell(const struct place *place, const struct pin *pin, bool runs, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    char size[16];
    digest_to_hex(&pin->sha256, hex);
    printf("%s: sha256 %s, %s\n", place->path, hex, units_size(size, pin->bytes));
    if (runs) {
        log_info("'sciwrap run %s' starts it", place->name);
    } else {
        log_info("'sciwrap exec %s PROGRAM' starts a program in it; '--command' was not given", place->name);
    }
    return fflush(stdout) == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "write to standard output");
}

static int pin_to(struct place *place, const struct options *options, const char *source, struct err *err)
{
    struct store store = {.fd = -1};
    struct pin_request request = {.name = place->name, .folder = place->folder, .platform = options->platform};
    struct pin_words words = {
        .name = place->name, .source = source, .command = options->command, .description = options->description};
    auto_release(pin) struct pin pin = {0};
    auto_release(buf) struct buf text = {0};
    if (check_words(place, &words, err) < 0 || pin_source_parse(source, &request.source, err) < 0) {
        return -1;
    }
    int result = open_place(place, options->force, err) < 0 || store_open_writable(&store, err) < 0 ? -1 : 0;
    if (result == 0 && (result = pin_find(&request, &store, &pin, err)) == 0) {
        result = pin_format(&pin, &words, &text, err);
    }
    if (result == 0 && (result = try_out(&text, place, &pin, &request.source, &store, !options->no_pull, err)) == 0 &&
        (result = fs_write_fd(place->file.fd, place->path, buf_text(&text), text.length, err)) == 0) {
        result = whole_commit(&place->file, err);
    }
    store_close(&store);
    pin_source_release(&request.source);
    if (result == 0 && options->json) {
        return tell_json(place, &pin, err);
    }
    return result < 0 ? -1 : tell(place, &pin, words.command != NULL || pin.command.count > 0, err);
}

static int run(int argc, char **argv, struct err *err)
{
    struct options options = {0};
    struct place place = {.file = {.fd = -1, .folder_fd = -1}};
    int result = command_line_read(&line, &options, argc, argv, err);
    if (result <= 0) {
        return result;
    }
    if (argc - optind != 2) {
        return err_set(err, ERR_USAGE, "pin: a name and a source are needed: see 'sciwrap pin --help'");
    }
    result = choose_place(argv[optind], &place, err);
    if (result == 0 && pin_to(&place, &options, argv[optind + 1], err) < 0) {
        result = err_wrap(err, "pin %s", place.name);
    }
    close_place(&place);
    return result;
}

const struct supply_command pin_command = {
    .name = "pin",
    .synopsis = synopsis,
    .summary = "write an environment's definition, with the digest of SOURCE in it",
    .run = run,
};
