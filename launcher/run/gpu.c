/* SPDX-License-Identifier: BSD-2-Clause
 * gpu: the GPUs of a host that has no CDI specification for them. */
#include "run/gpu.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_numbered(const char *name, const char *start)
{
    return begins(name, start) && name[strlen(start)] != '\0' &&
           name[strlen(start) + strspn(name + strlen(start), "0123456789")] == '\0';
}

/* ---- nodes */

static bool is_nvidia(const char *name)
{
    return is_numbered(name, "nvidia") || strcmp(name, "nvidiactl") == 0 || strcmp(name, "nvidia-uvm") == 0 ||
           strcmp(name, "nvidia-uvm-tools") == 0 || strcmp(name, "nvidia-modeset") == 0 || strcmp(name, "kfd") == 0;
}

static bool is_cap(const char *name)
{
    return is_numbered(name, "nvidia-cap");
}

static bool is_drawing(const char *name)
{
    return is_numbered(name, "renderD") || is_numbered(name, "card");
}

static void add_nodes(const char *root, const char *folder, bool (*wanted)(const char *name), struct cdi_edits *edits)
{
    struct err ignored = {0};
    auto_release(strlist) struct strlist names = {0};
    auto_free char *path = xasprintf("%s%s", root, folder);
    (void)fs_list(AT_FDCWD, path, &names, &ignored);
    for (size_t i = 0; i < names.count; i++) {
        if (wanted(names.item[i])) {
            auto_free char *node = xasprintf("%s/%s", folder, names.item[i]);
            cdi_add_node(edits, node);
        }
    }
}

/* A server's display controller has a node `card0` and nothing that computes. */
static bool is_gpu(const char *path)
{
    return is_numbered(path, "/dev/nvidia") || is_numbered(path, "/dev/dri/renderD") || strcmp(path, "/dev/kfd") == 0;
}

/* ---- libraries */

/* libnvidia-container and -gtk are of tools; all others talk to the kernel's module, whose version they must have. */
static bool is_driver_library(const char *name)
{
    static const char *const starts[] = {"libcuda.so.", "libcudadebugger.so.", "libnvidia-", "libnvcuvid.so.",
                                         "libnvoptix.so."};
    bool of_driver = false;
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
        of_driver |= begins(name, starts[i]);
    }
    return of_driver && strstr(name, ".so.") != NULL && !begins(name, "libnvidia-container") &&
           !begins(name, "libnvidia-gtk");
}

static void add_libraries(const char *root, const char *folder, struct cdi_edits *edits)
{
    struct err ignored = {0};
    auto_release(strlist) struct strlist names = {0};
    auto_free char *path = xasprintf("%s%s", root, folder);
    (void)fs_list(AT_FDCWD, path, &names, &ignored);
    for (size_t i = 0; i < names.count; i++) {
        struct stat st;
        auto_free char *host = xasprintf("%s/%s", path, names.item[i]);
        if (is_driver_library(names.item[i]) && lstat(host, &st) == 0 && S_ISREG(st.st_mode)) {
            auto_free char *inside = xasprintf("%s/%s", folder, names.item[i]);
            cdi_add_mount(edits, host, inside);
        }
    }
}

/* Folders that the host's linker looks in (ld.so.conf(5)); includes are followed one step, as every distribution has
 * it. */
static void add_configured(const char *root, struct strlist *folders)
{
    struct err ignored = {0};
    auto_release(strlist) struct strlist names = {0};
    auto_free char *place = xasprintf("%s/etc/ld.so.conf.d", root);
    enum { CONF_MOST = 64 << 10 };
    (void)fs_list(AT_FDCWD, place, &names, &ignored);
    for (size_t i = 0; i < names.count; i++) {
        auto_release(buf) struct buf text = {0};
        auto_free char *path = xasprintf("%s/%s", place, names.item[i]);
        if (fs_read_path(path, CONF_MOST, &text, &ignored) < 0) {
            continue;
        }
        char *rest = NULL;
        for (char *line = strtok_r(text.bytes, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
            line[strcspn(line, " \t#")] = '\0';
            if (line[0] == '/' && strstr(line, "..") == NULL && !strlist_has(folders, line)) {
                strlist_add(folders, line);
            }
        }
    }
}

static void add_driver(const char *root, struct cdi_edits *edits)
{
    static const char *const standard[] = {
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/nvidia/lib64",
        "/usr/local/nvidia/lib",     "/run/opengl-driver/lib"};
    auto_release(strlist) struct strlist folders = {0};
    struct strlist seen = {0};
    for (size_t i = 0; i < sizeof(standard) / sizeof(*standard); i++) {
        strlist_add(&folders, standard[i]);
    }
    add_configured(root, &folders);
    for (size_t i = 0; i < folders.count; i++) {
        auto_free char *path = xasprintf("%s%s", root, folders.item[i]);
        auto_free char *real = realpath(path, NULL); /* /lib64 and /usr/lib64 are one on most hosts */
        if (real != NULL && !strlist_has(&seen, real)) {
            strlist_add(&seen, real);
            add_libraries(root, folders.item[i], edits);
        }
    }
    strlist_release(&seen);
    for (size_t i = 0; i < edits->mount_count; i++) {
        if (strstr(edits->mount[i].path, "/libcuda.so.") != NULL) {
            cdi_add_link(edits, "libcuda.so.1", "/usr/lib/libcuda.so"); /* some programs ask for no version */
            break;
        }
    }
}

bool gpu_find(const char *root, struct cdi_edits *ret_edits)
{
    bool found = false;
    bool nvidia = false;
    add_nodes(root, "/dev", is_nvidia, ret_edits);
    add_nodes(root, "/dev/nvidia-caps", is_cap, ret_edits);
    add_nodes(root, "/dev/dri", is_drawing, ret_edits);
    for (size_t i = 0; i < ret_edits->node_count; i++) {
        found |= is_gpu(ret_edits->node[i].path);
        nvidia |= is_numbered(ret_edits->node[i].path, "/dev/nvidia");
    }
    if (nvidia) {
        add_driver(root, ret_edits);
    }
    if (!found) {
        cdi_edits_release(ret_edits);
    }
    return found;
}

/* ---- facts */

static char *first_line(const char *path)
{
    struct err ignored = {0};
    auto_release(buf) struct buf text = {0};
    enum { FACT_MOST = 64 << 10 };
    auto_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fs_read_fd(fd, path, FACT_MOST, &text, &ignored) < 0) {
        return NULL;
    }
    return xstrndup(buf_text(&text), strcspn(buf_text(&text), "\n"));
}

static void add_model(const char *path, struct strlist *models)
{
    static const char key[] = "Model:";
    auto_free char *line = first_line(path);
    if (line != NULL && begins(line, key)) {
        const char *value = line + strlen(key);
        strlist_add(models, value + strspn(value, " \t"));
    }
}

char *gpu_driver(const char *root, struct strlist *ret_models)
{
    struct err ignored = {0};
    auto_release(strlist) struct strlist names = {0};
    auto_free char *version = xasprintf("%s/sys/module/nvidia/version", root);
    auto_free char *folder = xasprintf("%s/proc/driver/nvidia/gpus", root);
    if (fs_list(AT_FDCWD, folder, &names, &ignored) == 0) {
        for (size_t i = 0; i < names.count; i++) {
            auto_free char *path = xasprintf("%s/%s/information", folder, names.item[i]);
            add_model(path, ret_models);
        }
    }
    return first_line(version);
}
