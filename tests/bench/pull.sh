#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sciwrap pull of a local archive, verified and indexed, against GNU tar extracting it without any check: alternating,
# medians, in one run. Below 1.00 means that sciwrap is faster.
#
#   SCIWRAP=path of sciwrap (default: the release build), or SCIWRAP_ENV_PROGRAM=path of sciwrap-env
#   ROUNDS=7  MEGABYTES=150  BENCH_DIR=where to work (default: $TMPDIR or /tmp)

here=$(cd "$(dirname "$0")/../.." && pwd)
program=${SCIWRAP:-${SCIWRAP_ENV_PROGRAM:-$here/build/release/bin/sciwrap}}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/sciwrap-bench.XXXXXX") || exit 125
trap 'rm -rf "$work"' EXIT
unset SCIWRAP_SITE_STORE

# A tree like that of an environment: some large libraries and thousands of small files.
find /usr/lib /usr/share -xdev -type f -size -20000k -readable -printf '%s %p\n' 2> /dev/null | LC_ALL=C sort -k 2 \
    | awk -v most="$((${MEGABYTES:-150} * 1000000))" 'NR % 3 == 0 && total + $1 < most { total += $1; print $2 }' \
    | head -n 20000 > "$work/files"
tar -cf "$work/a.tar" -C / -T "$work/files" 2> /dev/null
gzip -k "$work/a.tar"
zstd -q -k "$work/a.tar"
xz -k -3 "$work/a.tar"
echo "$(wc -l < "$work/files") files, $(du -m "$work/a.tar" | cut -f1) MiB"

WORK=$work ROUNDS=${ROUNDS:-7} PROGRAM=$program python3 - << 'END'
import hashlib
import os
import statistics
import subprocess
import time

WORK, program = os.environ["WORK"], os.environ["PROGRAM"]


# A small program between this one and what is measured: a child's peak memory counts from before its exec, and
# Python's own would be all that shows.
METER = """
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    int status = 1;
    struct rusage usage = {0};
    pid_t pid = argc > 1 ? fork() : -1;
    if (pid == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
        return 1;
    }
    printf("%ld\\n", usage.ru_maxrss);
    return status != 0;
}
"""
meter = WORK + "/meter"
subprocess.run(["cc", "-O2", "-x", "c", "-o", meter, "-"], input=METER.encode(), check=True)


def measure(argv):
    """Seconds and peak memory in KiB of the largest process."""
    os.sync()  # what the one before has written must not go to the disk during this one
    start = time.monotonic()
    done = subprocess.run([meter] + argv, check=True, stdout=subprocess.PIPE)
    return time.monotonic() - start, int(done.stdout)


# Nothing is removed before the end: ext4 does not give out inodes again that were freed within the last seconds, and
# looks at each of them at every create, which would be measured instead.
def fresh(number=[0]):
    number[0] += 1
    return "%s/run.%d" % (WORK, number[0])


def pull(ini, archive):
    os.environ["SCIWRAP_STORE"] = fresh()
    return measure([program, "pull", "--quiet", ini])


def extract(ini, archive):
    folder = fresh()
    os.mkdir(folder)
    return measure(["tar", "-xf", archive, "-C", folder])


print("%-8s %10s %10s %7s %14s %14s" % ("format", "sciwrap s", "tar s", "ratio", "sciwrap MiB", "tar MiB"))
for suffix in ("", ".gz", ".zst", ".xz"):
    archive, ini = WORK + "/a.tar" + suffix, WORK + "/a.ini"
    # In pieces: the memory of this process would count as that of the ones it starts.
    digest = hashlib.sha256()
    with open(archive, "rb") as data:
        while piece := data.read(1 << 20):
            digest.update(piece)
    with open(ini, "w") as out:
        out.write("[environment]\ndescription = bench\ncommand = true\n[artifact]\nsha256 = %s\nurl = %s\n" % (digest.hexdigest(), archive))
    ours, theirs = [], []
    for turn in range(int(os.environ["ROUNDS"])):
        for job, times in (((pull, ours), (extract, theirs)) if turn % 2 else ((extract, theirs), (pull, ours))):
            times.append(job(ini, archive))
    a, b = (statistics.median(t[0] for t in times) for times in (ours, theirs))
    print("%-8s %10.3f %10.3f %7.2f %14.1f %14.1f" % ("tar" + suffix, a, b, a / b,
          max(t[1] for t in ours) / 1024, max(t[1] for t in theirs) / 1024))
END
