/* SPDX-License-Identifier: BSD-2-Clause
 * scan: reads JSON in one pass and takes only what is asked for. */
#include "run/scan.h"

#include <string.h>

#include "base/auto.h"
#include "base/base64.h"
#include "base/text.h"

struct scan scan_of(const char *text, size_t length)
{
    return (struct scan){.at = text, .end = text + length};
}

/* Everything after this returns false and stands still. */
static bool refuse(struct scan *scan)
{
    scan->bad = true;
    scan->at = scan->end;
    return false;
}

/* The next byte that counts. The text ends in a NUL, which is no space and starts no value: no loop runs over it. */
static char peek(struct scan *scan)
{
    while (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t') {
        scan->at++;
    }
    return *scan->at;
}

static const char *at_next(struct scan *scan)
{
    (void)peek(scan);
    return scan->at;
}

static bool take(struct scan *scan, char wanted)
{
    if (scan->bad || peek(scan) != wanted) {
        return refuse(scan);
    }
    scan->at++;
    return true;
}

static bool enter(struct scan *scan, char bracket)
{
    if (scan->bad) {
        return false;
    }
    if (peek(scan) != bracket) {
        scan_skip(scan);
        return false;
    }
    if (scan->depth == SCAN_DEEPEST) {
        return refuse(scan);
    }
    uint64_t bit = UINT64_C(1) << (scan->depth % 64);
    uint64_t *word = &scan->is_object[scan->depth / 64];
    *word = bracket == '{' ? *word | bit : *word & ~bit;
    scan->depth++;
    scan->first = true;
    scan->at++;
    return true;
}

/* To the next member or element; false at the closing bracket, which is consumed. */
static bool advance(struct scan *scan, char closing)
{
    if (scan->bad) {
        return false;
    }
    if (peek(scan) == closing) {
        scan->at++;
        scan->depth--;
        scan->first = false;
        return false;
    }
    if (!scan->first && !take(scan, ',')) {
        return false;
    }
    scan->first = false;
    return true;
}

/* How many bytes from `at` on are neither a quote, a backslash, a control character nor beyond ASCII, as far as eight
 * at a time can tell: strings are most of a manifest. A byte that is less than what is taken from it borrows, which
 * sets its high bit; a borrow from its neighbour can set that of a plain byte too, which is then looked at by itself.
 */
static size_t plain_bytes(const char *at, const char *end)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101);
    static const uint64_t highs = UINT64_C(0x8080808080808080);
    const char *start = at;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        uint64_t quote = word ^ (ones * '"');
        uint64_t slash = word ^ (ones * '\\');
        uint64_t special = word | (word - ones * 0x20) | (quote - ones) | (slash - ones);
        if ((special & highs) != 0) {
            break;
        }
    }
    return (size_t)(at - start);
}

/* From the opening quote over the closing one. What the escapes mean is not looked at, only that the string ends. */
static bool skip_string(struct scan *scan)
{
    if (!take(scan, '"')) {
        return false;
    }
    const char *start = scan->at;
    const char *at = start + plain_bytes(start, scan->end);
    unsigned char seen = 0;
    while (*at != '"') {
        if ((unsigned char)*at < 0x20) { /* among them the NUL at the end */
            return refuse(scan);
        }
        at += *at == '\\' && at[1] != '\0';
        seen |= (unsigned char)*at++;
    }
    if (seen >= 0x80 && !text_is_utf8(start, (size_t)(at - start))) {
        return refuse(scan);
    }
    scan->at = at + 1;
    return true;
}

/* Numbers are taken for what they look like: a torn file has no almost-numbers. */
static bool skip_scalar(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    char next = peek(scan);
    if (next == '"') {
        return skip_string(scan);
    }
    if (next == '-' || (next >= '0' && next <= '9')) {
        scan->at += strspn(scan->at, "+-.0123456789eE");
        return true;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncmp(scan->at, words[i], strlen(words[i])) == 0) {
            scan->at += strlen(words[i]);
            return true;
        }
    }
    return refuse(scan);
}

bool scan_object(struct scan *scan)
{
    return enter(scan, '{');
}

bool scan_array(struct scan *scan)
{
    return enter(scan, '[');
}

static bool top_is_object(const struct scan *scan)
{
    unsigned top = scan->depth - 1;
    return (scan->is_object[top / 64] >> (top % 64) & 1) != 0;
}

bool scan_member(struct scan *scan)
{
    if (!advance(scan, '}')) {
        return false;
    }
    scan->key = at_next(scan) + 1;
    if (!skip_string(scan)) {
        return false;
    }
    scan->key_length = (size_t)(scan->at - scan->key) - 1;
    return take(scan, ':');
}

bool scan_element(struct scan *scan)
{
    return advance(scan, ']');
}

/* A loop and no recursion: how deep foreign text nests must not decide how much stack is used. */
void scan_skip(struct scan *scan)
{
    unsigned base = scan->depth;
    do {
        char next = scan->bad ? '\0' : peek(scan);
        if (next == '{' || next == '[') {
            (void)enter(scan, next);
        } else if (!scan->bad) {
            (void)skip_scalar(scan);
        }
        while (!scan->bad && scan->depth > base && !(top_is_object(scan) ? scan_member(scan) : scan_element(scan))) {
        }
    } while (!scan->bad && scan->depth > base);
}

static bool hex_unit(const char *at, unsigned *ret_unit)
{
    unsigned unit = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = at[i] != '\0' ? strchr(digits, at[i]) : NULL;
        if (digit == NULL) {
            return false;
        }
        unit = unit << 4 | ((unsigned)(digit - digits) & 15);
    }
    *ret_unit = unit;
    return true;
}

static void add_utf8(struct buf *text, unsigned point)
{
    char bytes[4];
    size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i-- > 1; point >>= 6) {
        bytes[i] = (char)(0x80 | (point & 0x3f));
    }
    bytes[0] = (char)(lead[length] | point);
    buf_add(text, bytes, length);
}

/* "u" and its digits, of one unit or of a pair of surrogates. The length, 0 when it stands for no character. */
static size_t add_unit(struct buf *text, const char *at)
{
    unsigned unit = 0;
    unsigned low = 0;
    if (!hex_unit(at + 1, &unit) || unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return 0;
    }
    if (unit < 0xd800 || unit > 0xdbff) {
        add_utf8(text, unit);
        return 5;
    }
    if (at[5] != '\\' || at[6] != 'u' || !hex_unit(at + 7, &low) || low < 0xdc00 || low > 0xdfff) {
        return 0;
    }
    add_utf8(text, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
    return 11;
}

/* Appends what the inside of a string stands for. */
static bool unescape(struct buf *text, const char *at, const char *end)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    while (at < end) {
        const char *stop = memchr(at, '\\', (size_t)(end - at));
        buf_add(text, at, (size_t)((stop != NULL ? stop : end) - at));
        if (stop == NULL) {
            return true;
        }
        const char *escape = stop[1] != '\0' ? strchr(escapes, stop[1]) : NULL;
        size_t length = 1;
        if (escape != NULL) {
            buf_add(text, &meanings[escape - escapes], 1);
        } else {
            length = stop[1] == 'u' ? add_unit(text, stop + 1) : 0;
        }
        if (length == 0) {
            return false;
        }
        at = stop + 1 + length;
    }
    return true;
}

bool scan_key_is(const struct scan *scan, const char *key)
{
    if (memchr(scan->key, '\\', scan->key_length) == NULL) {
        return strlen(key) == scan->key_length && memcmp(key, scan->key, scan->key_length) == 0;
    }
    auto_release(buf) struct buf plain = {0};
    return unescape(&plain, scan->key, scan->key + scan->key_length) && strcmp(buf_text(&plain), key) == 0;
}

static bool scan_string(struct scan *scan, struct buf *text)
{
    const char *inside = at_next(scan) + 1;
    if (!skip_string(scan)) {
        return false;
    }
    return unescape(text, inside, scan->at - 1) || refuse(scan);
}

static bool add_decoded(struct buf *text, const char *encoded)
{
    auto_free char *bytes = base64_decode(encoded);
    if (bytes != NULL) {
        buf_add_text(text, bytes);
    }
    return bytes != NULL;
}

bool scan_text(struct scan *scan, struct buf *text)
{
    bool found = false;
    if (scan->bad) {
        return false;
    }
    if (peek(scan) == '"') {
        return scan_string(scan, text);
    }
    if (!scan_object(scan)) {
        return false;
    }
    while (scan_member(scan)) {
        if (scan_key_is(scan, "base64") && peek(scan) == '"') {
            auto_release(buf) struct buf encoded = {0};
            found = scan_string(scan, &encoded) && add_decoded(text, buf_text(&encoded));
        } else {
            scan_skip(scan);
        }
    }
    return found && !scan->bad;
}

bool scan_number(struct scan *scan, uint64_t *ret_number)
{
    char digits[24];
    const char *start = at_next(scan);
    scan_skip(scan);
    size_t length = (size_t)(scan->at - start);
    if (scan->bad || length == 0 || length >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, start, length);
    digits[length] = '\0';
    return text_to_u64(digits, 0, INT64_MAX, ret_number);
}

bool scan_bool(struct scan *scan)
{
    bool is_true = !scan->bad && peek(scan) == 't';
    scan_skip(scan);
    return is_true && !scan->bad;
}

bool scan_whole(struct scan *scan)
{
    return !scan->bad && scan->depth == 0 && at_next(scan) == scan->end;
}

static void take_field(struct scan *scan, const struct scan_field *field, void *object)
{
    void *place = (char *)object + field->place;
    switch (field->take) {
    case SCAN_TEXT: {
        auto_release(buf) struct buf text = {0};
        if (scan_text(scan, &text)) {
            buf_clear(place);
            buf_add(place, buf_text(&text), text.length);
        }
        break;
    }
    case SCAN_NUMBER:
        (void)scan_number(scan, place);
        break;
    case SCAN_BOOL:
        *(bool *)place = scan_bool(scan);
        break;
    case SCAN_CALL:
        field->call(scan, object);
        break;
    }
}

void scan_fields(struct scan *scan, const struct scan_field *fields, void *object)
{
    if (!scan_object(scan)) {
        return;
    }
    while (scan_member(scan)) {
        const struct scan_field *field = fields;
        while (field->key != NULL && !scan_key_is(scan, field->key)) {
            field++;
        }
        if (field->key != NULL) {
            take_field(scan, field, object);
        } else {
            scan_skip(scan);
        }
    }
}
