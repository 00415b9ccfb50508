/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as the plain content of a bundle, compressed and with its end mark: nothing appears beside the folder, and
 * what is accepted has in it what its list says. */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fs.h"
#include "supply/bundle_mark.h"
#include "supply/bundle_read.h"
#include "supply/zstream.h"

static int add_compressed(void *user, const void *bytes, size_t length, struct err *err)
{
    (void)err;
    buf_add(user, bytes, length);
    return 0;
}

static void compress(const uint8_t *bytes, size_t length, struct buf *to)
{
    struct err err = {0};
    struct digest digest;
    char mark[BUNDLE_MARK];
    struct zwriter *writer = zwriter_open(1, add_compressed, to, &err);
    FUZZ_PROMISE(writer != NULL && zwriter_put(writer, bytes, length, &err) == 0 && zwriter_finish(writer, &err) == 0);
    zwriter_close(&writer);
    digest_bytes(buf_text(to), to->length, &digest);
    bundle_mark_make(mark, &digest);
    buf_add(to, mark, sizeof(mark));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char outer[] = "/tmp/sciwrap-fuzz.XXXXXX";
    auto_release(buf) struct buf bundle = {0};
    auto_release(strlist) struct strlist names = {0};
    struct err err = {0};
    struct err ignored = {0};
    struct digest list;
    _Atomic uint64_t done = 0;
    FUZZ_PROMISE(mkdtemp(outer) != NULL);
    auto_fd int outer_fd = open(outer, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_PROMISE(mkdirat(outer_fd, "in", 0700) == 0);
    auto_fd int into = openat(outer_fd, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_fd int fd = memfd_create("bundle", MFD_CLOEXEC);
    compress(bytes, length, &bundle);
    FUZZ_PROMISE(fs_write_fd(fd, "bundle", bundle.bytes, bundle.length, &err) == 0);
    if (bundle_read_here(fd, into, true, &done, &list, &err) == 0) {
        FUZZ_PROMISE(faccessat(into, "manifest.json", F_OK, 0) == 0 && faccessat(into, "SHA256SUMS", F_OK, 0) == 0);
    } else {
        FUZZ_PROMISE(err.kind == ERR_INVALID || err.kind == ERR_MISMATCH || err.kind == ERR_SYSTEM);
    }
    FUZZ_PROMISE(fs_list(outer_fd, ".", &names, &ignored) == 0 && names.count == 1);
    FUZZ_PROMISE(fs_remove_tree(AT_FDCWD, outer, &ignored) == 0);
    return 0;
}
