#!/usr/bin/env bash
# Every script as shellcheck sees it. SC2154, SC2030, SC2031: in a .bats file `run` sets the variables, and each test is a
# subshell on purpose.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t scripts < <(find . -path ./build -prune -o -path ./.git -prune -o -type f \
    \( -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -path './.ci/run' \) -print | sort)
shellcheck --external-sources --source-path=SCRIPTDIR --severity=warning --exclude=SC2154,SC2030,SC2031 "${scripts[@]}"
