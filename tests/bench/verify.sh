#!/usr/bin/env bash
# What checking the environment costs: a launch in a tree of 500,000 entries against one of 100, and a run that uses many
# files with and without it. Prints medians and ratios; never a verdict.
#
# usage: tests/bench/verify.sh [RUNS]     needs: a release build, tests/fixtures/make.sh build/fixtures
#   ENTRIES=500000  BENCH_DIR=where to work (default: $TMPDIR or /tmp; the large tree takes an inode for each entry)
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
runs=${1:-300}
entries=${ENTRIES:-500000}
sciwrap=${SCIWRAP:-$top/build/release/bin/sciwrap}
busybox=${FIXTURES:-$top/build/fixtures}/busybox
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/sciwrap-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export SCIWRAP_STORE=$work/store SCIWRAP_ENVS=$work/envs
unset SCIWRAP_SITE_STORE
mkdir "$work/envs" "$work/project"
cc -O2 -o "$work/pairs" "$top/tests/bench/pairs.c"

make_environment() { # NAME ENTRIES
    python3 - "$work/$1.tar" "$2" "$busybox" <<'PYTHON'
import io, sys, tarfile
path, entries, busybox = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with tarfile.open(path, "w") as tar:
    def add(name, kind, data=b"", mode=0o755):
        info = tarfile.TarInfo(name)
        info.type, info.size, info.mode, info.mtime = kind, len(data), mode, 1600000000
        tar.addfile(info, io.BytesIO(data))
    for name in ("usr", "usr/bin", "usr/share"):
        add(name, tarfile.DIRTYPE)
    add("usr/bin/busybox", tarfile.REGTYPE, open(busybox, "rb").read())
    for name in ("sh", "true", "cat"):
        info = tarfile.TarInfo("usr/bin/" + name)
        info.type, info.linkname = tarfile.SYMTYPE, "busybox"
        tar.addfile(info)
    for number in range(entries - 8):
        folder = "usr/share/d%04d" % (number // 1000)
        if number % 1000 == 0:
            add(folder, tarfile.DIRTYPE)
        else:
            add("%s/f%03d" % (folder, number % 1000), tarfile.REGTYPE, b"%d" % number, 0o644)
PYTHON
    printf '[environment]\ncommand = true\n[artifact]\nsha256 = %s\nurl = %s\n' \
        "$(sha256sum "$work/$1.tar" | cut -d' ' -f1)" "$work/$1.tar" >"$work/envs/$1.ini"
    local start=$EPOCHREALTIME
    "$sciwrap" pull --quiet "$1"
    awk -v name="$1" -v n="$2" -v a="$start" -v b="$EPOCHREALTIME" \
        'BEGIN { printf "%-8s %7d entries, unpacked in %.2f s\n", name, n, b - a }'
}

make_environment small 100
make_environment large "$entries"
sync
cd "$work/project"
for record in "" --no-record; do
    for level in used off; do
        echo "--verify=$level $record"
        # shellcheck disable=SC2086
        "$work/pairs" "$runs" "$entries entries" "100 entries" \
            "$sciwrap" exec $record --verify=$level large true -- "$sciwrap" exec $record --verify=$level small true
    done
done
echo "1000 files of the large tree read"
"$work/pairs" $((runs / 10 + 1)) "--verify=used" "--verify=off" \
    "$sciwrap" exec large sh -c 'cat /usr/share/d0001/* >/dev/null' -- \
    "$sciwrap" exec --verify=off large sh -c 'cat /usr/share/d0001/* >/dev/null'
echo "every entry"
"$work/pairs" 5 "--verify=full" "--verify=used" "$sciwrap" exec --verify=full large true -- "$sciwrap" exec large true
