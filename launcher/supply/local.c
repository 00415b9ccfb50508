/* SPDX-License-Identifier: BSD-2-Clause
 * local: addresses of this host. */
#include "supply/local.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

bool local_is_remote(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

static int hex_digit(char c)
{
    const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    return at != NULL ? (int)(at - digits) : -1;
}

char *local_path(const char *url)
{
    struct buf path = {0};
    if (strncmp(url, "file://", 7) != 0) {
        return xstrdup(url);
    }
    for (url += 7; *url != '\0'; url++) {
        int high = url[0] == '%' ? hex_digit(url[1]) : -1;
        int low = high >= 0 ? hex_digit(url[2]) : -1;
        char c = low >= 0 ? (char)(high * 16 + low) : *url;
        buf_add(&path, &c, 1);
        url += low >= 0 ? 2 : 0;
    }
    return buf_take(&path);
}

char *local_url(const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/+,=@";
    struct buf url = {0};
    buf_add_text(&url, "file://");
    for (; *path != '\0'; path++) {
        if (strchr(plain, *path) != NULL) {
            buf_add(&url, path, 1);
        } else {
            buf_addf(&url, "%%%02X", (unsigned char)*path);
        }
    }
    return buf_take(&url);
}
