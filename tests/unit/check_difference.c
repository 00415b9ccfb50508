/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/difference and run/repeats: what was different before the start, and what ever came out differently. */
#include "run/difference.h"

#include "base/mem.h"
#include "run/repeats.h"
#include "unit.h"

/* A manifest as far as it matters here. Each row changes one thing in it. */
static const char then_text[] =
    "{\"experiment\": {"
    "\"environment\": {\"name\": \"tool\", \"artifact\": {\"sha256\": \"aaaaaaaaaaaaaaaa\"}, \"tree\": {\"sha256\": "
    "\"tttt\"}},"
    "\"command\": [\"tool\", \"a b\"], \"workdir\": \"/workspace\","
    "\"variables\": {\"A\": \"1\", \"B\": \"2\"},"
    "\"settings\": {\"network\": \"none\", \"uid\": 1000, \"writable\": false, \"cpus\": 4, \"binds\": []},"
    "\"inputs\": [{\"path\": \"in\", \"sha256\": \"11112222333344445555\"},"
    " {\"path\": \"ln\", \"type\": \"link\", \"target\": \"in\"}, {\"path\": \"d\", \"type\": \"directory\"}]},"
    "\"circumstances\": {\"host\": {\"name\": \"one\", \"kernel\": \"Linux 5\", \"machine\": \"x86_64\", \"cpu\": "
    "{\"model\": \"M\", \"level\": \"x86-64-v3\", \"count\": 8, \"flags\": \"sse2 avx avx2\"}},"
    "\"sciwrap\": {\"version\": \"0.1\"}}}";

static const struct {
    const char *from, *to;
    const char *what, *name, *then, *now;
} rows[] = {
    {"\"aaaaaaaaaaaaaaaa\"", "\"bbbbbbbbbbbbbbbb\"", "environment", NULL, "tool (sha256 aaaaaaaaaaaa)",
     "tool (sha256 bbbbbbbbbbbb)"},
    {"\"tttt\"", "\"uuuu\"", "tree", NULL, "tttt", "uuuu"},
    {"\"a b\"", "\"a c\"", "command", NULL, "tool a b", "tool a c"},
    {"\"11112222333344445555\"", "\"99992222333344445555\"", "input", "in", "sha256 111122223333",
     "sha256 999922223333"},
    {"\"target\": \"in\"", "\"target\": \"out\"", "input", "ln", "link to in", "link to out"},
    {"{\"path\": \"d\"", "{\"path\": \"in\", \"sha256\": \"x\"}, {\"path\": \"d\"", "input", "in", NULL, "sha256 x"},
    {", {\"path\": \"d\", \"type\": \"directory\"}", "", "input", "d", "directory", NULL},
    {"\"A\": \"1\"", "\"A\": \"3\"", "variable", "A", "1", "3"},
    {"\"A\": \"1\", ", "", "variable", "A", "1", NULL},
    {"\"A\": \"1\"", "\"A\": \"1\", \"C\": \"\"", "variable", "C", NULL, ""},
    {"\"cpus\": 4", "\"cpus\": 1", "threads", NULL, "4", "1"},
    {"\"count\": 8", "\"count\": 2", "cpus", NULL, "8", "2"},
    {"\"x86-64-v3\"", "\"x86-64-v4\"", "cpu level", NULL, "x86-64-v3", "x86-64-v4"},
    {"\"M\"", "\"N\"", "cpu model", NULL, "M", "N"},
    {"sse2 avx avx2", "sse2 avx2 fma sha", "cpu features", NULL, "avx", "fma sha"},
    {"\"network\": \"none\"", "\"network\": \"host\"", "setting", "network", "none", "host"},
    {"\"writable\": false", "\"writable\": true", "setting", "writable", "no", "yes"},
    {"\"uid\": 1000", "\"uid\": 1000, \"a setting to come\": [\"x\", 1]", "setting", "a setting to come", NULL, "x 1"},
    {"\"/workspace\"", "\"/here\"", "work directory", NULL, "/workspace", "/here"},
    {"\"Linux 5\"", "\"Linux 6\"", "kernel", NULL, "Linux 5", "Linux 6"},
    {"\"0.1\"", "\"0.2\"", "sciwrap", NULL, "0.1", "0.2"},
    /* no differences */
    {"\"name\": \"one\"", "\"name\": \"two\"", NULL, NULL, NULL, NULL},
    {"\"name\": \"tool\"", "\"name\": \"other\"", NULL, NULL, NULL, NULL},
    {"\"binds\": []", "\"binds\": [{}]", NULL, NULL, NULL, NULL},
};

static struct doc *parse(const char *text)
{
    struct err err = {0};
    struct doc *doc = doc_parse("m.json", text, strlen(text), &err);
    ck_assert_msg(doc != NULL, "%s in %s", err.text, text);
    return doc;
}

static void assert_text(const char *is, const char *want)
{
    if (want == NULL) {
        ck_assert_msg(is == NULL, "%s", is);
    } else {
        ck_assert_ptr_nonnull(is);
        ck_assert_str_eq(is, want);
    }
}

START_TEST(each_difference_is_named)
{
    struct difference_list list = {0};
    const char *at = strstr(then_text, rows[_i].from);
    ck_assert_msg(at != NULL, "%s", rows[_i].from);
    auto_free char *now_text =
        xasprintf("%.*s%s%s", (int)(at - then_text), then_text, rows[_i].to, at + strlen(rows[_i].from));
    struct doc *then = parse(then_text);
    struct doc *now = parse(now_text);
    difference_find(then, now, &list);
    ck_assert_uint_eq(list.count, rows[_i].what != NULL ? 1 : 0);
    if (list.count == 1) {
        ck_assert_str_eq(list.item[0].what, rows[_i].what);
        assert_text(list.item[0].name, rows[_i].name);
        assert_text(list.item[0].then, rows[_i].then);
        assert_text(list.item[0].now, rows[_i].now);
    }
    difference_list_release(&list);
    doc_free(then);
    doc_free(now);
}
END_TEST

START_TEST(what_explains_most_comes_first)
{
    static const char *const order[] = {"environment",    "command",      "input",        "input",   "input",
                                        "variable",       "variable",     "threads",      "cpus",    "cpu level",
                                        "cpu model",      "cpu features", "setting",      "setting", "setting",
                                        "work directory", "kernel",       "architecture", "sciwrap"};
    struct difference_list list = {0};
    struct doc *then = parse(then_text);
    struct doc *nothing = parse("{}");
    difference_find(then, nothing, &list);
    for (size_t i = 0; i < ROWS(order) && i < list.count; i++) {
        ck_assert_msg(strcmp(list.item[i].what, order[i]) == 0, "%zu: %s", i, list.item[i].what);
    }
    ck_assert_uint_eq(list.count, ROWS(order));
    difference_list_release(&list);
    doc_free(then);
    doc_free(nothing);
}
END_TEST

/* ---- repeats */

static void add_run(struct repeats *repeats, const char *const contents[4])
{
    struct file_list outputs = {0};
    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {"a-same", "b-changes", "c-sometimes", "d-deleted"};
        struct file_item *item = file_list_add(&outputs, names[i]);
        item->change = contents[i] != NULL ? FILE_CREATED : FILE_DELETED;
        if (contents[i] != NULL) {
            item->has_digest = true;
            digest_bytes(contents[i], strlen(contents[i]), &item->digest);
        }
    }
    repeats_add(repeats, &outputs, NULL);
    file_list_release(&outputs);
}

START_TEST(outputs_that_ever_changed)
{
    static const char *const runs[][4] = {
        {"1", "1", "1", NULL},
        {"1", "2", NULL, NULL},
        {"1", "1", "1", NULL},
        {"1", "3", "1", NULL},
    };
    struct repeats repeats = {0};
    auto_free struct repeat_change *changes = NULL;
    size_t outputs = 0;
    for (size_t i = 0; i < ROWS(runs); i++) {
        add_run(&repeats, runs[i]);
    }
    ck_assert_uint_eq(repeats_changed(&repeats, &changes, &outputs), 2);
    ck_assert_uint_eq(outputs, 3);
    ck_assert_str_eq(changes[0].path, "b-changes");
    ck_assert_uint_eq(changes[0].contents, 3);
    ck_assert_uint_eq(changes[0].runs, 4);
    ck_assert_str_eq(changes[1].path, "c-sometimes");
    ck_assert_uint_eq(changes[1].contents, 1);
    ck_assert_uint_eq(changes[1].runs, 3);
    repeats_release(&repeats);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("difference");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, each_difference_is_named, 0, ROWS(rows));
    tcase_add_test(core, what_explains_most_comes_first);
    tcase_add_test(core, outputs_that_ever_changed);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
