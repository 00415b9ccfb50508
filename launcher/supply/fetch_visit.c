/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_visit: asks one address until there is an answer that counts. */
#include "supply/fetch_visit.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"

enum { PROGRESS = 1024 * 1024 }; /* so many new bytes, and the tries are counted anew */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void lose(struct visit *visit, const struct err *err)
{
    visit->err = *err;
    visit->state = VISIT_LOST;
}

__attribute__((format(printf, 2, 3))) static void lose_text(struct visit *visit, const char *format, ...)
{
    char text[sizeof(visit->err.text)];
    struct err err = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err_set(&err, ERR_NETWORK, "%s", text);
    lose(visit, &err);
}

static void ask_at(struct visit *visit, const char *url, int64_t due_ns)
{
    char *at = xstrdup(url);
    free(visit->at);
    visit->at = at;
    visit->due_ns = due_ns;
    visit->state = VISIT_WAITING;
}

/* Once more from the address itself: what it led to may have been meant for one time. */
static void ask_again(struct visit *visit, int64_t due_ns)
{
    visit->hops = 0;
    visit->secure = false;
    ask_at(visit, visit->url, due_ns);
}

static void ask_access(struct visit *visit, const char *refused)
{
    struct err err = {0};
    strlist_release(&visit->access_lines);
    if (visit->access->lines(visit->access->data, visit->url, refused, &visit->access_lines, &err) < 0) {
        lose(visit, &err);
    }
}

static void find_login(struct visit *visit)
{
    struct err err = {0};
    auto_release(http_origin) struct http_origin origin = {0};
    if (http_origin(visit->url, &origin) < 0 || (!origin.secure && !http_is_loopback(&origin))) {
        return;
    }
    if (netrc_find(origin.host, &visit->login, &err) < 0) {
        log_warn("%s", err.text);
    }
}

void visit_begin(struct visit *visit, const struct fetch_patience *patience)
{
    visit->patience = *patience;
    ask_again(visit, 0);
    if (visit->access != NULL) {
        ask_access(visit, NULL);
    } else if (visit->lines == NULL) {
        find_login(visit);
    }
}

/* A part of the file is only what was asked for, or two files would be mixed. */
static int begin(struct visit *visit, const void *bytes, size_t length, struct err *err)
{
    struct http_exchange *exchange = &visit->exchange;
    uint64_t from = exchange->status == 206 ? exchange->from : 0;
    visit->begun = true;
    if (exchange->status == 206 && exchange->from == 0) {
        return err_set(err, ERR_NETWORK, "sends a part of the file (HTTP status 206), which was not asked for");
    }
    if (exchange->status == 206 && !answer_is_rest(&exchange->answer, from, visit->size)) {
        visit->whole = true;
        return err_set(err, ERR_NETWORK, "sends another part of the file than was asked for");
    }
    visit->resumed = from > 0;
    visit->announced = exchange->length >= 0;
    return visit->taker->begin(visit->data, exchange, from, bytes, length, err);
}

static int take(void *data, struct http_exchange *exchange, const void *bytes, size_t length, struct err *err)
{
    struct visit *visit = data;
    (void)exchange;
    if (!visit->begun && begin(visit, bytes, length, err) < 0) {
        return -1;
    }
    return visit->taker->take(visit->data, bytes, length, err);
}

static bool is_secret(const char *line)
{
    return strncasecmp(line, "Authorization:", 14) == 0 || strncasecmp(line, "Cookie:", 7) == 0;
}

/* What is said to the server of `at`. */
static void choose_lines(struct visit *visit, bool known)
{
    strlist_release(&visit->asked_lines);
    for (size_t i = 0; visit->lines != NULL && i < visit->lines->count; i++) {
        if (known || !is_secret(visit->lines->item[i])) {
            strlist_add(&visit->asked_lines, visit->lines->item[i]);
        }
    }
    for (size_t i = 0; known && i < visit->access_lines.count; i++) {
        strlist_add(&visit->asked_lines, visit->access_lines.item[i]);
    }
}

/* In the open they may go to this machine itself, and not by way of a proxy, which is none of its owners. */
static bool is_told_secrets(const struct visit *visit)
{
    return visit->access != NULL || visit->lines != NULL || visit->login.login != NULL;
}

static int ask(struct visit *visit, struct http *http, struct err *err)
{
    auto_release(http_origin) struct http_origin origin = {0};
    const char *version = NULL;
    bool known = http_same_origin(visit->at, visit->url);
    if (http_origin(visit->at, &origin) < 0) {
        lose_text(visit, "no address that can be asked");
        return 0;
    }
    visit->secure |= origin.secure;
    choose_lines(visit, known);
    uint64_t have = visit->taker->have(visit->data, &version);
    visit->exchange =
        (struct http_exchange){.url = visit->at,
                               .lines = &visit->asked_lines,
                               .login = known ? visit->login.login : NULL,
                               .password = known ? visit->login.password : NULL,
                               .form = visit->form,
                               .direct = !origin.secure && is_told_secrets(visit) && http_is_loopback(&origin),
                               .from = version != NULL && !visit->whole ? have : 0,
                               .version = version,
                               .any_status = visit->any_status,
                               .take = take,
                               .data = visit};
    visit->begun = visit->resumed = false;
    visit->state = VISIT_ASKING;
    return http_start(http, &visit->exchange, err);
}

static uint64_t random_number(void)
{
    uint64_t number = 0;
    ssize_t got = getrandom(&number, sizeof(number), GRND_NONBLOCK);
    return got == (ssize_t)sizeof(number) ? number : (uint64_t)now_ns();
}

/* Waits and asks again, or gives up with `why`. `most` tries for this kind of failure. */
static void try_again(struct visit *visit, const char *why, unsigned most, uint64_t after_s)
{
    const char *version = NULL;
    uint64_t have = visit->taker->have(visit->data, &version);
    if (have >= visit->furthest + PROGRESS) {
        visit->furthest = have;
        visit->tries = 0;
        visit->renewed = false; /* a token may run out more than once while much arrives */
    }
    visit->tries++;
    if (after_s > RETRY_AFTER_MOST_S) {
        lose_text(visit, "%s; it asks to come back in %llu s", why, (unsigned long long)after_s);
        return;
    }
    if (visit->tries >= most || visit->tries >= visit->patience.tries) {
        lose_text(visit, "%s", why);
        return;
    }
    uint64_t wait_ms = retry_wait_ms(&visit->patience, visit->tries + 1, after_s, random_number());
    auto_free char *shown = http_shown(visit->url);
    log_info("'%s': %s; trying again in %.1f s", shown, why, (double)wait_ms / 1000);
    ask_again(visit, now_ns() + (int64_t)wait_ms * 1000000);
}

static void follow(struct visit *visit, const char *location)
{
    auto_release(http_origin) struct http_origin origin = {0};
    auto_free char *to = http_resolve(visit->at, location);
    auto_free char *shown = http_shown(to != NULL ? to : location);
    if (visit->form != NULL) {
        lose_text(visit, "redirects what was posted to '%s', where it is not sent", shown);
    } else if (++visit->hops > VISIT_REDIRECTS) {
        lose_text(visit, "redirects more than %d times", VISIT_REDIRECTS);
    } else if (to == NULL || http_origin(to, &origin) < 0) {
        lose_text(visit, "redirects to '%s', which is no http or https address", shown);
    } else if (visit->secure && !origin.secure) {
        lose_text(visit, "redirects from https to '%s', which nothing protects", shown);
    } else {
        ask_at(visit, to, 0);
    }
}

/* "HTTP status 404 (not found)", and whose, when that is not the server of the address. Caller frees. */
static char *status_text(const struct visit *visit)
{
    static const struct {
        long status;
        const char *words; /* RFC 9110, RFC 6585 */
    } known[] = {
        {401, " (unauthorized)"}, {403, " (forbidden)"},           {404, " (not found)"},
        {410, " (gone)"},         {429, " (too many requests)"},   {500, " (internal server error)"},
        {502, " (bad gateway)"},  {503, " (service unavailable)"}, {504, " (gateway timeout)"},
    };
    const char *words = "";
    auto_release(http_origin) struct http_origin origin = {0};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        words = known[i].status == visit->exchange.status ? known[i].words : words;
    }
    if (http_same_origin(visit->at, visit->url) || http_origin(visit->at, &origin) < 0) {
        return xasprintf("HTTP status %ld%s", visit->exchange.status, words);
    }
    return xasprintf("HTTP status %ld%s of '%s:%s', to which it redirects", visit->exchange.status, words, origin.host,
                     origin.port);
}

static void take_answer(struct visit *visit)
{
    struct http_exchange *exchange = &visit->exchange;
    long status = exchange->status;
    if (status >= 300 && status < 400 && exchange->answer.location != NULL) {
        follow(visit, exchange->answer.location);
    } else if (status == 401 && visit->access != NULL && !visit->renewed && http_same_origin(visit->at, visit->url)) {
        /* Not of where it redirected to: that one would choose who is shown the password of the first. */
        const char *challenge = exchange->answer.challenge;
        visit->renewed = true;
        ask_again(visit, 0);
        ask_access(visit, challenge != NULL ? challenge : "");
    } else if (status == 416 && exchange->from > 0) { /* the part is longer than the file: it is of another one */
        visit->whole = true;
        ask_again(visit, 0);
    } else if (retry_is_worth(status)) {
        auto_free char *why = status_text(visit);
        try_again(visit, why, visit->patience.tries, exchange->after_s);
        visit->state = visit->state == VISIT_LOST && visit->any_status ? VISIT_DONE : visit->state;
    } else if (status == 200 || status == 206 || visit->any_status) {
        struct err err = {0};
        visit->state = VISIT_DONE;
        if (!visit->begun && begin(visit, "", 0, &err) < 0) {
            lose(visit, &err);
        }
    } else {
        auto_free char *why = status_text(visit);
        lose_text(visit, "%s", why);
    }
}

static void settle(struct visit *visit)
{
    struct http_exchange *exchange = &visit->exchange;
    switch (exchange->end) {
    case HTTP_RUNNING:
        break;
    case HTTP_ANSWERED:
        take_answer(visit);
        break;
    case HTTP_BROKEN:
        try_again(visit, exchange->err.text, visit->patience.tries, 0);
        break;
    case HTTP_UNSURE:
        try_again(visit, exchange->err.text, 2, 0);
        break;
    case HTTP_FAILED:
        lose(visit, &exchange->err);
        break;
    case HTTP_STOPPED:
        /* A server whose ranges are wrong may still send the whole; each ask for it is without a range. */
        if (visit->whole && exchange->from > 0) {
            ask_again(visit, 0);
        } else {
            lose(visit, &exchange->err);
        }
        break;
    }
}

static int move_one(struct visit *visit, struct http *http, int64_t now, int *wait_ms, struct err *err)
{
    if (visit->state != VISIT_WAITING) {
        return 0;
    }
    if (visit->due_ns <= now) {
        *wait_ms = 0;
        return ask(visit, http, err);
    }
    int64_t left_ms = (visit->due_ns - now) / 1000000 + 1;
    *wait_ms = left_ms < *wait_ms ? (int)left_ms : *wait_ms;
    return 0;
}

int visit_move(struct http *http, struct visit *const *visits, size_t count, int most_ms, struct err *err)
{
    int64_t now = now_ns();
    struct http_exchange *ended = NULL;
    for (size_t i = 0; i < count; i++) {
        if (move_one(visits[i], http, now, &most_ms, err) < 0) {
            return -1;
        }
    }
    if (http_move(http, &ended, err) < 0) {
        return -1;
    }
    if (ended == NULL) {
        return most_ms > 0 ? http_wait(http, most_ms, err) : 0;
    }
    struct visit *visit = ended->data;
    settle(visit);
    http_stop(http, ended);
    return 0;
}

void visit_end(struct http *http, struct visit *visit)
{
    http_stop(http, &visit->exchange);
    netrc_login_release(&visit->login);
    strlist_release(&visit->access_lines);
    strlist_release(&visit->asked_lines);
    free(visit->at);
    visit->at = NULL;
    visit->state = VISIT_NONE;
}
