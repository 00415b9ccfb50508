/* SPDX-License-Identifier: BSD-2-Clause
 * stage_name: what the folders under tmp/ are called in which trees are put together. */
#include "env/stage_name.h"

#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/random.h"
#include "env/root_file.h"

static const char prefix[] = "stage.";

char *stage_name_new(struct err *err)
{
    struct digest random;
    struct root_name name;
    struct root_identity ours;
    if (!random_fill(random.bytes, sizeof(random.bytes))) {
        err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
        return NULL;
    }
    root_name_own(&random, &name);
    root_identity_read(&ours);
    auto_free char *process = root_name_format(&name);
    return xasprintf("%s%s@%s", prefix, process, ours.host);
}

bool stage_name_is(const char *name)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

enum stage_life stage_name_life(const char *name)
{
    struct root_name process;
    struct root_identity ours;
    const char *host = strchr(name, '@');
    if (!stage_name_is(name) || host == NULL) {
        return STAGE_NOT_KNOWN;
    }
    auto_free char *middle = xstrndup(name + strlen(prefix), (size_t)(host - name) - strlen(prefix));
    if (!root_name_parse(middle, &process)) {
        return STAGE_NOT_KNOWN;
    }
    root_identity_read(&ours);
    enum root_life life = root_name_life(&process, host + 1, &ours);
    if (life == ROOT_LIVES) {
        return STAGE_LIVES;
    }
    if (life == ROOT_DEAD && strcmp(process.boot, ours.boot) == 0) {
        return STAGE_DEAD;
    }
    return strcmp(host + 1, ours.host) == 0 ? STAGE_OF_OUR_HOST : STAGE_NOT_KNOWN;
}
