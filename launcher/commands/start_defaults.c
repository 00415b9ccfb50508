/* SPDX-License-Identifier: BSD-2-Clause
 * start_defaults: options of a run that a config file or a variable gives. */
#include "commands/start_defaults.h"

#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "env/config.h"

int start_defaults(int (*take)(void *into, const char *name, const char *value, struct err *err), void *into,
                   struct err *err)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const struct config_key *key = &config_keys[i];
        const char *value = key->option != NULL && key->kind != CONFIG_BIND ? config_get(key->variable) : NULL;
        /* A value in a file was checked when the file was read: what is wrong now came by the variable. */
        if (value != NULL && take(into, key->option, value, err) < 0) {
            return err_wrap(err, "%s", key->variable);
        }
    }
    return 0;
}

static bool is_taken(const struct bind_list *binds, const char *target)
{
    for (size_t i = 0; i < binds->count; i++) {
        if (strcmp(binds->item[i].target, target) == 0) {
            return true;
        }
    }
    return false;
}

static int add_one(struct run_options *options, const char *cwd, const char *word, struct err *err)
{
    struct err wrong = {0};
    struct run_options alone = {0};
    int result = options_add_bind(&alone, cwd, word, &wrong);
    if (result == 0 && !is_taken(&options->binds, alone.binds.item[0].target)) {
        result = options_add_bind(options, cwd, word, &wrong);
    }
    run_options_release(&alone);
    if (result < 0 && wrong.kind == ERR_NOT_FOUND) {
        log_warn("run.bind, left out: %s", wrong.text);
        return 0;
    }
    return result == 0 ? 0 : err_set(err, wrong.kind, "run.bind: %s", wrong.text);
}

int start_default_binds(struct run_options *options, const char *cwd, struct err *err)
{
    const char *list = config_get("SCIWRAP_BIND");
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ",");
        auto_free char *word = xstrndup(list, length);
        if (length > 0 && add_one(options, cwd, word, err) < 0) {
            return -1;
        }
        list += length + (list[length] == ',');
    }
    return 0;
}
