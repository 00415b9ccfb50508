/* SPDX-License-Identifier: BSD-2-Clause
 * compare_contents: the part of compare.h that finds the contents of two outputs again and lets them be judged. */
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/compare.h"
#include "run/content.h"

/* Where on the host an output was left; NULL when nothing says so. */
static char *host_path(const struct manifest *manifest, const struct file_item *item)
{
    const struct setup *setup = &manifest->setup;
    if (item->host != NULL) {
        return xstrdup(item->host);
    }
    if (manifest->circumstances.workdir == NULL) {
        return NULL;
    }
    if (item->path[0] != '/') {
        return path_normal(manifest->circumstances.workdir, item->path);
    }
    if (setup->workdir != NULL && path_is_under(item->path, setup->workdir)) {
        return path_normal(manifest->circumstances.workdir, path_below(item->path, setup->workdir));
    }
    for (size_t i = setup->binds.count; i-- > 0;) {
        const struct bind *bind = &setup->binds.item[i];
        if (bind->source != NULL && path_is_under(item->path, bind->target)) {
            return path_normal(bind->source, path_below(item->path, bind->target));
        }
    }
    return NULL;
}

static int open_content(const struct manifest *manifest, const struct file_item *item, const struct strlist *objects,
                        struct verdict_file *ret_file)
{
    struct err nowhere = {0};
    const struct content content = {
        .digest = item->digest,
        .size = item->size,
        .offset = item->offset,
        .is_open_ended = true,
    };
    char *path = host_path(manifest, item);
    struct content_places places = {.objects = *objects}; /* borrowed */
    if (path != NULL) {
        strlist_take(&places.files, path);
    }
    auto_fd int fd = content_open(&places, &content, NULL, &nowhere);
    off_t at = fd >= 0 ? lseek(fd, 0, SEEK_CUR) : -1;
    strlist_release(&places.files);
    if (at < 0) {
        return -1;
    }
    *ret_file = (struct verdict_file){.fd = steal_fd(&fd), .offset = (uint64_t)at, .size = item->size};
    return 0;
}

static char *text_or_null(const char *text)
{
    return text[0] != '\0' ? xstrdup(text) : NULL;
}

static void judge(const struct verdict_file *then, const struct verdict_file *now, const struct verdict_rules *rules,
                  struct comparison_item *item)
{
    struct err err = {0};
    struct verdict_result result;
    if (verdict_files_apart(then, now, item->path, rules, &result, &err) < 0) {
        item->verdict = VERDICT_DIFFERENT;
        item->detail = xasprintf("could not be compared: %s", err.text);
        return;
    }
    item->verdict = result.verdict;
    item->detail = text_or_null(result.detail);
    item->then_text = text_or_null(result.then_text);
    item->now_text = text_or_null(result.now_text);
}

/* What was found out while the contents were there. The digests differ, so it cannot have been "identical". */
static bool take_recorded(const struct doc *recorded, struct comparison_item *item)
{
    const struct doc *outputs = doc_get(recorded, "outputs");
    for (size_t i = 0; i < doc_count(outputs); i++) {
        auto_free char *path = doc_get_text(doc_at(outputs, i), "path");
        auto_free char *name = doc_get_text(doc_at(outputs, i), "verdict");
        enum verdict verdict = VERDICT_IDENTICAL;
        bool known = path != NULL && name != NULL && strcmp(path, item->path) == 0 && verdict_from_name(name, &verdict);
        if (known && verdict >= VERDICT_NORMALISED && verdict <= VERDICT_DIFFERENT) {
            item->verdict = verdict;
            auto_free char *detail = doc_get_text(doc_at(outputs, i), "detail");
            item->detail = xasprintf("%s, as recorded with the rerun", detail != NULL ? detail : "");
            item->then_text = doc_get_text(doc_at(outputs, i), "then");
            item->now_text = doc_get_text(doc_at(outputs, i), "now");
            return true;
        }
    }
    return false;
}

static void say_gone(const struct file_item *a, const struct file_item *b, const char *which,
                     struct comparison_item *item)
{
    char was[DIGEST_HEX + 1];
    char is[DIGEST_HEX + 1];
    digest_to_hex(&a->digest, was);
    digest_to_hex(&b->digest, is);
    item->verdict = VERDICT_DIFFERENT;
    item->detail = xasprintf("sha256 %.12s, was %.12s; where is not known: %s", is, was, which);
}

void compare_contents(const struct manifest *then, const struct file_item *a, const struct manifest *now,
                      const struct file_item *b, const struct compare_options *options, struct comparison_item *item)
{
    struct verdict_file then_file = {.fd = -1};
    struct verdict_file now_file = {.fd = -1};
    bool has_then = open_content(then, a, options->objects, &then_file) == 0;
    bool has_now = open_content(now, b, options->objects, &now_file) == 0;
    auto_fd int then_fd = then_file.fd;
    auto_fd int now_fd = now_file.fd;
    if (has_then && has_now) {
        judge(&then_file, &now_file, options->rules, item);
        return;
    }
    if (!take_recorded(options->recorded, item)) {
        say_gone(a, b,
                 has_then  ? "the content of the later run is gone"
                 : has_now ? "the content of the first run is gone"
                           : "both contents are gone",
                 item);
    }
}
