#!/usr/bin/env bash
# `sciwrap store verify --full` beside sha256sum on all processors (xargs -P) on the same tree, once as it comes from the
# page cache. Prints times and a ratio; never a verdict.
#
# usage: tests/bench/store_verify.sh [RUNS]     needs: a release build
#   FILES=2000 FILE_KB=256  BENCH_DIR=where to work (default: $TMPDIR or /tmp)
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-5}
files=${FILES:-2000}
file_kb=${FILE_KB:-256}
sciwrap=${SCIWRAP:-$PWD/build/release/bin/sciwrap}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/sciwrap-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export SCIWRAP_STORE=$work/store SCIWRAP_ENVS=$work/envs
unset SCIWRAP_SITE_STORE SCIWRAP_NODE_STORE
mkdir -p "$work/envs" "$work/tree/etc"
python3 - "$work/tree" "$files" "$file_kb" <<'PYTHON'
import os, sys
folder, files, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) * 1024
block = os.urandom(size)
for number in range(files):
    below = "%s/d%03d" % (folder, number // 100)
    os.makedirs(below, exist_ok=True)
    with open("%s/f%05d" % (below, number), "wb") as file:
        file.write(number.to_bytes(8, "little") + block[8:])
PYTHON
tar -C "$work/tree" -cf "$work/it.tar" .
printf '[environment]\n[artifact]\nsha256 = %s\nurl = %s\n' "$(sha256sum "$work/it.tar" | cut -d' ' -f1)" "$work/it.tar" \
    >"$work/envs/it.ini"
"$sciwrap" pull --quiet it
rootfs=$(echo "$work"/store/trees/*/rootfs)
now() { echo "${EPOCHREALTIME/./}"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ours() { "$sciwrap" store verify --full --quiet; }
theirs() { find "$rootfs" -type f -print0 | xargs -0 -P "$(nproc)" -n 64 sha256sum >/dev/null; }
measure() { # COMMAND
    local i start
    "$1"
    for ((i = 0; i < runs; i++)); do
        start=$(now)
        "$1"
        echo $(($(now) - start))
    done | median
}
a=$(measure ours)
b=$(measure theirs)
awk -v a="$a" -v b="$b" -v n="$files" -v kb="$file_kb" -v cpus="$(nproc)" 'BEGIN {
    printf "%d files, %.0f MB, %d CPUs: store verify --full %.3f s (%.2f GB/s), sha256sum with xargs -P %.3f s; ratio %.2f\n",
        n, n * kb / 1000, cpus, a / 1e6, n * kb * 1024 / (a / 1e6) / 1e9, b / 1e6, a / b }'
