/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/image_manifest, supply/image_config, supply/image_archive and env/image_settings. */
#include "supply/image_manifest.h"

#include "base/buf.h"
#include "base/mem.h"
#include "env/image_settings.h"
#include "supply/image_archive.h"
#include "supply/image_config.h"
#include "unit.h"

#define HEX       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OCI       "application/vnd.oci.image."
#define BLOB(t)   "{\"mediaType\":\"" t "\",\"digest\":\"sha256:" HEX "\",\"size\":10}"
#define CONFIG    "\"config\":" BLOB(OCI "config.v1+json")
#define LAYER     BLOB(OCI "layer.v1.tar+gzip")
#define TOP(rest) "{\"schemaVersion\":2," rest "}"

static const struct {
    const char *text, *message;
} refused[] = {
    {"[]", "manifest"},
    {"{}", "is neither a manifest nor an index"},
    {"{" CONFIG ",\"layers\":[" LAYER "]}", "has no schemaVersion 2"},
    {TOP(CONFIG), "has no layers"},
    {TOP(CONFIG ",\"layers\":[]"), "has no layers"},
    {TOP(CONFIG ",\"layers\":\"x\""), "has no layers"},
    {TOP(CONFIG ",\"layers\":[1]"), "layer 1 of 1: is missing, or not a JSON object"},
    {TOP(CONFIG ",\"layers\":[" LAYER "],\"layers\":[]"), "duplicate"},
    {TOP(CONFIG ",\"layers\":[" LAYER "],\"Layers\":[]"), "has the key 'Layers', which some readers take for 'layers'"},
    {TOP(CONFIG ",\"layers\":[" LAYER "],\"manifests\":[]"), "a manifest and an index at the same time"},
    {TOP("\"mediaType\":\"" OCI "index.v1+json\"," CONFIG ",\"layers\":[" LAYER "]"), "and is a manifest"},
    {TOP("\"mediaType\":\"text/html\"," CONFIG ",\"layers\":[" LAYER "]"), "is of the type 'text/html'"},
    {TOP("\"mediaType\":5," CONFIG ",\"layers\":[" LAYER "]"), "'mediaType' is not a text"},
    {TOP("\"manifests\":[]"), "is an index of images, and a pin is of the image for one platform"},
    {TOP("\"layers\":[" LAYER "]"), "the config: is missing"},
    {TOP("\"config\":" BLOB("application/vnd.oci.empty.v1+json") ",\"layers\":[" LAYER "]"), "no image to run"},
    {TOP("\"artifactType\":\"a/b\",\"config\":" BLOB("x/y") ",\"layers\":[" LAYER "]"), "kept like one ('a/b')"},
    {TOP(CONFIG ",\"layers\":[" BLOB("application/zip") "]"), "layer 1 of 1 is of the type 'application/zip'"},
    {TOP(CONFIG ",\"layers\":[" BLOB("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip") "]"), "handed on"},
    {TOP(CONFIG ",\"layers\":[{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"sha256:" HEX "\",\"size\":0}]"),
     "no size from 1"},
    {TOP(CONFIG ",\"layers\":[{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"sha256:" HEX "\",\"size\":-1}]"),
     "no size from 1"},
    {TOP(CONFIG ",\"layers\":[{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"sha256:" HEX "\",\"size\":1e3}]"),
     "no size from 1"},
    {TOP(CONFIG ",\"layers\":[{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"sha512:" HEX "\",\"size\":1}]"),
     "not sha256: and 64 digits"},
    {TOP(CONFIG ",\"layers\":[{\"mediaType\":\"" OCI "layer.v1.tar\",\"digest\":\"sha256:../../etc\",\"size\":1}]"),
     "not sha256: and 64 digits"},
    {TOP(CONFIG ",\"layers\":[{\"digest\":\"sha256:" HEX "\",\"size\":1}]"), "has no mediaType"},
};

START_TEST(refuses_a_manifest)
{
    struct err err = {0};
    struct image_manifest manifest = {0};
    ck_assert_int_eq(image_manifest_parse("manifest", refused[_i].text, strlen(refused[_i].text), &manifest, &err), -1);
    assert_error(&err, ERR_INVALID, refused[_i].message);
    ck_assert_ptr_null(manifest.layer);
}
END_TEST

static int parse_manifest(const char *text, struct image_manifest *manifest, struct err *err)
{
    return image_manifest_parse("manifest", text, strlen(text), manifest, err);
}

START_TEST(reads_a_manifest)
{
    struct err err = {0};
    auto_release(image_manifest) struct image_manifest manifest = {0};
    const char *text = TOP(CONFIG ",\"layers\":[" LAYER "," BLOB(
        "application/vnd.docker.image.rootfs.diff.tar.gzip") "],\"annotations\":{\"LAYERS\":\"x\"},\"subject\":{}");
    ck_assert_int_eq(parse_manifest(text, &manifest, &err), 0);
    ck_assert_uint_eq(manifest.layers, 2);
    ck_assert_uint_eq(manifest.layer[1].size, 10);
    ck_assert_int_eq(manifest.config.kind, IMAGE_CONFIG);
}
END_TEST

START_TEST(writes_a_manifest_that_it_reads)
{
    struct err err = {0};
    auto_release(image_manifest) struct image_manifest manifest = {0};
    auto_release(image_manifest) struct image_manifest again = {0};
    ck_assert_int_eq(parse_manifest(TOP(CONFIG ",\"layers\":[" LAYER "," LAYER "]"), &manifest, &err), 0);
    auto_free char *text = image_manifest_write(&manifest);
    ck_assert_str_eq(text, "{\"schemaVersion\":2,\"mediaType\":\"" OCI "manifest.v1+json\"," CONFIG
                           ",\"layers\":[" BLOB(OCI "layer.v1.tar") "," BLOB(OCI "layer.v1.tar") "]}");
    ck_assert_int_eq(parse_manifest(text, &again, &err), 0);
    ck_assert_uint_eq(again.layers, 2);
}
END_TEST

START_TEST(refuses_too_many_layers)
{
    struct err err = {0};
    struct image_manifest manifest = {0};
    auto_release(buf) struct buf text = {0};
    buf_add_text(&text, "{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER);
    for (int i = 0; i < IMAGE_LAYERS; i++) {
        buf_add_text(&text, "," LAYER);
    }
    buf_add_text(&text, "]}");
    ck_assert_int_eq(parse_manifest(buf_text(&text), &manifest, &err), -1);
    assert_error(&err, ERR_INVALID, "has 501 layers, and 500 are allowed");
}
END_TEST

START_TEST(reads_an_index)
{
    struct err err = {0};
    auto_release(image_index) struct image_index index = {0};
    const char *text = TOP("\"manifests\":[{\"mediaType\":\"" OCI "manifest.v1+json\",\"digest\":\"sha256:" HEX
                           "\",\"size\":10,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\"},"
                           "\"annotations\":{\"org.opencontainers.image.ref.name\":\"x\"}}," BLOB("a/b") "]");
    ck_assert_int_eq(image_index_parse("index", text, strlen(text), &index, &err), 0);
    ck_assert_uint_eq(index.count, 2);
    ck_assert_str_eq(index.entry[0].variant, "v7");
    ck_assert_str_eq(index.entry[0].name, "x");
    ck_assert_int_eq(index.entry[1].blob.kind, IMAGE_OTHER);
    ck_assert_ptr_null(index.entry[1].os);
}
END_TEST

#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:" HEX "\"]}"
#define LINUX  "\"os\":\"linux\",\"architecture\":\"amd64\","

static const struct {
    const char *text, *message;
} bad_configs[] = {
    {"{" ROOTFS "}", "does not say for which platform"},
    {"{\"os\":\"windows\",\"architecture\":\"amd64\"," ROOTFS "}", "is for 'windows'"},
    {"{" LINUX "\"rootfs\":{}}", "not made of layers"},
    {"{" LINUX "\"config\":{}}", "'rootfs': is missing"},
    {"{" LINUX "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}", "the manifest has 1 layers, and the config 0"},
    {"{" LINUX "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" HEX "\"]}}", "diff_id 1 is '" HEX "'"},
    {"{" LINUX ROOTFS ",\"config\":5}", "'config': is missing, or not a JSON object"},
    {"{" LINUX ROOTFS ",\"config\":{\"Env\":\"A=b\"}}", "'Env' is not an array"},
    {"{" LINUX ROOTFS ",\"config\":{\"Cmd\":[1]}}", "'Cmd' has something else than texts"},
    {"{" LINUX ROOTFS ",\"config\":{\"env\":[]}}", "has the key 'env', which some readers take for 'Env'"},
    {"{" LINUX ROOTFS ",\"config\":{\"WorkingDir\":[]}}", "'WorkingDir' is not a text"},
    {"{" LINUX ROOTFS ",\"config\":{\"Env\":[\"A=\\u0000\"]}}", "config:1:"},
};

START_TEST(refuses_a_config)
{
    struct err err = {0};
    struct image_config config = {0};
    const char *text = bad_configs[_i].text;
    ck_assert_int_eq(image_config_parse("config", text, strlen(text), 1, &config, &err), -1);
    assert_error(&err, ERR_INVALID, bad_configs[_i].message);
    ck_assert_ptr_null(config.os);
}
END_TEST

static const struct {
    const char *text, *workdir;
    size_t command, arguments, variables;
} uses[] = {
    {"null", NULL, 0, 0, 0},
    {"{\"Entrypoint\":null,\"Cmd\":[\"a\",\"b\"],\"Env\":null}", NULL, 2, 0, 0},
    {"{\"Entrypoint\":[\"a\"],\"Cmd\":[\"b\",\"c\"]}", NULL, 1, 2, 0},
    {"{\"Env\":[\"A=b\",\"B\",\"C-D=e\",\"=f\",\"E=\"]}", NULL, 0, 0, 2},
    {"{\"WorkingDir\":\"/a//b/../c/\"}", "/a/c", 0, 0, 0},
    {"{\"WorkingDir\":\"/\"}", NULL, 0, 0, 0},
    {"{\"WorkingDir\":\"a\"}", NULL, 0, 0, 0},
    {"{\"WorkingDir\":\"/proc/1\"}", NULL, 0, 0, 0},
};

/* Config to settings, to the file in the store and back, and into a definition. */
START_TEST(takes_the_use_over)
{
    struct err err = {0};
    auto_release(image_config) struct image_config config = {0};
    auto_release(image_settings) struct image_settings first = {0};
    auto_release(image_settings) struct image_settings settings = {0};
    auto_release(definition) struct definition def = {0};
    auto_release(buf) struct buf text = {0};
    buf_addf(&text, "{" LINUX ROOTFS ",\"config\":%s}", uses[_i].text);
    ck_assert_int_eq(image_config_parse("config", buf_text(&text), text.length, 1, &config, &err), 0);
    image_config_settings(&config, &first);
    auto_free char *file = image_settings_format(&first);
    ck_assert_int_eq(image_settings_parse(file, strlen(file), &settings, &err), 0);
    ck_assert_uint_eq(settings.command.count, uses[_i].command);
    ck_assert_uint_eq(settings.arguments.count, uses[_i].arguments);
    ck_assert_uint_eq(settings.variables.count, uses[_i].variables);
    ck_assert_pstr_eq(settings.workdir, uses[_i].workdir);
    const char *ini = "[artifact]\nsha256 = " HEX "\n[variables]\nE = mine\n";
    ck_assert_int_eq(definition_parse(&def, "/x.ini", ini, strlen(ini), &err), 0);
    image_settings_apply(&settings, &def);
    ck_assert_uint_eq(def.command.count, uses[_i].command);
    ck_assert_str_eq(def.variables.item[0], "E=mine");
    ck_assert_uint_eq(def.variables.count, uses[_i].variables > 0 ? 2 : 1);
    ck_assert_str_eq(def.workdir, uses[_i].workdir != NULL ? uses[_i].workdir : "/workspace");
}
END_TEST

static const char *const bad_settings[] = {
    "{}",
    "{\"command\":[],\"arguments\":[]}",
    "{\"command\":[],\"arguments\":[],\"variables\":[\"A\"]}",
    "{\"command\":[],\"arguments\":[],\"variables\":[\"A-B=c\"]}",
    "{\"command\":[],\"arguments\":[],\"variables\":[],\"workdir\":\"/dev\"}",
    "{\"command\":[5],\"arguments\":[],\"variables\":[]}",
};

START_TEST(refuses_settings)
{
    struct err err = {0};
    struct image_settings settings = {0};
    ck_assert_int_eq(image_settings_parse(bad_settings[_i], strlen(bad_settings[_i]), &settings, &err), -1);
    assert_error(&err, ERR_INVALID, "settings");
}
END_TEST

static struct unit_folder folder;

static void begin_folder(void)
{
    unit_folder_begin(&folder);
}

static void end_folder(void)
{
    unit_folder_end(&folder);
}

/* Makes an archive with tar(1) in the folder and opens it. */
static int make_archive(const char *script, struct image_archive *archive, struct err *err)
{
    auto_free char *path = xasprintf("%s/a.tar", folder.path);
    auto_free char *command = xasprintf("cd '%s' && %s", folder.path, script);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */
    return image_archive_open(path, archive, err);
}

START_TEST(finds_members)
{
    struct err err = {0};
    struct image_archive archive = {.fd = -1};
    struct image_range range;
    ck_assert_int_eq(make_archive("mkdir -p d/e && printf 12345 >d/f && ln -s ../f d/e/l && ln d/f hard && "
                                  "ln -s loop loop && tar --format=gnu -cf a.tar ./d hard loop",
                                  &archive, &err),
                     0);
    ck_assert(image_archive_find(&archive, "d/f", &range));
    ck_assert_uint_eq(range.size, 5);
    uint64_t from = range.from;
    ck_assert(image_archive_find(&archive, "d/e/l", &range) && range.from == from);
    ck_assert(image_archive_find(&archive, "hard", &range) && range.from == from);
    ck_assert(!image_archive_find(&archive, "loop", &range));
    ck_assert(!image_archive_find(&archive, "d", &range));
    ck_assert(!image_archive_find(&archive, "none", &range));
    image_archive_close(&archive);
}
END_TEST

#define LONG_NAME "x123456789012345678901234567890123456789012345678901234567890123456789"

static const struct {
    const char *script, *message; /* NULL: accepted, with a member `it` of 3 bytes */
} archives[] = {
    {"printf abc >it && tar --format=ustar -cf a.tar it", NULL},
    {"printf abc >it && tar --format=pax -cf a.tar it", NULL},
    {"mkdir -p " LONG_NAME "/" LONG_NAME " && printf abc >it && printf x >" LONG_NAME "/" LONG_NAME "/a && "
     "tar --format=gnu -cf a.tar " LONG_NAME " it",
     NULL},
    {"mkdir -p " LONG_NAME "/" LONG_NAME " && printf abc >it && printf x >" LONG_NAME "/" LONG_NAME "/a && "
     "tar --format=pax -cf a.tar " LONG_NAME " it",
     NULL},
    {"printf abc >it && tar -cf a.tar it && tar -rf a.tar it", "'it' comes twice"},
    {"printf abc >it && tar -czf a.tar it", "a compressed file; use gunzip on it first"},
    {"printf abc >it && tar -cf a.tar it && truncate -s 700 a.tar", "truncated"},
    {"printf abc >it && tar -cf a.tar it && truncate -s 1024 a.tar", "it has no end: truncated"},
    {"printf abc >it && tar -cf a.tar it && printf x | dd of=a.tar conv=notrunc status=none", "not a tar archive"},
    {"mkfifo p && tar -cf a.tar p", "'p' in it is neither a file nor a link"},
    {"mkfifo a.tar", "not a regular file"},
    {": >a.tar", "truncated"},
};

START_TEST(opens_archives)
{
    struct err err = {0};
    struct image_archive archive = {.fd = -1};
    struct image_range range;
    int result = make_archive(archives[_i].script, &archive, &err);
    if (archives[_i].message != NULL) {
        ck_assert_int_eq(result, -1);
        ck_assert_msg(strstr(err.text, archives[_i].message) != NULL, "%s", err.text);
        return;
    }
    ck_assert_msg(result == 0, "%s", err.text);
    ck_assert(image_archive_find(&archive, "it", &range) && range.size == 3);
    image_archive_close(&archive);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image");
    TCase *documents = tcase_create("documents");
    tcase_add_loop_test(documents, refuses_a_manifest, 0, ROWS(refused));
    tcase_add_test(documents, reads_a_manifest);
    tcase_add_test(documents, writes_a_manifest_that_it_reads);
    tcase_add_test(documents, refuses_too_many_layers);
    tcase_add_test(documents, reads_an_index);
    tcase_add_loop_test(documents, refuses_a_config, 0, ROWS(bad_configs));
    tcase_add_loop_test(documents, takes_the_use_over, 0, ROWS(uses));
    tcase_add_loop_test(documents, refuses_settings, 0, ROWS(bad_settings));
    suite_add_tcase(suite, documents);
    TCase *archive = tcase_create("archives");
    tcase_add_checked_fixture(archive, begin_folder, end_folder);
    tcase_add_test(archive, finds_members);
    tcase_add_loop_test(archive, opens_archives, 0, ROWS(archives));
    suite_add_tcase(suite, archive);
    return unit_run(suite);
}
