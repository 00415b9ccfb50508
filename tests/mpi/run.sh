#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/mpi/run.sh: Open MPI and MPICH of Debian 12, two ranks that exchange messages of 1 byte to 16 MiB and read each other's
# memory: with mpirun inside one run, with the host's mpirun or mpiexec starting `sciwrap exec` for each rank, and under srun.
# Prints "ok NAME"/"not ok NAME" lines for tests/run.sh. As whoever calls it; installs packages and starts Slurm as root only.
#
# usage: run.sh [CASE...]
#
# SCIWRAP=path of the program. MPI_STORE: where the environment is built (build/mpi/store); building it fetches 130 MB.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
sciwrap=$(realpath "${SCIWRAP:-$top/build/release/bin/sciwrap}")
export SCIWRAP_STORE=${MPI_STORE:-$top/build/mpi/store} SCIWRAP_ENVS=$here/envs SCIWRAP_RECIPES=$here/recipes
unset SCIWRAP_JOIN SCIWRAP_JOIN_WAIT
chosen=("$@")
failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-mpi.XXXXXX") || exit 125
cluster=''
leave() {
    [[ -z $cluster ]] || "$top/tests/slurm/cluster.sh" stop "$cluster" >/dev/null 2>&1
    rm -rf "$work"
}
trap leave EXIT
cd "$work" || exit 125

install() {
    local package missing=()
    for package in openmpi-bin libopenmpi-dev mpich libmpich-dev; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    [[ $(id -u) -eq 0 ]] || { echo "# not installed: ${missing[*]}" && return 1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >log 2>&1
}

# What is the same every time: the sum over all bytes that both ranks got.
expected='size 2 cma yes sum 5704252059'

report() { # NAME STATUS WHAT
    if [[ $2 -eq 0 ]]; then
        echo "ok mpi $1: $3"
    else
        echo "not ok mpi $1: $3"
        tail -n 20 output errors | sed 's/^/# /'
        failed=1
    fi
}

wanted() {
    [[ ${#chosen[@]} -eq 0 || " ${chosen[*]} " == *" $1 "* ]]
}

records() {
    find "$work/.sciwrap/runs" -name manifest.json 2>/dev/null | sort
}

# One record more, of two ranks that ended well, whose calls were heard.
one_record() { # LAUNCHER
    records >after
    comm -13 before after >new
    [[ $(wc -l <new) -eq 1 ]] || { echo "records: $(wc -l <new)" >>errors && return 1; }
    python3 - "$(cat new)" "$1" >>errors 2>&1 <<'PYTHON'
import json, sys
m = json.load(open(sys.argv[1]))
step = m["circumstances"]["step"]
assert step["launcher"] == sys.argv[2] and step["size"] == 2, step
assert [(r["rank"], r["exit"]["code"]) for r in step["ranks"]] == [(0, 0), (1, 0)], step
assert all(r["pid"] > 1 and r["processes"] >= 1 for r in step["ranks"]), step
assert m["recording"]["method"] == "seccomp-notification", m["recording"]
assert any("exchange." in i["path"] for i in m["experiment"]["inputs"]), m["experiment"]["inputs"]
PYTHON
}

# NAME LAUNCHER WHAT COMMAND...: LAUNCHER "" : no ranks of ours.
try() {
    local name=$1 launcher=$2 what=$3 status=0
    shift 3
    wanted "$name" || return 0
    records >before
    timeout 120 "$@" >output 2>errors </dev/null || status=$?
    grep -qF "$expected" output || status=1
    [[ -z $launcher || $status -ne 0 ]] || one_record "$launcher" || status=1
    report "$name" "$status" "$what"
}

root=()
[[ $(id -u) -ne 0 ]] || root=(--allow-run-as-root)

# A rank that fails while the other waits: the launcher must hear of it now, not when all have ended.
abort() {
    local status=0 began=$SECONDS
    wanted openmpi-abort || return 0
    # shellcheck disable=SC2016
    timeout 60 mpirun.openmpi "${root[@]}" --oversubscribe -n 2 "$sciwrap" exec --network host mpi \
        sh -c '[ $OMPI_COMM_WORLD_RANK = 1 ] || exit 3; exec sleep 600' >output 2>errors </dev/null || status=$?
    [[ $status -eq 3 && $((SECONDS - began)) -lt 50 ]]
    report openmpi-abort $? "a rank that ends with 3 ends the step, with 3, while another would go on for minutes"
}

under_slurm() {
    local kind
    wanted slurm || return 0
    [[ $(id -u) -eq 0 ]] || { echo "# srun: left out, only root starts a Slurm for the test" && return 0; }
    "$top/tests/slurm/cluster.sh" install >log 2>&1 && "$top/tests/slurm/cluster.sh" can >log 2>&1 || {
        echo "# srun: left out: $(tail -n 1 log)"
        return 0
    }
    cluster=$work/slurm
    mkdir "$cluster" && "$top/tests/slurm/cluster.sh" start "$cluster" >log 2>&1 || {
        cp log errors && : >output && report slurm 1 "a Slurm of one machine starts"
        return
    }
    eval "$("$top/tests/slurm/cluster.sh" env "$cluster")"
    # shellcheck disable=SC2016
    timeout 120 srun --mpi=none -n 2 "$sciwrap" exec mpi sh -c 'echo $$ >/dev/shm/$SLURM_PROCID; o=$((1 - SLURM_PROCID))
        until [ -s /dev/shm/$o ]; do sleep 0.1; done; kill -0 $(cat /dev/shm/$o) && echo rank $SLURM_PROCID sees the other
        : >/dev/shm/done.$SLURM_PROCID; until [ -e /dev/shm/done.$o ]; do sleep 0.1; done' >output 2>errors </dev/null
    [[ $? -eq 0 && $(grep -c 'sees the other' output) -eq 2 ]]
    report slurm $? "two tasks of srun without PMI see each other"
    for kind in pmi2 pmix; do
        srun --mpi=list 2>&1 | grep -qw "$kind" || continue
        [[ $kind != pmi2 ]] || try slurm-pmi2 slurm "MPICH, wired up by srun --mpi=pmi2" \
            srun --mpi=pmi2 -n 2 "$sciwrap" exec mpi ./exchange.mpich
        [[ $kind != pmix ]] || try slurm-pmix slurm "Open MPI, wired up by srun --mpi=pmix" \
            srun --mpi=pmix -n 2 "$sciwrap" exec --network host mpi ./exchange.openmpi
    done
}

install || { echo "# left out: Open MPI and MPICH are not here" && exit 0; }
if ! "$sciwrap" pull -q mpi 2>log; then
    echo "not ok mpi environment: it could not be made"
    tail -n 5 log | sed 's/^/# /'
    exit 1
fi
for kind in openmpi mpich; do
    mpicc.$kind -O2 -o "exchange.$kind" "$here/programs/exchange.c" >log 2>&1 || {
        echo "not ok mpi $kind: does not compile" && sed 's/^/# /' log && exit 1
    }
done
try openmpi-inside '' "Open MPI, mpirun inside one run" \
    "$sciwrap" exec mpi mpirun.openmpi --mca plm_rsh_agent '' --oversubscribe -n 2 ./exchange.openmpi
try mpich-inside '' "MPICH, mpiexec inside one run" "$sciwrap" exec mpi mpirun.mpich -n 2 ./exchange.mpich
try openmpi-host openmpi "Open MPI, the host's mpirun starts a run for each rank: PMIx over TCP" \
    mpirun.openmpi "${root[@]}" --oversubscribe -n 2 "$sciwrap" exec --network host mpi ./exchange.openmpi
try openmpi-cma openmpi "the same with messages by cross-memory attach alone" \
    mpirun.openmpi "${root[@]}" --oversubscribe --mca btl self,vader --mca btl_vader_single_copy_mechanism cma -n 2 \
    "$sciwrap" exec --network host mpi ./exchange.openmpi
try openmpi-shm openmpi "the same through shared memory alone" \
    mpirun.openmpi "${root[@]}" --oversubscribe --mca btl self,vader --mca btl_vader_single_copy_mechanism none -n 2 \
    "$sciwrap" exec --network host mpi ./exchange.openmpi
try mpich-host hydra "MPICH, the host's mpiexec starts a run for each rank: PMI over an inherited socket, no network" \
    mpirun.mpich -n 2 "$sciwrap" exec mpi ./exchange.mpich
abort
under_slurm
exit $failed
