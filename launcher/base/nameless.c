/* SPDX-License-Identifier: BSD-2-Clause
 * nameless: a file of this process alone. */
#include "base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"

int nameless_open(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd >= 0 || errno != ENOSYS) {
        return fd;
    }
    const char *temporary = getenv("TMPDIR");
    auto_free char *path = xasprintf("%s/sciwrap-%s.XXXXXX", temporary != NULL ? temporary : "/tmp", name);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        unlink(path);
    }
    return fd;
}
