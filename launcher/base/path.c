/* SPDX-License-Identifier: BSD-2-Clause
 * path: questions about path text. */
#include "base/path.h"

#include <limits.h>
#include <string.h>

#include "base/buf.h"

static size_t component_length(const char *path)
{
    return strcspn(path, "/");
}

static bool is_dots(const char *component, size_t length)
{
    return (length == 1 && component[0] == '.') || (length == 2 && component[0] == '.' && component[1] == '.');
}

bool path_is_clean(const char *path)
{
    for (;;) {
        size_t length = component_length(path);
        if (length == 0 || length > NAME_MAX || is_dots(path, length)) {
            return false;
        }
        if (path[length] == '\0') {
            return true;
        }
        path += length + 1;
    }
}

bool path_is_under(const char *path, const char *parent)
{
    size_t length = strlen(parent);
    if (strcmp(parent, "/") == 0) {
        return path[0] == '/';
    }
    return strncmp(path, parent, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static void drop_last(struct buf *buf)
{
    while (buf->length > 0 && buf->bytes[--buf->length] != '/') {
    }
    if (buf->bytes != NULL) {
        buf->bytes[buf->length] = '\0';
    }
}

static void add_components(struct buf *buf, const char *path)
{
    while (*path != '\0') {
        size_t length = component_length(path);
        if (length == 2 && is_dots(path, length)) {
            drop_last(buf);
        } else if (length > 0 && !is_dots(path, length)) {
            buf_add_text(buf, "/");
            buf_add(buf, path, length);
        }
        path += length;
        path += *path == '/';
    }
}

char *path_normal(const char *base, const char *path)
{
    struct buf buf = {0};
    if (path[0] != '/') {
        add_components(&buf, base);
    }
    add_components(&buf, path);
    if (buf.length == 0) {
        buf_add_text(&buf, "/");
    }
    return buf_take(&buf);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

const char *path_below(const char *path, const char *parent)
{
    path += strcmp(parent, "/") == 0 ? 0 : strlen(parent);
    return *path == '/' ? path + 1 : path;
}

bool path_is_name(const char *name)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    static const char other[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-";
    size_t length = strlen(name);
    return length >= 1 && length <= 128 && strchr(first, name[0]) != NULL && strspn(name, other) == length &&
           strstr(name, "..") == NULL;
}
