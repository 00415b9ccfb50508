#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# calls.sh: each system call that newer kernels have, taken away (ENOSYS), one by one and then all of them: the essential tests run as
# ever. SCIWRAP, FIXTURES as for bats. Prints "ok NAME" and "not ok NAME" lines.
#
# usage: calls.sh [--write]     writes their names into docs/hosts.md, which otherwise must be those
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
SCIWRAP=$(realpath "${SCIWRAP:-$top/build/release/bin/sciwrap}")
FIXTURES=$(realpath "${FIXTURES:-$top/build/fixtures}")
export SCIWRAP FIXTURES SHORT=yes
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
without() { # CALL
    (cd "$work" && "$FIXTURES/under" lacking "$1" sh "$here/essentials.sh") >"$work/out" 2>&1
    if [[ $(grep -c '^ok ' "$work/out") -ge 9 ]] && ! grep -q '^not ok' "$work/out"; then
        echo "ok vm without $1"
    else
        echo "not ok vm without $1"
        sed 's/^/# /' "$work/out"
        failed=1
    fi
}
"$FIXTURES/under" calls >"$work/names"
while read -r name; do
    without "$name" </dev/null
done <"$work/names"
without all
[[ $failed -eq 0 ]] || exit 1
sort "$work/names" | paste -sd' ' | sed 's/ /, /g' | fold -s -w 118 | sed 's/ *$//' >"$work/rows"
if "$here/table.sh" "$([[ ${1-} == --write ]] && echo --write || echo --check)" calls "$work/rows"; then
    echo "ok vm calls: docs/hosts.md names them"
else
    echo "not ok vm calls: docs/hosts.md names them"
    exit 1
fi
