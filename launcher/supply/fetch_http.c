/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_http: one question to an http(s) server and its answer. The only file that includes libcurl. */
#include "supply/fetch_http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/auto.h"
#include "base/mem.h"

enum {
    STALL_BYTES = 1000, /* a second: what a modem of 1990 managed */
    BUFFER = 256 * 1024,
    PER_HOST = 6,        /* what browsers allow themselves */
    SWALLOW = 64 * 1024, /* of a body that nobody wants, so that the connection can be used again */
};

struct http {
    CURLM *multi;
    struct fetch_patience patience;
};

struct http *http_open(const struct fetch_patience *patience, struct err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        err_set(err, ERR_SYSTEM, "libcurl does not start");
        return NULL;
    }
    struct http *http = xcalloc(1, sizeof(*http));
    http->patience = *patience;
    http->multi = curl_multi_init();
    if (http->multi == NULL) {
        http_close(http);
        err_set(err, ERR_SYSTEM, "libcurl does not start");
        return NULL;
    }
    curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)PER_HOST);
    return http;
}

void http_close(struct http *http)
{
    if (http != NULL) {
        curl_multi_cleanup(http->multi);
        curl_global_cleanup();
        free(http);
    }
}

static size_t take_header(char *line, size_t unit, size_t count, void *data)
{
    struct http_exchange *exchange = data;
    return answer_take_line(&exchange->answer, line, unit * count, &exchange->err) == 0 ? unit * count : 0;
}

static bool wants_body(const struct http_exchange *exchange)
{
    return exchange->any_status || exchange->status == 200 || exchange->status == 206;
}

static void read_status(struct http_exchange *exchange)
{
    curl_off_t length = -1;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
    curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    exchange->length = length;
}

static size_t take_bytes(char *bytes, size_t unit, size_t count, void *data)
{
    struct http_exchange *exchange = data;
    read_status(exchange);
    if (!wants_body(exchange)) {
        curl_off_t got = 0;
        curl_easy_getinfo(exchange->easy, CURLINFO_SIZE_DOWNLOAD_T, &got);
        return got > SWALLOW ? 0 : unit * count;
    }
    return exchange->take(exchange->data, exchange, bytes, unit * count, &exchange->err) == 0 ? unit * count : 0;
}

/* libcurl's own limit of speed looks at an average of five seconds, and passes over a stall for as long. */
static int watch(void *data, curl_off_t total, curl_off_t got, curl_off_t up_total, curl_off_t up)
{
    struct http_exchange *exchange = data;
    curl_off_t connected = 0;
    struct timespec time;
    (void)total;
    (void)up_total;
    (void)up;
    clock_gettime(CLOCK_MONOTONIC, &time);
    int64_t now = time.tv_sec * 1000000000LL + time.tv_nsec;
    int64_t since = now - exchange->mark_ns;
    curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected > 0 && exchange->mark_ns != 0 && since < exchange->stall_s * 1000000000LL) {
        return 0;
    }
    exchange->stalled = connected > 0 && exchange->mark_ns != 0 &&
                        got - exchange->mark_bytes < (int64_t)exchange->stall_s * STALL_BYTES;
    exchange->mark_ns = now;
    exchange->mark_bytes = got;
    return exchange->stalled ? 1 : 0;
}

static void allow_protocols(CURL *easy)
{
    /* file:// and the like would read local files; redirects are followed by the caller, who checks them as well. */
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

/* Where a distribution keeps its authorities: libcurl knows that of the one for which it was built. */
static const char *host_authorities(void)
{
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Arch, Alpine */
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora, RHEL */
        "/etc/pki/tls/certs/ca-bundle.crt",                  /* CentOS 7 */
        "/etc/ssl/ca-bundle.pem",                            /* SUSE */
        "/etc/ssl/cert.pem",                                 /* musl distributions without a bundle */
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (access(places[i], R_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

/* What curl(1) reads; libcurl does not. */
static void trust(CURL *easy)
{
    const char *file = getenv("CURL_CA_BUNDLE");
    const char *folder = getenv("SSL_CERT_DIR");
    if (file == NULL || file[0] == '\0') {
        file = getenv("SSL_CERT_FILE");
    }
    bool is_named = (file != NULL && file[0] != '\0') || (folder != NULL && folder[0] != '\0');
    file = is_named ? file : host_authorities();
    if (file != NULL && file[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    }
    if (folder != NULL && folder[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
    }
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static void ask(CURL *easy, struct http_exchange *exchange)
{
    struct curl_slist *list = curl_slist_append(NULL, "Accept-Encoding: identity");
    for (size_t i = 0; exchange->lines != NULL && i < exchange->lines->count; i++) {
        list = curl_slist_append(list, exchange->lines->item[i]);
    }
    if (exchange->from > 0) {
        auto_free char *range = xasprintf("%llu-", (unsigned long long)exchange->from);
        auto_free char *condition = xasprintf("If-Range: %s", exchange->version);
        list = curl_slist_append(list, condition);
        curl_easy_setopt(easy, CURLOPT_RANGE, range);
    }
    if (exchange->form != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->form);
    }
    if (exchange->login != NULL) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, exchange->login);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, exchange->password != NULL ? exchange->password : "");
    }
    if (exchange->direct) {
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    }
    exchange->list = list;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy, CURLOPT_URL, exchange->url);
}

int http_start(struct http *http, struct http_exchange *exchange, struct err *err)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL) {
        return err_set(err, ERR_SYSTEM, "libcurl does not start");
    }
    exchange->easy = easy;
    exchange->end = HTTP_RUNNING;
    exchange->status = 0;
    exchange->length = -1;
    exchange->after_s = 0;
    exchange->err = (struct err){0};
    exchange->detail[0] = '\0';
    exchange->stall_s = http->patience.stall_s;
    exchange->mark_ns = 0;
    exchange->stalled = false;
    answer_release(&exchange->answer);
    allow_protocols(easy);
    trust(easy);
    ask(easy, exchange);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->detail);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)http->patience.stall_s);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, exchange);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);           /* any text would be an answer */
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy's headers are not the server's */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sciwrap/" SCIWRAP_VERSION);
    if (curl_multi_add_handle(http->multi, easy) != CURLM_OK) {
        return err_set(err, ERR_SYSTEM, "libcurl takes no transfer");
    }
    return 0;
}

void http_stop(struct http *http, struct http_exchange *exchange)
{
    if (exchange->easy != NULL) {
        curl_multi_remove_handle(http->multi, exchange->easy);
        curl_easy_cleanup(exchange->easy);
    }
    curl_slist_free_all(exchange->list);
    answer_release(&exchange->answer);
    exchange->easy = exchange->list = NULL;
}

static enum http_end meaning(CURLcode code)
{
    static const struct {
        CURLcode code;
        enum http_end end;
    } table[] = {
        {CURLE_OK, HTTP_ANSWERED},
        {CURLE_COULDNT_CONNECT, HTTP_BROKEN},
        {CURLE_OPERATION_TIMEDOUT, HTTP_BROKEN},
        {CURLE_ABORTED_BY_CALLBACK, HTTP_BROKEN},
        {CURLE_PARTIAL_FILE, HTTP_BROKEN},
        {CURLE_RECV_ERROR, HTTP_BROKEN},
        {CURLE_SEND_ERROR, HTTP_BROKEN},
        {CURLE_GOT_NOTHING, HTTP_BROKEN},
        {CURLE_HTTP2, HTTP_BROKEN},
        {CURLE_HTTP2_STREAM, HTTP_BROKEN},
        {CURLE_COULDNT_RESOLVE_HOST, HTTP_UNSURE},
        {CURLE_COULDNT_RESOLVE_PROXY, HTTP_UNSURE},
        {CURLE_SSL_CONNECT_ERROR, HTTP_UNSURE},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].code == code) {
            return table[i].end;
        }
    }
    return HTTP_FAILED;
}

static void say_why(struct http_exchange *exchange, CURLcode code)
{
    const char *why = exchange->detail[0] != '\0' ? exchange->detail : curl_easy_strerror(code);
    long proxy = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
    if (exchange->stalled) {
        err_set(&exchange->err, ERR_NETWORK, "too slow: less than %d bytes a second for %u s", STALL_BYTES,
                exchange->stall_s);
    } else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
        err_set(&exchange->err, ERR_NETWORK,
                "%s; if the server has a certificate of your site's own authority, name the authority's file in "
                "SSL_CERT_FILE",
                why);
    } else if (code == CURLE_OUT_OF_MEMORY) { /* what libcurl calls a line of headers of more than 100 kB */
        err_set(&exchange->err, ERR_NETWORK, "sends a header that is too long");
    } else if (code == CURLE_COULDNT_RESOLVE_PROXY || proxy >= 400) {
        err_set(&exchange->err, ERR_NETWORK, "%s; the proxy is named by http_proxy, https_proxy or all_proxy", why);
    } else {
        err_set(&exchange->err, ERR_NETWORK, "%s", why);
    }
}

static void settle(struct http_exchange *exchange, CURLcode code)
{
    curl_off_t after = 0;
    long proxy = 0;
    read_status(exchange);
    curl_easy_getinfo(exchange->easy, CURLINFO_RETRY_AFTER, &after);
    curl_easy_getinfo(exchange->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
    exchange->after_s = after > 0 ? (uint64_t)after : 0;
    if (code == CURLE_WRITE_ERROR && exchange->err.kind != ERR_NONE) {
        exchange->end = HTTP_STOPPED;
    } else if (code == CURLE_WRITE_ERROR && !wants_body(exchange)) {
        exchange->end = HTTP_ANSWERED; /* more of a body that nobody wants than is worth reading */
    } else {
        exchange->end = proxy >= 400 && !retry_is_worth(proxy) ? HTTP_FAILED : meaning(code);
        if (exchange->end != HTTP_ANSWERED) {
            say_why(exchange, code);
        }
    }
}

int http_move(struct http *http, struct http_exchange **ret_ended, struct err *err)
{
    CURLMsg *message;
    int number = 0;
    CURLMcode code = curl_multi_perform(http->multi, &number);
    *ret_ended = NULL;
    if (code != CURLM_OK) {
        return err_set(err, ERR_NETWORK, "libcurl: %s", curl_multi_strerror(code));
    }
    while ((message = curl_multi_info_read(http->multi, &number)) != NULL) {
        char *private = NULL;
        if (message->msg == CURLMSG_DONE) {
            CURLcode result = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
            *ret_ended = (struct http_exchange *)(void *)private;
            settle(*ret_ended, result);
            return 0;
        }
    }
    return 0;
}

int http_wait(struct http *http, int most_ms, struct err *err)
{
    CURLMcode code = curl_multi_poll(http->multi, NULL, 0, most_ms, NULL);
    return code == CURLM_OK ? 0 : err_set(err, ERR_NETWORK, "libcurl: %s", curl_multi_strerror(code));
}

/* One part of an address, owned by the caller; NULL when it has none. */
static char *part_of(CURLU *parts, CURLUPart part)
{
    char *text = NULL;
    if (curl_url_get(parts, part, &text, part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) != CURLUE_OK) {
        return NULL;
    }
    char *copy = xstrdup(text);
    curl_free(text);
    return copy;
}

int http_origin(const char *url, struct http_origin *ret_origin)
{
    CURLU *parts = curl_url();
    if (parts == NULL || curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK) {
        curl_url_cleanup(parts);
        return -1;
    }
    auto_free char *scheme = part_of(parts, CURLUPART_SCHEME);
    struct http_origin origin = {.host = part_of(parts, CURLUPART_HOST), .port = part_of(parts, CURLUPART_PORT)};
    curl_url_cleanup(parts);
    origin.secure = scheme != NULL && strcasecmp(scheme, "https") == 0;
    if (origin.host == NULL || origin.port == NULL ||
        (!origin.secure && (scheme == NULL || strcasecmp(scheme, "http") != 0))) {
        http_origin_release(&origin);
        return -1;
    }
    *ret_origin = origin;
    return 0;
}

char *http_resolve(const char *base, const char *location)
{
    CURLU *parts = curl_url();
    char *to = NULL;
    if (parts != NULL && curl_url_set(parts, CURLUPART_URL, base, 0) == CURLUE_OK &&
        curl_url_set(parts, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE) == CURLUE_OK) {
        to = part_of(parts, CURLUPART_URL);
    }
    curl_url_cleanup(parts);
    return to;
}

bool http_same_origin(const char *a, const char *b)
{
    auto_release(http_origin) struct http_origin one = {0};
    auto_release(http_origin) struct http_origin other = {0};
    return http_origin(a, &one) == 0 && http_origin(b, &other) == 0 && one.secure == other.secure &&
           strcasecmp(one.host, other.host) == 0 && strcmp(one.port, other.port) == 0;
}

bool http_is_loopback(const struct http_origin *origin)
{
    struct in_addr address;
    if (inet_pton(AF_INET, origin->host, &address) == 1) {
        return ntohl(address.s_addr) >> 24 == 127;
    }
    return strcmp(origin->host, "[::1]") == 0 || strcasecmp(origin->host, "localhost") == 0;
}

void http_origin_release(struct http_origin *origin)
{
    free(origin->host);
    free(origin->port);
    *origin = (struct http_origin){0};
}

char *http_shown(const char *url)
{
    const char *host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;
    size_t authority = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', authority);
    return at != NULL ? xasprintf("%.*s%s", (int)(host - url), url, at + 1) : xstrdup(url);
}
