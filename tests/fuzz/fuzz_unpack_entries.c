/* SPDX-License-Identifier: BSD-2-Clause
 * Any series of tar entries whose checksums are right: every byte chosen decides between names, kinds and lies that
 * mean something to the unpacker, where arbitrary bytes (fuzz_unpack) seldom come past the first header.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "fuzz_unpack.h"

enum { BLOCK = 512, ENTRIES = 40 };

struct input {
    const uint8_t *at, *end;
};

static unsigned next(struct input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

/* A path of up to five components out of few, so that entries meet each other: beneath, over, as a link's target. */
static void add_path(struct input *input, struct buf *path)
{
    static const char *const names[] = {"a", "b",    "c",        "..",   ".",   "",  ".wh.a", ".wh..wh..opq",
                                        "d", ".wh.", "\xc3\xa9", "e\\f", "dev", "a", "b",     "c"};
    unsigned form = next(input);
    buf_addf(path, "%s", form >= 0xe0 ? "/" : form >= 0xc0 ? "./" : "");
    for (unsigned i = 0; i <= form % 5; i++) {
        buf_addf(path, "%s%s", i > 0 ? "/" : "", names[next(input) % 16]);
    }
    buf_addf(path, "%s", (form & 0x10) != 0 ? "/" : "");
}

static void put_octal(char *field, size_t width, uint64_t number)
{
    snprintf(field, width, "%0*llo", (int)width - 1, (unsigned long long)number);
}

static void put_checksum(char *block)
{
    unsigned sum = 0;
    memset(block + 148, ' ', 8);
    for (int i = 0; i < BLOCK; i++) {
        sum += (unsigned char)block[i];
    }
    put_octal(block + 148, 7, sum);
}

static void add_padded(struct buf *tar, const char *bytes, size_t length)
{
    static const char zeros[BLOCK];
    buf_add(tar, bytes, length);
    buf_add(tar, zeros, (BLOCK - length % BLOCK) % BLOCK);
}

static void add_header(struct buf *tar, char type, const char *name, const char *link, unsigned mode, uint64_t size)
{
    char block[BLOCK] = {0};
    snprintf(block, 100, "%s", name);
    put_octal(block + 100, 8, mode);
    put_octal(block + 108, 8, 0);
    put_octal(block + 116, 8, 0);
    put_octal(block + 124, 12, size);
    put_octal(block + 136, 12, 1700000000);
    block[156] = type;
    snprintf(block + 157, 100, "%s", link);
    memcpy(block + 257, "ustar\00000", 8);
    put_checksum(block);
    buf_add(tar, block, sizeof(block));
}

/* One record of an extended header, its length counted as it must be: the length counts its own digits. */
static void add_record(struct buf *records, const char *key, const char *value)
{
    size_t rest = strlen(key) + strlen(value) + 3;
    size_t length = rest + 1;
    char digits[24];
    while ((size_t)snprintf(digits, sizeof(digits), "%zu", length) + rest != length) {
        length++;
    }
    buf_addf(records, "%zu %s=%s\n", length, key, value);
}

static void add_extended(struct input *input, struct buf *tar, char type)
{
    static const char *const keys[] = {
        "path",      "linkpath", "size", "mtime", "SCHILY.xattr.user.a", "GNU.sparse.name", "GNU.sparse.realsize",
        "hdrcharset"};
    static const char *const values[] = {"3", "-1", "18446744073709551615", "1.5", "BINARY", "", "0", "512"};
    auto_release(buf) struct buf records = {0};
    unsigned count = next(input) % 4;
    for (unsigned i = 0; i < count; i++) {
        auto_release(buf) struct buf path = {0};
        unsigned which = next(input);
        add_path(input, &path);
        add_record(&records, keys[which % 8], (which & 0x80) != 0 ? buf_text(&path) : values[which / 8 % 8]);
    }
    add_header(tar, type, "pax", "", 0644, records.length);
    add_padded(tar, buf_text(&records), records.length);
}

/* The long name or link of GNU tar: an entry whose content it is. */
static void add_long(struct input *input, struct buf *tar, char type)
{
    auto_release(buf) struct buf path = {0};
    add_path(input, &path);
    add_header(tar, type, "././@LongLink", "", 0644, path.length + 1);
    add_padded(tar, buf_text(&path), path.length + 1);
}

static void add_one(struct input *input, struct buf *tar)
{
    static const char types[] = {'0', '0', '5', '5',  '2', '2', '1', '1', '3',
                                 '4', '6', '7', '\0', 'x', 'g', 'L', 'K', 'S'};
    static const char content[BLOCK] = "content";
    char type = types[next(input) % sizeof(types)];
    if (type == 'x' || type == 'g') {
        add_extended(input, tar, type);
        return;
    }
    if (type == 'L' || type == 'K') {
        add_long(input, tar, type);
        return;
    }
    auto_release(buf) struct buf path = {0};
    auto_release(buf) struct buf link = {0};
    unsigned form = next(input);
    add_path(input, &path);
    if (type == '1' || type == '2' || (form & 1) != 0) {
        add_path(input, &link);
    }
    bool has_content = type == '0' || type == '7' || type == '\0' || type == 'S';
    uint64_t size = has_content ? form / 2 % 32 : 0;
    uint64_t says = (form & 0x40) != 0 ? size + (form & 1) * BLOCK : size;
    add_header(tar, type, buf_text(&path), buf_text(&link), next(input) * 17U & 07777U, says);
    add_padded(tar, content, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char end[2 * BLOCK];
    struct input input = {.at = bytes, .end = bytes + length};
    auto_release(buf) struct buf tar = {0};
    unsigned count = next(&input) % ENTRIES;
    for (unsigned i = 0; i < count && input.at < input.end; i++) {
        add_one(&input, &tar);
    }
    buf_add(&tar, end, sizeof(end));
    fuzz_unpack((const uint8_t *)tar.bytes, tar.length);
    return 0;
}
