#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# inject.sh [--short] [--call NAME] [--only ROLE] [--variant plain|recorded] [--verbose]: every system call of a launch fails,
# one at a time (inject.py says how that is judged). SCIWRAP=path of the program, FIXTURES=folder of fixtures/make.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sciwrap=${SCIWRAP:-$here/../../build/release/bin/sciwrap}
fixtures=${FIXTURES:-$here/../../build/fixtures}
if [[ $(uname -m) != x86_64 ]]; then
    echo "ok inject # skip knows the registers of x86-64 only"
    exit 0
fi
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
gcc -O2 -Wall -Wextra -D_GNU_SOURCE -o "$programs/inject" "$here/inject.c"
gcc -O2 -Wall -Wextra -D_GNU_SOURCE -static -o "$programs/walls" "$here/walls.c"
if ! "$programs/inject" "$programs/report" list /bin/true; then
    echo "ok inject # skip this host does not let processes be traced"
    exit 0
fi
"$here/inject.py" "$sciwrap" "$fixtures" "$programs" "$@"
