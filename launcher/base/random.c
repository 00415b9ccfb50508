/* SPDX-License-Identifier: BSD-2-Clause
 * random: numbers that nobody can guess. */
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/auto.h"

static bool from_device(void *bytes, size_t size)
{
    auto_fd int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, bytes, size);
    if (got >= 0 && (size_t)got != size) {
        errno = EIO;
    }
    return got == (ssize_t)size;
}

bool random_fill(void *bytes, size_t size)
{
    assert(size <= 256);
    ssize_t got = getrandom(bytes, size, 0);
    return got == (ssize_t)size || (got < 0 && errno == ENOSYS && from_device(bytes, size));
}
