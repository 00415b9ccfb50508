/* SPDX-License-Identifier: BSD-2-Clause
 * job_end: how long a command that ignores its end may go on, so that there is time left for its record. */
#include "run/job_end.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    KILL_WAIT = 30,      /* what Slurm has when nothing is said */
    SECONDS_MOST = 65533 /* a greater one is none to Slurm, which keeps it in 16 bits */
};

/* A word NAME=NUMBER of slurm.conf, whose names are of any case. */
static bool takes(const char *word, const char *name, uint64_t *ret_value)
{
    size_t length = strlen(name);
    return strncasecmp(word, name, length) == 0 && word[length] == '=' &&
           text_to_u64(word + length + 1, 0, SECONDS_MOST, ret_value);
}

void job_waits_parse(const char *text, struct job_waits *ret_waits)
{
    struct job_waits waits = {.kill = KILL_WAIT};
    while (text[0] != '\0') {
        size_t length = strcspn(text, "\n");
        auto_free char *line = xstrndup(text, length < strcspn(text, "#") ? length : strcspn(text, "#"));
        char *rest = NULL;
        for (char *word = strtok_r(line, " \t\r", &rest); word != NULL; word = strtok_r(NULL, " \t\r", &rest)) {
            uint64_t grace = 0;
            (void)takes(word, "KillWait", &waits.kill);
            if (takes(word, "GraceTime", &grace) && grace > waits.grace) {
                waits.grace = grace;
            }
        }
        text += length + (text[length] == '\n');
    }
    *ret_waits = waits;
}

/* Where jobs that are preempted have time to go on, being told does not say which of the two it is: only who is over
 * its time limit, and who is told a second time, ends now. */
uint64_t job_waits_left(const struct job_waits *waits, const struct job *job, unsigned times, uint64_t now_s)
{
    enum { LATE = 60 }; /* Slurm looks for jobs that are over their time about once in half a minute */
    bool over_time = job->end_s != 0 && now_s + LATE >= job->end_s;
    if (waits->grace > 0 && !over_time && times < 2) {
        return 0;
    }
    /* A fifth of the time for the record, in which outputs are hashed: at least a second, at most ten. */
    uint64_t share_ms = waits->kill * 200;
    uint64_t kept_ms = share_ms < 1000 ? 1000 : share_ms > 10000 ? 10000 : share_ms;
    uint64_t all_ms = waits->kill * 1000;
    return all_ms > kept_ms ? (all_ms - kept_ms) * 1000000 : 1; /* KillWait=1: at once, that is better than nothing */
}

uint64_t job_end_grace(const struct job *job, unsigned times)
{
    enum { CONF_MOST = 4 << 20 }; /* of a cluster of ten thousand nodes that are listed one by one */
    const char *named = getenv("SLURM_CONF");
    /* The second is where slurmd keeps what it has from the controller ("configless"). */
    const char *const places[] = {named != NULL ? named : "/etc/slurm/slurm.conf", "/run/slurm/conf/slurm.conf"};
    struct job_waits waits = {.kill = KILL_WAIT};
    if (!job->is_there || !job->is_node) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        auto_release(buf) struct buf text = {0};
        struct err ignored = {0};
        if (fs_read_path(places[i], CONF_MOST, &text, &ignored) == 0) {
            job_waits_parse(buf_text(&text), &waits);
            break;
        }
    }
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return job_waits_left(&waits, job, times, (uint64_t)now.tv_sec);
}
