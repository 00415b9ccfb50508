/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a file of log-ins, and as the answer of a credential helper: found means that there is something to
 * send, and no helper is started by a path. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "supply/credentials.h"
#include "supply/credentials_helper.h"

static void check(int result, const struct credentials *found, const struct err *err)
{
    FUZZ_PROMISE((result < 0) == (err->kind != ERR_NONE));
    FUZZ_PROMISE((result == 1) == (found->user != NULL || found->identity != NULL));
    FUZZ_PROMISE((found->user != NULL) == (found->password != NULL));
    FUZZ_PROMISE(found->user == NULL || strchr(found->user, ':') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(credentials) struct credentials found = {0}, docker = {0}, told = {0};
    struct err err = {0}, docker_err = {0}, told_err = {0};
    setenv("PATH", "/nonexistent", 1); /* any name of a helper is one that is not there */
    check(credentials_parse("f", (const char *)bytes, length, "a.org", "n/x", &found, &err), &found, &err);
    check(credentials_parse("f", (const char *)bytes, length, "docker.io", "library/x", &docker, &docker_err), &docker,
          &docker_err);
    check(credentials_helper_parse("h", (const char *)bytes, length, &told, &told_err), &told, &told_err);
    return 0;
}
