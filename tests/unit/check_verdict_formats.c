/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/verdict: BAM, PNG and PDF, as they should be and as they should not. */
#include "verdict_files.h"

/* ---- BAM */

static void add_number(struct buf *bytes, unsigned long number)
{
    unsigned char four[4] = {(unsigned char)number, (unsigned char)(number >> 8), (unsigned char)(number >> 16),
                             (unsigned char)(number >> 24)};
    buf_add(bytes, four, 4);
}

static void add_record(struct buf *bytes, const char *name, char last)
{
    char fixed[32] = {0};
    fixed[8] = (char)(strlen(name) + 1);
    fixed[31] = last;
    add_number(bytes, (unsigned long)(sizeof(fixed) + strlen(name) + 1));
    buf_add(bytes, fixed, sizeof(fixed));
    buf_add(bytes, name, strlen(name) + 1);
}

static void add_bam(struct buf *bytes, const char *header, const char *reference, const char *second_read, char last)
{
    struct buf content = {0};
    buf_add(&content, "BAM\1", 4);
    add_number(&content, strlen(header));
    buf_add_text(&content, header);
    add_number(&content, 1);
    add_number(&content, strlen(reference) + 1);
    buf_add(&content, reference, strlen(reference) + 1);
    add_number(&content, 1000);
    add_record(&content, "read1", 0);
    if (second_read != NULL) {
        add_record(&content, second_read, last);
    }
    pack(content.bytes, content.length, 6, 0, NULL, bytes);
    buf_release(&content);
}

#define HEADER "@HD\tVN:1.6\n@SQ\tSN:a\tLN:1000\n"

static const struct {
    const char *header, *reference, *read;
    char last;
    enum verdict verdict;
    const char *detail;
} bams[] = {
    {HEADER "@PG\tID:x\tCL:/a/b\n", "a", "read2", 1, VERDICT_NORMALISED, "the way of compression"},
    {HEADER "@PG\tID:x\tCL:/other/path\n", "a", "read2", 1, VERDICT_NORMALISED, "@PG lines"},
    {HEADER, "a", "read2", 1, VERDICT_NORMALISED, "@PG lines"},
    {HEADER "@CO\tx\n", "a", "read2", 1, VERDICT_DIFFERENT, "goes on after line 3 of the header, decompressed"},
    {HEADER, "b", "read2", 1, VERDICT_DIFFERENT, "reference sequence 1, decompressed"},
    {HEADER, "a", "read3", 1, VERDICT_DIFFERENT, "alignment 2, decompressed"},
    {HEADER, "a", "read2", 2, VERDICT_DIFFERENT, "alignment 2, decompressed"},
    {HEADER, "a", NULL, 0, VERDICT_DIFFERENT, "ends after alignment 1, decompressed"},
};

START_TEST(bam_without_its_program_lines)
{
    struct buf then = {0};
    struct buf now = {0};
    add_bam(&then, HEADER "@PG\tID:x\tCL:/a/b\n", "a", "read2", 1);
    add_bam(&now, bams[_i].header, bams[_i].reference, bams[_i].read, bams[_i].last);
    if (_i == 0) {
        now.bytes[9] ^= 1; /* the operating system, so that something differs */
        compare_bufs("a.bam", &then, &now);
        assert_result(VERDICT_NORMALISED, "the header of gzip");
        return;
    }
    compare_bufs("a.bam", &then, &now);
    assert_result(bams[_i].verdict, bams[_i].detail);
    if (bams[_i].read != NULL && strcmp(bams[_i].read, "read3") == 0) {
        ck_assert_str_eq(result.then_text, "read2");
        ck_assert_str_eq(result.now_text, "read3");
    }
}
END_TEST

/* A length that leads out of the file, or backward. */
static const unsigned long lengths[] = {0xffffffff, 0x7fffffff, 0x80000000, 17000000};

START_TEST(bam_that_lies_about_its_lengths_is_bytes)
{
    struct buf content = {0};
    struct buf then = {0};
    struct buf now = {0};
    buf_add(&content, "BAM\1", 4);
    add_number(&content, 0);
    add_number(&content, 0);
    add_number(&content, lengths[_i]);
    buf_add(&content, "then", 4);
    pack(content.bytes, content.length, 6, 0, NULL, &then);
    memcpy(content.bytes + content.length - 4, "now!", 4);
    pack(content.bytes, content.length, 6, 0, NULL, &now);
    compare_bufs("a.bam", &then, &now);
    ck_assert_int_eq(result.verdict, VERDICT_DIFFERENT);
    ck_assert_ptr_nonnull(strstr(result.detail, "only the bytes were compared"));
    buf_release(&content);
}
END_TEST

/* ---- PNG */

static void add_chunk(struct buf *png, const char *type, const char *data, size_t length)
{
    unsigned char four[4] = {0, 0, 0, (unsigned char)length};
    buf_add(png, four, 4);
    buf_add(png, type, 4);
    buf_add(png, data, length);
    unsigned long crc = crc32(0, (const unsigned char *)png->bytes + png->length - length - 4, (unsigned)length + 4);
    unsigned char sum[4] = {(unsigned char)(crc >> 24), (unsigned char)(crc >> 16), (unsigned char)(crc >> 8),
                            (unsigned char)crc};
    buf_add(png, sum, 4);
}

static void add_png(struct buf *png, const char *time, const char *text, size_t text_length, const char *pixels)
{
    buf_add(png, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(png, "IHDR", "0123456789abc", 13);
    if (time != NULL) {
        add_chunk(png, "tIME", time, 7);
    }
    add_chunk(png, "tEXt", text, text_length);
    add_chunk(png, "IDAT", pixels, strlen(pixels));
    add_chunk(png, "IEND", "", 0);
}

START_TEST(png_without_its_dates)
{
    struct buf then = {0};
    struct buf now = {0};
    add_png(&then, "1234567", "Creation Time\0Mon", 17, "pixels");
    add_png(&now, NULL, "date:create\0Tuesday", 19, "pixels");
    compare_bufs("a.png", &then, &now);
    assert_result(VERDICT_NORMALISED, "dates");
    add_png(&then, "1234567", "Software\0a", 10, "pixels");
    add_png(&now, "1234568", "Software\0b", 10, "pixels");
    compare_bufs("a.png", &then, &now);
    assert_result(VERDICT_DIFFERENT, "tEXt (chunk 2)");
    add_png(&then, "1234567", "Software\0a", 10, "pixels");
    add_png(&now, "1234567", "Software\0a", 10, "other");
    compare_bufs("a.png", &then, &now);
    assert_result(VERDICT_DIFFERENT, "the pixels (chunk 3)");
}
END_TEST

START_TEST(png_that_is_none_is_bytes)
{
    struct buf then = {0};
    struct buf now = {0};
    add_png(&then, NULL, "Software\0a", 10, "pixels");
    buf_add(&now, then.bytes, then.length);
    now.bytes[12] = '\1'; /* in IHDR's name */
    compare_bufs("a.png", &then, &now);
    assert_result(VERDICT_DIFFERENT, "at byte 13; only the bytes were compared");
    add_png(&then, NULL, "Software\0a", 10, "pixels");
    buf_add(&now, then.bytes, then.length);
    now.bytes[8] = '\xff'; /* in its length */
    compare_bufs("a.png", &then, &now);
    assert_result(VERDICT_DIFFERENT, "at byte 9; only the bytes were compared");
}
END_TEST

/* ---- PDF */

static void add_pdf(struct buf *pdf, const char *info, const char *drawing, const char *id, int level)
{
    unsigned char packed[500];
    unsigned long length = sizeof(packed);
    ck_assert_int_eq(compress2(packed, &length, (const unsigned char *)drawing, strlen(drawing), level), Z_OK);
    buf_addf(pdf, "%%PDF-1.4\n1 0 obj\n<< /Creator (x) %s >>\nendobj\n", info);
    buf_addf(pdf, "2 0 obj\n<< /Length %lu /Filter /FlateDecode >>\nstream\n", length);
    buf_add(pdf, packed, length);
    buf_addf(pdf, "\nendstream\nendobj\n3 0 obj\n<< /Type /Page /Length 7 0 R >>\nendobj\n");
    buf_addf(pdf, "xref\n0 3\n%010zu 00000 n \ntrailer\n<< /Size 3 /ID [<%s> <%s>] >>\n", pdf->length, id, id);
    buf_addf(pdf, "startxref\n%zu\n%%%%EOF\n", pdf->length);
}

static const struct {
    const char *info, *drawing, *id;
    int level;
    enum verdict verdict;
    const char *detail;
} pdfs[] = {
    {"/CreationDate (D:2026)", "0 0 m 1 1 l S", "ab", 6, VERDICT_IDENTICAL, ""},
    {"/CreationDate (D:2027\\)...)", "0 0 m 1 1 l S", "cdef", 6, VERDICT_NORMALISED, "dates"},
    {"/CreationDate (D:2026)", "0 0 m 1 1 l S", "ab", 0, VERDICT_NORMALISED, "the way of compression"},
    {"/CreationDate (D:2026)", "0 0 m 1 2 l S", "ab", 6, VERDICT_DIFFERENT, "object 2 0"},
    {"/CreationDate (D:2026) /Title (x)", "0 0 m 1 1 l S", "ab", 6, VERDICT_DIFFERENT, "object 1 0"},
    {"/CreationDate 5 0 R", "0 0 m 1 1 l S", "ab", 6, VERDICT_DIFFERENT, "object 1 0"},
    {"/CreationDate (D:2026", "0 0 m 1 1 l S", "ab", 6, VERDICT_DIFFERENT, "object 1 0"},
};

START_TEST(pdf_without_its_dates)
{
    struct buf then = {0};
    struct buf now = {0};
    add_pdf(&then, pdfs[0].info, pdfs[0].drawing, pdfs[0].id, pdfs[0].level);
    add_pdf(&now, pdfs[_i].info, pdfs[_i].drawing, pdfs[_i].id, pdfs[_i].level);
    compare_bufs("a.pdf", &then, &now);
    assert_result(pdfs[_i].verdict, pdfs[_i].detail);
}
END_TEST

START_TEST(pdf_dates_in_streams_and_metadata)
{
    struct buf then = {0};
    struct buf now = {0};
    add_pdf(&then, "", "1 0 <</ModDate(D:20260101)>>", "a", 6);
    add_pdf(&now, "", "1 0 <</ModDate(D:20261123)>>", "a", 6);
    compare_bufs("a.pdf", &then, &now);
    assert_result(VERDICT_NORMALISED, "dates");
    add_pdf(&then, "<xmp:CreateDate>2026</xmp:CreateDate> xmpMM:InstanceID=\"uuid:1\"", "x", "a", 6);
    add_pdf(&now, "<xmp:CreateDate>2027</xmp:CreateDate> xmpMM:InstanceID=\"uuid:2\"", "x", "a", 6);
    compare_bufs("a.pdf", &then, &now);
    assert_result(VERDICT_NORMALISED, "dates");
}
END_TEST

START_TEST(a_document_that_is_too_large_is_bytes)
{
    struct buf then = {0};
    struct buf now = {0};
    auto_free char *filler = xcalloc(1, 17 * 1024 * 1024);
    add_pdf(&then, "/ModDate (D:1)", "x", "a", 6);
    add_pdf(&now, "/ModDate (D:2)", "x", "a", 6);
    buf_add(&then, filler, 17 * 1024 * 1024);
    buf_add(&now, filler, 17 * 1024 * 1024);
    compare_bufs("a.pdf", &then, &now);
    ck_assert_int_eq(result.verdict, VERDICT_DIFFERENT);
    ck_assert_ptr_nonnull(strstr(result.detail, "only the bytes were compared: it is too large"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict_formats");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_add_loop_test(core, bam_without_its_program_lines, 0, ROWS(bams));
    tcase_add_loop_test(core, bam_that_lies_about_its_lengths_is_bytes, 0, ROWS(lengths));
    tcase_add_test(core, png_without_its_dates);
    tcase_add_test(core, png_that_is_none_is_bytes);
    tcase_add_loop_test(core, pdf_without_its_dates, 0, ROWS(pdfs));
    tcase_add_test(core, pdf_dates_in_streams_and_metadata);
    tcase_add_test(core, a_document_that_is_too_large_is_bytes);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
