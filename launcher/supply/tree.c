/* SPDX-License-Identifier: BSD-2-Clause
 * tree: the files of an artifact while it is put together. */
#include "supply/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"

/* As the kernel: more links on one way than this are a loop (path_resolution(7)). */
enum { LINKS_MOST = 40 };

/* One look-up: what it is for, and how many links it has followed. */
struct walk {
    const struct tree *tree;
    const char *whole; /* the path as it was asked for */
    const char *from;  /* create folders that are missing, on behalf of this; NULL: only look */
    int64_t mtime;
    unsigned links;
};

static void free_node(struct tree_node *node)
{
    for (size_t i = 0; i < node->children; i++) {
        free_node(node->child[i]);
    }
    free(node->child);
    free(node->name);
    free(node->target);
    free(node);
}

void tree_init(struct tree *tree, int64_t mtime)
{
    struct tree_node *root = xcalloc(1, sizeof(*root));
    *root = (struct tree_node){
        .name = xstrdup(""), .type = TREE_FOLDER, .mode = 0755, .mtime = mtime, .implied = true, .from = "the recipe"};
    *tree = (struct tree){.root = root};
}

void tree_release(struct tree *tree)
{
    if (tree->root != NULL) {
        free_node(tree->root);
    }
    for (size_t i = 0; i < tree->contents; i++) {
        free(tree->content[i]);
    }
    free(tree->content);
    *tree = (struct tree){0};
}

/* Where the child is, or would be inserted. */
static size_t child_place(const struct tree_node *node, const char *name, size_t length, bool *ret_found)
{
    size_t low = 0;
    size_t high = node->children;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = node->child[middle]->name;
        int order = strncmp(other, name, length);
        order = order != 0 ? order : (other[length] != '\0');
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret_found = false;
    return low;
}

static struct tree_node *child_of(const struct tree_node *node, const char *name, size_t length)
{
    bool found = false;
    size_t place = child_place(node, name, length, &found);
    return found ? node->child[place] : NULL;
}

static struct tree_node *insert_child(struct tree_node *parent, const char *name, size_t length)
{
    bool found = false;
    size_t place = child_place(parent, name, length, &found);
    if (parent->children == parent->capacity) {
        parent->capacity = parent->capacity < 4 ? 4 : parent->capacity * 2;
        parent->child = xreallocarray(parent->child, parent->capacity, sizeof(struct tree_node *));
    }
    memmove(parent->child + place + 1, parent->child + place, (parent->children - place) * sizeof(struct tree_node *));
    struct tree_node *node = xcalloc(1, sizeof(*node));
    node->name = xstrndup(name, length);
    node->parent = parent;
    parent->child[place] = node;
    parent->children++;
    return node;
}

static struct tree_node *imply_folder(struct tree_node *parent, const char *name, size_t length,
                                      const struct walk *walk)
{
    struct tree_node *node = insert_child(parent, name, length);
    node->type = TREE_FOLDER;
    node->mode = 0755;
    node->mtime = walk->mtime;
    node->from = walk->from;
    node->implied = true;
    return node;
}

static struct tree_node *walk_path(struct walk *walk, struct tree_node *node, const char *path, struct err *err);

/* The folder that a link leads to. An absolute target starts at the tree's own root. */
static struct tree_node *follow(struct walk *walk, struct tree_node *link, struct err *err)
{
    if (++walk->links > LINKS_MOST) {
        err_set(err, ERR_INVALID, "'%s': more than %d symbolic links on the way", walk->whole, (int)LINKS_MOST);
        return NULL;
    }
    struct tree_node *start = link->target[0] == '/' ? walk->tree->root : link->parent;
    return walk_path(walk, start, link->target, err);
}

static struct tree_node *step(struct walk *walk, struct tree_node *node, const char *name, size_t length,
                              struct err *err)
{
    if (length == 1 && name[0] == '.') {
        return node;
    }
    if (length == 2 && name[0] == '.' && name[1] == '.') {
        /* The kernel would stay at the root; a link that needs this was made for another place than ours. */
        if (node->parent == NULL) {
            err_set(err, ERR_INVALID, "'%s' leads through a link out of the tree", walk->whole);
        }
        return node->parent;
    }
    struct tree_node *child = child_of(node, name, length);
    if (child == NULL && walk->from == NULL) {
        return NULL; /* tree_find: who asks says what is missing */
    }
    child = child != NULL ? child : imply_folder(node, name, length, walk);
    if (child->type == TREE_LINK) {
        return follow(walk, child, err);
    }
    if (child->type == TREE_FILE) {
        err_set(err, ERR_INVALID, "'%s' leads through '%s', a file of %s", walk->whole, child->name, child->from);
        return NULL;
    }
    return child;
}

/* The folder at `path` as seen from `node`; NULL with *err set. */
static struct tree_node *walk_path(struct walk *walk, struct tree_node *node, const char *path, struct err *err)
{
    while (node != NULL && *path != '\0') {
        size_t length = strcspn(path, "/");
        if (length > 0) {
            node = step(walk, node, path, length, err);
        }
        path += length;
        path += *path == '/';
    }
    return node;
}

struct tree_node *tree_find(const struct tree *tree, const char *path)
{
    struct err ignored = {0};
    const char *slash = strrchr(path, '/');
    auto_free char *folder = xstrndup(path, slash != NULL ? (size_t)(slash - path) : 0);
    struct walk walk = {.tree = tree, .whole = path};
    struct tree_node *parent = walk_path(&walk, tree->root, folder, &ignored);
    const char *name = slash != NULL ? slash + 1 : path;
    return parent == NULL ? NULL : *name == '\0' ? parent : child_of(parent, name, strlen(name));
}

static struct tree_content *keep_content(struct tree *tree, const struct tree_content *content)
{
    if (tree->contents == tree->capacity) {
        tree->capacity = tree->capacity < 64 ? 64 : tree->capacity * 2;
        tree->content = xreallocarray(tree->content, tree->capacity, sizeof(*tree->content));
    }
    struct tree_content *kept = xmalloc(sizeof(*kept));
    *kept = *content;
    tree->content[tree->contents++] = kept;
    return kept;
}

static void set_attributes(struct tree_node *node, const struct tree_entry *entry)
{
    node->type = entry->type;
    node->mode = entry->mode & 01777; /* set-id bits mean nothing in a tree that belongs to one ordinary user */
    node->mtime = entry->mtime;
    node->from = entry->from;
    node->implied = false;
}

static int conflict(const struct tree_node *node, const struct tree_entry *entry, struct err *err)
{
    static const char *const words[] = {
        [TREE_FOLDER] = "a folder",
        [TREE_FILE] = "a file",
        [TREE_LINK] = "a link",
    };
    return err_set(err, ERR_INVALID, "'%s' is %s in %s and %s%s in %s; leave one out with 'exclude'", entry->path,
                   words[node->type], node->from, node->type == entry->type ? "another " : "",
                   words[entry->type] + (node->type == entry->type ? 2 : 0), entry->from);
}

/* Something is there already: the same again is fine, a folder joins a folder or a link to one. */
static int meet(struct tree *tree, struct tree_node *node, const struct tree_entry *entry,
                const struct tree_content *content, struct err *err)
{
    if (entry->type == TREE_FOLDER && node->type == TREE_FOLDER) {
        if (node->implied) {
            set_attributes(node, entry);
        }
        return 0;
    }
    if (entry->type == TREE_FOLDER && node->type == TREE_LINK) {
        struct walk walk = {.tree = tree, .whole = entry->path, .from = entry->from, .mtime = entry->mtime};
        return follow(&walk, node, err) != NULL ? 0 : -1;
    }
    bool same = entry->type == node->type;
    if (same && entry->type == TREE_LINK) {
        same = strcmp(entry->target, node->target) == 0;
    } else if (same) {
        same = digest_equal(&content->digest, &node->content->digest) && (entry->mode & 01777) == node->mode;
    }
    return same ? 0 : conflict(node, entry, err);
}

/* The file that a hard link names. */
static struct tree_content *linked_content(struct tree *tree, const struct tree_entry *entry, struct err *err)
{
    struct tree_node *node = tree_find(tree, entry->target);
    if (node == NULL || node->type != TREE_FILE) {
        err_set(err, ERR_INVALID, "'%s' in %s is a hard link to '%s', which is not a file of the tree", entry->path,
                entry->from, entry->target);
        return NULL;
    }
    return node->content;
}

int tree_add(struct tree *tree, const struct tree_entry *entry, struct err *err)
{
    const char *slash = strrchr(entry->path, '/');
    const char *name = slash != NULL ? slash + 1 : entry->path;
    auto_free char *folder = xstrndup(entry->path, slash != NULL ? (size_t)(slash - entry->path) : 0);
    struct walk walk = {.tree = tree, .whole = entry->path, .from = entry->from, .mtime = tree->root->mtime};
    struct tree_node *parent = walk_path(&walk, tree->root, folder, err);
    if (parent == NULL) {
        return err_wrap(err, "%s", entry->from);
    }
    struct tree_content given = entry->content;
    struct tree_content *content = &given;
    if (entry->hard) {
        content = linked_content(tree, entry, err);
        if (content == NULL) {
            return -1;
        }
    }
    struct tree_node *node = *name == '\0' ? tree->root : child_of(parent, name, strlen(name));
    if (node != NULL) {
        return meet(tree, node, entry, content, err);
    }
    node = insert_child(parent, name, strlen(name));
    set_attributes(node, entry);
    if (entry->type == TREE_LINK) {
        node->target = xstrdup(entry->target);
    }
    if (entry->type == TREE_FILE) {
        node->content = entry->hard ? content : keep_content(tree, content);
    }
    return 0;
}

struct named {
    char *path;
    struct tree_node *node;
};

struct names {
    struct named *item;
    size_t count;
    size_t capacity;
};

static void collect(struct names *names, const char *above, struct tree_node *node)
{
    for (size_t i = 0; i < node->children; i++) {
        struct tree_node *child = node->child[i];
        if (names->count == names->capacity) {
            names->capacity = names->capacity < 64 ? 64 : names->capacity * 2;
            names->item = xreallocarray(names->item, names->capacity, sizeof(*names->item));
        }
        char *path = xasprintf("%s%s%s", above, above[0] == '\0' ? "" : "/", child->name);
        names->item[names->count++] = (struct named){.path = path, .node = child};
        collect(names, path, child);
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->path, ((const struct named *)b)->path);
}

int tree_each(const struct tree *tree,
              int (*visit)(void *user, const char *path, struct tree_node *node, struct err *err), void *user,
              struct err *err)
{
    struct names names = {0};
    int result = 0;
    collect(&names, "", tree->root);
    if (names.count > 1) {
        qsort(names.item, names.count, sizeof(*names.item), by_path);
    }
    for (size_t i = 0; i < names.count && result == 0; i++) {
        result = visit(user, names.item[i].path, names.item[i].node, err);
    }
    for (size_t i = 0; i < names.count; i++) {
        free(names.item[i].path);
    }
    free(names.item);
    return result;
}
