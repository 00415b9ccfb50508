/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/announcement, run/host_processes and run/traces: what foreign processes and records may say. */
#include <inttypes.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "run/announcement.h"
#include "run/host_processes.h"
#include "run/traces.h"
#include "unit.h"

#define STATUS                                                                                                         \
    "Name:\tsleep\nUmask:\t0022\nPPid:\t7\nUid:\t5\t5\t5\t5\nGroups:\t1 2 \nNSpid:\t4242\t53\nVmRSS:\t    12 kB\n"

START_TEST(reads_a_status)
{
    struct host_process process;
    ck_assert(host_process_parse(STATUS, 4242, &process));
    ck_assert_int_eq(process.parent, 7);
    ck_assert_uint_eq(process.uid, 5);
    ck_assert(process.plain_uid);
    ck_assert_int_eq(process.levels, 2);
    ck_assert_int_eq(process.number[1], 53);
    ck_assert_uint_eq(process.rss_bytes, 12 * 1024);
    ck_assert_str_eq(process.name, "sleep");
    /* set-user-ID programs are seen as such */
    ck_assert(host_process_parse("Name:\tx\nPPid:\t0\nUid:\t5\t0\t0\t0\nNSpid:\t9\n", 9, &process));
    ck_assert(!process.plain_uid);
    ck_assert_uint_eq(process.rss_bytes, 0);
}
END_TEST

START_TEST(refuses_a_status_that_is_none)
{
    static const char *const refused[] = {
        "",
        "PPid:\t7\nUid:\t5\t5\t5\t5\nNSpid:\t9\n",
        "Name:\tx\nUid:\t5\t5\t5\t5\nNSpid:\t9\n",
        "Name:\tx\nPPid:\t7\nUid:\t5\t5\nNSpid:\t9\n",
        "Name:\tx\nPPid:\t7\nUid:\t5\t5\t5\t5\n",
        "Name:\tx\nPPid:\t7\nUid:\t5\t5\t5\t5\nNSpid:\t8\n",
        "Name:\tx\nPPid:\t7\nUid:\t5\t5\t5\t5\nNSpid:\t9\t0\n",
        "Name:\tx\nPPid:\t99999999999\nUid:\t5\t5\t5\t5\nNSpid:\t9\n",
        /* a name cannot bring lines of its own: the kernel writes \n as two characters */
        "Name:\tx\\nNSpid:\t9\nPPid:\t7\nUid:\t5\t5\t5\t5\n",
    };
    struct host_process process;
    for (size_t i = 0; i < ROWS(refused); i++) {
        ck_assert_msg(!host_process_parse(refused[i], 9, &process), "accepted: %s", refused[i]);
    }
}
END_TEST

START_TEST(climbs_to_an_ancestor_and_never_for_ever)
{
    struct host_process item[] = {{.pid = 2, .parent = 3}, {.pid = 3, .parent = 2}, {.pid = 5, .parent = 2}};
    struct host_processes processes = {.item = item, .count = ROWS(item)};
    ck_assert(host_processes_descends(&processes, &item[2], 3));
    ck_assert(!host_processes_descends(&processes, &item[2], 9));
}
END_TEST

#define NUMBERS          "\"namespaces\":{\"user\":1,\"mnt\":2,\"pid\":3,\"ipc\":4,\"uts\":5,\"net\":6,\"cgroup\":7}"
#define ARTIFACT         "\"artifact\":\"0123456789012345678901234567890123456789012345678901234567890123\""
#define SCHEMA           "\"schema\":\"sciwrap-running/1\""
#define NAMED            "\"id\":\"0123456789ab\",\"environment\":\"tool\",\"command\":[\"a\",\"b\"]"
#define TIMED            "\"started_ns\":5,\"host_pid\":77"
#define IDS              "\"gid\":1,\"environment\":[\"A=b\"]}"
#define INSIDE(mask, id) "\"inside\":{\"workdir\":\"/workspace\",\"umask\":\"" mask "\",\"uid\":" id "," IDS

START_TEST(reads_an_announcement)
{
    struct err err = {0};
    struct announcement facts;
    static const char text[] =
        "{" SCHEMA "," NAMED "," ARTIFACT "," TIMED "," NUMBERS ",\"recorded\":true," INSIDE("0022", "9") "}\n";
    ck_assert_int_eq(announcement_parse(&facts, text, strlen(text), &err), 0);
    ck_assert_str_eq(facts.id, "0123456789ab");
    ck_assert_str_eq(facts.environment, "tool");
    ck_assert_uint_eq(facts.command.count, 2);
    ck_assert_int_eq(facts.host_pid, 77);
    ck_assert_uint_eq(facts.namespace[2], 3);
    ck_assert(facts.recorded && facts.complete);
    ck_assert_uint_eq(facts.inside.umask, 022);
    ck_assert_uint_eq(facts.inside.inner_uid, 9);
    ck_assert_str_eq(facts.inside.environment.item[0], "A=b");
    announcement_release(&facts);
    assert_no_error(&err);
}
END_TEST

START_TEST(refuses_an_announcement_that_no_launcher_writes)
{
    static const char *const refused[] = {
        "",
        "[]",
        "{}",
        "{" NAMED "," ARTIFACT "," TIMED "," NUMBERS "}",
        "{\"schema\":\"sciwrap-running/2\"," NAMED "," ARTIFACT "," TIMED "," NUMBERS "}",
        "{" SCHEMA ",\"id\":\"../../../etc\",\"environment\":\"t\"," ARTIFACT "," TIMED "," NUMBERS "}",
        "{" SCHEMA ",\"id\":\"0123456789AB\",\"environment\":\"t\"," ARTIFACT "," TIMED "," NUMBERS "}",
        "{" SCHEMA ",\"id\":\"0123456789ab\"," ARTIFACT "," TIMED "," NUMBERS "}",
        "{" SCHEMA "," NAMED ",\"artifact\":\"00\"," TIMED "," NUMBERS "}",
        "{" SCHEMA "," NAMED "," ARTIFACT ",\"started_ns\":5,\"host_pid\":0," NUMBERS "}",
        "{" SCHEMA "," NAMED "," ARTIFACT ",\"started_ns\":5,\"host_pid\":1," NUMBERS "}",
        "{" SCHEMA "," NAMED "," ARTIFACT ",\"started_ns\":5,\"host_pid\":-5," NUMBERS "}",
        "{" SCHEMA "," NAMED "," ARTIFACT ",\"started_ns\":5,\"host_pid\":4294967300," NUMBERS "}",
        "{" SCHEMA "," NAMED "," ARTIFACT "," TIMED ",\"namespaces\":{\"user\":1}}",
        "{" SCHEMA "," NAMED "," ARTIFACT "," TIMED "," NUMBERS ",\"project\":\"relative\"}",
        "{" SCHEMA "," NAMED "," ARTIFACT "," TIMED "," NUMBERS "," INSIDE("7777", "9") "}",
        "{" SCHEMA "," NAMED "," ARTIFACT "," TIMED "," NUMBERS "," INSIDE("0022", "4294967295") "}",
        "{" SCHEMA "," NAMED "," ARTIFACT "," TIMED "," NUMBERS ",\"inside\":{\"umask\":\"0022\",\"uid\":1,\"gid\":1}}",
    };
    for (size_t i = 0; i < ROWS(refused); i++) {
        struct err err = {0};
        struct announcement facts;
        int result = announcement_parse(&facts, refused[i], strlen(refused[i]), &err);
        ck_assert_msg(result < 0 && err.kind == ERR_INVALID, "accepted: %s", refused[i]);
        announcement_release(&facts);
    }
}
END_TEST

START_TEST(makes_a_file_that_is_found_and_counts_entries)
{
    struct err err = {0};
    struct announcement facts;
    char name[] = "tool";
    char workdir[] = "/w";
    char argument[] = "a";
    struct manifest manifest = {.setup.environment.name = name, .circumstances.workdir = workdir};
    struct plan plan = {.workdir = workdir, .umask = 027, .inner_uid = 12};
    struct launch_result launched = {.init_pid = 99, .started_ns = 8};
    static const char *const names[LAUNCH_NAMESPACES] = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup"};
    for (int i = 0; i < LAUNCH_NAMESPACES; i++) {
        launched.namespace[i].name = names[i];
        launched.namespace[i].number = 100 + i;
    }
    strlist_add(&plan.argv, argument);
    int held = announcement_make(&manifest, &plan, NULL, &launched);
    ck_assert_int_ge(held, 0);
    ck_assert_uint_eq(announcement_entered(held), 0);
    ck_assert_int_lt(pwrite(held, "x", 1, 0), 0); /* sealed */
    ck_assert_int_lt(ftruncate(held, 1), 0);
    for (unsigned entries = 1; entries <= 3; entries++) {
        int found = announcement_open(getpid(), true);
        ck_assert_int_ge(found, 0);
        ck_assert_int_eq(announcement_count_entry(found, &err), 0);
        ck_assert_int_eq(announcement_read(&facts, found, &err), 0);
        ck_assert_int_eq(facts.host_pid, 99);
        ck_assert_uint_eq(facts.inside.umask, 027);
        ck_assert(!facts.recorded && strlen(facts.id) == RUN_ID_LENGTH);
        ck_assert_uint_eq(announcement_entered(held), entries);
        announcement_release(&facts);
        close(found);
    }
    close(held);
    ck_assert_int_eq(announcement_open(getpid(), false), -1);
    strlist_release(&plan.argv);
    assert_no_error(&err);
}
END_TEST

START_TEST(takes_no_file_that_is_not_sealed)
{
    int fd = memfd_create(ANNOUNCEMENT_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(announcement_open(getpid(), false), -1);
    close(fd);
}
END_TEST

static void trace(struct trace_list *list, uint64_t number, bool is_namespace)
{
    static const char text[] =
        "{\"id\":\"0123456789ab\",\"experiment\":{\"environment\":{\"name\":\"tool\"},\"command\":[\"x\"]},"
        "\"circumstances\":{\"started\":\"2026\",\"namespaces\":{\"user\":4026532000,\"pid\":4026532001},"
        "\"host_pid\":500,\"processes\":[{\"pid\":53,\"host_pid\":600},{\"pid\":54}]}}";
    struct err err = {0};
    struct doc *doc = doc_parse("m", text, strlen(text), &err);
    ck_assert_ptr_nonnull(doc);
    traces_in(list, doc, "/m", number, is_namespace);
    doc_free(doc);
}

START_TEST(finds_the_numbers_of_a_record)
{
    static const struct {
        uint64_t number;
        bool is_namespace;
        const char *what;
    } rows[] = {
        {4026532000, true, "user namespace"},
        {4026532001, true, "pid namespace"},
        {500, false, "PID 1"},
        {600, false, "PID 53"},
        {4026532002, true, NULL},
        {53, false, NULL},
        {501, false, NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct trace_list list = {0};
        trace(&list, rows[i].number, rows[i].is_namespace);
        ck_assert_uint_eq(list.count, rows[i].what != NULL);
        if (rows[i].what != NULL) {
            ck_assert_str_eq(list.item[0].what, rows[i].what);
            ck_assert_str_eq(list.item[0].environment, "tool");
            ck_assert(!list.item[0].this_boot);
        }
        traces_release(&list);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("running");
    TCase *group = tcase_create("running");
    tcase_add_test(group, reads_a_status);
    tcase_add_test(group, refuses_a_status_that_is_none);
    tcase_add_test(group, climbs_to_an_ancestor_and_never_for_ever);
    tcase_add_test(group, reads_an_announcement);
    tcase_add_test(group, refuses_an_announcement_that_no_launcher_writes);
    tcase_add_test(group, makes_a_file_that_is_found_and_counts_entries);
    tcase_add_test(group, takes_no_file_that_is_not_sealed);
    tcase_add_test(group, finds_the_numbers_of_a_record);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
