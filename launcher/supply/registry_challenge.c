/* SPDX-License-Identifier: BSD-2-Clause
 * registry_challenge: the WWW-Authenticate header. */
#include "supply/registry_challenge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"

enum { HEADER_BYTES = 8192 };

#define TCHAR   "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define TOKEN68 "-._~+/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BLANK   " \t"

static void skip_blanks(const char **at)
{
    *at += strspn(*at, BLANK);
}

/* Commas between the elements of a list; empty elements are allowed (RFC 9110, 5.6.1.2). */
static void skip_commas(const char **at)
{
    *at += strspn(*at, BLANK ",");
}

/* NULL when there is no token here. Caller frees. */
static char *take_token(const char **at)
{
    size_t length = strspn(*at, TCHAR);
    char *token = length > 0 ? xstrndup(*at, length) : NULL;
    *at += length;
    return token;
}

/* "..." with backslash escapes; NULL when it does not end, or holds a control character. */
static char *take_quoted(const char **at)
{
    auto_release(buf) struct buf text = {0};
    const char *from = *at + 1;
    for (; *from != '"'; from++) {
        from += *from == '\\' ? 1 : 0;
        if (((unsigned char)*from < ' ' && *from != '\t') || *from == 0x7f) { /* the terminator too */
            return NULL;
        }
        buf_add(&text, from, 1);
    }
    *at = from + 1;
    return text.length > 0 ? buf_take(&text) : xstrdup("");
}

/* name = value: 1 taken, 0 there is none here (another scheme may begin), -1 malformed. */
static int take_parameter(const char **at, char **ret_name, char **ret_value)
{
    const char *from = *at;
    auto_free char *name = take_token(&from);
    skip_blanks(&from);
    if (name == NULL || *from != '=') {
        return 0;
    }
    from++;
    skip_blanks(&from);
    char *value = *from == '"' ? take_quoted(&from) : take_token(&from);
    if (value == NULL) {
        return -1;
    }
    *ret_name = steal_ptr(&name);
    *ret_value = value;
    *at = from;
    return 1;
}

/* A parameter that nobody asks for is passed over; one that comes twice could be read in two ways. */
static int keep(struct challenge *challenge, const char *name, char *value)
{
    char **place = strcasecmp(name, "realm") == 0     ? &challenge->realm
                   : strcasecmp(name, "service") == 0 ? &challenge->service
                   : strcasecmp(name, "scope") == 0   ? &challenge->scope
                   : strcasecmp(name, "error") == 0   ? &challenge->error
                                                      : NULL;
    if (place == NULL || *place != NULL) {
        free(value);
        return place == NULL ? 0 : -1;
    }
    *place = value;
    return 0;
}

static int take_parameters(const char **at, struct challenge *challenge)
{
    for (;;) {
        auto_free char *name = NULL;
        char *value = NULL;
        skip_commas(at);
        int found = take_parameter(at, &name, &value);
        if (found <= 0) {
            return found;
        }
        if (keep(challenge, name, value) < 0) {
            return -1;
        }
        skip_blanks(at);
        if (**at != ',' && **at != '\0') {
            return -1;
        }
    }
}

/* The form of Negotiate and others: one word behind the scheme. True when there was one, and it was passed over. */
static bool skip_token68(const char **at)
{
    size_t length = strspn(*at, TOKEN68);
    if (length == 0) {
        return false;
    }
    const char *end = *at + length;
    end += strspn(end, "=");
    end += strspn(end, BLANK);
    if (*end != ',' && *end != '\0') {
        return false;
    }
    *at = end;
    return true;
}

static int take_challenge(const char **at, struct challenge *challenge)
{
    auto_free char *scheme = take_token(at);
    if (scheme == NULL || (**at != '\0' && strchr(BLANK ",", **at) == NULL)) {
        return -1;
    }
    challenge->kind = strcasecmp(scheme, "Bearer") == 0  ? CHALLENGE_BEARER
                      : strcasecmp(scheme, "Basic") == 0 ? CHALLENGE_BASIC
                                                         : CHALLENGE_NONE;
    skip_blanks(at);
    if (**at == ',' || **at == '\0' || skip_token68(at)) {
        return 0;
    }
    return take_parameters(at, challenge);
}

static void steal(struct challenge *from, struct challenge *ret)
{
    *ret = *from;
    *from = (struct challenge){0};
}

int challenge_parse(const char *header, struct challenge *ret, struct err *err)
{
    auto_release(challenge) struct challenge best = {0};
    const char *at = header;
    bool sound = strlen(header) <= HEADER_BYTES;
    for (skip_commas(&at); sound && *at != '\0'; skip_commas(&at)) {
        auto_release(challenge) struct challenge next = {0};
        sound = take_challenge(&at, &next) == 0;
        if (sound && next.kind > best.kind) {
            struct challenge worse = best;
            best = next;
            next = worse;
        }
    }
    if (!sound) {
        return err_set(err, ERR_INVALID, "its WWW-Authenticate header cannot be understood: '%.200s'", header);
    }
    if (header[0] == '\0') {
        return err_set(err, ERR_INVALID, "it does not say which: its answer has no WWW-Authenticate header");
    }
    if (best.kind == CHALLENGE_NONE) {
        return err_set(err, ERR_INVALID, "it asks for a kind of log-in other than Bearer and Basic: '%.200s'", header);
    }
    steal(&best, ret);
    return 0;
}

void challenge_release(struct challenge *challenge)
{
    free(challenge->realm);
    free(challenge->service);
    free(challenge->scope);
    free(challenge->error);
    *challenge = (struct challenge){0};
}
