/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/lineage: content counts, who only passed it on did not make it, and no chain is a ring. */
#include "run/lineage.h"

#include "base/log.h"
#include "base/mem.h"
#include "run/same_experiment.h"
#include "unit.h"

static struct unit_folder folder;
static struct project project;
static struct catalog catalog;
static struct lineage lineage;

static void begin(void)
{
    struct err err = {0};
    log_set_level(LOG_QUIET);
    unit_folder_begin(&folder);
    ck_assert_msg(project_open(&project, folder.path, &err) == 0, "%s", err.text);
}

static void end(void)
{
    lineage_release(&lineage);
    catalog_release(&catalog);
    project_close(&project);
    unit_folder_end(&folder);
}

/* A run in short: "path=CONTENT" words, outputs behind ">"; "~" in front of a path renamed it, "*" only changed its
 * mode, and "N+" appended at offset N. Contents are what they are called. */
struct told_run {
    const char *id;
    const char *started; /* seconds of a minute, two digits */
    const char *rerun_of;
    const char *command;
    const char *files;
};

static void add_file(struct buf *json, const char *word, bool is_output)
{
    const char *content = strchr(word, '=') + 1;
    const char *change = word[0] == '~' ? "renamed" : word[0] == '*' ? "mode" : "created";
    const char *path = word + strspn(word, "~*0123456789+");
    struct digest digest;
    char hex[DIGEST_HEX + 1];
    digest_bytes(content, strlen(content), &digest);
    digest_to_hex(&digest, hex);
    buf_addf(json, "{\"path\": \"%.*s\", \"sha256\": \"%s\", \"size\": %zu", (int)(content - 1 - path), path, hex,
             strlen(content));
    if (is_output) {
        buf_addf(json, ", \"type\": \"file\", \"change\": \"%s\", \"offset\": %d", change, atoi(word));
    }
    buf_add_text(json, "},");
}

static void add_files(struct buf *json, const char *files, bool are_outputs)
{
    bool behind = false;
    auto_free char *words = xstrdup(files);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(word, ">") == 0) {
            behind = true;
        } else if (behind == are_outputs) {
            add_file(json, word, are_outputs);
        }
    }
    if (json->bytes[json->length - 1] == ',') {
        json->bytes[--json->length] = '\0';
    }
}

static void write_run(const struct told_run *told)
{
    struct err err = {0};
    auto_release(buf) struct buf json = {0};
    auto_free char *id = xasprintf("%012d", atoi(told->id));
    buf_addf(&json, "{\"schema\": \"sciwrap-manifest/1\", \"id\": \"%s\",", id);
    if (told->rerun_of != NULL) {
        buf_addf(&json, "\"rerun_of\": \"%012d\",", atoi(told->rerun_of));
    }
    buf_addf(&json,
             "\"experiment\": {\"environment\": {\"name\": \"e\", \"artifact\": {\"sha256\": \"aa\"}}, \"command\": "
             "[\"%s\"], \"exit\": {\"code\": 0}, \"inputs\": [",
             told->command);
    add_files(&json, told->files, false);
    buf_add_text(&json, "], \"outputs\": [");
    add_files(&json, told->files, true);
    buf_addf(&json, "]}, \"circumstances\": {\"started\": \"2026-01-01T00:00:%s.5Z\", \"elapsed_ns\": 1000000000, ",
             told->started);
    buf_addf(&json, "\"workdir\": \"%s\"}}", folder.path);
    ck_assert_int_eq(mkdirat(project.runs_fd, id, 0777), 0);
    auto_fd int fd = openat(project.runs_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_msg(fs_write_atomic(fd, MANIFEST_NAME, 0666, json.bytes, json.length, &err) == 0, "%s", err.text);
}

/* Asks for a content under a name, which may be NULL. */
static void ask(const struct told_run *runs, size_t count, const char *content, const char *name)
{
    struct err err = {0};
    for (size_t i = 0; i < count; i++) {
        write_run(&runs[i]);
    }
    ck_assert_int_eq(catalog_load(&catalog, &project, &err), 0);
    ck_assert_uint_eq(catalog.notes.count, 0);
    ck_assert_uint_eq(catalog.count, count);
    auto_free char *path = name != NULL ? xasprintf("%s/%s", folder.path, name) : NULL;
    struct lineage_question question = {
        .size = strlen(content), .path = path, .folder = folder.path, .fd = path != NULL ? open(path, O_RDONLY) : -1};
    digest_bytes(content, strlen(content), &question.digest);
    lineage_trace(&lineage, &catalog, &question);
    if (question.fd >= 0) {
        close(question.fd);
    }
}

/* The runs of the chain by the last digits of their IDs: "3 2 1". */
static void assert_chain(const char *expected)
{
    auto_release(buf) struct buf chain = {0};
    for (size_t i = 0; i < lineage.count; i++) {
        buf_addf(&chain, "%s%s", i > 0 ? " " : "", lineage.run[i].run->id + RUN_ID_LENGTH - 1);
    }
    ck_assert_str_eq(buf_text(&chain), expected);
}

static void assert_makers(const struct lineage_makers *makers, const char *expected)
{
    auto_release(buf) struct buf list = {0};
    for (size_t i = 0; i < makers->count; i++) {
        buf_addf(&list, "%s%s", i > 0 ? " " : "", makers->item[i].run->id + RUN_ID_LENGTH - 1);
    }
    ck_assert_str_eq(buf_text(&list), expected);
}

static const struct told_run chain[] = {
    {"1", "01", NULL, "sort", "raw=RAW > sorted=SORTED"},
    {"2", "03", NULL, "index", "sorted=SORTED > sorted.i=INDEX"},
    {"3", "05", NULL, "call", "sorted=SORTED sorted.i=INDEX ref=REF > out=OUT log=LOG"},
    {"4", "07", NULL, "other", "out=OUT > far=FAR"},
};

START_TEST(the_chain_goes_back_to_what_nobody_made)
{
    ask(chain, ROWS(chain), "OUT", "out");
    assert_chain("3 1 2");
    ck_assert_uint_eq(lineage.asked, 1);
    ck_assert(!lineage.run[0].passed_on);
    ck_assert_uint_eq(lineage.run[0].inputs, 3);
    ck_assert_uint_eq(lineage.run[0].input[0].maker, 1);
    ck_assert_uint_eq(lineage.run[0].input[1].maker, 2);
    ck_assert_uint_eq(lineage.run[0].input[2].maker, LINEAGE_NONE);
    ck_assert_uint_eq(lineage.run[2].input[0].maker, 1);
    ck_assert_uint_eq(lineage.run[1].input[0].maker, LINEAGE_NONE);
}
END_TEST

START_TEST(the_name_does_not_count)
{
    ask(chain, ROWS(chain), "OUT", "moved-elsewhere");
    assert_chain("3 1 2");
}
END_TEST

START_TEST(a_content_without_a_name_is_found)
{
    ask(chain, ROWS(chain), "SORTED", NULL);
    assert_chain("1");
}
END_TEST

START_TEST(what_nobody_made_has_no_chain)
{
    ask(chain, ROWS(chain), "RAW", "raw");
    assert_chain("");
    assert_makers(&lineage.read, "1");
    assert_makers(&lineage.wrote, "");
}
END_TEST

START_TEST(a_changed_file_tells_who_wrote_it)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "a", "> out=OLD"}, {"2", "03", NULL, "b", "> out=NEW"}};
    ask(runs, ROWS(runs), "EDITED", "out");
    assert_chain("");
    assert_makers(&lineage.wrote, "2 1");
    ck_assert_uint_eq(lineage.wrote.item[0].file.size, 3);
}
END_TEST

START_TEST(an_empty_content_tells_nothing)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "a", "> out= other="},
                                           {"2", "03", NULL, "b", "in= > x=X"}};
    ask(runs, ROWS(runs), "", "out");
    assert_chain("");
    assert_makers(&lineage.wrote, "1");
    assert_makers(&lineage.read, "");
}
END_TEST

START_TEST(an_empty_input_leads_nowhere)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "a", "> out="}, {"2", "03", NULL, "b", "in= > x=X"}};
    ask(runs, ROWS(runs), "X", "x");
    assert_chain("2");
}
END_TEST

START_TEST(reruns_confirm)
{
    static const struct told_run runs[] = {
        {"1", "09", "2", "a", "i=I > out=OUT"}, {"2", "05", NULL, "a", "i=I > out=OUT"},
        {"3", "11", "1", "a", "i=I > out=OUT"}, {"4", "13", "9", "a", "i=J > out=OUT"},
        {"5", "15", NULL, "a", "i=I > x=OUT"},  {"6", "17", NULL, "a", "i=J > out=OUT"},
        {"7", "19", NULL, "b", "i=I > out=OUT"}};
    ask(runs, ROWS(runs), "OUT", "out");
    ck_assert_str_eq(lineage.run[0].run->id, "000000000002");
    assert_makers(&lineage.run[0].confirmed_by, "1 3 5");
    assert_makers(&lineage.also, "4 6 7");
}
END_TEST

START_TEST(a_rerun_is_told_when_the_first_is_gone)
{
    static const struct told_run runs[] = {{"1", "05", "9", "a", "i=I > out=OUT"}, {"2", "07", "9", "b", "> o=OUT"}};
    ask(runs, ROWS(runs), "OUT", "far");
    assert_chain("1");
    assert_makers(&lineage.run[0].confirmed_by, "2");
    ck_assert_str_eq(same_experiment_root(&catalog, &catalog.run[0]), "000000000009");
}
END_TEST

START_TEST(the_name_decides_between_equals)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "a", "> one=SAME"},
                                           {"2", "03", NULL, "b", "> two=SAME"},
                                           {"3", "05", NULL, "c", "two=SAME > out=OUT"}};
    ask(runs, ROWS(runs), "OUT", "out");
    assert_chain("3 2");
    lineage_release(&lineage);
    struct lineage_question question = {.size = 4, .folder = folder.path, .fd = -1};
    digest_bytes("SAME", 4, &question.digest);
    lineage_trace(&lineage, &catalog, &question);
    assert_chain("1");
    assert_makers(&lineage.also, "2");
}
END_TEST

START_TEST(who_copies_or_renames_did_not_make_it)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "make", "> a=A"},
                                           {"2", "03", NULL, "copy", "a=A > b=A"},
                                           {"3", "05", NULL, "move", "> ~c=A"},
                                           {"4", "07", NULL, "chmod", "> *a=A"}};
    ask(runs, ROWS(runs), "A", "c");
    assert_chain("1");
    assert_makers(&lineage.also, "");
}
END_TEST

START_TEST(who_copied_is_told_when_nobody_made_it)
{
    static const struct told_run runs[] = {{"1", "03", NULL, "copy", "a=A > b=A"},
                                           {"2", "05", NULL, "copy", "b=A > c=A"}};
    ask(runs, ROWS(runs), "A", "c");
    ck_assert(lineage.run[0].passed_on);
    assert_chain("2 1");
    ck_assert_uint_eq(lineage.run[1].input[0].maker, LINEAGE_NONE);
}
END_TEST

START_TEST(a_mode_makes_no_content)
{
    static const struct told_run runs[] = {{"4", "07", NULL, "chmod", "> *a=A"}};
    ask(runs, ROWS(runs), "A", "b");
    assert_chain("");
}
END_TEST

START_TEST(nobody_read_what_was_made_later)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "use", "a=A > b=B"}, {"2", "05", NULL, "make", "> a=A"}};
    ask(runs, ROWS(runs), "B", "b");
    assert_chain("1");
    ck_assert_uint_eq(lineage.run[0].input[0].maker, LINEAGE_NONE);
}
END_TEST

START_TEST(the_runs_of_a_pipeline_start_together)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "use", "/dev/stdin=A > b=B"},
                                           {"2", "02", NULL, "make", "> /dev/stdout=A"}};
    ask(runs, ROWS(runs), "B", "b");
    assert_chain("1 2");
}
END_TEST

START_TEST(a_ring_ends)
{
    static const struct told_run runs[] = {
        {"1", "01", NULL, "x", "a=A > b=B"}, {"2", "01", NULL, "y", "b=B > a=A"}, {"3", "01", "3", "z", "c=C > c=C"}};
    ask(runs, ROWS(runs), "B", "b");
    assert_chain("1 2");
    ck_assert_uint_eq(lineage.run[1].input[0].maker, 0);
    ck_assert_str_eq(same_experiment_root(&catalog, catalog_find(&catalog, "000000000003")), "000000000003");
}
END_TEST

START_TEST(pieces_of_a_file)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "a", "> all=one"},
                                           {"2", "03", NULL, "a", "i=I > 3+all=two"},
                                           {"3", "05", NULL, "a", "> 6+all=three"},
                                           {"4", "01", NULL, "make", "> i=I"}};
    unit_write(&folder, "all", "onetwothree");
    ask(runs, ROWS(runs), "onetwothree", "all");
    assert_chain("1 2 3 4");
    ck_assert(lineage.in_pieces && !lineage.has_gaps);
    ck_assert_uint_eq(lineage.asked, 3);
}
END_TEST

START_TEST(a_file_with_bytes_that_nobody_appended)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "a", "> all=one"},
                                           {"2", "03", NULL, "a", "> 3+all=two"},
                                           {"3", "05", NULL, "a", "> 6+all=three"}};
    unit_write(&folder, "all", "oneTWOthree and more");
    ask(runs, ROWS(runs), "oneTWOthree and more", "all");
    assert_chain("1 3");
    ck_assert(lineage.in_pieces && lineage.has_gaps);
}
END_TEST

START_TEST(a_project_that_was_moved_knows_its_files)
{
    static const struct told_run runs[] = {{"1", "01", NULL, "a", "> out=OLD"}};
    write_run(&runs[0]);
    auto_free char *moved = xasprintf("%s-moved", folder.path);
    struct err err = {0};
    ck_assert_int_eq(rename(folder.path, moved), 0);
    ck_assert_int_eq(catalog_load(&catalog, &(struct project){.path = moved, .runs_fd = project.runs_fd}, &err), 0);
    auto_free char *path = xasprintf("%s/out", moved);
    struct lineage_question question = {.path = path, .folder = moved, .fd = -1};
    ck_assert(lineage_is_place(&catalog.run[0], "out", &question));
    ck_assert(!lineage_is_place(&catalog.run[0], "other", &question));
    ck_assert(!lineage_is_place(&catalog.run[0], "/out", &question));
    ck_assert_int_eq(rename(moved, folder.path), 0);
    ck_assert(!lineage_is_place(&catalog.run[0], "out", &question));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lineage");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_add_test(core, the_chain_goes_back_to_what_nobody_made);
    tcase_add_test(core, the_name_does_not_count);
    tcase_add_test(core, a_content_without_a_name_is_found);
    tcase_add_test(core, what_nobody_made_has_no_chain);
    tcase_add_test(core, a_changed_file_tells_who_wrote_it);
    tcase_add_test(core, an_empty_content_tells_nothing);
    tcase_add_test(core, an_empty_input_leads_nowhere);
    suite_add_tcase(suite, core);
    TCase *several = tcase_create("Several");
    tcase_add_checked_fixture(several, begin, end);
    tcase_add_test(several, reruns_confirm);
    tcase_add_test(several, a_rerun_is_told_when_the_first_is_gone);
    tcase_add_test(several, the_name_decides_between_equals);
    tcase_add_test(several, who_copies_or_renames_did_not_make_it);
    tcase_add_test(several, who_copied_is_told_when_nobody_made_it);
    tcase_add_test(several, a_mode_makes_no_content);
    tcase_add_test(several, nobody_read_what_was_made_later);
    tcase_add_test(several, the_runs_of_a_pipeline_start_together);
    tcase_add_test(several, a_ring_ends);
    suite_add_tcase(suite, several);
    TCase *places = tcase_create("Places");
    tcase_add_checked_fixture(places, begin, end);
    tcase_add_test(places, pieces_of_a_file);
    tcase_add_test(places, a_file_with_bytes_that_nobody_appended);
    tcase_add_test(places, a_project_that_was_moved_knows_its_files);
    suite_add_tcase(suite, places);
    return unit_run(suite);
}
