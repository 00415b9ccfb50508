/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verdict_files: files made of bytes for the tests of run/verdict, and what comes of comparing two. Header only.
 */
#pragma once

#include <sys/mman.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "run/verdict.h"
#include "unit.h"

static struct verdict_rules rules;
static struct verdict_result result;

static inline void begin(void)
{
    rules = (struct verdict_rules){0};
    memset(&result, 0x55, sizeof(result));
}

static inline void end(void)
{
    verdict_rules_release(&rules);
}

static inline struct verdict_file file_of(const void *bytes, size_t length)
{
    struct err err = {0};
    struct verdict_file file = {.fd = memfd_create("file", MFD_CLOEXEC), .size = length};
    ck_assert_int_eq(fs_write_fd(file.fd, "file", bytes, length, &err), 0);
    return file;
}

static inline void compare_bytes(const char *name, const void *then, size_t then_length, const void *now,
                                 size_t now_length)
{
    struct verdict_file a = file_of(then, then_length);
    struct verdict_file b = file_of(now, now_length);
    verdict_files(&a, &b, name, &rules, &result);
    close(a.fd);
    close(b.fd);
}

static inline void compare_bufs(const char *name, struct buf *then, struct buf *now)
{
    compare_bytes(name, buf_text(then), then->length, buf_text(now), now->length);
    buf_release(then);
    buf_release(now);
}

static inline void assert_result(enum verdict verdict, const char *detail)
{
    ck_assert_msg(result.verdict == verdict, "%s: %s", verdict_name(result.verdict), result.detail);
    ck_assert_str_eq(result.detail, detail);
}

/* Appends a file of gzip with this time and name (may be NULL) in its header. */
static inline void pack(const char *bytes, size_t length, int level, unsigned long time, const char *name,
                        struct buf *ret_packed)
{
    z_stream stream = {0};
    size_t room = length + 1000;
    auto_free unsigned char *to = xmalloc(room);
    auto_free unsigned char *from = xmalloc(length + 1);
    auto_free char *own_name = name != NULL ? xstrdup(name) : NULL;
    gz_header header = {.time = time, .name = (unsigned char *)own_name, .os = 3, .hcrc = name != NULL};
    memcpy(from, bytes, length);
    ck_assert_int_eq(deflateInit2(&stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    deflateSetHeader(&stream, &header);
    stream.next_in = from;
    stream.avail_in = (unsigned)length;
    stream.next_out = to;
    stream.avail_out = (unsigned)room;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    buf_add(ret_packed, to, room - stream.avail_out);
    deflateEnd(&stream);
}
