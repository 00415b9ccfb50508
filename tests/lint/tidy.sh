#!/usr/bin/env bash
# clang-tidy with .clang-tidy over the sources as they were compiled. Arguments: files; none means the whole launcher/.
# The part that takes minutes, so tests/run.sh gives it what changed most often unless it runs with --long.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${SCIWRAP_BUILD:-build/dev}
[[ -e $build/compile_commands.json ]] || {
    echo "$build/compile_commands.json does not exist: cmake --preset dev"
    exit 1
}
# Each major version adds checks and changes others; the list in .clang-tidy was made for this one.
want=14
tool=$(command -v clang-tidy-$want || command -v clang-tidy || true)
if [[ -z $tool ]] || ! "$tool" --version | grep -qE "version $want\."; then
    echo "clang-tidy $want is not here"
    exit 77
fi
if [[ $# -gt 0 ]]; then
    printf '%s\0' "$@"
else
    find launcher -name '*.c' -print0 | sort -z
fi | xargs -0 -n 4 -P "$(nproc)" "$tool" -p "$build" --quiet --warnings-as-errors='*' \
    --extra-arg=-Wno-unknown-warning-option 2>&1 | { grep -vE '^[0-9]+ warnings? (generated|treated)' || true; }
exit "${PIPESTATUS[0]}"
