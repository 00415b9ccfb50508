/* SPDX-License-Identifier: BSD-2-Clause
 * cdi_hook: what a hook of a CDI specification would do, as far as that is known. */
#include "run/cdi_hook.h"

#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"

/* "TEXT::PATH" as nvidia-ctk takes it. */
static void take_link(const char *word, struct strlist *links)
{
    const char *between = strstr(word, "::");
    if (between != NULL && between > word && between[2] != '\0') {
        strlist_take(links, xstrndup(word, (size_t)(between - word)));
        strlist_add(links, between + 2);
    }
}

static void take_links(const struct strlist *words, struct strlist *links)
{
    static const char joined[] = "--link=";
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->item[i];
        if (strcmp(word, "--link") == 0 && i + 1 < words->count) {
            take_link(words->item[++i], links);
        } else if (strncmp(word, joined, strlen(joined)) == 0) {
            take_link(word + strlen(joined), links);
        }
    }
}

void cdi_hook_read(const struct doc *hook, struct strlist *ret_links, char **ret_left_out)
{
    struct strlist words = {0};
    const struct doc *arguments = doc_get(hook, "args");
    for (size_t i = 0; i < doc_count(arguments); i++) {
        char *word = doc_plain_text(doc_at(arguments, i));
        if (word != NULL) {
            strlist_take(&words, word);
        }
    }
    if (strlist_has(&words, "create-symlinks")) {
        take_links(&words, ret_links);
    } else if (!strlist_has(&words, "update-ldcache")) {
        auto_free char *path = doc_get_text(hook, "path");
        auto_free char *when = doc_get_text(hook, "hookName");
        /* args[0] is the program again; "nvidia-ctk hook NAME" or "nvidia-cdi-hook NAME" */
        size_t name = words.count > 2 && strcmp(words.item[1], "hook") == 0 ? 2 : 1;
        *ret_left_out = xasprintf("hook %s: %s%s%s", when != NULL ? when : "?", path != NULL ? path_base(path) : "?",
                                  words.count > name ? " " : "", words.count > name ? words.item[name] : "");
    }
    strlist_release(&words);
}
