/* SPDX-License-Identifier: BSD-2-Clause
 * config_keys: what can be set in a config file, as a table. */
#include "env/config_keys.h"

#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strlist.h"
#include "base/text.h"
#include "base/units.h"
#include "env/fix.h"

static const char *const yes_no[] = {"yes", "no", NULL};
static const char *const networks[] = {"none", "host", NULL};
static const char *const levels[] = {"used", "full", "off", NULL};
static const char *const baselines[] = {"v2", "v3", "v4", "none", NULL};
static const char *const joins[] = {"auto", "no", NULL};
static const char *const procs[] = {"own", "shared", NULL};
static const char *const recordings[] = {"observation", "comparison", NULL};

#define KIB  1024ULL
#define MIB  (1024 * KIB)
#define MOST (1ULL << 50)
#define DAY  86400ULL

/* What supply/unpack_limits and supply/fetch_retry allow: a value in a file is refused at its line, not when the first
 * archive comes. */
const struct config_key config_keys[] = {
    {"store", "path", "SCIWRAP_STORE", NULL, CONFIG_PATH, .built_in = "~/.local/share/sciwrap/store"},
    {"store", "site", "SCIWRAP_SITE_STORE", NULL, CONFIG_PATH, .built_in = ""},
    {"store", "node", "SCIWRAP_NODE_STORE", NULL, CONFIG_PATH, .built_in = ""},
    {"store", "shared", "SCIWRAP_STORE_SHARED", NULL, CONFIG_WORD, .words = yes_no, .built_in = ""},
    {"places", "envs", "SCIWRAP_ENVS", NULL, CONFIG_PATH, ':', .built_in = ""},
    {"places", "recipes", "SCIWRAP_RECIPES", NULL, CONFIG_PATH, ':', .built_in = ""},
    {"places", "cdi", "SCIWRAP_CDI_DIRS", NULL, CONFIG_PATH, ':', .built_in = ""},
    {"places", "scratch", "SCIWRAP_TMPDIR", NULL, CONFIG_PATH, .built_in = "/tmp"},
    {"fetch", "mirror", "SCIWRAP_MIRRORS", NULL, CONFIG_PLACE, ' ', .built_in = ""},
    {"fetch", "mirrors-first", "SCIWRAP_MIRRORS_FIRST", NULL, CONFIG_WORD, .words = yes_no, .built_in = "no"},
    {"fetch", "offline", "SCIWRAP_OFFLINE", NULL, CONFIG_WORD, .words = yes_no, .built_in = "no"},
    {"fetch", "debian-mirror", "SCIWRAP_DEBIAN_MIRROR", NULL, CONFIG_SERVER, ' ', .built_in = ""},
    {"fetch", "insecure-registry", "SCIWRAP_INSECURE_REGISTRIES", NULL, CONFIG_HOST, ',', .built_in = ""},
    {"fetch", "stall", "SCIWRAP_FETCH_STALL", NULL, CONFIG_NUMBER, .least = 1, .most = 3600, .built_in = "30"},
    {"fetch", "tries", "SCIWRAP_FETCH_TRIES", NULL, CONFIG_NUMBER, .least = 1, .most = 100, .built_in = "4"},
    {"fetch", "wait", "SCIWRAP_FETCH_WAIT", NULL, CONFIG_NUMBER, .least = 0, .most = 60000, .built_in = "1000"},
    {"unpack", "entries", "SCIWRAP_UNPACK_ENTRIES", NULL, CONFIG_NUMBER, .least = 1, .most = 100000000,
     .built_in = "5000000"},
    {"unpack", "bytes", "SCIWRAP_UNPACK_BYTES", NULL, CONFIG_BYTES, .least = 1, .most = MOST, .built_in = "256G"},
    {"unpack", "depth", "SCIWRAP_UNPACK_DEPTH", NULL, CONFIG_NUMBER, .least = 1, .most = 1000, .built_in = "256"},
    {"unpack", "path", "SCIWRAP_UNPACK_PATH", NULL, CONFIG_NUMBER, .least = 1, .most = 4000, .built_in = "3072"},
    {"unpack", "header", "SCIWRAP_UNPACK_HEADER", NULL, CONFIG_BYTES, .least = 512, .most = 64 * MIB, .built_in = "1M"},
    {"unpack", "memory", "SCIWRAP_UNPACK_MEMORY", NULL, CONFIG_BYTES, .least = 64 * MIB, .most = MOST,
     .built_in = "4G"},
    {"unpack", "time", "SCIWRAP_UNPACK_TIME", NULL, CONFIG_TIME, .least = 1, .most = 31 * DAY, .built_in = "6h"},
    {"run", "network", "SCIWRAP_NETWORK", "network", CONFIG_WORD, .words = networks, .built_in = "none"},
    {"run", "verify", "SCIWRAP_VERIFY", "verify", CONFIG_WORD, .words = levels, .built_in = "used"},
    {"run", "keep-limit", "SCIWRAP_KEEP_LIMIT", "keep-limit", CONFIG_SIZE, .built_in = "1073741824"},
    {"run", "no-fix", "SCIWRAP_NO_FIX", "no-fix", CONFIG_FIXES, .built_in = "none"},
    {"run", "cpu-baseline", "SCIWRAP_CPU_BASELINE", "cpu-baseline", CONFIG_WORD, .words = baselines,
     .built_in = "none"},
    {"run", "bind", "SCIWRAP_BIND", "bind", CONFIG_BIND, ',', .built_in = ""},
    {"run", "recording", "SCIWRAP_RECORDING", NULL, CONFIG_WORD, .words = recordings, .built_in = "observation"},
    {"run", "join", "SCIWRAP_JOIN", "join", CONFIG_WORD, .words = joins, .built_in = "auto"},
    {"run", "join-wait", "SCIWRAP_JOIN_WAIT", NULL, CONFIG_NUMBER, .least = 1, .most = 86400, .built_in = "30"},
    {"run", "proc", "SCIWRAP_PROC", NULL, CONFIG_WORD, .words = procs, .built_in = "own"},
    {"limits", "pids", "SCIWRAP_LIMIT_PIDS", "pids", CONFIG_LIMIT, .built_in = "none"},
    {"limits", "memory", "SCIWRAP_LIMIT_MEMORY", "memory", CONFIG_LIMIT, .built_in = "none"},
    {"limits", "cpus", "SCIWRAP_LIMIT_CPUS", "cpus", CONFIG_LIMIT, .built_in = "none"},
    {"limits", "time", "SCIWRAP_LIMIT_TIME", "time", CONFIG_LIMIT, .built_in = "none"},
    {"limits", "file-size", "SCIWRAP_LIMIT_FILE_SIZE", "file-size", CONFIG_LIMIT, .built_in = "none"},
    {"limits", "open-files", "SCIWRAP_LIMIT_OPEN_FILES", "open-files", CONFIG_LIMIT, .built_in = "none"},
    {"cite", "name", "SCIWRAP_NAME", NULL, CONFIG_TEXT, .built_in = ""},
    {"cite", "orcid", "SCIWRAP_ORCID", NULL, CONFIG_ORCID, .built_in = ""},
};

_Static_assert(sizeof(config_keys) / sizeof(config_keys[0]) == CONFIG_KEYS, "the number in config_keys.h");

char *config_key_name(const struct config_key *key)
{
    return xasprintf("%s.%s", key->section, key->key);
}

const struct config_key *config_key_find(const char *name, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        strlist_take(&names, config_key_name(&config_keys[i]));
        if (strcmp(names.item[i], name) == 0 || strcmp(config_keys[i].variable, name) == 0) {
            return &config_keys[i];
        }
    }
    const char *near = text_nearest(name, (const char *const *)strlist_items(&names));
    if (near != NULL) {
        err_set(err, ERR_USAGE, "unknown key '%s'; did you mean '%s'?", name, near);
    } else {
        err_set(err, ERR_USAGE, "unknown key '%s'; 'sciwrap config' lists all", name);
    }
    return NULL;
}

/* ---- what values must be */

static bool is_address(const char *value)
{
    return (strncmp(value, "https://", 8) == 0 && value[8] != '\0') ||
           (strncmp(value, "http://", 7) == 0 && value[7] != '\0');
}

static const char *check_bind(const struct config_key *key, const char *value)
{
    (void)key;
    auto_free char *word = xstrdup(value);
    size_t length = strlen(word);
    if (length > 3 && (strcmp(word + length - 3, ":ro") == 0 || strcmp(word + length - 3, ":rw") == 0)) {
        word[length - 3] = '\0';
    }
    char *target = strchr(word, ':');
    if (target != NULL) {
        *target++ = '\0';
    }
    bool good = word[0] == '/' && (target == NULL || (target[0] == '/' && strchr(target, ':') == NULL));
    return good ? NULL : "SRC[:DST][:ro|rw] with absolute paths";
}

/* Sixteen digits in groups, of which the last one checks the others: ISO 7064, MOD 11-2 (support.orcid.org, "Structure
 * of the ORCID Identifier"). */
static bool is_orcid(const char *value)
{
    enum { LENGTH = 19 };
    unsigned total = 0;
    for (size_t i = 0; i < LENGTH; i++) {
        bool digit = value[i] >= '0' && value[i] <= '9';
        if (value[i] == '\0' || (i % 5 == 4 ? value[i] != '-' : !digit && !(i == LENGTH - 1 && value[i] == 'X'))) {
            return false;
        }
        if (digit && i < LENGTH - 1) {
            total = (total + (unsigned)(value[i] - '0')) * 2;
        }
    }
    unsigned check = (12 - total % 11) % 11;
    return value[LENGTH] == '\0' && value[LENGTH - 1] == (check == 10 ? 'X' : (char)('0' + check));
}

static bool is_host(const char *value)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]_"; /* [::1]:5000 too */
    return value[0] != '\0' && value[strspn(value, letters)] == '\0';
}

static const char *check_fixes(const struct config_key *key, const char *value)
{
    (void)key;
    unsigned set = 0;
    struct err wrong = {0};
    return fix_parse(value, &set, &wrong) == 0 ? NULL : "names with commas between, as in hostname,tz; all; none";
}

static const char *check_word(const struct config_key *key, const char *value)
{
    for (size_t i = 0; key->words[i] != NULL; i++) {
        if (strcmp(value, key->words[i]) == 0) {
            return NULL;
        }
    }
    return key->words == yes_no      ? "yes or no"
           : key->words == networks  ? "none or host"
           : key->words == levels    ? "used, full or off"
           : key->words == baselines ? "v2, v3, v4 or none"
           : key->words == procs     ? "own or shared"
           : key->words == joins     ? "auto or no"
                                     : "observation or comparison";
}

static bool is_in_range(const struct config_key *key, const char *value)
{
    const uint64_t second = 1000000000;
    uint64_t number = 0;
    if (key->kind == CONFIG_NUMBER) {
        return text_to_u64(value, key->least, key->most, &number);
    }
    bool time = key->kind == CONFIG_TIME;
    uint64_t unit = time ? second : 1;
    return limit_parse(time ? LIMIT_TIME : LIMIT_FILE_SIZE, value, &number) == NULL && number >= key->least * unit &&
           number <= key->most * unit;
}

/* In the words in which it would be written. */
static char *range_text(const struct config_key *key)
{
    if (key->kind == CONFIG_TIME) {
        return xasprintf("a time from %llus to %llud, as in 90m", key->least, key->most / DAY);
    }
    if (key->kind == CONFIG_NUMBER) {
        return xasprintf("a number from %llu to %llu", key->least, key->most);
    }
    auto_free char *least = limit_text(LIMIT_FILE_SIZE, key->least);
    auto_free char *most = limit_text(LIMIT_FILE_SIZE, key->most);
    return xasprintf("a number of bytes from %s to %s, as in 500M, 4G", least, most);
}

static const char *check_limit(const struct config_key *key, const char *value)
{
    uint64_t number;
    enum limit limit = LIMITS;
    (void)limit_from_name(key->key, &limit); /* the table names no other */
    return limit_parse(limit, value, &number);
}

static const char *check_single(const struct config_key *key, const char *value)
{
    if (key->separator == '\0' || strchr(value, key->separator) == NULL) {
        return NULL;
    }
    return key->separator == ' '   ? "one place a line, without blanks"
           : key->separator == ':' ? "one folder a line, without ':' in its name"
                                   : "one a line, without ','";
}

static const char *check_path(const struct config_key *key, const char *value)
{
    (void)key;
    return value[0] == '/' ? NULL : "an absolute path";
}

static const char *check_place(const struct config_key *key, const char *value)
{
    (void)key;
    return value[0] == '/' || is_address(value) || strncmp(value, "file:///", 8) == 0
               ? NULL
               : "an absolute path, or an address that begins with https://, http:// or file:///";
}

static const char *check_server(const struct config_key *key, const char *value)
{
    (void)key;
    return is_address(value) ? NULL : "an address that begins with https:// or http://";
}

static const char *check_size(const struct config_key *key, const char *value)
{
    uint64_t bytes;
    (void)key;
    return units_to_bytes(value, &bytes) ? NULL : "a number of bytes, as in 500M, 20G or 0";
}

static const char *check_host(const struct config_key *key, const char *value)
{
    (void)key;
    return is_host(value) ? NULL : "HOST or HOST:PORT";
}

static const char *check_orcid(const struct config_key *key, const char *value)
{
    (void)key;
    return is_orcid(value) ? NULL : "an ORCID iD, as in 0000-0002-1825-0097";
}

/* By kind; those without one have a range, or may be anything. */
static const char *(*const checks[])(const struct config_key *key, const char *value) = {
    [CONFIG_PATH] = check_path,   [CONFIG_PLACE] = check_place, [CONFIG_SERVER] = check_server,
    [CONFIG_BIND] = check_bind,   [CONFIG_WORD] = check_word,   [CONFIG_SIZE] = check_size,
    [CONFIG_LIMIT] = check_limit, [CONFIG_FIXES] = check_fixes, [CONFIG_HOST] = check_host,
    [CONFIG_TEXT] = NULL,         [CONFIG_ORCID] = check_orcid,
};

char *config_key_check(const struct config_key *key, const char *value)
{
    bool has_range = key->kind == CONFIG_NUMBER || key->kind == CONFIG_BYTES || key->kind == CONFIG_TIME;
    if (has_range) {
        return is_in_range(key, value) ? NULL : range_text(key);
    }
    const char *expected = check_single(key, value);
    if (expected == NULL && checks[key->kind] != NULL) {
        expected = checks[key->kind](key, value);
    }
    char meant[TEXT_MEANT] = "";
    if (expected != NULL && key->words != NULL) {
        text_meant(meant, value, key->words);
    }
    return expected != NULL ? xasprintf("%s%s", expected, meant) : NULL;
}

bool config_key_expands(const struct config_key *key)
{
    return key->kind == CONFIG_PATH || key->kind == CONFIG_PLACE || key->kind == CONFIG_BIND;
}
