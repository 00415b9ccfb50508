/* SPDX-License-Identifier: BSD-2-Clause
 * recipe: the meaning of recipes/NAME.ini. What it adds to the tree itself is read by recipe_items.c. */
#include "supply/recipe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/keyfile.h"
#include "base/keyrules.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "env/definition.h"
#include "supply/recipe_items.h"

/* 1 MiB: a recipe with a few configuration files in it; beyond that the file belongs into an archive. */
enum { RECIPE_BYTES = 1024 * 1024, STRIP_MOST = 64 };
#define RECIPE_SIZE_MOST (1ULL << 50)

static int take_text(char **place, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
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
    return take_text(&((struct recipe *)into)->description, file, entry, err);
}

/* Names of suites, architectures and packages become parts of addresses and of apt's command line: no '-' first, no
 * blank, no '/'. */
static bool is_debian_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.+-";
    return name[0] != '\0' && strspn(name, letters) == strlen(name) && strchr(".+-", name[0]) == NULL &&
           strlen(name) <= 128;
}

static int take_debian_name(char **place, const struct keyfile *file, const struct keyfile_entry *entry,
                            struct err *err)
{
    if (!is_debian_name(entry->value)) {
        return keyfile_complain(file, entry->line, err, "%s = '%s': lower-case letters, digits and . + - only",
                                entry->key, entry->value);
    }
    return take_text(place, file, entry, err);
}

static int take_suite(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_debian_name(&((struct recipe *)into)->suite, file, entry, err);
}

static int take_architecture(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_debian_name(&((struct recipe *)into)->architecture, file, entry, err);
}

/* Blank-separated words, each once. `allowed` ends in NULL, or is NULL for names of packages. */
static int take_words(struct strlist *list, const char *const *allowed, const struct keyfile *file,
                      const struct keyfile_entry *entry, struct err *err)
{
    const char *at = entry->value + strspn(entry->value, " \t");
    while (*at != '\0') {
        size_t length = strcspn(at, " \t");
        auto_free char *word = xstrndup(at, length);
        size_t known = 0;
        while (allowed != NULL && allowed[known] != NULL && strcmp(allowed[known], word) != 0) {
            known++;
        }
        if (allowed != NULL ? allowed[known] == NULL : !is_debian_name(word)) {
            return keyfile_complain(file, entry->line, err, "'%s' cannot stand in '%s'", word, entry->key);
        }
        if (strlist_has(list, word)) {
            return keyfile_complain(file, entry->line, err, "'%s' stands in '%s' twice", word, entry->key);
        }
        strlist_take(list, steal_ptr(&word));
        at += length;
        at += strspn(at, " \t");
    }
    return 0;
}

static int take_pockets(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    static const char *const allowed[] = {"release", "updates", "security", NULL};
    return take_words(&((struct recipe *)into)->pockets, allowed, file, entry, err);
}

static int take_packages(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_words(&((struct recipe *)into)->packages, NULL, file, entry, err);
}

static int take_without(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_words(&((struct recipe *)into)->without, NULL, file, entry, err);
}

static int take_pattern(struct strlist *list, const struct keyfile *file, const struct keyfile_entry *entry,
                        struct err *err)
{
    if (!path_is_clean(entry->value)) {
        return keyfile_complain(file, entry->line, err, "%s = '%s': a relative path without '.', '..' and '//'",
                                entry->key, entry->value);
    }
    strlist_add(list, entry->value);
    return 0;
}

static int take_exclude(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_pattern(&((struct recipe *)into)->exclude, file, entry, err);
}

static int take_include(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return take_pattern(&((struct recipe *)into)->include, file, entry, err);
}

static int take_file_lists(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    bool yes = strcmp(entry->value, "yes") == 0;
    if (!yes && strcmp(entry->value, "no") != 0) {
        return keyrules_complain_word(file, entry, (const char *const[]){"yes", "no", NULL}, err);
    }
    ((struct recipe *)into)->file_lists = yes;
    return 0;
}

/* `name` begins an archive; the other keys belong to the one begun last. */
static int begin_archive(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct recipe *recipe = into;
    if (!path_is_name(entry->value)) {
        return keyfile_complain(file, entry->line, err, "name = '%s': letters, digits and . _ + - only", entry->value);
    }
    recipe->archive = xreallocarray(recipe->archive, recipe->archives + 1, sizeof(*recipe->archive));
    recipe->archive[recipe->archives++] = (struct recipe_archive){.name = xstrdup(entry->value), .prefix = xstrdup("")};
    return 0;
}

static struct recipe_archive *last_archive(struct recipe *recipe, const struct keyfile *file,
                                           const struct keyfile_entry *entry, struct err *err)
{
    if (recipe->archives == 0) {
        keyfile_complain(file, entry->line, err, "'%s' before 'name', which begins an archive", entry->key);
        return NULL;
    }
    return &recipe->archive[recipe->archives - 1];
}

static int take_url(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct recipe *recipe = into;
    struct recipe_archive *archive = last_archive(recipe, file, entry, err);
    const char *url = entry->value;
    if (archive == NULL) {
        return -1;
    }
    if (url[0] == '\0' || strpbrk(url, " \t") != NULL) {
        return keyfile_complain(file, entry->line, err, "url = '%s': an address or path without blanks", url);
    }
    if (url[0] == '/' || strstr(url, "://") != NULL) {
        strlist_add(&archive->url, url);
    } else {
        strlist_addf(&archive->url, "%.*s%s", (int)(path_base(recipe->path) - recipe->path), recipe->path, url);
    }
    return 0;
}

static int take_sha256(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct recipe_archive *archive = last_archive(into, file, entry, err);
    if (archive == NULL) {
        return -1;
    }
    if (!digest_from_hex(entry->value, &archive->sha256)) {
        return keyfile_complain(file, entry->line, err, "sha256 = '%s': 64 lower-case hexadecimal digits",
                                entry->value);
    }
    return 0;
}

static int take_size(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct recipe_archive *archive = last_archive(into, file, entry, err);
    if (archive == NULL) {
        return -1;
    }
    if (!text_to_u64(entry->value, 1, RECIPE_SIZE_MOST, &archive->size)) {
        return keyfile_complain(file, entry->line, err, "size = '%s': a number of bytes", entry->value);
    }
    return 0;
}

static int take_strip(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct recipe_archive *archive = last_archive(into, file, entry, err);
    if (archive == NULL) {
        return -1;
    }
    if (!text_to_u64(entry->value, 0, STRIP_MOST, &archive->strip)) {
        return keyfile_complain(file, entry->line, err, "strip = '%s': a number from 0 to %d", entry->value,
                                (int)STRIP_MOST);
    }
    return 0;
}

static int take_prefix(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct recipe_archive *archive = last_archive(into, file, entry, err);
    if (archive == NULL) {
        return -1;
    }
    if (!path_is_clean(entry->value)) {
        return keyfile_complain(file, entry->line, err, "prefix = '%s': a relative path without '.', '..' and '//'",
                                entry->value);
    }
    return take_text(&archive->prefix, file, entry, err);
}

static const struct keyrule recipe_rules[] = {
    {"recipe", "description", false, take_description},
    {"recipe", "suite", false, take_suite},
    {"recipe", "architecture", false, take_architecture},
    {"recipe", "pockets", false, take_pockets},
    {"recipe", "packages", true, take_packages},
    {"recipe", "without", true, take_without},
    {"recipe", "exclude", true, take_exclude},
    {"recipe", "include", true, take_include},
    {"recipe", "file-lists", false, take_file_lists},
    {"archive", "name", true, begin_archive},
    {"archive", "url", true, take_url},
    {"archive", "sha256", true, take_sha256},
    {"archive", "size", true, take_size},
    {"archive", "strip", true, take_strip},
    {"archive", "prefix", true, take_prefix},
    {"links", NULL, false, recipe_items_take_link},
    {"files", NULL, true, recipe_items_take_file},
    {"folders", NULL, false, recipe_items_take_folder},
    {"commands", "run", true, recipe_items_take_command},
};

/* What only the whole file shows. */
static int check_whole(const struct recipe *recipe, struct err *err)
{
    static const struct digest none = {{0}};
    if (recipe->suite == NULL || recipe->packages.count == 0) {
        return err_set(err, ERR_INVALID, "%s: [recipe] needs 'suite' and 'packages'", recipe->path);
    }
    for (size_t i = 0; i < recipe->archives; i++) {
        const struct recipe_archive *archive = &recipe->archive[i];
        if (digest_equal(&archive->sha256, &none) || archive->size == 0 || archive->url.count == 0) {
            return err_set(err, ERR_INVALID, "%s: archive '%s' needs 'url', 'sha256' and 'size'", recipe->path,
                           archive->name);
        }
    }
    return 0;
}

static int parse(struct recipe *recipe, const char *path, const char *bytes, size_t length, struct err *err)
{
    auto_free char *current = path[0] == '/' ? NULL : fs_current_dir();
    recipe->path = path_normal(current != NULL ? current : "/", path);
    const char *base = path_base(recipe->path);
    size_t stem = strlen(base) > 4 && strcmp(base + strlen(base) - 4, ".ini") == 0 ? strlen(base) - 4 : 0;
    recipe->name = xstrndup(base, stem);
    if (!path_is_name(recipe->name)) {
        return err_set(err, ERR_INVALID, "'%s': a recipe is a file NAME.ini; letters, digits and . _ + - only", path);
    }
    auto_release(keyfile) struct keyfile file = {0};
    if (keyfile_parse(&file, path, bytes, length, err) < 0 ||
        keyrules_apply(&file, recipe_rules, sizeof(recipe_rules) / sizeof(*recipe_rules), recipe, err) < 0) {
        return -1;
    }
    if (recipe->architecture == NULL) {
        recipe->architecture = xstrdup("amd64");
    }
    if (recipe->pockets.count == 0) {
        strlist_add(&recipe->pockets, "release");
    }
    return check_whole(recipe, err);
}

int recipe_parse(struct recipe *recipe, const char *path, const char *bytes, size_t length, struct err *err)
{
    *recipe = (struct recipe){0};
    int result = parse(recipe, path, bytes, length, err);
    if (result < 0) {
        recipe_release(recipe);
    }
    return result;
}

int recipe_load(struct recipe *recipe, const char *path, struct err *err)
{
    *recipe = (struct recipe){0};
    auto_release(buf) struct buf text = {0};
    if (fs_read_path(path, RECIPE_BYTES, &text, err) < 0) {
        return -1;
    }
    return recipe_parse(recipe, path, buf_text(&text), text.length, err);
}

static void find_meant(const struct strlist *folders, const char *name, char meant[TEXT_MEANT])
{
    static const char end[] = ".ini";
    auto_release(strlist) struct strlist known = {0};
    for (size_t i = 0; i < folders->count; i++) {
        struct err ignored = {0};
        auto_release(strlist) struct strlist files = {0};
        (void)fs_list(AT_FDCWD, folders->item[i], &files, &ignored);
        for (size_t k = 0; k < files.count; k++) {
            size_t length = strlen(files.item[k]);
            if (length > strlen(end) && strcmp(files.item[k] + length - strlen(end), end) == 0) {
                strlist_take(&known, xstrndup(files.item[k], length - strlen(end)));
            }
        }
    }
    text_meant(meant, name, (const char *const *)strlist_items(&known));
}

int recipe_find(struct recipe *recipe, const char *name, struct err *err)
{
    *recipe = (struct recipe){0};
    if (strchr(name, '/') != NULL) {
        return recipe_load(recipe, name, err);
    }
    if (!path_is_name(name)) {
        return err_set(err, ERR_USAGE, "'%s' is not the name of a recipe: letters, digits and . _ + - only", name);
    }
    auto_release(strlist) struct strlist folders = {0};
    definition_recipe_folders(&folders);
    for (size_t i = 0; i < folders.count; i++) {
        auto_free char *path = xasprintf("%s/%s.ini", folders.item[i], name);
        if (access(path, F_OK) == 0) {
            return recipe_load(recipe, path, err);
        }
    }
    char meant[TEXT_MEANT];
    find_meant(&folders, name, meant);
    return err_set(err, ERR_NOT_FOUND, "no recipe '%s' in ./recipes, $SCIWRAP_RECIPES and the installed recipes%s",
                   name, meant);
}

static void release_items(struct recipe_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        free(items->item[i].path);
        free(items->item[i].text);
    }
    free(items->item);
}

void recipe_release(struct recipe *recipe)
{
    free(recipe->name);
    free(recipe->path);
    free(recipe->description);
    free(recipe->suite);
    free(recipe->architecture);
    strlist_release(&recipe->pockets);
    strlist_release(&recipe->packages);
    strlist_release(&recipe->without);
    strlist_release(&recipe->exclude);
    strlist_release(&recipe->include);
    for (size_t i = 0; i < recipe->archives; i++) {
        free(recipe->archive[i].name);
        strlist_release(&recipe->archive[i].url);
        free(recipe->archive[i].prefix);
    }
    free(recipe->archive);
    release_items(&recipe->links);
    release_items(&recipe->files);
    release_items(&recipe->folders);
    strlist_release(&recipe->commands);
    *recipe = (struct recipe){0};
}

char *recipe_lock_path(const struct recipe *recipe)
{
    return xasprintf("%.*s.lock", (int)(strlen(recipe->path) - 4), recipe->path);
}

static void hash_list(struct digest_state *state, const char *what, const struct strlist *list)
{
    auto_release(strlist) struct strlist sorted = {0};
    for (size_t i = 0; i < list->count; i++) {
        strlist_add(&sorted, list->item[i]);
    }
    strlist_sort(&sorted);
    digest_update(state, what, strlen(what) + 1);
    for (size_t i = 0; i < sorted.count; i++) {
        digest_update(state, sorted.item[i], strlen(sorted.item[i]) + 1);
    }
}

void recipe_wants(const struct recipe *recipe, struct digest *ret_digest)
{
    struct digest_state state;
    digest_begin(&state);
    digest_update(&state, recipe->suite, strlen(recipe->suite) + 1);
    digest_update(&state, recipe->architecture, strlen(recipe->architecture) + 1);
    hash_list(&state, "pockets", &recipe->pockets);
    hash_list(&state, "packages", &recipe->packages);
    hash_list(&state, "without", &recipe->without);
    digest_end(&state, ret_digest);
}
