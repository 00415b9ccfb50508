#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [--short] [--no-install] [--plain]: sciwrap in jobs of a real Slurm on this machine (cluster.sh): *.bats, and sweeps
# of 200 tasks (8) by sweep.py. As root; jobs are those of SLURM_TEST_USER (sciwrap-test), who must be able to read SCIWRAP and
# FIXTURES.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sciwrap=$(realpath "${SCIWRAP:-$here/../../build/release/bin/sciwrap}")
fixtures=$(realpath "${FIXTURES:-$here/../../build/fixtures}")
user=${SLURM_TEST_USER:-sciwrap-test}
tasks=200 long=1 install=yes plain=()
while [[ $# -gt 0 ]]; do
    case $1 in
    --short) tasks=8 long= ;;
    --no-install) install=no ;;
    --plain) plain=(--plain) ;;
    *) echo "run.sh: unknown option '$1'" >&2 && exit 125 ;;
    esac
    shift
done

if [[ $install == yes && $(id -u) -eq 0 ]]; then
    "$here/cluster.sh" install >&2 || echo "# slurm could not be installed" >&2
fi
if ! reason=$("$here/cluster.sh" can 2>&1); then
    echo "ok slurm # skip ${reason#cluster.sh: }"
    exit 0
fi
top=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-slurm.XXXXXX")
clean() {
    "$here/cluster.sh" stop "$top/cluster"
    chmod -R u+rwX "$top"
    rm -rf "$top"
}
trap clean EXIT
chmod 0755 "$top"
worst=0

sweep() { # KIND
    mkdir "$top/$1"
    PYTHONDONTWRITEBYTECODE=1 python3 "$here/sweep.py" "$sciwrap" "$fixtures" "$top/cluster" "$top/$1" "$user" "$1" \
        --tasks "$tasks" "${plain[@]}" || worst=1
}

# Started anew for the sweep in which all tasks begin at once.
cluster() { # CPUS
    "$here/cluster.sh" stop "$top/cluster"
    rm -rf "$top/cluster"
    SLURM_TEST_CPUS=$1 SLURM_TEST_MEMORY=$((200 * $1 + 2000)) "$here/cluster.sh" start "$top/cluster" || {
        echo "not ok slurm: the cluster did not start"
        exit 1
    }
}

in_jobs() {
    mkdir "$top/bats"
    chown "$user" "$top/bats"
    (cd "$top/bats" && setpriv --reuid "$user" --regid "$user" --init-groups env -i PATH="$PATH" TERM=dumb HOME="$top/bats" \
        TMPDIR="$top/bats" SLURM_CONF="$top/cluster/slurm.conf" SLURM_TEST_LONG=$long SCIWRAP="$sciwrap" FIXTURES="$fixtures" \
        bats --tap "$here"/{jobs,submit}.bats) || worst=1
}

cluster 2
in_jobs
sweep cancel
sweep restart
cluster "$tasks"
sweep first
"$here/cluster.sh" stop "$top/cluster"
left=$(pgrep -af "$top/" | grep -v "^$$ ")
if [[ -z $left ]]; then
    echo "ok slurm: nothing of the cluster is left"
else
    echo "not ok slurm: nothing of the cluster is left"
    sed 's/^/# /' <<<"$left"
    worst=1
fi
exit $worst
