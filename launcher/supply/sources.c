/* SPDX-License-Identifier: BSD-2-Clause
 * sources: where Debian's archives can be read on this host. */
#include "supply/sources.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"

/* 1 MiB: a sources file is a page of text. */
enum { SOURCES_BYTES = 1024 * 1024 };

static const char blanks[] = " \t\r\n";

/* Adds a base without its trailing slashes, once. */
static void add_base(struct strlist *bases, const char *word, size_t length)
{
    while (length > 1 && word[length - 1] == '/') {
        length--;
    }
    auto_free char *base = xstrndup(word, length);
    if (length > 0 && !strlist_has(bases, base)) {
        strlist_take(bases, steal_ptr(&base));
    }
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    return length >= strlen(end) && memcmp(text + length - strlen(end), end, strlen(end)) == 0;
}

/* Keeps the addresses of Debian's archives: Ubuntu's and those of third parties have other paths, and pool paths tried
 * there would only cost time. */
static void add_address(struct strlist *bases, const char *word, size_t length)
{
    while (length > 0 && word[length - 1] == '/') {
        length--;
    }
    bool reachable =
        strncmp(word, "http://", 7) == 0 || strncmp(word, "https://", 8) == 0 || strncmp(word, "file:/", 6) == 0;
    if (reachable && (ends_with(word, length, "/debian") || ends_with(word, length, "/debian-security"))) {
        add_base(bases, word, length);
    }
}

/* A file that names mirrors, one a line; Debian's cloud images have their sources this way (apt-transport-mirror(1)).
 */
static void add_mirror_file(struct strlist *bases, const char *path)
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    if (fs_read_path(path, SOURCES_BYTES, &text, &ignored) < 0) {
        return;
    }
    for (const char *at = buf_text(&text); *at != '\0'; at += strspn(at, "\n")) {
        add_address(bases, at, strcspn(at, blanks));
        at += strcspn(at, "\n");
    }
}

static void add_source(struct strlist *bases, const char *word, size_t length)
{
    static const char mirror_file[] = "mirror+file:";
    if (length > strlen(mirror_file) && strncmp(word, mirror_file, strlen(mirror_file)) == 0) {
        auto_free char *path = xstrndup(word + strlen(mirror_file), length - strlen(mirror_file));
        add_mirror_file(bases, path);
    } else {
        add_address(bases, word, length);
    }
}

/* "deb [options] URI suite component..." */
static void parse_line(const char *line, size_t length, struct strlist *bases)
{
    auto_free char *copy = xstrndup(line, length);
    char *at = copy + strspn(copy, blanks);
    if (strncmp(at, "deb", 3) != 0 || at[3] == '\0' || strchr(blanks, at[3]) == NULL) {
        return;
    }
    at += 3;
    at += strspn(at, blanks);
    char *close = *at == '[' ? strchr(at, ']') : NULL;
    at = close != NULL ? close + 1 : at;
    at += strspn(at, blanks);
    add_source(bases, at, strcspn(at, blanks));
}

/* One stanza of the deb822 form. Field names in any case; a line that begins with a blank continues the field. */
static void parse_stanza(const char *stanza, size_t length, struct strlist *bases)
{
    auto_free char *copy = xstrndup(stanza, length);
    auto_release(strlist) struct strlist words = {0};
    bool enabled = true;
    bool in_uris = false;
    for (char *line = copy; line != NULL && *line != '\0';) {
        char *next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        const char *value = line;
        if (*line != ' ' && *line != '\t' && *line != '#') {
            in_uris = strncasecmp(line, "URIs:", 5) == 0;
            value = in_uris ? line + 5 : line;
            enabled = enabled && !(strncasecmp(line, "Enabled:", 8) == 0 && strstr(line, "no") != NULL);
        }
        while (in_uris && *line != '#' && *(value += strspn(value, blanks)) != '\0') {
            size_t word = strcspn(value, blanks);
            strlist_take(&words, xstrndup(value, word));
            value += word;
        }
        line = next;
    }
    for (size_t i = 0; enabled && i < words.count; i++) {
        add_source(bases, words.item[i], strlen(words.item[i]));
    }
}

void sources_parse(const char *text, bool deb822, struct strlist *bases)
{
    const char *separator = deb822 ? "\n\n" : "\n";
    while (*text != '\0') {
        const char *end = strstr(text, separator);
        size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
        if (deb822) {
            parse_stanza(text, length, bases);
        } else {
            parse_line(text, length, bases);
        }
        text += length;
        text += strspn(text, "\n");
    }
}

/* A source file that cannot be read is none: other sources follow. */
static void add_apt_file(struct strlist *bases, const char *path, bool deb822)
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    if (fs_read_path(path, SOURCES_BYTES, &text, &ignored) == 0) {
        sources_parse(buf_text(&text), deb822, bases);
    }
}

static void add_apt(struct strlist *bases)
{
    static const char parts[] = "/etc/apt/sources.list.d";
    auto_release(strlist) struct strlist names = {0};
    struct err ignored = {0};
    add_apt_file(bases, "/etc/apt/sources.list", false);
    if (fs_list(AT_FDCWD, parts, &names, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.item[i];
        bool deb822 = ends_with(name, strlen(name), ".sources");
        if (deb822 || ends_with(name, strlen(name), ".list")) {
            auto_free char *path = xasprintf("%s/%s", parts, name);
            add_apt_file(bases, path, deb822);
        }
    }
}

void sources_list(const struct strlist *mirrors, struct strlist *ret_bases)
{
    for (size_t i = 0; mirrors != NULL && i < mirrors->count; i++) {
        add_base(ret_bases, mirrors->item[i], strlen(mirrors->item[i]));
    }
    const char *variable = getenv("SCIWRAP_DEBIAN_MIRROR");
    while (variable != NULL && *(variable += strspn(variable, blanks)) != '\0') {
        size_t length = strcspn(variable, blanks);
        add_base(ret_bases, variable, length);
        variable += length;
    }
    add_apt(ret_bases);
}

/* As apt does: '+' and others are legal in a path, and servers that store files as objects decode them otherwise. */
static char *encode(const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    auto_release(buf) struct buf text = {0};
    for (; *path != '\0'; path++) {
        if (strchr(plain, *path) != NULL) {
            buf_add(&text, path, 1);
        } else {
            buf_addf(&text, "%%%02x", (unsigned char)*path);
        }
    }
    return buf_take(&text);
}

void sources_addresses(const struct strlist *bases, const char *archive, const char *path, struct strlist *ret_from)
{
    auto_free char *encoded = encode(path);
    for (size_t i = 0; i < bases->count; i++) {
        const char *base = bases->item[i];
        const char *leaf = path_base(base);
        bool known = strcmp(leaf, "debian") == 0 || strcmp(leaf, "debian-security") == 0;
        int above = known ? (int)(leaf - base) - 1 : (int)strlen(base);
        auto_free char *address = xasprintf("%.*s%s%s/%s", above, base, known ? "/" : "", known ? archive : "",
                                            strstr(base, "://") != NULL ? encoded : path);
        if (!strlist_has(ret_from, address)) {
            strlist_take(ret_from, steal_ptr(&address));
        }
    }
}

char *sources_snapshot(const char *archive, const char *time, const char *path)
{
    auto_free char *encoded = encode(path);
    return xasprintf("%s/%s/%s/%s", SOURCES_SNAPSHOT, archive, time, encoded);
}
