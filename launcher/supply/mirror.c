/* SPDX-License-Identifier: BSD-2-Clause
 * mirror: places that have files by their digest. */
#include "supply/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "supply/local.h"

static const char blanks[] = " \t\r\n";
static const char leaf[] = "/sha256/";

static bool are_first(void)
{
    const char *value = getenv("SCIWRAP_MIRRORS_FIRST");
    return value != NULL && strcmp(value, "yes") == 0;
}

bool mirror_has_any(void)
{
    const char *words = getenv("SCIWRAP_MIRRORS");
    return words != NULL && words[strspn(words, blanks)] != '\0';
}

/* A word without the slashes at its end. NULL, with *err, when it is no place. */
static char *take_word(const char *word, size_t length, struct err *err)
{
    auto_free char *text = xstrndup(word, length);
    bool known = local_is_remote(text) || text[0] == '/' || strncmp(text, "file:///", 8) == 0;
    if (!known) {
        err_set(err, ERR_USAGE,
                "SCIWRAP_MIRRORS: '%s' is neither the absolute path of a folder nor an address that begins with "
                "https://, http:// or file:///",
                text);
        return NULL;
    }
    while (length > 0 && text[length - 1] == '/') {
        text[--length] = '\0';
    }
    return steal_ptr(&text);
}

/* Adds the place of the file at each mirror that is a server, or at each that is none. */
static int add_mirrors(struct strlist *from, bool servers, const struct digest *sha256, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    const char *words = getenv("SCIWRAP_MIRRORS");
    digest_to_hex(sha256, hex);
    while (words != NULL && *(words += strspn(words, blanks)) != '\0') {
        size_t length = strcspn(words, blanks);
        auto_free char *mirror = take_word(words, length, err);
        if (mirror == NULL) {
            return -1;
        }
        if (local_is_remote(mirror) == servers) {
            strlist_addf(from, "%s%s%s", mirror, leaf, hex);
        }
        words += length;
    }
    return 0;
}

int mirror_order(const struct strlist *own, const struct digest *sha256, struct mirror_order *ret_order,
                 struct err *err)
{
    struct mirror_order order = {0};
    bool first = are_first();
    int result = add_mirrors(&order.from, false, sha256, err);
    if (result == 0 && first) {
        result = add_mirrors(&order.from, true, sha256, err);
    }
    order.own = order.from.count;
    for (size_t i = 0; i < own->count; i++) {
        strlist_add(&order.from, own->item[i]);
    }
    order.own_end = order.from.count;
    if (result == 0 && !first) {
        result = add_mirrors(&order.from, true, sha256, err);
    }
    if (result < 0) {
        mirror_order_release(&order);
        return -1;
    }
    *ret_order = order;
    return 0;
}

bool mirror_is_one(const struct mirror_order *order, size_t i)
{
    return i < order->own || i >= order->own_end;
}

char *mirror_name(const struct mirror_order *order, size_t i)
{
    const char *place = order->from.item[i];
    return xstrndup(place, strlen(place) - strlen(leaf) - DIGEST_HEX);
}

void mirror_order_release(struct mirror_order *order)
{
    strlist_release(&order->from);
    *order = (struct mirror_order){0};
}
