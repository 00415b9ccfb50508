/* SPDX-License-Identifier: BSD-2-Clause
 * compare: the outputs of two runs of one experiment, one by one. */
#include "run/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "run/normal.h"

struct comparing {
    struct manifest *then, *now;
    const struct compare_options *options;
    struct comparison *comparison;
};

static struct comparison_item *add(struct comparing *comparing, const char *path, enum verdict verdict)
{
    struct comparison *comparison = comparing->comparison;
    struct comparison_item *item = &comparison->item[comparison->count++];
    *item = (struct comparison_item){.path = path, .verdict = verdict};
    return item;
}

static void differ(struct comparison_item *item, char *detail)
{
    item->verdict = VERDICT_DIFFERENT;
    free(item->detail);
    item->detail = detail;
}

/* A link is the text of its target, and that can be a path into the work directory. */
static void judge_links(struct comparing *comparing, const struct file_item *a, const struct file_item *b,
                        struct comparison_item *item)
{
    const char *then = a->target != NULL ? a->target : "";
    const char *now = b->target != NULL ? b->target : "";
    unsigned reasons = 0;
    auto_release(buf) struct buf then_text = {0};
    auto_release(buf) struct buf now_text = {0};
    if (strcmp(then, now) == 0) {
        return;
    }
    const struct normal_side then_side = {.rules = comparing->options->rules};
    const struct normal_side now_side = {.rules = comparing->options->rules, .is_now = true};
    const struct line then_line = {.text = then, .length = strlen(then)};
    const struct line now_line = {.text = now, .length = strlen(now)};
    normal_line(&then_side, &then_line, &then_text, &reasons);
    normal_line(&now_side, &now_line, &now_text, &reasons);
    if (strcmp(buf_text(&then_text), buf_text(&now_text)) != 0) {
        differ(item, xasprintf("a link to '%s', was to '%s'", now, then));
        return;
    }
    auto_release(buf) struct buf detail = {0};
    normal_reasons(reasons, &detail);
    item->verdict = VERDICT_NORMALISED;
    item->detail = xstrdup(buf_text(&detail));
}

static void judge_content(struct comparing *comparing, const struct file_item *a, const struct file_item *b,
                          struct comparison_item *item)
{
    switch (a->type) {
    case FILE_REGULAR:
        if (!a->has_digest || !b->has_digest) {
            /* Without a digest nothing is known, and that is not the same. */
            differ(item, xasprintf("the content %s is not recorded: it could not be read",
                                   a->has_digest ? "now" : "of the first run"));
        } else if (!digest_equal(&a->digest, &b->digest)) {
            compare_contents(comparing->then, a, comparing->now, b, comparing->options, item);
        }
        break;
    case FILE_LINK:
        judge_links(comparing, a, b, item);
        break;
    case FILE_DIRECTORY:
    case FILE_OTHER:
        break;
    }
}

/* Both are there. */
static void judge_existing(struct comparing *comparing, const struct file_item *a, const struct file_item *b,
                           struct comparison_item *item)
{
    if (a->type != b->type) {
        differ(item, xasprintf("a %s, was a %s", file_type_name(b->type), file_type_name(a->type)));
        return;
    }
    judge_content(comparing, a, b, item);
    bool mode_counts = a->type != FILE_LINK && a->role == NULL && b->role == NULL;
    if (mode_counts && a->mode != b->mode) {
        const char *detail = item->detail != NULL ? item->detail : "";
        differ(item, xasprintf("mode %04o, was %04o%s%s", (unsigned)b->mode, (unsigned)a->mode,
                               detail[0] != '\0' ? "; " : "", detail));
    }
}

static void judge(struct comparing *comparing, const struct file_item *a, const struct file_item *b)
{
    struct comparison_item *item = add(comparing, a->path, VERDICT_IDENTICAL);
    if (strcmp(a->path, b->path) != 0) {
        item->now_path = b->path;
    }
    if (a->change != FILE_DELETED && b->change != FILE_DELETED) {
        judge_existing(comparing, a, b, item);
    } else if (a->change != FILE_DELETED) {
        item->verdict = VERDICT_MISSING;
        item->detail = xstrdup("deleted");
    } else if (b->change != FILE_DELETED) {
        differ(item, xstrdup("is there, was deleted"));
    }
}

static bool was_renamed_away(const struct file_list *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i].from != NULL && strcmp(list->item[i].from, path) == 0) {
            return true;
        }
    }
    return false;
}

/* What a run found there and left as it was, is there as well, though it is no output of that run: two runs in one work
 * directory, of which the second writes once more what it found. NULL when it was not so. */
static const struct file_item *left_as_it_was(const struct manifest *manifest, const char *path)
{
    const struct file_item *input = file_list_find(&manifest->inputs, path);
    return input != NULL && !input->rewritten && !was_renamed_away(&manifest->outputs, path) ? input : NULL;
}

/* What was deleted then and is not spoken of now is gone in both: it was never made, or lost its name to another. */
static void judge_missing(struct comparing *comparing, const struct file_item *a)
{
    const struct file_item *left = left_as_it_was(comparing->now, a->path);
    if (left != NULL && a->change != FILE_DELETED) {
        judge_existing(comparing, a, left, add(comparing, a->path, VERDICT_IDENTICAL));
        return;
    }
    add(comparing, a->path, a->change == FILE_DELETED ? VERDICT_IDENTICAL : VERDICT_MISSING);
}

static void judge_new(struct comparing *comparing, const struct file_item *b)
{
    const struct file_item *left = left_as_it_was(comparing->then, b->path);
    if (left != NULL && b->change != FILE_DELETED && b->change != FILE_MODE) {
        judge_existing(comparing, left, b, add(comparing, b->path, VERDICT_IDENTICAL));
    } else if (b->change != FILE_DELETED) {
        add(comparing, b->path, VERDICT_NEW);
    } else if (was_renamed_away(&comparing->then->outputs, b->path)) {
        add(comparing, b->path, VERDICT_IDENTICAL);
    } else {
        differ(add(comparing, b->path, VERDICT_DIFFERENT), xstrdup("deleted, was left as it was"));
    }
}

static const struct file_item *with_role(const struct file_list *list, const char *role)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i].role != NULL && strcmp(list->item[i].role, role) == 0) {
            return &list->item[i];
        }
    }
    return NULL;
}

/* The file of `other` that standard output (or error) went to, when that of `item` did too and they have names of their
 * own: `>old.txt` and `>new.txt` are one output of the experiment. */
static const struct file_item *same_stream(const struct file_list *mine, const struct file_item *item,
                                           const struct file_list *others)
{
    if (item->role == NULL || with_role(mine, item->role) != item) {
        return NULL;
    }
    const struct file_item *other = with_role(others, item->role);
    bool alone =
        other != NULL && file_list_find(others, item->path) == NULL && file_list_find(mine, other->path) == NULL;
    return alone ? other : NULL;
}

static void judge_all(struct comparing *comparing)
{
    const struct file_list *a = &comparing->then->outputs;
    const struct file_list *b = &comparing->now->outputs;
    size_t i = 0;
    size_t k = 0;
    while (i < a->count || k < b->count) {
        int order = i == a->count ? 1 : k == b->count ? -1 : strcmp(a->item[i].path, b->item[k].path);
        if (order == 0) {
            judge(comparing, &a->item[i++], &b->item[k++]);
        } else if (order < 0) {
            const struct file_item *item = &a->item[i++];
            const struct file_item *other = same_stream(a, item, b);
            if (other != NULL) {
                judge(comparing, item, other);
            } else {
                judge_missing(comparing, item);
            }
        } else {
            const struct file_item *item = &b->item[k++];
            if (same_stream(b, item, a) == NULL) { /* else it is judged with the other */
                judge_new(comparing, item);
            }
        }
    }
}

static void add_paths(struct verdict_rules *rules, const char *then, const char *now)
{
    if (then != NULL && now != NULL && strcmp(then, now) != 0) {
        strlist_add(&rules->then_paths, then);
        strlist_add(&rules->now_paths, now);
    }
}

void compare_runs(struct manifest *then, struct manifest *now, const struct compare_options *options,
                  struct comparison *ret_comparison)
{
    struct comparison comparison = {
        .item = xcalloc(then->outputs.count + now->outputs.count + 1, sizeof(struct comparison_item)),
        .same_exit = then->exit.code == now->exit.code && then->exit.signal == now->exit.signal,
        .rules = options->rules,
    };
    struct comparing comparing = {.then = then, .now = now, .options = options, .comparison = &comparison};
    snprintf(comparison.with, sizeof(comparison.with), "%s", then->id);
    strlist_release(&options->rules->then_paths);
    strlist_release(&options->rules->now_paths);
    add_paths(options->rules, then->circumstances.workdir, now->circumstances.workdir);
    add_paths(options->rules, then->setup.workdir, now->setup.workdir);
    file_list_sort(&then->outputs);
    file_list_sort(&now->outputs);
    judge_all(&comparing);
    for (size_t i = 0; i < comparison.count; i++) {
        comparison.counts[comparison.item[i].verdict]++;
    }
    *ret_comparison = comparison;
}

void comparison_release(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        free(comparison->item[i].detail);
        free(comparison->item[i].then_text);
        free(comparison->item[i].now_text);
    }
    free(comparison->item);
    difference_list_release(&comparison->differences);
    *comparison = (struct comparison){0};
}

bool comparison_is_good(const struct comparison *comparison)
{
    return verdict_is_good(comparison_verdict(comparison));
}

enum verdict comparison_verdict(const struct comparison *comparison)
{
    enum verdict worst = VERDICT_IDENTICAL;
    for (size_t i = 0; i < VERDICTS; i++) {
        if (comparison->counts[i] > 0) {
            worst = verdict_is_good((enum verdict)i) ? (enum verdict)i : VERDICT_DIFFERENT;
        }
    }
    return comparison->same_exit ? worst : VERDICT_DIFFERENT;
}
