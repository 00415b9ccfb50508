/* SPDX-License-Identifier: BSD-2-Clause
 * apt: the host's apt in a private root. */
#include "supply/apt.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/nameless.h"
#include "base/path.h"

/* 256 MiB: the whole index of a suite has 60. */
enum { OUTPUT_BYTES = 256 * 1024 * 1024 };

static int make_root(struct apt *apt, struct err *err)
{
    static const char *const folders[] = {"etc",
                                          "etc/parts",
                                          "state",
                                          "state/lists",
                                          "state/lists/partial",
                                          "cache",
                                          "cache/archives",
                                          "cache/archives/partial"};
    const char *temporary = getenv("TMPDIR");
    auto_free char *root =
        xasprintf("%s/sciwrap-lock.XXXXXX", temporary != NULL && temporary[0] == '/' ? temporary : "/tmp");
    if (mkdtemp(root) == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", root);
    }
    apt->root = steal_ptr(&root);
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        auto_free char *path = xasprintf("%s/%s", apt->root, folders[i]);
        if (mkdir(path, 0755) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", path);
        }
    }
    return 0;
}

static int write_in_root(const struct apt *apt, const char *name, const char *text, struct err *err)
{
    auto_fd int root = open(apt->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_fd int fd = root < 0 ? -1 : openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create '%s/%s'", apt->root, name);
    }
    return fs_write_fd(fd, name, text, strlen(text), err);
}

int apt_begin(struct apt *apt, const char *architecture, const char *sources, const struct strlist *installed,
              struct err *err)
{
    auto_release(buf) struct buf status = {0};
    *apt = (struct apt){.architecture = xstrdup(architecture)};
    for (size_t i = 0; i < installed->count; i++) {
        buf_addf(&status,
                 "Package: %s\nStatus: install ok installed\nMaintainer: none <none@localhost>\nArchitecture: %s\n"
                 "Multi-Arch: foreign\nVersion: 9999:0\nDescription: left out by the recipe\n\n",
                 installed->item[i], architecture);
    }
    if (make_root(apt, err) < 0 || write_in_root(apt, "etc/sources.list", sources, err) < 0 ||
        write_in_root(apt, "state/status", buf_text(&status), err) < 0) {
        apt_release(apt);
        return -1;
    }
    return 0;
}

void apt_release(struct apt *apt)
{
    struct err ignored = {0};
    if (apt->root != NULL) {
        fs_remove_tree(AT_FDCWD, apt->root, &ignored);
    }
    free(apt->root);
    free(apt->architecture);
    *apt = (struct apt){0};
}

/* Everything that would let the host's own state, trust or taste into the answer. */
static void add_options(const struct apt *apt, struct strlist *argv)
{
    static const char *const fixed[] = {
        "APT::Install-Recommends=false",
        "APT::Install-Suggests=false",
        "APT::Get::AllowUnauthenticated=false",
        "Acquire::Languages=none",
        /* The release files of past suites say that they expired; their signatures hold. */
        "Acquire::Check-Valid-Until=false",
        /* Without it apt adds every package marked essential, dpkg and perl among them. */
        "pkgCacheGen::Essential=none",
        /* As root apt would change to a user who cannot enter our private folder. */
        "APT::Sandbox::User=",
        "Dir::Etc::preferences=/dev/null",
    };
    strlist_addf(argv, "-oAPT::Architecture=%s", apt->architecture);
    strlist_addf(argv, "-oAPT::Architectures=%s", apt->architecture);
    strlist_addf(argv, "-oDir::Etc::sourcelist=%s/etc/sources.list", apt->root);
    strlist_addf(argv, "-oDir::Etc::sourceparts=%s/etc/parts", apt->root);
    strlist_addf(argv, "-oDir::Etc::preferencesparts=%s/etc/parts", apt->root);
    strlist_addf(argv, "-oDir::State=%s/state", apt->root);
    strlist_addf(argv, "-oDir::State::status=%s/state/status", apt->root);
    strlist_addf(argv, "-oDir::Cache=%s/cache", apt->root);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
        strlist_addf(argv, "-o%s", fixed[i]);
    }
}

/* Our environment with messages in English: their text is parsed. */
static void fill_environment(struct strlist *ret_environment)
{
    for (char **at = environ; *at != NULL; at++) {
        if (strncmp(*at, "LC_", 3) != 0 && strncmp(*at, "LANG", 4) != 0 && strncmp(*at, "APT_CONFIG=", 11) != 0) {
            strlist_add(ret_environment, *at);
        }
    }
    strlist_add(ret_environment, "LC_ALL=C.UTF-8");
}

static int spawn(const struct strlist *argv, int out, int errors, struct err *err)
{
    auto_release(strlist) struct strlist environment = {0};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int status = 0;
    fill_environment(&environment);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    int failure = posix_spawnp(&child, argv->item[0], &actions, NULL, argv->item, strlist_items(&environment));
    posix_spawn_file_actions_destroy(&actions);
    if (failure == ENOENT) {
        return err_set(err, ERR_HOST, "'%s' is not on this host: 'sciwrap lock' needs the apt of a Debian host",
                       argv->item[0]);
    }
    if (failure != 0) {
        return err_set_errno(err, ERR_SYSTEM, failure, "start '%s'", argv->item[0]);
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return err_set_errno(err, ERR_SYSTEM, errno, "wait for '%s'", argv->item[0]);
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

/* The first error that apt printed says most; later ones follow from it. */
static int complain(const char *program, const char *what, const struct buf *errors, struct err *err)
{
    const char *line = strstr(buf_text(errors), "E: ");
    line = line != NULL ? line : buf_text(errors);
    return err_set(err, ERR_NETWORK, "%s %s: %.*s", program, what, (int)strcspn(line, "\n"), line);
}

static int run(const struct apt *apt, const char *program, const char *what, const struct strlist *arguments,
               struct buf *ret_text, struct err *err)
{
    auto_release(strlist) struct strlist argv = {0};
    auto_release(buf) struct buf errors = {0};
    auto_fd int out = nameless_open("output");
    auto_fd int error_fd = nameless_open("errors");
    if (out < 0 || error_fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a file in memory");
    }
    strlist_add(&argv, program);
    add_options(apt, &argv);
    strlist_add(&argv, what);
    for (size_t i = 0; arguments != NULL && i < arguments->count; i++) {
        strlist_add(&argv, arguments->item[i]);
    }
    int status = spawn(&argv, out, error_fd, err);
    if (status < 0 || lseek(out, 0, SEEK_SET) < 0 || lseek(error_fd, 0, SEEK_SET) < 0 ||
        fs_read_fd(error_fd, "apt's errors", OUTPUT_BYTES, &errors, err) < 0 ||
        fs_read_fd(out, "apt's output", OUTPUT_BYTES, ret_text, err) < 0) {
        return err->kind == ERR_NONE ? err_set_errno(err, ERR_SYSTEM, errno, "read apt's output") : -1;
    }
    return status == 0 ? 0 : complain(program, what, &errors, err);
}

int apt_update(const struct apt *apt, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    auto_release(strlist) struct strlist arguments = {0};
    /* Otherwise a source that cannot be reached is a warning, and the lock would lack its packages. */
    strlist_add(&arguments, "-oAPT::Update::Error-Mode=any");
    return run(apt, "apt-get", "update", &arguments, &text, err);
}

int apt_print_uris(const struct apt *apt, const struct strlist *packages, struct buf *text, struct err *err)
{
    auto_release(strlist) struct strlist arguments = {0};
    strlist_add(&arguments, "--print-uris");
    strlist_add(&arguments, "--yes");
    strlist_add(&arguments, "--");
    for (size_t i = 0; i < packages->count; i++) {
        strlist_add(&arguments, packages->item[i]);
    }
    return run(apt, "apt-get", "install", &arguments, text, err);
}

int apt_show(const struct apt *apt, const struct strlist *versions, struct buf *text, struct err *err)
{
    return run(apt, "apt-cache", "show", versions, text, err);
}

/* The number at *at and the one byte after it. False when there is none. */
static bool take_number(const char **at, char after, int *ret_number)
{
    int number = 0;
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 4 || (*at)[digits] != after) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        number = number * 10 + ((*at)[i] - '0');
    }
    *at += digits + 1;
    *ret_number = number;
    return true;
}

/* "Sat, 31 Aug 2024 08:35:24 UTC" (RFC 5322 in form). */
static bool parse_date(const char *date, int64_t *ret_seconds)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm time = {0};
    const char *at = strchr(date, ',');
    if (at == NULL || at - date != 3 || at[1] != ' ') {
        return false;
    }
    at += 2;
    if (!take_number(&at, ' ', &time.tm_mday) || strspn(at, "abcdefghijklmnopqrstuvwxyzADFJMNOS") != 3) {
        return false;
    }
    char month[4] = {at[0], at[1], at[2], '\0'};
    const char *place = strstr(months, month);
    at += 4;
    if (place == NULL || at[-1] != ' ' || !take_number(&at, ' ', &time.tm_year) ||
        !take_number(&at, ':', &time.tm_hour) || !take_number(&at, ':', &time.tm_min) ||
        !take_number(&at, ' ', &time.tm_sec)) {
        return false;
    }
    time.tm_mon = (int)(place - months) / 3;
    time.tm_year -= 1900;
    *ret_seconds = timegm(&time);
    return true;
}

int apt_newest_release(const struct apt *apt, int64_t *ret_seconds, struct err *err)
{
    auto_free char *lists = xasprintf("%s/state/lists", apt->root);
    auto_release(strlist) struct strlist names = {0};
    int64_t newest = -1;
    if (fs_list(AT_FDCWD, lists, &names, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < names.count; i++) {
        auto_release(buf) struct buf text = {0};
        auto_free char *path = xasprintf("%s/%s", lists, names.item[i]);
        const char *end = strrchr(names.item[i], '_');
        if (end == NULL || (strcmp(end, "_InRelease") != 0 && strcmp(end, "_Release") != 0)) {
            continue;
        }
        if (fs_read_path(path, OUTPUT_BYTES, &text, err) < 0) {
            return -1;
        }
        const char *date = strstr(buf_text(&text), "\nDate: ");
        int64_t seconds = 0;
        if (date == NULL || !parse_date(date + 7, &seconds)) {
            return err_set(err, ERR_INVALID, "release file '%s' has no date", names.item[i]);
        }
        newest = seconds > newest ? seconds : newest;
    }
    *ret_seconds = newest;
    return newest >= 0 ? 0 : err_set(err, ERR_NETWORK, "apt fetched no release file");
}

bool apt_parse_uri(const char *line, size_t length, char **ret_address, char **ret_name, char **ret_version)
{
    /* 'ADDRESS' NAME_VERSION_ARCH.deb SIZE HASH; a colon of the version is %3a in the file name. */
    const char *end = length > 2 && line[0] == '\'' ? memchr(line + 1, '\'', length - 1) : NULL;
    if (end == NULL || end[1] != ' ') {
        return false;
    }
    const char *name = end + 2;
    size_t name_length = strcspn(name, "_ \n");
    const char *version = name + name_length + 1;
    size_t version_length = name[name_length] == '_' ? strcspn(version, "_ \n") : 0;
    if (version_length == 0 || version[version_length] != '_') {
        return false;
    }
    *ret_address = xstrndup(line + 1, (size_t)(end - line) - 1);
    *ret_name = xstrndup(name, name_length);
    *ret_version = xstrndup(version, version_length);
    char *colon = strstr(*ret_version, "%3a");
    if (colon != NULL) {
        *colon = ':';
        memmove(colon + 1, colon + 3, strlen(colon + 3) + 1);
    }
    return true;
}

char *apt_field(const char *stanza, size_t length, const char *field)
{
    size_t name = strlen(field);
    for (const char *line = stanza; line < stanza + length;) {
        size_t left = (size_t)(stanza + length - line);
        const char *end = memchr(line, '\n', left);
        size_t line_length = end != NULL ? (size_t)(end - line) : left;
        if (line_length > name + 1 && strncmp(line, field, name) == 0 && line[name] == ':') {
            const char *value = line + name + 1;
            size_t blanks = strspn(value, " ");
            return xstrndup(value + blanks, (size_t)(line + line_length - value) - blanks);
        }
        line += line_length + 1;
    }
    return NULL;
}
