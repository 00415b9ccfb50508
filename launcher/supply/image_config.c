/* SPDX-License-Identifier: BSD-2-Clause
 * image_config: the config of an image. */
#include "supply/image_config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "supply/image_doc.h"
#include "supply/image_manifest.h"

static int read_platform(const struct doc *doc, struct image_config *config, struct err *err)
{
    if (image_doc_text(doc, "os", &config->os, err) < 0 ||
        image_doc_text(doc, "architecture", &config->architecture, err) < 0 ||
        image_doc_text(doc, "variant", &config->variant, err) < 0) {
        return -1;
    }
    if (config->os == NULL || config->architecture == NULL) {
        return err_set(err, ERR_INVALID, "does not say for which platform it is");
    }
    return strcmp(config->os, "linux") == 0
               ? 0
               : err_set(err, ERR_INVALID, "the image is for '%s', not for linux", config->os);
}

static int read_layers(const struct doc *doc, size_t layers, struct image_config *config, struct err *err)
{
    static const char *const keys[] = {"type", "diff_ids", NULL};
    const struct doc *rootfs = doc_get(doc, "rootfs");
    const struct doc *ids = doc_get(rootfs, "diff_ids");
    auto_free char *type = doc_plain_text(doc_get(rootfs, "type"));
    if (image_doc_check_keys(rootfs, keys, err) < 0) {
        return err_wrap(err, "'rootfs'");
    }
    if (type == NULL || strcmp(type, "layers") != 0) {
        return err_set(err, ERR_INVALID, "its rootfs is not made of layers");
    }
    if (doc_count(ids) != layers) {
        return err_set(err, ERR_INVALID, "the manifest has %zu layers, and the config %zu", layers, doc_count(ids));
    }
    config->diff_id = xcalloc(layers, sizeof(*config->diff_id));
    config->layers = layers;
    for (size_t i = 0; i < layers; i++) {
        auto_free char *text = doc_plain_text(doc_at(ids, i));
        if (!image_digest_from_text(text, &config->diff_id[i])) {
            return err_set(err, ERR_INVALID, "diff_id %zu is '%s', not sha256: and 64 digits 0-9 and a-f", i + 1,
                           text != NULL ? text : "");
        }
    }
    return 0;
}

static int read_use(const struct doc *doc, struct image_config *config, struct err *err)
{
    static const char *const keys[] = {"Entrypoint", "Cmd", "Env", "WorkingDir", NULL};
    const struct doc *use = doc_get(doc, "config");
    if (use == NULL || doc_is_null(use)) {
        return 0;
    }
    if (image_doc_check_keys(use, keys, err) < 0 || image_doc_texts(use, "Entrypoint", &config->entrypoint, err) < 0 ||
        image_doc_texts(use, "Cmd", &config->command, err) < 0 ||
        image_doc_texts(use, "Env", &config->variables, err) < 0 ||
        image_doc_text(use, "WorkingDir", &config->workdir, err) < 0) {
        return err_wrap(err, "'config'");
    }
    return 0;
}

int image_config_parse(const char *name, const char *bytes, size_t length, size_t layers,
                       struct image_config *ret_config, struct err *err)
{
    static const char *const keys[] = {"os", "architecture", "variant", "rootfs", "config", NULL};
    struct image_config config = {0};
    struct doc *doc = doc_parse(name, bytes, length, err);
    if (doc == NULL) {
        return -1;
    }
    int result = -1;
    if (image_doc_check_keys(doc, keys, err) < 0 || read_platform(doc, &config, err) < 0 ||
        read_layers(doc, layers, &config, err) < 0 || read_use(doc, &config, err) < 0) {
        err_wrap(err, "%s", name);
    } else {
        result = 0;
    }
    doc_free(doc);
    if (result < 0) {
        image_config_release(&config);
        return -1;
    }
    *ret_config = config;
    return 0;
}

void image_config_release(struct image_config *config)
{
    free(config->os);
    free(config->architecture);
    free(config->variant);
    free(config->diff_id);
    strlist_release(&config->entrypoint);
    strlist_release(&config->command);
    strlist_release(&config->variables);
    free(config->workdir);
    *config = (struct image_config){0};
}

static void add_all(struct strlist *list, const struct strlist *more)
{
    for (size_t i = 0; i < more->count; i++) {
        strlist_add(list, more->item[i]);
    }
}

static void add_variable(struct strlist *variables, const char *assignment)
{
    size_t length = strcspn(assignment, "=");
    auto_free char *name = xstrndup(assignment, length);
    if (assignment[length] == '=' && definition_is_variable(name)) {
        strlist_add(variables, assignment);
    }
}

void image_config_settings(const struct image_config *config, struct image_settings *ret_settings)
{
    bool entry = config->entrypoint.count > 0;
    add_all(&ret_settings->command, entry ? &config->entrypoint : &config->command);
    if (entry) {
        add_all(&ret_settings->arguments, &config->command);
    }
    for (size_t i = 0; i < config->variables.count; i++) {
        add_variable(&ret_settings->variables, config->variables.item[i]);
    }
    if (config->workdir != NULL && config->workdir[0] == '/') {
        auto_free char *normal = path_normal("/", config->workdir);
        if (definition_check_inner(normal) == NULL) {
            ret_settings->workdir = steal_ptr(&normal);
        }
    }
}

const char *image_architecture(void)
{
    static const char *const names[][2] = {
        {"x86_64", "amd64"},
        {"aarch64", "arm64"},
        {"i686", "386"},
        {"i586", "386"},
        {"armv7l", "arm"},
        {"armv6l", "arm"},
        {"loongarch64", "loong64"},
        {"ppc64le", "ppc64le"},
        {"s390x", "s390x"},
        {"riscv64", "riscv64"},
    };
    static struct utsname host;
    if (uname(&host) < 0) {
        return "unknown";
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(host.machine, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return host.machine;
}
