/* SPDX-License-Identifier: BSD-2-Clause
 * words: a line of text as the words of a command. */
#include "env/words.h"

#include <string.h>

#include "base/auto.h"
#include "base/buf.h"

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
