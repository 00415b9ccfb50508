/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_page: a short document into memory. */
#include "supply/fetch_page.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/mem.h"

struct reading {
    struct fetch_page *page;
    size_t most;
    size_t headers;
    bool too_long;
};

static void take_value(char **value, const char *line, size_t length, const char *name)
{
    size_t skip = strlen(name);
    if (length <= skip || strncasecmp(line, name, skip) != 0) {
        return;
    }
    for (; skip < length && line[skip] == ' '; skip++) {
    }
    for (; length > skip && strchr("\r\n ", line[length - 1]) != NULL; length--) {
    }
    char *old = *value;
    *value = xasprintf("%s%s%.*s", old != NULL ? old : "", old != NULL ? ", " : "", (int)(length - skip), line + skip);
    free(old);
}

static void forget_headers(struct fetch_page *page)
{
    free(page->type);
    free(page->challenge);
    free(page->digest);
    free(page->link);
    page->type = page->challenge = page->digest = page->link = NULL;
}

static size_t take_header(char *line, size_t unit, size_t count, void *data)
{
    enum { MOST_HEADERS = 256 * 1024 };
    struct reading *reading = data;
    size_t length = unit * count;
    reading->headers += length;
    if (reading->headers > MOST_HEADERS) {
        return 0;
    }
    if (length > 5 && strncmp(line, "HTTP/", 5) == 0) {
        forget_headers(reading->page);
    }
    take_value(&reading->page->type, line, length, "Content-Type:");
    take_value(&reading->page->challenge, line, length, "WWW-Authenticate:");
    take_value(&reading->page->digest, line, length, "Docker-Content-Digest:");
    take_value(&reading->page->link, line, length, "Link:");
    return length;
}

static size_t take_bytes(char *bytes, size_t unit, size_t count, void *data)
{
    struct reading *reading = data;
    size_t length = unit * count;
    if (reading->page->bytes.length + length > reading->most) {
        reading->too_long = true;
        return 0;
    }
    buf_add(&reading->page->bytes, bytes, length);
    return length;
}

int fetch_page(const struct fetch_question *question, struct fetch_page *ret_page, struct err *err)
{
    struct reading reading = {.page = ret_page, .most = question->most};
    struct curl_slist *lines = NULL;
    CURL *easy = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    *ret_page = (struct fetch_page){0};
    if (easy == NULL) {
        return err_set(err, ERR_SYSTEM, "libcurl does not start");
    }
    for (size_t i = 0; question->lines != NULL && i < question->lines->count; i++) {
        lines = curl_slist_append(lines, question->lines->item[i]);
    }
    bool secure = strncmp(question->url, "https://", 8) == 0;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    curl_easy_setopt(easy, CURLOPT_URL, question->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
    if (question->form != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, question->form);
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reading);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reading);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 30L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sciwrap/" SCIWRAP_VERSION);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &ret_page->status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(lines);
    curl_global_cleanup();
    if (reading.too_long) {
        return err_set(err, ERR_NETWORK, "'%s': answers with more than %zu bytes", question->url, question->most);
    }
    return code == CURLE_OK ? 0 : err_set(err, ERR_NETWORK, "'%s': %s", question->url, curl_easy_strerror(code));
}

void fetch_page_release(struct fetch_page *page)
{
    forget_headers(page);
    buf_release(&page->bytes);
}
