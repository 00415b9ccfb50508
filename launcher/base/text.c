/* SPDX-License-Identifier: BSD-2-Clause
 * text: questions about bytes as text, for people, for files and from the command line. */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of the valid UTF-8 sequence at `bytes`, 0 when there is none; its code point in *point. */
static size_t utf8_sequence(const unsigned char *bytes, size_t left, uint32_t *point)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {
        {0x80, 0x00, 0},
        {0xe0, 0xc0, 0x80},
        {0xf0, 0xe0, 0x800},
        {0xf8, 0xf0, 0x10000},
    };
    for (size_t i = 0; i < 4; i++) {
        if ((bytes[0] & forms[i].mask) != forms[i].lead) {
            continue;
        }
        if (left < i + 1) {
            return 0;
        }
        uint32_t value = bytes[0] & (unsigned char)~forms[i].mask;
        for (size_t k = 1; k <= i; k++) {
            if ((bytes[k] & 0xc0) != 0x80) {
                return 0;
            }
            value = (value << 6) | (bytes[k] & 0x3fU);
        }
        bool surrogate = value >= 0xd800 && value <= 0xdfff;
        if (value < forms[i].least || value > 0x10ffff || surrogate) {
            return 0;
        }
        *point = value;
        return i + 1;
    }
    return 0;
}

static bool is_bidi_control(uint32_t point)
{
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0x200e ||
           point == 0x200f;
}

/* One character of input as it is shown; the number of input bytes it covers. */
static size_t escape_one(char shown[16], const unsigned char *bytes, size_t left)
{
    uint32_t point = 0;
    size_t length = utf8_sequence(bytes, left, &point);
    if (length == 0) {
        snprintf(shown, 16, "\\x%02x", bytes[0]);
        return 1;
    }
    if (point == '\n') {
        snprintf(shown, 16, "\\n");
    } else if (point < 0x20 || (point >= 0x7f && point < 0xa0)) {
        snprintf(shown, 16, "\\x%02x", (unsigned)point);
    } else if (is_bidi_control(point)) {
        snprintf(shown, 16, "\\u{%04x}", (unsigned)point);
    } else {
        memcpy(shown, bytes, length);
        shown[length] = '\0';
    }
    return length;
}

void text_escape(char *to, size_t size, const char *from, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)from;
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        char shown[16];
        i += escape_one(shown, bytes + i, length - i);
        size_t add = strlen(shown);
        if (used + add + 1 > size) {
            break;
        }
        memcpy(to + used, shown, add);
        used += add;
    }
    to[used] = '\0';
}

bool text_is_utf8(const char *bytes, size_t length)
{
    uint32_t point;
    for (size_t i = 0; i < length;) {
        size_t step = utf8_sequence((const unsigned char *)bytes + i, length - i, &point);
        if (step == 0) {
            return false;
        }
        i += step;
    }
    return true;
}

bool text_to_u64(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text[0] == '\0') {
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*p - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    if (value < least || value > most) {
        return false;
    }
    *ret_value = value;
    return true;
}

bool text_to_real(const char *text, double least, double most, double *ret_value)
{
    size_t whole = strspn(text, "0123456789");
    size_t fraction = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    const char *end = text + whole + (text[whole] == '.' ? 1 + fraction : 0);
    if (whole + fraction == 0) {
        return false;
    }
    if (*end == 'e' || *end == 'E') {
        end += end[1] == '-' || end[1] == '+' ? 2 : 1;
        size_t exponent = strspn(end, "0123456789");
        if (exponent == 0) {
            return false;
        }
        end += exponent;
    }
    double value = strtod(text, NULL); /* in the locale "C": main sets none */
    if (*end != '\0' || !(value >= least && value <= most)) {
        return false;
    }
    *ret_value = value;
    return true;
}

/* Levenshtein distance; words longer than the table are as far as can be. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    size_t row[LONGEST + 1];
    size_t length_a = strlen(a);
    size_t length_b = strlen(b);
    if (length_a > LONGEST || length_b > LONGEST) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= length_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= length_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            size_t inserted = row[j - 1] + 1;
            size_t deleted = row[j] + 1;
            diagonal = row[j];
            size_t least = replaced < inserted ? replaced : inserted;
            row[j] = least < deleted ? least : deleted;
        }
    }
    return row[length_b];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
    const char *best = NULL;
    size_t limit = strlen(word) / 3 + 1;
    for (size_t i = 0; candidates[i] != NULL; i++) {
        size_t far = distance(word, candidates[i]);
        if (far <= limit && far < strlen(candidates[i])) {
            best = candidates[i];
            limit = far == 0 ? 0 : far - 1;
            if (far == 0) {
                break;
            }
        }
    }
    return best;
}

enum { BEGUN_LETTERS = 3, BEGUN_MOST = 4 };

/* Writes the candidates that begin with the word, while they are few, and returns how many there are. */
static size_t list_begun(char to[TEXT_MEANT], const char *word, const char *const *candidates)
{
    size_t found = 0;
    size_t used = 0;
    size_t length = strlen(word);
    for (size_t i = 0; length >= BEGUN_LETTERS && candidates[i] != NULL; i++) {
        if (strncmp(candidates[i], word, length) == 0 && found++ < BEGUN_MOST && used < TEXT_MEANT) {
            used += (size_t)snprintf(to + used, TEXT_MEANT - used, "%s'%s'", used > 0 ? " or " : "", candidates[i]);
        }
    }
    return used < TEXT_MEANT ? found : BEGUN_MOST + 1;
}

bool text_meant(char to[TEXT_MEANT], const char *word, const char *const *candidates)
{
    char words[TEXT_MEANT] = "";
    size_t begun = list_begun(words, word, candidates);
    const char *near = begun == 0 ? text_nearest(word, candidates) : NULL;
    to[0] = '\0';
    if (near != NULL) {
        snprintf(to, TEXT_MEANT, "; did you mean '%s'?", near);
    } else if (begun > 0 && begun <= BEGUN_MOST) {
        snprintf(to, TEXT_MEANT, "; did you mean %.*s?", TEXT_MEANT - 20, words);
    }
    return to[0] != '\0';
}
