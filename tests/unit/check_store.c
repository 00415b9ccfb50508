/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of env/store and supply/stage: a tree is there whole or not at all, and who comes second succeeds too. */
#include "env/store.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "supply/stage.h"
#include "unit.h"

static struct unit_folder folder;
static struct store store;
static const struct store_tree example = {.entries = 3, .bytes = 70000000000, .changes = {{1, 2, 4, 5, 6, 7}}};

static void begin(void)
{
    struct err err = {0};
    unit_folder_begin(&folder);
    auto_free char *path = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/deep/store", folder.path), 0);
    setenv("SCIWRAP_STORE", path, 1);
    unsetenv("SCIWRAP_SITE_STORE");
    ck_assert_msg(store_open_writable(&store, &err) == 0, "%s", err.text);
}

static void end(void)
{
    store_close(&store);
    unit_folder_end(&folder);
}

static struct store_tree named(const char *name)
{
    struct store_tree tree = example;
    digest_bytes(name, strlen(name), &tree.artifact);
    digest_bytes("index", 5, &tree.tree);
    return tree;
}

/* A committed tree with one file in it, which holds `content`. */
static void publish_over(const char *name, const char *content, bool replace)
{
    struct stage stage = {.fd = -1};
    struct err err = {0};
    struct store_tree tree = named(name);
    ck_assert_msg(stage_begin(&stage, &store, &err) == 0, "%s", err.text);
    stage.replace = replace;
    ck_assert_int_eq(mkdirat(stage.fd, "rootfs", 0755), 0);
    int fd = openat(stage.fd, "rootfs/file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
    ck_assert_msg(stage_commit_tree(&stage, &tree, &err) == 0, "%s", err.text);
    stage_release(&stage);
}

static void publish(const char *name, const char *content)
{
    publish_over(name, content, false);
}

static int find(const char *name, struct store_tree *ret_tree)
{
    struct err err = {0};
    struct store_tree want = named(name);
    int found = store_find_tree(&store, &want.artifact, ret_tree, &err);
    assert_no_error(&err);
    return found;
}

static size_t count_in(const char *name)
{
    struct strlist names = {0};
    struct err err = {0};
    ck_assert_int_eq(fs_list(store.fd, name, &names, &err), 0);
    size_t count = names.count;
    strlist_release(&names);
    return count;
}

START_TEST(finds_what_was_committed)
{
    struct store_tree tree = {.fd = -1};
    ck_assert_int_eq(find("one", &tree), 0);
    publish("one", "1");
    ck_assert_int_eq(find("one", &tree), 1);
    ck_assert_uint_eq(tree.bytes, 70000000000);
    ck_assert_uint_eq(tree.changes.count[CHANGE_ATTRIBUTES], 5);
    ck_assert_uint_eq(tree.changes.count[CHANGE_TIMES], 7);
    ck_assert_int_eq(access(tree.rootfs, F_OK), 0);
    store_tree_release(&tree);
    ck_assert_int_eq(find("other", &tree), 0);
    ck_assert_uint_eq(count_in("tmp"), 0);
}
END_TEST

static void assert_holds(const char *content)
{
    struct store_tree tree = {.fd = -1};
    struct buf text = {0};
    struct err err = {0};
    ck_assert_int_eq(find("one", &tree), 1);
    ck_assert_int_eq(fs_read_at(tree.fd, "rootfs/file", 100, &text, &err), 0);
    ck_assert_str_eq(buf_text(&text), content);
    buf_release(&text);
    store_tree_release(&tree);
    ck_assert_uint_eq(count_in("tmp"), 0);
    ck_assert_uint_eq(count_in("trees"), 1);
}

START_TEST(takes_the_tree_of_who_was_faster)
{
    publish("one", "first");
    publish("one", "second");
    assert_holds("first");
}
END_TEST

START_TEST(replaces_a_tree_on_request)
{
    publish("one", "first");
    publish_over("one", "second", true);
    assert_holds("second");
}
END_TEST

/* The meta of the tree "one", changed by `change`. */
static void damage(void (*change)(char *text))
{
    char hex[DIGEST_HEX + 1];
    struct store_tree tree = named("one");
    struct buf text = {0};
    struct err err = {0};
    digest_to_hex(&tree.artifact, hex);
    auto_free char *name = NULL;
    ck_assert_int_gt(asprintf(&name, "trees/%s/meta", hex), 0);
    ck_assert_int_eq(fs_read_at(store.fd, name, 10000, &text, &err), 0);
    change(text.bytes);
    int fd = openat(store.fd, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
    ck_assert_int_eq(write(fd, text.bytes, strlen(text.bytes)), (ssize_t)strlen(text.bytes));
    close(fd);
    buf_release(&text);
}

static void cut(char *text)
{
    text[strlen(text) / 2] = '\0';
}

static void empty(char *text)
{
    text[0] = '\0';
}

static void falsify(char *text)
{
    char *entries = strstr(text, "entries 3");
    ck_assert_ptr_nonnull(entries);
    entries[8] = '4';
}

/* As after a power cut: written in another boot, and never known to be on the disk. */
static void from_another_boot(char *text)
{
    struct digest check;
    char hex[DIGEST_HEX + 1];
    char *boot = strstr(text, "boot ");
    ck_assert_ptr_nonnull(boot);
    memcpy(boot + 5, "00000000", 8);
    char *line = strstr(text, "check ");
    digest_bytes(text, (size_t)(line - text), &check);
    digest_to_hex(&check, hex);
    memcpy(line + 6, hex, DIGEST_HEX);
    strcpy(strstr(text, "synced "), "synced no \n");
}

static void from_another_boot_synced(char *text)
{
    from_another_boot(text);
    strcpy(strstr(text, "synced "), "synced yes\n");
}

static void (*const damages[])(char *) = {cut, empty, falsify, from_another_boot};

/* Waits until the child in the background has marked the tree, so that it does not write into the test's changes. */
static void wait_until_synced(void)
{
    struct store_tree tree = named("one");
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&tree.artifact, hex);
    auto_free char *name = NULL;
    ck_assert_int_gt(asprintf(&name, "trees/%s/meta", hex), 0);
    for (int i = 0; i < 3000; i++) {
        struct buf text = {0};
        struct err err = {0};
        ck_assert_int_eq(fs_read_at(store.fd, name, 10000, &text, &err), 0);
        bool synced = strstr(buf_text(&text), "synced yes") != NULL;
        buf_release(&text);
        if (synced) {
            return;
        }
        usleep(10000);
    }
    ck_abort_msg("the tree was never marked as synced");
}

START_TEST(damaged_tree_is_not_there_and_is_replaced)
{
    struct store_tree tree = {.fd = -1};
    publish("one", "1");
    wait_until_synced();
    damage(damages[_i]);
    ck_assert_int_eq(find("one", &tree), 0);
    publish("one", "2");
    ck_assert_int_eq(find("one", &tree), 1);
    store_tree_release(&tree);
    ck_assert_uint_eq(count_in("tmp"), 0);
}
END_TEST

START_TEST(synced_tree_of_another_boot_is_there)
{
    struct store_tree tree = {.fd = -1};
    publish("one", "1");
    wait_until_synced();
    damage(from_another_boot_synced);
    ck_assert_int_eq(find("one", &tree), 1);
    store_tree_release(&tree);
}
END_TEST

START_TEST(meta_is_refused_unless_whole)
{
    struct store_tree tree = {0};
    struct store_tree from = named("x");
    struct err err = {0};
    auto_free char *text = store_meta_format(&from);
    ck_assert_int_eq(store_meta_parse(text, &tree, &err), 0);
    ck_assert(digest_equal(&tree.tree, &from.tree));
    for (size_t length = 0; length < strlen(text); length++) {
        struct err why = {0};
        auto_free char *part = strndup(text, length);
        ck_assert_int_eq(store_meta_parse(part, &tree, &why), -1);
        assert_error(&why, ERR_INVALID, "not whole");
    }
}
END_TEST

START_TEST(stage_disappears_unless_committed)
{
    struct stage stage = {.fd = -1};
    struct err err = {0};
    ck_assert_int_eq(stage_begin(&stage, &store, &err), 0);
    ck_assert_int_eq(mkdirat(stage.fd, "rootfs", 0), 0);
    ck_assert_uint_eq(count_in("tmp"), 1);
    stage_release(&stage);
    ck_assert_uint_eq(count_in("tmp"), 0);
    stage_release(&stage);
}
END_TEST

/* A process that ends with a stage in its hands, as a kill ends it. */
static void leave_a_stage(void)
{
    struct err err = {0};
    struct stage stage = {.fd = -1};
    pid_t child = fork();
    if (child == 0) {
        bool made = stage_begin(&stage, &store, &err) == 0 && mkdirat(stage.fd, "rootfs", 0) == 0;
        _exit(made ? 0 : 1);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static const char *const sharings[] = {"no", "yes"};

START_TEST(stage_of_the_living_stays_and_of_the_dead_goes)
{
    struct stage mine = {.fd = -1};
    struct stage second = {.fd = -1};
    struct err err = {0};
    setenv("SCIWRAP_STORE_SHARED", sharings[_i], 1);
    ck_assert_int_eq(stage_begin(&mine, &store, &err), 0);
    ck_assert_int_eq(stage_begin(&second, &store, &err), 0);
    ck_assert_uint_eq(count_in("tmp"), 2);
    leave_a_stage();
    ck_assert_uint_eq(count_in("tmp"), 3);
    stage_release(&mine);
    ck_assert_int_eq(stage_begin(&mine, &store, &err), 0);
    ck_assert_uint_eq(count_in("tmp"), 2);
    stage_release(&mine);
    stage_release(&second);
    ck_assert_uint_eq(count_in("tmp"), 0);
}
END_TEST

/* A file system whose locks lie: ours is free, and so it is with every other process. */
START_TEST(stage_of_the_living_stays_whatever_its_lock_says)
{
    struct stage mine = {.fd = -1};
    struct stage second = {.fd = -1};
    struct err err = {0};
    setenv("SCIWRAP_STORE_SHARED", sharings[_i], 1);
    ck_assert_int_eq(stage_begin(&mine, &store, &err), 0);
    ck_assert_int_eq(flock(mine.fd, LOCK_UN), 0);
    ck_assert_int_eq(stage_begin(&second, &store, &err), 0);
    ck_assert_uint_eq(count_in("tmp"), 2);
    stage_release(&second);
    stage_release(&mine);
}
END_TEST

/* As another process leaves it that took a living one's stage for garbage. */
START_TEST(stage_that_was_taken_away_is_not_published)
{
    struct stage mine = {.fd = -1};
    struct store_tree tree = named("one");
    struct err err = {0};
    ck_assert_int_eq(stage_begin(&mine, &store, &err), 0);
    ck_assert_int_eq(mkdirat(mine.fd, "rootfs", 0755), 0);
    auto_free char *name = NULL;
    ck_assert_int_gt(asprintf(&name, "tmp/%s", mine.name), 0);
    ck_assert_int_eq(renameat(store.fd, name, store.fd, "tmp/del.x"), 0);
    ck_assert_int_eq(stage_commit_tree(&mine, &tree, &err), -1);
    assert_error(&err, ERR_SYSTEM, "publish the tree");
    stage_release(&mine);
    ck_assert_int_eq(find("one", &tree), 0);
}
END_TEST

START_TEST(keeps_blobs)
{
    struct stage stage = {.fd = -1};
    struct err err = {0};
    struct digest digest;
    digest_bytes("abc", 3, &digest);
    ck_assert_int_eq(store_open_blob(&store, &digest, &err), -1);
    ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
    err = (struct err){0};
    ck_assert_int_eq(stage_begin(&stage, &store, &err), 0);
    close(openat(stage.fd, "b", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ck_assert_msg(stage_commit_blob(&stage, "b", &digest, &err) == 0, "%s", err.text);
    stage_release(&stage);
    int fd = store_open_blob(&store, &digest, &err);
    ck_assert_int_ge(fd, 0);
    close(fd);
}
END_TEST

START_TEST(site_store_is_looked_in_first)
{
    struct store_tree tree = {.fd = -1};
    publish("one", "1");
    setenv("SCIWRAP_SITE_STORE", store.path, 1);
    struct err err = {0};
    struct store none = {.fd = -1};
    struct store_tree want = named("one");
    ck_assert_int_eq(store_find_tree(&none, &want.artifact, &tree, &err), 1);
    store_tree_release(&tree);
    setenv("SCIWRAP_SITE_STORE", "/nonexistent", 1);
    ck_assert_int_eq(find("one", &tree), 1);
    store_tree_release(&tree);
}
END_TEST

START_TEST(store_that_is_not_there_is_empty)
{
    struct store_tree tree = {.fd = -1};
    struct store other = {.fd = -1};
    struct err err = {0};
    struct store_tree want = named("one");
    setenv("SCIWRAP_STORE", "/nonexistent/store", 1);
    ck_assert_int_eq(store_open(&other, &err), 0);
    ck_assert_int_eq(store_find_tree(&other, &want.artifact, &tree, &err), 0);
    store_close(&other);
    assert_no_error(&err);
}
END_TEST

static Suite *store_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *tcase = tcase_create("store");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, finds_what_was_committed);
    tcase_add_test(tcase, takes_the_tree_of_who_was_faster);
    tcase_add_test(tcase, replaces_a_tree_on_request);
    tcase_add_loop_test(tcase, damaged_tree_is_not_there_and_is_replaced, 0, ROWS(damages));
    tcase_add_test(tcase, synced_tree_of_another_boot_is_there);
    tcase_add_test(tcase, meta_is_refused_unless_whole);
    tcase_add_test(tcase, stage_disappears_unless_committed);
    tcase_add_loop_test(tcase, stage_of_the_living_stays_and_of_the_dead_goes, 0, ROWS(sharings));
    tcase_add_loop_test(tcase, stage_of_the_living_stays_whatever_its_lock_says, 0, ROWS(sharings));
    tcase_add_test(tcase, stage_that_was_taken_away_is_not_published);
    tcase_add_test(tcase, keeps_blobs);
    tcase_add_test(tcase, site_store_is_looked_in_first);
    tcase_add_test(tcase, store_that_is_not_there_is_empty);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return unit_run(store_suite());
}
