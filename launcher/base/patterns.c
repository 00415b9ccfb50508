/* SPDX-License-Identifier: BSD-2-Clause
 * patterns: POSIX extended regular expressions for what a comparison of text passes over. */
#include "base/patterns.h"

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

struct pattern {
    regex_t regex;
};

static int complain(const char *text, const char *problem, struct err *err)
{
    return err_set(err, ERR_USAGE, "the pattern '%s': %s", text, problem);
}

int patterns_add(struct patterns *patterns, const char *text, struct err *err)
{
    struct pattern pattern;
    char problem[128];
    int result = regcomp(&pattern.regex, text, REG_EXTENDED | REG_NEWLINE);
    if (result != 0) {
        regerror(result, &pattern.regex, problem, sizeof(problem));
        return complain(text, problem, err);
    }
    if (regexec(&pattern.regex, "", 0, NULL, 0) == 0) {
        regfree(&pattern.regex);
        return complain(text, "matches the empty text, so it would match everywhere", err);
    }
    patterns->item = xreallocarray(patterns->item, patterns->count + 1, sizeof(*patterns->item));
    patterns->item[patterns->count++] = pattern;
    strlist_add(&patterns->texts, text);
    return 0;
}

void patterns_release(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++) {
        regfree(&patterns->item[i].regex);
    }
    free(patterns->item);
    strlist_release(&patterns->texts);
    *patterns = (struct patterns){0};
}

/* The line is not terminated and may hold NUL bytes: REG_STARTEND, which BSD and the GNU library have, takes its ends
 * out of `match`. */
static bool find(const struct pattern *pattern, const char *line, size_t from, size_t length, regmatch_t *match)
{
    *match = (regmatch_t){.rm_so = (regoff_t)from, .rm_eo = (regoff_t)length};
    return from < length && regexec(&pattern->regex, line, 1, match, REG_STARTEND | (from > 0 ? REG_NOTBOL : 0)) == 0;
}

static size_t mask_one(const struct pattern *pattern, const char *line, size_t length, const char *mark,
                       struct buf *ret_line)
{
    regmatch_t match;
    size_t from = 0;
    size_t found = 0;
    while (find(pattern, line, from, length, &match)) {
        size_t start = (size_t)match.rm_so;
        size_t end = (size_t)match.rm_eo;
        if (end <= start) { /* a place between two bytes, such as the beginning of a word: nothing to mask */
            size_t next = start < length ? start + 1 : length;
            buf_add(ret_line, line + from, next - from);
            from = next;
            continue;
        }
        found++;
        buf_add(ret_line, line + from, start - from);
        if (start > 0 || end < length) {
            buf_add_text(ret_line, mark);
        }
        from = end;
    }
    buf_add(ret_line, line + from, length - from);
    return found;
}

size_t patterns_mask(const struct patterns *patterns, const char *line, size_t length, const char *mark,
                     struct buf *ret_line)
{
    struct buf from = {0};
    struct buf to = {0};
    size_t found = 0;
    buf_add(&from, line, length);
    for (size_t i = 0; i < patterns->count; i++) {
        struct buf swap = from;
        buf_clear(&to);
        found += mask_one(&patterns->item[i], buf_text(&from), from.length, mark, &to);
        from = to;
        to = swap;
    }
    buf_add(ret_line, buf_text(&from), from.length);
    buf_release(&from);
    buf_release(&to);
    return found;
}
