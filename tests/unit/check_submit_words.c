/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of commands/submit_words: which words are ours, which are sbatch's, and where the environment stands. */
#include "commands/submit_words.h"

#include "commands/slurm_call.h"

#include "base/mem.h"
#include "unit.h"

enum { WORDS = 12 };

static void add_words(struct strlist *list, const char *const argv[WORDS])
{
    for (size_t i = 0; i < WORDS && argv[i] != NULL; i++) {
        strlist_add(list, argv[i]);
    }
}

static char *joined(const struct strlist *list)
{
    struct buf text = {0};
    for (size_t i = 0; i < list->count; i++) {
        buf_addf(&text, "%s%s", i > 0 ? "|" : "", list->item[i]);
    }
    return buf_take(&text);
}

static const struct {
    const char *argv[WORDS];
    const char *sbatch;
    const char *array;
} accepted[] = {
    {{"submit", "--time", "10", "--", "run", "e"}, "--time=10", NULL},
    {{"submit", "-p", "short", "--mem=4G", "-J", "a b", "--", "run", "e"}, "-pshort|--mem=4G|-Ja b", NULL},
    {{"submit", "-pshort", "--exclusive", "-H", "--array", "5", "--", "run", "e"}, "-pshort|--exclusive|-H", "5"},
    {{"submit", "-a", "0-9", "--requeue", "--", "run", "e"}, "--requeue", "0-9"},
    {{"submit", "-a7", "--nice=5", "--nice", "--", "run", "e"}, "--nice=5|--nice", "7"},
    {{"submit", "--array=3", "--no-kill", "--", "run", "--seed", "1", "e", "--", "-x"}, "--no-kill", "3"},
};

static const struct {
    const char *argv[WORDS];
    const char *wrong;
} refused[] = {
    {{"submit", "run", "e"}, "'run' belongs to no option"},
    {{"submit", "--time=10", "5", "--", "run", "e"}, "'5' belongs to no option"},
    {{"submit", "--exclusive", "script.sh", "--", "run", "e"}, "'script.sh' belongs to no option"},
    {{"submit", "-pshort", "x", "--", "run", "e"}, "'x' belongs to no option"},
    {{"submit", "-", "--", "run", "e"}, "'-' belongs to no option"},
    {{"submit", "--array"}, "'--array' needs a value"},
    {{"submit", "--dry-run=yes", "--", "run", "e"}, "takes no value"},
    {{"submit", "--wait", "--", "run", "e"}, "--follow"},
    {{"submit", "-W", "--", "run", "e"}, "--follow"},
    {{"submit", "--chdir=/x", "--", "run", "e"}, "cannot be given here"},
    {{"submit", "-D/x", "--", "run", "e"}, "cannot be given here"},
    {{"submit", "--wrap=rm", "--", "run", "e"}, "cannot be given here"},
    {{"submit", "--comment=a\n#SBATCH -x", "--", "run", "e"}, "control character"},
};

static const struct {
    const char *argv[WORDS];
    size_t env; /* 0: refused */
    const char *wrong;
} runs[] = {
    {{"run", "e"}, 1, NULL},
    {{"run", "--seed", "{x}", "--memory={m}", "{env}", "-a", "{y}"}, 4, NULL},
    {{"run", "--", "e", "--", "x"}, 2, NULL},
    {{"exec", "e", "sh", "-c", "x"}, 1, NULL},
    {{"shell", "e"}, 0, "not 'shell'"},
    {{"e"}, 0, "after '--' comes 'run ENV"},
    {{"run"}, 0, "no environment named"},
    {{"run", "--seed", "1"}, 0, "no environment named"},
    {{"exec", "e"}, 0, "no command named"},
    {{"run", "--sed", "1", "e"}, 0, "did you mean '--seed'"},
    {{"run", "--{x}", "1", "e"}, 0, "in the name of an option"},
    {{"run", "-{x}", "e"}, 0, "in the name of an option"},
    {{"run", "--no-record", "e"}, 0, "leaves nothing"},
    {{"run", "--dry-run", "e"}, 0, "leaves nothing"},
};

START_TEST(tells_words_apart)
{
    struct err err = {0};
    struct submit_words words = {0};
    auto_release(strlist) struct strlist argv = {0};
    add_words(&argv, accepted[_i].argv);
    ck_assert_msg(submit_words_read(&words, (int)argv.count, strlist_items(&argv), &err) == 0, "%s", err.text);
    auto_free char *sbatch = joined(&words.sbatch);
    ck_assert_str_eq(sbatch, accepted[_i].sbatch);
    ck_assert(words.has_run && words.run.count >= 2);
    ck_assert_str_eq(words.run.item[0], "run");
    if (accepted[_i].array != NULL) {
        ck_assert_str_eq(words.array, accepted[_i].array);
    } else {
        ck_assert_ptr_null(words.array);
    }
    submit_words_release(&words);
}
END_TEST

START_TEST(refuses_what_sbatch_would_take_for_the_script)
{
    struct err err = {0};
    struct submit_words words = {0};
    auto_release(strlist) struct strlist argv = {0};
    add_words(&argv, refused[_i].argv);
    ck_assert_int_eq(submit_words_read(&words, (int)argv.count, strlist_items(&argv), &err), -1);
    assert_error(&err, ERR_USAGE, refused[_i].wrong);
    submit_words_release(&words);
}
END_TEST

START_TEST(finds_the_environment)
{
    size_t env = 0;
    struct err err = {0};
    auto_release(strlist) struct strlist list = {0};
    add_words(&list, runs[_i].argv);
    int result = submit_find_env(&list, &env, &err);
    if (runs[_i].env == 0) {
        ck_assert_int_eq(result, -1);
        assert_error(&err, ERR_USAGE, runs[_i].wrong);
    } else {
        ck_assert_msg(result == 0, "%s", err.text);
        ck_assert_uint_eq(env, runs[_i].env);
    }
}
END_TEST

START_TEST(the_last_value_holds)
{
    auto_release(strlist) struct strlist options = {0};
    strlist_add(&options, "--partition=a");
    strlist_add(&options, "-pb");
    strlist_add(&options, "--hold");
    ck_assert_str_eq(submit_sbatch_value(&options, "partition", 'p'), "b");
    ck_assert_str_eq(submit_sbatch_value(&options, "hold", 'H'), "");
    ck_assert_ptr_null(submit_sbatch_value(&options, "part", 0));
    ck_assert_ptr_null(submit_sbatch_value(&options, "account", 'A'));
}
END_TEST

static const struct {
    const char *text;
    uint64_t seconds; /* 0: none */
} times[] = {{"10", 600},         {"0:30", 60},    {"90:01", 5460}, {"1:30:00", 5400}, {"1-0", 86400},
             {"2-12:30", 217800}, {"0-0:0:1", 60}, {"0", 0},        {"UNLIMITED", 0},  {"", 0},
             {"-1", 0},           {"1-", 0},       {"-", 0},        {"1:2:3:4", 0},    {"1:", 0},
             {"99999999999", 0},  {"1-1-1", 0},    {"10 ", 0},      {"1-2:3:4:5", 0},  {"4294967295", 257698037700}};

START_TEST(reads_time_as_sbatch_does)
{
    uint64_t seconds = 0;
    ck_assert_int_eq(slurm_time(times[_i].text, &seconds), times[_i].seconds != 0);
    ck_assert_uint_eq(seconds, times[_i].seconds);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("submit_words");
    TCase *group = tcase_create("submit_words");
    tcase_add_loop_test(group, tells_words_apart, 0, ROWS(accepted));
    tcase_add_loop_test(group, refuses_what_sbatch_would_take_for_the_script, 0, ROWS(refused));
    tcase_add_loop_test(group, finds_the_environment, 0, ROWS(runs));
    tcase_add_test(group, the_last_value_holds);
    tcase_add_loop_test(group, reads_time_as_sbatch_does, 0, ROWS(times));
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
