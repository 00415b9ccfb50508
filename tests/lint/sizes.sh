#!/usr/bin/env bash
# Functions of at most 60 lines, .c files of at most 450 (docs/HACKING.md). Relies on the form that clang-format gives:
# the braces of a function stand alone at the start of a line.
set -euo pipefail
cd "$(dirname "$0")/../.."
find launcher tests -name '*.[ch]' -print0 | sort -z | xargs -0 awk '
    FNR == 1 { if (file != "" && last > 450) { print file ": " last " lines"; bad = 1 } file = FILENAME }
    { last = FNR }
    /^\{/ { start = FNR }
    /^\}/ {
        if (start > 0 && FNR - start + 1 > 62) {
            print FILENAME ":" start ": a function of " FNR - start - 1 " lines"
            bad = 1
        }
        start = 0
    }
    END { if (last > 450) { print file ": " last " lines"; bad = 1 } exit bad }'
