/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as an archive that `docker save` wrote: refused with a line, or every blob of it lies within the file. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/auto.h"
#include "supply/image_source.h"

static void promise_places(struct image_source *source, size_t length)
{
    for (size_t i = 0; i < source->aliases; i++) {
        struct err err = {0};
        struct image_place place;
        if (source->alias[i].text == NULL &&
            image_source_find(source, &source->alias[i].digest, 0, &place, &err) == 0) {
            FUZZ_PROMISE(place.from <= length && place.size <= length - place.from);
        }
    }
    for (size_t i = 0; i < source->archive.members.capacity; i++) {
        struct image_range range;
        const char *name = source->archive.members.slot[i].key;
        if (name != NULL && image_archive_find(&source->archive, name, &range)) {
            FUZZ_PROMISE(range.from <= length && range.size <= length - range.from);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct err err = {0};
    char url[64];
    struct image_source source;
    auto_fd int fd = memfd_create("archive", MFD_CLOEXEC);
    FUZZ_PROMISE(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    snprintf(url, sizeof(url), "docker-archive:/proc/self/fd/%d", fd);
    if (image_source_open(url, &source, &err) < 0) {
        FUZZ_PROMISE(err.kind != ERR_NONE && err.text[0] != '\0');
        return 0;
    }
    promise_places(&source, length);
    image_source_close(&source);
    return 0;
}
