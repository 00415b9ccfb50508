/* SPDX-License-Identifier: BSD-2-Clause
 * devices: which devices of the host a run was given, and what came in with them. */
#include "run/devices.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "env/device_name.h"
#include "run/cdi_find.h"
#include "run/devices_place.h"
#include "run/gpu.h"
#include "run/setup.h"

struct search {
    struct devices *devices;
    const struct cdi_files *files;
    struct cdi_edits edits; /* of all that was asked for */
    const char *from;       /* the last specification; NULL: none */
    struct err *err;
};

bool devices_are_there(const struct devices *devices)
{
    return devices->asked.count > 0;
}

static void use_spec(struct search *search, const struct cdi_file *file)
{
    struct devices *devices = search->devices;
    search->from = file->path;
    for (size_t i = 0; i < devices->spec_count; i++) {
        if (strcmp(devices->spec[i].path, file->path) == 0) {
            return;
        }
    }
    devices->spec = xreallocarray(devices->spec, devices->spec_count + 1, sizeof(*devices->spec));
    devices->spec[devices->spec_count++] =
        (struct devices_spec){.path = xstrdup(file->path), .digest = file->digest, .of_user = file->of_user};
    cdi_add_edits(&search->edits, &file->spec.edits);
}

static int use_device(struct search *search, const char *kind, const char *name)
{
    const struct cdi_file *file = NULL;
    const struct cdi_device *device = NULL;
    if (cdi_device(search->files, kind, name, &file, &device, search->err) < 0) {
        return -1;
    }
    auto_free char *full = xasprintf("%s=%s", kind, name);
    if (!strlist_has(&search->devices->names, full)) {
        strlist_add(&search->devices->names, full);
        use_spec(search, file);
        cdi_add_edits(&search->edits, &device->edits);
    }
    return 0;
}

/* "all" is a device of its own in what nvidia-ctk writes; where there is none it is what it says. */
static int use_all(struct search *search, const char *kind)
{
    struct err absent = {0};
    const struct cdi_file *file = NULL;
    const struct cdi_device *device = NULL;
    if (cdi_device(search->files, kind, "all", &file, &device, &absent) == 0 || absent.kind != ERR_NOT_FOUND ||
        !cdi_has_kind(search->files, kind)) {
        return use_device(search, kind, "all");
    }
    for (size_t i = 0; i < search->files->count; i++) {
        const struct cdi_spec *spec = &search->files->item[i].spec;
        for (size_t k = 0; strcmp(spec->kind, kind) == 0 && k < spec->device_count; k++) {
            if (use_device(search, kind, spec->device[k].name) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int use_gpus(struct search *search)
{
    struct strlist kinds = {0};
    cdi_kinds(search->files, "gpu", &kinds);
    int result = 0;
    for (size_t i = 0; i < kinds.count && result == 0; i++) {
        result = use_all(search, kinds.item[i]);
    }
    bool found = kinds.count > 0;
    strlist_release(&kinds);
    if (found || result < 0) {
        return result;
    }
    struct cdi_edits edits = {0};
    if (!gpu_find("", &edits)) {
        const char *trouble = search->files->troubles.count > 0 ? search->files->troubles.item[0] : NULL;
        return err_set(search->err, ERR_NOT_FOUND,
                       "--gpu: this host shows no GPU: there is no CDI specification of a class 'gpu' and no "
                       "/dev/nvidia0, /dev/dri/renderD* or /dev/kfd; 'sciwrap doctor' tells more%s%s",
                       trouble != NULL ? "; not read: " : "", trouble != NULL ? trouble : "");
    }
    cdi_add_edits(&search->edits, &edits);
    cdi_edits_release(&edits);
    return 0;
}

static int use_asked(struct search *search, const char *asked)
{
    if (strcmp(asked, DEVICE_GPU) == 0) {
        return use_gpus(search);
    }
    const char *name = strchr(asked, '=') + 1;
    auto_free char *kind = xstrndup(asked, (size_t)(name - asked) - 1);
    return strcmp(name, "all") == 0 ? use_all(search, kind) : use_device(search, kind, name);
}

/* What would change more of a run than the use of a device. */
static bool is_own_variable(const char *assignment)
{
    static const char *const names[] = {"LD_",   "GLIBC_TUNABLES=", "GCONV_PATH=", "BASH_ENV=", "ENV=",    "PATH=",
                                        "HOME=", "USER=",           "LOGNAME=",    "PWD=",      "SCIWRAP_"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strncmp(assignment, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void take_variables(struct search *search)
{
    for (size_t i = 0; i < search->edits.variables.count; i++) {
        const char *assignment = search->edits.variables.item[i];
        if (is_own_variable(assignment)) {
            strlist_addf(&search->devices->left_out, "variable %.*s", (int)strcspn(assignment, "="), assignment);
        } else {
            setup_set_variable(&search->devices->variables, assignment);
        }
    }
}

/* Nobody can be put into a group without rights over it: a user namespace keeps those that its maker has. */
static void note_access(const struct devices *devices, struct strlist *notes)
{
    for (size_t i = 0; i < devices->node_count; i++) {
        if (access(devices->node[i].host, R_OK | W_OK) < 0) {
            strlist_addf(notes, "you may not read and write '%s'; its group must have you as a member (ls -l, id)",
                         devices->node[i].host);
        }
    }
}

static void note_left_out(const struct devices *devices, struct strlist *notes)
{
    struct buf list = {0};
    for (size_t i = 0; i < devices->left_out.count; i++) {
        buf_addf(&list, "%s%s", i > 0 ? "; " : "", devices->left_out.item[i]);
    }
    if (devices->left_out.count > 0) {
        strlist_addf(notes, "of the devices' specification not done: %s", buf_text(&list));
    }
    buf_release(&list);
}

static int find(struct search *search, int rootfs_fd)
{
    struct devices *devices = search->devices;
    for (size_t i = 0; i < devices->asked.count; i++) {
        if (use_asked(search, devices->asked.item[i]) < 0) {
            return -1;
        }
    }
    take_variables(search);
    auto_free char *from = search->from != NULL ? xasprintf("'%s'", search->from) : xstrdup("what was found");
    if (devices_place(devices, &search->edits, from, rootfs_fd, search->err) < 0) {
        return -1;
    }
    devices->driver = gpu_driver("", &devices->models);
    return 0;
}

int devices_find(struct devices *devices, const struct strlist *folders, int rootfs_fd, struct strlist *ret_notes,
                 struct err *err)
{
    struct cdi_files files = {0};
    struct search search = {.devices = devices, .files = &files, .err = err};
    if (!devices_are_there(devices)) {
        return 0;
    }
    cdi_find(folders, &files);
    int result = find(&search, rootfs_fd);
    if (result == 0) {
        note_access(devices, ret_notes);
        note_left_out(devices, ret_notes);
    }
    cdi_edits_release(&search.edits);
    cdi_files_release(&files);
    return result;
}

/* ---- variables */

/* Which of a node's devices are this job's: by Slurm's and the drivers' own variables. */
static bool is_passed(const char *assignment)
{
    static const char *const names[] = {"CUDA_VISIBLE_DEVICES=", "CUDA_DEVICE_ORDER=",   "GPU_DEVICE_ORDINAL=",
                                        "ROCR_VISIBLE_DEVICES=", "HIP_VISIBLE_DEVICES=", "ZE_AFFINITY_MASK=",
                                        "SLURM_STEP_GPUS=",      "SLURM_JOB_GPUS=",      "SLURM_GPUS_ON_NODE="};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strncmp(assignment, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

void devices_set_variables(struct devices *devices, char *const *environment, struct strlist *variables)
{
    if (!devices_are_there(devices)) {
        return;
    }
    for (size_t i = 0; i < devices->variables.count; i++) {
        setup_set_variable(variables, devices->variables.item[i]);
    }
    for (char *const *at = environment; at != NULL && *at != NULL; at++) {
        if (is_passed(*at)) {
            setup_set_variable(variables, *at);
            strlist_take(&devices->passed, xstrndup(*at, strcspn(*at, "=")));
        }
    }
    strlist_sort(&devices->passed);
}

static bool has_below(const struct devices *devices, const char *folder)
{
    for (size_t i = 0; i < devices->file_count; i++) {
        const char *path = devices->file[i].path;
        if (strncmp(path, folder, strlen(folder)) == 0 && path[strlen(folder)] == '/') {
            return true;
        }
    }
    return false;
}

static void join(struct strlist *variables, const char *name, const char *ours, bool first)
{
    const char *theirs = strlist_value(strlist_items(variables), name);
    bool more = theirs != NULL && theirs[0] != '\0';
    auto_free char *assignment = xasprintf("%s=%s%s%s", name, first || !more ? ours : theirs, more ? ":" : "",
                                           !more ? "" : (first ? theirs : ours));
    setup_set_variable(variables, assignment);
}

void devices_extend_paths(const struct devices *devices, struct strlist *variables)
{
    if (has_below(devices, DEVICES_LIBRARIES "32")) {
        join(variables, "LD_LIBRARY_PATH", DEVICES_LIBRARIES "32", true);
    }
    if (has_below(devices, DEVICES_LIBRARIES)) {
        join(variables, "LD_LIBRARY_PATH", DEVICES_LIBRARIES, true);
    }
    if (has_below(devices, DEVICES_PROGRAMS)) {
        join(variables, "PATH", DEVICES_PROGRAMS, false);
    }
}

const char *devices_kind_name(enum devices_kind kind)
{
    static const char *const names[] = {"library", "program", "file", "directory", "other"};
    return names[kind];
}

void devices_release(struct devices *devices)
{
    for (size_t i = 0; i < devices->spec_count; i++) {
        free(devices->spec[i].path);
    }
    for (size_t i = 0; i < devices->node_count; i++) {
        free(devices->node[i].path);
        free(devices->node[i].host);
    }
    for (size_t i = 0; i < devices->file_count; i++) {
        free(devices->file[i].path);
        free(devices->file[i].host);
        free(devices->file[i].soname);
    }
    for (size_t i = 0; i < devices->link_count; i++) {
        free(devices->link[i].text);
        free(devices->link[i].path);
    }
    free(devices->spec);
    free(devices->node);
    free(devices->file);
    free(devices->link);
    free(devices->driver);
    strlist_release(&devices->asked);
    strlist_release(&devices->names);
    strlist_release(&devices->variables);
    strlist_release(&devices->sysfs);
    strlist_release(&devices->passed);
    strlist_release(&devices->left_out);
    strlist_release(&devices->models);
    *devices = (struct devices){0};
}
