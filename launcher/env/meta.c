/* SPDX-License-Identifier: BSD-2-Clause
 * meta: the part of store.h about the file that says a tree is complete. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/text.h"
#include "env/sharing.h"
#include "env/store.h"

/* Lines in the middle, in order: a number each. */
static const struct count {
    const char *key;
    size_t offset;
} counts[] = {
    {"entries", offsetof(struct store_tree, entries)},
    {"bytes", offsetof(struct store_tree, bytes)},
};
enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };

char *store_meta_format(const struct store_tree *tree)
{
    char hex[DIGEST_HEX + 1];
    char boot[SHARING_BOOT_ID + 1];
    struct buf text = {0};
    digest_to_hex(&tree->artifact, hex);
    buf_addf(&text, "sciwrap-tree 1\nartifact %s\n", hex);
    digest_to_hex(&tree->tree, hex);
    buf_addf(&text, "tree %s\n", hex);
    for (size_t i = 0; i < COUNTS; i++) {
        uint64_t value;
        memcpy(&value, (const char *)tree + counts[i].offset, sizeof(value));
        buf_addf(&text, "%s %llu\n", counts[i].key, (unsigned long long)value);
    }
    for (unsigned i = 0; i < CHANGES; i++) {
        buf_addf(&text, "%s %llu\n", changes_key((enum change)i), (unsigned long long)tree->changes.count[i]);
    }
    if (tree->has_settings) {
        digest_to_hex(&tree->settings, hex);
        buf_addf(&text, "settings %s\n", hex);
    }
    sharing_boot(boot);
    buf_addf(&text, "boot %s\n", boot);
    struct digest check;
    digest_bytes(text.bytes, text.length, &check);
    digest_to_hex(&check, hex);
    buf_addf(&text, "check %s\nsynced no \n", hex);
    return buf_take(&text);
}

/* Takes the line "KEY VALUE\n" at *at: VALUE into `value` (of `size` bytes), *at moved behind it. */
static bool take_line(const char **at, const char *key, char *value, size_t size)
{
    size_t key_length = strlen(key);
    const char *end = strchr(*at, '\n');
    if (end == NULL || strncmp(*at, key, key_length) != 0 || (*at)[key_length] != ' ') {
        return false;
    }
    const char *from = *at + key_length + 1;
    if (end < from || (size_t)(end - from) >= size) {
        return false;
    }
    memcpy(value, from, (size_t)(end - from));
    value[end - from] = '\0';
    *at = end + 1;
    return true;
}

static bool take_digest(const char **at, const char *key, struct digest *ret_digest)
{
    char hex[DIGEST_HEX + 1];
    return take_line(at, key, hex, sizeof(hex)) && digest_from_hex(hex, ret_digest);
}

static bool take_count(const char **at, const struct count *count, struct store_tree *tree)
{
    char digits[24];
    uint64_t value;
    if (!take_line(at, count->key, digits, sizeof(digits)) || !text_to_u64(digits, 0, UINT64_MAX, &value)) {
        return false;
    }
    memcpy((char *)tree + count->offset, &value, sizeof(value));
    return true;
}

static bool take_change(const char **at, enum change change, struct changes *changes)
{
    char digits[24];
    changes->count[change] = 0;
    return take_line(at, changes_key(change), digits, sizeof(digits)) &&
           text_to_u64(digits, 0, UINT64_MAX, &changes->count[change]);
}

static bool parse(const char *text, struct store_tree *tree)
{
    char word[SHARING_BOOT_ID + 1];
    const char *at = text;
    if (!take_line(&at, "sciwrap-tree", word, sizeof(word)) || strcmp(word, "1") != 0 ||
        !take_digest(&at, "artifact", &tree->artifact) || !take_digest(&at, "tree", &tree->tree)) {
        return false;
    }
    for (size_t i = 0; i < COUNTS; i++) {
        if (!take_count(&at, &counts[i], tree)) {
            return false;
        }
    }
    for (unsigned i = 0; i < CHANGES; i++) {
        /* The last two came later: an older meta does not have them. */
        if (!take_change(&at, (enum change)i, &tree->changes) && i < CHANGE_MODES) {
            return false;
        }
    }
    struct digest said;
    struct digest is;
    tree->has_settings = take_digest(&at, "settings", &tree->settings);
    if (!take_line(&at, "boot", word, sizeof(word))) {
        return false;
    }
    digest_bytes(text, (size_t)(at - text), &is);
    if (!take_digest(&at, "check", &said) || !digest_equal(&said, &is)) {
        return false;
    }
    return strcmp(at, "synced no \n") == 0 || strcmp(at, "synced yes\n") == 0;
}

int store_meta_parse(const char *text, struct store_tree *ret_tree, struct err *err)
{
    struct store_tree tree = *ret_tree;
    if (!parse(text, &tree)) {
        return err_set(err, ERR_INVALID, "the tree's meta file is not whole; run 'sciwrap pull' again");
    }
    *ret_tree = tree;
    return 0;
}

bool store_meta_is_durable(const char *text)
{
    if (strstr(text, "\nsynced yes\n") != NULL) {
        return true;
    }
    char here[SHARING_BOOT_ID + 1];
    sharing_boot(here);
    auto_release(buf) struct buf line = {0};
    buf_addf(&line, "\nboot %s\n", here);
    return strcmp(here, "unknown") != 0 && strstr(text, buf_text(&line)) != NULL;
}
