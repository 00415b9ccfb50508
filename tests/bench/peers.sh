#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# peers.sh [--install] [--write] [ROUNDS]: sciwrap beside the tools of docs/comparison.md, in one run: the same tree (python-3.11, built from its
# recipe) and the same small job. Start, first use from an archive or an image, recording, size of what is handed over, rerun.
# Each pair is run in turn, A B A B; ratios of medians, below 1 sciwrap is faster or smaller; never a verdict. A peer that is not
# here is named as not measured. --install fetches them from Debian (as root, 500 MB); --write puts the table into docs/comparison.md.
#
# SCIWRAP=path of the program; the host's /usr/bin/python3 stands in where a peer has no sandbox.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
# crun takes no mixture of both versions of cgroups: everything here then sees the second alone.
if [[ -d /sys/fs/cgroup/unified && $(id -u) -eq 0 ]]; then
    # shellcheck disable=SC2016
    exec unshare --mount --propagation private sh -c \
        'umount --recursive --lazy /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh "$PWD/tests/bench/peers.sh" "$@"
fi
write='' rounds=21
for word in "$@"; do
    case $word in
    --install) DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bubblewrap charliecloud crun reprozip \
        reprounzip umoci datalad strace >&2 ;;
    --write) write=$top/docs/comparison.md ;;
    [1-9]*) rounds=$word ;;
    *) echo "peers.sh: unknown option '$word'" >&2 && exit 125 ;;
    esac
done
sciwrap=$(realpath "${SCIWRAP:-$top/build/release/bin/sciwrap}")
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/var/tmp}}/sciwrap-peers.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
unset SCIWRAP_SITE_STORE SCIWRAP_NODE_STORE SCIWRAP_ENVS PYTHONPATH
# Peers refuse to start without a name of the user, and git and datalad without a name and a home of their own.
export HOME=$work/home USER=${USER:-$(id -un)} GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@example.org
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL SCIWRAP_STORE=$work/store
mkdir "$work/home"
cc -O2 -o "$work/pairs" "$top/tests/bench/pairs.c"
# Made once and kept, as in the other tests that need it; each measurement has a store of its own.
cache=${PEERS_STORE:-$top/build/examples/store}
SCIWRAP_STORE=$cache "$sciwrap" build -q python-3.11 >/dev/null 2>&1 || {
    cache=$work/cache
    SCIWRAP_STORE=$cache "$sciwrap" build -q python-3.11 >/dev/null
}
digest=$(sed -n 's/^sha256 *= *//p' "$top/envs/python-3.11.ini" | head -n 1)
cp "$cache/blobs/sha256/$digest" "$work/tree.tar"
PYTHONPATH=$top/tests/images /usr/bin/python3 "$top/tests/bench/peers.py" "$work" "$sciwrap" "$rounds" ${write:+"$write"}
