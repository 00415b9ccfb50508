/* SPDX-License-Identifier: BSD-2-Clause
 * credentials: how a user has logged in to a registry, from the files of podman, skopeo and docker. */
#include "supply/credentials.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/auto.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/doc.h"
#include "base/fs.h"
#include "base/mem.h"
#include "supply/credentials_helper.h"

enum { FILE_BYTES = 1024 * 1024 };

#define DOCKER "docker.io"
/* The name under which docker keeps the log-in to its own registry. */
#define DOCKER_KEY "https://index.docker.io/v1/"

static void forget(char **secret)
{
    if (*secret != NULL) {
        explicit_bzero(*secret, strlen(*secret));
    }
    free(*secret);
    *secret = NULL;
}

void credentials_release(struct credentials *credentials)
{
    forget(&credentials->user);
    forget(&credentials->password);
    forget(&credentials->identity);
    free(credentials->from);
    credentials->from = NULL;
}

/* The key of an entry without scheme, "/v1/" and "/v2/", and slashes at its end; of docker's own: "docker.io". */
static char *plain_key(const char *key)
{
    const char *from = key;
    from += strncmp(from, "https://", 8) == 0 ? 8 : strncmp(from, "http://", 7) == 0 ? 7 : 0;
    char *plain = xstrdup(from);
    size_t length = strlen(plain);
    if (from != key) { /* docker's old form: what follows the host is the version of the protocol, no namespace */
        length = strcspn(plain, "/");
    }
    while (length > 0 && plain[length - 1] == '/') {
        length--;
    }
    plain[length] = '\0';
    if (strcmp(plain, "index." DOCKER) == 0 || strcmp(plain, "registry-1." DOCKER) == 0) {
        free(plain);
        plain = xstrdup(DOCKER);
    }
    return plain;
}

/* The member of an object whose key means `wanted`; an exact one before those with a scheme. */
static const struct doc *find_key(const struct doc *object, const char *wanted)
{
    auto_release(strlist) struct strlist keys = {0};
    const struct doc *exact = doc_get(object, wanted);
    if (exact != NULL) {
        return exact;
    }
    doc_keys(object, &keys);
    for (size_t i = 0; i < keys.count; i++) {
        auto_free char *plain = plain_key(keys.item[i]);
        if (strcmp(plain, wanted) == 0) {
            return doc_get(object, keys.item[i]);
        }
    }
    return NULL;
}

/* "user:password" in base64, as both write it. */
static int take_auth(const char *name, const char *key, char *encoded, struct credentials *ret, struct err *err)
{
    char *text = base64_decode(encoded);
    char *colon = text != NULL ? strchr(text, ':') : NULL;
    if (colon == NULL || colon == text) {
        forget(&text);
        return err_set(err, ERR_INVALID, "%s: the auth of '%s' is not USER:PASSWORD in base64", name, key);
    }
    *colon = '\0';
    ret->user = xstrdup(text);
    ret->password = xstrdup(colon + 1);
    *colon = ':';
    forget(&text);
    return 1;
}

/* One entry of auths. 1 it says something, 0 it is empty (docker's mark that credsStore has it), -1 error. */
static int take_entry(const char *name, const char *key, const struct doc *entry, struct credentials *ret,
                      struct err *err)
{
    char *identity = doc_get_text(entry, "identitytoken");
    char *auth = doc_get_text(entry, "auth");
    int result = 0;
    if (identity != NULL && identity[0] != '\0') {
        ret->identity = steal_ptr(&identity);
        result = 1;
    } else if (auth != NULL && auth[0] != '\0') {
        result = take_auth(name, key, auth, ret, err);
    }
    forget(&identity);
    forget(&auth);
    return result;
}

/* HOST/NAMESPACE/IMAGE, then each shorter one, then HOST. */
static int take_from_auths(const char *name, const struct doc *auths, const char *host, const char *repository,
                           struct credentials *ret, struct err *err)
{
    auto_free char *key = xasprintf("%s/%s", host, repository);
    for (;;) {
        const struct doc *entry = find_key(auths, key);
        int result = entry != NULL ? take_entry(name, key, entry, ret, err) : 0;
        char *slash = strrchr(key, '/');
        if (result != 0 || slash == NULL) {
            return result;
        }
        *slash = '\0';
    }
}

static int take_from_helper(const char *name, const struct doc *helper, const char *host, struct credentials *ret,
                            struct err *err)
{
    auto_free char *program = doc_text(helper);
    if (program == NULL || !credentials_helper_name_ok(program)) {
        return err_set(err, ERR_INVALID, "%s: '%s' is not the name of a credential helper", name,
                       program != NULL ? program : "(no text)");
    }
    int result = credentials_helper_ask(program, strcmp(host, DOCKER) == 0 ? DOCKER_KEY : host, ret, err);
    return result < 0 ? err_wrap(err, "%s", name) : result;
}

static int take_from_doc(const char *name, const struct doc *doc, const char *host, const char *repository,
                         struct credentials *ret, struct err *err)
{
    const struct doc *helper = find_key(doc_get(doc, "credHelpers"), host);
    const struct doc *store = doc_get(doc, "credsStore");
    if (helper != NULL) {
        return take_from_helper(name, helper, host, ret, err);
    }
    int result = take_from_auths(name, doc_get(doc, "auths"), host, repository, ret, err);
    auto_free char *store_name = doc_text(store);
    if (result != 0 || store_name == NULL || store_name[0] == '\0') {
        return result;
    }
    return take_from_helper(name, store, host, ret, err);
}

int credentials_parse(const char *name, const char *text, size_t length, const char *host, const char *repository,
                      struct credentials *ret, struct err *err)
{
    struct err why = {0};
    struct doc *doc = doc_parse(name, text, length, &why);
    if (doc == NULL) {
        /* Without the parser's words: they quote what they stumbled over, and that may be a password. */
        return err_set(err, ERR_INVALID, "%s: is not a JSON object", name);
    }
    struct credentials found = {0};
    int result = take_from_doc(name, doc, host, repository, &found, err);
    doc_free(doc);
    if (result == 1) {
        found.from = xstrdup(name);
        *ret = found;
    }
    return result;
}

/* $VARIABLE/rest, or ~/below/rest when it is not set; nothing when there is no home either. */
static void add_file(struct strlist *paths, const char *variable, const char *below, const char *rest)
{
    const char *folder = getenv(variable);
    const char *home = getenv("HOME");
    if (folder != NULL && folder[0] != '\0') {
        strlist_addf(paths, "%s/%s", folder, rest);
    } else if (below != NULL && home != NULL && home[0] != '\0') {
        strlist_addf(paths, "%s/%s/%s", home, below, rest);
    }
}

void credentials_files(struct strlist *ret_paths)
{
    const char *only = getenv("REGISTRY_AUTH_FILE");
    if (only != NULL && only[0] != '\0') {
        strlist_add(ret_paths, only);
        return;
    }
    add_file(ret_paths, "XDG_RUNTIME_DIR", NULL, "containers/auth.json");
    add_file(ret_paths, "XDG_CONFIG_HOME", ".config", "containers/auth.json");
    add_file(ret_paths, "DOCKER_CONFIG", ".docker", "config.json");
}

/* From here on there are secrets in memory. What is freed (by libcurl, too) is overwritten at once, so that the
 * processes which we fork to read foreign bytes inherit nothing of them, and a crash leaves no core: neither in a file
 * nor with a collector, for which 1 is the one limit that counts (core(5)). */
static void guard(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur != 1 && limit.rlim_max >= 1) {
        limit.rlim_cur = 1;
        setrlimit(RLIMIT_CORE, &limit);
    }
#ifdef M_PERTURB
    mallopt(M_PERTURB, 0xa5);
#endif
}

int credentials_find(const char *host, const char *repository, struct credentials *ret, struct err *err)
{
    auto_release(strlist) struct strlist paths = {0};
    credentials_files(&paths);
    guard();
    for (size_t i = 0; i < paths.count; i++) {
        auto_release(buf) struct buf text = {0};
        struct err why = {0};
        if (fs_read_path(paths.item[i], FILE_BYTES, &text, &why) < 0) {
            if (why.kind == ERR_NOT_FOUND) {
                continue;
            }
            *err = why;
            return -1;
        }
        int result = credentials_parse(paths.item[i], buf_text(&text), text.length, host, repository, ret, err);
        if (text.bytes != NULL) {
            explicit_bzero(text.bytes, text.length);
        }
        if (result != 0) {
            return result < 0 ? -1 : 0;
        }
    }
    return 0;
}
