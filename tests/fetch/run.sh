#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Downloads from a server that fails in every way known (server.py), and what sciwrap makes of each (cases.py). With
# --long also FETCH_TRANSFERS (3000) transfers with any faults anywhere. Needs no network: all is on 127.0.0.1.
#
#   SCIWRAP=path of sciwrap   tests/fetch/run.sh [--long]
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sciwrap=${SCIWRAP:-$here/../../build/release/bin/sciwrap}
work=$(mktemp -d) || exit 125
trap 'rm -rf "$work"' EXIT
mkdir "$work/cases" "$work/random"
python3 "$here/cases.py" "$sciwrap" "$work/cases"
status=$?
if [[ ${1-} == --long ]]; then
    python3 "$here/cases.py" --random "${FETCH_TRANSFERS:-3000}" "$sciwrap" "$work/random" || status=1
fi
exit $status
