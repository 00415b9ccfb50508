#!/usr/bin/env bash
# Start-up under load, beside the peers in one run on the same tree: many launches at once, as the ranks and tasks of a node start, and
# many one after the other. Prints medians and worst cases; never a verdict, but a launch that fails is one.
#
# usage: tests/bench/load.sh [AT-ONCE [ONE-AFTER-ANOTHER [ROUNDS]]]     (128 1000 3)
# Needs a release build; bubblewrap and charliecloud where they are installed. TMPDIR chooses the file system, as for launch.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
at_once=${1:-128}
serial=${2:-1000}
rounds=${3:-3}
sciwrap=${SCIWRAP:-$top/build/release/bin/sciwrap}
env=${BENCH_ENV:-samtools-1.16}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/load" "$top/tests/bench/load.c"
"$sciwrap" pull --quiet "$env"
store=${SCIWRAP_STORE:-${XDG_DATA_HOME:-$HOME/.local/share}/sciwrap/store}
definition=$(IFS=:; for folder in ${SCIWRAP_ENVS:-$top/envs}; do [[ ! -e $folder/$env.ini ]] || { echo "$folder/$env.ini" && break; }; done)
tree=$store/trees/$(sed -n 's/^sha256 *= *//p' "$definition" | head -1)/rootfs
export USER=${USER:-$(id -un)} # ch-run refuses to start without it
mkdir "$work/project"
cd "$work/project"

peers=(bwrap ch-run)
measure() { # ROUNDS AT-ONCE
    local peer
    # In turn, and sciwrap first and last, so that a machine whose speed drifts shows.
    "$work/load" "sciwrap exec" "$1" "$2" "$sciwrap" exec "$env" /bin/true
    "$work/load" "sciwrap exec --no-record" "$1" "$2" "$sciwrap" exec --no-record "$env" /bin/true
    for peer in "${peers[@]}"; do
        command -v "$peer" >/dev/null || { echo "$peer: not installed" && continue; }
        case $peer in
        bwrap) "$work/load" "bwrap --unshare-all" "$1" "$2" bwrap --ro-bind "$tree" / --proc /proc --dev /dev --unshare-all \
            --die-with-parent /bin/true ;;
        ch-run) "$work/load" "ch-run (2 namespaces)" "$1" "$2" ch-run "$tree" -- /bin/true ;;
        esac
    done
    "$work/load" "sciwrap exec, again" "$1" "$2" "$sciwrap" exec "$env" /bin/true
}
echo "$at_once launches at once, $rounds times: from the common start to the end of each"
measure "$rounds" "$at_once"
rm -rf .sciwrap
echo "$serial launches one after the other"
measure "$serial" 1
runs=$(find .sciwrap/runs -name manifest.json | wc -l)
[[ $runs -eq $((2 * serial)) ]] || { echo "load: $runs records of $((2 * serial)) runs" && exit 1; }
echo "$runs runs, $runs records"
