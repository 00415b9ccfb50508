#!/usr/bin/env bash
# What a launch costs, beside the peers, in one run: `sciwrap exec ENV /bin/true` with all namespaces, filter and manifest, against
# bubblewrap with all namespaces and charliecloud with its two, on the same tree. Prints medians and ratios; never a verdict.
#
# usage: tests/bench/launch.sh [RUNS]     needs: a release build; bubblewrap and charliecloud where they are installed
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
runs=${1:-300}
sciwrap=${SCIWRAP:-$top/build/release/bin/sciwrap}
env=${BENCH_ENV:-samtools-1.16}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ext4 looks over every inode freed in the last minutes before it gives one away: on a file system from which much was removed
# just now, that is measured instead. TMPDIR chooses another one.
cc -O2 -o "$work/pairs" "$top/tests/bench/pairs.c"
"$sciwrap" pull --quiet "$env"
store=${SCIWRAP_STORE:-${XDG_DATA_HOME:-$HOME/.local/share}/sciwrap/store}
pin=$(sed -n 's/^sha256 *= *//p' "$top/envs/$env.ini" | head -1)
tree=$store/trees/$pin/rootfs
mkdir "$work/project"
cd "$work/project"

# Each line: A against B, run in turn A B A B, so that a machine whose speed drifts is fair to both.
if command -v bwrap >/dev/null; then
    "$work/pairs" "$runs" "sciwrap exec" "bwrap --unshare-all" \
        "$sciwrap" exec "$env" /bin/true -- \
        bwrap --ro-bind "$tree" / --proc /proc --dev /dev --unshare-all --die-with-parent /bin/true
    "$work/pairs" "$runs" "sciwrap exec --no-record" "bwrap --unshare-all" \
        "$sciwrap" exec --no-record "$env" /bin/true -- \
        bwrap --ro-bind "$tree" / --proc /proc --dev /dev --unshare-all --die-with-parent /bin/true
fi
if command -v ch-run >/dev/null; then
    export USER=${USER:-$(id -un)} # ch-run refuses to start without it
    "$work/pairs" "$runs" "sciwrap exec" "ch-run (2 namespaces)" \
        "$sciwrap" exec "$env" /bin/true -- ch-run "$tree" -- /bin/true
fi
"$work/pairs" "$runs" "sciwrap exec" "no sandbox" "$sciwrap" exec "$env" /bin/true -- /bin/true
