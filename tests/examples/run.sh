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
    [[ ${#chosen[@]} -eq 0 || " ${chosen[*]} " == *" $name "* ]] || return 0
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

tiny_examples() {
    local store=$work/store envs=$fixtures/envs
    env SCIWRAP_STORE="$store" SCIWRAP_ENVS="$envs" sciwrap pull -q tiny tiny-new || { echo "not ok examples: no environments" && exit 1; }
    example pipe SCIWRAP_STORE="$store" SCIWRAP_ENVS="$envs" OLD=tiny NEW=tiny-new
    example make SCIWRAP_STORE="$store" SCIWRAP_ENVS="$envs" ENVIRONMENT=tiny
}

if [[ $tiny == yes ]]; then
    tiny_examples
fi
exit $failed
