#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/compat/run.sh: debuggers, tools of parallel computing and language runtimes, real packages of Debian 12, each doing real
# work inside the default walls, with its result checked. Prints "ok NAME"/"not ok NAME" lines for tests/run.sh.
#
# usage: run.sh [--short] [--write] [CASE...]
#   --short   nothing is fetched: what needs an environment that is not in the store already is left out
#   --write   writes docs/compatibility.md, which otherwise must be what comes out
#
# SCIWRAP=path of the program. COMPAT_STORE: where the environments are built (build/compat/store); building them fetches 430 MB.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
sciwrap=$(realpath "${SCIWRAP:-$top/build/release/bin/sciwrap}")
export SCIWRAP_STORE=${COMPAT_STORE:-$top/build/compat/store} SCIWRAP_ENVS=$here/envs SCIWRAP_RECIPES=$here/recipes
short=no write=no
chosen=()
while [[ $# -gt 0 ]]; do
    case $1 in
    --short) short=yes ;;
    --write) write=yes ;;
    -h | --help) sed -n '3,10s/^# \{0,1\}//p' "$0" && exit 0 ;;
    -*) echo "run.sh: unknown option '$1'; see --help" >&2 && exit 125 ;;
    *) chosen+=("$1") ;;
    esac
    shift
done

work=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-compat.XXXXXX") || exit 125
trap 'rm -rf "$work"' EXIT
cp "$here"/programs/* "$work/"
cd "$work" || exit 125
rows=()
failed=0 missing=''

environment() { # NAME: is there, or is made
    local how=()
    [[ $short == no ]] || how=(--offline)
    "$sciwrap" pull -q "${how[@]}" "$1" 2>>log
}

# One case. NAME ENVIRONMENT WHAT PATTERN STATUS COMMAND...: the command's output holds the pattern (extended, over lines
# joined by '|'), and its exit status is right.
try() {
    local name=$1 env=$2 what=$3 pattern=$4 want=$5 status
    shift 5
    [[ ${#chosen[@]} -eq 0 || " ${chosen[*]} " == *" $name "* ]] || return 0
    if ! environment "$env"; then
        [[ $short == yes ]] && missing="$missing $name" && return 0
        echo "not ok compat $name: the environment $env could not be made"
        sed 's/^/# /' log | tail -n 5
        failed=1
        return 0
    fi
    timeout 120 "$sciwrap" exec --manifest "$work/manifest.json" "${options[@]}" "$env" "$@" >output 2>errors </dev/null
    status=$?
    if [[ $status -eq $want ]] && cat output errors | tr '\n' '|' | grep -qE "$pattern"; then
        echo "ok compat $name: $what"
        rows+=("| $name | $(version "$env" "$name") | $what |")
    else
        echo "not ok compat $name: $what (status $status)"
        tail -n 20 output errors | sed 's/^/# /'
        failed=1
    fi
}
options=()

# What the lock of the environment says; and the same name is the same program.
version() { # ENVIRONMENT NAME
    local package
    case $2 in
    gdb*) package=gdb ;; strace*) package=strace ;; valgrind*) package=valgrind ;;
    python*) package=python3 ;; openmp*) package=libgomp1 ;; mpi*) package=openmpi-bin ;;
    r*) package=r-base-core ;; java*) package=openjdk-17-jdk-headless ;; node*) package=nodejs ;;
    esac
    sed -n "/^name = $package\$/,/^\$/s/^version = //p" "$here/recipes/$1.lock" | head -n 1
}

compile() { # ENVIRONMENT COMMAND...
    environment "$1" && "$sciwrap" exec --no-record "$@" 2>>log
}

compile debuggers gcc -g -O0 -w -o crash crash.c
compile debuggers gcc -g -O0 -w -o leak leak.c
try gdb-breakpoint debuggers 'stops at a condition, shows variables, registers and the stack' \
    '\$1 = 1\|.*#1 .*depth \(n=2\).*#3 .*main' 0 \
    gdb -batch -ex 'break depth if n == 1' -ex run -ex 'print n' -ex 'info registers rip' -ex bt ./crash
try gdb-crash debuggers 'catches a crash and its address' 'SIGSEGV.*\$1 = \(void \*\) 0x0' 0 \
    gdb -batch -ex run -ex 'print $_siginfo._sifields._sigfault.si_addr' ./crash
# shellcheck disable=SC2016
try gdb-attach debuggers 'attaches to a running process and calls a function in it' '\$1 = [0-9]+.*detached' 0 \
    sh -c 'sleep 60 & pid=$!; sleep 0.2; gdb -batch -p $pid -ex "call (int)getppid()" -ex detach 2>&1; kill $pid'
try strace-count debuggers 'counts the calls of a shell and its children' 'wait4.*total' 0 \
    strace -f -c sh -c 'ls / | wc -l'
try strace-inject debuggers 'makes a call fail' 'Input/output error' 1 \
    strace -o /dev/null -e inject=openat:error=EIO -P /etc/hostname cat /etc/hostname
try valgrind-memcheck debuggers 'finds an overflow and a leak' 'Invalid write of size 1.*definitely lost: 40 bytes' 9 \
    valgrind --leak-check=full --error-exitcode=9 ./leak
try valgrind-callgrind debuggers 'counts instructions' 'Collected : [1-9][0-9]+' 0 \
    valgrind --tool=callgrind --callgrind-out-file=/tmp/out /usr/bin/true

for method in fork spawn forkserver; do
    try "python-$method" parallel "multiprocessing by $method: pool, shared memory, lock, queue, manager" \
        "^332833500\|\[1, 2, 3, 4, 5, 6, 7, 8\]\|x\|\{'k': 1\}" 0 python3 procs.py $method
done
compile parallel gcc -O2 -fopenmp -o pi pi.c
options=(--env OMP_NUM_THREADS=4)
try openmp parallel 'four threads, a reduction' '^3\.141592654 4' 0 ./pi
options=(--env OMP_NUM_THREADS=2 --env 'OMP_PLACES={0},{1}' --env OMP_DISPLAY_AFFINITY=true)
try openmp-affinity parallel 'threads bound to processors' '3\.141592654 2.*affinity 0\|.*affinity 1\|' 0 ./pi
options=()
compile parallel mpicc.openmpi -O2 -o ring ring.c
# sum over ranks and words of (rank + i), four ranks of 2^20 words
sum=$((4 * (1048576 * 1048575 / 2) + 1048576 * 6))
mpi=(mpirun.openmpi --mca plm_rsh_agent '' --oversubscribe -n 4)
try mpi parallel 'four ranks on one node in one run: 4 MiB messages in a ring, a reduction' "ranks 4 sum $sum" 0 "${mpi[@]}" ./ring
try mpi-cma parallel 'the same by cross-memory attach (process_vm_readv)' "ranks 4 sum $sum" 0 \
    "${mpi[@]}" --mca btl self,vader --mca btl_vader_single_copy_mechanism cma ./ring

try r runtimes 'a linear model, eight forked tasks, a cluster of two over sockets' \
    '37\.227270\| -3\.877831\| -0\.031773\|21\.600000\|385' 0 Rscript linear.R
try java runtimes 'compiles and runs: parallel streams, a thread pool, a child process, a mapped file' \
    '333333833333500000 true [0-9]+\|from a child\|42' 0 /usr/lib/jvm/java-17-openjdk-amd64/bin/java Work.java
try node runtimes 'a worker thread, a child process, a socket on the loopback, a thread pool' \
    'worker 465\|child\|true\|.*net hello' 0 node work.js

page() {
    cat <<'TEXT'
# What works inside the default walls

Written by `tests/compat/run.sh --write`: real packages of Debian 12, each doing the work in the last column with its result
checked, in `sciwrap exec` without any option that opens a wall.

| case | package | does |
|---|---|---|
TEXT
    printf '%s\n' "${rows[@]}"
    cat <<'TEXT'

What does not, or differently, and why:

| what | why | instead |
|---|---|---|
| `perf`, io_uring, userfaultfd, bpf | too much of the kernel is reached by them | the host's `perf`, from outside; Node and others fall back to what there is |
| topology of sockets and cores (hwloc, `OMP_PLACES=cores`, `OMP_PROC_BIND`) | there is no /sys | `OMP_PLACES={0},{1}`, `--bind-to none`; the number of processors is right |
| ranks of one MPI job in several runs | each run has processes and memory of its own | all ranks of a node in one run |
| `mpirun` without ssh | it asks for a remote shell even on one node | `--mca plm_rsh_agent ''` |
| nested containers, FUSE, `unshare` | no namespaces and mounts inside | run them outside |
TEXT
}
if [[ ${#chosen[@]} -eq 0 && $failed -eq 0 && ${#rows[@]} -ge 17 ]]; then
    if [[ $write == yes ]]; then
        page >"$top/docs/compatibility.md"
    elif page | diff - "$top/docs/compatibility.md"; then
        echo "ok compat docs/compatibility.md is what came out"
    else
        echo "not ok compat docs/compatibility.md is what came out; --write writes it" && failed=1
    fi
fi
[[ $short == no ]] || echo "ok compat --short: ${#rows[@]} cases; not built, so left out:${missing:- none}"
exit $failed
