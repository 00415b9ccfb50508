/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of publish/markup and of the words for single facts in publish/cite_say: what anybody put into a name means
 * nothing to Markdown, LaTeX or a terminal. */
#include "publish/markup.h"

#include "publish/cite_say.h"
#include "unit.h"

static const struct {
    enum markup markup;
    bool is_code;
    const char *text, *expected;
} cases[] = {
    {MARKUP_TEXT, false, "plain (text), 5 % & more", "plain (text), 5 % & more"},
    {MARKUP_TEXT, true, "a'b\n\033[31m\xff", "a'b\\n\\x1b[31m\\xff"},
    {MARKUP_MARKDOWN, false, "*a* _b_ [c](d) <e> #1 `f` g|h i~j &amp; $k$ \\",
     "\\*a\\* \\_b\\_ \\[c\\](d) \\<e\\> \\#1 \\`f\\` g\\|h i\\~j \\&amp; \\$k\\$ \\\\"},
    {MARKUP_MARKDOWN, false, "two\nlines", "two\\\\nlines"},
    {MARKUP_MARKDOWN, true, "a *b* _c_ \\d", "`a *b* _c_ \\d`"},
    {MARKUP_MARKDOWN, true, "a`b``c", "```a`b``c```"},
    {MARKUP_MARKDOWN, true, "`a", "`` `a ``"},
    {MARKUP_MARKDOWN, true, "a``", "``` a`` ```"},
    {MARKUP_MARKDOWN, true, " a ", "`  a  `"},
    {MARKUP_MARKDOWN, true, " a", "` a`"},
    {MARKUP_MARKDOWN, true, "", "`  `"},
    {MARKUP_LATEX, false, "50% & #1 $x$ a_b", "50\\% \\& \\#1 \\$x\\$ a\\_b"},
    {MARKUP_LATEX, false, "{a}\\b~c^d",
     "\\textbraceleft{}a\\textbraceright{}\\textbackslash{}b\\textasciitilde{}c"
     "\\textasciicircum{}d"},
    {MARKUP_LATEX, false, "<a>|\"", "\\textless{}a\\textgreater{}\\textbar{}\\char34{}"},
    {MARKUP_LATEX, false, "a--b ,,c'' ?`d !`e it's", "a-{}-b ,{},c'{}' ?{}`d !{}`e it's"},
    {MARKUP_LATEX, false, "caf\xc3\xa9 \xff", "caf\xc3\xa9 \\textbackslash{}xff"},
    {MARKUP_LATEX, true, "a --b  'c' `d`",
     "\\texttt{a\\ -{}-b\\ \\ \\textquotesingle{}c\\textquotesingle{}\\ \\textasciigrave{}d\\textasciigrave{}}"},
    {MARKUP_LATEX, true, "---", "\\texttt{-{}-{}-}"},
    {MARKUP_LATEX, true, "short 012345678901234567890123456789 short",
     "\\texttt{short\\ 01234567\\allowbreak{}89012345\\allowbreak{}67890123\\allowbreak{}456789\\ short}"},
    /* Never within a character. */
    {MARKUP_LATEX, true, "1234567\xc3\xa9\xc3\xa9 5678901234567890123456789",
     "\\texttt{1234567\xc3\xa9\xc3\xa9\\ "
     "56789012\\allowbreak{}34567890"
     "\\allowbreak{}12345678\\allowbreak{}9}"},
    {MARKUP_LATEX, true,
     "1234567\xc3\xa9\xc3\xa9\xc3\xa9"
     "34567890123456789",
     "\\texttt{1234567\xc3\xa9\\allowbreak{}\xc3\xa9\xc3\xa9"
     "345678\\allowbreak{}90123456\\allowbreak{}789}"},
};

START_TEST(quotes)
{
    auto_release(buf) struct buf buf = {0};
    (cases[_i].is_code ? markup_code : markup_plain)(&buf, cases[_i].markup, cases[_i].text);
    ck_assert_str_eq(buf_text(&buf), cases[_i].expected);
}
END_TEST

/* What BibTeX counts: a brace within the value that has no partner would end the entry elsewhere. */
START_TEST(latex_is_balanced_for_bibtex)
{
    auto_release(buf) struct buf buf = {0};
    int depth = 0;
    markup_plain(&buf, MARKUP_LATEX, "}}{ \\{ \\} a}{b");
    for (const char *at = buf_text(&buf); *at != '\0'; at++) {
        depth += (*at == '{') - (*at == '}');
        ck_assert_int_ge(depth, 0);
    }
    ck_assert_int_eq(depth, 0);
}
END_TEST

static const struct {
    const char *text, *doi;
} dois[] = {
    {"Danecek P et al., GigaScience 10(2), giab008, 2021, doi:10.1093/gigascience/giab008",
     "10.1093/gigascience/giab008"},
    {"see https://doi.org/10.5281/zenodo.1234567.", "10.5281/zenodo.1234567"},
    {"(10.1000/182)", "10.1000/182"},
    {"<https://doi.org/10.1000/182>, and", "10.1000/182"},
    {"10.1002/(SICI)1097-0258(19980815)17:15/16<1661::AID-SIM968>3.0.CO;2-2",
     "10.1002/(SICI)1097-0258(19980815)17:15/16<1661::AID-SIM968>3.0.CO;2-2"},
    {"(10.1016/S0140-6736(05)66912-7).", "10.1016/S0140-6736(05)66912-7"},
    {"version 10.2 and 10.1/x", NULL},
    {"10.1093/", NULL},
    {"no such thing", NULL},
    {"", NULL},
};

START_TEST(finds_the_doi)
{
    auto_free char *doi = cite_say_doi(dois[_i].text);
    if (dois[_i].doi == NULL) {
        ck_assert_ptr_null(doi);
    } else {
        ck_assert_ptr_nonnull(doi);
        ck_assert_str_eq(doi, dois[_i].doi);
    }
}
END_TEST

static const struct {
    const char *time, *date;
} dates[] = {
    {"2026-11-03T20:59:51.123Z", "3 November 2026"},
    {"20250810T091630Z", "10 August 2025"},
    {"2026-13-03T20:59:51Z", NULL},
    {"2026-11-00T20:59:51Z", NULL},
    {"2026-11-03", NULL},
    {"yesterday", NULL},
    {"", NULL},
    {NULL, NULL},
};

START_TEST(says_dates)
{
    char date[32] = "untouched";
    bool good = cite_say_date(dates[_i].time, date);
    ck_assert(good == (dates[_i].date != NULL));
    ck_assert_str_eq(date, good ? dates[_i].date : "untouched");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("markup");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, quotes, 0, ROWS(cases));
    tcase_add_test(core, latex_is_balanced_for_bibtex);
    suite_add_tcase(suite, core);
    TCase *words = tcase_create("Words");
    tcase_add_loop_test(words, finds_the_doi, 0, ROWS(dois));
    tcase_add_loop_test(words, says_dates, 0, ROWS(dates));
    suite_add_tcase(suite, words);
    return unit_run(suite);
}
