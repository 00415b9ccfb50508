/* SPDX-License-Identifier: BSD-2-Clause
 * bundle: what belongs into the bundle of a run, and where it is. */
#include "publish/bundle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "env/bundle_list.h"
#include "env/definition.h"
#include "publish/bundle_definition.h"
#include "publish/run_contents.h"
#include "run/content.h"
#include "base/doc.h"
#include "run/manifest.h"

struct gathering {
    const struct bundle_request *request;
    struct bundle *bundle;
    struct manifest manifest;
    struct doc *top;
    struct buf text; /* of the manifest */
};

static void add_field(struct buf *plan, const char *text)
{
    buf_add(plan, text, strlen(text) + 1);
}

static void add_source(struct buf *plan, const struct bundle_file *file, uint64_t size, uint64_t offset,
                       const char *source)
{
    char hex[DIGEST_HEX + 1];
    auto_free char *path = bundle_file_path(file);
    auto_free char *size_text = xasprintf("%llu", (unsigned long long)size);
    auto_free char *offset_text = xasprintf("%llu", (unsigned long long)offset);
    digest_to_hex(&file->digest, hex);
    add_field(plan, path);
    add_field(plan, hex);
    add_field(plan, size_text);
    add_field(plan, offset_text);
    add_field(plan, source);
}

static void add_text(struct buf *plan, enum bundle_kind kind, const struct buf *text)
{
    struct bundle_file file = {.kind = kind};
    auto_free char *source = xasprintf("=%s", buf_text(text));
    digest_bytes(buf_text(text), text->length, &file.digest);
    add_source(plan, &file, text->length, 0, source);
}

/* The host path at which the content is now, and where in that file it begins; NULL when it is nowhere. */
static char *find(const struct gathering *gathering, const struct run_content *content, uint64_t *ret_offset)
{
    const struct strlist *folders = gathering->request->folders;
    struct content_places files = {0};
    struct content_places objects = {.objects = *gathering->request->objects}; /* borrowed */
    struct content wanted = {.digest = content->file.digest, .size = content->size, .offset = content->offset};
    struct err ignored = {0};
    char *place = NULL;
    if (content->host != NULL) {
        strlist_add(&files.files, content->host);
    }
    file_list_moved_to(&gathering->manifest.outputs, content->path, &content->file.digest, &files.files);
    for (size_t i = 0; i < folders->count; i++) {
        strlist_addf(&files.files, "%s/%s", folders->item[i], content->path + (content->path[0] == '/'));
        strlist_addf(&files.files, "%s/%s", folders->item[i], path_base(content->path));
    }
    /* What was kept first: it cannot have changed, and is not looked at in vain. */
    auto_fd int kept = content_open(&objects, &wanted, &place, &ignored);
    *ret_offset = kept >= 0 ? 0 : content->offset;
    auto_fd int fd = kept >= 0 ? -1 : content_open(&files, &wanted, &place, &ignored);
    content_places_release(&files);
    return place;
}

static void note_missing(struct gathering *gathering, const struct run_content *content)
{
    struct stat st;
    const char *kind = content->file.kind == BUNDLE_INPUT ? "input" : "output";
    struct bundle *bundle = gathering->bundle;
    if (content->host == NULL) {
        strlist_addf(&bundle->lacks, "%s '%s' was not kept", kind, content->path);
    } else if (stat(content->host, &st) == 0) {
        strlist_addf(&bundle->lacks, "%s '%s' has changed since the run%s%s%s", kind, content->path,
                     content->path[0] == '/' ? " (it was at '" : "", content->path[0] == '/' ? content->host : "",
                     content->path[0] == '/' ? "')" : "");
    } else {
        strlist_addf(&bundle->lacks, "%s '%s' is not at '%s' any more", kind, content->path, content->host);
    }
}

/* One content, which `count` files had: any of them will do. */
static void add_content(struct gathering *gathering, const struct run_content *contents, size_t count)
{
    bool dispensable = true;
    for (size_t i = 0; i < count; i++) {
        uint64_t offset = 0;
        auto_free char *place = find(gathering, &contents[i], &offset);
        if (place != NULL) {
            add_source(&gathering->bundle->plan, &contents[i].file, contents[i].size, offset, place);
            return;
        }
        dispensable = dispensable && contents[i].dispensable;
    }
    if (dispensable) {
        strlist_addf(&gathering->bundle->notes, "'%s' was overwritten by the run; what was in it before is left out",
                     contents->path);
        return;
    }
    note_missing(gathering, contents);
}

static bool same_file(const struct bundle_file *a, const struct bundle_file *b)
{
    return a->kind == b->kind && digest_equal(&a->digest, &b->digest);
}

static void add_contents(struct gathering *gathering)
{
    struct run_contents contents;
    struct bundle_list inputs = {0};
    run_contents_gather(&gathering->manifest, gathering->request->outputs, &contents);
    for (size_t i = 0; i < contents.count && contents.item[i].file.kind == BUNDLE_INPUT; i++) {
        bundle_list_add(&inputs, BUNDLE_INPUT, &contents.item[i].file.digest);
    }
    for (size_t i = 0; i < contents.count;) {
        size_t count = 1;
        while (i + count < contents.count && same_file(&contents.item[i].file, &contents.item[i + count].file)) {
            count++;
        }
        /* Each content once: what came out as it went in is there already. */
        bool is_output = contents.item[i].file.kind == BUNDLE_OUTPUT;
        if (!is_output || !bundle_list_has(&inputs, BUNDLE_INPUT, &contents.item[i].file.digest)) {
            add_content(gathering, &contents.item[i], count);
        }
        i += count;
    }
    bundle_list_release(&inputs);
    run_contents_release(&contents);
}

static bool pins(const char *path, const struct digest *artifact)
{
    auto_release(definition) struct definition def = {0};
    struct err ignored = {0};
    return path != NULL && path[0] == '/' && definition_load(&def, path, &ignored) == 0 &&
           digest_equal(&def.sha256, artifact);
}

/* Where the artifact can be found: the definition that the run used, if it still is that one, or any that is known
 * here; "" when there is none, then the definition in the bundle must do. */
static char *artifact_definition(const struct setup_environment *environment)
{
    if (pins(environment->definition_path, &environment->artifact)) {
        return xstrdup(environment->definition_path);
    }
    char *known = definition_find_pin(&environment->artifact, environment->name);
    return known != NULL ? known : xstrdup("");
}

/* The text that the run recorded. A manifest that has none is of an older sciwrap: then what is known here will do. */
static int definition_text(const struct setup_environment *environment, struct buf *text, struct err *err)
{
    if (environment->definition_text != NULL) {
        buf_add_text(text, environment->definition_text);
        return 0;
    }
    auto_free char *path = artifact_definition(environment);
    auto_release(definition) struct definition def = {0};
    if (path[0] != '\0') {
        if (definition_load(&def, path, err) < 0) {
            return -1;
        }
        buf_add_text(text, def.text);
    }
    return 0;
}

static void note_no_address(struct gathering *gathering, const char *text)
{
    auto_release(definition) struct definition def = {0};
    struct err ignored = {0};
    if (definition_parse(&def, "/definition.ini", text, strlen(text), &ignored) == 0 && def.url.count == 0) {
        strlist_addf(
            &gathering->bundle->notes,
            "the bundle has neither the artifact nor an address of it%s%s%s: a rerun needs environment '%s' in "
            "its store or among its definitions",
            def.recipe != NULL ? ", only the name of its recipe, '" : "", def.recipe != NULL ? def.recipe : "",
            def.recipe != NULL ? "'" : "", gathering->manifest.setup.environment.name);
    }
}

static int add_definition(struct gathering *gathering, struct err *err)
{
    const struct setup_environment *environment = &gathering->manifest.setup.environment;
    auto_release(buf) struct buf recorded = {0};
    auto_release(buf) struct buf text = {0};
    if (definition_text(environment, &recorded, err) < 0) {
        return -1;
    }
    if (bundle_definition_make(environment, recorded.length > 0 ? buf_text(&recorded) : NULL,
                               !gathering->request->no_artifact, &text, err) < 0) {
        return err_wrap(err, "the definition of environment '%s'", environment->name);
    }
    add_text(&gathering->bundle->plan, BUNDLE_DEFINITION, &text);
    if (gathering->request->no_artifact) {
        note_no_address(gathering, buf_text(&text));
    }
    return 0;
}

static void add_artifact(struct gathering *gathering)
{
    const struct setup_environment *environment = &gathering->manifest.setup.environment;
    struct bundle_file file = {.kind = BUNDLE_ARTIFACT, .digest = environment->artifact};
    if (!gathering->request->no_artifact) {
        const char *given = gathering->request->definition;
        auto_free char *definition = given != NULL ? xstrdup(given) : artifact_definition(environment);
        add_source(&gathering->bundle->plan, &file, 0, 0, definition);
    }
}

/* A rerun of it would repeat something that nobody has pinned. */
static int check_spoiled(const struct gathering *gathering, struct err *err)
{
    const struct doc *verify = doc_get(doc_get(gathering->top, "recording"), "verify");
    const struct doc *spoiled = doc_get(verify, "spoiled");
    if (doc_count(spoiled) == 0) {
        return 0;
    }
    auto_free char *first = doc_text(doc_at(spoiled, 0));
    return err_set(err, ERR_INVALID,
                   "run %s is spoiled and cannot be bundled: %zu %s of its root file system, such as '%s', %s not what "
                   "its environment pins",
                   gathering->manifest.id, doc_count(spoiled), doc_count(spoiled) == 1 ? "file" : "files",
                   first != NULL ? first : "?", doc_count(spoiled) == 1 ? "was" : "were");
}

/* A few are told in the message itself, more of them in a line each. */
static int complain_missing(const struct gathering *gathering, struct err *err)
{
    struct strlist *lacks = &gathering->bundle->lacks;
    auto_release(buf) struct buf list = {0};
    const char *it = lacks->count == 1 ? "it" : "them";
    strlist_sort(lacks);
    for (size_t i = 0; i < lacks->count; i++) {
        buf_addf(&list, "%s%s", i > 0 ? "; " : "", lacks->item[i]);
    }
    if (list.length < sizeof(err->text) / 2) {
        strlist_release(lacks);
    } else {
        buf_clear(&list);
        buf_addf(&list, "it lacks the %zu contents above", lacks->count);
    }
    return err_set(err, ERR_NOT_FOUND, "run %s cannot be bundled: %s; name the folders that hold %s with --inputs%s",
                   gathering->manifest.id, buf_text(&list), it,
                   gathering->request->outputs ? ", or leave out --outputs" : "");
}

static int gather(struct gathering *gathering, struct err *err)
{
    const char *path = gathering->request->manifest;
    struct bundle *bundle = gathering->bundle;
    if (fs_read_path(path, MANIFEST_MOST, &gathering->text, err) < 0 ||
        manifest_parse(&gathering->manifest, path, buf_text(&gathering->text), gathering->text.length, err) < 0) {
        return -1;
    }
    gathering->top = doc_parse(path, buf_text(&gathering->text), gathering->text.length, err);
    if (gathering->top == NULL || check_spoiled(gathering, err) < 0) {
        return -1;
    }
    memcpy(bundle->id, gathering->manifest.id, sizeof(bundle->id));
    bundle->environment = xstrdup(gathering->manifest.setup.environment.name);
    bundle->leaks = doc_count(doc_get(gathering->top, "leaks"));
    add_text(&bundle->plan, BUNDLE_MANIFEST, &gathering->text);
    if (add_definition(gathering, err) < 0) {
        return -1;
    }
    add_contents(gathering);
    add_artifact(gathering);
    return bundle->lacks.count == 0 ? 0 : complain_missing(gathering, err);
}

int bundle_gather(const struct bundle_request *request, struct bundle *ret_bundle, struct err *err)
{
    struct gathering gathering = {.request = request, .bundle = ret_bundle};
    *ret_bundle = (struct bundle){0};
    int result = gather(&gathering, err);
    manifest_release(&gathering.manifest);
    doc_free(gathering.top);
    buf_release(&gathering.text);
    return result;
}

void bundle_release(struct bundle *bundle)
{
    free(bundle->environment);
    buf_release(&bundle->plan);
    strlist_release(&bundle->notes);
    strlist_release(&bundle->lacks);
    *bundle = (struct bundle){0};
}
