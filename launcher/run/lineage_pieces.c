/* SPDX-License-Identifier: BSD-2-Clause
 * lineage_pieces: the part of lineage.h about files that several runs appended to: each made a piece. */
#include <errno.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "run/lineage.h"

bool lineage_piece_holds(int fd, const struct catalog_file *file)
{
    enum { CHUNK = 128 * 1024 };
    auto_free char *chunk = xmalloc(CHUNK);
    struct digest_state state;
    struct digest digest;
    uint64_t done = 0;
    if (file->offset > INT64_MAX || file->size > (uint64_t)INT64_MAX - file->offset) {
        return false;
    }
    digest_begin(&state);
    while (done < file->size) {
        uint64_t wanted = file->size - done < CHUNK ? file->size - done : CHUNK;
        ssize_t got = pread(fd, chunk, (size_t)wanted, (off_t)(file->offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        digest_update(&state, chunk, (size_t)got);
        done += (uint64_t)got;
    }
    digest_end(&state, &digest);
    return digest_equal(&digest, file->digest);
}
