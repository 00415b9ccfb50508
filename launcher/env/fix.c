/* SPDX-License-Identifier: BSD-2-Clause
 * fix: what is held fixed around a command unless somebody turns it off, by name. */
#include "env/fix.h"

#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

static const char *const names[] = {
    [FIX_HOSTNAME] = "hostname", [FIX_USER] = "user",   [FIX_WORKDIR] = "workdir",     [FIX_TZ] = "tz",
    [FIX_LOCALE] = "locale",     [FIX_UMASK] = "umask", [FIX_VARIABLES] = "variables", [FIX_ASLR] = "aslr",
    [FIX_HASHSEED] = "hashseed", [FIX_EPOCH] = "epoch", [FIX_THREADS] = "threads",     [FIXES] = NULL,
};

const char *fix_name(enum fix fix)
{
    return names[fix];
}

bool fix_is_in(unsigned set, enum fix fix)
{
    return (set >> fix & 1U) != 0;
}

bool fix_from_name(const char *name, enum fix *ret_fix)
{
    for (unsigned i = 0; i < FIXES; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_fix = (enum fix)i;
            return true;
        }
    }
    return false;
}

static int complain(const char *word, struct err *err)
{
    const char *near = text_nearest(word, names);
    if (near != NULL) {
        return err_set(err, ERR_USAGE, "'%s' is nothing that is fixed; did you mean '%s'?", word, near);
    }
    auto_release(buf) struct buf known = {0};
    for (unsigned i = 0; i < FIXES; i++) {
        buf_addf(&known, "%s, ", names[i]);
    }
    return err_set(err, ERR_USAGE, "'%s' is nothing that is fixed; known are %sall and none", word, buf_text(&known));
}

int fix_parse(const char *text, unsigned *set, struct err *err)
{
    static const char blanks[] = ", \t";
    unsigned result = *set;
    const char *at = text + strspn(text, blanks);
    if (*at == '\0') {
        return complain(text, err);
    }
    while (*at != '\0') {
        enum fix fix;
        auto_free char *word = xstrndup(at, strcspn(at, blanks));
        at += strlen(word);
        at += strspn(at, blanks);
        if (strcmp(word, "none") == 0) {
            result = 0;
        } else if (strcmp(word, "all") == 0) {
            result = (1U << FIXES) - 1;
        } else if (fix_from_name(word, &fix)) {
            result |= 1U << fix;
        } else {
            return complain(word, err);
        }
    }
    *set = result;
    return 0;
}

bool fix_baseline_from_name(const char *name, unsigned *ret_level)
{
    bool level = name[0] == 'v' && name[1] >= '2' && name[1] <= '4' && name[2] == '\0';
    if (level || strcmp(name, "none") == 0) {
        *ret_level = level ? (unsigned)(name[1] - '0') : 0;
        return true;
    }
    return false;
}
