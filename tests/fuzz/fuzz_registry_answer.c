/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as what a registry or its token server answers: a token, an error, a list of tags. A token that is taken
 * can stand in a header line, tags in an address, and what is told of an error is short. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "supply/registry_access.h"
#include "supply/registry_error.h"
#include "supply/registry_ref.h"
#include "supply/registry_tags.h"

static void check_token(const char *bytes, size_t length)
{
    struct err err = {0};
    auto_free char *token = NULL;
    unsigned seconds = 0;
    if (registry_token_parse(bytes, length, &token, &seconds, &err) < 0) {
        FUZZ_PROMISE(err.kind == ERR_INVALID && token == NULL);
        return;
    }
    FUZZ_PROMISE(token[0] != '\0' && seconds <= 24 * 60 * 60);
    for (const char *at = token; *at != '\0'; at++) {
        FUZZ_PROMISE(*at > ' ' && *at <= '~');
    }
}

static void check_tags(const char *bytes, size_t length)
{
    struct err err = {0};
    auto_release(strlist) struct strlist tags = {0};
    if (registry_tags_parse(bytes, length, &tags, &err) < 0) {
        FUZZ_PROMISE(err.kind == ERR_INVALID && tags.count == 0);
        return;
    }
    for (size_t i = 0; i < tags.count; i++) {
        FUZZ_PROMISE(registry_ref_is_tag(tags.item[i]));
    }
    auto_free char *hint = registry_tags_hint(&tags, "4.2");
    FUZZ_PROMISE((hint[0] == '\0') == (tags.count == 0) && strlen(hint) < 800);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(buf) struct buf body = {0};
    buf_add(&body, bytes, length);
    auto_free char *text = registry_error_text(404, &body);
    FUZZ_PROMISE(strncmp(text, "404", 3) == 0 && strlen(text) < 420);
    check_token(buf_text(&body), body.length);
    check_tags(buf_text(&body), body.length);
    return 0;
}
