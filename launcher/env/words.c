/* SPDX-License-Identifier: BSD-2-Clause
 * words: a line of text as the words of a command. */
#include "env/words.h"

#include <string.h>

#include "base/auto.h"

/* Appends the word at `text` without its quotation marks; the end of the word, or NULL when a mark is open. */
static const char *take_word(const char *text, struct buf *word)
{
    while (*text != '\0' && *text != ' ' && *text != '\t') {
        if (*text != '\'' && *text != '"') {
            buf_add(word, text++, 1);
            continue;
        }
        const char *close = strchr(text + 1, *text);
        if (close == NULL) {
            return NULL;
        }
        buf_add(word, text + 1, (size_t)(close - text - 1));
        text = close + 1;
    }
    return text;
}

bool words_split(const char *text, struct strlist *ret_words)
{
    text += strspn(text, " \t");
    while (*text != '\0') {
        auto_release(buf) struct buf word = {0};
        text = take_word(text, &word);
        if (text == NULL) {
            return false;
        }
        strlist_add(ret_words, buf_text(&word));
        text += strspn(text, " \t");
    }
    return true;
}

static void add_quoted(struct buf *line, const char *word)
{
    char before = '\0';
    buf_add_text(line, "'");
    for (; *word != '\0'; before = *word++) {
        if (*word == '\'') {
            buf_add_text(line, "'\"'\"'");
            continue;
        }
        bool comment = *word == ';' && (before == ' ' || before == '\t');
        buf_add_text(line, comment ? "''" : "");
        buf_add(line, word, 1);
    }
    buf_add_text(line, "'");
}

void words_join(const struct strlist *words, struct buf *line)
{
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->item[i];
        buf_add_text(line, i > 0 ? " " : "");
        if (word[0] == '\0' || strpbrk(word, " \t'\"") != NULL || word[0] == ';') {
            add_quoted(line, word);
        } else {
            buf_add_text(line, word);
        }
    }
}
