/* SPDX-License-Identifier: BSD-2-Clause
 * bundle_open: what was unpacked of a bundle, made ready for use. */
#include "publish/bundle_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/fs.h"
#include "base/mem.h"
#include "publish/bundle_definition.h"
#include "publish/run_contents.h"
#include "run/content.h"
#include "run/objects.h"

static int read_list(const char *folder, struct bundle_contents *contents, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    auto_free char *path = xasprintf("%s/" BUNDLE_LIST_NAME, folder);
    if (fs_read_path(path, BUNDLE_LIST_MOST, &text, err) < 0) {
        return -1;
    }
    digest_bytes(buf_text(&text), text.length, &contents->identity);
    return bundle_list_parse(&contents->list, buf_text(&text), text.length, err);
}

/* That the bundle has every content which the run needs. */
static int check_complete(const struct bundle_list *list, const struct run_contents *contents, struct err *err)
{
    for (size_t i = 0; i < contents->count; i++) {
        const struct run_content *content = &contents->item[i];
        if (content->file.kind == BUNDLE_INPUT && !content->dispensable &&
            !bundle_list_has(list, BUNDLE_INPUT, &content->file.digest)) {
            return err_set(err, ERR_INVALID, "input '%s' of its manifest is not in it", content->path);
        }
    }
    return 0;
}

static int add_blob(const struct doc *descriptor, struct bundle_list *named, struct err *err)
{
    static const char prefix[] = "sha256:";
    struct digest digest;
    auto_free char *text = doc_get_text(descriptor, "digest");
    if (text == NULL || strncmp(text, prefix, strlen(prefix)) != 0 ||
        !digest_from_hex(text + strlen(prefix), &digest)) {
        return err_set(err, ERR_INVALID, "the manifest of its image names a blob without a sha256");
    }
    bundle_list_add(named, BUNDLE_BLOB, &digest);
    return 0;
}

/* The blobs of the image, if it has one: the image's manifest, which is what the run pins, and those that it names. */
static int add_image(const char *folder, const struct bundle_list *list, const struct setup_environment *environment,
                     struct bundle_list *named, struct err *err)
{
    enum { MOST = 4 * 1024 * 1024 }; /* what registries take at most */
    struct bundle_file file = {.kind = BUNDLE_BLOB, .digest = environment->artifact};
    if (!bundle_list_has(list, BUNDLE_BLOB, &environment->artifact)) {
        return 0;
    }
    auto_free char *member = bundle_file_path(&file);
    auto_free char *path = xasprintf("%s/%s", folder, member);
    struct doc *image = doc_load(path, MOST, err);
    if (image == NULL) {
        return -1;
    }
    const struct doc *layers = doc_get(image, "layers");
    bundle_list_add(named, BUNDLE_BLOB, &environment->artifact);
    int result = add_blob(doc_get(image, "config"), named, err);
    for (size_t i = 0; i < doc_count(layers) && result == 0; i++) {
        result = add_blob(doc_at(layers, i), named, err);
    }
    doc_free(image);
    return result;
}

/* That it has nothing that the run did not have: what is brought along under cover would be taken for checked. */
static int check_named(const char *folder, bool unpacked, const struct bundle_list *list,
                       const struct run_contents *contents, const struct setup_environment *environment,
                       struct err *err)
{
    struct bundle_list named = {0};
    int result = 0;
    bundle_list_add(&named, BUNDLE_ARTIFACT, &environment->artifact);
    if (unpacked && add_image(folder, list, environment, &named, err) < 0) {
        bundle_list_release(&named);
        return -1;
    }
    for (size_t i = 0; i < contents->count; i++) {
        bundle_list_add(&named, contents->item[i].file.kind, &contents->item[i].file.digest);
    }
    bundle_list_sort(&named);
    for (size_t i = 0; i < list->count && result == 0; i++) {
        const struct bundle_file *file = &list->item[i];
        bool fixed = file->kind == BUNDLE_MANIFEST || file->kind == BUNDLE_DEFINITION || file->kind == BUNDLE_LAYOUT ||
                     (file->kind == BUNDLE_BLOB && !unpacked);
        if (!fixed && !bundle_list_has(&named, file->kind, &file->digest)) {
            auto_free char *path = bundle_file_path(file);
            result = err_set(err, ERR_INVALID, "member '%s' is nothing that its manifest names", path);
        }
    }
    bundle_list_release(&named);
    return result;
}

/* Under the name of the environment, which messages show. */
static int check_definition(const char *folder, const struct setup_environment *environment,
                            struct bundle_contents *contents, struct err *err)
{
    auto_free char *path = xasprintf("%s/definition.ini", folder);
    contents->has_artifact = bundle_list_has(&contents->list, BUNDLE_ARTIFACT, &environment->artifact) ||
                             bundle_list_has(&contents->list, BUNDLE_BLOB, &environment->artifact);
    contents->definition = xasprintf("%s/%s.ini", folder, environment->name);
    if (rename(path, contents->definition) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "rename '%s'", path);
    }
    return bundle_definition_check(contents->definition, environment, contents->has_artifact ? folder : NULL, err);
}

/* Not by fs_copy_fd(): sharing blocks (FICLONE) knows no offset. */
static int copy_rest(int from, int to, const char *name, struct err *err)
{
    enum { CHUNK = 128 * 1024 };
    auto_free char *chunk = xmalloc(CHUNK);
    for (;;) {
        ssize_t got = read(from, chunk, CHUNK);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "read '%s'", name);
        }
        if (fs_write_fd(to, name, chunk, (size_t)got, err) < 0) {
            return -1;
        }
    }
}

/* What was standard input from further on than its start is in the bundle from there on only. For the run it is a file
 * again, with a hole in the place of what it did not read. */
static int shift(const char *folder, const struct run_content *content, struct bundle_contents *contents,
                 struct err *err)
{
    auto_free char *objects = xasprintf("%s/" SETUP_RECORDS "/" OBJECTS_FOLDER, folder);
    auto_free char *from = content_object_path(objects, &content->file.digest);
    auto_free char *to = xasprintf("%s/shifted/%s", folder, content->path + (content->path[0] == '/'));
    auto_free char *parent = xstrndup(to, (size_t)(strrchr(to, '/') - to));
    if (fs_make_dirs(parent, 0700, err) < 0) {
        return -1;
    }
    auto_fd int from_fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    auto_fd int to_fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (from_fd < 0 || to_fd < 0 || lseek(to_fd, (off_t)content->offset, SEEK_SET) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", to);
    }
    if (contents->shifted == NULL) {
        contents->shifted = xasprintf("%s/shifted", folder);
    }
    return copy_rest(from_fd, to_fd, to, err);
}

static int shift_inputs(const char *folder, const struct run_contents *inputs, struct bundle_contents *contents,
                        struct err *err)
{
    for (size_t i = 0; i < inputs->count; i++) {
        const struct run_content *content = &inputs->item[i];
        if (content->file.kind == BUNDLE_INPUT && content->offset > 0 &&
            bundle_list_has(&contents->list, BUNDLE_INPUT, &content->file.digest) &&
            shift(folder, content, contents, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int check(const char *folder, bool unpacked, const struct manifest *manifest, struct bundle_contents *contents,
                 struct err *err)
{
    const struct setup_environment *environment = &manifest->setup.environment;
    struct run_contents wanted;
    run_contents_gather(manifest, true, &wanted);
    int result = check_complete(&contents->list, &wanted, err);
    if (result == 0) {
        result = check_named(folder, unpacked, &contents->list, &wanted, environment, err);
    }
    if (result == 0) {
        result = check_definition(folder, environment, contents, err);
    }
    if (result == 0 && unpacked) {
        result = shift_inputs(folder, &wanted, contents, err);
    }
    run_contents_release(&wanted);
    return result;
}

int bundle_open(const char *folder, bool unpacked, struct bundle_contents *ret_contents, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    struct bundle_contents contents = {.manifest = xasprintf("%s/" MANIFEST_NAME, folder)};
    struct manifest manifest = {0};
    int result = read_list(folder, &contents, err);
    if (result == 0) {
        result = fs_read_path(contents.manifest, MANIFEST_MOST, &text, err);
    }
    if (result == 0) {
        result = manifest_parse(&manifest, "member 'manifest.json'", buf_text(&text), text.length, err);
    }
    if (result == 0) {
        result = check(folder, unpacked, &manifest, &contents, err);
    }
    manifest_release(&manifest);
    if (result < 0) {
        bundle_contents_release(&contents);
        return -1;
    }
    *ret_contents = contents;
    return 0;
}

void bundle_contents_release(struct bundle_contents *contents)
{
    bundle_list_release(&contents->list);
    free(contents->manifest);
    free(contents->definition);
    free(contents->shifted);
    *contents = (struct bundle_contents){0};
}
