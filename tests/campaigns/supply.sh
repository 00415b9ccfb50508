#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# supply.sh [--short] [--only kill|faults|power|many] [OPTION...]: the store keeps its promises when processes are killed,
# disks are full or fail, machines lose power, and many come at once; supply_*.py say what is done and judged. SCIWRAP,
# FIXTURES as for inject.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sciwrap=$(realpath "${SCIWRAP:-$here/../../build/release/bin/sciwrap}")
fixtures=$(realpath "${FIXTURES:-$here/../../build/fixtures}")
only='kill faults power many'
if [[ ${1-} == --only ]]; then
    only=$2
    shift 2
fi
if [[ $(uname -m) != x86_64 ]]; then
    echo "ok supply # skip knows the registers of x86-64 only"
    exit 0
fi
top=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-supply.XXXXXX")
# shellcheck disable=SC2317 # reached by the trap
clean() {
    cut -d" " -f2 /proc/mounts | grep "^$top/" | tac | xargs -r -n 1 umount -l || true
    chmod -R u+rwX "$top"
    rm -rf "$top"
}
trap clean EXIT
gcc -O2 -Wall -Wextra -D_GNU_SOURCE -o "$top/steps" "$here/steps.c"
if ! "$top/steps" "$top/report" list /bin/true; then
    echo "ok supply # skip this host does not let processes be traced"
    exit 0
fi
worst=0
for part in $only; do
    mkdir "$top/$part"
    PYTHONDONTWRITEBYTECODE=1 "$here/supply_$part.py" "$sciwrap" "$fixtures" "$top/$part" "$@" || worst=1
done
exit $worst
