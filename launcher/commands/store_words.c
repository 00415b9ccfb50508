/* SPDX-License-Identifier: BSD-2-Clause
 * store_words: what the subcommands of `sciwrap store` share. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "commands/store.h"
#include "env/definition.h"

/* ---- which stores */

int store_places_open(struct store_places *places, struct err *err)
{
    *places = (struct store_places){.user = {.fd = -1}, .site = {.fd = -1}};
    if (store_open(&places->user, err) < 0) {
        return -1;
    }
    if (store_open_site(&places->site)) {
        places->item[places->count++] = (struct store_place){.label = "site", .store = &places->site};
    }
    if (places->user.node != NULL) {
        places->item[places->count++] = (struct store_place){.label = "node", .store = places->user.node};
    }
    if (places->user.fd >= 0) {
        places->item[places->count++] = (struct store_place){.label = "user", .store = &places->user};
    }
    return 0;
}

void store_places_close(struct store_places *places)
{
    store_close(&places->site);
    store_close(&places->user);
    places->count = 0;
}

/* ---- names */

/* A definition that cannot be read is told of by `sciwrap envs`; here it only gives no name. */
void store_names_read(struct store_names *names)
{
    struct strlist paths = {0};
    struct err ignored = {0};
    *names = (struct store_names){0};
    (void)definition_list(&paths, &ignored);
    names->item = xreallocarray(NULL, paths.count + 1, sizeof(*names->item));
    for (size_t i = 0; i < paths.count; i++) {
        auto_release(definition) struct definition def = {0};
        if (definition_load(&def, paths.item[i], &ignored) == 0) {
            names->item[names->count++] = (struct store_name){.artifact = def.sha256, .name = steal_ptr(&def.name)};
        }
    }
    strlist_release(&paths);
}

void store_names_release(struct store_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->item[i].name);
    }
    free(names->item);
    *names = (struct store_names){0};
}

void store_names_of(const struct store_names *names, const struct digest *artifact, struct strlist *ret_names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (digest_equal(&names->item[i].artifact, artifact)) {
            strlist_add(ret_names, names->item[i].name);
        }
    }
}

char *store_label(const struct store_names *names, const struct digest *artifact)
{
    enum { DIGITS = 12 };
    char hex[DIGEST_HEX + 1];
    struct buf text = {0};
    auto_release(strlist) struct strlist own = {0};
    store_names_of(names, artifact, &own);
    for (size_t i = 0; i < own.count; i++) { /* names of environments need no escape: path_is_name */
        buf_addf(&text, "%s%s", i > 0 ? ", " : "", own.item[i]);
    }
    if (own.count == 0) {
        digest_to_hex(artifact, hex);
        buf_add(&text, hex, DIGITS);
    }
    return buf_take(&text);
}

/* How many artifacts in the stores begin with `word`; the last one is *ret_artifact. */
static int find_digits(const struct store_places *places, const char *word, struct digest *ret_artifact, size_t *count,
                       struct err *err)
{
    struct digest found = {0};
    for (size_t i = 0; i < places->count; i++) {
        struct contents contents = {0};
        if (contents_read(places->item[i].store, &contents, err) < 0) {
            return -1;
        }
        for (size_t j = 0; j < contents.count; j++) {
            char hex[DIGEST_HEX + 1];
            digest_to_hex(&contents.item[j].digest, hex);
            bool same = *count > 0 && digest_equal(&found, &contents.item[j].digest);
            if (strncmp(hex, word, strlen(word)) == 0 && !same) {
                found = contents.item[j].digest;
                (*count)++;
            }
        }
        contents_release(&contents);
    }
    *ret_artifact = found;
    return 0;
}

int store_find_named(const struct store_places *places, const char *word, struct digest *ret_artifact, struct err *err)
{
    enum { DIGITS_LEAST = 6 };
    struct definition def = {0};
    struct err absent = {0};
    size_t count = 0;
    if (definition_find(&def, word, &absent) == 0) {
        *ret_artifact = def.sha256;
        definition_release(&def);
        return 0;
    }
    size_t length = strlen(word);
    bool is_hex = length >= DIGITS_LEAST && length <= DIGEST_HEX && strspn(word, "0123456789abcdef") == length;
    if (is_hex && find_digits(places, word, ret_artifact, &count, err) < 0) {
        return -1;
    }
    if (count > 1) {
        return err_set(err, ERR_USAGE, "'%s' could be %zu things in the store; give more digits", word, count);
    }
    if (count == 0) {
        *err = absent;
        return -1;
    }
    return 0;
}

void store_put_names(struct doc *object, const struct store_names *names, const struct digest *artifact)
{
    auto_release(strlist) struct strlist own = {0};
    store_names_of(names, artifact, &own);
    doc_put_digest(object, "sha256", artifact);
    doc_put_texts(object, "environments", &own);
}

/* ---- ages and sizes */

#define HOUR_S ((uint64_t)60 * 60)
#define DAY_S  (24 * HOUR_S)
#define YEAR_S (365 * DAY_S)

int store_age_parse(const char *option, const char *text, uint64_t *ret_seconds, struct err *err)
{
    static const struct {
        const char *unit;
        uint64_t seconds;
    } units[] = {{"", DAY_S}, {"d", DAY_S}, {"h", HOUR_S}, {"w", 7 * DAY_S}, {"y", YEAR_S}};
    size_t length = strspn(text, "0123456789");
    auto_free char *digits = xstrndup(text, length);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        uint64_t number;
        if (strcmp(text + length, units[i].unit) == 0 &&
            text_to_u64(digits, 0, 1000 * YEAR_S / units[i].seconds, &number)) {
            *ret_seconds = number * units[i].seconds;
            return 0;
        }
    }
    return err_set(err, ERR_USAGE, "%s '%s': a number of days, or hours, weeks or years as in 12h, 4w, 1y", option,
                   text);
}

int store_size_parse(const char *option, const char *text, uint64_t *ret_bytes, struct err *err)
{
    *ret_bytes = 0;
    const char *expected = strcmp(text, "0") == 0 ? NULL : limit_parse(LIMIT_FILE_SIZE, text, ret_bytes);
    if (expected == NULL && strcmp(text, "none") != 0) {
        return 0;
    }
    return err_set(err, ERR_USAGE, "%s '%s': a number of bytes, as in 500M, 20G, 0", option, text);
}

static void add_count(struct buf *text, uint64_t count, const char *one, const char *many)
{
    if (count > 0) {
        buf_addf(text, "%s%" PRIu64 " %s", text->length > 0 ? " and " : "", count, count == 1 ? one : many);
    }
}

char *store_counts_text(uint64_t trees, uint64_t blobs, uint64_t leftovers)
{
    struct buf text = {0};
    buf_add_text(&text, "");
    add_count(&text, trees, "environment", "environments");
    add_count(&text, blobs, "artifact, layer or package", "artifacts, layers or packages");
    add_count(&text, leftovers, "left-over of a killed process", "left-overs of killed processes");
    return buf_take(&text);
}

int store_read_json(const struct command *command, int argc, char **argv, bool *ret_json, struct err *err)
{
    int option;
    struct option_reader reader = option_reader_of(command, argc, argv);
    while ((option = option_next(&reader, err)) >= 0) {
        *ret_json |= !option_is_level(command->options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    return reader.at < argc ? command_usage_error(command, err, "takes no arguments") : 0;
}
