/* SPDX-License-Identifier: BSD-2-Clause
 * told: notes each message as it is made, for a test. */
#include "base/told.h"

#ifdef SCIWRAP_TOLD

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"

/* A page that a fork empties: nothing has to be asked, in a process that may be shut in, to know that it is another. */
static char *mark;

__attribute__((constructor)) void told_here(void)
{
    enum { PAGE = 4096 };
    if (mark == NULL && getenv("SCIWRAP_TOLD") != NULL) {
        void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED || madvise(page, PAGE, MADV_WIPEONFORK) < 0) {
            return;
        }
        mark = page;
    }
    if (mark != NULL) {
        *mark = 1;
    }
}

/* A corpus of a fuzzer makes the same message thousands of times. */
static int is_known(const char *format, const char *text)
{
    enum { SLOTS = 4096 };
    static _Atomic uint64_t known[SLOTS];
    uint64_t hash = (uint64_t)(uintptr_t)format;
    for (const char *at = text; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    }
    return atomic_exchange(&known[(hash >> 40) % SLOTS], hash) == hash;
}

void told_note(const char *format, const char *text)
{
    char path[4096];
    char left[2048];
    char right[4096];
    char line[sizeof(left) + sizeof(right) + 2];
    int saved = errno;
    if (mark == NULL || *mark == 0 || is_known(format, text)) {
        return;
    }
    snprintf(path, sizeof(path), "%s/%u", getenv("SCIWRAP_TOLD"), (unsigned)getuid());
    text_escape(left, sizeof(left), format, strlen(format));
    text_escape(right, sizeof(right), text, strlen(text));
    int length = snprintf(line, sizeof(line), "%s\x1f%s\n", left, right);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0) {
        /* A test may allow this process small files only, and the notes of all tests are none. */
        void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
        ssize_t ignored = write(fd, line, (size_t)length);
        (void)ignored;
        signal(SIGXFSZ, handler);
        close(fd);
    }
    errno = saved;
}

#else
/* A file of the language has to have something in it. */
typedef int told_not;
#endif
