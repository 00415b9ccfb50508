/* SPDX-License-Identifier: BSD-2-Clause
 * yaml: the small part of YAML 1.2 that programs write for settings. */
#include "base/yaml.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { DEPTH_MOST = 32 };

struct line {
    size_t number;
    size_t indent;
    char *text; /* without indentation, blanks and '\r' at its end; in the copy of the whole */
};

struct yaml {
    const char *name;
    struct err *err;
    char *copy;
    struct line *line;
    size_t count;
    size_t at;
    int depth;
};

enum scalar_kind { SCALAR_NULL, SCALAR_TEXT, SCALAR_NUMBER, SCALAR_BOOL, SCALAR_LIST, SCALAR_OBJECT };

struct scalar {
    enum scalar_kind kind;
    struct buf text;
    uint64_t number;
    bool yes;
};

static struct doc *read_node(struct yaml *yaml, size_t indent);

static void yaml_release(struct yaml *yaml)
{
    free(yaml->copy);
    free(yaml->line);
}

static int complain(const struct yaml *yaml, const char *what)
{
    size_t number = yaml->at < yaml->count ? yaml->line[yaml->at].number : 0;
    return err_set(yaml->err, ERR_INVALID, "%s:%zu: %s", yaml->name, number, what);
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

/* Nothing more on the line, or a comment. */
static bool is_end(const char *text)
{
    return text[0] == '\0' || (text[0] == '#');
}

/* ---- lines */

static void add_line(struct yaml *yaml, size_t number, char *text)
{
    size_t indent = strspn(text, " ");
    size_t length = strlen(text);
    while (length > indent && (text[length - 1] == ' ' || text[length - 1] == '\r')) {
        text[--length] = '\0';
    }
    if (length > indent && text[indent] != '#') {
        yaml->line[yaml->count++] = (struct line){.number = number, .indent = indent, .text = text + indent};
    }
}

static int split(struct yaml *yaml, const char *bytes, size_t length)
{
    size_t lines = 1;
    for (size_t i = 0; i < length; i++) {
        lines += bytes[i] == '\n';
    }
    yaml->copy = xstrndup(bytes, length);
    yaml->line = xcalloc(lines, sizeof(*yaml->line));
    size_t number = 0;
    for (char *text = yaml->copy; text != NULL;) {
        char *end = strchr(text, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        number++;
        if (strchr(text, '\t') != NULL) {
            return err_set(yaml->err, ERR_INVALID, "%s:%zu: a tab; blanks are read only", yaml->name, number);
        }
        add_line(yaml, number, text);
        text = end != NULL ? end + 1 : NULL;
    }
    return 0;
}

/* ---- scalars */

/* One escape of "..."; what is behind it, or NULL. */
static const char *read_escape(const char *at, struct buf *to)
{
    static const char names[] = "\\\"/ntr";
    static const char bytes[] = "\\\"/\n\t\r";
    const char *found = *at != '\0' ? strchr(names, *at) : NULL;
    if (found != NULL) {
        buf_add(to, &bytes[found - names], 1);
        return at + 1;
    }
    if (*at == 'x' && strspn(at + 1, "0123456789abcdefABCDEF") >= 2) {
        char digits[3] = {at[1], at[2], '\0'};
        char byte = (char)strtoul(digits, NULL, 16);
        buf_add(to, &byte, 1);
        return byte >= ' ' && byte < 0x7f ? at + 3 : NULL;
    }
    return NULL;
}

/* From the quotation mark on; what is behind the closing one, or NULL. */
static const char *read_quoted(const char *at, struct buf *to)
{
    const char quote = *at++;
    while (*at != '\0') {
        if (*at == quote && quote == '\'' && at[1] == '\'') {
            buf_add(to, at, 1);
            at += 2;
        } else if (*at == quote) {
            return at + 1;
        } else if (*at == '\\' && quote == '"') {
            at = read_escape(at + 1, to);
            if (at == NULL) {
                return NULL;
            }
        } else {
            buf_add(to, at++, 1);
        }
    }
    return NULL;
}

/* Where a plain scalar ends: before " #" or before ':' with a blank or the end of the line behind it. */
static size_t plain_length(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        size_t blanks = strspn(text + length, " ");
        bool colon = text[length] == ':' && (text[length + 1] == ' ' || text[length + 1] == '\0');
        if (colon || (blanks > 0 && text[length + blanks] == '#')) {
            break;
        }
        length += blanks > 0 ? blanks : 1;
    }
    while (length > 0 && text[length - 1] == ' ') {
        length--;
    }
    return length;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

static void classify(struct scalar *scalar)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    const char *word = buf_text(&scalar->text);
    scalar->kind = SCALAR_TEXT;
    if (is_one_of(word, nulls)) {
        scalar->kind = SCALAR_NULL;
    } else if (is_one_of(word, trues) || is_one_of(word, falses)) {
        scalar->kind = SCALAR_BOOL;
        scalar->yes = is_one_of(word, trues);
    } else if ((word[0] != '0' || word[1] == '\0') && text_to_u64(word, 0, UINT64_MAX, &scalar->number)) {
        scalar->kind = SCALAR_NUMBER;
    }
}

static int read_plain(const struct yaml *yaml, const char **text, struct scalar *scalar)
{
    const char *at = *text;
    size_t length = plain_length(at);
    if (strchr("[]{},&*!|>%@`\"'", at[0]) != NULL || ((at[0] == '-' || at[0] == '?') && at[1] == ' ') ||
        strcmp(at, "-") == 0 || strcmp(at, "?") == 0 || length == 0) {
        return complain(yaml, "this part of YAML is not read; values are plain or quoted text on one line");
    }
    buf_add(&scalar->text, at, length);
    classify(scalar);
    *text = at + length;
    return 0;
}

/* A value of one line; *text is what is behind it. */
static int read_scalar(const struct yaml *yaml, const char **text, struct scalar *scalar)
{
    const char *at = *text;
    if (strncmp(at, "[]", 2) == 0 || strncmp(at, "{}", 2) == 0) {
        scalar->kind = at[0] == '[' ? SCALAR_LIST : SCALAR_OBJECT;
        *text = at + 2;
        return 0;
    }
    if (at[0] != '"' && at[0] != '\'') {
        return read_plain(yaml, text, scalar);
    }
    scalar->kind = SCALAR_TEXT;
    *text = read_quoted(at, &scalar->text);
    return *text != NULL ? 0 : complain(yaml, "a quotation mark is not closed on its line, or an escape is not known");
}

/* The value at the end of a line. */
static int read_last(const struct yaml *yaml, const char *text, struct scalar *scalar)
{
    if (read_scalar(yaml, &text, scalar) < 0) {
        return -1;
    }
    const char *rest = skip_blanks(text);
    if (!is_end(rest) || (rest[0] == '#' && rest == text)) {
        return complain(yaml, "something stands behind a value");
    }
    return 0;
}

/* ---- nodes */

static bool is_item(const struct line *line)
{
    return line->text[0] == '-' && (line->text[1] == ' ' || line->text[1] == '\0');
}

static const struct line *current(const struct yaml *yaml)
{
    return yaml->at < yaml->count ? &yaml->line[yaml->at] : NULL;
}

static struct doc *doc_of(const struct scalar *scalar)
{
    return scalar->kind == SCALAR_LIST ? doc_array() : doc_object();
}

static void put_scalar(struct doc *object, const char *key, const struct scalar *scalar)
{
    switch (scalar->kind) {
    case SCALAR_NULL:
        break;
    case SCALAR_TEXT:
        doc_put_text(object, key, buf_text(&scalar->text));
        break;
    case SCALAR_NUMBER:
        doc_put_number(object, key, scalar->number);
        break;
    case SCALAR_BOOL:
        doc_put_bool(object, key, scalar->yes);
        break;
    case SCALAR_LIST:
    case SCALAR_OBJECT:
        doc_put(object, key, doc_of(scalar));
        break;
    }
}

static int append_scalar(const struct yaml *yaml, struct doc *array, const struct scalar *scalar)
{
    switch (scalar->kind) {
    case SCALAR_TEXT:
        doc_append_text(array, buf_text(&scalar->text));
        return 0;
    case SCALAR_NUMBER:
        doc_append_number(array, scalar->number);
        return 0;
    case SCALAR_LIST:
    case SCALAR_OBJECT:
        doc_append(array, doc_of(scalar));
        return 0;
    case SCALAR_NULL:
    case SCALAR_BOOL:
        break;
    }
    return complain(yaml, "null, true and false are not read in a list");
}

/* "key:" at the start of a text, quoted or plain: what is behind the colon, or NULL. */
static const char *read_key(const char *text, struct buf *key)
{
    const char *at = text;
    if (at[0] == '"' || at[0] == '\'') {
        at = read_quoted(at, key);
    } else if (strchr("[]{},&*!|>%@`?#", at[0]) == NULL) {
        size_t length = plain_length(at);
        buf_add(key, at, length);
        at += length;
    } else {
        return NULL;
    }
    at = at != NULL ? skip_blanks(at) : NULL;
    return at != NULL && at[0] == ':' && (at[1] == ' ' || at[1] == '\0') ? skip_blanks(at + 1) : NULL;
}

static bool starts_mapping(const char *text)
{
    auto_release(buf) struct buf key = {0};
    return read_key(text, &key) != NULL;
}

/* What is indented below the current line, which ends the way to it. NULL with no error: nothing is. */
static struct doc *read_below(struct yaml *yaml, size_t indent, bool items_too)
{
    yaml->at++;
    const struct line *next = current(yaml);
    if (next != NULL && (next->indent > indent || (items_too && next->indent == indent && is_item(next)))) {
        return read_node(yaml, next->indent);
    }
    return NULL;
}

static int read_item(struct yaml *yaml, size_t indent, struct doc *array)
{
    struct line *line = &yaml->line[yaml->at];
    char *rest = line->text + 1 + strspn(line->text + 1, " ");
    struct doc *value = NULL;
    if (is_end(rest)) {
        value = read_below(yaml, indent, false);
    } else if (starts_mapping(rest) || (rest[0] == '-' && (rest[1] == ' ' || rest[1] == '\0'))) {
        line->indent += (size_t)(rest - line->text); /* as if it stood on a line of its own */
        line->text = rest;
        value = read_node(yaml, line->indent);
    } else {
        struct scalar scalar = {0};
        int result = read_last(yaml, rest, &scalar) < 0 ? -1 : append_scalar(yaml, array, &scalar);
        buf_release(&scalar.text);
        yaml->at++;
        return result;
    }
    if (value == NULL) {
        return yaml->err->kind != ERR_NONE ? -1 : complain(yaml, "an element of a list says nothing");
    }
    doc_append(array, value);
    return 0;
}

static int read_member(struct yaml *yaml, size_t indent, struct doc *object)
{
    auto_release(buf) struct buf key = {0};
    const char *rest = read_key(yaml->line[yaml->at].text, &key);
    if (rest == NULL) {
        return complain(yaml, "expected 'key: value'; other parts of YAML are not read");
    }
    const char *name = buf_text(&key);
    if (name[0] == '\0' || doc_get(object, name) != NULL) {
        return complain(yaml, name[0] == '\0' ? "a key is empty" : "a key comes twice");
    }
    if (is_end(rest)) {
        struct doc *value = read_below(yaml, indent, true);
        if (value != NULL) {
            doc_put(object, name, value);
        }
        return value == NULL && yaml->err->kind != ERR_NONE ? -1 : 0;
    }
    struct scalar scalar = {0};
    int result = read_last(yaml, rest, &scalar);
    if (result == 0) {
        put_scalar(object, name, &scalar);
        yaml->at++;
    }
    buf_release(&scalar.text);
    return result;
}

/* All that stands at this indentation. NULL with an error. */
static struct doc *read_node(struct yaml *yaml, size_t indent)
{
    if (yaml->depth >= DEPTH_MOST) {
        complain(yaml, "nested too deeply");
        return NULL;
    }
    yaml->depth++;
    bool list = is_item(&yaml->line[yaml->at]); /* the caller has seen it */
    struct doc *node = list ? doc_array() : doc_object();
    const struct line *line;
    int result = 0;
    while (result == 0 && (line = current(yaml)) != NULL && line->indent == indent && is_item(line) == list) {
        result = list ? read_item(yaml, indent, node) : read_member(yaml, indent, node);
    }
    if (result == 0 && (line = current(yaml)) != NULL && line->indent > indent) {
        result = complain(yaml, "indented for no reason that is read here, as text over several lines would be");
    }
    yaml->depth--;
    if (result < 0) {
        doc_free(node);
        return NULL;
    }
    return node;
}

struct doc *yaml_parse(const char *name, const char *bytes, size_t length, struct err *err)
{
    auto_release(yaml) struct yaml yaml = {.name = name, .err = err};
    if (memchr(bytes, '\0', length) != NULL || !text_is_utf8(bytes, length)) {
        err_set(err, ERR_INVALID, "%s: is no text in UTF-8", name);
        return NULL;
    }
    if (split(&yaml, bytes, length) < 0) {
        return NULL;
    }
    if (yaml.count > 0 && strcmp(yaml.line[0].text, "---") == 0) {
        yaml.at++;
    }
    const struct line *first = current(&yaml);
    if (first == NULL || first->indent > 0 || is_item(first)) {
        complain(&yaml, "expected 'key: value' on the first line");
        return NULL;
    }
    struct doc *top = read_node(&yaml, 0);
    if (top != NULL && yaml.at < yaml.count) {
        complain(&yaml, "something stands behind the end");
        doc_free(top);
        return NULL;
    }
    return top;
}
