#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What a setting costs one launch of /bin/true: each against the same launch without it, in turn. The figures of docs/sites.md.
#
# usage: tests/bench/settings.sh [RUNS]     needs a release build and the fixtures of the tests
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
runs=${1:-100}
sciwrap=$(realpath "${SCIWRAP:-$top/build/release/bin/sciwrap}")
fixtures=$(realpath "${FIXTURES:-$top/build/fixtures}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/pairs" "$top/tests/bench/pairs.c"
export SCIWRAP_STORE=$work/store SCIWRAP_ENVS=$fixtures/envs TMPDIR=$work
"$sciwrap" pull --quiet tiny
mkdir "$work/project"
cd "$work/project"

against() { # NAME COMMAND...
    local name=$1
    shift
    "$work/pairs" "$runs" "$name" "default" "$@" -- "$sciwrap" exec tiny true
}
job=(env SLURM_JOB_ID=1 SLURMD_NODENAME=node1 SLURM_MEM_PER_NODE=1000)
against "env (what the shell's way to set variables costs)" env A=1 "$sciwrap" exec tiny true
against "in a job" "${job[@]}" "$sciwrap" exec tiny true
against "in a job that Slurm binds to no CPUs" "${job[@]}" SLURM_CPUS_ON_NODE=1 "$sciwrap" exec tiny true
against "--no-record" "$sciwrap" exec --no-record tiny true
against "without notifications" env SCIWRAP_RECORDING=comparison "$sciwrap" exec tiny true
against "--verify off" "$sciwrap" exec --verify off tiny true
against "--verify full" "$sciwrap" exec --verify full tiny true
against "--memory 1G" "$sciwrap" exec --memory 1G tiny true
against "--cpus 1" "$sciwrap" exec --cpus 1 tiny true
against "--network host" "$sciwrap" exec --network host tiny true
against "--writable" "$sciwrap" exec --writable tiny true
against "a store that hosts share" env SCIWRAP_STORE_SHARED=yes "$sciwrap" exec tiny true
