#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sciwrap pull of a local archive, verified and indexed, against GNU tar extracting it without any check, and against what
# a careful person does by hand: sha256sum, tar, sync of the file system. In turn, medians, in one run. Below 1.00 means
# that sciwrap is faster.
#
#   SCIWRAP=path of sciwrap (default: the release build), or SCIWRAP_ENV_PROGRAM=path of sciwrap-env
#   FILES="2000 100000"  FORMATS="tar tar.gz tar.zst tar.xz"  ROUNDS=7  BENCH_DIR=where to work (default: $TMPDIR or /tmp)

here=$(cd "$(dirname "$0")/../.." && pwd)
program=${SCIWRAP:-${SCIWRAP_ENV_PROGRAM:-$here/build/release/bin/sciwrap}}
top=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/sciwrap-bench.XXXXXX") || exit 125
trap 'rm -rf "$top"' EXIT
unset SCIWRAP_SITE_STORE

# A tree like that of an environment: some large libraries and thousands of small files, 7 kB each on average, taken from
# this host's. A host that has fewer gives them several times, in folders of their own.
make_archive() { # COUNT ARCHIVE
    find /usr/lib /usr/share -xdev -type f -size -20000k -readable -printf '%s %p\n' 2> /dev/null | LC_ALL=C sort -k 2 \
        | awk -v files="$1" 'total + $1 < (taken + 50) * 7000 && taken < files { total += $1; taken++; print $2 }' > "$top/files"
    tar -cf "$2" -C / -T "$top/files" 2> /dev/null
    have=$(wc -l < "$top/files") part=1
    while [ "$have" -lt "$1" ]; do
        head -n $(($1 - have)) "$top/files" > "$top/more"
        tar -rf "$2" -C / --transform "s|^|$part/|" -T "$top/more" 2> /dev/null
        have=$((have + $(wc -l < "$top/more"))) part=$((part + 1))
    done
}

cat > "$top/measure.py" << 'END'
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


def by_hand(ini, archive):
    folder = fresh()
    os.mkdir(folder)
    return measure(["sh", "-c", 'sha256sum "$1" > /dev/null && tar -xf "$1" -C "$2" && sync -f "$2"', "sh", archive, folder])


JOBS = (pull, extract, by_hand)
print("%-8s %10s %10s %10s %10s %12s %14s %10s" %
      ("format", "sciwrap s", "tar s", "by hand s", "to tar", "to by hand", "sciwrap MiB", "tar MiB"))
for suffix in os.environ["FORMATS"].split():
    archive, ini = WORK + "/a." + suffix, WORK + "/a.ini"
    # In pieces: the memory of this process would count as that of the ones it starts.
    digest = hashlib.sha256()
    with open(archive, "rb") as data:
        while piece := data.read(1 << 20):
            digest.update(piece)
    with open(ini, "w") as out:
        out.write("[environment]\ndescription = bench\ncommand = true\n[artifact]\nsha256 = %s\nurl = %s\n" % (digest.hexdigest(), archive))
    times = {job: [] for job in JOBS}
    for turn in range(int(os.environ["ROUNDS"])):
        for job in JOBS if turn % 2 else reversed(JOBS):
            times[job].append(job(ini, archive))
    ours, tar, hand = (statistics.median(t[0] for t in times[job]) for job in JOBS)
    print("%-8s %10.3f %10.3f %10.3f %10.2f %12.2f %14.1f %10.1f" %
          (suffix, ours, tar, hand, ours / tar, ours / hand,
           max(t[1] for t in times[pull]) / 1024, max(t[1] for t in times[extract]) / 1024), flush=True)
END

for files in ${FILES:-2000 100000}; do
    work=$top/$files
    mkdir "$work" && make_archive "$files" "$work/a.tar"
    gzip -k "$work/a.tar"
    zstd -q -k "$work/a.tar"
    xz -k -3 -T 0 "$work/a.tar"
    echo "$files files, $(du -m "$work/a.tar" | cut -f1) MiB"
    WORK=$work ROUNDS=${ROUNDS:-7} PROGRAM=$program FORMATS=${FORMATS:-tar tar.gz tar.zst tar.xz} \
        python3 "$top/measure.py" || exit 125
    rm -rf "$work"
done
