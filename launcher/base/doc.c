/* SPDX-License-Identifier: BSD-2-Clause
 * doc: JSON documents. A struct doc is the library's value under another name; it is never defined. */
#include "base/doc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"

/* The library returns NULL when there is no memory (or for text that is not UTF-8, which never gets here). */
static void *must(void *value)
{
    if (value == NULL) {
        abort();
    }
    return value;
}

static json_t *json_of(struct doc *doc)
{
    return (json_t *)doc;
}

static const json_t *json_of_const(const struct doc *doc)
{
    return (const json_t *)doc;
}

struct doc *doc_object(void)
{
    return must(json_object());
}

struct doc *doc_array(void)
{
    return must(json_array());
}

void doc_free(struct doc *doc)
{
    json_decref(json_of(doc));
}

static json_t *text_value(const char *text)
{
    size_t length = strlen(text);
    if (text_is_utf8(text, length)) {
        return must(json_stringn(text, length));
    }
    auto_free char *encoded = base64_encode((const unsigned char *)text, length);
    return must(json_pack("{s:s}", "base64", encoded));
}

void doc_put(struct doc *object, const char *key, struct doc *value)
{
    if (json_object_set_new(json_of(object), key, json_of(value)) < 0) {
        abort();
    }
}

void doc_put_text(struct doc *object, const char *key, const char *text)
{
    if (text != NULL) {
        doc_put(object, key, (struct doc *)text_value(text));
    }
}

static struct doc *number_value(uint64_t number)
{
    /* JSON's readers agree on integers up to 2^53, the library's type ends at 2^63: no size or time comes near. */
    json_int_t value = number > INT64_MAX ? INT64_MAX : (json_int_t)number;
    return must(json_integer(value));
}

void doc_put_number(struct doc *object, const char *key, uint64_t number)
{
    doc_put(object, key, number_value(number));
}

void doc_put_bool(struct doc *object, const char *key, bool value)
{
    doc_put(object, key, must(json_boolean(value)));
}

void doc_put_real(struct doc *object, const char *key, double value)
{
    doc_put(object, key, must(json_real(value)));
}

void doc_put_digest(struct doc *object, const char *key, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    doc_put_text(object, key, hex);
}

void doc_put_mode(struct doc *object, const char *key, mode_t mode)
{
    char text[8];
    snprintf(text, sizeof(text), "%04o", (unsigned)mode & 07777U);
    doc_put_text(object, key, text);
}

void doc_put_texts(struct doc *object, const char *key, const struct strlist *texts)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < texts->count; i++) {
        doc_append_text(array, texts->item[i]);
    }
    doc_put(object, key, array);
}

void doc_append(struct doc *array, struct doc *value)
{
    if (json_array_append_new(json_of(array), json_of(value)) < 0) {
        abort();
    }
}

void doc_append_text(struct doc *array, const char *text)
{
    doc_append(array, (struct doc *)text_value(text));
}

void doc_append_number(struct doc *array, uint64_t number)
{
    doc_append(array, number_value(number));
}

char *doc_print(const struct doc *doc)
{
    char *text = must(json_dumps(json_of_const(doc), JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15)));
    size_t length = strlen(text);
    text = xrealloc(text, length + 2);
    text[length] = '\n';
    text[length + 1] = '\0';
    return text;
}

struct doc *doc_parse(const char *name, const char *bytes, size_t length, struct err *err)
{
    json_error_t error;
    json_t *value = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
    if (value == NULL) {
        err_set(err, ERR_INVALID, "%s:%d: %s", name, error.line, error.text);
        return NULL;
    }
    if (!json_is_object(value)) {
        json_decref(value);
        err_set(err, ERR_INVALID, "%s: is not a JSON object", name);
        return NULL;
    }
    return (struct doc *)value;
}

struct doc *doc_load(const char *path, size_t most, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    return fs_read_path(path, most, &text, err) == 0 ? doc_parse(path, buf_text(&text), text.length, err) : NULL;
}

const struct doc *doc_get(const struct doc *object, const char *key)
{
    return (const struct doc *)json_object_get(json_of_const(object), key);
}

size_t doc_count(const struct doc *array)
{
    return json_array_size(json_of_const(array));
}

const struct doc *doc_at(const struct doc *array, size_t index)
{
    return (const struct doc *)json_array_get(json_of_const(array), index);
}

char *doc_text(const struct doc *value)
{
    const json_t *json = json_of_const(value);
    if (json_is_string(json)) {
        return xstrdup(json_string_value(json));
    }
    const json_t *encoded = json_object_get(json, "base64");
    return json_is_string(encoded) ? base64_decode(json_string_value(encoded)) : NULL;
}

char *doc_plain_text(const struct doc *value)
{
    const char *text = json_string_value(json_of_const(value));
    return text != NULL ? xstrdup(text) : NULL;
}

bool doc_is_object(const struct doc *value)
{
    return json_is_object(json_of_const(value));
}

bool doc_is_array(const struct doc *value)
{
    return json_is_array(json_of_const(value));
}

bool doc_is_null(const struct doc *value)
{
    return json_is_null(json_of_const(value));
}

char *doc_get_text(const struct doc *object, const char *key)
{
    return doc_text(doc_get(object, key));
}

static char *describe_array(const struct doc *array)
{
    struct buf text = {0};
    for (size_t i = 0; i < doc_count(array); i++) {
        auto_free char *element = doc_describe(doc_at(array, i));
        buf_addf(&text, "%s%s", i > 0 ? " " : "", element != NULL ? element : "?");
    }
    return buf_take(&text);
}

char *doc_describe(const struct doc *value)
{
    const json_t *json = json_of_const(value);
    if (json_is_integer(json)) {
        return xasprintf("%lld", (long long)json_integer_value(json));
    }
    if (json_is_real(json)) {
        return xasprintf("%.15g", json_real_value(json));
    }
    if (json_is_boolean(json)) {
        return xstrdup(json_is_true(json) ? "yes" : "no");
    }
    return json_is_array(json) ? describe_array(value) : doc_text(value);
}

bool doc_get_number(const struct doc *object, const char *key, uint64_t *ret_number)
{
    const json_t *json = json_of_const(doc_get(object, key));
    if (!json_is_integer(json) || json_integer_value(json) < 0) {
        return false;
    }
    *ret_number = (uint64_t)json_integer_value(json);
    return true;
}

bool doc_get_real(const struct doc *object, const char *key, double *ret_number)
{
    const json_t *json = json_of_const(doc_get(object, key));
    if (!json_is_number(json)) {
        return false;
    }
    *ret_number = json_number_value(json);
    return true;
}

bool doc_get_bool(const struct doc *object, const char *key)
{
    return json_is_true(json_of_const(doc_get(object, key)));
}

void doc_keys(const struct doc *object, struct strlist *ret_keys)
{
    /* The library's iteration is not const-correct; nothing is changed. */
    union {
        const struct doc *seen;
        json_t *json;
    } both = {.seen = object};
    for (void *at = json_object_iter(both.json); at != NULL; at = json_object_iter_next(both.json, at)) {
        strlist_add(ret_keys, json_object_iter_key(at));
    }
}
