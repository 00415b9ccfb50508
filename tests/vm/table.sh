#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# table.sh: the rows that tests have made, into docs/hosts.md, or whether they are what stands there.
#
# usage: table.sh --write|--check (PART FILE)...
#   PART is the name between "<!-- made by ...: PART -->" lines of docs/hosts.md. In the part "kernels" each line is a row of
#   the table, in "calls" a line of text. In the others a line is NAME|MESSAGE|WORKS|KERNEL; lines that differ only in the kernel are one row.
set -euo pipefail
page=$(cd "$(dirname "$0")/../.." && pwd)/docs/hosts.md
mode=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rows_of() { # FILE
    awk -F'|' '
        function cell(text) { gsub(/</, "\\&lt;", text); return text }
        { key = $1 "|" $2 "|" $3 }
        !(key in kernels) { order[++count] = key }
        { kernels[key] = kernels[key] (kernels[key] == "" ? "" : ", ") $4 }
        END {
            for (i = 1; i <= count; i++) {
                split(order[i], part, "|")
                printf "| %s | %s | %s | %s |\n", part[1], part[2] == "" ? "nothing" : cell(part[2]), part[3], kernels[order[i]]
            }
        }' "$1"
}
cp "$page" "$work/page"
while [[ $# -ge 2 ]]; do
    part=$1
    if [[ $part == kernels || $part == calls ]]; then cp "$2" "$work/rows"; else rows_of "$2" >"$work/rows"; fi
    shift 2
    grep -q "^<!-- $part:" "$work/page" || { echo "docs/hosts.md has no part '$part'" && exit 1; }
    # The head of the table, two lines, stays.
    awk -v part="$part" -v rows="$work/rows" '
        index($0, "<!-- " part ":") == 1 { print; inside = 1; next }
        inside && /^<!-- end -->/ { while ((getline line <rows) > 0) print line; inside = 0 }
        inside && (part == "calls" || (/^\|/ && ++head > 2)) { next }
        !inside { head = 0 }
        { print }' "$work/page" >"$work/next"
    mv "$work/next" "$work/page"
done
if [[ $mode == --write ]]; then
    cp "$work/page" "$page"
elif ! diff -u "$page" "$work/page"; then
    echo "docs/hosts.md is not what came out; write it with --write"
    exit 1
fi
