#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# remove.sh [--short]: a tree of a million files (short: 2,000) is removed from the store, whole. SCIWRAP, FIXTURES as for
# inject.sh. FILES=N is another size.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sciwrap=${SCIWRAP:-$here/../../build/release/bin/sciwrap}
fixtures=${FIXTURES:-$here/../../build/fixtures}
files=${FILES:-1000000}
[[ ${1-} != --short ]] || files=2000
work=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-remove.XXXXXX")
trap 'rm -rf "$work"' EXIT
export SCIWRAP_STORE=$work/store SCIWRAP_ENVS=$fixtures/envs
unset SCIWRAP_SITE_STORE SCIWRAP_NODE_STORE
"$sciwrap" pull --quiet tiny
python3 - "$(echo "$SCIWRAP_STORE"/trees/*/rootfs/tmp)" "$files" <<'PYTHON'
import os, sys
os.chdir(sys.argv[1])
for number in range(int(sys.argv[2])):
    if number % 1000 == 0:
        name = "d%d" % number
        os.mkdir(name)
    os.close(os.open("%s/f%d" % (name, number), os.O_CREAT | os.O_WRONLY, 0o644))
PYTHON
start=$SECONDS
if "$sciwrap" remove --quiet tiny && [[ -z $(find "$SCIWRAP_STORE/trees" "$SCIWRAP_STORE/tmp" -mindepth 1) ]]; then
    echo "ok remove: a tree of $files files ($((SECONDS - start)) s)"
else
    echo "not ok remove: a tree of $files files"
    exit 1
fi
