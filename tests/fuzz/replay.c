/* SPDX-License-Identifier: BSD-2-Clause
 * replay: runs a fuzz target over every file of its corpus, so that a crash that was found once stays found. */
#include <fcntl.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/fs.h"
#include "fuzz.h"

static int replay_folder(const char *path, size_t *files, struct err *err)
{
    auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_release(strlist) struct strlist names = {0};
    if (fs_list(AT_FDCWD, path, &names, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < names.count; i++) {
        auto_release(buf) struct buf bytes = {0};
        if (fs_read_at(fd, names.item[i], 64 * 1024 * 1024, &bytes, err) < 0) {
            return -1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&bytes), bytes.length);
        ++*files;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    size_t files = 0;
    for (int i = 1; i < argc; i++) {
        if (replay_folder(argv[i], &files, &err) < 0) {
            fprintf(stderr, "replay: %s\n", err.text);
            return 1;
        }
    }
    printf("%zu files\n", files);
    return files > 0 ? 0 : 1;
}
