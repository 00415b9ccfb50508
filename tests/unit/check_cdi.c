/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/cdi, run/cdi_find, run/gpu, run/soname, base/yaml and env/device_name. */
#include "run/cdi.h"

#include <sys/stat.h>

#include "base/doc.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "env/device_name.h"
#include "run/cdi_find.h"
#include "run/gpu.h"
#include "run/soname.h"
#include "run/sysfs.h"
#include "unit.h"

/* ---- names */

START_TEST(names)
{
    static const char *const good[] = {"gpu",   "nvidia.com/gpu=0", "nvidia.com/gpu=all", "a.b/c-d=GPU-1:0.x",
                                       "v/c=0", "amd.com/gpu=1"};
    static const char *const bad[] = {"",         "GPU",     "nvidia.com/gpu", "nvidia.com/gpu=", "/gpu=0",
                                      "a/=0",     "1a/c=0",  "a/c=-0",         "a/c=0-",          "a.com/g.pu=0",
                                      "a/c=../x", "a/b/c=0", "a./c=0",         "a/c=0=1"};
    for (size_t i = 0; i < ROWS(good); i++) {
        ck_assert_msg(device_name_is_good(good[i]), "%s", good[i]);
    }
    for (size_t i = 0; i < ROWS(bad); i++) {
        ck_assert_msg(!device_name_is_good(bad[i]), "%s", bad[i]);
    }
}
END_TEST

START_TEST(lists_of_names)
{
    struct strlist list = {0};
    ck_assert_ptr_null(device_names_parse(" gpu, a/c=0\ta/c=0 ", &list));
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.item[1], "a/c=0");
    ck_assert_ptr_null(device_names_parse("none", &list));
    ck_assert_uint_eq(list.count, 0);
    ck_assert_ptr_nonnull(device_names_parse("gpu,what", &list));
    ck_assert_ptr_nonnull(device_names_parse(" ", &list));
    strlist_release(&list);
}
END_TEST

/* ---- YAML */

static const struct {
    const char *yaml, *json;
} same[] = {
    {"a: b\n", "{\"a\": \"b\"}"},
    {"---\na: \"b\"  # c\n", "{\"a\": \"b\"}"},
    {"a: 'it''s'\nb: 12\nc: true\nd: ~\ne:\n", "{\"a\": \"it's\", \"b\": 12, \"c\": true}"},
    {"a: 0.6.0\nb: 0660\nc: x:y\nd: a#b\n", "{\"a\": \"0.6.0\", \"b\": \"0660\", \"c\": \"x:y\", \"d\": \"a#b\"}"},
    {"a: []\nb: {}\n", "{\"a\": [], \"b\": {}}"},
    {"a:\n- x\n- 7\nb: y\n", "{\"a\": [\"x\", 7], \"b\": \"y\"}"},
    {"a:\n  - x: 1\n    y: 2\n  -\n    x: 3\n", "{\"a\": [{\"x\": 1, \"y\": 2}, {\"x\": 3}]}"},
    {"a:\n- b:\n  - c\n  d: e\n- - f\n", "{\"a\": [{\"b\": [\"c\"], \"d\": \"e\"}, [\"f\"]]}"},
    {"a:\r\n  b: \"\\\"\\\\\\x41\\n\"\r\n", "{\"a\": {\"b\": \"\\\"\\\\A\\n\"}}"},
    {"a:\n- --link\n- x::/y\n", "{\"a\": [\"--link\", \"x::/y\"]}"},
};

static const struct {
    const char *yaml, *part;
} refused_yaml[] = {
    {"", "expected 'key: value'"},
    {"- a\n", "expected 'key: value'"},
    {" a: b\n", "expected 'key: value'"},
    {"a: b\na: c\n", ":2: a key comes twice"},
    {"\"\": b\n", ":1: a key is empty"},
    {"a: &x b\n", ":1: this part of YAML"},
    {"a: *x\n", "this part of YAML"},
    {"a: !!str b\n", "this part of YAML"},
    {"a: |\n  text\n", "this part of YAML"},
    {"a: >\n  text\n", "this part of YAML"},
    {"a: [b, c]\n", "this part of YAML"},
    {"a: {b: c}\n", "this part of YAML"},
    {"a: b\n  more\n", ":2: indented for no reason"},
    {"a: b: c\n", "something stands behind"},
    {"a: \"b\n", "a quotation mark is not closed"},
    {"a: \"b\" c\n", "something stands behind"},
    {"a: \"\\x00\"\n", "an escape is not known"},
    {"a:\n\t- b\n", ":2: a tab"},
    {"a: b\n---\nc: d\n", "expected 'key: value'"},
    {"a: b\n- c\n", ":2: something stands behind the end"},
    {"a:\n  - b\n c: d\n", ":3: "},
    {"a:\n-\n", "an element of a list says nothing"},
    {"a:\n- true\n", "not read in a list"},
    {"? a\n: b\n", "expected 'key: value'"},
    {"<<: *a\n", "this part of YAML"},
    {"a: \xff\n", "no text in UTF-8"},
};

START_TEST(yaml_is_json)
{
    struct err err = {0};
    struct doc *yaml = yaml_parse("f", same[_i].yaml, strlen(same[_i].yaml), &err);
    ck_assert_msg(yaml != NULL, "%s", err.text);
    struct doc *json = doc_parse("j", same[_i].json, strlen(same[_i].json), &err);
    ck_assert_msg(json != NULL, "%s", err.text);
    auto_free char *is = doc_print(yaml);
    auto_free char *should = doc_print(json);
    ck_assert_str_eq(is, should);
    assert_no_error(&err);
    doc_free(yaml);
    doc_free(json);
}
END_TEST

START_TEST(yaml_refused)
{
    struct err err = {0};
    ck_assert_ptr_null(yaml_parse("f", refused_yaml[_i].yaml, strlen(refused_yaml[_i].yaml), &err));
    assert_error(&err, ERR_INVALID, refused_yaml[_i].part);
}
END_TEST

START_TEST(yaml_is_not_endless)
{
    struct err err = {0};
    struct buf text = {0};
    buf_add_text(&text, "a:\n");
    for (int i = 1; i < 60; i++) {
        buf_addf(&text, "%*sa:\n", i, "");
    }
    ck_assert_ptr_null(yaml_parse("f", buf_text(&text), text.length, &err));
    assert_error(&err, ERR_INVALID, "nested too deeply");
    buf_release(&text);
}
END_TEST

START_TEST(yaml_reads_each_byte_once)
{
    /* Quadratic, this takes minutes. */
    enum { BLANKS = 4000000 };
    struct err err = {0};
    auto_free char *text = xasprintf("a: x%*sy\n", BLANKS, "");
    struct doc *doc = yaml_parse("f", text, strlen(text), &err);
    ck_assert_msg(doc != NULL, "%s", err.text);
    auto_free char *value = doc_get_text(doc, "a");
    ck_assert_uint_eq(strlen(value), BLANKS + 2);
    doc_free(doc);
}
END_TEST

/* ---- specifications */

static void parse(struct cdi_spec *spec, const char *text, bool is_yaml)
{
    struct err err = {0};
    ck_assert_msg(cdi_parse(spec, "s", text, strlen(text), is_yaml, &err) == 0, "%s", err.text);
}

START_TEST(a_specification)
{
    auto_release(cdi_spec) struct cdi_spec spec = {0};
    parse(&spec,
          "{\"cdiVersion\": \"0.7.0\", \"kind\": \"nvidia.com/gpu\", \"containerEdits\": {\"env\": [\"A=b\"],"
          "\"additionalGids\": [44], \"intelRdt\": {}, \"hooks\": ["
          "{\"hookName\": \"createContainer\", \"path\": \"/usr/bin/nvidia-ctk\", \"args\": [\"nvidia-ctk\", \"hook\","
          " \"create-symlinks\", \"--link\", \"a.so.1::/usr/lib/a.so\", \"--link=b.so.1::/usr/lib/b.so\"]},"
          "{\"hookName\": \"createContainer\", \"path\": \"/usr/bin/nvidia-ctk\", \"args\": [\"nvidia-ctk\", \"hook\","
          " \"update-ldcache\"]},"
          "{\"hookName\": \"startContainer\", \"path\": \"/bin/x\", \"args\": [\"x\", \"enable-cuda-compat\"]}]},"
          "\"devices\": [{\"name\": \"0\", \"containerEdits\": {\"deviceNodes\": [{\"path\": \"/dev//nvidia0\"},"
          "{\"path\": \"/dev/dri/card1\", \"hostPath\": \"/host/card1\", \"major\": 226, \"minor\": 1}],"
          "\"mounts\": [{\"hostPath\": \"/a\", \"containerPath\": \"/b/./c\"},"
          "{\"hostPath\": \"tmpfs\", \"containerPath\": \"/t\", \"type\": \"tmpfs\"}]}}]}",
          false);
    const struct cdi_edits *edits = &spec.device[0].edits;
    ck_assert_str_eq(spec.kind, "nvidia.com/gpu");
    ck_assert_uint_eq(spec.edits.group[0], 44);
    ck_assert_uint_eq(spec.edits.link_count, 2);
    ck_assert_str_eq(spec.edits.link[1].text, "b.so.1");
    ck_assert_str_eq(spec.edits.link[1].path, "/usr/lib/b.so");
    ck_assert_uint_eq(spec.edits.left_out.count, 2);
    ck_assert_str_eq(spec.edits.left_out.item[0], "'intelRdt'");
    ck_assert_str_eq(spec.edits.left_out.item[1], "hook startContainer: x enable-cuda-compat");
    ck_assert_str_eq(edits->node[0].path, "/dev/nvidia0");
    ck_assert(edits->node[0].host == NULL && !edits->node[0].has_number);
    ck_assert(edits->node[1].has_number && edits->node[1].major == 226 && edits->node[1].minor == 1);
    ck_assert_uint_eq(edits->mount_count, 1);
    ck_assert_str_eq(edits->mount[0].path, "/b/c");
    ck_assert_str_eq(edits->left_out.item[0], "mount of type tmpfs at /t");
}
END_TEST

#define DEVICE(edits)                                                                                                  \
    "{\"cdiVersion\":\"0.6.0\",\"kind\":\"a/b\",\"devices\":[{\"name\":\"0\",\"containerEdits\":" edits "}]}"

static const struct {
    const char *text, *part;
} refused[] = {
    {"", "s:"},
    {"{}", "cdiVersion"},
    {"{\"cdiVersion\":\"2.0.0\"}", "use a newer sciwrap"},
    {"{\"cdiVersion\":\"0.6.0\"}", "'kind'"},
    {"{\"cdiVersion\":\"0.6.0\",\"kind\":\"nvidia\"}", "'kind'"},
    {"{\"cdiVersion\":\"0.6.0\",\"kind\":\"a/b\",\"devices\":[]}", "'devices'"},
    {"{\"cdiVersion\":\"0.6.0\",\"kind\":\"a/b\",\"devices\":[{\"name\":\"a b\"}]}", "'name'"},
    {"{\"cdiVersion\":\"0.6.0\",\"kind\":\"a/b\",\"devices\":[{\"name\":\"0\"},{\"name\":\"0\"}]}", "each name once"},
    {DEVICE("[]"), "'containerEdits'"},
    {DEVICE("{\"deviceNodes\": {}}"), "'deviceNodes'"},
    {DEVICE("{\"deviceNodes\": [{\"path\": \"/dev\"}]}"), "below /dev"},
    {DEVICE("{\"deviceNodes\": [{\"path\": \"/devil\"}]}"), "below /dev"},
    {DEVICE("{\"deviceNodes\": [{\"path\": \"/dev/a/../../etc/x\"}]}"), "without '..'"},
    {DEVICE("{\"deviceNodes\": [{\"path\": \"/dev/a\", \"hostPath\": \"b\"}]}"), "absolute"},
    {DEVICE("{\"deviceNodes\": [{\"path\": \"/dev/a\", \"type\": \"p\"}]}"), "character devices"},
    {DEVICE("{\"deviceNodes\": [{\"path\": \"/dev/a\", \"major\": 4096, \"minor\": 0}]}"), "number"},
    {DEVICE("{\"deviceNodes\": [{\"path\": \"/dev/a\", \"minor\": -1}]}"), "number"},
    {DEVICE("{\"mounts\": [{\"hostPath\": \"/a\", \"containerPath\": \"/\"}]}"), "below /"},
    {DEVICE("{\"mounts\": [{\"hostPath\": \"a\", \"containerPath\": \"/b\"}]}"), "hostPath"},
    {DEVICE("{\"mounts\": [{\"hostPath\": \"/a\", \"containerPath\": \"/b/..\"}]}"), "containerPath"},
    {DEVICE("{\"env\": [\"=a\"]}"), "NAME=VALUE"},
    {DEVICE("{\"env\": [1]}"), "NAME=VALUE"},
    {DEVICE("{\"hooks\": [1]}"), "'hooks'"},
    {DEVICE("{\"additionalGids\": [4294967295]}"), "groups"},
};

START_TEST(refused_specifications)
{
    struct err err = {0};
    struct cdi_spec spec = {0};
    ck_assert_int_eq(cdi_parse(&spec, "s", refused[_i].text, strlen(refused[_i].text), false, &err), -1);
    assert_error(&err, ERR_INVALID, refused[_i].part);
}
END_TEST

/* ---- on a host */

START_TEST(later_folders_win)
{
    static const char text[] =
        "{\"cdiVersion\":\"0.6.0\",\"kind\":\"made.up/thing\",\"devices\":[{\"name\":\"0\"},{\"name\":\"1\"}]}";
    struct unit_folder folder;
    unit_folder_begin(&folder);
    auto_free char *first = xasprintf("%s/first", folder.path);
    auto_free char *second = xasprintf("%s/second", folder.path);
    ck_assert_int_eq(mkdir(first, 0700), 0);
    ck_assert_int_eq(mkdir(second, 0700), 0);
    unit_write(&folder, "first/a.json", text);
    unit_write(&folder, "first/broken.yaml", "kind");
    unit_write(&folder, "first/other.txt", "is not looked at");
    unit_write(&folder, "second/b.json", text);
    struct strlist folders = {0};
    struct cdi_files files = {0};
    const struct cdi_file *file = NULL;
    const struct cdi_device *device = NULL;
    struct err err = {0};
    strlist_add(&folders, first);
    strlist_add(&folders, second);
    cdi_find(&folders, &files);
    ck_assert_int_eq(cdi_device(&files, "made.up/thing", "1", &file, &device, &err), 0);
    ck_assert_str_eq(device->name, "1");
    ck_assert_str_eq(strrchr(file->path, '/'), "/b.json");
    ck_assert_int_eq(cdi_device(&files, "made.up/thing", "2", &file, &device, &err), -1);
    assert_error(&err, ERR_NOT_FOUND, "no device made.up/thing=2");
    ck_assert(strlist_has(&files.folders, first) && files.troubles.count >= 1);
    cdi_files_release(&files);
    strlist_release(&folders);
    unit_folder_end(&folder);
}
END_TEST

static void make_file(const struct unit_folder *folder, const char *path, const char *text)
{
    auto_free char *whole = xasprintf("%s/%s", folder->path, path);
    auto_free char *parent = xstrndup(whole, (size_t)(strrchr(whole, '/') - whole));
    struct err err = {0};
    ck_assert_int_eq(fs_make_dirs(parent, 0700, &err), 0);
    unit_write(folder, path, text);
}

START_TEST(gpus_without_a_specification)
{
    static const char *const there[] = {"dev/nvidia0",
                                        "dev/nvidiactl",
                                        "dev/nvidia-uvm",
                                        "dev/nvidiafoo",
                                        "dev/nvidia-caps/nvidia-cap1",
                                        "dev/null",
                                        "dev/dri/renderD128",
                                        "opt/driver/libcuda.so.535.1",
                                        "opt/driver/libnvidia-ml.so.535.1",
                                        "opt/driver/libnvidia-container.so.1",
                                        "opt/driver/libGL.so.1"};
    struct unit_folder folder;
    struct cdi_edits edits = {0};
    unit_folder_begin(&folder);
    ck_assert(!gpu_find(folder.path, &edits));
    make_file(&folder, "dev/dri/card0", "");
    ck_assert(!gpu_find(folder.path, &edits)); /* a screen computes nothing */
    for (size_t i = 0; i < ROWS(there); i++) {
        make_file(&folder, there[i], "");
    }
    make_file(&folder, "etc/ld.so.conf.d/driver.conf", "# the driver\n/opt/driver\n");
    make_file(&folder, "sys/module/nvidia/version", "535.1\n");
    make_file(&folder, "proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA Made Up\nIRQ: 1\n");
    ck_assert(gpu_find(folder.path, &edits));
    ck_assert_uint_eq(edits.node_count, 6);
    ck_assert_str_eq(edits.node[1].path, "/dev/nvidia0");
    ck_assert_uint_eq(edits.mount_count, 2);
    ck_assert_str_eq(edits.mount[0].path, "/opt/driver/libcuda.so.535.1");
    ck_assert_uint_eq(edits.link_count, 1);
    struct strlist models = {0};
    auto_free char *driver = gpu_driver(folder.path, &models);
    ck_assert_str_eq(driver, "535.1");
    ck_assert_str_eq(models.item[0], "NVIDIA Made Up");
    strlist_release(&models);
    cdi_edits_release(&edits);
    unit_folder_end(&folder);
}
END_TEST

static void make_link(const struct unit_folder *folder, const char *path, const char *text)
{
    make_file(folder, path, "");
    ck_assert_int_eq(unlinkat(folder->fd, path, 0), 0);
    ck_assert_int_eq(symlinkat(text, folder->fd, path), 0);
}

START_TEST(what_sys_tells)
{
    static const char card[] = "/sys/devices/pci0000:00/0000:00:02.0";
    struct unit_folder folder;
    struct sysfs_place place = {0};
    unit_folder_begin(&folder);
    make_file(&folder, "sys/devices/pci0000:00/0000:00:02.0/drm/renderD128/uevent", "");
    make_file(&folder, "sys/devices/virtual/kfd/kfd/uevent", "");
    make_file(&folder, "sys/class/drm/version", "");
    make_file(&folder, "sys/class/kfd/x", "");
    make_file(&folder, "sys/bus/pci/x", "");
    make_link(&folder, "sys/dev/char/226:128", "../../devices/pci0000:00/0000:00:02.0/drm/renderD128");
    make_link(&folder, "sys/dev/char/235:0", "../../devices/virtual/kfd/kfd");
    make_link(&folder, "sys/dev/char/1:1", "../../../etc");
    make_link(&folder, "sys/devices/pci0000:00/0000:00:02.0/drm/renderD128/device", "../..");
    make_link(&folder, "sys/devices/pci0000:00/0000:00:02.0/drm/renderD128/subsystem", "../../../../../class/drm");
    make_link(&folder, "sys/devices/pci0000:00/0000:00:02.0/subsystem", "../../../bus/pci");
    make_link(&folder, "sys/devices/virtual/kfd/kfd/subsystem", "../../../../class/kfd");
    make_file(&folder, "etc/passwd", "");
    ck_assert(sysfs_find(folder.path, 226, 128, &place));
    ck_assert_str_eq(place.folder, card);
    ck_assert_uint_eq(place.links.count, 6);
    ck_assert_str_eq(place.links.item[0], "/sys/dev/char/226:128");
    ck_assert_str_eq(place.links.item[2], "/sys/class/drm/renderD128");
    ck_assert_str_eq(place.links.item[4], "/sys/bus/pci/devices/0000:00:02.0");
    ck_assert_str_eq(place.links.item[5], card);
    sysfs_place_release(&place);
    ck_assert(sysfs_find(folder.path, 235, 0, &place));
    ck_assert_str_eq(place.folder, "/sys/devices/virtual/kfd/kfd");
    ck_assert_str_eq(place.links.item[2], "/sys/class/kfd/kfd");
    sysfs_place_release(&place);
    ck_assert(!sysfs_find(folder.path, 1, 1, &place));
    ck_assert(!sysfs_find(folder.path, 9, 9, &place));
    unit_folder_end(&folder);
}
END_TEST

/* The C library of this program's host, wherever it is; a static one has none in sight. */
START_TEST(names_of_libraries)
{
    static const char *const places[] = {"/usr/lib/x86_64-linux-gnu/libm.so.6", "/usr/lib/aarch64-linux-gnu/libm.so.6",
                                         "/usr/lib64/libm.so.6", "/usr/lib/libm.so.6"};
    struct unit_folder folder;
    struct soname soname = {0};
    for (size_t i = 0; i < ROWS(places); i++) {
        auto_fd int fd = open(places[i], O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            ck_assert(soname_read(fd, &soname) && soname.is_64);
            ck_assert_str_eq(soname.name, "libm.so.6");
            free(soname.name);
            break;
        }
    }
    unit_folder_begin(&folder);
    unit_write(&folder, "short", "\177ELF\2\1\1");
    auto_fd int fd = openat(folder.fd, "short", O_RDONLY | O_CLOEXEC);
    ck_assert(!soname_read(fd, &soname));
    unit_folder_end(&folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cdi");
    TCase *tests = tcase_create("cdi");
    tcase_add_test(tests, names);
    tcase_add_test(tests, lists_of_names);
    tcase_add_loop_test(tests, yaml_is_json, 0, ROWS(same));
    tcase_add_loop_test(tests, yaml_refused, 0, ROWS(refused_yaml));
    tcase_add_test(tests, yaml_is_not_endless);
    tcase_add_test(tests, yaml_reads_each_byte_once);
    tcase_add_test(tests, a_specification);
    tcase_add_loop_test(tests, refused_specifications, 0, ROWS(refused));
    tcase_add_test(tests, later_folders_win);
    tcase_add_test(tests, gpus_without_a_specification);
    tcase_add_test(tests, what_sys_tells);
    tcase_add_test(tests, names_of_libraries);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
