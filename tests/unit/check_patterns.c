/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/patterns and run/normal: what of a line is passed over, and what is not. */
#include "base/patterns.h"

#include "run/normal.h"
#include "unit.h"

static const struct {
    const char *patterns[3];
    const char *line, *masked;
    size_t found;
} masks[] = {
    {{"[0-9]+ ms"}, "took 12 ms, then 3 ms", "took #, then #", 2},
    {{"[0-9]+ ms"}, "took long", "took long", 0},
    {{"^took"}, "took it, took it", "# it, took it", 1},
    {{"it$"}, "took it, took it", "took it, took #", 1},
    {{".*"}, "x", "", 0}, /* refused, see below */
    {{"^generated .*$"}, "generated now", "", 1},
    {{"a+", "b"}, "aab", "##", 2},
    {{"a", "#"}, "ab", "#b", 2},
    {{"\\bx"}, "x ax x", "# ax #", 2},
    {{"x|\\b"}, "x y", "# y", 1},
};

START_TEST(masks_what_matches)
{
    struct patterns patterns = {0};
    struct buf masked = {0};
    struct err err = {0};
    bool refused = false;
    for (size_t i = 0; masks[_i].patterns[i] != NULL; i++) {
        refused |= patterns_add(&patterns, masks[_i].patterns[i], &err) < 0;
    }
    ck_assert(refused == (strcmp(masks[_i].patterns[0], ".*") == 0));
    if (!refused) {
        const char *line = masks[_i].line;
        ck_assert_uint_eq(patterns_mask(&patterns, line, strlen(line), "#", &masked), masks[_i].found);
        ck_assert_str_eq(buf_text(&masked), masks[_i].masked);
    }
    buf_release(&masked);
    patterns_release(&patterns);
}
END_TEST

static const struct {
    const char *pattern, *part;
} refused[] = {
    {"", "the empty text"}, {".*", "the empty text"}, {"a*", "the empty text"}, {"^", "the empty text"},
    {"(", "pattern '('"},   {"[a", "pattern '[a'"},   {"a{2,1}", "a{2,1}"},
};

START_TEST(refuses_what_is_no_pattern)
{
    struct patterns patterns = {0};
    struct err err = {0};
    ck_assert_int_eq(patterns_add(&patterns, refused[_i].pattern, &err), -1);
    assert_error(&err, ERR_USAGE, refused[_i].part);
    ck_assert_uint_eq(patterns.count + patterns.texts.count, 0);
    patterns_release(&patterns);
}
END_TEST

/* What the line becomes on the side whose work directory was /data/then, and why; NULL: it is left out. */
static const struct {
    enum normal_text text;
    const char *line, *normal;
    unsigned reasons;
} lines[] = {
    {NORMAL_PLAIN, "in /data/then/x", "in {work}/x", NORMAL_WORK_PATHS},
    {NORMAL_PLAIN, "/data/then", "{work}", NORMAL_WORK_PATHS},
    {NORMAL_PLAIN, "see /data/then.", "see {work}.", NORMAL_WORK_PATHS},
    {NORMAL_PLAIN, "a=/data/then:/data/then/y", "a={work}:{work}/y", NORMAL_WORK_PATHS},
    {NORMAL_PLAIN, "/data/then2 /data/then-2 /data/then.old", "/data/then2 /data/then-2 /data/then.old", 0},
    {NORMAL_PLAIN, "/mnt/data/then", "/mnt/data/then", 0},
    {NORMAL_PLAIN, "/data/now/x", "/data/now/x", 0},
    {NORMAL_PLAIN, "at 12:30 s", "at {ignored} s", NORMAL_PATTERNS},
    {NORMAL_PLAIN, "12:30", NULL, NORMAL_PATTERNS},
    {NORMAL_PLAIN, "", "", 0},
    {NORMAL_PLAIN, "@PG\tID:samtools", "@PG\tID:samtools", 0},
    {NORMAL_SAM, "@PG\tID:samtools", NULL, NORMAL_PROGRAM_LINES},
    {NORMAL_SAM, "@RG\tID:1\tPG:samtools", "@RG\tID:1\tPG:samtools", 0},
    {NORMAL_VCF, "##fileDate=20261123", NULL, NORMAL_DATES},
    {NORMAL_VCF, "##bcftools_callCommand=call -m; Date=Mon", "##bcftools_callCommand=call -m; Date={date}",
     NORMAL_DATES},
    {NORMAL_VCF, "chr1\t1\t; Date=Mon", "chr1\t1\t; Date=Mon", 0},
    {NORMAL_POSTSCRIPT, "%%CreationDate: Mon", NULL, NORMAL_DATES},
    {NORMAL_POSTSCRIPT, "%%Title: x", "%%Title: x", 0},
};

START_TEST(lines_without_what_is_no_result)
{
    struct verdict_rules rules = {0};
    struct buf normal = {0};
    struct err err = {0};
    unsigned reasons = 0;
    strlist_add(&rules.then_paths, "/same");
    strlist_add(&rules.now_paths, "/same");
    strlist_add(&rules.then_paths, "/data/then");
    strlist_add(&rules.now_paths, "/data/now");
    ck_assert_int_eq(patterns_add(&rules.ignore, "[0-9]+:[0-9]+", &err), 0);
    const struct normal_side side = {.text = lines[_i].text, .rules = &rules};
    const struct line line = {.text = lines[_i].line, .length = strlen(lines[_i].line)};
    bool kept = normal_line(&side, &line, &normal, &reasons);
    ck_assert_msg(kept == (lines[_i].normal != NULL), "'%s' became '%s'", lines[_i].line, buf_text(&normal));
    if (kept) {
        ck_assert_str_eq(buf_text(&normal), lines[_i].normal);
    }
    ck_assert_uint_eq(reasons, lines[_i].reasons);
    buf_release(&normal);
    verdict_rules_release(&rules);
}
END_TEST

START_TEST(a_path_that_both_sides_share_is_a_result)
{
    struct verdict_rules rules = {0};
    struct buf normal = {0};
    unsigned reasons = 0;
    strlist_add(&rules.then_paths, "/workspace");
    strlist_add(&rules.now_paths, "/workspace");
    const struct normal_side side = {.rules = &rules};
    const struct line line = {.text = "/workspace/x", .length = 12};
    ck_assert(normal_line(&side, &line, &normal, &reasons));
    ck_assert_str_eq(buf_text(&normal), "/workspace/x");
    ck_assert_uint_eq(reasons, 0);
    buf_release(&normal);
    verdict_rules_release(&rules);
}
END_TEST

START_TEST(names_the_reasons)
{
    struct buf text = {0};
    normal_reasons(NORMAL_GZIP_HEADER | NORMAL_WORK_PATHS, &text);
    ck_assert_str_eq(buf_text(&text), "the header of gzip, work paths");
    buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("patterns");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, masks_what_matches, 0, ROWS(masks));
    tcase_add_loop_test(core, refuses_what_is_no_pattern, 0, ROWS(refused));
    suite_add_tcase(suite, core);
    TCase *normal = tcase_create("Normal");
    tcase_add_loop_test(normal, lines_without_what_is_no_result, 0, ROWS(lines));
    tcase_add_test(normal, a_path_that_both_sides_share_is_a_result);
    tcase_add_test(normal, names_the_reasons);
    suite_add_tcase(suite, normal);
    return unit_run(suite);
}
