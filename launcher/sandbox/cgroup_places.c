/* SPDX-License-Identifier: BSD-2-Clause
 * cgroup_places: where control groups are mounted, and in which of them this process is (proc(5), cgroups(7)). */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "sandbox/cgroup.h"

static const char *const kind_names[CGROUP_KINDS] = {"pids", "memory", "cpuset", "cpu"};

/* True when `word` is one of the words of a list with commas. */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; *at != '\0'; at += *at == ',') {
        size_t here = strcspn(at, ",");
        if (here == length && strncmp(at, word, length) == 0) {
            return true;
        }
        at += here;
    }
    return false;
}

static unsigned controllers_in(const char *list)
{
    unsigned found = 0;
    for (unsigned i = 0; i < CGROUP_KINDS; i++) {
        found |= has_word(list, kind_names[i]) ? 1U << i : 0;
    }
    return found;
}

/* The group of this process in a hierarchy, "/a/b"; caller frees. Lines are "NUMBER:CONTROLLERS:PATH", and "0::PATH"
 * for version 2. */
static char *own_group(const char *own_groups, bool unified, unsigned controllers)
{
    for (const char *line = own_groups; *line != '\0'; line += *line == '\n') {
        size_t length = strcspn(line, "\n");
        auto_free char *copy = xstrndup(line, length);
        line += length;
        char *list = strchr(copy, ':');
        char *path = list != NULL ? strchr(list + 1, ':') : NULL;
        if (path == NULL || path[1] != '/') {
            continue;
        }
        *path = '\0';
        bool match = unified ? strcmp(copy, "0:") == 0 : (controllers_in(list + 1) & controllers) != 0;
        if (match) {
            return xstrdup(path + 1);
        }
    }
    return NULL;
}

/* Fields of a line of mountinfo: ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG...] - TYPE SOURCE SUPEROPTIONS. */
struct mount {
    char *root, *point, *type, *super;
};

static bool split_mount(char *line, struct mount *ret_mount)
{
    enum { BEFORE = 5 };
    char *field[BEFORE];
    char *rest = NULL;
    char *dash = strstr(line, " - ");
    if (dash == NULL) {
        return false;
    }
    *dash = '\0';
    size_t count = 0;
    for (char *word = strtok_r(line, " ", &rest); word != NULL && count < BEFORE; word = strtok_r(NULL, " ", &rest)) {
        field[count++] = word;
    }
    ret_mount->type = strtok_r(dash + 3, " ", &rest);
    char *source = strtok_r(NULL, " ", &rest);
    ret_mount->super = strtok_r(NULL, " ", &rest);
    if (count < BEFORE || source == NULL || ret_mount->super == NULL) {
        return false;
    }
    ret_mount->root = field[3];
    ret_mount->point = field[4];
    return true;
}

static void add_place(struct cgroup_places *places, const struct mount *mount, const char *own_groups)
{
    bool unified = strcmp(mount->type, "cgroup2") == 0;
    unsigned controllers = unified ? 0 : controllers_in(mount->super);
    bool known = false;
    for (size_t i = 0; i < places->count; i++) {
        const struct cgroup_place *place = &places->item[i];
        known |= unified ? place->unified : (place->controllers & controllers) != 0;
    }
    /* Blanks and line ends in paths are escaped with a backslash; nobody mounts control groups at such a place. */
    if (known || (!unified && controllers == 0) || strchr(mount->point, '\\') != NULL) {
        return;
    }
    auto_free char *group = own_group(own_groups, unified, controllers);
    /* A group above the one that is mounted begins with "/.." (cgroup_namespaces(7)). */
    if (group == NULL || !path_is_under(group, mount->root) || strstr(group, "/..") != NULL) {
        return;
    }
    places->item[places->count++] = (struct cgroup_place){
        .controllers = controllers,
        .unified = unified,
        .top = xstrdup(mount->point),
        .own = path_normal(mount->point, path_below(group, mount->root)),
    };
}

void cgroup_places_parse(const char *mountinfo, const char *own_groups, struct cgroup_places *ret_places)
{
    struct cgroup_places *places = ret_places;
    *places = (struct cgroup_places){0};
    for (const char *line = mountinfo; *line != '\0'; line += *line == '\n') {
        struct mount mount;
        size_t length = strcspn(line, "\n");
        auto_free char *copy = xstrndup(line, length);
        line += length;
        if (places->count <= CGROUP_KINDS && split_mount(copy, &mount) &&
            (strcmp(mount.type, "cgroup") == 0 || strcmp(mount.type, "cgroup2") == 0)) {
            add_place(places, &mount, own_groups);
        }
    }
}

void cgroup_places_release(struct cgroup_places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        free(places->item[i].top);
        free(places->item[i].own);
    }
    *places = (struct cgroup_places){0};
}
