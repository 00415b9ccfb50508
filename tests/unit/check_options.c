/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/options and of the option reader of commands/command: what the command line may say, and what it is told
 * when it says something else. */
#include "run/options.h"

#include "commands/command.h"
#include "unit.h"

static const struct {
    const char *text, *source, *target;
    bool read_only;
} binds[] = {
    {"/etc", "/etc", "/etc", true},
    {"/etc:ro", "/etc", "/etc", true},
    {"/etc:rw", "/etc", "/etc", false},
    {"/etc:/data", "/etc", "/data", true},
    {"/etc:/data:rw", "/etc", "/data", false},
    {"/etc/:/a//b/./c/../d/", "/etc", "/a/b/d", true},
    {".", "/etc", "/etc", true},
    {"passwd:/p", "/etc/passwd", "/p", true},
    {"../etc/passwd", "/etc/passwd", "/etc/passwd", true},
};

START_TEST(reads_binds)
{
    auto_release(run_options) struct run_options options = {0};
    struct err err = {0};
    ck_assert_msg(options_add_bind(&options, "/etc", binds[_i].text, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(options.binds.count, 1);
    ck_assert_str_eq(options.binds.item[0].source, binds[_i].source);
    ck_assert_str_eq(options.binds.item[0].target, binds[_i].target);
    ck_assert_int_eq(options.binds.item[0].read_only, binds[_i].read_only);
}
END_TEST

static const struct {
    const char *text;
    enum err_kind kind;
    const char *part;
} refused_binds[] = {
    {"", ERR_USAGE, "SRC[:DST]"},
    {":/x", ERR_USAGE, "SRC[:DST]"},
    {"/etc:relative", ERR_USAGE, "absolute DST"},
    {"/etc:/x:rx", ERR_USAGE, "SRC[:DST]"},
    {"/etc:/x:ro:rw", ERR_USAGE, "SRC[:DST]"},
    {"/no/such/place", ERR_NOT_FOUND, "/no/such/place"},
    {"/etc:/", ERR_USAGE, "nothing can be bound at '/'"},
    {"/etc:/proc", ERR_USAGE, "'/proc'"},
    {"/etc:/proc/self", ERR_USAGE, "'/proc/self'"},
    {"/etc:/sys/x", ERR_USAGE, "'/sys/x'"},
    {"/etc:/dev/shm", ERR_USAGE, "'/dev/shm'"},
    {"/etc:/x/../proc", ERR_USAGE, "'/proc'"},
    {"/etc:/workspace/.sciwrap", ERR_USAGE, ".sciwrap"},
};

START_TEST(refuses_binds)
{
    auto_release(run_options) struct run_options options = {0};
    struct err err = {0};
    ck_assert_int_eq(options_add_bind(&options, "/", refused_binds[_i].text, &err), -1);
    assert_error(&err, refused_binds[_i].kind, refused_binds[_i].part);
    ck_assert_uint_eq(options.binds.count, 0);
}
END_TEST

START_TEST(refuses_two_binds_at_one_place)
{
    auto_release(run_options) struct run_options options = {0};
    struct err err = {0};
    ck_assert_int_eq(options_add_bind(&options, "/", "/etc:/data", &err), 0);
    ck_assert_int_eq(options_add_bind(&options, "/", "/usr:/data", &err), -1);
    assert_error(&err, ERR_USAGE, "already");
}
END_TEST

START_TEST(refuses_to_bind_records)
{
    struct unit_folder folder;
    unit_folder_begin(&folder);
    struct err err = {0};
    auto_release(run_options) struct run_options options = {0};
    ck_assert_int_eq(mkdirat(folder.fd, ".sciwrap", 0700), 0);
    ck_assert_int_eq(options_add_bind(&options, folder.path, ".sciwrap:/x:rw", &err), -1);
    assert_error(&err, ERR_USAGE, "records");
    ck_assert_int_eq(mkdirat(folder.fd, ".sciwrapped", 0700), 0);
    struct err none = {0};
    ck_assert_int_eq(options_add_bind(&options, folder.path, ".sciwrapped:/x", &none), 0);
    unit_folder_end(&folder);
}
END_TEST

START_TEST(keeps_the_last_value_of_a_variable_in_its_place)
{
    auto_release(run_options) struct run_options options = {0};
    struct err err = {0};
    ck_assert_int_eq(options_add_variable(&options, "A=1", &err), 0);
    ck_assert_int_eq(options_add_variable(&options, "B=a=b c", &err), 0);
    ck_assert_int_eq(options_add_variable(&options, "A=", &err), 0);
    ck_assert_uint_eq(options.variables.count, 2);
    ck_assert_str_eq(options.variables.item[0], "A=");
    ck_assert_str_eq(options.variables.item[1], "B=a=b c");
}
END_TEST

static const char *const refused_variables[] = {"", "NAME", "=x", "A B=x", "1A=x", "A-B=x", "\xc3\xa4=x"};

START_TEST(refuses_variables)
{
    auto_release(run_options) struct run_options options = {0};
    struct err err = {0};
    ck_assert_int_eq(options_add_variable(&options, refused_variables[_i], &err), -1);
    assert_error(&err, ERR_USAGE, "--env");
    ck_assert_uint_eq(options.variables.count, 0);
}
END_TEST

START_TEST(checks_workdir_and_network)
{
    auto_release(run_options) struct run_options options = {0};
    struct err err = {0};
    ck_assert_int_eq(options_set_workdir(&options, "/a//b/", &err), 0);
    ck_assert_str_eq(options.workdir, "/a/b");
    ck_assert_int_eq(options_set_network(&options, "host", &err), 0);
    ck_assert(options.has_network && options.network == NETWORK_HOST);
    ck_assert_int_eq(options_set_workdir(&options, "here", &err), -1);
    assert_error(&err, ERR_USAGE, "absolute");
    ck_assert_int_eq(options_set_network(&options, "some", &err), -1);
    assert_error(&err, ERR_USAGE, "none or host");
    ck_assert_int_eq(options_set_verify(&options, "off", &err), 0);
    ck_assert(options.has_verify && options.verify == VERIFY_OFF);
    ck_assert_int_eq(options_set_verify(&options, "on", &err), -1);
    assert_error(&err, ERR_USAGE, "used, full or off");
}
END_TEST

START_TEST(checks_what_is_not_fixed_and_the_level)
{
    auto_release(run_options) struct run_options options = {0};
    struct err err = {0};
    ck_assert_int_eq(options_add_no_fix(&options, "tz, locale", &err), 0);
    ck_assert_int_eq(options_add_no_fix(&options, "all", &err), 0);
    ck_assert_uint_eq(options.no_fix.count, 2);
    ck_assert_int_eq(options_set_cpu_baseline(&options, "v3", &err), 0);
    ck_assert(options.has_baseline && options.cpu_baseline == 3);
    ck_assert_int_eq(options_set_cpu_baseline(&options, "none", &err), 0);
    ck_assert(options.has_baseline && options.cpu_baseline == 0);
    assert_no_error(&err);
    ck_assert_int_eq(options_add_no_fix(&options, "tz,host", &err), -1);
    assert_error(&err, ERR_USAGE, "--no-fix: 'host' is nothing that is fixed");
    ck_assert_uint_eq(options.no_fix.count, 2);
    ck_assert_int_eq(options_set_cpu_baseline(&options, "v5", &err), -1);
    assert_error(&err, ERR_USAGE, "'v5': expected v2, v3, v4 or none");
}
END_TEST

static const struct {
    const char *text;
    uint64_t bytes;
} accepted_limits[] = {{"0", 0},
                       {"1", 1},
                       {"500M", 500000000},
                       {"7k", 7000},
                       {"20G", 20000000000},
                       {"3T", 3000000000000},
                       {"1152921504606846976", 1152921504606846976}};

START_TEST(reads_limits)
{
    struct run_options options = {0};
    struct err err = {0};
    ck_assert_int_eq(options_set_keep_limit(&options, accepted_limits[_i].text, &err), 0);
    ck_assert(options.has_keep_limit);
    ck_assert_uint_eq(options.keep_limit, accepted_limits[_i].bytes);
}
END_TEST

static const char *const refused_limits[] = {
    "", "-1", "1.5G", "G", "1GB", "1 G", "1kk", "m", "5m", "1K", "0x10", "1152921504606846977", "1152922T"};

START_TEST(refuses_limits)
{
    struct run_options options = {0};
    struct err err = {0};
    ck_assert_int_eq(options_set_keep_limit(&options, refused_limits[_i], &err), -1);
    assert_error(&err, ERR_USAGE, "--keep-limit");
    ck_assert(!options.has_keep_limit);
}
END_TEST

START_TEST(takes_limits)
{
    struct err err = {0};
    struct run_options options = {0};
    ck_assert_int_eq(options_set_limit(&options, LIMIT_MEMORY, "2G", &err), 0);
    ck_assert_int_eq(options_set_limit(&options, LIMIT_PIDS, "none", &err), 0);
    ck_assert_uint_eq(options.limits.value[LIMIT_MEMORY], UINT64_C(2) << 30);
    ck_assert_uint_eq(options.has_limit, 1U << LIMIT_MEMORY | 1U << LIMIT_PIDS);
    ck_assert_int_eq(options_set_limit(&options, LIMIT_FILE_SIZE, "much", &err), -1);
    assert_error(&err, ERR_USAGE, "--file-size 'much': expected a number of bytes");
    ck_assert_uint_eq(options.has_limit, 1U << LIMIT_MEMORY | 1U << LIMIT_PIDS);
    run_options_release(&options);
}
END_TEST

static const char *const refused_seeds[] = {"", "-1", "1.5", "0x10", " 1", "9223372036854775808", "one"};

START_TEST(checks_seeds)
{
    auto_release(run_options) struct run_options options = {0};
    struct err err = {0};
    ck_assert_int_eq(options_set_seed(&options, refused_seeds[_i], &err), -1);
    assert_error(&err, ERR_USAGE, "--seed");
    ck_assert(!options.has_seed);
    ck_assert_int_eq(options_set_seed(&options, "9223372036854775807", &err), 0);
    ck_assert(options.has_seed && options.seed == INT64_MAX);
}
END_TEST

static const struct command_option rows[] = {
    {"quiet", 'q', NULL, ""},
    {"verbose", 'v', NULL, ""},
    {"output", 'o', "FILE", ""},
    {"network", 0, "none|host", ""},
    {0},
};
static const struct command command = {.name = "test", .options = rows};
static const struct command with_program = {.name = "test", .options = rows, .options_first = true};

/* What the reader makes of a line, as text: "quiet output=x | rest". */
static char *read_line(const struct command *of, char **argv, struct err *err)
{
    struct buf seen = {0};
    int argc = 0;
    int option;
    while (argv[argc] != NULL) {
        argc++;
    }
    struct option_reader reader = option_reader_of(of, argc, argv);
    while ((option = option_next(&reader, err)) >= 0) {
        buf_addf(&seen, "%s%s%s ", rows[option].name, reader.value != NULL ? "=" : "",
                 reader.value != NULL ? reader.value : "");
    }
    buf_add_text(&seen, option == OPTION_ERROR ? "!" : "|");
    for (int i = reader.at; option != OPTION_ERROR && i < argc; i++) {
        buf_addf(&seen, " %s", argv[i]);
    }
    return buf_take(&seen);
}

static const struct {
    const char *line[8];
    const char *seen;
} lines[] = {
    {{"test"}, "|"},
    {{"test", "env", "-q"}, "quiet | env"},
    {{"test", "a", "--output", "x", "b", "-vq", "c"}, "output=x verbose quiet | a b c"},
    {{"test", "a", "-o", "x", "--", "-v", "b"}, "output=x | a -v b"},
    {{"test", "a", "-", "--output=x"}, "output=x | a -"},
    {{"test", "--network", "none", "--network=host"}, "network=none network=host |"},
    {{"test", "-q", "--", "-v"}, "quiet | -v"},
    {{"test", "-qv", "env"}, "quiet verbose | env"},
    {{"test", "-o", "x", "env"}, "output=x | env"},
    {{"test", "-ox", "env"}, "output=x | env"},
    {{"test", "-qox"}, "quiet output=x |"},
    {{"test", "-qo", "x"}, "quiet output=x |"},
    {{"test", "--output=x=y", "--quiet"}, "output=x=y quiet |"},
    {{"test", "--output", "-q"}, "output=-q |"},
    {{"test", "--output=", "e"}, "output= | e"},
    {{"test", "-", "x"}, "| - x"},
    {{"test", "", "x"}, "|  x"},
};

START_TEST(reads_lines)
{
    struct err err = {0};
    char *argv[8];
    memcpy(argv, lines[_i].line, sizeof(argv));
    auto_free char *seen = read_line(&command, argv, &err);
    ck_assert_str_eq(seen, lines[_i].seen);
    assert_no_error(&err);
}
END_TEST

START_TEST(leaves_the_words_of_a_program_alone)
{
    struct err err = {0};
    char *argv[] = {(char[]){"test"}, (char[]){"-q"}, (char[]){"env"}, (char[]){"-v"}, (char[]){"-x"}, NULL};
    auto_free char *seen = read_line(&with_program, argv, &err);
    ck_assert_str_eq(seen, "quiet | env -v -x");
    assert_no_error(&err);
}
END_TEST

static const struct {
    const char *line[4];
    const char *part;
} refused_lines[] = {
    {{"test", "--quite"}, "'--quiet'"},
    {{"test", "--nothing-like"}, "see 'sciwrap test --help'"},
    {{"test", "-x"}, "'-x'"},
    {{"test", "--output"}, "needs a value: FILE"},
    {{"test", "-o"}, "needs a value"},
    {{"test", "--quiet=yes"}, "takes no value"},
    {{"test", "--out", "x"}, "unknown option '--out'; did you mean '--output'?"},
    {{"test", "--network=hots"}, "--network 'hots': expected none or host; did you mean 'host'?"},
    {{"test", "--network", "|"}, "--network '|': expected none or host"},
    {{"test", "--hlep"}, "did you mean '--help'?"},
    {{"test", "a", "-o"}, "needs a value"},
    {{"test", "--quiet\x1b=x"}, "\\x1b"},
};

START_TEST(refuses_lines)
{
    struct err err = {0};
    char *argv[8] = {0};
    memcpy(argv, refused_lines[_i].line, sizeof(refused_lines[_i].line));
    auto_free char *seen = read_line(&command, argv, &err);
    ck_assert(seen[strlen(seen) - 1] == '!');
    assert_error(&err, ERR_USAGE, refused_lines[_i].part);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *run = tcase_create("run");
    tcase_add_loop_test(run, reads_binds, 0, ROWS(binds));
    tcase_add_loop_test(run, refuses_binds, 0, ROWS(refused_binds));
    tcase_add_test(run, refuses_two_binds_at_one_place);
    tcase_add_test(run, refuses_to_bind_records);
    tcase_add_test(run, keeps_the_last_value_of_a_variable_in_its_place);
    tcase_add_loop_test(run, refuses_variables, 0, ROWS(refused_variables));
    tcase_add_test(run, checks_workdir_and_network);
    tcase_add_test(run, checks_what_is_not_fixed_and_the_level);
    tcase_add_loop_test(run, reads_limits, 0, ROWS(accepted_limits));
    tcase_add_loop_test(run, refuses_limits, 0, ROWS(refused_limits));
    tcase_add_test(run, takes_limits);
    tcase_add_loop_test(run, checks_seeds, 0, ROWS(refused_seeds));
    suite_add_tcase(suite, run);
    TCase *reader = tcase_create("reader");
    tcase_add_loop_test(reader, reads_lines, 0, ROWS(lines));
    tcase_add_test(reader, leaves_the_words_of_a_program_alone);
    tcase_add_loop_test(reader, refuses_lines, 0, ROWS(refused_lines));
    suite_add_tcase(suite, reader);
    return unit_run(suite);
}
