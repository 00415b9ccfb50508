/* SPDX-License-Identifier: BSD-2-Clause
 * reader: the members of a manifest, each checked as it is read. */
#include "run/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/path.h"

int reader_complain(const struct reader *reader, const char *key)
{
    return err_set(reader->err, ERR_INVALID, "%s: '%s' is missing or not what a manifest holds", reader->name, key);
}

bool reader_is_absolute(const char *path)
{
    if (path[0] != '/') {
        return false;
    }
    return strcmp(path, "/") == 0 || path_is_clean(path + 1);
}

bool reader_is_file_path(const char *path)
{
    return path_is_clean(path) || (reader_is_absolute(path) && strcmp(path, "/") != 0);
}

int reader_text(const struct reader *reader, const struct doc *object, const char *key, char **ret_text)
{
    char *text = doc_get_text(object, key);
    if (text == NULL) {
        return reader_complain(reader, key);
    }
    free(*ret_text);
    *ret_text = text;
    return 0;
}

int reader_absolute(const struct reader *reader, const struct doc *object, const char *key, char **ret_path)
{
    if (reader_text(reader, object, key, ret_path) < 0) {
        return -1;
    }
    return reader_is_absolute(*ret_path) ? 0 : reader_complain(reader, key);
}

int reader_digest(const struct reader *reader, const struct doc *object, const char *key, struct digest *ret_digest)
{
    auto_free char *hex = doc_get_text(object, key);
    return hex != NULL && digest_from_hex(hex, ret_digest) ? 0 : reader_complain(reader, key);
}

int reader_mode(const struct reader *reader, const struct doc *object, const char *key, mode_t *ret_mode)
{
    auto_free char *text = doc_get_text(object, key);
    if (text == NULL || strlen(text) != 4 || strspn(text, "01234567") != 4) {
        return reader_complain(reader, key);
    }
    *ret_mode = (mode_t)strtoul(text, NULL, 8);
    return 0;
}
