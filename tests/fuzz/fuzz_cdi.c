/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a CDI specification, the first one choosing JSON or YAML, and as a shared library: what is taken has
 * clean places, and the name of a library is one. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/path.h"
#include "env/device_name.h"
#include "run/cdi.h"
#include "run/soname.h"

static void check_edits(const struct cdi_edits *edits)
{
    for (size_t i = 0; i < edits->node_count; i++) {
        FUZZ_PROMISE(path_is_under(edits->node[i].path, "/dev") && strcmp(edits->node[i].path, "/dev") != 0);
        FUZZ_PROMISE(strstr(edits->node[i].path, "/../") == NULL);
        FUZZ_PROMISE(edits->node[i].host == NULL || edits->node[i].host[0] == '/');
    }
    for (size_t i = 0; i < edits->mount_count; i++) {
        FUZZ_PROMISE(edits->mount[i].host[0] == '/' && edits->mount[i].path[0] == '/' &&
                     edits->mount[i].path[1] != '\0');
    }
    for (size_t i = 0; i < edits->link_count; i++) {
        FUZZ_PROMISE(edits->link[i].path[0] == '/');
    }
    for (size_t i = 0; i < edits->variables.count; i++) {
        FUZZ_PROMISE(strchr(edits->variables.item[i], '=') > edits->variables.item[i]);
    }
}

static void try_specification(const uint8_t *bytes, size_t length)
{
    struct cdi_spec spec = {0};
    struct err err = {0};
    if (cdi_parse(&spec, "fuzz", (const char *)bytes + 1, length - 1, bytes[0] == 'y', &err) < 0) {
        FUZZ_PROMISE(err.kind != ERR_NONE && err.text[0] != '\0');
        return;
    }
    FUZZ_PROMISE(device_name_is_kind(spec.kind) && spec.device_count > 0);
    check_edits(&spec.edits);
    for (size_t i = 0; i < spec.device_count; i++) {
        FUZZ_PROMISE(device_name_is_plain(spec.device[i].name));
        check_edits(&spec.device[i].edits);
    }
    cdi_spec_release(&spec);
}

static void try_library(const uint8_t *bytes, size_t length)
{
    auto_fd int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct soname soname = {0};
    if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || !soname_read(fd, &soname)) {
        return;
    }
    FUZZ_PROMISE(soname.name == NULL || (soname.name[0] != '\0' && strchr(soname.name, '/') == NULL));
    free(soname.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length > 4 && memcmp(bytes, "\177ELF", 4) == 0) {
        try_library(bytes, length);
    } else if (length > 1) {
        try_specification(bytes, length);
    }
    return 0;
}
