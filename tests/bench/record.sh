#!/usr/bin/env bash
# What the recorder costs, beside the peers, in one run: many opens, an interpreter's start, a long computation, a large
# input, many processes, an edit in place. Each line is A against B, run in turn, A B A B. Prints medians and ratios; never a
# verdict.
#
# usage: tests/bench/record.sh [opens|python|compute|input|processes|edit]...     without a word: all of them
# needs: a release build; strace and reprozip where they are installed; for input 9 GB of disk (INPUT_MB=4096); for edit as
# root also file systems that share blocks, on loop devices, where mkfs.btrfs and mkfs.xfs are installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
sciwrap=${SCIWRAP:-$top/build/release/bin/sciwrap}
env=${BENCH_ENV:-python-3.11}
work=$(mktemp -d)
mounted=''
clean() {
    cd /
    [[ -z $mounted ]] || umount "$mounted" 2>/dev/null || true
    rm -rf "$work"
}
trap clean EXIT
cc -O2 -o "$work/pairs" "$top/tests/bench/pairs.c"
cc -O2 -static -o "$work/record_work" "$top/tests/bench/record_work.c"
"$sciwrap" pull --quiet "$env"

# RUNS NAME-A NAME-B COMMAND-A -- COMMAND-B
pairs() {
    "$work/pairs" "$@"
}

project() { # NAME: an empty project with the program of this file in it, as current directory
    mkdir -p "$work/$1"
    cd "$work/$1"
    cp "$work/record_work" .
}

small_files() { # COUNT
    local i
    for ((i = 0; i < $1; i++)); do
        head -c 20000 /dev/urandom >"$i"
    done
}

# reprozip prints, asks to report its use and wants a folder for its trace.
reprozip_trace() { # COMMAND...: prints the words
    reprozip usage_report --disable >/dev/null 2>&1
    printf '%s\n' reprozip trace --overwrite -d "$work/reprozip" "$@"
}

bench_opens() {
    project opens
    small_files 100
    pairs 9 "recorded" "no sandbox" "$sciwrap" exec "$env" ./record_work opens 100000 100 -- \
        ./record_work opens 100000 100
    pairs 9 "recorded" "--no-record" "$sciwrap" exec "$env" ./record_work opens 100000 100 -- \
        "$sciwrap" exec --no-record "$env" ./record_work opens 100000 100
    if command -v strace >/dev/null; then
        pairs 3 "strace --seccomp-bpf" "no sandbox" \
            strace -f --seccomp-bpf -e trace=openat -o /dev/null ./record_work opens 100000 100 -- \
            ./record_work opens 100000 100
    fi
    if command -v reprozip >/dev/null; then
        mapfile -t words < <(reprozip_trace ./record_work opens 100000 100)
        pairs 1 "reprozip trace" "no sandbox" "${words[@]}" -- ./record_work opens 100000 100
    fi
}

bench_python() {
    project python
    local script='import json, http.client'
    pairs 41 "recorded" "--no-record" "$sciwrap" exec "$env" python3 -c "$script" -- \
        "$sciwrap" exec --no-record "$env" python3 -c "$script"
    if command -v python3 >/dev/null; then
        pairs 41 "recorded" "no sandbox, host's python3" "$sciwrap" exec "$env" python3 -c "$script" -- \
            python3 -c "$script"
    fi
    if command -v reprozip >/dev/null && command -v python3 >/dev/null; then
        mapfile -t words < <(reprozip_trace python3 -c "$script")
        pairs 5 "reprozip trace" "no sandbox, host's python3" "${words[@]}" -- python3 -c "$script"
    fi
}

bench_compute() {
    project compute
    small_files 50
    # As many rounds as take a processor ten seconds here.
    local TIMEFORMAT=%U seconds rounds
    seconds=$({ time ./record_work compute 500 50; } 2>&1)
    rounds=$((10000 * 500 / 10#${seconds/./}))
    pairs "${COMPUTE_RUNS:-7}" "recorded" "--no-record" "$sciwrap" exec "$env" ./record_work compute "$rounds" 50 -- \
        "$sciwrap" exec --no-record "$env" ./record_work compute "$rounds" 50
    pairs "${COMPUTE_RUNS:-7}" "recorded" "no sandbox" "$sciwrap" exec "$env" ./record_work compute "$rounds" 50 -- \
        ./record_work compute "$rounds" 50
}

bench_input() {
    project input
    local megabytes=${INPUT_MB:-4096}
    # Not zeros, not holes: what a stream cipher makes of zeros.
    head -c "${megabytes}M" /dev/zero |
        openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000 >large
    local path=$PWD/large
    # The run ends when its manifest is there: that is the whole of it, the hashing included.
    # A file that was touched is not the one whose digest is remembered.
    # shellcheck disable=SC2016
    local touched='touch large && exec "$@"'
    pairs 5 "recorded, reads $megabytes MiB" "openssl dgst -sha256" \
        sh -c "$touched" - "$sciwrap" exec "$env" ./record_work read large 0 -- openssl dgst -sha256 "$path"
    pairs 5 "recorded, reads $megabytes MiB" "--no-record" \
        sh -c "$touched" - "$sciwrap" exec "$env" ./record_work read large 0 -- \
        "$sciwrap" exec --no-record "$env" ./record_work read large 0
    # A program that goes on after it has read: hashing is no longer seen.
    pairs 3 "recorded, then computes" "--no-record" \
        sh -c "$touched" - "$sciwrap" exec "$env" ./record_work read large 7000 -- \
        "$sciwrap" exec --no-record "$env" ./record_work read large 7000
    pairs 5 "recorded, digest remembered" "--no-record" \
        "$sciwrap" exec "$env" ./record_work read large 0 -- "$sciwrap" exec --no-record "$env" ./record_work read large 0
    rm -f large
}

bench_processes() {
    project processes
    # shellcheck disable=SC2016
    local loop='i=0; while [ $i -lt 600 ]; do /bin/true; i=$((i + 1)); done'
    pairs 9 "600 processes, recorded" "--no-record" "$sciwrap" exec "$env" sh -c "$loop" -- \
        "$sciwrap" exec --no-record "$env" sh -c "$loop"
    pairs 9 "600 processes, recorded" "no sandbox" "$sciwrap" exec "$env" sh -c "$loop" -- sh -c "$loop"
    if command -v strace >/dev/null; then
        pairs 3 "strace --seccomp-bpf" "no sandbox" \
            strace -f --seccomp-bpf -e trace=openat,execve -o /dev/null sh -c "$loop" -- sh -c "$loop"
    fi
    if command -v reprozip >/dev/null; then
        mapfile -t words < <(reprozip_trace sh -c "$loop")
        pairs 2 "reprozip trace" "no sandbox" "${words[@]}" -- sh -c "$loop"
    fi
    bench_compiler
}

# The environment with a compiler that tests/reproduce has, if it is in the store there.
bench_compiler() {
    local store=$top/build/reproduce/store definition=$top/tests/reproduce/envs/tools.ini compile
    [[ -e $store/trees/$(sed -n 's/^sha256 = //p' "$definition")/meta ]] || return 0
    project compiler
    cp "$top/tests/bench/pairs.c" .
    # shellcheck disable=SC2016
    compile='i=0; while [ $i -lt 25 ]; do gcc -O1 -c -o pairs.o pairs.c; i=$((i + 1)); done'
    SCIWRAP_STORE=$store pairs 5 "25 x gcc -c, recorded" "--no-record" \
        "$sciwrap" exec "$definition" sh -c "$compile" -- "$sciwrap" exec --no-record "$definition" sh -c "$compile"
}

edit_in() { # DIRECTORY FILE-SYSTEM
    cd "$1"
    cp "$work/record_work" .
    head -c 500M /dev/zero |
        openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000001 >data
    sync
    pairs 3 "edit of 500 MB on $2" "--no-record" "$sciwrap" exec "$env" ./record_work edit data -- \
        "$sciwrap" exec --no-record "$env" ./record_work edit data
}

bench_edit() {
    mkdir "$work/edit"
    edit_in "$work/edit" "$(stat -f -c %T "$work/edit")"
    rm -rf "$work/edit"
    [[ $(id -u) -eq 0 ]] || return 0
    local kind
    for kind in btrfs xfs; do
        command -v "mkfs.$kind" >/dev/null || continue
        truncate -s 3G "$work/$kind.image"
        mkdir "$work/$kind"
        if mkfs.$kind -q "$work/$kind.image" >/dev/null 2>&1 && mount -o loop "$work/$kind.image" "$work/$kind"; then
            mounted=$work/$kind
            edit_in "$work/$kind" "$kind, blocks shared"
            cd /
            umount "$mounted"
            mounted=''
        fi
        rm -f "$work/$kind.image"
    done
}

if [[ $# -eq 0 ]]; then
    set -- opens python compute input processes edit
fi
for part in "$@"; do
    [[ $(type -t "bench_$part") == function ]] || { echo "record.sh: no part '$part'" >&2 && exit 125; }
    echo "== $part (load $(cut -d' ' -f1 /proc/loadavg))"
    "bench_$part"
done
