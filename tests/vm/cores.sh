#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# cores.sh: what --private-cores does on a machine whose two processors are the threads of one core, by what the kernel counts: how
# long a thread had to stand idle because a process of the run and one of somebody else wanted to compute at a time. In a virtual
# machine of kernels.sh; prints "ok NAME" and "not ok NAME". Before Linux 5.18 that is not counted.
told() { # FILE
    grep -c '"core_scheduling": *true' "$1"
}
# The run computes, and so do we; what was counted for the run's process, in ns.
idle_of() { # OPTION...
    rm -f in end
    sciwrap exec --manifest cores.json "$@" tiny sh -c ': >in; until [ -e end ]; do :; done' &
    run=$!
    while [ ! -e in ]; do sleep 0.1; done
    sh -c 'while :; do :; done' &
    ours=$!
    sleep 2
    for status in /proc/[0-9]*/status; do
        if grep -q '^NSpid:.*[0-9][^0-9][0-9]' "$status" 2>/dev/null; then
            sed -n 's/^core_forceidle_sum *: *//p' "${status%status}sched"
        fi
    done | sort -n | tail -n 1 | cut -d. -f1
    : >end
    kill $ours
    wait $run
}
sciwrap exec --manifest alone.json --private-cores tiny true
if [ "$(told alone.json)" = 1 ]; then
    echo "ok core scheduling is on, and told in the record"
else
    echo "not ok core scheduling is on, and told in the record"
fi
grep -q core_forceidle_sum /proc/self/sched || exit 0
private=$(idle_of --private-cores)
shared=$(idle_of)
if [ "${private:-0}" -gt 0 ] && [ "${shared:-1}" = 0 ] && [ "$(told cores.json)" = 0 ]; then
    echo "ok nobody computes beside the run on its core"
else
    echo "not ok nobody computes beside the run on its core"
fi
echo "# forced idle: with --private-cores ${private:-?} ms, without ${shared:-?}"
