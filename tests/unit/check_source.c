/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/source and run/expand: the bytes of files piece by piece, plain and compressed, whole and damaged. */
#include "run/source.h"

#include <sys/mman.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "run/expand.h"
#include "unit.h"

static int file_of(const void *bytes, size_t length)
{
    int fd = memfd_create("file", MFD_CLOEXEC);
    struct err err = {0};
    ck_assert_int_eq(fs_write_fd(fd, "file", bytes, length, &err), 0);
    return fd;
}

/* One member of gzip. */
static void pack(const void *bytes, size_t length, struct buf *ret_packed)
{
    z_stream stream = {0};
    size_t room = length + 1000;
    auto_free unsigned char *to = xmalloc(room);
    auto_free unsigned char *from = xmalloc(length + 1);
    memcpy(from, bytes, length);
    ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = from;
    stream.avail_in = (unsigned)length;
    stream.next_out = to;
    stream.avail_out = (unsigned)room;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    buf_add(ret_packed, to, room - stream.avail_out);
    deflateEnd(&stream);
}

/* Everything that comes, in steps of different sizes. */
static char *read_all(struct source *source, size_t *ret_length)
{
    struct buf all = {0};
    for (size_t step = 1;; step = step * 3 % 100003) {
        size_t here = source_need(source, step);
        size_t length = here < step ? here : step;
        if (length == 0) {
            break;
        }
        buf_add(&all, source_bytes(source), length);
        source_skip(source, length);
        ck_assert_uint_eq(source_offset(source), all.length);
    }
    *ret_length = all.length;
    return buf_take(&all);
}

static char *big_text(size_t lines, size_t *ret_length)
{
    struct buf text = {0};
    for (size_t i = 0; i < lines; i++) {
        buf_addf(&text, "line %zu of many\n", i);
    }
    *ret_length = text.length;
    return buf_take(&text);
}

START_TEST(all_bytes_come_plain_and_compressed)
{
    size_t length;
    auto_free char *text = big_text(60000, &length);
    struct buf packed = {0};
    /* As BGZF has it: many members. */
    pack(text, 500000, &packed);
    pack("", 0, &packed);
    pack(text + 500000, length - 500000, &packed);
    auto_fd int plain_fd = file_of(text, length);
    auto_fd int packed_fd = file_of(packed.bytes, packed.length);
    struct source *sources[] = {
        source_open(plain_fd, 0, length, false),
        source_open(packed_fd, 0, packed.length, true),
        source_open_memory(text, length),
    };
    for (size_t i = 0; i < ROWS(sources); i++) {
        size_t got;
        auto_free char *all = read_all(sources[i], &got);
        ck_assert_uint_eq(got, length);
        ck_assert(memcmp(all, text, length) == 0);
        ck_assert_ptr_null(source_problem(sources[i]));
        source_close(sources[i]);
    }
    buf_release(&packed);
}
END_TEST

START_TEST(a_part_of_a_file)
{
    auto_fd int fd = file_of("before|the part|after", 21);
    size_t got;
    struct source *source = source_open(fd, 7, 8, false);
    auto_free char *all = read_all(source, &got);
    ck_assert_uint_eq(got, 8);
    ck_assert_str_eq(all, "the part");
    source_close(source);
}
END_TEST

START_TEST(lines_of_any_length)
{
    struct buf text = {0};
    const char *line;
    for (size_t i = 0; i < 300000; i++) {
        buf_add_text(&text, "long");
    }
    buf_add_text(&text, "\n\nlast");
    struct source *source = source_open_memory(text.bytes, text.length);
    static const size_t lengths[] = {1200001, 1, 4, 0};
    for (size_t i = 0; i < ROWS(lengths); i++) {
        ck_assert_uint_eq(source_line(source, &line), lengths[i]);
        source_skip(source, lengths[i]);
    }
    ck_assert_ptr_null(source_problem(source));
    source_close(source);
    buf_release(&text);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_a_problem)
{
    auto_free char *text = xmalloc(SOURCE_MOST + 1000);
    const char *line;
    memset(text, 'x', SOURCE_MOST + 1000);
    struct source *source = source_open_memory(text, SOURCE_MOST + 1000);
    ck_assert_uint_eq(source_line(source, &line), SOURCE_MOST);
    ck_assert_str_eq(source_problem(source), "has a line that is too long");
    source_close(source);
}
END_TEST

START_TEST(an_end_that_is_set_and_taken_away)
{
    struct source *source = source_open_memory("header|rest", 11);
    source_end_after(source, 6);
    ck_assert_uint_eq(source_need(source, 100), 6);
    source_skip(source, 6);
    ck_assert_uint_eq(source_need(source, 1), 0);
    source_end_after(source, UINT64_MAX);
    ck_assert_uint_eq(source_need(source, 100), 5);
    source_close(source);
}
END_TEST

/* What becomes of 1,000 lines compressed when this is done to them. */
static const struct {
    const char *what;
    long cut;  /* bytes to leave, negative: so many less */
    long flip; /* a byte to change */
    const char *problem;
} damages[] = {
    {"nothing", 0, -1, NULL},
    {"cut in the middle", 1000, -1, "ends too early"},
    {"cut in the checksum", -3, -1, "ends too early"},
    {"a bit of the data", 0, 700, "is damaged"},
    {"a bit of the checksum", 0, -7, "is damaged"},
    {"the header", 0, 0, "is damaged"},
};

START_TEST(damaged_data_is_a_problem)
{
    size_t length;
    size_t got;
    struct buf packed = {0};
    auto_free char *text = big_text(1000, &length);
    pack(text, length, &packed);
    long cut = damages[_i].cut;
    size_t left = cut == 0 ? packed.length : cut > 0 ? (size_t)cut : packed.length - (size_t)-cut;
    if (damages[_i].flip != -1) {
        long at = damages[_i].flip;
        packed.bytes[at >= 0 ? (size_t)at : packed.length - (size_t)-at] ^= 0x10;
    }
    auto_fd int fd = file_of(packed.bytes, left);
    struct source *source = source_open(fd, 0, left, true);
    free(read_all(source, &got));
    if (damages[_i].problem == NULL) {
        ck_assert_ptr_null(source_problem(source));
    } else {
        ck_assert_msg(source_problem(source) != NULL, "%s", damages[_i].what);
        ck_assert_str_eq(source_problem(source), damages[_i].problem);
    }
    source_close(source);
    buf_release(&packed);
}
END_TEST

START_TEST(what_follows_a_zlib_stream_is_left)
{
    unsigned char packed[200];
    unsigned long packed_length = 100;
    char back[50];
    size_t taken;
    size_t made;
    ck_assert_int_eq(compress(packed, &packed_length, (const unsigned char *)"some text", 9), Z_OK);
    memcpy(packed + packed_length, "rest", 4);
    struct expand *expand = expand_new(EXPAND_ZLIB);
    ck_assert_int_eq(expand_step(expand, packed, packed_length + 4, &taken, back, sizeof(back), &made), 0);
    ck_assert_uint_eq(taken, packed_length);
    ck_assert_uint_eq(made, 9);
    ck_assert(expand_is_whole(expand) && memcmp(back, "some text", 9) == 0);
    ck_assert_int_eq(expand_step(expand, "rest", 4, &taken, back, sizeof(back), &made), 0);
    ck_assert_uint_eq(taken + made, 0);
    expand_free(expand);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, all_bytes_come_plain_and_compressed);
    tcase_add_test(core, a_part_of_a_file);
    tcase_add_test(core, lines_of_any_length);
    tcase_add_test(core, a_line_that_is_too_long_is_a_problem);
    tcase_add_test(core, an_end_that_is_set_and_taken_away);
    tcase_add_loop_test(core, damaged_data_is_a_problem, 0, ROWS(damages));
    tcase_add_test(core, what_follows_a_zlib_stream_is_left);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
