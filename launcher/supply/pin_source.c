/* SPDX-License-Identifier: BSD-2-Clause
 * pin_source: which kind of source a word of the command line means. */
#include "supply/pin_source.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "supply/local.h"

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* USER:PASSWORD@ in front of the host would be written into a file that is shared. */
static int check_address(const char *url, struct err *err)
{
    const char *host = strstr(url, "://") + 3;
    size_t length = strcspn(host, "/?#");
    if (memchr(host, '@', length) != NULL) {
        return err_set(
            err, ERR_USAGE,
            "the address holds a name or password, which would be written into the definition; put them into "
            "~/.netrc and give the address without");
    }
    if (length == 0) {
        return err_set(err, ERR_USAGE, "'%s' names no host", url);
    }
    if (strpbrk(url, " \t") != NULL) {
        return err_set(err, ERR_USAGE, "'%s': a blank in an address; write it as %%20", url);
    }
    return 0;
}

/* What other programs call an image: "ubuntu:22.04", "quay.io/org/tool:1.2", "docker://...". */
static bool looks_like_image(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789._-/";
    size_t name = strspn(text, plain);
    bool named = name > 0 && text[0] != '.' && text[0] != '/' && text[0] != '-';
    return named && (text[name] == ':' || text[name] == '@' || (text[name] == '\0' && strchr(text, '.') == NULL));
}

static int complain_absent(const char *text, struct err *err)
{
    if (looks_like_image(text)) {
        /* What has a dot, a colon or "localhost" in front of the first slash is a host (as docker reads it). */
        size_t first = strcspn(text, "/");
        bool has_host = text[first] == '/' && (memchr(text, '.', first) != NULL || memchr(text, ':', first) != NULL ||
                                               (first == 9 && begins(text, "localhost")));
        const char *registry = has_host ? "" : text[first] == '/' ? "docker.io/" : "docker.io/library/";
        return err_set(err, ERR_NOT_FOUND, "no file '%s'; an image of a registry is written oci://%s%s", text, registry,
                       text);
    }
    return err_set(err, ERR_NOT_FOUND, "no file '%s'", text);
}

static int complain_folder(const char *text, const char *path, struct err *err)
{
    auto_free char *marker = xasprintf("%s/oci-layout", path);
    if (access(marker, F_OK) == 0) {
        return err_set(err, ERR_USAGE, "'%s' is an OCI layout: write oci-layout:%s", text, path);
    }
    return err_set(err, ERR_USAGE,
                   "'%s' is a folder; a pin is of a file: make a tar of it, as in 'tar -C %s -cf %s.tar .'", text, path,
                   path);
}

static int check_file(const struct pin_source *source, struct err *err)
{
    struct stat st;
    if (stat(source->path, &st) < 0) {
        return errno == ENOENT || errno == ENOTDIR ? complain_absent(source->text, err)
                                                   : err_set_errno(err, ERR_SYSTEM, errno, "'%s'", source->text);
    }
    if (S_ISDIR(st.st_mode)) {
        return complain_folder(source->text, source->path, err);
    }
    return S_ISREG(st.st_mode) ? 0 : err_set(err, ERR_USAGE, "'%s' is not a regular file", source->text);
}

int pin_source_parse(const char *text, struct pin_source *ret_source, struct err *err)
{
    struct pin_source source = {.text = text};
    if (text[0] == '\0') {
        return err_set(err, ERR_USAGE, "an empty word names no source");
    }
    if (begins(text, "http://") || begins(text, "https://")) {
        source.kind = PIN_REMOTE;
        if (check_address(text, err) < 0) {
            return -1;
        }
    } else if (begins(text, "oci://") || begins(text, "oci-layout:") || begins(text, "docker-archive:")) {
        source.kind = PIN_IMAGE;
        if (begins(text, "oci://") && check_address(text, err) < 0) {
            return -1;
        }
    } else if (begins(text, "docker://")) {
        return err_set(err, ERR_USAGE, "'%s': an image of a registry is written oci://HOST/REPOSITORY[:TAG]", text);
    } else if (begins(text, "file:") ? !begins(text, "file:///") : strstr(text, "://") != NULL) {
        return err_set(err, ERR_USAGE,
                       "'%s': a source is a path, or begins with http://, https://, file:///, oci://, oci-layout: or "
                       "docker-archive:",
                       text);
    } else {
        source.kind = PIN_FILE;
        source.path = local_path(text);
        if (check_file(&source, err) < 0) {
            pin_source_release(&source);
            return -1;
        }
    }
    *ret_source = source;
    return 0;
}

void pin_source_release(struct pin_source *source)
{
    free(source->path);
    *source = (struct pin_source){0};
}

/* A folder that is a link leads elsewhere with "..". */
static bool are_same_file(const char *path, const char *other_path)
{
    struct stat one;
    struct stat other;
    return stat(path, &one) == 0 && stat(other_path, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

char *pin_source_path_from(const char *path, const char *folder)
{
    auto_free char *current = fs_current_dir();
    if (current != NULL && path[0] != '/' && strlen(folder) > strlen(current) && path_is_under(folder, current)) {
        auto_release(buf) struct buf way = {0};
        for (const char *at = folder + strlen(current); *at != '\0'; at++) {
            buf_add_text(&way, *at == '/' && at[1] != '\0' ? "../" : "");
        }
        const char *below = path;
        while (strncmp(below, "./", 2) == 0) {
            below += 2;
        }
        buf_add_text(&way, below);
        auto_free char *seen = xasprintf("%s/%s", folder, buf_text(&way));
        if (are_same_file(seen, path)) {
            return buf_take(&way);
        }
    }
    return path_normal(current != NULL ? current : "/", path);
}
