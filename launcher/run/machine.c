/* SPDX-License-Identifier: BSD-2-Clause
 * machine: a name for this machine that tells it from others and says nothing else about it. */
#include "run/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/fs.h"

/* In front, so that no other program's digest of the same number is this one. */
static const char purpose[] = "sciwrap machine 1:";

void machine_name(char ret_name[MACHINE_LENGTH + 1])
{
    enum { ID_LENGTH = 32, MOST = 256 };
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    struct utsname names;
    struct digest digest;
    char hex[DIGEST_HEX + 1];
    buf_add_text(&text, purpose);
    size_t before = text.length;
    (void)fs_read_path("/etc/machine-id", MOST, &text, &ignored);
    /* In an image of a container it is empty, or says "uninitialized". */
    if (strspn(buf_text(&text) + before, "0123456789abcdef") != ID_LENGTH) {
        text.length = before;
        buf_add_text(&text, "name ");
        buf_add_text(&text, uname(&names) == 0 ? names.nodename : "");
    }
    digest_bytes(buf_text(&text), text.length, &digest);
    digest_to_hex(&digest, hex);
    snprintf(ret_name, MACHINE_LENGTH + 1, "%.*s", MACHINE_LENGTH, hex);
}
