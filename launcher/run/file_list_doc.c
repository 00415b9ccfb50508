/* SPDX-License-Identifier: BSD-2-Clause
 * file_list_doc: the elements of `inputs` and `outputs` in a manifest, written and read back. */
#include "run/file_list_doc.h"

#include <string.h>

#include "base/auto.h"

static void put_content(struct doc *object, const struct file_item *item)
{
    if (item->has_digest) {
        doc_put_digest(object, "sha256", &item->digest);
        doc_put_number(object, "size", item->size);
    }
    if (item->change != FILE_DELETED && item->type != FILE_LINK) {
        doc_put_mode(object, "mode", item->mode);
    }
    doc_put_text(object, "target", item->target);
}

static struct doc *item_doc(const struct file_item *item, bool is_output)
{
    struct doc *object = doc_object();
    doc_put_text(object, "path", item->path);
    if (is_output || item->type != FILE_REGULAR) {
        doc_put_text(object, "type", file_type_name(item->type));
    }
    if (is_output) {
        doc_put_text(object, "change", file_change_name(item->change));
        doc_put_text(object, "from", item->from);
    }
    put_content(object, item);
    doc_put_text(object, "role", item->role);
    if (item->offset > 0) {
        doc_put_number(object, "offset", item->offset);
    }
    if (!is_output && item->mtime_ns > 0) {
        doc_put_number(object, "mtime_ns", item->mtime_ns);
    }
    doc_put_text(object, "same_as", item->same_as);
    if (item->kept) {
        doc_put_bool(object, "kept", true);
    }
    if (item->rewritten) {
        doc_put_bool(object, "rewritten", true);
    }
    return object;
}

struct doc *file_list_doc(const struct file_list *list, bool are_outputs)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < list->count; i++) {
        doc_append(array, item_doc(&list->item[i], are_outputs));
    }
    return array;
}

static int read_kind(const struct reader *reader, const struct doc *object, struct file_item *item)
{
    auto_free char *type = doc_get_text(object, "type");
    auto_free char *change = doc_get_text(object, "change");
    item->from = doc_get_text(object, "from");
    if ((type != NULL && !file_type_from_name(type, &item->type)) ||
        (change != NULL && !file_change_from_name(change, &item->change))) {
        return reader_complain(reader, item->path);
    }
    if (item->from != NULL && !reader_is_file_path(item->from)) {
        return reader_complain(reader, "from");
    }
    item->same_as = doc_get_text(object, "same_as");
    return item->same_as == NULL || reader_is_file_path(item->same_as) ? 0 : reader_complain(reader, "same_as");
}

static int read_item(const struct reader *reader, const struct doc *object, struct file_list *list)
{
    auto_free char *path = doc_get_text(object, "path");
    if (path == NULL || !reader_is_file_path(path)) {
        return reader_complain(reader, "path");
    }
    struct file_item *item = file_list_add(list, path);
    item->role = doc_get_text(object, "role");
    item->target = doc_get_text(object, "target");
    item->kept = doc_get_bool(object, "kept");
    item->rewritten = doc_get_bool(object, "rewritten");
    (void)doc_get_number(object, "size", &item->size);
    (void)doc_get_number(object, "offset", &item->offset);
    (void)doc_get_number(object, "mtime_ns", &item->mtime_ns);
    if (read_kind(reader, object, item) < 0) {
        return -1;
    }
    if (doc_get(object, "mode") != NULL && reader_mode(reader, object, "mode", &item->mode) < 0) {
        return -1;
    }
    if (doc_get(object, "sha256") != NULL) {
        item->has_digest = true;
        return reader_digest(reader, object, "sha256", &item->digest);
    }
    return 0;
}

/* An input can be made again only when its content is known. */
static bool is_whole_input(const struct file_item *item)
{
    switch (item->type) {
    case FILE_REGULAR:
        return item->has_digest;
    case FILE_LINK:
        return item->target != NULL && item->target[0] != '\0';
    case FILE_DIRECTORY:
        return true;
    case FILE_OTHER:
        break;
    }
    return false;
}

int file_list_read(const struct reader *reader, const struct doc *experiment, bool are_outputs,
                   struct file_list *ret_list)
{
    const char *key = are_outputs ? "outputs" : "inputs";
    const struct doc *array = doc_get(experiment, key);
    if (array == NULL) {
        return reader_complain(reader, key);
    }
    for (size_t i = 0; i < doc_count(array); i++) {
        if (read_item(reader, doc_at(array, i), ret_list) < 0) {
            return err_wrap(reader->err, "%s", key);
        }
        if (!are_outputs && !is_whole_input(&ret_list->item[ret_list->count - 1])) {
            return reader_complain(reader, key);
        }
    }
    return 0;
}
