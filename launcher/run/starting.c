/* SPDX-License-Identifier: BSD-2-Clause
 * starting: what the kernel opens by itself to start a program. */
#include "run/starting.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/lock.h"
#include "base/mem.h"
#include "env/interpreter.h"
#include "run/page.h"
#include "run/securing.h"

/* A descriptor for reading of what an O_PATH descriptor stands for. */
static int open_program(const struct recorder_target *program)
{
    char link[40];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", program->fd);
    return S_ISREG(program->st.st_mode) ? open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
}

static void note_page(struct observer *observer, const struct recorder_target *target, const struct place *place,
                      bool is_script)
{
    lock_take(&observer->book.lock);
    struct book_file *file = page_of(observer, target, place);
    if (file != NULL) {
        file->read = true;
        file->executed |= is_script;
        (void)securing_read(observer, book_first(file), target->fd, 0);
    }
    pthread_mutex_unlock(&observer->book.lock);
}

/* `named` is absolute, or begins with the caller's current directory. False when there is no such file. */
static bool note_interpreter(struct observer *observer, const struct recorder_call *call, const char *named,
                             bool is_script, struct recorder_target *ret_target)
{
    struct place place;
    if (!recorder_resolve(observer->recorder, call, named, true, ret_target)) {
        return false;
    }
    if (!recorder_is_passing(named) && !page_is_plain(named, ret_target->real)) {
        page_links(observer, call, named);
    }
    places_find(&observer->places, ret_target->real, &place);
    if (ret_target->exists && place.kind == PLACE_HOST) {
        note_page(observer, ret_target, &place, is_script);
    } else if (place.kind == PLACE_ROOTFS && !recorder_is_passing(named)) {
        observer_use(observer, named, ret_target->exists ? ret_target->real : NULL, is_script);
    }
    if (ret_target->exists && is_script && !strlist_has(&observer->interpreters, ret_target->real)) {
        strlist_add(&observer->interpreters, ret_target->real);
    }
    return ret_target->exists;
}

/* Programs of the rootfs stay what they are: one look at each is enough. */
static bool was_seen(struct observer *observer, const struct recorder_target *program)
{
    struct place place;
    places_find(&observer->places, program->real, &place);
    if (place.kind != PLACE_ROOTFS || observer->plan->writable) {
        return false;
    }
    bool seen = strmap_get(&observer->started, program->real) != NULL;
    strmap_put(&observer->started, program->real, observer);
    return seen;
}

void starting_note(struct observer *observer, const struct recorder_call *call, const struct recorder_target *program)
{
    struct recorder_target next = {.fd = -1};
    bool is_script = !was_seen(observer, program);
    auto_fd int fd = is_script ? open_program(program) : -1;
    for (int depth = 0; fd >= 0 && is_script && depth < INTERPRETERS_MOST; depth++) {
        auto_free char *path = interpreter_of(fd, &is_script);
        auto_free char *named = path != NULL ? xasprintf("%s%s", path[0] == '/' ? "" : "/proc/self/cwd/", path) : NULL;
        close(fd);
        fd = -1;
        if (named != NULL && note_interpreter(observer, call, named, is_script, &next)) {
            fd = open_program(&next);
        }
        recorder_target_release(&next);
    }
}
