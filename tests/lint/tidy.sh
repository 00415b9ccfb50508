#!/usr/bin/env bash
# clang-tidy with .clang-tidy over the sources as they were compiled. Arguments: files; none means the whole launcher/.
# Its analyzer takes five minutes of CPU, all else seconds: with TIDY_QUICK only what the last commits changed is analysed.
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
tidy() { # TIDY-OPTION...; files come on standard input
    xargs -r -n 4 -P "$(nproc)" "$tool" -p "$build" --quiet --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option "$@" \
        2>&1 | { grep -vE '^[0-9]* ?warnings? (generated|treated)' || true; }
    return "${PIPESTATUS[0]}"
}

changed() { # the files that the last 20 commits touched and that are still here; none where there is no history
    local file
    git diff --name-only HEAD~20 -- 'launcher/*.c' 2>/dev/null | while read -r file; do
        [[ ! -e $file ]] || echo "$file"
    done
}

if [[ $# -gt 0 ]]; then
    printf '%s\n' "$@" | tidy
elif [[ -z ${TIDY_QUICK-} ]]; then
    find launcher -name '*.c' | sort | tidy
else
    find launcher -name '*.c' | sort | tidy --checks='-clang-analyzer-*'
    changed | head -n 40 | tidy
fi
