/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/manifest: what is written comes back, what is damaged or hostile is refused. */
#include "run/manifest.h"

#include "base/mem.h"
#include "unit.h"

static void fill_setup(struct setup *setup)
{
    setup->environment.name = xstrdup("tool-1.0");
    digest_bytes("a", 1, &setup->environment.artifact);
    digest_bytes("t", 1, &setup->environment.tree);
    setup->environment.size = 12345;
    setup->environment.entries = 7;
    setup->environment.recipe = xstrdup("tool");
    strlist_add(&setup->argv, "tool");
    strlist_add(&setup->argv, "");
    strlist_add(&setup->argv, "caf\xe9");
    setup->workdir = xstrdup("/workspace");
    strlist_add(&setup->variables, "A=1=2");
    strlist_add(&setup->variables, "B=\xff");
    setup->network = NETWORK_HOST;
    setup->identity = IDENTITY_ROOT;
    setup->umask = 027;
    setup->home = xstrdup("/home/researcher");
    setup->user = xstrdup("root");
    setup->hostname = xstrdup("sciwrap");
    setup->no_fix = 1U << FIX_UMASK | 1U << FIX_ASLR;
    setup->cpus = 6;
    setup->cpu_baseline = 3;
    setup->has_seed = true;
    setup->seed = SETUP_SEED_MOST;
    setup->limits = (struct limits){{10, 512 << 20, 2, 1500000000, 1, 64}};
    setup->writable = true;
    struct bind *bind = bind_add(&setup->binds, "/host/data", "/data");
    bind->read_only = true;
    bind->is_directory = true;
    bind->origin = BIND_AUTO;
}

static struct file_item *add_file(struct file_list *list, const char *path, const char *content)
{
    struct file_item *item = file_list_add(list, path);
    digest_bytes(content, strlen(content), &item->digest);
    item->has_digest = true;
    item->size = strlen(content);
    item->mode = 0644;
    return item;
}

static void fill(struct manifest *manifest)
{
    fill_setup(&manifest->setup);
    snprintf(manifest->id, sizeof(manifest->id), "0123456789ab");
    manifest->rerun_of = xstrdup("ba9876543210");
    manifest->stream[0] = (struct stream){.kind = STREAM_FILE, .path = xstrdup("in\xff.txt")};
    manifest->stream[1] = (struct stream){.kind = STREAM_PIPE};
    manifest->stream[2] = (struct stream){.kind = STREAM_TERMINAL};
    add_file(&manifest->inputs, "in\xff.txt", "in")->role = xstrdup("stdin");
    struct file_item *input = add_file(&manifest->inputs, "/data/reads.bam", "reads");
    input->role = xstrdup("argument");
    input->rewritten = true;
    input->kept = true;
    input->mtime_ns = 1700000000123456789;
    struct file_item *folder = file_list_add(&manifest->inputs, "folder");
    folder->type = FILE_DIRECTORY;
    struct file_item *in_link = file_list_add(&manifest->inputs, "latest");
    in_link->type = FILE_LINK;
    in_link->target = xstrdup("../elsewhere/\xff");
    struct file_item *renamed = add_file(&manifest->outputs, "new-name", "out");
    renamed->change = FILE_RENAMED;
    renamed->from = xstrdup("old-name");
    add_file(&manifest->outputs, "out.txt", "out")->change = FILE_CREATED;
    struct file_item *link = file_list_add(&manifest->outputs, "link");
    link->type = FILE_LINK;
    link->change = FILE_MODIFIED;
    link->target = xstrdup("out.txt");
    manifest->exit = (struct manifest_exit){.code = 137, .signal = 9};
    manifest->circumstances.workdir = xstrdup("/host/work");
    manifest->setup.environment.definition_path = xstrdup("/envs/tool.ini");
    manifest->setup.environment.definition_text = xstrdup("[artifact]\n; as it was\n");
    manifest->circumstances.launch.started_ns = 1000000000000000005;
    manifest->circumstances.launch.elapsed_ns = 42;
    manifest->recording =
        (struct recording){.method = RECORDING_COMPARISON,
                           .reason = xstrdup("no kernel for it"),
                           .verified = {.level = VERIFY_FULL, .counts = {.checked = 100, .hashed = 3, .spoiled = 70}}};
    strlist_add(&manifest->recording.verified.spoiled, "usr/bin/\xfftool");
}

START_TEST(what_is_written_comes_back)
{
    struct manifest written = {0};
    struct manifest read = {0};
    struct err err = {0};
    fill(&written);
    auto_free char *text = manifest_format(&written);
    ck_assert_msg(manifest_parse(&read, "m.json", text, strlen(text), &err) == 0, "%s", err.text);
    ck_assert_str_eq(read.id, "0123456789ab");
    ck_assert_str_eq(read.rerun_of, "ba9876543210");
    ck_assert_str_eq(read.setup.argv.item[1], "");
    ck_assert_str_eq(read.setup.argv.item[2], "caf\xe9");
    ck_assert_str_eq(read.setup.variables.item[0], "A=1=2");
    ck_assert_str_eq(read.setup.variables.item[1], "B=\xff");
    ck_assert(read.setup.network == NETWORK_HOST && read.setup.identity == IDENTITY_ROOT && read.setup.writable);
    ck_assert_uint_eq(read.setup.umask, 027);
    ck_assert_str_eq(read.setup.user, "root");
    ck_assert_uint_eq(read.setup.no_fix, 1U << FIX_UMASK | 1U << FIX_ASLR);
    ck_assert_uint_eq(read.setup.cpus, 6);
    ck_assert_uint_eq(read.setup.cpu_baseline, 3);
    ck_assert_mem_eq(&read.setup.limits, &written.setup.limits, sizeof(struct limits));
    ck_assert(read.setup.has_seed && read.setup.seed == SETUP_SEED_MOST);
    ck_assert(read.setup.binds.item[0].read_only && read.setup.binds.item[0].origin == BIND_AUTO);
    ck_assert_str_eq(read.stream[0].path, "in\xff.txt");
    ck_assert_str_eq(read.inputs.item[0].host, "/host/work/in\xff.txt");
    ck_assert_str_eq(read.inputs.item[1].host, "/host/data/reads.bam");
    ck_assert(read.inputs.item[1].rewritten && read.inputs.item[1].kept);
    ck_assert_uint_eq(read.inputs.item[1].mtime_ns, 1700000000123456789);
    ck_assert(read.inputs.item[2].type == FILE_DIRECTORY && read.inputs.item[3].type == FILE_LINK);
    ck_assert_str_eq(read.inputs.item[3].target, "../elsewhere/\xff");
    ck_assert(read.outputs.item[0].change == FILE_RENAMED);
    ck_assert_str_eq(read.outputs.item[0].from, "old-name");
    ck_assert_str_eq(read.outputs.item[2].target, "out.txt");
    ck_assert_int_eq(read.exit.signal, 9);
    ck_assert_str_eq(read.started, "2001-09-09T01:46:40.000000005Z");
    ck_assert_uint_eq(read.elapsed_ns, 42);
    ck_assert_str_eq(read.setup.environment.definition_path, "/envs/tool.ini");
    ck_assert_str_eq(read.setup.environment.definition_text, "[artifact]\n; as it was\n");
    ck_assert(read.recording.method == RECORDING_COMPARISON && read.recording.verified.level == VERIFY_FULL);
    ck_assert_str_eq(read.recording.reason, "no kernel for it");
    ck_assert_uint_eq(read.recording.verified.counts.checked, 100);
    ck_assert_uint_eq(read.recording.verified.counts.hashed, 3);
    ck_assert_uint_eq(read.recording.verified.counts.spoiled, 70);
    ck_assert_str_eq(read.recording.verified.spoiled.item[0], "usr/bin/\xfftool");
    manifest_release(&written);
    manifest_release(&read);
}
END_TEST

START_TEST(says_how_far_a_record_can_be_trusted)
{
    struct verified verified = {.counts = {.checked = 12, .hashed = 3}};
    auto_free char *used = verified_summary(&verified);
    ck_assert_str_eq(used, "used: 12 used files, 3 of them by content");
    verified.level = VERIFY_OFF;
    auto_free char *off = verified_summary(&verified);
    ck_assert_str_eq(off, "off: nothing of the environment was checked");
    verified.counts.spoiled = 2;
    auto_free char *bad = verified_summary(&verified);
    ck_assert_ptr_nonnull(strstr(bad, "SPOILED: 2 "));
}
END_TEST

/* A record of before there was such a member. */
START_TEST(a_manifest_without_recording_is_read)
{
    struct manifest written = {0};
    struct manifest read = {0};
    struct err err = {0};
    fill(&written);
    auto_free char *text = manifest_format(&written);
    char *from = strstr(text, "  \"recording\"");
    char *to = strstr(text, "  \"leaks\"");
    memmove(from, to, strlen(to) + 1);
    ck_assert_msg(manifest_parse(&read, "m.json", text, strlen(text), &err) == 0, "%s", err.text);
    ck_assert_uint_eq(read.recording.verified.counts.checked, 0);
    manifest_release(&written);
    manifest_release(&read);
}
END_TEST

START_TEST(the_same_facts_are_the_same_bytes)
{
    struct manifest first = {0};
    struct manifest second = {0};
    fill(&first);
    fill(&second);
    auto_free char *a = manifest_format(&first);
    auto_free char *b = manifest_format(&second);
    ck_assert_str_eq(a, b);
    ck_assert(strncmp(a, "{\n  \"schema\": \"sciwrap-manifest/1\",\n  \"id\": ", 40) == 0);
    manifest_release(&first);
    manifest_release(&second);
}
END_TEST

START_TEST(a_cut_manifest_is_refused_wherever_it_is_cut)
{
    struct manifest written = {0};
    fill(&written);
    auto_free char *text = manifest_format(&written);
    for (size_t length = 0; length + 3 < strlen(text); length += 7) {
        struct manifest read = {0};
        struct err err = {0};
        ck_assert_int_eq(manifest_parse(&read, "m.json", text, length, &err), -1);
        assert_error(&err, ERR_INVALID, "m.json");
        manifest_release(&read);
    }
    manifest_release(&written);
}
END_TEST

/* One replacement in a good manifest, and what the message names. */
static const struct {
    const char *from, *to, *part;
} spoiled[] = {
    {"sciwrap-manifest/1", "sciwrap-manifest/2", "newer schema"},
    {"sciwrap-manifest/1", "something/1", "not a manifest"},
    {"\"tool-1.0\"", "\"../tool\"", "name"},
    {"\"sha256\": \"ca978112", "\"sha256\": \"CA978112", "sha256"},
    {"\"path\": \"out.txt\"", "\"path\": \"../out.txt\"", "path"},
    {"\"path\": \"out.txt\"", "\"path\": \"a/../../b\"", "path"},
    {"\"path\": \"out.txt\"", "\"path\": \"/\"", "path"},
    {"\"path\": \"out.txt\"", "\"path\": {\"base64\": \"YQBi\"}", "path"},
    {"\"path\": \"/data\",\n          \"access\"", "\"path\": \"/data/../etc\",\n          \"access\"", "binds"},
    {"\"access\": \"ro\"", "\"access\": \"rx\"", "binds"},
    {"\"workdir\": \"/workspace\"", "\"workdir\": \"workspace\"", "workdir"},
    {"\"home\": \"/home/researcher\"", "\"home\": \"/home/..\"", "home"},
    {"\"umask\": \"0027\"", "\"umask\": \"27\"", "umask"},
    {"\"uid\": 0", "\"uid\": 4294967295", "uid"},
    {"\"uid\": 0", "\"uid\": -1", "uid"},
    {"\"user\": \"root\"", "\"user\": \"root:x\"", "user"},
    {"\"user\": \"root\"", "\"user\": \"\"", "user"},
    {"\"user\": \"root\"", "\"user\": 0", "user"},
    {"\"hostname\": \"sciwrap\"", "\"hostname\": \"a\\n1.2.3.4 b\"", "hostname"},
    {"\"cpus\": 6", "\"cpus\": 0", "cpus"},
    {"\"cpus\": 6", "\"cpus\": \"6\"", "cpus"},
    {"\"cpus\": 6", "\"cpus\": 99999999", "cpus"},
    {"\"cpu_baseline\": \"v3\"", "\"cpu_baseline\": \"v5\"", "cpu_baseline"},
    {"\"cpu_baseline\": \"v3\"", "\"cpu_baseline\": \"none\"", "cpu_baseline"},
    {"\"seed\": 9223372036854775807", "\"seed\": -1", "seed"},
    {"\"pids\": 10", "\"pids\": 0", "pids"},
    {"\"pids\": 10", "\"pids\": 4194305", "pids"},
    {"\"pids\": 10", "\"pids\": \"10\"", "pids"},
    {"\"memory_bytes\": 536870912", "\"memory_bytes\": 1", "memory_bytes"},
    {"\"memory_bytes\": 536870912", "\"memory_bytes\": -1", "memory_bytes"},
    {"\"time_s\": 1.5", "\"time_s\": -1.5", "time_s"},
    {"\"time_s\": 1.5", "\"time_s\": 1e300", "time_s"},
    {"\"time_s\": 1.5", "\"time_s\": 0", "time_s"},
    {"\"time_s\": 1.5", "\"time_s\": true", "time_s"},
    {"\"open_files\": 64", "\"open_files\": 2", "open_files"},
    {"\"seed\": 9223372036854775807", "\"seed\": 1.5", "seed"},
    {"\"aslr\"", "\"aslrs\"", "disabled"},
    {"\"address_randomisation\": true", "\"address_randomisation\": false", "address_randomisation"},
    {"\"network\": \"host\"", "\"network\": \"all\"", "network"},
    {"\"kind\": \"pipe\"", "\"kind\": \"hose\"", "stdout"},
    {"\"code\": 137", "\"code\": 256", "exit"},
    {"\"change\": \"created\"", "\"change\": \"changed\"", "out.txt"},
    {"\"from\": \"old-name\"", "\"from\": \"../old-name\"", "from"},
    {"\"folder\",\n        \"type\": \"directory\"", "\"folder\",\n        \"type\": \"other\"", "inputs"},
    {"\"folder\",\n        \"type\": \"directory\"", "\"folder\",\n        \"type\": \"file\"", "inputs"},
    {"\"target\": {", "\"untarget\": {", "inputs"},
    {"\"A\": \"1=2\"", "\"A\": 12", "variables"},
    {"\"method\": \"comparison\"", "\"method\": \"guess\"", "recording"},
    {"\"level\": \"full\"", "\"level\": \"most\"", "level"},
    {"\"A\": \"1=2\"", "\"B\": \"1=2\"", "duplicate"},
};

START_TEST(refuses_what_a_manifest_never_holds)
{
    struct manifest written = {0};
    struct manifest read = {0};
    struct err err = {0};
    fill(&written);
    auto_free char *text = manifest_format(&written);
    char *at = strstr(text, spoiled[_i].from);
    ck_assert_msg(at != NULL, "no %s in %s", spoiled[_i].from, text);
    auto_free char *changed =
        xasprintf("%.*s%s%s", (int)(at - text), text, spoiled[_i].to, at + strlen(spoiled[_i].from));
    ck_assert_int_eq(manifest_parse(&read, "m.json", changed, strlen(changed), &err), -1);
    assert_error(&err, ERR_INVALID, spoiled[_i].part);
    manifest_release(&written);
    manifest_release(&read);
}
END_TEST

static const char *const not_manifests[] = {"", "{}", "[]", "null", "\"x\"", "{\"schema\": 1}", "\xff\xfe", "{} {}"};

START_TEST(refuses_what_is_no_manifest)
{
    struct manifest read = {0};
    struct err err = {0};
    ck_assert_int_eq(manifest_parse(&read, "m.json", not_manifests[_i], strlen(not_manifests[_i]), &err), -1);
    assert_error(&err, ERR_INVALID, "m.json");
    manifest_release(&read);
}
END_TEST

/* Before the settings stood in a manifest the mask of the command was 022, whatever that of the caller was, and
 * addresses were random. */
START_TEST(reads_a_manifest_without_settings_as_it_was_then)
{
    struct manifest written = {0};
    struct manifest read = {0};
    struct err err = {0};
    fill(&written);
    auto_free char *text = manifest_format(&written);
    char *from = strstr(text, "      \"user\": \"root\"");
    char *to = strstr(text, "      \"binds\"");
    ck_assert(from != NULL && to != NULL && from < to);
    auto_free char *old = xasprintf("%.*s%s", (int)(from - text), text, to);
    ck_assert_msg(manifest_parse(&read, "m.json", old, strlen(old), &err) == 0, "%s", err.text);
    ck_assert_uint_eq(read.setup.umask, 022);
    ck_assert_uint_eq(read.setup.no_fix, 1U << FIX_ASLR);
    ck_assert_str_eq(read.setup.user, "root");
    ck_assert(read.setup.cpus == 0 && read.setup.cpu_baseline == 0 && !read.setup.has_seed);
    manifest_release(&written);
    manifest_release(&read);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manifest");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, what_is_written_comes_back);
    tcase_add_test(core, says_how_far_a_record_can_be_trusted);
    tcase_add_test(core, a_manifest_without_recording_is_read);
    tcase_add_test(core, the_same_facts_are_the_same_bytes);
    suite_add_tcase(suite, core);
    TCase *refuses = tcase_create("Refuses");
    tcase_add_test(refuses, a_cut_manifest_is_refused_wherever_it_is_cut);
    tcase_add_loop_test(refuses, refuses_what_a_manifest_never_holds, 0, ROWS(spoiled));
    tcase_add_loop_test(refuses, refuses_what_is_no_manifest, 0, ROWS(not_manifests));
    suite_add_tcase(suite, refuses);
    TCase *settings = tcase_create("settings");
    tcase_add_test(settings, reads_a_manifest_without_settings_as_it_was_then);
    suite_add_tcase(suite, settings);
    return unit_run(suite);
}
