/* SPDX-License-Identifier: BSD-2-Clause
 * quote: words as a shell reads them, and any text made fit for a terminal. */
#include "base/quote.h"

#include <stdbool.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

/* Without '~' and '#', which mean something in front of a word. */
static bool is_plain(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
    return word[0] != '\0' && strspn(word, plain) == strlen(word);
}

void quote_word(struct buf *line, const char *word)
{
    if (is_plain(word)) {
        buf_add_text(line, word);
        return;
    }
    buf_add_text(line, "'");
    for (const char *at = word; *at != '\0';) {
        size_t length = strcspn(at, "'");
        buf_add(line, at, length);
        at += length;
        if (*at == '\'') {
            buf_add_text(line, "'\\''");
            at++;
        }
    }
    buf_add_text(line, "'");
}

void quote_escape(struct buf *line, const char *text)
{
    enum { LONGEST = 12 }; /* \u{NNNNNN} and some room */
    size_t length = strlen(text);
    size_t size = length * LONGEST + 1;
    auto_free char *shown = xmalloc(size);
    text_escape(shown, size, text, length);
    buf_add_text(line, shown);
}
