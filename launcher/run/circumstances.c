/* SPDX-License-Identifier: BSD-2-Clause
 * circumstances: what merely happened while a run ran. */
#include "run/circumstances.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "env/config.h"
#include "run/processor.h"

void circumstances_read_boot_id(char boot_id[BOOT_ID_SIZE])
{
    auto_fd int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && read(fd, boot_id, BOOT_ID_SIZE - 1) == BOOT_ID_SIZE - 1;
    boot_id[whole ? BOOT_ID_SIZE - 1 : 0] = '\0';
}

static char *copy_of(const char *text)
{
    return text != NULL ? xstrdup(text) : NULL;
}

void circumstances_gather(struct circumstances *circumstances, const char *workdir)
{
    struct utsname names;
    struct sysinfo info;
    if (uname(&names) == 0) {
        circumstances->host_name = xstrdup(names.nodename);
        circumstances->kernel = xasprintf("%s %s %s", names.sysname, names.release, names.version);
        circumstances->machine = xstrdup(names.machine);
    }
    if (sysinfo(&info) == 0) {
        circumstances->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
    }
    processor_read(&circumstances->cpu_model, &circumstances->cpu_level, &circumstances->cpu_flags);
    circumstances->cpu_count = processor_count();
    circumstances_read_boot_id(circumstances->boot_id);
    circumstances->uid = getuid();
    circumstances->gid = getgid();
    circumstances->author = copy_of(config_get("SCIWRAP_NAME"));
    circumstances->orcid = copy_of(config_get("SCIWRAP_ORCID"));
    circumstances->workdir = xstrdup(workdir);
}

void circumstances_release(struct circumstances *circumstances)
{
    limits_release(circumstances->launch.limits);
    free(circumstances->host_name);
    free(circumstances->kernel);
    free(circumstances->machine);
    free(circumstances->cpu_model);
    free(circumstances->cpu_level);
    strlist_release(&circumstances->cpu_flags);
    free(circumstances->author);
    free(circumstances->orcid);
    free(circumstances->workdir);
    strlist_release(&circumstances->variables_dropped);
    job_release(&circumstances->job);
    *circumstances = (struct circumstances){0};
}

char *circumstances_time(int64_t ns)
{
    struct tm parts;
    time_t seconds = (time_t)(ns / 1000000000);
    if (ns < 0 || gmtime_r(&seconds, &parts) == NULL) {
        return xstrdup("1970-01-01T00:00:00.000000000Z");
    }
    /* Not strftime: it would read the time zone of the host. */
    return xasprintf("%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(ns % 1000000000));
}
