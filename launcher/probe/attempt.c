/* SPDX-License-Identifier: BSD-2-Clause
 * attempt: what came of one try at one wall. */
#include "probe/attempt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void found(struct finding *finding, enum outcome outcome, const char *mechanism, const char *format, ...)
{
    va_list arguments;
    finding->outcome = outcome;
    snprintf(finding->mechanism, sizeof(finding->mechanism), "%s", mechanism);
    va_start(arguments, format);
    vsnprintf(finding->detail, sizeof(finding->detail), format, arguments);
    va_end(arguments);
}

static const char *mechanism_of(const struct scene *scene, int errnum)
{
    switch (errnum) {
    case EPERM:
        return scene->filtered ? BY_SECCOMP : BY_CAPABILITY;
    case ENOSYS:
    case EAFNOSUPPORT:
        return scene->filtered ? BY_SECCOMP : BY_KERNEL;
    case EROFS:
        return BY_FLAGS;
    case ENOENT:
        return BY_MOUNT;
    case ESRCH:
        return BY_PID;
    case EACCES:
        return BY_OWNER;
    default:
        return BY_KERNEL;
    }
}

void found_held(const struct scene *scene, struct finding *finding, int errnum, const char *mechanism)
{
    found(finding, OUTCOME_HELD, mechanism != NULL ? mechanism : mechanism_of(scene, errnum), "%s", strerror(errnum));
}

void found_by_call(const struct scene *scene, struct finding *finding, long result)
{
    if (result >= 0) {
        found(finding, OUTCOME_OPEN, "", "the call succeeded");
    } else if (errno == EPERM || errno == ENOSYS || errno == EACCES) {
        found_held(scene, finding, errno, NULL);
    } else {
        found(finding, OUTCOME_OPEN, "", "the kernel went to work on it: %s", strerror(errno));
    }
}

void attempt_call(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    const long *call = attempt->call;
    found_by_call(scene, finding, syscall(call[0], call[1], call[2], call[3], call[4], call[5], call[6]));
}
