#!/usr/bin/env bash
# Every script as shellcheck sees it.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t scripts < <(find . -path ./build -prune -o -path ./.git -prune -o -type f \
    \( -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -path './.ci/run' \) -print | sort)
shellcheck --external-sources --source-path=SCRIPTDIR --severity=info "${scripts[@]}"
