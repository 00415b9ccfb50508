/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/catalog: it says what the manifests say, whatever the cache says; and what is torn is not there. */
#include "run/catalog.h"

#include <sys/stat.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "unit.h"

#define CACHE ".sciwrap/catalog"

/* How many runs the projects have that are old enough for a cache. */
enum { OLD = 100 };

static struct unit_folder folder;
static struct project project;

static void begin(void)
{
    struct err err = {0};
    log_set_level(LOG_QUIET);
    unit_folder_begin(&folder);
    ck_assert_msg(project_open(&project, folder.path, &err) == 0, "%s", err.text);
}

static void end(void)
{
    project_close(&project);
    unit_folder_end(&folder);
}

static char *id_of(int number)
{
    return xasprintf("%012x", (unsigned)number * 7);
}

static char *manifest_of(const char *word)
{
    return xasprintf(
        "{\"schema\": \"sciwrap-manifest/1\", \"id\": \"x\", \"rerun_of\": \"000000000007\", \"experiment\": {\n"
        "\"environment\": {\"name\": \"tool\", \"artifact\": {\"sha256\": \"ab\"}}, \"command\": [\"tool\", \"%s\"],\n"
        "\"stdin\": {\"kind\": \"pipe\", \"sha256\": "
        "\"2222222222222222222222222222222222222222222222222222222222222222\", \"size\": 7},\n"
        "\"stdout\": {\"kind\": \"file\", \"path\": \"out\"},\n"
        "\"inputs\": [{\"path\": \"in\", \"sha256\": "
        "\"1111111111111111111111111111111111111111111111111111111111111111\", \"size\": 3}, {\"path\": "
        "\"/dev/stdin\", "
        "\"sha256\": \"2222222222222222222222222222222222222222222222222222222222222222\"}],\n"
        "\"outputs\": [{\"path\": \"gone\", \"type\": \"file\", \"change\": \"deleted\"}, {\"path\": \"out\", "
        "\"change\": \"created\", \"sha256\": "
        "\"3333333333333333333333333333333333333333333333333333333333333333\", \"size\": 5, \"offset\": 9}],\n"
        "\"exit\": {\"code\": 3, \"signal\": 0}},\n"
        "\"circumstances\": {\"started\": \"2026-01-02T03:04:05Z\", \"elapsed_ns\": 42, \"workdir\": \"/w\"},\n"
        "\"comparison\": {\"with\": \"000000000007\", \"same_exit\": true, \"machine\": \"0123456789ab\",\n"
        "\"counts\": {\"identical\": 4, \"different\": 1}}, \"leaks\": []}\n",
        word);
}

static void write_record(int number, const char *text, size_t length)
{
    struct err err = {0};
    auto_free char *id = id_of(number);
    (void)mkdirat(project.runs_fd, id, 0777);
    auto_fd int fd = openat(project.runs_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_msg(fs_write_atomic(fd, MANIFEST_NAME, 0666, text, length, &err) == 0, "%s", err.text);
}

static void write_run(int number, const char *word)
{
    auto_free char *text = manifest_of(word);
    write_record(number, text, strlen(text));
}

static void write_runs(int count)
{
    for (int i = 0; i < count; i++) {
        auto_free char *word = xasprintf("word%d", i);
        write_run(i, word);
    }
}

/* Each test of the old ones has a project of its own; all are made at once, and then waited for. The change time of a
 * file cannot be set, and the cache keeps no run whose manifest changed within the last seconds. */
enum { OLD_PROJECTS = 8 };
static struct unit_folder old_folder[OLD_PROJECTS];
static struct project old_project[OLD_PROJECTS];

static void begin_old(void)
{
    for (int i = 0; i < OLD_PROJECTS; i++) {
        begin();
        write_runs(OLD);
        old_folder[i] = folder;
        old_project[i] = project;
    }
    usleep(3200000);
}

static void end_old(void)
{
    for (int i = 0; i < OLD_PROJECTS; i++) {
        folder = old_folder[i];
        project = old_project[i];
        end();
    }
}

static void use_old(int number)
{
    folder = old_folder[number];
    project = old_project[number];
}

static void load(struct catalog *catalog)
{
    struct err err = {0};
    ck_assert_msg(catalog_load(catalog, &project, &err) == 0, "%s", err.text);
}

/* Runs 0 to count - 1 are there, each with its own word. */
static void assert_runs(int count)
{
    auto_release(catalog) struct catalog catalog = {0};
    load(&catalog);
    ck_assert_uint_eq(catalog.count, (size_t)count);
    ck_assert_uint_eq(catalog.notes.count, 0);
    for (int i = 0; i < count; i++) {
        auto_free char *id = id_of(i);
        auto_free char *word = xasprintf("word%d", i);
        const struct catalog_run *run = catalog_find(&catalog, id);
        ck_assert_ptr_nonnull(run);
        ck_assert_str_eq(catalog_word(run, 1), word);
    }
}

START_TEST(a_run_is_told_as_its_manifest_has_it)
{
    auto_release(catalog) struct catalog catalog = {0};
    struct catalog_file file;
    write_run(5, "caf\\u00e9");
    load(&catalog);
    ck_assert_uint_eq(catalog.count, 1);
    const struct catalog_run *run = &catalog.run[0];
    const char *at = run->files;
    ck_assert_str_eq(run->id, "000000000023");
    ck_assert_str_eq(run->rerun_of, "000000000007");
    ck_assert_str_eq(run->environment, "tool");
    ck_assert_str_eq(run->artifact, "ab");
    ck_assert_str_eq(run->started, "2026-01-02T03:04:05Z");
    ck_assert_str_eq(run->workdir, "/w");
    ck_assert_str_eq(catalog_word(run, 0), "tool");
    ck_assert_str_eq(catalog_word(run, 1), "caf\xc3\xa9");
    ck_assert_str_eq(catalog_word(run, 2), "");
    ck_assert_uint_eq(run->exit_code, 3);
    ck_assert_uint_eq(run->elapsed_ns, 42);
    ck_assert(run->is_compared && run->same_exit);
    ck_assert_str_eq(run->machine, "0123456789ab");
    ck_assert_uint_eq(run->verdicts, 2);
    ck_assert_str_eq(run->verdict[1].name, "different");
    ck_assert_uint_eq(run->verdict[0].count, 4);
    ck_assert(catalog_file_next(run, &at, &file));
    ck_assert_str_eq(file.path, "/dev/stdin");
    ck_assert(!file.is_output && file.digest->bytes[0] == 0x22 && file.size == 7);
    ck_assert(catalog_file_next(run, &at, &file));
    ck_assert_str_eq(file.path, "in");
    ck_assert(!file.is_output && file.digest->bytes[31] == 0x11);
    ck_assert(catalog_file_next(run, &at, &file));
    ck_assert_str_eq(file.path, "out");
    ck_assert(file.is_output && file.offset == 9 && file.size == 5);
    ck_assert_str_eq(file.change, "created");
    ck_assert(!catalog_file_next(run, &at, &file));
}
END_TEST

START_TEST(a_project_without_runs_has_none)
{
    assert_runs(0);
    ck_assert(!unit_exists(&folder, CACHE));
    struct project none = {.path = folder.path, .runs_fd = -1};
    struct err err = {0};
    struct catalog catalog;
    ck_assert_int_eq(catalog_load(&catalog, &none, &err), 0);
    ck_assert_uint_eq(catalog.count, 0);
    ck_assert_ptr_null(catalog_find(&catalog, "000000000000"));
    catalog_release(&catalog);
}
END_TEST

START_TEST(few_runs_and_young_runs_make_no_cache)
{
    begin();
    write_runs(300);
    assert_runs(300);
    ck_assert(!unit_exists(&folder, CACHE));
    end();
    use_old(0);
    for (int i = 30; i < OLD; i++) {
        auto_free char *id = id_of(i);
        struct err err = {0};
        ck_assert_int_eq(fs_remove_tree(project.runs_fd, id, &err), 0);
    }
    assert_runs(30);
    ck_assert(!unit_exists(&folder, CACHE));
}
END_TEST

START_TEST(the_cache_changes_nothing_but_the_time)
{
    use_old(1);
    assert_runs(OLD);
    ck_assert(unit_exists(&folder, CACHE));
    assert_runs(OLD);
    for (int i = OLD; i < OLD + 10; i++) {
        auto_free char *word = xasprintf("word%d", i);
        write_run(i, word);
    }
    assert_runs(OLD + 10);
    /* Another content in the same place, also one of the same length. */
    write_run(17, "word99");
    auto_release(catalog) struct catalog catalog = {0};
    load(&catalog);
    auto_free char *id = id_of(17);
    ck_assert_str_eq(catalog_word(catalog_find(&catalog, id), 1), "word99");
    write_run(17, "word17");
    assert_runs(OLD + 10);
}
END_TEST

START_TEST(an_edit_in_place_that_keeps_size_and_time_is_noticed)
{
    struct stat st;
    use_old(2);
    assert_runs(OLD);
    ck_assert(unit_exists(&folder, CACHE));
    auto_free char *id = id_of(42);
    auto_free char *path = project_run_path(&project, id, MANIFEST_NAME);
    auto_free char *text = manifest_of("word00");
    auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(pwrite(fd, text, strlen(text), 0), (ssize_t)strlen(text));
    ck_assert_int_eq(futimens(fd, (struct timespec[]){st.st_atim, st.st_mtim}), 0);
    auto_release(catalog) struct catalog catalog = {0};
    load(&catalog);
    ck_assert_str_eq(catalog_word(catalog_find(&catalog, id), 1), "word00");
}
END_TEST

START_TEST(what_was_removed_is_gone)
{
    struct err err = {0};
    struct stat before;
    struct stat after;
    use_old(3);
    assert_runs(OLD);
    ck_assert_int_eq(fstatat(folder.fd, CACHE, &before, 0), 0);
    for (int i = 20; i < OLD; i++) {
        auto_free char *id = id_of(i);
        ck_assert_int_eq(fs_remove_tree(project.runs_fd, id, &err), 0);
    }
    assert_runs(20);
    /* So many that the cache was written again, without them. */
    ck_assert_int_eq(fstatat(folder.fd, CACHE, &after, 0), 0);
    ck_assert_int_lt(after.st_size, before.st_size / 4);
}
END_TEST

static void damage_cache(off_t at, const void *bytes, size_t length, off_t cut)
{
    auto_fd int fd = openat(folder.fd, CACHE, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, bytes, length, at), (ssize_t)length);
    if (cut >= 0) {
        ck_assert_int_eq(ftruncate(fd, cut), 0);
    }
}

START_TEST(a_damaged_cache_is_none)
{
    struct stat st;
    use_old(4);
    assert_runs(OLD);
    ck_assert_int_eq(fstatat(folder.fd, CACHE, &st, 0), 0);
    static const char zeros[512];
    const off_t places[] = {0, 20, 40, 64, 70, 500, st.st_size - 600};
    for (size_t i = 0; i < ROWS(places); i++) {
        damage_cache(places[i], zeros, sizeof(zeros), -1);
        assert_runs(OLD);
    }
    const off_t lengths[] = {0, 1, 63, 64, 65, st.st_size / 2, st.st_size - 1};
    for (size_t i = 0; i < ROWS(lengths); i++) {
        damage_cache(0, "", 0, lengths[i]);
        assert_runs(OLD);
    }
    /* Each time it was made again. */
    ck_assert_int_eq(fstatat(folder.fd, CACHE, &st, 0), 0);
    ck_assert_int_gt(st.st_size, 1000);
}
END_TEST

/* With a right check, so that only the reading of entries is between it and harm. */
START_TEST(a_cache_that_lies_harms_nothing)
{
    use_old(5);
    assert_runs(OLD);
    auto_release(buf) struct buf bytes = {0};
    struct err err = {0};
    ck_assert_int_eq(fs_read_at(folder.fd, CACHE, 1 << 24, &bytes, &err), 0);
    for (size_t i = 64; i < 64 + 500; i++) {
        static const char wrong[] = {0x00, 0x7f, (char)0xff};
        for (size_t k = 0; k < sizeof(wrong); k++) {
            char was = bytes.bytes[i];
            bytes.bytes[i] = wrong[k];
            digest_bytes(bytes.bytes + 64, bytes.length - 64, (struct digest *)(bytes.bytes + 32));
            damage_cache(0, bytes.bytes, bytes.length, (off_t)bytes.length);
            auto_release(catalog) struct catalog catalog = {0};
            load(&catalog);
            ck_assert_uint_eq(catalog.count, OLD);
            bytes.bytes[i] = was;
        }
    }
}
END_TEST

START_TEST(what_cannot_be_written_is_read_all_the_same)
{
    use_old(6);
    ck_assert_int_eq(mkdirat(folder.fd, CACHE, 0700), 0);
    assert_runs(OLD);
    ck_assert_int_eq(unlinkat(folder.fd, CACHE, AT_REMOVEDIR), 0);
    ck_assert_int_eq(symlinkat("elsewhere", folder.fd, CACHE), 0);
    assert_runs(OLD);
    ck_assert(!unit_exists(&folder, ".sciwrap/elsewhere"));
}
END_TEST

START_TEST(what_a_killed_writer_left_goes_away)
{
    use_old(7);
    unit_write(&folder, ".sciwrap/.catalog.0123456789abcdef", "half");
    unit_write(&folder, ".sciwrap/.catalog.fedcba9876543210", "half");
    ck_assert_int_eq(utimensat(folder.fd, ".sciwrap/.catalog.0123456789abcdef",
                               (struct timespec[]){{.tv_sec = 1000000000}, {.tv_sec = 1000000000}}, 0),
                     0);
    assert_runs(OLD);
    ck_assert(!unit_exists(&folder, ".sciwrap/.catalog.0123456789abcdef") &&
              unit_exists(&folder, ".sciwrap/.catalog.fedcba9876543210"));
}
END_TEST

enum { TORN_FORMS = 5 };

static void write_torn(int number, int form)
{
    auto_free char *text = manifest_of("torn");
    size_t length = strlen(text);
    switch (form) {
    case 0:
        length = 0;
        break;
    case 1:
        length /= 2;
        break;
    case 2:
        memset(text, 0, length);
        break;
    case 3:
        memset(text + length / 3, 0, length / 3);
        break;
    default:
        length -= 2;
        break;
    }
    write_record(number, text, length);
}

START_TEST(a_torn_record_is_not_there_and_told_once)
{
    auto_release(catalog) struct catalog catalog = {0};
    struct err err = {0};
    write_runs(3);
    write_torn(3, _i);
    write_torn(4, _i);
    load(&catalog);
    ck_assert_uint_eq(catalog.count, 3);
    ck_assert_uint_eq(catalog.notes.count, 1);
    ck_assert_ptr_nonnull(strstr(catalog.notes.item[0], "000000000015, 00000000001c"));
    ck_assert_ptr_null(catalog_find(&catalog, "000000000015"));
    ck_assert_ptr_null(project_resolve(&project, "000000000015", &err));
    assert_error(&err, ERR_NOT_FOUND, "no run '000000000015'");
    /* A shortened ID means the whole record. */
    struct err second = {0};
    write_record(0x20, "", 0);
    auto_free char *full = project_resolve(&project, "00000000000e", &second);
    ck_assert_msg(full != NULL, "%s", second.text);
}
END_TEST

START_TEST(other_things_among_the_runs)
{
    auto_release(catalog) struct catalog catalog = {0};
    write_runs(2);
    static const char newer[] = "{\"schema\": \"sciwrap-manifest/2\"}";
    static const char lacking[] = "{\"schema\": \"sciwrap-manifest/1\", \"experiment\": {}}";
    write_record(2, newer, strlen(newer));
    write_record(3, lacking, strlen(lacking));
    ck_assert_int_eq(mkdirat(project.runs_fd, "0000000000ff", 0700), 0);
    ck_assert_int_eq(mkdirat(project.runs_fd, "0000000000ffmore", 0700), 0);
    ck_assert_int_eq(mkdirat(project.runs_fd, "0000000000fe", 0700), 0);
    ck_assert_int_eq(mkdirat(project.runs_fd, "0000000000fe/manifest.json", 0700), 0);
    ck_assert_int_eq(mknodat(project.runs_fd, "0000000000ff/manifest.json", S_IFIFO | 0600, 0), 0);
    unit_write(&folder, ".sciwrap/runs/0000000000fd", "a file");
    load(&catalog);
    ck_assert_uint_eq(catalog.count, 2);
    ck_assert_uint_eq(catalog.notes.count, 4);
    ck_assert_ptr_nonnull(strstr(catalog.notes.item[0], "newer schema"));
    for (size_t i = 2; i < 4; i++) {
        ck_assert_msg(strstr(catalog.notes.item[i], "not a regular file") != NULL, "%s", catalog.notes.item[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("catalog");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_add_test(core, a_run_is_told_as_its_manifest_has_it);
    tcase_add_test(core, a_project_without_runs_has_none);
    tcase_add_test(core, other_things_among_the_runs);
    suite_add_tcase(suite, core);
    TCase *cache = tcase_create("Cache");
    tcase_add_unchecked_fixture(cache, begin_old, end_old);
    tcase_set_timeout(cache, 60);
    tcase_add_test(cache, few_runs_and_young_runs_make_no_cache);
    tcase_add_test(cache, the_cache_changes_nothing_but_the_time);
    tcase_add_test(cache, an_edit_in_place_that_keeps_size_and_time_is_noticed);
    tcase_add_test(cache, what_was_removed_is_gone);
    tcase_add_test(cache, a_damaged_cache_is_none);
    tcase_add_test(cache, a_cache_that_lies_harms_nothing);
    tcase_add_test(cache, what_cannot_be_written_is_read_all_the_same);
    tcase_add_test(cache, what_a_killed_writer_left_goes_away);
    suite_add_tcase(suite, cache);
    TCase *torn = tcase_create("Torn");
    tcase_add_checked_fixture(torn, begin, end);
    tcase_add_loop_test(torn, a_torn_record_is_not_there_and_told_once, 0, TORN_FORMS);
    suite_add_tcase(suite, torn);
    return unit_run(suite);
}
