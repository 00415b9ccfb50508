/* SPDX-License-Identifier: BSD-2-Clause
 * registry_access: gets into one repository of a registry. */
#include "supply/registry_access.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto.h"
#include "base/base64.h"
#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "supply/fetch_http.h"
#include "supply/fetch_page.h"
#include "supply/http_url.h"
#include "supply/registry_challenge.h"
#include "supply/registry_error.h"

enum {
    ANSWER_BYTES = 256 * 1024, /* of a token server; real ones are below 10 KiB */
    TOKEN_BYTES = 32 * 1024,   /* real ones are below 5 KiB; servers refuse requests with much more */
    TOKEN_SECONDS = 60,        /* how long a token holds that does not say it */
    TOKEN_MOST = 24 * 60 * 60, /* and what is believed of one that does */
    EARLY_SECONDS = 10,        /* renewed so long before its end: the request has to get there */
};

struct registry_access {
    char *host, *repository;
    char *base;
    bool plain; /* http */
    bool searched;
    struct credentials credentials;
    struct challenge challenge; /* the last one, for the next token */
    char *line;                 /* "Authorization: ..."; NULL: nothing is said */
    int64_t until_s;            /* of the token in `line`, by now_s(); 0: for ever */
};

static int64_t now_s(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

struct registry_access *registry_access_new(const char *host, const char *repository)
{
    struct registry_access *access = xcalloc(1, sizeof(*access));
    struct http_url url;
    /* Docker's registry answers under another name than that of its images. */
    const char *server = strcmp(host, "docker.io") == 0 ? "registry-1.docker.io" : host;
    auto_free char *plain = xasprintf("http://%s/", server);
    access->host = xstrdup(host);
    access->repository = xstrdup(repository);
    access->plain = http_url_parse(plain, &url) && http_url_may_be_plain(&url);
    access->base = xasprintf("%s://%s/v2/%s", access->plain ? "http" : "https", server, repository);
    return access;
}

static void forget_line(struct registry_access *access)
{
    if (access->line != NULL) {
        explicit_bzero(access->line, strlen(access->line));
    }
    free(access->line);
    access->line = NULL;
    access->until_s = 0;
}

void registry_access_free(struct registry_access *access)
{
    if (access != NULL) {
        forget_line(access);
        challenge_release(&access->challenge);
        credentials_release(&access->credentials);
        free(access->host);
        free(access->repository);
        free(access->base);
        free(access);
    }
}

const char *registry_access_base(const struct registry_access *access)
{
    return access->base;
}

/* "'A', 'B'; 'podman login HOST' ..." */
static void add_places(const struct registry_access *access, struct buf *text)
{
    auto_release(strlist) struct strlist files = {0};
    credentials_files(&files);
    for (size_t i = 0; i < files.count; i++) {
        buf_addf(text, "%s'%s'", i > 0 ? ", " : "", files.item[i]);
    }
    buf_addf(text, "%s; 'podman login %s' or 'docker login %s' makes one", files.count == 0 ? "any file" : "",
             access->host, access->host);
}

char *registry_access_who(const struct registry_access *access)
{
    struct buf text = {0};
    if (access->credentials.from != NULL && access->challenge.kind == CHALLENGE_NONE) {
        return xasprintf("without a log-in: it does not ask for that of '%s'", access->credentials.from);
    }
    if (access->credentials.from != NULL) {
        return xasprintf("with the log-in of '%s'", access->credentials.from);
    }
    buf_addf(&text, "without a log-in: there is none for '%s' in ", access->host);
    add_places(access, &text);
    return buf_take(&text);
}

/* Looked for when they are needed for the first time: a helper may ask the user for something. */
static int find_credentials(struct registry_access *access, struct err *err)
{
    if (access->searched) {
        return 0;
    }
    if (credentials_find(access->host, access->repository, &access->credentials, err) < 0) {
        return -1;
    }
    access->searched = true;
    if (access->credentials.from != NULL) {
        log_debug("%s: log-in of '%s'", access->host, access->credentials.from);
    }
    return 0;
}

/* "Authorization: Basic ..."; caller frees. */
static char *basic_line(const struct credentials *credentials)
{
    auto_free char *pair = xasprintf("%s:%s", credentials->user, credentials->password);
    char *encoded = base64_encode((const unsigned char *)pair, strlen(pair));
    char *line = xasprintf("Authorization: Basic %s", encoded);
    explicit_bzero(pair, strlen(pair));
    explicit_bzero(encoded, strlen(encoded));
    free(encoded);
    return line;
}

static int use_basic(struct registry_access *access, struct err *err)
{
    if (access->credentials.from == NULL) {
        auto_release(buf) struct buf places = {0};
        add_places(access, &places);
        return err_set(err, ERR_NETWORK, "'%s' wants a log-in, and there is none in %s", access->host,
                       buf_text(&places));
    }
    if (access->credentials.user == NULL) {
        return err_set(err, ERR_NETWORK, "'%s' wants a name and a password, and the log-in of '%s' is a token",
                       access->host, access->credentials.from);
    }
    char *line = basic_line(&access->credentials);
    if (access->line != NULL && strcmp(access->line, line) == 0) {
        explicit_bzero(line, strlen(line));
        free(line);
        return err_set(err, ERR_NETWORK, "'%s' refuses the log-in of '%s'", access->host, access->credentials.from);
    }
    forget_line(access);
    access->line = line;
    return 0;
}

/* The realm of a challenge is chosen by the server: who may get passwords there? */
static int check_realm(const struct registry_access *access, struct err *err)
{
    struct http_url realm;
    const char *url = access->challenge.realm;
    if (url == NULL || !http_url_parse(url, &realm)) {
        auto_free char *shown = http_shown(url != NULL ? url : "");
        return err_set(err, ERR_INVALID, "'%s' names a token server that is no address: '%s'", access->host, shown);
    }
    /* A registry that is spoken to over https does not send us to this machine's or the site's own plain servers. */
    if (!realm.secure && !(access->plain && http_url_may_be_plain(&realm))) {
        return err_set(err, ERR_INVALID, "'%s' names the token server '%s', which is not https", access->host, url);
    }
    return 0;
}

/* Adds service and scope; the scope that the registry asks for, else the right to read this repository. */
static void add_parameters(const struct registry_access *access, struct buf *text, char first)
{
    const struct challenge *challenge = &access->challenge;
    auto_free char *scope =
        challenge->scope != NULL ? xstrdup(challenge->scope) : xasprintf("repository:%s:pull", access->repository);
    buf_addf(text, "%cscope=", first);
    http_url_escape(text, scope);
    if (challenge->service != NULL) {
        buf_add_text(text, "&service=");
        http_url_escape(text, challenge->service);
    }
}

/* A POST with the identity token (OAuth 2), else a GET with name and password, or without anything. */
static int ask_token_server(const struct registry_access *access, struct fetch_page *page, struct err *err)
{
    const char *realm = access->challenge.realm;
    auto_release(strlist) struct strlist lines = {0};
    auto_release(buf) struct buf url = {0}, form = {0};
    struct fetch_question question = {.lines = &lines, .most = ANSWER_BYTES};
    buf_add_text(&url, realm);
    if (access->credentials.identity != NULL) {
        buf_add_text(&form, "grant_type=refresh_token&client_id=sciwrap&refresh_token=");
        http_url_escape(&form, access->credentials.identity);
        add_parameters(access, &form, '&');
        question.form = buf_text(&form);
    } else {
        add_parameters(access, &url, strchr(realm, '?') != NULL ? '&' : '?');
    }
    if (access->credentials.user != NULL) {
        strlist_take(&lines, basic_line(&access->credentials));
    }
    question.url = buf_text(&url);
    int result = fetch_page(&question, page, err);
    if (form.bytes != NULL) {
        explicit_bzero(form.bytes, form.length);
    }
    return result;
}

/* A header line takes what is printed (RFC 6750, 2.1), and a line end in it would begin another header. */
static bool is_token(const char *text)
{
    size_t length = strlen(text);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~') {
            return false;
        }
    }
    return length > 0 && length <= TOKEN_BYTES;
}

int registry_token_parse(const char *text, size_t length, char **ret_token, unsigned *ret_seconds, struct err *err)
{
    struct doc *doc = doc_parse("token", text, length, err);
    if (doc == NULL) {
        /* Without the parser's words: they can quote a part of the token. */
        *err = (struct err){0};
        return err_set(err, ERR_INVALID, "answers with something that is not JSON");
    }
    uint64_t seconds = TOKEN_SECONDS;
    char *token = doc_get_text(doc, "token");
    if (token == NULL || token[0] == '\0') {
        free(token);
        token = doc_get_text(doc, "access_token"); /* the name in OAuth 2 */
    }
    doc_get_number(doc, "expires_in", &seconds);
    doc_free(doc);
    if (token == NULL || !is_token(token)) {
        free(token);
        return err_set(err, ERR_INVALID, "answers without a token that can be used");
    }
    *ret_token = token;
    *ret_seconds = seconds > TOKEN_MOST ? TOKEN_MOST : (unsigned)seconds;
    return 0;
}

static int take_token(struct registry_access *access, const struct fetch_page *page, struct err *err)
{
    auto_free char *token = NULL;
    unsigned seconds = 0;
    if (page->status != 200) {
        auto_free char *who = registry_access_who(access);
        auto_free char *what = registry_error_text(page->status, &page->bytes);
        return err_set(err, ERR_NETWORK, "answers %s, %s", what, who);
    }
    if (registry_token_parse(buf_text(&page->bytes), page->bytes.length, &token, &seconds, err) < 0 || token == NULL) {
        return -1;
    }
    forget_line(access);
    access->line = xasprintf("Authorization: Bearer %s", token);
    access->until_s = now_s() + seconds;
    explicit_bzero(token, strlen(token));
    return 0;
}

static int use_token(struct registry_access *access, struct err *err)
{
    auto_release(fetch_page) struct fetch_page page = {0};
    if (check_realm(access, err) < 0) {
        return -1;
    }
    log_debug("%s: a token of '%s'", access->host, access->challenge.realm);
    if (ask_token_server(access, &page, err) < 0 || take_token(access, &page, err) < 0) {
        return err_wrap(err, "the token server '%s' of '%s'", access->challenge.realm, access->host);
    }
    return 0;
}

static int log_in(struct registry_access *access, struct err *err)
{
    if (find_credentials(access, err) < 0) {
        return -1;
    }
    switch (access->challenge.kind) {
    case CHALLENGE_NONE:
        break;
    case CHALLENGE_BASIC:
        return use_basic(access, err);
    case CHALLENGE_BEARER:
        return use_token(access, err);
    }
    return 0;
}

static int answer_refusal(struct registry_access *access, const char *refused, struct err *err)
{
    struct challenge challenge = {0};
    if (challenge_parse(refused, &challenge, err) < 0) {
        return err_wrap(err, "'%s' wants a log-in", access->host);
    }
    challenge_release(&access->challenge);
    access->challenge = challenge;
    return log_in(access, err);
}

int registry_access_lines(void *data, const char *url, const char *refused, struct strlist *ret_lines, struct err *err)
{
    struct registry_access *access = data;
    if (!http_url_same_origin(url, access->base)) {
        return 0;
    }
    if (refused != NULL) {
        if (answer_refusal(access, refused, err) < 0) {
            return -1;
        }
    } else if (access->until_s != 0 && now_s() + EARLY_SECONDS >= access->until_s && log_in(access, err) < 0) {
        return -1;
    }
    if (access->line != NULL) {
        strlist_add(ret_lines, access->line);
    }
    return 0;
}

int registry_access_knock(struct registry_access *access, struct err *err)
{
    auto_release(fetch_page) struct fetch_page page = {0};
    if (access->challenge.kind != CHALLENGE_NONE) {
        return 0;
    }
    if (find_credentials(access, err) < 0) {
        return -1;
    }
    if (access->credentials.from == NULL) {
        return 0;
    }
    auto_free char *url = xstrndup(access->base, strlen(access->base) - strlen(access->repository));
    struct fetch_question question = {.url = url, .most = ANSWER_BYTES};
    if (fetch_page(&question, &page, err) < 0) {
        return -1;
    }
    if (page.status != 401 || page.challenge == NULL) {
        return 0;
    }
    return answer_refusal(access, page.challenge, err) < 0 ? -1 : 1;
}
