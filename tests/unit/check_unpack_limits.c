/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/unpack_limits: what the variables may say. */
#include "supply/unpack_limits.h"

#include <stddef.h>
#include <stdint.h>

#include "unit.h"

static const struct {
    const char *variable;
    const char *text;
    size_t offset;
    uint64_t value;
} accepted[] = {
    {"SCIWRAP_UNPACK_ENTRIES", "1", offsetof(struct unpack_limits, entries), 1},
    {"SCIWRAP_UNPACK_ENTRIES", "100000000", offsetof(struct unpack_limits, entries), 100000000},
    {"SCIWRAP_UNPACK_ENTRIES", "", offsetof(struct unpack_limits, entries), 5000000},
    {"SCIWRAP_UNPACK_BYTES", "500G", offsetof(struct unpack_limits, bytes), UINT64_C(500) << 30},
    {"SCIWRAP_UNPACK_BYTES", "12kB", offsetof(struct unpack_limits, bytes), 12000},
    {"SCIWRAP_UNPACK_DEPTH", "1000", offsetof(struct unpack_limits, depth), 1000},
    {"SCIWRAP_UNPACK_PATH", "4000", offsetof(struct unpack_limits, path_bytes), 4000},
    {"SCIWRAP_UNPACK_HEADER", "512", offsetof(struct unpack_limits, header_bytes), 512},
    {"SCIWRAP_UNPACK_MEMORY", "64M", offsetof(struct unpack_limits, memory_bytes), 64 << 20},
    {"SCIWRAP_UNPACK_TIME", "90m", offsetof(struct unpack_limits, seconds), 5400},
    {"SCIWRAP_UNPACK_TIME", "1", offsetof(struct unpack_limits, seconds), 1},
};

START_TEST(takes)
{
    struct unpack_limits limits;
    struct err err = {0};
    uint64_t value;
    setenv(accepted[_i].variable, accepted[_i].text, 1);
    ck_assert_int_eq(unpack_limits_read(&limits, &err), 0);
    memcpy(&value, (const char *)&limits + accepted[_i].offset, sizeof(value));
    ck_assert_uint_eq(value, accepted[_i].value);
    /* and nothing else */
    struct unpack_limits others = unpack_default_limits;
    memcpy((char *)&others + accepted[_i].offset, &value, sizeof(value));
    ck_assert_mem_eq(&limits, &others, sizeof(limits));
}
END_TEST

static const char *const refused[][2] = {
    {"SCIWRAP_UNPACK_ENTRIES", "0"},   {"SCIWRAP_UNPACK_ENTRIES", "100000001"}, {"SCIWRAP_UNPACK_ENTRIES", "5M"},
    {"SCIWRAP_UNPACK_ENTRIES", "-1"},  {"SCIWRAP_UNPACK_ENTRIES", "none"},      {"SCIWRAP_UNPACK_BYTES", "none"},
    {"SCIWRAP_UNPACK_BYTES", "2000T"}, {"SCIWRAP_UNPACK_BYTES", "lots"},        {"SCIWRAP_UNPACK_DEPTH", "1001"},
    {"SCIWRAP_UNPACK_DEPTH", "0"},     {"SCIWRAP_UNPACK_PATH", "4001"},         {"SCIWRAP_UNPACK_HEADER", "511"},
    {"SCIWRAP_UNPACK_HEADER", "65M"},  {"SCIWRAP_UNPACK_MEMORY", "63M"},        {"SCIWRAP_UNPACK_TIME", "0.5s"},
    {"SCIWRAP_UNPACK_TIME", "32d"},    {"SCIWRAP_UNPACK_TIME", "none"},         {"SCIWRAP_UNPACK_PATH", " 7"},
    {"SCIWRAP_UNPACK_ENTRIES", "1\n"},
};

START_TEST(refuses)
{
    struct unpack_limits limits = {.entries = 77};
    struct err err = {0};
    setenv(refused[_i][0], refused[_i][1], 1);
    ck_assert_int_eq(unpack_limits_read(&limits, &err), -1);
    assert_error(&err, ERR_USAGE, refused[_i][0]);
    assert_error(&err, ERR_USAGE, "must be a");
    ck_assert_uint_eq(limits.entries, 77);
}
END_TEST

/* The image that the defaults are made for, by arithmetic: 10 GB in 500,000 entries, 20 levels deep, with a pax header
 * of three times, a long name and some attributes each. Memory: what unpack_listing keeps of an entry, with room. */
START_TEST(an_image_of_10_gb_passes)
{
    const struct unpack_limits *limits = &unpack_default_limits;
    const uint64_t entries = 500000;
    const uint64_t of_an_entry = 500; /* record, hash slots, digest, texts, line, stamp: 330 in the worst moment */
    ck_assert_uint_ge(limits->entries, 10 * entries);
    ck_assert_uint_ge(limits->bytes, UINT64_C(10) * 1000 * 1000 * 1000 * 20);
    ck_assert_uint_ge(limits->memory_bytes,
                      entries * of_an_entry + (UINT64_C(1) << 30)); /* and xz -9 --lzma2=dict=1G */
    ck_assert_uint_ge(limits->header_bytes, 64 * 1024);
    ck_assert_uint_ge(limits->seconds, 10000); /* 1 MB a second */
}
END_TEST

static Suite *unpack_limits_suite(void)
{
    Suite *suite = suite_create("unpack_limits");
    TCase *variables = tcase_create("variables");
    tcase_add_loop_test(variables, takes, 0, ROWS(accepted));
    tcase_add_loop_test(variables, refuses, 0, ROWS(refused));
    tcase_add_test(variables, an_image_of_10_gb_passes);
    suite_add_tcase(suite, variables);
    return suite;
}

int main(void)
{
    return unit_run(unpack_limits_suite());
}
