#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [--tiny] [NAME...]: runs the examples and compares what each prints with its expected.txt; with --tiny only those
# that need nothing but a shell inside, in the tiny environments of the tests. Prints "ok NAME"/"not ok NAME" lines for
# tests/run.sh; an example that cannot run on this machine is skipped, with the reason.
#
# SCIWRAP=path of the program, FIXTURES: the tiny environments, EXAMPLES_STORE: where the others are built
# (build/examples/store); that fetches 250 MB of packages once.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
sciwrap=$(realpath "${SCIWRAP:-$top/build/release/bin/sciwrap}")
fixtures=$(realpath "${FIXTURES:-$top/build/fixtures}")
tiny=no
[[ ${1-} != --tiny ]] || { tiny=yes && shift; }
chosen=("$@")
failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-examples.XXXXXX") || exit 125
cluster=''
leave() {
    [[ -z $cluster ]] || "$top/tests/slurm/cluster.sh" stop "$cluster" >/dev/null 2>&1
    chmod -R u+w "$work" && rm -rf "$work"
}
trap leave EXIT
mkdir "$work/bin" "$work/home"
ln -s "$sciwrap" "$work/bin/sciwrap"
export PATH=$work/bin:$PATH HOME=$work/home
unset "${!SCIWRAP_@}" "${!XDG_@}" "${!MAKE@}"

# Exactly what is expected, on standard output, and status 0.
example() { # NAME [VARIABLE=VALUE...]
    local name=$1 status
    shift
    wanted "$name" || return 0
    mkdir "$work/$name"
    env "$@" "$top/examples/$name/run.sh" "$work/$name" >"$work/output" 2>"$work/errors"
    status=$?
    if [[ $status -eq 0 ]] && diff "$top/examples/$name/expected.txt" "$work/output" >"$work/difference"; then
        echo "ok example $name"
    else
        echo "not ok example $name: status $status"
        cat "$work/difference" "$work/errors" | sed 's/^/# /'
        failed=1
    fi
}

# Packages of Debian that are too large for every test; when they cannot be had the example is skipped.
have() { # NAME PROGRAM PACKAGE
    command -v "$2" >/dev/null && return
    [[ $(id -u) -ne 0 ]] || DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq \
        --no-install-recommends "$3" >"$work/apt.log" 2>&1
    command -v "$2" >/dev/null && return
    echo "ok example $1 # skip no $2 here, and package $3 could not be installed"
    return 1
}

wanted() {
    [[ ${#chosen[@]} -eq 0 || " ${chosen[*]} " == *" $1 "* ]]
}

tiny_examples() {
    export SCIWRAP_STORE=$work/store SCIWRAP_ENVS=$fixtures/envs
    sciwrap pull -q tiny tiny-new || { echo "not ok examples: no environments" && exit 1; }
    example pipe OLD=tiny NEW=tiny-new
    example make ENVIRONMENT=tiny
    # A Slurm that is a shell script; the real one is in the long part.
    mkdir -p "$work/slurm/bin"
    local name
    for name in sbatch squeue sacct scontrol scancel; do
        ln -s "$top/tests/cli/fake_slurm" "$work/slurm/bin/$name"
    done
    example slurm-sweep ENVIRONMENT=tiny FAKE_SLURM="$work/slurm" PATH="$work/slurm/bin:$PATH"
}

slurm() {
    local reason
    "$top/tests/slurm/cluster.sh" install >&2
    if ! reason=$("$top/tests/slurm/cluster.sh" can 2>&1); then
        echo "ok example slurm-sweep # skip ${reason#cluster.sh: }"
        return
    fi
    cluster=$work/cluster
    "$top/tests/slurm/cluster.sh" start "$cluster" || { echo "not ok example slurm-sweep: no cluster" && failed=1 && return; }
    (eval "$("$top/tests/slurm/cluster.sh" env "$cluster")" && example slurm-sweep && exit $failed) || failed=1
}

real_examples() {
    export SCIWRAP_STORE=${EXAMPLES_STORE:-$top/build/examples/store}
    local name
    for name in python-3.9 python-3.11; do
        sciwrap exec --no-record $name true 2>/dev/null || sciwrap build -q $name || exit 1
        sciwrap pull -q $name || exit 1
    done
    for name in pipe make side-by-side p-value; do
        example $name
    done
    ! wanted snakemake || ! have snakemake snakemake snakemake || example snakemake
    ! wanted slurm-sweep || slurm
}

if [[ $tiny == yes ]]; then
    tiny_examples
else
    real_examples
fi
exit $failed
