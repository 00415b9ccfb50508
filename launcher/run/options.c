/* SPDX-License-Identifier: BSD-2-Clause
 * options: what the caller asked of one run, checked. */
#include "run/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "base/units.h"
#include "env/device_name.h"
#include "run/bind_source.h"

static bool has_records_component(const char *path)
{
    for (const char *at = path; (at = strstr(at, "/" SETUP_RECORDS)) != NULL; at++) {
        char next = at[strlen("/" SETUP_RECORDS)];
        if (next == '\0' || next == '/') {
            return true;
        }
    }
    return false;
}

/* Cuts ":ro" or ":rw" off; false when the text names neither. */
static bool take_mode(char *text, bool *read_only)
{
    size_t length = strlen(text);
    if (length < 3 || text[length - 3] != ':' || text[length - 2] != 'r') {
        return false;
    }
    char last = text[length - 1];
    if (last != 'o' && last != 'w') {
        return false;
    }
    *read_only = last == 'o';
    text[length - 3] = '\0';
    return true;
}

bool options_is_reserved(const char *target)
{
    static const char *const reserved[] = {"/proc", "/sys", "/dev", NULL};
    for (size_t i = 0; reserved[i] != NULL; i++) {
        if (path_is_under(target, reserved[i])) {
            return true;
        }
    }
    return strcmp(target, "/") == 0 || has_records_component(target);
}

/* `real` is `source` without links, so that none leads round a check. */
static int check_bind(const struct run_options *options, const char *text, const char *real, const char *target,
                      struct err *err)
{
    if (options_is_reserved(target)) {
        return err_set(err, ERR_USAGE, "--bind '%s': nothing can be bound at '%s'", text, target);
    }
    if (has_records_component(real)) {
        return err_set(err, ERR_USAGE, "--bind '%s': the records of runs cannot be bound; copy what you need", text);
    }
    for (size_t i = 0; i < options->binds.count; i++) {
        if (strcmp(options->binds.item[i].target, target) == 0) {
            return err_set(err, ERR_USAGE, "--bind '%s': something is bound at '%s' already", text, target);
        }
    }
    return 0;
}

int options_add_bind(struct run_options *options, const char *cwd, const char *text, struct err *err)
{
    bool read_only = true;
    auto_free char *word = xstrdup(text);
    take_mode(word, &read_only);
    char *colon = strchr(word, ':');
    if (colon != NULL) {
        *colon = '\0';
    }
    if (word[0] == '\0' || (colon != NULL && (colon[1] != '/' || strchr(colon + 1, ':') != NULL))) {
        return err_set(err, ERR_USAGE,
                       "--bind '%s': expected SRC[:DST][:ro|rw] with an absolute DST; a path with ':' in it cannot be "
                       "bound",
                       text);
    }
    auto_free char *source = path_normal(cwd, word);
    auto_free char *target = path_normal("/", colon != NULL ? colon + 1 : source);
    struct stat st;
    if (stat(source, &st) < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "--bind '%s'", source);
    }
    auto_free char *real = NULL;
    if (bind_source_resolve(source, !read_only, cwd, getenv("HOME"), &real, err) < 0 ||
        check_bind(options, text, real, target, err) < 0) {
        return -1;
    }
    struct bind *bind = bind_add(&options->binds, source, target);
    bind->real = steal_ptr(&real);
    bind->read_only = read_only;
    bind->is_directory = S_ISDIR(st.st_mode);
    bind->origin = BIND_ASKED;
    return 0;
}

int options_add_input(struct run_options *options, const char *cwd, const char *text, struct err *err)
{
    struct stat st;
    auto_free char *path = path_normal(cwd, text);
    if (text[0] == '\0' || stat(path, &st) < 0) {
        return err_set_errno(err, ERR_NOT_FOUND, text[0] == '\0' ? ENOENT : errno, "--input '%s'", text);
    }
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        return err_set(err, ERR_USAGE, "--input '%s' is neither a file nor a directory", text);
    }
    strlist_take(&options->inputs, steal_ptr(&path));
    return 0;
}

int options_add_variable(struct run_options *options, const char *text, struct err *err)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t length = strcspn(text, "=");
    if (text[length] != '=') {
        return err_set(err, ERR_USAGE, "--env '%s': expected NAME=VALUE; for the value you have: --env %s=\"$%s\"",
                       text, text, text);
    }
    if (length == 0 || strspn(text, letters) != length || (text[0] >= '0' && text[0] <= '9')) {
        return err_set(err, ERR_USAGE, "--env '%s': a name has letters, digits and '_' only", text);
    }
    setup_set_variable(&options->variables, text);
    return 0;
}

int options_set_workdir(struct run_options *options, const char *text, struct err *err)
{
    if (text[0] != '/') {
        return err_set(err, ERR_USAGE, "--workdir '%s': expected an absolute path inside the environment", text);
    }
    free(options->workdir);
    options->workdir = path_normal("/", text);
    return 0;
}

/* `expected` names the words as a person would. On the command line the table of options has refused the word before,
 * with the same text; a variable or a config file gives it, too. */
static int complain_word(const char *option, const char *text, const char *expected, const char *const *words,
                         struct err *err)
{
    char meant[TEXT_MEANT];
    text_meant(meant, text, words);
    return err_set(err, ERR_USAGE, "--%s '%s': expected %s%s", option, text, expected, meant);
}

int options_set_network(struct run_options *options, const char *text, struct err *err)
{
    if (!setup_network_from_name(text, &options->network)) {
        return complain_word("network", text, "none or host", (const char *const[]){"none", "host", NULL}, err);
    }
    options->has_network = true;
    return 0;
}

int options_add_no_fix(struct run_options *options, const char *text, struct err *err)
{
    unsigned set = 0;
    struct err wrong = {0};
    if (fix_parse(text, &set, &wrong) < 0) {
        return err_set(err, ERR_USAGE, "--no-fix: %s", wrong.text);
    }
    strlist_add(&options->no_fix, text);
    return 0;
}

int options_set_cpu_baseline(struct run_options *options, const char *text, struct err *err)
{
    if (!fix_baseline_from_name(text, &options->cpu_baseline)) {
        return complain_word("cpu-baseline", text, "v2, v3, v4 or none",
                             (const char *const[]){"v2", "v3", "v4", "none", NULL}, err);
    }
    options->has_baseline = true;
    return 0;
}

int options_set_seed(struct run_options *options, const char *text, struct err *err)
{
    if (!text_to_u64(text, 0, SETUP_SEED_MOST, &options->seed)) {
        return err_set(err, ERR_USAGE, "--seed '%s': expected a whole number from 0 to 2^63-1", text);
    }
    options->has_seed = true;
    return 0;
}

int options_set_keep_limit(struct run_options *options, const char *text, struct err *err)
{
    if (!units_to_bytes(text, &options->keep_limit)) {
        return err_set(err, ERR_USAGE, "--keep-limit '%s': expected a number of bytes, as in 500M, 20G or 0", text);
    }
    options->has_keep_limit = true;
    return 0;
}

int options_set_verify(struct run_options *options, const char *text, struct err *err)
{
    if (!verify_level_from_name(text, &options->verify)) {
        return complain_word("verify", text, "used, full or off", (const char *const[]){"used", "full", "off", NULL},
                             err);
    }
    options->has_verify = true;
    return 0;
}

int options_set_limit(struct run_options *options, enum limit limit, const char *text, struct err *err)
{
    const char *expected = limit_parse(limit, text, &options->limits.value[limit]);
    if (expected != NULL) {
        return err_set(err, ERR_USAGE, "--%s '%s': expected %s", limit_name(limit), text, expected);
    }
    options->has_limit |= 1U << limit;
    return 0;
}

int options_add_device(struct run_options *options, const char *value, struct err *err)
{
    const char *names = value != NULL ? value : DEVICE_GPU;
    const char *wanted = device_names_parse(names, &options->devices);
    if (wanted != NULL) {
        return err_set(err, ERR_USAGE, "--device '%s': expected %s", names, wanted);
    }
    options->no_devices |= strcmp(names, DEVICE_NONE) == 0;
    return 0;
}

int options_add_cdi_folder(struct run_options *options, const char *cwd, const char *text, struct err *err)
{
    struct stat st;
    auto_free char *path = path_normal(cwd, text);
    if (text[0] == '\0' || stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
        return err_set(err, ERR_NOT_FOUND, "--cdi-dir '%s': is no directory", text);
    }
    strlist_take(&options->cdi_folders, steal_ptr(&path));
    return 0;
}

void options_devices(const struct run_options *options, const struct definition *def, struct strlist *ret_names)
{
    const struct strlist *lists[] = {&def->devices, &options->devices};
    for (size_t i = options->no_devices ? 1 : 0; i < sizeof(lists) / sizeof(*lists); i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            if (!strlist_has(ret_names, lists[i]->item[k])) {
                strlist_add(ret_names, lists[i]->item[k]);
            }
        }
    }
}

void run_options_release(struct run_options *options)
{
    strlist_release(&options->no_fix);
    bind_list_release(&options->binds);
    strlist_release(&options->inputs);
    strlist_release(&options->variables);
    strlist_release(&options->devices);
    strlist_release(&options->cdi_folders);
    free(options->workdir);
    free(options->manifest);
    join_wish_release(&options->join);
    *options = (struct run_options){0};
}
