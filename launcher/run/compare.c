/* SPDX-License-Identifier: BSD-2-Clause
 * compare: the outputs of two runs of one experiment, one by one. */
#include "run/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"same", "differs", "missing", "new"};
    return names[verdict];
}

static void add(struct comparison *comparison, const char *path, enum verdict verdict)
{
    comparison->item[comparison->count++] = (struct comparison_item){.path = path, .verdict = verdict};
    comparison->unequal += verdict != VERDICT_SAME;
}

static bool same_content(const struct file_item *a, const struct file_item *b)
{
    switch (a->type) {
    case FILE_REGULAR:
        /* Without a digest nothing is known, and that is not the same. */
        return a->has_digest && b->has_digest && digest_equal(&a->digest, &b->digest);
    case FILE_LINK:
        return a->target != NULL && b->target != NULL && strcmp(a->target, b->target) == 0;
    case FILE_DIRECTORY:
    case FILE_OTHER:
        return true;
    }
    return false;
}

static enum verdict judge(const struct file_item *then, const struct file_item *now)
{
    if (then->change == FILE_DELETED || now->change == FILE_DELETED) {
        return then->change == now->change ? VERDICT_SAME
                                           : (now->change == FILE_DELETED ? VERDICT_MISSING : VERDICT_DIFFERS);
    }
    if (then->type != now->type || !same_content(then, now)) {
        return VERDICT_DIFFERS;
    }
    bool mode_counts = then->type != FILE_LINK && then->role == NULL && now->role == NULL;
    return !mode_counts || then->mode == now->mode ? VERDICT_SAME : VERDICT_DIFFERS;
}

void compare_runs(struct manifest *then, struct manifest *now, struct comparison *ret_comparison)
{
    struct file_list *a = &then->outputs;
    struct file_list *b = &now->outputs;
    file_list_sort(a);
    file_list_sort(b);
    *ret_comparison = (struct comparison){
        .item = xcalloc(a->count + b->count + 1, sizeof(struct comparison_item)),
        .same_exit = then->exit.code == now->exit.code && then->exit.signal == now->exit.signal,
    };
    size_t i = 0;
    size_t k = 0;
    while (i < a->count || k < b->count) {
        int order = i == a->count ? 1 : k == b->count ? -1 : strcmp(a->item[i].path, b->item[k].path);
        if (order < 0) {
            /* What was deleted then and never there now is gone in both. */
            bool gone = a->item[i].change == FILE_DELETED;
            add(ret_comparison, a->item[i++].path, gone ? VERDICT_SAME : VERDICT_MISSING);
        } else if (order > 0) {
            add(ret_comparison, b->item[k++].path, VERDICT_NEW);
        } else {
            add(ret_comparison, a->item[i].path, judge(&a->item[i], &b->item[k]));
            i++;
            k++;
        }
    }
}

void comparison_release(struct comparison *comparison)
{
    free(comparison->item);
    *comparison = (struct comparison){0};
}
