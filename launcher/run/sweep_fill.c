/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_fill: the part of sweep.h about `{name}` in words. */
#include <inttypes.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"
#include "run/sweep.h"

/* The column of that name, or `columns.count`. */
static size_t find_column(const struct sweep *sweep, const char *name, size_t length)
{
    size_t i = 0;
    while (i < sweep->columns.count &&
           (strlen(sweep->columns.item[i]) != length || memcmp(sweep->columns.item[i], name, length) != 0)) {
        i++;
    }
    return i;
}

static bool is_known(const struct sweep *sweep, const char *name, size_t length)
{
    bool column = sweep != NULL && find_column(sweep, name, length) < sweep->columns.count;
    return column || (length == strlen(SWEEP_TASK) && memcmp(name, SWEEP_TASK, length) == 0);
}

static int complain_unknown(const struct sweep *sweep, const char *word, const char *name, struct err *err)
{
    struct strlist names = {0};
    struct buf list = {0};
    for (size_t i = 0; sweep != NULL && i < sweep->columns.count; i++) {
        strlist_add(&names, sweep->columns.item[i]);
    }
    strlist_add(&names, SWEEP_TASK);
    const char *near = text_nearest(name, (const char *const *)strlist_items(&names));
    if (near != NULL) {
        buf_addf(&list, "did you mean '{%s}'?", near);
    } else {
        buf_add_text(&list, "there is ");
        for (size_t i = 0; i < names.count && i < 8; i++) {
            buf_addf(&list, "%s{%s}", i > 0 ? ", " : "", names.item[i]);
        }
        buf_add_text(&list, names.count > 8 ? ", ..." : "");
    }
    err_set(err, ERR_USAGE, "'%s': '{%s}' is no column; %s; a brace that is meant is written '{{'", word, name,
            buf_text(&list));
    buf_release(&list);
    strlist_release(&names);
    return -1;
}

static int check_word(const struct sweep *sweep, const char *word, struct err *err)
{
    const char *at = word;
    while ((at = strchr(at, '{')) != NULL) {
        if (at[1] == '{') {
            at += 2;
            continue;
        }
        const char *close = strchr(at, '}');
        if (close == NULL) {
            return err_set(err, ERR_USAGE, "'%s': a '{' that no '}' follows; a brace that is meant is written '{{'",
                           word);
        }
        size_t length = (size_t)(close - at - 1);
        auto_free char *name = xstrndup(at + 1, length);
        if (!is_known(sweep, name, length)) {
            return complain_unknown(sweep, word, name, err);
        }
        at = close + 1;
    }
    return 0;
}

int sweep_check(const struct sweep *sweep, const struct strlist *words, struct err *err)
{
    for (size_t i = 0; i < words->count; i++) {
        if (check_word(sweep, words->item[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static void fill_word(const struct sweep *sweep, uint64_t task, const char *word, struct buf *filled)
{
    for (const char *at = word; *at != '\0';) {
        size_t length = strcspn(at, "{");
        buf_add(filled, at, length);
        at += length;
        if (*at == '\0') {
            break;
        }
        if (at[1] == '{') {
            buf_add_text(filled, "{");
            at += 2;
            continue;
        }
        length = strcspn(at, "}") - 1;
        size_t column = sweep != NULL ? find_column(sweep, at + 1, length) : 0;
        if (sweep != NULL && column < sweep->columns.count) {
            buf_add_text(filled, sweep_cell(sweep, (size_t)task, column));
        } else {
            buf_addf(filled, "%" PRIu64, task);
        }
        at += length + 2;
    }
}

void sweep_fill(const struct sweep *sweep, uint64_t task, const struct strlist *words, struct strlist *ret_filled)
{
    for (size_t i = 0; i < words->count; i++) {
        struct buf filled = {0};
        fill_word(sweep, task, words->item[i], &filled);
        strlist_take(ret_filled, buf_take(&filled));
    }
}
