/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_page: a short document into memory. */
#include "supply/fetch_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "supply/fetch_visit.h"
#include "supply/offline.h"

struct reading {
    struct fetch_page *page;
    const char *url;
    size_t most;
};

/* Never resumed: it is short. */
static uint64_t have(void *data, const char **ret_version)
{
    (void)data;
    *ret_version = NULL;
    return 0;
}

static char *copy_of(const char *text)
{
    return text != NULL ? xstrdup(text) : NULL;
}

static int begin(void *data, const struct http_exchange *exchange, uint64_t from, const void *bytes, size_t length,
                 struct err *err)
{
    const struct reading *reading = data;
    struct fetch_page *page = reading->page;
    bool own = http_same_origin(exchange->url, reading->url);
    (void)from;
    (void)bytes;
    (void)length;
    (void)err;
    fetch_page_release(page);
    *page = (struct fetch_page){.status = exchange->status,
                                .type = copy_of(exchange->answer.type),
                                .challenge = own ? copy_of(exchange->answer.challenge) : NULL,
                                .digest = copy_of(exchange->answer.digest),
                                .link = copy_of(exchange->answer.link)};
    return 0;
}

static int take(void *data, const void *bytes, size_t length, struct err *err)
{
    struct reading *reading = data;
    if (length > reading->most - reading->page->bytes.length) {
        return err_set(err, ERR_NETWORK, "answers with more than %zu bytes", reading->most);
    }
    buf_add(&reading->page->bytes, bytes, length);
    return 0;
}

static const struct visit_taker taker = {.have = have, .begin = begin, .take = take};

static int complain(const char *url, struct err *err)
{
    auto_free char *shown = http_shown(url);
    return err_wrap(err, "'%s'", shown);
}

int fetch_page(const struct fetch_question *question, struct fetch_page *ret_page, struct err *err)
{
    struct fetch_patience patience;
    struct reading reading = {.page = ret_page, .url = question->url, .most = question->most};
    static const struct strlist no_lines = {0};
    *ret_page = (struct fetch_page){0};
    if (offline_is_on()) {
        offline_complain(err);
        return complain(question->url, err);
    }
    if (fetch_patience_read(&patience, err) < 0) {
        return -1;
    }
    struct http *http = http_open(&patience, err);
    if (http == NULL) {
        return -1;
    }
    struct visit visit = {.url = question->url,
                          .taker = &taker,
                          .data = &reading,
                          .lines = question->lines != NULL ? question->lines : &no_lines,
                          .form = question->form,
                          .any_status = true};
    struct visit *all = &visit;
    int result = 0;
    visit_begin(&visit, &patience);
    while (result == 0 && (visit.state == VISIT_WAITING || visit.state == VISIT_ASKING)) {
        result = visit_move(http, &all, 1, 1000, err);
    }
    if (result == 0 && visit.state == VISIT_LOST) {
        *err = visit.err;
        result = complain(question->url, err);
    }
    visit_end(http, &visit);
    http_close(http);
    return result;
}

void fetch_page_release(struct fetch_page *page)
{
    free(page->type);
    free(page->challenge);
    free(page->digest);
    free(page->link);
    buf_release(&page->bytes);
    *page = (struct fetch_page){0};
}
