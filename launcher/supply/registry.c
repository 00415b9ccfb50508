/* SPDX-License-Identifier: BSD-2-Clause
 * registry: images of a real registry. */
#include "supply/registry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/mem.h"
#include "supply/fetch_page.h"
#include "supply/registry_access.h"
#include "supply/registry_error.h"
#include "supply/registry_tags.h"

static const char *const types[] = {
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
};
enum {
    TYPES = sizeof(types) / sizeof(*types),
    TAGS = 1000, /* of a list; registries give at most so many at once */
};

/* One of `types`, or NULL. */
static const char *known_type(const char *text)
{
    for (size_t i = 0; text != NULL && i < TYPES; i++) {
        if (strcmp(types[i], text) == 0) {
            return types[i];
        }
    }
    return NULL;
}

/* The registry's place of a manifest or blob; caller frees. */
static char *address(const struct registry_ref *ref, const char *kind, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    return xasprintf("%s/%s/sha256:%s", registry_access_base(ref->access), kind, hex);
}

/* Asks with what is known of a log-in, and with `refused`, what an earlier answer wanted. */
static int ask_once(const struct registry_ref *ref, const char *url, const char *refused, struct fetch_page *page,
                    struct err *err)
{
    auto_release(strlist) struct strlist lines = {0};
    struct fetch_question question = {.url = url, .lines = &lines, .most = REGISTRY_MANIFEST_BYTES};
    strlist_addf(&lines, "Accept: %s, %s, %s, %s", types[0], types[1], types[2], types[3]);
    if (registry_access_lines(ref->access, url, refused, &lines, err) < 0) {
        return -1;
    }
    fetch_page_release(page);
    return fetch_page(&question, page, err);
}

/* Logs in when the registry wants it, and asks again. */
static int ask(const struct registry_ref *ref, const char *url, struct fetch_page *page, struct err *err)
{
    if (ask_once(ref, url, NULL, page, err) < 0) {
        return -1;
    }
    if (page->status == 401 && page->challenge != NULL) {
        auto_free char *challenge = xstrdup(page->challenge);
        return ask_once(ref, url, challenge, page, err);
    }
    if (page->status == 403 || page->status == 404) {
        int known = registry_access_knock(ref->access, err);
        return known > 0 ? ask_once(ref, url, NULL, page, err) : known;
    }
    return 0;
}

/* Which tags there are instead of the one that was asked for; says nothing when that cannot be found out. */
static char *find_tags(const struct registry_ref *ref)
{
    struct err ignored = {0};
    auto_release(fetch_page) struct fetch_page page = {0};
    auto_release(strlist) struct strlist tags = {0};
    auto_free char *url = xasprintf("%s/tags/list?n=%d", registry_access_base(ref->access), TAGS);
    if (ask(ref, url, &page, &ignored) == 0 && page.status == 200) {
        registry_tags_parse(buf_text(&page.bytes), page.bytes.length, &tags, &ignored);
    }
    return registry_tags_hint(&tags, ref->tag);
}

/* The answer is none that holds a manifest. */
static int complain(const struct registry_ref *ref, const struct digest *wanted, const struct fetch_page *page,
                    struct err *err)
{
    auto_free char *what = registry_error_text(page->status, &page->bytes);
    if (page->status == 401 || page->status == 403) {
        auto_free char *who = registry_access_who(ref->access);
        return err_set(err, ERR_NETWORK, "the registry answers %s, %s", what, who);
    }
    if (page->status == 404) {
        auto_free char *tags = wanted == NULL ? find_tags(ref) : xstrdup("");
        return err_set(err, ERR_NOT_FOUND, "the registry answers %s%s", what, tags);
    }
    if (page->status == 429) {
        auto_free char *who = registry_access_who(ref->access);
        return err_set(err, ERR_NETWORK, "too many requests: the registry answers %s, %s", what, who);
    }
    return err_set(err, ERR_NETWORK, "the registry answers %s", what);
}

/* The type of what came: that of the answer, or of the document when the answer has none that is known. The two are not
 * allowed to differ: a text that is a manifest to one and a list to another reader would be two images under one digest
 * (CVE-2021-41190). */
static int find_type(const struct fetch_page *page, const char **ret_type, struct err *err)
{
    struct doc *doc = doc_parse("manifest", buf_text(&page->bytes), page->bytes.length, err);
    if (doc == NULL) {
        return -1;
    }
    auto_free char *answered = page->type != NULL ? xstrndup(page->type, strcspn(page->type, "; \t")) : NULL;
    auto_free char *written = doc_get_text(doc, "mediaType");
    doc_free(doc);
    const char *type = known_type(answered);
    if (type == NULL) {
        type = known_type(written);
    }
    if (type == NULL) {
        return err_set(err, ERR_INVALID, "it is of the type '%s', not a manifest or list of OCI or Docker (schema 2)",
                       written != NULL    ? written
                       : answered != NULL ? answered
                                          : "(none)");
    }
    if (written != NULL && strcmp(written, type) != 0) {
        return err_set(err, ERR_INVALID, "the registry says that it is '%s', and itself that it is '%s'", type,
                       written);
    }
    *ret_type = type;
    return 0;
}

static int check_digest(const struct fetch_page *page, const struct digest *wanted, struct digest *ret_digest,
                        struct err *err)
{
    char is[DIGEST_HEX + 1];
    digest_bytes(buf_text(&page->bytes), page->bytes.length, ret_digest);
    digest_to_hex(ret_digest, is);
    if (wanted != NULL && !digest_equal(wanted, ret_digest)) {
        return err_set(err, ERR_MISMATCH, "the registry answers with other content: its sha256 is %s", is);
    }
    /* By tag there is only the registry's word; a text that was cut or changed on the way does not keep it. */
    if (page->digest != NULL && strncmp(page->digest, "sha256:", 7) == 0 && strcmp(page->digest + 7, is) != 0) {
        return err_set(err, ERR_MISMATCH, "the registry says that it sends '%s', and its sha256 is %s", page->digest,
                       is);
    }
    return 0;
}

static int read_manifest(const struct registry_ref *ref, const char *url, const struct digest *wanted,
                         struct fetch_page *page, const char **ret_type, struct digest *ret_digest, struct err *err)
{
    if (ask(ref, url, page, err) < 0) {
        return -1;
    }
    if (page->status != 200) {
        return complain(ref, wanted, page, err);
    }
    if (page->type != NULL && strncasecmp(page->type, "text/html", 9) == 0) {
        return err_set(err, ERR_NETWORK,
                       "what answers is no registry: it sends a page for people (text/html), as a proxy "
                       "does that wants a log-in");
    }
    /* Before a byte of it is parsed. */
    return check_digest(page, wanted, ret_digest, err) < 0 ? -1 : find_type(page, ret_type, err);
}

int registry_manifest(const struct registry_ref *ref, const struct digest *digest, struct buf *ret_bytes,
                      char **ret_media_type, struct digest *ret_digest, struct err *err)
{
    const struct digest *wanted = digest != NULL ? digest : ref->has_digest ? &ref->digest : NULL;
    auto_release(fetch_page) struct fetch_page page = {0};
    auto_free char *url = wanted != NULL ? address(ref, "manifests", wanted)
                                         : xasprintf("%s/manifests/%s", registry_access_base(ref->access), ref->tag);
    const char *type = NULL;
    struct digest is;
    if (read_manifest(ref, url, wanted, &page, &type, &is, err) < 0) {
        return -1;
    }
    *ret_bytes = page.bytes;
    page.bytes = (struct buf){0};
    *ret_media_type = xstrdup(type);
    *ret_digest = is;
    return 0;
}

int registry_blobs(const struct registry_ref *ref, int store_fd, const struct fetch_item *items, size_t count,
                   struct progress *progress, struct err *err)
{
    struct fetch_access access = {.lines = registry_access_lines, .data = ref->access};
    struct fetch_item *own = xcalloc(count + 1, sizeof(*own));
    for (size_t i = 0; i < count; i++) {
        own[i] = items[i];
        own[i].access = &access;
        own[i].from = (struct strlist){0};
        strlist_take(&own[i].from, address(ref, "blobs", &items[i].sha256));
        for (size_t k = 0; k < items[i].from.count; k++) {
            strlist_add(&own[i].from, items[i].from.item[k]);
        }
    }
    int result = fetch_all(store_fd, own, count, progress, err);
    for (size_t i = 0; i < count; i++) {
        strlist_release(&own[i].from);
    }
    free(own);
    return result;
}
