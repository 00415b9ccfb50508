/* SPDX-License-Identifier: BSD-2-Clause
 * facts: what the planner must know of the host and the caller. */
#include "run/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "run/processor.h"
#include "run/setup.h"

/* 64 KiB: resolv.conf(5) files have a few lines; beyond this it is something else. */
enum { RESOLV_CONF_MOST = 64 * 1024 };

static char *host_name(void)
{
    struct utsname names;
    return uname(&names) == 0 && setup_is_host_name(names.nodename) ? xstrdup(names.nodename) : NULL;
}

/* Not getpwuid(3): it asks name services over the network, by libraries that a static program cannot load. */
static char *user_name(void)
{
    const char *user = getenv("USER");
    const char *name = user != NULL ? user : getenv("LOGNAME");
    return name != NULL && setup_is_user_name(name) ? xstrdup(name) : NULL;
}

/* /etc/localtime is a link into zoneinfo (localtime(5)); where it is a copy of a file there, its name is lost. */
static char *zone_name(void)
{
    static const char folder[] = "/zoneinfo/";
    char target[256];
    ssize_t length = readlink("/etc/localtime", target, sizeof(target) - 1);
    target[length > 0 ? length : 0] = '\0';
    const char *name = strstr(target, folder);
    return name != NULL ? xstrdup(name + strlen(folder)) : NULL;
}

void facts_need_cpus(struct facts *facts)
{
    facts->cpus = processor_count();
    job_gather(&facts->job, facts->environment);
    facts->job.is_loose = facts->job.cpus > 0 && facts->job.cpus < facts->cpus;
    if (facts->job.is_loose) {
        facts->cpus = facts->job.cpus;
    }
}

/* Who makes the image of a container sets them there: they are about where sciwrap runs, not about one run. */
int facts_find_proc(struct facts *facts, struct err *err)
{
    const char *asked = getenv("SCIWRAP_PROC");
    facts->shared_proc = asked != NULL && strcmp(asked, "shared") == 0;
    if (asked != NULL && asked[0] != '\0' && !facts->shared_proc && strcmp(asked, "own") != 0) {
        return err_set(err, ERR_USAGE, "SCIWRAP_PROC is '%s'; it can be 'own' or 'shared'", asked);
    }
    const char *recording = getenv("SCIWRAP_RECORDING");
    if (recording != NULL && recording[0] != '\0' && strcmp(recording, "observation") != 0 &&
        strcmp(recording, "comparison") != 0) {
        return err_set(err, ERR_USAGE, "SCIWRAP_RECORDING is '%s'; it can be 'observation' or 'comparison'", recording);
    }
    return 0;
}

int facts_gather(struct facts *facts, struct err *err)
{
    facts->workdir = fs_current_dir();
    if (facts->workdir == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used as work directory");
    }
    if (strcmp(facts->workdir, "/") == 0) {
        return err_set(err, ERR_USAGE,
                       "the work directory is '/', which would let the whole host in; change to the directory of your "
                       "data first");
    }
    facts->uid = getuid();
    facts->gid = getgid();
    facts->umask = umask(022);
    umask(facts->umask);
    facts->hostname = host_name();
    facts->user = user_name();
    facts->zone = zone_name();
    facts->on_terminal = isatty(STDIN_FILENO) || isatty(STDOUT_FILENO) || isatty(STDERR_FILENO);
    facts->environment = environ;
    facts_need_cpus(facts);
    return facts_find_proc(facts, err);
}

void facts_need_network(struct facts *facts)
{
    struct buf content = {0};
    struct err ignored = {0};
    if (facts->resolv_conf == NULL) {
        /* Without it names are not resolved, addresses still work: no reason to refuse the run. */
        (void)fs_read_path("/etc/resolv.conf", RESOLV_CONF_MOST, &content, &ignored);
        facts->resolv_conf = buf_take(&content);
    }
}

void facts_hide_records_of(struct facts *facts, const char *directory)
{
    struct stat st;
    auto_free char *records = xasprintf("%s/%s", directory, SETUP_RECORDS);
    if (lstat(records, &st) == 0 && S_ISDIR(st.st_mode) && !strlist_has(&facts->hidden, records)) {
        strlist_add(&facts->hidden, records);
    }
}

void facts_release(struct facts *facts)
{
    free(facts->workdir);
    free(facts->hostname);
    free(facts->user);
    free(facts->zone);
    free(facts->resolv_conf);
    strlist_release(&facts->hidden);
    job_release(&facts->job);
    *facts = (struct facts){0};
}
