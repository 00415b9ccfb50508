/* SPDX-License-Identifier: BSD-2-Clause
 * mention: what could be a file's name in one argument of a command. */
#include "run/mention.h"

#include <string.h>

#include "base/mem.h"

static const char separators[] = " \t\r\n;|&<>()'\"`$={},";

/* A script of more words than this is a program; what it reads has to be declared. */
enum { WORDS_MOST = 1000 };

const char *mention_path(const char *argument)
{
    const char *equals = argument[0] == '-' ? strchr(argument, '=') : NULL;
    return equals != NULL ? equals + 1 : argument;
}

bool mention_is_script(const char *argument)
{
    return strpbrk(argument, " \t\n;|&<>") != NULL;
}

void mention_words(const char *script, struct strlist *ret_words)
{
    while (*script != '\0' && ret_words->count < WORDS_MOST) {
        script += strspn(script, separators);
        size_t length = strcspn(script, separators);
        if (length > 0) {
            strlist_take(ret_words, xstrndup(script, length));
        }
        script += length;
    }
}
