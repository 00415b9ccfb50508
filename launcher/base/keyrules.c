/* SPDX-License-Identifier: BSD-2-Clause
 * keyrules: the known sections and keys of one .ini format. */
#include "base/keyrules.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/strlist.h"
#include "base/text.h"

struct rules {
    const struct keyrule *rule;
    size_t count;
};

/* What a typing mistake may have meant: the nearest known section, or the nearest key of `section`. */
/* The only section that has the key; NULL when none has it, or several have. */
static const char *section_of(const struct rules *rules, const char *key)
{
    const char *found = NULL;
    for (size_t i = 0; i < rules->count; i++) {
        const struct keyrule *rule = &rules->rule[i];
        if (rule->key != NULL && strcmp(rule->key, key) == 0) {
            if (found != NULL) {
                return NULL;
            }
            found = rule->section;
        }
    }
    return found;
}

static void add_nearest(struct buf *text, const struct rules *rules, const char *section, const char *word)
{
    auto_release(strlist) struct strlist known = {0};
    for (size_t i = 0; i < rules->count; i++) {
        const struct keyrule *rule = &rules->rule[i];
        const char *candidate = section == NULL ? rule->section : rule->key;
        if (candidate != NULL && (section == NULL || strcmp(rule->section, section) == 0) &&
            !strlist_has(&known, candidate)) {
            strlist_add(&known, candidate);
        }
    }
    const char *elsewhere = section == NULL ? NULL : section_of(rules, word);
    if (elsewhere != NULL) {
        buf_addf(text, "; it belongs into [%s]", elsewhere);
        return;
    }
    const char *nearest = text_nearest(word, (const char *const *)strlist_items(&known));
    if (nearest != NULL) {
        buf_addf(text, section == NULL ? "; did you mean [%s]?" : "; did you mean '%s'?", nearest);
        return;
    }
    buf_add_text(text, section == NULL ? "; known sections are" : "; known keys are");
    for (size_t i = 0; i < known.count; i++) {
        buf_addf(text, "%s %s", i > 0 ? "," : "", known.item[i]);
    }
}

static const struct keyrule *find_rule(const struct rules *rules, const struct keyfile *file,
                                       const struct keyfile_entry *entry, struct err *err)
{
    bool section_known = false;
    for (size_t i = 0; i < rules->count; i++) {
        const struct keyrule *rule = &rules->rule[i];
        if (strcmp(rule->section, entry->section) == 0) {
            section_known = true;
            if (rule->key == NULL || strcmp(rule->key, entry->key) == 0) {
                return rule;
            }
        }
    }
    auto_release(buf) struct buf hint = {0};
    if (section_known) {
        add_nearest(&hint, rules, entry->section, entry->key);
        keyfile_complain(file, entry->line, err, "unknown key '%s' in [%s]%s", entry->key, entry->section,
                         buf_text(&hint));
    } else {
        add_nearest(&hint, rules, NULL, entry->section);
        keyfile_complain(file, entry->line, err, "unknown section [%s]%s", entry->section, buf_text(&hint));
    }
    return NULL;
}

/* A control character in a value would reach a terminal, a command line or a file name unseen. */
static int check_value(const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    for (const char *at = entry->value; *at != '\0'; at++) {
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == '\x7f') {
            return keyfile_complain(file, entry->line, err, "control character in the value of '%s'", entry->key);
        }
    }
    return 0;
}

static int by_name_then_line(const void *a, const void *b)
{
    const struct keyfile_entry *one = *(const struct keyfile_entry *const *)a;
    const struct keyfile_entry *other = *(const struct keyfile_entry *const *)b;
    int order = strcmp(one->section, other->section);
    order = order != 0 ? order : strcmp(one->key, other->key);
    return order != 0 ? order : (one->line > other->line) - (one->line < other->line);
}

static int check_repeats(const struct rules *rules, const struct keyfile *file, struct err *err)
{
    auto_free const struct keyfile_entry **sorted = xcalloc(file->count + 1, sizeof(*sorted));
    for (size_t i = 0; i < file->count; i++) {
        sorted[i] = &file->entry[i];
    }
    qsort(sorted, file->count, sizeof(*sorted), by_name_then_line);
    for (size_t i = 1; i < file->count; i++) {
        const struct keyfile_entry *first = sorted[i - 1];
        const struct keyfile_entry *again = sorted[i];
        if (strcmp(first->section, again->section) != 0 || strcmp(first->key, again->key) != 0) {
            continue;
        }
        const struct keyrule *rule = find_rule(rules, file, again, err);
        if (rule == NULL) {
            return -1;
        }
        if (!rule->repeatable) {
            return keyfile_complain(file, again->line, err, "key '%s' stands in [%s] twice; first in line %d",
                                    again->key, again->section, first->line);
        }
    }
    return 0;
}

int keyrules_complain_word(const struct keyfile *file, const struct keyfile_entry *entry, const char *const *words,
                           struct err *err)
{
    char meant[TEXT_MEANT];
    auto_release(buf) struct buf known = {0};
    for (size_t i = 0; words[i] != NULL; i++) {
        buf_addf(&known, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    text_meant(meant, entry->value, words);
    return keyfile_complain(file, entry->line, err, "%s = '%s': one of %s%s", entry->key, entry->value,
                            buf_text(&known), meant);
}

int keyrules_apply(const struct keyfile *file, const struct keyrule *rules, size_t count, void *into, struct err *err)
{
    struct rules known = {.rule = rules, .count = count};
    if (file->count > KEYRULES_ENTRIES) {
        return keyfile_complain(file, file->entry[KEYRULES_ENTRIES].line, err, "more than %d entries",
                                (int)KEYRULES_ENTRIES);
    }
    if (check_repeats(&known, file, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < file->count; i++) {
        const struct keyfile_entry *entry = &file->entry[i];
        const struct keyrule *rule = find_rule(&known, file, entry, err);
        if (rule == NULL || check_value(file, entry, err) < 0 || rule->take(into, file, entry, err) < 0) {
            return -1;
        }
    }
    return 0;
}
