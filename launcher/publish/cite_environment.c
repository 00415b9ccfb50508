/* SPDX-License-Identifier: BSD-2-Clause
 * cite_environment: the part of publish/cite that asks the environment's tree, its definition and its recipe's lock. */
#include "publish/cite_environment.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/keyfile.h"
#include "base/mem.h"
#include "base/path.h"
#include "env/store.h"
#include "publish/packages_tree.h"

/* Where the host shows through: a file there is none of the environment, whatever the tree has at the same place. */
static bool is_of_host(const struct setup *setup, const char *path)
{
    bool is = path_is_under(path, setup->workdir);
    for (size_t i = 0; i < setup->binds.count; i++) {
        is = is || path_is_under(path, setup->binds.item[i].target);
    }
    return is;
}

/* What execvp would take for the first word; NULL when that is not in the tree. */
static char *find_command(const struct setup *setup, int root_fd)
{
    const char *word = setup->argv.item[0];
    if (strchr(word, '/') != NULL) {
        char *path = path_normal(setup->workdir, word);
        if (is_of_host(setup, path) || (root_fd >= 0 && fs_exists_in_root(root_fd, path))) {
            return path;
        }
        free(path);
        return NULL;
    }
    const char *searched = strlist_value(strlist_items(&setup->variables), "PATH");
    auto_free char *folders = xstrdup(searched != NULL ? searched : "");
    char *rest = NULL;
    for (char *folder = strtok_r(folders, ":", &rest); folder != NULL; folder = strtok_r(NULL, ":", &rest)) {
        char *path = xasprintf("%s/%s", folder, word);
        if (folder[0] == '/' && root_fd >= 0 && fs_exists_in_root(root_fd, path)) {
            return path;
        }
        free(path);
    }
    return NULL;
}

static void add_program(struct cite *cite, char *path, const struct digest *digest, int root_fd)
{
    bool in_tree = !is_of_host(&cite->manifest.setup, path) && (root_fd < 0 || fs_exists_in_root(root_fd, path));
    cite->program[cite->programs++] = (struct cite_program){.path = path, .digest = digest, .in_tree = in_tree};
}

/* What was recorded; of a run without such a record the command itself. */
static void find_programs(struct cite *cite, int root_fd)
{
    const struct program_list *recorded = &cite->manifest.programs;
    cite->program = xcalloc(recorded->count + 1, sizeof(*cite->program));
    for (size_t i = 0; i < recorded->count; i++) {
        const struct program *program = &recorded->item[i];
        add_program(cite, xstrdup(program->path), program->has_digest ? &program->digest : NULL, root_fd);
    }
    char *command = recorded->count == 0 ? find_command(&cite->manifest.setup, root_fd) : NULL;
    if (command != NULL) {
        add_program(cite, command, NULL, root_fd);
    }
}

static int find_packages(struct cite *cite, int root_fd, struct err *err)
{
    if (packages_load(&cite->packages, root_fd, err) < 0) {
        return -1;
    }
    struct package_file *files = xcalloc(cite->programs + 1, sizeof(*files));
    for (size_t i = 0; i < cite->programs; i++) {
        files[i].path = cite->program[i].path;
    }
    int result = packages_find_owners(&cite->packages, root_fd, files, cite->programs, err);
    for (size_t i = 0; i < cite->programs && result == 0; i++) {
        cite->program[i].package = cite->program[i].in_tree ? files[i].owner : NULL;
    }
    free(files);
    return result;
}

/* PRETTY_NAME of os-release(5), which quotes as a shell does; one with a backslash or a dollar is nobody's name. */
static char *find_distribution(int root_fd)
{
    static const char key[] = "\nPRETTY_NAME=";
    struct err ignored = {0};
    auto_release(buf) struct buf text = {0};
    buf_add_text(&text, "\n");
    (void)packages_tree_read(root_fd, "/etc/os-release", &text, &ignored);
    if (text.length == 1) {
        (void)packages_tree_read(root_fd, "/usr/lib/os-release", &text, &ignored);
    }
    const char *at = strstr(buf_text(&text), key);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(key);
    char quote = *at == '"' || *at == '\'' ? *at++ : '\n';
    size_t length = quote == '\n' ? strcspn(at, "\n") : strcspn(at, quote == '"' ? "\"\n" : "'\n");
    char *name = xstrndup(at, length);
    if (length == 0 || length > 200 || strpbrk(name, "\\$`") != NULL) {
        free(name);
        return NULL;
    }
    return name;
}

/* Whether a lock is about the packages of this tree: each of the lock is installed, and no other. */
static bool fits(const struct packages *packages, const struct keyfile *lock)
{
    const char *name = NULL;
    size_t fitting = 0;
    for (size_t i = 0; i < lock->count; i++) {
        const struct keyfile_entry *entry = &lock->entry[i];
        if (strcmp(entry->section, "package") != 0) {
            continue;
        }
        if (strcmp(entry->key, "name") == 0) {
            name = entry->value;
        } else if (strcmp(entry->key, "version") == 0 && name != NULL) {
            const struct package *package = packages_find(packages, name);
            if (package == NULL || strcmp(package->version, entry->value) != 0) {
                return false;
            }
            fitting++;
        }
    }
    return fitting > 0 && fitting == packages->count;
}

static const char *lock_value(const struct keyfile *lock, const char *key)
{
    for (size_t i = 0; i < lock->count; i++) {
        if (strcmp(lock->entry[i].section, "lock") == 0 && strcmp(lock->entry[i].key, key) == 0) {
            return lock->entry[i].value;
        }
    }
    return NULL;
}

static bool is_snapshot(const char *text)
{
    static const char form[] = "00000000T000000Z";
    bool is = text != NULL && strlen(text) == strlen(form);
    for (size_t i = 0; is && form[i] != '\0'; i++) {
        is = form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
    }
    return is;
}

/* The state of the archive that the packages are from, out of the recipe's lock. A lock can have been made again since:
 * it counts only while it names exactly what is installed. */
static char *find_snapshot(const struct cite *cite)
{
    const char *recipe = cite->manifest.setup.environment.recipe;
    auto_release(strlist) struct strlist folders = {0};
    if (recipe == NULL || !path_is_name(recipe)) {
        return NULL;
    }
    definition_recipe_folders(&folders);
    for (size_t i = 0; i < folders.count; i++) {
        struct err ignored = {0};
        auto_release(keyfile) struct keyfile lock = {0};
        auto_free char *path = xasprintf("%s/%s.lock", folders.item[i], recipe);
        if (keyfile_load(&lock, path, &ignored) == 0 && fits(&cite->packages, &lock) &&
            is_snapshot(lock_value(&lock, "snapshot"))) {
            return xstrdup(lock_value(&lock, "snapshot"));
        }
    }
    return NULL;
}

/* The definition as it was at the run; else one that is known here and pins the same. */
static void find_definition(struct cite *cite)
{
    const struct setup_environment *environment = &cite->manifest.setup.environment;
    struct err ignored = {0};
    const char *text = environment->definition_text;
    if (text != NULL && environment->definition_path != NULL &&
        definition_parse(&cite->definition, environment->definition_path, text, strlen(text), &ignored) == 0) {
        return;
    }
    auto_release(strlist) struct strlist paths = {0};
    (void)definition_list(&paths, &ignored);
    for (size_t i = 0; i < paths.count && cite->definition.name == NULL; i++) {
        struct definition def = {0};
        if (definition_load(&def, paths.item[i], &ignored) == 0 && strcmp(def.name, environment->name) == 0 &&
            digest_equal(&def.sha256, &environment->artifact)) {
            cite->definition = def;
        } else {
            definition_release(&def);
        }
    }
}

static int look_into_tree(struct cite *cite, const char *rootfs, struct err *err)
{
    auto_fd int root_fd = open(rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    find_programs(cite, root_fd);
    if (root_fd < 0) {
        return 0;
    }
    if (find_packages(cite, root_fd, err) < 0) {
        return err_wrap(err, "environment '%s'", cite->manifest.setup.environment.name);
    }
    cite->distribution = find_distribution(root_fd);
    cite->snapshot = find_snapshot(cite);
    return 0;
}

int cite_environment(struct cite *cite, struct err *err)
{
    const struct setup_environment *environment = &cite->manifest.setup.environment;
    struct store store = {.fd = -1};
    struct store_tree tree = {.fd = -1};
    find_definition(cite);
    int found = store_open(&store, err) < 0 ? -1 : store_find_tree(&store, &environment->artifact, &tree, err);
    store_close(&store);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        strlist_addf(&cite->notes,
                     "the environment '%s' is not in the store: versions of packages are left out; 'sciwrap pull %s' "
                     "brings it",
                     environment->name, environment->name);
        find_programs(cite, -1);
        return 0;
    }
    int result = look_into_tree(cite, tree.rootfs, err);
    store_tree_release(&tree);
    return result;
}
