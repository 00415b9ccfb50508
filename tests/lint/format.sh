#!/usr/bin/env bash
# The form that clang-format gives, by machine and not by taste. Another major version formats a few constructs
# differently, so the check is made with the one that .clang-format names, and skipped (77) without it.
set -euo pipefail
cd "$(dirname "$0")/../.."
want=14
tool=$(command -v clang-format-$want || command -v clang-format || true)
if [[ -z $tool ]] || ! "$tool" --version | grep -qE "version $want\."; then
    echo "clang-format $want is not here"
    exit 77
fi
find launcher tests -name '*.[ch]' -print0 | sort -z | xargs -0 "$tool" --dry-run -Werror
