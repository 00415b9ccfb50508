/* SPDX-License-Identifier: BSD-2-Clause
 * autobind: paths of the host among the arguments of a command. */
#include "run/autobind.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/planner.h"
#include "run/mention.h"

/* A chain of links longer than this is a loop or an accident; the command will say so itself. */
enum { LINKS_MOST = 8 };

struct search {
    struct setup *setup;
    const struct facts *facts;
    int rootfs_fd;
    struct strlist *notes;
    struct bind_list found; /* joined to the setup at the end, sorted: a parent must not cover its child */
};

static const struct bind *bind_over(const struct bind_list *binds, const char *target)
{
    const struct bind *best = NULL;
    for (size_t i = 0; i < binds->count; i++) {
        const struct bind *bind = &binds->item[i];
        bool longer = best == NULL || strlen(bind->target) >= strlen(best->target);
        if (path_is_under(target, bind->target) && longer) {
            best = bind;
        }
    }
    return best;
}

char *autobind_inner_path(const struct setup *setup, const struct facts *facts, const char *path)
{
    if (path_is_under(path, facts->workdir) && strcmp(path, facts->workdir) != 0) {
        return xstrdup(path_below(path, facts->workdir));
    }
    for (size_t i = 0; i < setup->binds.count; i++) {
        const struct bind *bind = &setup->binds.item[i];
        if (path_is_under(path, bind->source)) {
            return path_normal(bind->target, path_below(path, bind->source));
        }
    }
    return NULL;
}

char *autobind_host_path(const struct setup *setup, const struct facts *facts, const char *path)
{
    if (path[0] != '/') {
        return path_normal(facts->workdir, path);
    }
    auto_free char *normal = path_normal("/", path);
    const struct bind *bind = bind_over(&setup->binds, normal);
    if (bind != NULL) {
        return path_normal(bind->source, path_below(normal, bind->target));
    }
    if (!path_is_under(normal, setup->workdir)) {
        return NULL;
    }
    return path_normal(facts->workdir, path_below(normal, setup->workdir));
}

/* True when a bind at `path` would hide something of the image; an empty folder, as /mnt is one, hides nothing. */
static bool covers_image(int rootfs_fd, const char *path)
{
    struct buf below = {0};
    struct stat st;
    if (!fs_find_in_root(rootfs_fd, path, &below, &st)) {
        return false;
    }
    bool covers = true;
    struct strlist names = {0};
    struct err ignored = {0};
    auto_fd int fd = below.length > 0 ? fs_open_beneath(rootfs_fd, buf_text(&below), O_RDONLY | O_DIRECTORY, 0) : -1;
    if (fd >= 0 && fs_list(fd, ".", &names, &ignored) == 0) {
        covers = names.count > 0;
    }
    strlist_release(&names);
    buf_release(&below);
    return covers;
}

static bool is_of_kernel(const char *path)
{
    return path_is_under(path, "/proc") || path_is_under(path, "/sys") || path_is_under(path, "/dev");
}

/* True when `path` can be bound at its own place without taking anything away from the sandbox. */
static bool can_bind(const struct search *search, const char *path)
{
    if (planner_would_cover(search->setup, path) || is_of_kernel(path) || covers_image(search->rootfs_fd, path)) {
        return false;
    }
    for (size_t i = 0; i < search->setup->binds.count; i++) {
        const char *target = search->setup->binds.item[i].target;
        /* Above one of the caller's binds it would cover it; beneath one, the place for it would have to be made in the
         * folder that is bound. */
        if (path_is_under(target, path) || path_is_under(path, target)) {
            return false;
        }
    }
    return !path_is_under(path, search->setup->workdir);
}

/* True when something is at `path` inside already: of the image, or of what the caller bound. */
static bool is_visible(const struct search *search, const char *path)
{
    struct stat st;
    auto_free char *behind = autobind_host_path(search->setup, search->facts, path);
    return (behind != NULL && lstat(behind, &st) == 0) || fs_exists_in_root(search->rootfs_fd, path);
}

static void add_bind(struct search *search, const char *source, const char *target, enum bind_origin origin)
{
    struct bind *bind = bind_add(&search->found, source, target);
    bind->read_only = origin != BIND_WORK;
    bind->is_directory = true;
    bind->origin = origin;
}

static void bind_work(struct search *search, const char *path)
{
    const char *workdir = search->facts->workdir;
    for (size_t i = 0; i < search->found.count; i++) {
        if (search->found.item[i].origin == BIND_WORK) {
            return;
        }
    }
    if (!can_bind(search, workdir)) {
        strlist_addf(search->notes, "'%s' cannot be seen inside under this path; type '%s'", path,
                     strcmp(path, workdir) == 0 ? "." : path_below(path, workdir));
        return;
    }
    add_bind(search, workdir, workdir, BIND_WORK);
    strlist_addf(search->notes, "the work directory is also at '%s' inside, because of an argument", workdir);
}

static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* `host` is what the caller means, `inside` where the command will look for it. */
static void bind_directory(struct search *search, const char *host, const char *inside, bool is_directory)
{
    auto_free char *source = is_directory ? xstrdup(host) : parent_of(host);
    auto_free char *target = is_directory ? xstrdup(inside) : parent_of(inside);
    bool same = strcmp(source, target) == 0;
    if (strcmp(source, "/") != 0 && can_bind(search, target)) {
        add_bind(search, source, target, BIND_AUTO);
        strlist_addf(search->notes, "bound '%s' read-only%s%s%s, because of an argument", source, same ? "" : " at '",
                     same ? "" : target, same ? "" : "'");
    } else if (!is_of_kernel(host)) {
        strlist_addf(search->notes, "'%s' is on this host and cannot be seen inside; to show it add --bind %s%s%s",
                     host, host, same ? "" : ":", same ? "" : inside);
    }
}

/* An output that is to be made in a folder of the host: nothing is bound writable unasked. */
static void hint_new_file(struct search *search, const char *host, const char *inside)
{
    struct stat st;
    auto_free char *source = parent_of(host);
    auto_free char *target = parent_of(inside);
    bool of_host = strcmp(source, "/") != 0 && stat(source, &st) == 0 && S_ISDIR(st.st_mode);
    if (of_host && !is_of_kernel(source) && !planner_would_cover(search->setup, target) &&
        !is_visible(search, target)) {
        bool same = strcmp(source, target) == 0;
        strlist_addf(search->notes, "'%s' is not writable inside; to write there add --bind %s%s%s:rw", source, source,
                     same ? "" : ":", same ? "" : target);
    }
}

static void search_path(struct search *search, const char *host, const char *inside)
{
    struct stat st;
    if (is_visible(search, inside) || is_of_kernel(host)) {
        return;
    }
    if (path_is_under(inside, search->facts->workdir)) {
        bind_work(search, inside);
    } else if (bind_over(&search->found, inside) != NULL) {
        return;
    } else if (stat(host, &st) == 0) {
        bind_directory(search, host, inside, S_ISDIR(st.st_mode));
    } else {
        hint_new_file(search, host, inside);
    }
}

/* A link at `*host`, seen at `*inside`, is followed by one step in both: what a relative link means depends on where it
 * stands. False when there is no link. */
static bool follow_link(char **host, char **inside)
{
    char bytes[4096];
    ssize_t length = readlink(*host, bytes, sizeof(bytes));
    if (length <= 0 || length == (ssize_t)sizeof(bytes)) {
        return false;
    }
    auto_free char *target = xstrndup(bytes, (size_t)length);
    auto_free char *host_parent = parent_of(*host);
    auto_free char *inside_parent = parent_of(*inside);
    free(*host);
    free(*inside);
    *host = path_normal(host_parent, target);
    *inside = path_normal(inside_parent, target);
    return true;
}

/* A relative word is looked for from the work directory on either side. */
static void search_argument(struct search *search, const char *argument)
{
    struct stat st;
    const char *word = mention_path(argument);
    if (word[0] == '\0') {
        return;
    }
    auto_free char *host = path_normal(search->facts->workdir, word);
    auto_free char *inside = path_normal(search->setup->workdir, word);
    if (word[0] == '/') {
        char *behind = autobind_host_path(search->setup, search->facts, inside);
        if (strcmp(inside, "/") != 0) {
            search_path(search, host, inside);
        }
        if (behind != NULL) {
            free(host);
            host = behind;
        }
    } else if (!path_is_under(host, search->facts->workdir) && lstat(host, &st) == 0) {
        search_path(search, host, inside);
    }
    /* /dev/stdin and its like lead to what this process has open; inside they mean something else. */
    for (int i = 0; i < LINKS_MOST && !is_of_kernel(host) && follow_link(&host, &inside); i++) {
        if (lstat(host, &st) == 0) {
            search_path(search, host, inside);
        }
    }
}

static void search_script(struct search *search, const char *script)
{
    struct strlist words = {0};
    mention_words(script, &words);
    for (size_t i = 0; i < words.count; i++) {
        if (words.item[i][0] == '/') {
            auto_free char *path = path_normal("/", words.item[i]);
            if (path_is_under(path, search->facts->workdir)) {
                search_path(search, path, path);
            }
        }
    }
    strlist_release(&words);
}

static int compare_targets(const void *a, const void *b)
{
    const struct bind *first = a;
    const struct bind *second = b;
    return strcmp(first->target, second->target);
}

void autobind_arguments(struct setup *setup, const struct facts *facts, int rootfs_fd, size_t first,
                        struct strlist *ret_notes)
{
    struct search search = {.setup = setup, .facts = facts, .rootfs_fd = rootfs_fd, .notes = ret_notes};
    for (size_t i = first; i < setup->argv.count; i++) {
        struct stat st;
        const char *argument = setup->argv.item[i];
        if (mention_is_script(argument) && lstat(mention_path(argument), &st) < 0) {
            search_script(&search, argument);
        } else {
            search_argument(&search, argument);
        }
    }
    if (search.found.count > 1) {
        qsort(search.found.item, search.found.count, sizeof(*search.found.item), compare_targets);
    }
    for (size_t i = 0; i < search.found.count; i++) {
        const struct bind *found = &search.found.item[i];
        struct bind *bind = bind_add(&setup->binds, found->source, found->target);
        bind->read_only = found->read_only;
        bind->is_directory = found->is_directory;
        bind->origin = found->origin;
    }
    bind_list_release(&search.found);
}

void autobind_inputs(struct setup *setup, const struct facts *facts, const struct strlist *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        const char *path = inputs->item[i];
        struct stat st;
        auto_free char *inside = autobind_inner_path(setup, facts, path);
        bool is_workdir = strcmp(path, facts->workdir) == 0;
        bool hidden = is_of_kernel(path) || planner_would_cover(setup, path);
        if (inside != NULL || is_workdir || hidden || stat(path, &st) < 0) {
            continue;
        }
        struct bind *bind = bind_add(&setup->binds, path, path);
        bind->read_only = true;
        bind->is_directory = S_ISDIR(st.st_mode);
        bind->origin = BIND_INPUT;
    }
}
