#!/usr/bin/env bash
# What lists of many runs cost: `sciwrap runs` and `sciwrap whence` in a project of 10,000 runs, without the cache (the
# first call) and with it; and 64 runs at once in one directory. Medians of five. Prints figures; never a verdict, except
# when a record is lost.
#
# usage: tests/bench/records.sh [RUNS]     needs: a release build, python3
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
runs=${1:-10000}
sciwrap=${SCIWRAP:-$top/build/release/bin/sciwrap}
env=${BENCH_ENV:-samtools-1.16}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$sciwrap" pull --quiet "$env"
mkdir "$work/project"
cd "$work/project"

# The record of a real run, and as many more as are wanted, each with an ID, a time, and contents of its own: every run
# reads what the one before it wrote, and every hundredth begins a new chain.
seq 1000 >numbers
"$sciwrap" exec "$env" sh -c 'sort -r numbers | tee sorted | wc -l; sed s/1/2/ numbers >second; cat second | grep 7 >third' >count
python3 - "$runs" <<'PYTHON'
import glob, hashlib, json, os, sys
m = json.load(open(glob.glob(".sciwrap/runs/*/manifest.json")[0]))
digest = lambda i: hashlib.sha256(b"%d" % i).hexdigest()
total = int(sys.argv[1]) - 1
for i in range(1, total + 1):
    m["id"] = "%012x" % (i * 2654435761 % 2**48)
    m["circumstances"]["started"] = "2026-01-%02dT%02d:%02d:%02d.000000000Z" % (1 + i // 86400, i // 3600 % 24, i // 60 % 60, i % 60)
    m["experiment"]["inputs"][0]["sha256"] = digest(i - 1 if i % 100 else -i)
    for k, output in enumerate(o for o in m["experiment"]["outputs"] if o.get("size")):
        output["sha256"] = digest(i) if k == 0 else digest(i * 1000003 + k)
    os.mkdir(".sciwrap/runs/" + m["id"])
    json.dump(m, open(".sciwrap/runs/%s/manifest.json" % m["id"], "w"), indent=2)
open("last", "w").write("%d" % total)
PYTHON
sleep 3.2 # what is younger is not cached
size=$(du -sb --apparent-size .sciwrap/runs | cut -f1)
echo "$runs runs, $((size / runs)) bytes each"

# median BEFORE COMMAND...: milliseconds, with BEFORE done before each of five
median() {
    local before=$1 i start end
    shift
    for i in 1 2 3 4 5; do
        eval "$before"
        start=$EPOCHREALTIME
        "$@" >"$work/out"
        end=$EPOCHREALTIME
        echo $(((${end/./} - ${start/./}) / 1000))
    done | sort -n | sed -n 3p
}

median : "$sciwrap" runs >/dev/null
printf 'runs     first call %4d ms   then %3d ms\n' "$(median 'rm -f .sciwrap/catalog' "$sciwrap" runs)" "$(median : "$sciwrap" runs)"
printf '  --json first call %4d ms   then %3d ms\n' "$(median 'rm -f .sciwrap/catalog' "$sciwrap" runs --json)" "$(median : "$sciwrap" runs --json)"
printf 'whence   first call %4d ms   then %3d ms\n' "$(median 'rm -f .sciwrap/catalog' "$sciwrap" whence last)" "$(median : "$sciwrap" whence last)"
id=$(printf '%012x' $((5000 * 2654435761 % (1 << 48))))
printf 'show ID                          %3d ms\n' "$(median : "$sciwrap" show "$id")"
if sync && echo 3 2>/dev/null >/proc/sys/vm/drop_caches; then
    printf 'runs     from the disk: first call %d ms' "$(median 'rm -f .sciwrap/catalog; sync; echo 3 >/proc/sys/vm/drop_caches' "$sciwrap" runs)"
    "$sciwrap" runs >/dev/null
    printf ', then %d ms\n' "$(median 'sync; echo 3 >/proc/sys/vm/drop_caches' "$sciwrap" runs)"
fi

mkdir "$work/many"
cd "$work/many"
start=$EPOCHREALTIME
for i in $(seq 64); do
    "$sciwrap" exec "$env" sh -c "echo $i >$i.txt" &
done
wait
end=$EPOCHREALTIME
whole=$("$sciwrap" runs | tail -n +2 | wc -l)
echo "64 runs at once: $whole records, $(((${end/./} - ${start/./}) / 1000)) ms"
[[ $whole -eq 64 ]]
