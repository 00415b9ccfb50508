/* SPDX-License-Identifier: BSD-2-Clause
 * lock: what a recipe's packages resolve to today. */
#include "supply/lock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "supply/apt.h"
#include "supply/sources.h"

/* A package stays in the pool at least a day after a release replaced it, and snapshot.debian.org looks every six
 * hours: a day after the release its files are certainly there. */
enum { DAY_S = 24 * 60 * 60 };

/* Where the two archives are read in one attempt. */
struct origin {
    char *debian;
    char *security;
};

static void origin_release(struct origin *origin)
{
    free(origin->debian);
    free(origin->security);
}

static const char *find_keyring(void)
{
    static const char *const places[] = {"/usr/share/keyrings/debian-archive-keyring.gpg",
                                         "/usr/share/keyrings/debian-archive-keyring.pgp"};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        if (access(places[i], R_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

/* The text of sources.list for the recipe's pockets. Without a keyring of Debian's nothing is believed. */
static int format_sources(const struct recipe *recipe, const struct origin *origin, struct buf *text, struct err *err)
{
    const char *keyring = find_keyring();
    if (keyring == NULL) {
        return err_set(err, ERR_HOST, "no keyring of Debian's archive here: install 'debian-archive-keyring'");
    }
    for (size_t i = 0; i < recipe->pockets.count; i++) {
        const char *pocket = recipe->pockets.item[i];
        bool security = strcmp(pocket, "security") == 0;
        bool release = strcmp(pocket, "release") == 0;
        buf_addf(text, "deb [signed-by=%s] %s %s%s%s main\n", keyring, security ? origin->security : origin->debian,
                 recipe->suite, release ? "" : "-", release ? "" : pocket);
    }
    return 0;
}

/* The bases of an archive in the order of supply/sources; the snapshot archive last. */
static void list_bases(const struct lock_request *request, const char *archive, struct strlist *ret_bases)
{
    char now[32] = "";
    time_t seconds = time(NULL);
    struct tm utc;
    if (request->snapshot == NULL) {
        auto_release(strlist) struct strlist bases = {0};
        sources_list(request->mirrors, &bases);
        sources_addresses(&bases, archive, "", ret_bases);
    }
    gmtime_r(&seconds, &utc);
    strftime(now, sizeof(now), "%Y%m%dT%H%M%SZ", &utc);
    strlist_take(ret_bases, sources_snapshot(archive, request->snapshot != NULL ? request->snapshot : now, ""));
}

/* Adds the package of one line of --print-uris, with its archive; the rest comes from apt-cache. */
static int add_package(struct lockfile *lock, const struct origin *origin, const char *line, size_t length,
                       struct strlist *versions, struct err *err)
{
    auto_free char *address = NULL;
    auto_free char *name = NULL;
    auto_free char *version = NULL;
    if (!apt_parse_uri(line, length, &address, &name, &version)) {
        return 0; /* what apt tells people stands between */
    }
    bool security = strncmp(address, origin->security, strlen(origin->security)) == 0;
    if (!security && strncmp(address, origin->debian, strlen(origin->debian)) != 0) {
        return err_set(err, ERR_INVALID, "apt would take '%s' from elsewhere", address);
    }
    strlist_addf(versions, "%s=%s", name, version);
    struct locked_package *package = lockfile_add(lock);
    package->name = steal_ptr(&name);
    package->version = steal_ptr(&version);
    package->archive = xstrdup(security ? "debian-security" : "debian");
    return 0;
}

static int add_packages(struct lockfile *lock, const struct origin *origin, const char *text, struct strlist *versions,
                        struct err *err)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        if (add_package(lock, origin, text, length, versions, err) < 0) {
            return -1;
        }
        text += length + (text[length] == '\n');
    }
    return lock->count > 0 ? 0 : err_set(err, ERR_INVALID, "apt names no package to install");
}

/* Path, size and digest out of a stanza of apt-cache, for the package that it describes. The same version can stand in
 * two archives: the paths of the security archive begin with pool/updates. */
static int take_stanza(struct lockfile *lock, const char *stanza, size_t length, struct err *err)
{
    auto_free char *name = apt_field(stanza, length, "Package");
    auto_free char *version = apt_field(stanza, length, "Version");
    auto_free char *path = apt_field(stanza, length, "Filename");
    auto_free char *size = apt_field(stanza, length, "Size");
    auto_free char *sha256 = apt_field(stanza, length, "SHA256");
    for (size_t i = 0; name != NULL && version != NULL && path != NULL && i < lock->count; i++) {
        struct locked_package *package = &lock->package[i];
        bool security = strncmp(path, "pool/updates/", 13) == 0;
        if (strcmp(package->name, name) != 0 || strcmp(package->version, version) != 0 || package->path != NULL ||
            security != (strcmp(package->archive, "debian-security") == 0)) {
            continue;
        }
        if (size == NULL || sha256 == NULL || !text_to_u64(size, 1, 1ULL << 40, &package->size) ||
            !digest_from_hex(sha256, &package->sha256)) {
            return err_set(err, ERR_INVALID, "apt knows no size or sha256 of '%s'", name);
        }
        package->path = steal_ptr(&path);
        return 0;
    }
    return 0;
}

static int fill_packages(const struct apt *apt, struct lockfile *lock, const struct strlist *versions, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    if (apt_show(apt, versions, &text, err) < 0) {
        return -1;
    }
    for (const char *at = buf_text(&text); *at != '\0';) {
        const char *end = strstr(at, "\n\n");
        size_t length = end != NULL ? (size_t)(end - at) : strlen(at);
        if (take_stanza(lock, at, length, err) < 0) {
            return -1;
        }
        at += length;
        at += strspn(at, "\n");
    }
    for (size_t i = 0; i < lock->count; i++) {
        if (lock->package[i].path == NULL) {
            return err_set(err, ERR_INVALID, "apt does not say where '%s' %s lies", lock->package[i].name,
                           lock->package[i].version);
        }
    }
    return 0;
}

static int fill_header(const struct lock_request *request, const struct apt *apt, struct lockfile *lock,
                       struct err *err)
{
    char text[32];
    int64_t newest = 0;
    lock->suite = xstrdup(request->recipe->suite);
    lock->architecture = xstrdup(request->recipe->architecture);
    recipe_wants(request->recipe, &lock->wants);
    if (request->snapshot != NULL) {
        lock->snapshot = xstrdup(request->snapshot);
        return 0;
    }
    if (apt_newest_release(apt, &newest, err) < 0) {
        return -1;
    }
    time_t seconds = newest + DAY_S;
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &utc);
    lock->snapshot = xstrdup(text);
    return 0;
}

static int resolve_at(const struct lock_request *request, const struct origin *origin, struct lockfile *lock,
                      struct err *err)
{
    auto_release(apt) struct apt apt = {0};
    auto_release(buf) struct buf sources = {0};
    auto_release(buf) struct buf uris = {0};
    auto_release(strlist) struct strlist versions = {0};
    const struct recipe *recipe = request->recipe;
    if (format_sources(recipe, origin, &sources, err) < 0 ||
        apt_begin(&apt, recipe->architecture, buf_text(&sources), &recipe->without, err) < 0 ||
        apt_update(&apt, err) < 0 || apt_print_uris(&apt, &recipe->packages, &uris, err) < 0 ||
        add_packages(lock, origin, buf_text(&uris), &versions, err) < 0 ||
        fill_packages(&apt, lock, &versions, err) < 0) {
        return -1;
    }
    return fill_header(request, &apt, lock, err);
}

int lock_resolve(const struct lock_request *request, struct lockfile *ret_lock, struct err *err)
{
    auto_release(strlist) struct strlist debian = {0};
    auto_release(strlist) struct strlist security = {0};
    list_bases(request, "debian", &debian);
    list_bases(request, "debian-security", &security);
    for (size_t i = 0; i < debian.count; i++) {
        __attribute__((cleanup(origin_release))) struct origin origin = {
            .debian = xstrdup(debian.item[i]),
            .security = xstrdup(security.item[i < security.count ? i : security.count - 1])};
        struct err failure = {0};
        *ret_lock = (struct lockfile){0};
        log_debug("resolving with %s", origin.debian);
        if (resolve_at(request, &origin, ret_lock, &failure) == 0) {
            return 0;
        }
        lockfile_release(ret_lock);
        *err = failure;
        /* Another mirror may answer; what is wrong with the recipe or this host stays so. */
        if (failure.kind != ERR_NETWORK) {
            break;
        }
        log_debug("%s", failure.text);
    }
    return err_wrap(err, "lock '%s'", request->recipe->name);
}
