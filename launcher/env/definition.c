/* SPDX-License-Identifier: BSD-2-Clause
 * definition: the meaning of envs/NAME.ini. Finding one by name is in definition_find.c. */
#include "env/definition.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/keyfile.h"
#include "base/keyrules.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "env/definition_artifact.h"
#include "env/device_name.h"
#include "env/fix.h"
#include "env/words.h"

/* 256 KiB: a definition is a page of text; one that is larger is another kind of file. */
enum { DEFINITION_BYTES = 256 * 1024 };
int definition_complain(const struct keyfile *file, const struct keyfile_entry *entry, struct err *err,
                        const char *wanted)
{
    return keyfile_complain(file, entry->line, err, "%s = '%s': %s", entry->key, entry->value, wanted);
}

/* A text key that is there must say something. */
int definition_take_text(char **place, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    if (entry->value[0] == '\0') {
        return keyfile_complain(file, entry->line, err, "'%s' is empty; leave the line out instead", entry->key);
    }
    free(*place);
    *place = xstrdup(entry->value);
    return 0;
}

static int take_description(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return definition_take_text(&((struct definition_reading *)into)->def->description, file, entry, err);
}

static int take_license(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return definition_take_text(&((struct definition_reading *)into)->def->license, file, entry, err);
}

static int take_citation(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return definition_take_text(&((struct definition_reading *)into)->def->citation, file, entry, err);
}

static int take_words(struct strlist *words, const struct keyfile *file, const struct keyfile_entry *entry,
                      struct err *err)
{
    if (!words_split(entry->value, words)) {
        return definition_complain(file, entry, err, "a quotation mark is not closed");
    }
    if (words->count == 0) {
        return keyfile_complain(file, entry->line, err, "'%s' is empty; leave the line out instead", entry->key);
    }
    return 0;
}

static int take_command(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct strlist *command = &((struct definition_reading *)into)->def->command;
    if (take_words(command, file, entry, err) < 0) {
        return -1;
    }
    if (command->item[0][0] == '\0') {
        return keyfile_complain(file, entry->line, err, "'command' is empty; leave the line out instead");
    }
    return 0;
}

static int take_arguments(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_words(&((struct definition_reading *)into)->def->arguments, file, entry, err);
}

bool definition_is_variable(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return name[0] != '\0' && (name[0] < '0' || name[0] > '9') && name[strspn(name, letters)] == '\0';
}

static int take_variable(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    if (!definition_is_variable(entry->key)) {
        return keyfile_complain(file, entry->line, err,
                                "'%s' is not the name of a variable: letters, digits and _, not a digit first",
                                entry->key);
    }
    strlist_addf(&((struct definition_reading *)into)->def->variables, "%s=%s", entry->key, entry->value);
    return 0;
}

/* The kernel's file systems are put over these places in every run: nothing else can lie there. */
static bool is_kernels(const char *path)
{
    return path_is_under(path, "/proc") || path_is_under(path, "/sys") || path_is_under(path, "/dev");
}

const char *definition_check_inner(const char *path)
{
    auto_free char *normal = path_normal("/", path);
    if (path[0] != '/' || strcmp(normal, path) != 0 || strcmp(normal, "/") == 0) {
        return "an absolute path inside, below /, without '.', '..' and '//'";
    }
    return is_kernels(normal) ? "/proc, /sys and /dev belong to the kernel" : NULL;
}

static int take_inner_folder(char **place, const struct keyfile *file, const struct keyfile_entry *entry,
                             struct err *err)
{
    const char *wrong = definition_check_inner(entry->value);
    if (wrong != NULL) {
        return definition_complain(file, entry, err, wrong);
    }
    free(*place);
    *place = xstrdup(entry->value);
    return 0;
}

static int take_workdir(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct definition *def = ((struct definition_reading *)into)->def;
    def->has_workdir = true;
    return take_inner_folder(&def->workdir, file, entry, err);
}

static int take_home(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_inner_folder(&((struct definition_reading *)into)->def->home, file, entry, err);
}

static int take_network(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    bool host = strcmp(entry->value, "host") == 0;
    if (!host && strcmp(entry->value, "none") != 0) {
        return keyrules_complain_word(file, entry, (const char *const[]){"none", "host", NULL}, err);
    }
    ((struct definition_reading *)into)->def->network = host ? NETWORK_HOST : NETWORK_NONE;
    return 0;
}

static int take_identity(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    static const char *const names[] = {
        [IDENTITY_RESEARCHER] = "researcher",
        [IDENTITY_CALLER] = "caller",
        [IDENTITY_ROOT] = "root",
        NULL,
    };
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(entry->value, names[i]) == 0) {
            ((struct definition_reading *)into)->def->identity = (enum identity)i;
            return 0;
        }
    }
    return keyrules_complain_word(file, entry, names, err);
}

static int take_writable(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    bool yes = strcmp(entry->value, "yes") == 0;
    if (!yes && strcmp(entry->value, "no") != 0) {
        return keyrules_complain_word(file, entry, (const char *const[]){"yes", "no", NULL}, err);
    }
    ((struct definition_reading *)into)->def->writable = yes;
    return 0;
}

static int take_no_fix(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct err wrong = {0};
    if (fix_parse(entry->value, &((struct definition_reading *)into)->def->no_fix, &wrong) < 0) {
        return keyfile_complain(file, entry->line, err, "%s: %s", entry->key, wrong.text);
    }
    return 0;
}

static int take_cpu_baseline(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    if (!fix_baseline_from_name(entry->value, &((struct definition_reading *)into)->def->cpu_baseline)) {
        return keyrules_complain_word(file, entry, (const char *const[]){"v2", "v3", "v4", "none", NULL}, err);
    }
    return 0;
}

static int take_verify(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    if (!verify_level_from_name(entry->value, &((struct definition_reading *)into)->def->verify)) {
        return keyrules_complain_word(file, entry, (const char *const[]){"used", "full", "off", NULL}, err);
    }
    return 0;
}

static int take_devices(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    const char *wanted = device_names_parse(entry->value, &((struct definition_reading *)into)->def->devices);
    return wanted == NULL ? 0 : definition_complain(file, entry, err, wanted);
}

static int take_limit(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    enum limit limit = LIMITS;
    (void)limit_from_name(entry->key, &limit); /* the rules below name no other */
    const char *expected =
        limit_parse(limit, entry->value, &((struct definition_reading *)into)->def->limits.value[limit]);
    return expected == NULL ? 0 : definition_complain(file, entry, err, expected);
}

static int take_ignore(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct err wrong = {0};
    if (patterns_add(&((struct definition_reading *)into)->def->compare.ignore, entry->value, &wrong) < 0) {
        return keyfile_complain(file, entry->line, err, "%s", wrong.text);
    }
    return 0;
}

static int take_tolerance(double *place, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return text_to_real(entry->value, 0, 1e300, place)
               ? 0
               : definition_complain(file, entry, err, "a tolerance is a number such as 1e-9");
}

static int take_rtol(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_tolerance(&((struct definition_reading *)into)->def->compare.rtol, file, entry, err);
}

static int take_atol(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_tolerance(&((struct definition_reading *)into)->def->compare.atol, file, entry, err);
}

static const struct keyrule definition_rules[] = {
    {"environment", "description", false, take_description},
    {"environment", "command", false, take_command},
    {"environment", "arguments", false, take_arguments},
    {"environment", "license", false, take_license},
    {"environment", "citation", false, take_citation},
    {"artifact", "sha256", false, artifact_take_sha256},
    {"artifact", "size", false, artifact_take_size},
    {"artifact", "url", true, artifact_take_url},
    {"artifact", "tar-sha256", false, artifact_take_tar_sha256},
    {"artifact", "type", false, artifact_take_type},
    {"artifact", "tag", false, artifact_take_tag},
    {"artifact", "recipe", false, artifact_take_recipe},
    {"variables", NULL, false, take_variable},
    {"run", "workdir", false, take_workdir},
    {"run", "network", false, take_network},
    {"run", "identity", false, take_identity},
    {"run", "home", false, take_home},
    {"run", "writable", false, take_writable},
    {"run", "no-fix", false, take_no_fix},
    {"run", "cpu-baseline", false, take_cpu_baseline},
    {"run", "verify", false, take_verify},
    {"run", "devices", false, take_devices},
    {"limits", "pids", false, take_limit},
    {"limits", "memory", false, take_limit},
    {"limits", "cpus", false, take_limit},
    {"limits", "time", false, take_limit},
    {"limits", "file-size", false, take_limit},
    {"limits", "open-files", false, take_limit},
    {"compare", "ignore", true, take_ignore},
    {"compare", "rtol", false, take_rtol},
    {"compare", "atol", false, take_atol},
};

/* What only the whole file shows. */
static int check_whole(const struct definition_reading *reading, struct err *err)
{
    const struct definition *def = reading->def;
    /* The work directory is the caller's own: a home in it would leave a folder there. */
    if (path_is_under(def->home, def->workdir)) {
        return err_set(err, ERR_INVALID, "%s: home '%s' lies in workdir '%s'; choose another place", def->path,
                       def->home, def->workdir);
    }
    return artifact_check(reading, err);
}

static int fill_name(struct definition *def, const char *path, struct err *err)
{
    auto_free char *current = path[0] == '/' ? NULL : fs_current_dir();
    def->path = path_normal(current != NULL ? current : "/", path);
    const char *base = path_base(def->path);
    size_t length = strlen(base);
    if (length > 4 && strcmp(base + length - 4, ".ini") == 0) {
        length -= 4;
    }
    def->name = xstrndup(base, length);
    if (!path_is_name(def->name)) {
        return err_set(err, ERR_INVALID, "'%s': the name of a definition has letters, digits and . _ + - only", path);
    }
    return 0;
}

static int parse(struct definition *def, const char *path, const char *bytes, size_t length, struct err *err)
{
    if (fill_name(def, path, err) < 0) {
        return -1;
    }
    def->description = xstrdup("");
    def->license = xstrdup("");
    def->citation = xstrdup("");
    def->workdir = xstrdup("/workspace");
    def->home = xstrdup("/home/researcher");
    if (length > DEFINITION_BYTES) {
        return err_set(err, ERR_INVALID, "'%s' is larger than %d bytes: not a definition", path, DEFINITION_BYTES);
    }
    def->text = xstrndup(bytes, length);
    auto_release(keyfile) struct keyfile file = {0};
    struct definition_reading reading = {.def = def};
    if (keyfile_parse(&file, path, bytes, length, err) < 0 ||
        keyrules_apply(&file, definition_rules, sizeof(definition_rules) / sizeof(*definition_rules), &reading, err) <
            0) {
        return -1;
    }
    return check_whole(&reading, err);
}

int definition_parse(struct definition *def, const char *path, const char *bytes, size_t length, struct err *err)
{
    *def = (struct definition){0};
    int result = parse(def, path, bytes, length, err);
    if (result < 0) {
        definition_release(def);
    }
    return result;
}

int definition_load(struct definition *def, const char *path, struct err *err)
{
    *def = (struct definition){0};
    auto_release(buf) struct buf text = {0};
    if (fs_read_path(path, DEFINITION_BYTES, &text, err) < 0) {
        return -1;
    }
    return definition_parse(def, path, buf_text(&text), text.length, err);
}

void definition_release(struct definition *def)
{
    free(def->name);
    free(def->path);
    free(def->text);
    free(def->description);
    free(def->license);
    free(def->citation);
    strlist_release(&def->command);
    strlist_release(&def->arguments);
    strlist_release(&def->url);
    free(def->tag);
    free(def->recipe);
    strlist_release(&def->variables);
    strlist_release(&def->devices);
    patterns_release(&def->compare.ignore);
    free(def->workdir);
    free(def->home);
    *def = (struct definition){0};
}
