/* SPDX-License-Identifier: BSD-2-Clause
 * bundle_list: the list of what is in a bundle. */
#include "env/bundle_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

static const char family[] = "# sciwrap-bundle/";
static const char version[] = "1";

static const struct {
    const char *name;
    bool folder; /* of files that are named by their digest */
} kinds[] = {
    [BUNDLE_MANIFEST] = {"manifest.json", false},
    [BUNDLE_DEFINITION] = {"definition.ini", false},
    [BUNDLE_INPUT] = {"inputs/", true},
    [BUNDLE_OUTPUT] = {"outputs/", true},
    [BUNDLE_ARTIFACT] = {"artifact/", true},
    [BUNDLE_LAYOUT] = {BUNDLE_LAYOUT_FOLDER "/oci-layout", false},
    [BUNDLE_BLOB] = {BUNDLE_LAYOUT_FOLDER "/blobs/sha256/", true},
};

void bundle_list_add(struct bundle_list *list, enum bundle_kind kind, const struct digest *digest)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity < 16 ? 16 : list->capacity * 2;
        list->item = xreallocarray(list->item, list->capacity, sizeof(*list->item));
    }
    list->item[list->count++] = (struct bundle_file){.kind = kind, .digest = *digest};
}

static int compare(const void *a, const void *b)
{
    const struct bundle_file *first = a;
    const struct bundle_file *second = b;
    if (first->kind != second->kind) {
        return first->kind < second->kind ? -1 : 1;
    }
    return memcmp(first->digest.bytes, second->digest.bytes, DIGEST_BYTES);
}

bool bundle_list_has(const struct bundle_list *list, enum bundle_kind kind, const struct digest *digest)
{
    struct bundle_file wanted = {.kind = kind, .digest = *digest};
    return list->count > 0 && bsearch(&wanted, list->item, list->count, sizeof(wanted), compare) != NULL;
}

void bundle_list_sort(struct bundle_list *list)
{
    size_t kept = 0;
    struct bundle_list inputs = {.item = list->item};
    if (list->count > 1) {
        qsort(list->item, list->count, sizeof(*list->item), compare);
    }
    for (size_t i = 0; i < list->count; i++) {
        struct bundle_file file = list->item[i];
        bool twice = kept > 0 && compare(&list->item[kept - 1], &file) == 0;
        inputs.count = file.kind == BUNDLE_OUTPUT ? kept : 0;
        if (!twice && !bundle_list_has(&inputs, BUNDLE_INPUT, &file.digest)) {
            list->item[kept++] = file;
        }
    }
    list->count = kept;
}

void bundle_list_release(struct bundle_list *list)
{
    free(list->item);
    *list = (struct bundle_list){0};
}

char *bundle_file_path(const struct bundle_file *file)
{
    char hex[DIGEST_HEX + 1] = "";
    if (kinds[file->kind].folder) {
        digest_to_hex(&file->digest, hex);
    }
    return xasprintf("%s%s", kinds[file->kind].name, hex);
}

void bundle_list_format(const struct bundle_list *list, struct buf *text)
{
    buf_addf(text, "%s%s, %zu files, %llu bytes\n", family, version, list->count, (unsigned long long)list->bytes);
    for (size_t i = 0; i < list->count; i++) {
        char hex[DIGEST_HEX + 1];
        auto_free char *path = bundle_file_path(&list->item[i]);
        digest_to_hex(&list->item[i].digest, hex);
        buf_addf(text, "%s  %s\n", hex, path);
    }
}

static int complain(struct err *err, size_t line, const char *wrong)
{
    return err_set(err, ERR_INVALID, "line %zu: %s", line, wrong);
}

/* The version, and the sum, which is the only thing in this line that the files below do not say again. */
static int parse_head(struct bundle_list *list, const char *line, struct err *err)
{
    size_t prefix = sizeof(family) - 1;
    if (strncmp(line, family, prefix) != 0) {
        return complain(err, 1, "is not the list of a bundle of sciwrap");
    }
    size_t digits = strspn(line + prefix, "0123456789");
    if (digits != strlen(version) || strncmp(line + prefix, version, digits) != 0) {
        return complain(err, 1, "a bundle of a newer form: use a newer sciwrap");
    }
    auto_free char *text = xstrdup(line);
    char *unit = strstr(text, " bytes");
    if (unit == NULL) {
        return complain(err, 1, "does not say how many bytes there are");
    }
    *unit = '\0';
    char *number = strrchr(text, ' ');
    return text_to_u64(number + 1, 0, BUNDLE_BYTES_MOST, &list->bytes)
               ? 0
               : complain(err, 1, "no possible number of bytes");
}

static int parse_file(struct bundle_list *list, const char *line, size_t number, struct err *err)
{
    struct digest digest;
    auto_free char *hex = xstrndup(line, DIGEST_HEX);
    if (!digest_from_hex(hex, &digest) || strncmp(line + DIGEST_HEX, "  ", 2) != 0) {
        return complain(err, number, "not 'SHA256  NAME'");
    }
    for (unsigned kind = 0; kind < BUNDLE_KINDS; kind++) {
        struct bundle_file file = {.kind = (enum bundle_kind)kind, .digest = digest};
        auto_free char *path = bundle_file_path(&file);
        if (strcmp(path, line + DIGEST_HEX + 2) == 0) {
            bundle_list_add(list, file.kind, &digest);
            return 0;
        }
    }
    return complain(err, number, "a name that no bundle has");
}

static int parse_lines(struct bundle_list *list, const char *text, size_t length, struct err *err)
{
    size_t number = 0;
    for (const char *at = text; at < text + length;) {
        const char *end = memchr(at, '\n', (size_t)(text + length - at));
        if (end == NULL) {
            return complain(err, number + 1, "the line is cut off");
        }
        auto_free char *line = xstrndup(at, (size_t)(end - at));
        number++;
        int result = number == 1 ? parse_head(list, line, err) : parse_file(list, line, number, err);
        if (result < 0) {
            return -1;
        }
        at = end + 1;
    }
    return 0;
}

static size_t count_kind(const struct bundle_list *list, enum bundle_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += list->item[i].kind == kind;
    }
    return count;
}

static int parse(struct bundle_list *list, const char *text, size_t length, struct err *err)
{
    auto_release(buf) struct buf again = {0};
    if (length > BUNDLE_LIST_MOST) {
        return err_set(err, ERR_INVALID, "larger than %d bytes", BUNDLE_LIST_MOST);
    }
    if (parse_lines(list, text, length, err) < 0) {
        return -1;
    }
    size_t layouts = count_kind(list, BUNDLE_LAYOUT);
    if (count_kind(list, BUNDLE_MANIFEST) != 1 || count_kind(list, BUNDLE_DEFINITION) != 1 ||
        count_kind(list, BUNDLE_ARTIFACT) + layouts > 1 || (layouts == 1) != (count_kind(list, BUNDLE_BLOB) > 0)) {
        return err_set(err, ERR_INVALID, "not one manifest, one definition and at most one artifact or image");
    }
    /* Whatever else could be written in another way (order, a file twice, the count, a leading zero, a NUL byte). */
    bundle_list_sort(list);
    bundle_list_format(list, &again);
    if (again.length != length || memcmp(again.bytes, text, length) != 0) {
        return err_set(err, ERR_INVALID, "out of order, or a file more than once");
    }
    return 0;
}

int bundle_list_parse(struct bundle_list *list, const char *text, size_t length, struct err *err)
{
    *list = (struct bundle_list){0};
    int result = parse(list, text, length, err);
    if (result < 0) {
        bundle_list_release(list);
    }
    return result;
}
