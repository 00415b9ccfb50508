/* SPDX-License-Identifier: BSD-2-Clause
 * config_edit: one key of the text of a config file set or taken out. */
#include "env/config_edit.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

/* The file as it was, line by line, and as it will be. */
struct edit {
    const struct config_key *key;
    const struct strlist *values;
    struct buf text;
    bool inside;    /* the section of the key */
    bool placed;    /* the new lines are in the text */
    size_t section; /* the end of the last line of the section that says something; 0: there is none */
};

static bool is_word(const char *at, const char *end, const char *word)
{
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) {
        end--;
    }
    return (size_t)(end - at) == strlen(word) && strncmp(at, word, strlen(word)) == 0;
}

static bool is_key(const struct edit *edit, const char *line, size_t length)
{
    const char *equals = memchr(line, '=', length);
    return edit->inside && equals != NULL && is_word(line, equals, edit->key->key);
}

static void add_lines(const struct edit *edit, struct buf *to)
{
    for (size_t i = 0; i < edit->values->count; i++) {
        buf_addf(to, "%s = %s\n", edit->key->key, edit->values->item[i]);
    }
}

static void take_line(struct edit *edit, const char *line, size_t length)
{
    const char *close = length > 0 && line[0] == '[' ? memchr(line, ']', length) : NULL;
    bool blank = is_word(line, line + length, "");
    if (close != NULL) {
        edit->inside = is_word(line + 1, close, edit->key->section);
    }
    if (is_key(edit, line, length)) {
        if (!edit->placed) {
            add_lines(edit, &edit->text);
            edit->placed = true;
            edit->section = edit->text.length;
        }
        return;
    }
    buf_add(&edit->text, line, length);
    buf_add_text(&edit->text, "\n");
    if (edit->inside && !blank) {
        edit->section = edit->text.length;
    }
}

static void place(struct edit *edit)
{
    struct buf text = {0};
    const char *old = buf_text(&edit->text);
    if (edit->section > 0) {
        buf_add(&text, old, edit->section);
        add_lines(edit, &text);
        buf_add_text(&text, old + edit->section);
    } else {
        buf_addf(&text, "%s%s[%s]\n", old, edit->text.length > 0 ? "\n" : "", edit->key->section);
        add_lines(edit, &text);
    }
    buf_release(&edit->text);
    edit->text = text;
}

char *config_edit(const char *text, const struct config_key *key, const struct strlist *values)
{
    struct edit edit = {.key = key, .values = values};
    buf_add_text(&edit.text, "");
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        take_line(&edit, text, length);
        text += length + (text[length] == '\n');
    }
    if (!edit.placed && values->count > 0) {
        place(&edit);
    }
    return buf_take(&edit.text);
}
