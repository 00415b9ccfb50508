/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_unpack: what the targets of the unpacker have in common: bytes as an archive whose digest is right are refused,
 * or unpacked within the limits, and nothing comes to lie beside the folder.
 */
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fs.h"
#include "fuzz.h"
#include "supply/unpack_work.h"

/* A folder in a folder of ours, so that a look at the outer one shows what escaped. */
static int make_stage(char *outer)
{
    FUZZ_PROMISE(mkdtemp(outer) != NULL);
    int fd = open(outer, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_PROMISE(fd >= 0 && mkdirat(fd, "stage", 0700) == 0);
    return fd;
}

static void check_outer(int outer_fd)
{
    auto_release(strlist) struct strlist names = {0};
    struct err err = {0};
    FUZZ_PROMISE(fs_list(outer_fd, ".", &names, &err) == 0 && names.count == 1);
}

/* As one archive, or as two layers of an image that are the same: everything is replaced, whiteouts find something. */
static void try_as(const struct unpack_archive *archive, size_t count)
{
    static const struct unpack_limits limits = {
        .entries = 1000, .bytes = 1 << 20, .depth = 32, .path_bytes = 500, .header_bytes = 65536};
    char outer[] = "/tmp/sciwrap-fuzz.XXXXXX";
    auto_fd int outer_fd = make_stage(outer);
    auto_fd int stage_fd = openat(outer_fd, "stage", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _Atomic uint64_t done = 0;
    struct work work = {.archive = archive,
                        .count = count,
                        .layers = count > 1,
                        .artifact = archive->sha256,
                        .stage_fd = stage_fd,
                        .limits = &limits,
                        .done = &done};
    struct store_tree tree = {.fd = -1};
    struct err err = {0};
    if (work_unpack(&work, &tree, &err) == 0) {
        FUZZ_PROMISE(tree.entries <= limits.entries + 1 && tree.bytes <= limits.bytes);
    } else {
        FUZZ_PROMISE(err.kind != ERR_NONE);
    }
    store_tree_release(&tree);
    check_outer(outer_fd);
    struct err ignored = {0};
    FUZZ_PROMISE(fs_remove_tree(AT_FDCWD, outer, &ignored) == 0);
}

static void fuzz_unpack(const uint8_t *bytes, size_t length)
{
    auto_fd int archive_fd = memfd_create("archive", MFD_CLOEXEC);
    struct err err = {0};
    FUZZ_PROMISE(fs_write_fd(archive_fd, "archive", bytes, length, &err) == 0);
    struct unpack_archive archive[2] = {{.fd = archive_fd}};
    digest_bytes(bytes, length, &archive[0].sha256);
    archive[1] = archive[0];
    try_as(archive, 1);
    try_as(archive, 2);
}
