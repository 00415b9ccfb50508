/* SPDX-License-Identifier: BSD-2-Clause
 * pin_write: the definition of what was pinned. */
#include "supply/pin_write.h"

#include <string.h>

#include "base/auto.h"
#include "base/keyfile.h"
#include "base/text.h"
#include "env/words.h"

static bool has_control(const char *value)
{
    for (; *value != '\0'; value++) {
        if ((unsigned char)*value < ' ' || *value == '\x7f') {
            return true;
        }
    }
    return false;
}

/* What the reader of definitions makes of a value: a blank at its ends is lost, and from " ;" on it is a comment. */
const char *pin_value_problem(const char *key, const char *value)
{
    size_t length = strlen(value);
    if (strlen(key) + strlen(" = ") + length > KEYFILE_LINE) {
        return "is too long for a line of a definition";
    }
    if (has_control(value) || !text_is_utf8(value, length)) {
        return "has a control character, or is not UTF-8";
    }
    if (value[0] == ';' || value[0] == ' ' || strstr(value, " ;") != NULL || (length > 0 && value[length - 1] == ' ')) {
        return "has a blank at its beginning or end, or a semicolon after a blank, which begins a comment";
    }
    return NULL;
}

static int add_line(struct buf *text, const char *key, const char *value, struct err *err)
{
    const char *why = pin_value_problem(key, value);
    if (why != NULL) {
        return err_set(err, ERR_USAGE, "%s '%s' %s", key, value, why);
    }
    buf_addf(text, "%s = %s\n", key, value);
    return 0;
}

/* A name that somebody else gave is not worth a refusal. */
static int add_description(struct buf *text, const struct pin *pin, const struct pin_words *words, struct err *err)
{
    const char *value = words->description != NULL ? words->description : pin->description;
    bool given = words->description != NULL;
    return given || pin_value_problem("description", value) == NULL ? add_line(text, "description", value, err)
                                                                    : add_line(text, "description", words->name, err);
}

static void add_head(struct buf *text, const struct pin_words *words)
{
    auto_release(buf) struct buf line = {0};
    buf_addf(&line, "; Pinned from %s", words->source);
    bool fits = line.length <= KEYFILE_LINE && !has_control(words->source) &&
                text_is_utf8(words->source, strlen(words->source));
    buf_addf(text, "%s\n; by 'sciwrap pin'. Format: sciwrap-environment(5).\n", fits ? buf_text(&line) : "; Pinned");
}

static int add_command(struct buf *text, const struct pin *pin, const struct pin_words *words, struct err *err)
{
    auto_release(buf) struct buf own = {0};
    if (words->command != NULL) {
        return add_line(text, "command", words->command, err);
    }
    words_join(&pin->command, &own);
    if (own.length > 0 && pin_value_problem("; the image's own command", buf_text(&own)) == NULL) {
        buf_addf(text, "; the image's own command = %s\n", buf_text(&own));
    } else if (own.length == 0) {
        buf_addf(text, "; command = PROGRAM: what 'sciwrap run %s' starts; 'sciwrap exec %s PROGRAM' needs none\n",
                 words->name, words->name);
    }
    return 0;
}

int pin_format(const struct pin *pin, const struct pin_words *words, struct buf *text, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&pin->sha256, hex);
    add_head(text, words);
    buf_add_text(text, "[environment]\n");
    if (add_description(text, pin, words, err) < 0 || add_command(text, pin, words, err) < 0) {
        return -1;
    }
    buf_addf(text, "\n[artifact]\n%ssha256 = %s\nsize = %llu\n", pin->image ? "type = image\n" : "", hex,
             (unsigned long long)pin->size);
    if (pin->tag != NULL && pin_value_problem("tag", pin->tag) == NULL) {
        buf_addf(text, "tag = %s\n", pin->tag);
    }
    return add_line(text, "url", pin->url, err);
}
