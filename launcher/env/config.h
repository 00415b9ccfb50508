/* SPDX-License-Identifier: BSD-2-Clause
 *
 * config: what a user and a site have set, in files and in variables, and which of it counts.
 *
 * A variable counts more than the user's file, $XDG_CONFIG_HOME/sciwrap/config.ini (else ~/.config/...), that more than
 * the site's, /etc/sciwrap/config.ini, and that more than what is built in. What counts becomes a variable of this
 * process, so that whatever reads a setting reads one place, and sciwrap-env gets the same. An empty value, in a file
 * too, is what is built in.
 *
 * Files are read strictly (base/keyrules): "FILE:LINE: ..." for everything that is not understood. The site's file
 * counts only when it belongs to root and nobody else can write it, the user's when it belongs to the user (or root)
 * and not everybody can write it: another one is left out, and told of. When there are none, each costs one open().
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "env/config_keys.h"

#define CONFIG_SITE_FILE "/etc/sciwrap/config.ini"

enum config_from { CONFIG_BUILT_IN, CONFIG_SITE, CONFIG_USER, CONFIG_VARIABLE };

struct config_value {
    enum config_from from;
    char *text; /* NULL: built in */
    int line;   /* of the file, the first one; 0 for a variable */
};

struct config_file {
    char *path; /* NULL: there is no place for it ($HOME is not set) */
    bool there;
    char *ignored; /* why it does not count, or NULL */
};

struct config {
    struct config_file site, user;
    struct config_value value[CONFIG_KEYS]; /* of config_keys[] */
};

/* The user's file: caller frees; NULL without a home. */
char *config_user_path(void);

/* Files and variables. `user` may be NULL. ERR_INVALID "FILE:LINE: ..."; *config is then empty. */
int config_read(struct config *config, const char *site, const char *user, struct err *err);
/* Whether `text`, as the user's file, would be understood. `path` is for messages. */
int config_check_text(const char *path, const char *text, size_t length, struct err *err);
void config_release(struct config *config);

/* At the start of a program, before it has threads: reads both files and sets the variables of the process. */
int config_load(struct err *err);
/* What config_load() found; borrowed. */
const struct config *config_loaded(void);
/* The value of a key by its variable, NULL when it is built in or empty. Borrowed from the environment. */
const char *config_get(const char *variable);

/* "site", "user", "variable", "built-in". */
const char *config_from_name(enum config_from from);
