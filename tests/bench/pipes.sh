#!/usr/bin/env bash
# What pipes cost: bytes a second through `sciwrap exec ENV cat` in the middle of a pipeline, beside the same pipeline without it
# and with --no-record (pipes given as they are); the processor time of it, since two threads hash what passes; and a launch with
# pipes. Medians; never a verdict.
#
# usage: tests/bench/pipes.sh [MEGABYTES [RUNS]]     needs: a release build
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
megabytes=${1:-4000}
runs=${2:-300}
sciwrap=${SCIWRAP:-$top/build/release/bin/sciwrap}
env=${BENCH_ENV:-samtools-1.16}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$sciwrap" pull --quiet "$env"
mkdir "$work/project"
cd "$work/project"

middle() { sort -n | sed -n "$(((($1) + 1) / 2))p"; }

# NAME COMMAND...: in the middle of a pipeline, three times
through() {
    local name=$1 i begun
    shift
    for i in 1 2 3; do
        begun=$(date +%s%N)
        { TIMEFORMAT='%U %S'; dd if=/dev/zero bs=1M count="$megabytes" 2>/dev/null | { time "$@" 2>/dev/null 2>&4; } 4>&2 2>"$work/cpu" | cat >/dev/null; }
        echo "$(($(date +%s%N) - begun)) $(cat "$work/cpu")"
    done | middle 3 | awk -v name="$name" -v megabytes="$megabytes" \
        '{ printf "%-28s %6.2f GB/s   %.2f s of processor a GB\n", name, megabytes * 1.048576e6 / $1, ($2 + $3) / (megabytes * 1.048576e-3) }'
}

through "cat" cat
through "sciwrap exec --no-record cat" "$sciwrap" exec --no-record "$env" cat
through "sciwrap exec cat" "$sciwrap" exec "$env" cat
through "openssl dgst -sha256" openssl dgst -sha256

launch() { # NAME COMMAND...
    local name=$1 i begun
    shift
    for ((i = 0; i < runs; i++)); do
        begun=$(date +%s%N)
        echo x | "$@" 2>&1 | cat >/dev/null
        echo $(($(date +%s%N) - begun))
    done | middle "$runs" | awk -v name="$name" '{ printf "%-28s %6.2f ms a launch in a pipeline\n", name, $1 / 1e6 }'
}

launch "sciwrap exec --no-record cat" "$sciwrap" exec --no-record "$env" cat
launch "sciwrap exec cat" "$sciwrap" exec "$env" cat
