/* SPDX-License-Identifier: BSD-2-Clause
 * placing: the inputs of a rerun, found. Putting them where the command expects them is in placing_make.c. */
#include "run/placing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/content.h"

/* Whether the run itself took the input away from its name, or changed it. */
static bool was_taken_away(const struct file_list *outputs, const struct file_item *input)
{
    bool taken = input->rewritten;
    for (size_t i = 0; i < outputs->count && !taken; i++) {
        const struct file_item *output = &outputs->item[i];
        taken =
            strcmp(output->path, input->path) == 0 || (output->from != NULL && strcmp(output->from, input->path) == 0);
    }
    return taken;
}

/* Where the run moved it, or left another name of it. */
static void list_alike(const struct placing *placing, const struct file_list *list, const struct file_item *input,
                       struct strlist *ret_places)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct file_item *other = &list->item[i];
        if (other == input || other->type != FILE_REGULAR || !other->has_digest || other->change == FILE_DELETED ||
            !digest_equal(&other->digest, &input->digest)) {
            continue;
        }
        for (size_t j = 0; j < placing->folders.count; j++) {
            strlist_addf(ret_places, "%s/%s", placing->folders.item[j], other->path + (other->path[0] == '/'));
        }
    }
}

/* Every place where the input could be, the likeliest first. Those before it in the list are found already: one with
 * the same content will do. */
static void list_places(const struct placing *placing, const struct manifest *manifest, const struct file_item *input,
                        struct strlist *ret_places)
{
    const char *path = input->path + (input->path[0] == '/');
    for (size_t i = 0; i < placing->folders.count; i++) {
        strlist_addf(ret_places, "%s/%s", placing->folders.item[i], path);
    }
    if (input->host != NULL) {
        strlist_add(ret_places, input->host);
    }
    for (size_t i = 0; i < placing->folders.count; i++) {
        const char *name = path_base(input->host != NULL ? input->host : path);
        strlist_addf(ret_places, "%s/%s", placing->folders.item[i], name);
    }
    for (const struct file_item *other = manifest->inputs.item; other != input; other++) {
        if (digest_equal(&other->digest, &input->digest) && other->host != NULL) {
            strlist_add(ret_places, other->host);
            break;
        }
    }
    for (size_t i = 0; i < placing->objects.count; i++) {
        strlist_take(ret_places, content_object_path(placing->objects.item[i], &input->digest));
    }
    if (was_taken_away(placing->outputs, input)) {
        list_alike(placing, placing->outputs, input, ret_places);
        list_alike(placing, &manifest->inputs, input, ret_places);
    }
}

/* 1 when the file at `place` has the content that the manifest names, 0 when it has another, -1 when there is none. */
static int check_place(const char *place, const struct file_item *input, struct file_item *found, struct err *err)
{
    struct stat st;
    if (stat(place, &st) < 0 || !S_ISREG(st.st_mode)) {
        return -1;
    }
    if (file_item_read(found, place, input->offset, err) < 0) {
        return -1;
    }
    return digest_equal(&found->digest, &input->digest) ? 1 : 0;
}

static int complain(const struct file_item *input, const char *other_place, const struct digest *other,
                    const struct err *unread, struct err *err)
{
    char wanted[DIGEST_HEX + 1];
    char has[DIGEST_HEX + 1];
    digest_to_hex(&input->digest, wanted);
    if (other_place != NULL) {
        digest_to_hex(other, has);
        return err_set(err, ERR_MISMATCH,
                       "input '%s' is not as it was: '%s' has sha256 %.12s, the run read %.12s; give the folder that "
                       "holds the right one with --inputs",
                       input->path, other_place, has, wanted);
    }
    if (unread->kind != ERR_NONE) {
        *err = *unread;
        return err_wrap(err, "input '%s'", input->path);
    }
    return err_set(err, ERR_NOT_FOUND,
                   "input '%s' (sha256 %.12s, %llu bytes) was not found%s%s%s; give the folder that holds it with "
                   "--inputs",
                   input->path, wanted, (unsigned long long)input->size, input->host != NULL ? " at '" : "",
                   input->host != NULL ? input->host : "", input->host != NULL ? "'" : "");
}

static int find_input(const struct placing *placing, const struct manifest *manifest, struct file_item *input,
                      struct err *err)
{
    struct strlist places = {0};
    struct err unread = {0};
    struct digest other = {0};
    const char *other_place = NULL;
    int result = -1;
    list_places(placing, manifest, input, &places);
    for (size_t i = 0; i < places.count && result < 0; i++) {
        struct file_item found = {0};
        int matches = check_place(places.item[i], input, &found, &unread);
        if (matches == 1) {
            char *host = xstrdup(places.item[i]);
            free(input->host);
            input->host = host;
            result = 0;
        } else if (matches == 0 && other_place == NULL) {
            other_place = places.item[i];
            other = found.digest;
        }
    }
    if (result < 0) {
        complain(input, other_place, &other, &unread, err);
    }
    strlist_release(&places);
    return result;
}

int placing_find(struct placing *placing, struct manifest *manifest, struct err *err)
{
    for (size_t i = 0; i < manifest->inputs.count;) {
        struct file_item *input = &manifest->inputs.item[i];
        struct err missing = {0};
        if (input->type != FILE_REGULAR || find_input(placing, manifest, input, &missing) == 0) {
            i++;
            continue;
        }
        if (!input->rewritten || input->role == NULL || strcmp(input->role, "argument") != 0) {
            *err = missing;
            return -1;
        }
        /* A name after -o that existed already: what was in the file then is not there any more, and was most likely
         * never read. */
        strlist_addf(&placing->notes, "'%s' was overwritten by the run and starts out absent", input->path);
        file_list_remove(&manifest->inputs, i);
    }
    return 0;
}
