/* SPDX-License-Identifier: BSD-2-Clause
 * inputs: which files a run is known to read before it starts. */
#include "run/inputs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/autobind.h"
#include "run/inventory.h"
#include "run/mention.h"

struct search {
    const struct setup *setup;
    const struct facts *facts;
    struct file_list *inputs;
};

static struct file_item *add_file(struct search *search, const char *host, const char *inside, const char *role)
{
    struct file_item *item = file_list_add(search->inputs, inside);
    item->role = xstrdup(role);
    item->host = xstrdup(host);
    return item;
}

static int add_directory(struct search *search, const char *host, const char *inside, struct err *err)
{
    struct inventory content = {0};
    int result = inventory_take(&content, host, err);
    for (size_t i = 0; result == 0 && i < content.count; i++) {
        struct stat st;
        auto_free char *path = xasprintf("%s/%s", host, content.entry[i].path);
        auto_free char *seen =
            inside[0] != '\0' ? xasprintf("%s/%s", inside, content.entry[i].path) : xstrdup(content.entry[i].path);
        /* Through links: what the command reads is what they lead to. */
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            add_file(search, path, seen, "declared");
        }
    }
    inventory_release(&content);
    return result;
}

static int add_declared(struct search *search, const char *host, struct err *err)
{
    struct stat st;
    bool is_workdir = strcmp(host, search->facts->workdir) == 0;
    auto_free char *inside = is_workdir ? xstrdup("") : autobind_inner_path(search->setup, search->facts, host);
    if (inside == NULL) {
        return err_set(err, ERR_USAGE,
                       "--input '%s' cannot be shown inside at the same path; give it another with --bind %s:DST", host,
                       host);
    }
    if (stat(host, &st) == 0 && S_ISDIR(st.st_mode)) {
        return add_directory(search, host, inside, err);
    }
    add_file(search, host, inside, "declared");
    return 0;
}

/* The name in the manifest of what the command sees at `seen`: two binds can show one file, and a rerun needs both. */
static const char *name_of(const struct setup *setup, const char *seen)
{
    if (path_is_under(seen, setup->workdir)) {
        return path_below(seen, setup->workdir);
    }
    for (size_t i = 0; i < setup->binds.count; i++) {
        const struct bind *bind = &setup->binds.item[i];
        if (bind->origin == BIND_WORK && path_is_under(seen, bind->target)) {
            return path_below(seen, bind->target);
        }
    }
    return seen;
}

static void add_word(struct search *search, const char *word)
{
    struct stat st;
    if (word[0] == '\0') {
        return;
    }
    auto_free char *seen = path_normal(search->setup->workdir, word);
    auto_free char *host = autobind_host_path(search->setup, search->facts, seen);
    if (host == NULL || stat(host, &st) < 0 || !S_ISREG(st.st_mode)) {
        return;
    }
    add_file(search, host, name_of(search->setup, seen), "argument");
}

static void add_argument(struct search *search, const char *argument)
{
    struct strlist words = {0};
    add_word(search, mention_path(argument));
    if (mention_is_script(argument)) {
        mention_words(argument, &words);
    }
    for (size_t i = 0; i < words.count; i++) {
        add_word(search, words.item[i]);
    }
    strlist_release(&words);
}

/* Declared before merely named, so that the first of a group is the one to keep. */
static int compare_inputs(const void *a, const void *b)
{
    const struct file_item *first = a;
    const struct file_item *second = b;
    int order = strcmp(first->path, second->path);
    return order != 0 ? order : -strcmp(first->role, second->role);
}

static void keep_first_of_each(struct file_list *list)
{
    if (list->count > 1) {
        qsort(list->item, list->count, sizeof(*list->item), compare_inputs);
    }
    for (size_t i = list->count; i-- > 1;) {
        if (strcmp(list->item[i - 1].path, list->item[i].path) == 0) {
            file_list_remove(list, i);
        }
    }
}

int inputs_hash(struct file_list *inputs, struct err *err)
{
    for (size_t i = 0; i < inputs->count;) {
        struct file_item *item = &inputs->item[i];
        struct err unread = {0};
        if (item->has_digest || file_item_read(item, item->host, 0, &unread) == 0) {
            i++;
        } else if (strcmp(item->role, "declared") == 0) {
            *err = unread;
            return err_wrap(err, "input");
        } else {
            file_list_remove(inputs, i);
        }
    }
    return 0;
}

int inputs_gather(const struct setup *setup, const struct facts *facts, const struct strlist *declared, size_t first,
                  struct file_list *ret_inputs, struct err *err)
{
    struct search search = {.setup = setup, .facts = facts, .inputs = ret_inputs};
    for (size_t i = 0; i < declared->count; i++) {
        if (add_declared(&search, declared->item[i], err) < 0) {
            return -1;
        }
    }
    for (size_t i = first; i < setup->argv.count; i++) {
        add_argument(&search, setup->argv.item[i]);
    }
    keep_first_of_each(ret_inputs);
    return 0;
}
