#!/usr/bin/env bash
# Every source file is in the map of its program's main.c and in docs/ARCHITECTURE.md, and no map names one that is gone.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
complain() {
    echo "$*"
    bad=1
}
first_comment() { sed -n '/^\/\*/,/\*\//p;/\*\//q' "$1"; }
words() { grep -oE '[a-z][a-z0-9_]*' | sort -u; }

launcher_map=$(first_comment launcher/main.c | words)
supply_map=$(first_comment launcher/supply/main.c | words)
while read -r file; do
    name=$(basename "$file" .c)
    case $file in
    launcher/main.c | launcher/supply/main.c) ;;
    launcher/supply/*) grep -qx "$name" <<<"$supply_map" || complain "$file: not in the map of launcher/supply/main.c" ;;
    *) grep -qx "$name" <<<"$launcher_map" || complain "$file: not in the map of launcher/main.c" ;;
    esac
    grep -qF "\`${file#launcher/}\`" docs/ARCHITECTURE.md || complain "$file: not in docs/ARCHITECTURE.md"
done < <(find launcher -name '*.c' | sort)

# shellcheck disable=SC2016
while read -r name; do
    [[ -e launcher/$name ]] || complain "docs/ARCHITECTURE.md: launcher/$name does not exist"
done < <(grep -oE '`[a-z]+(/[a-z_]+)?\.c`' docs/ARCHITECTURE.md | tr -d '`')

# Each folder has its heading, then one table with its rows and no others.
while read -r problem; do
    complain "docs/ARCHITECTURE.md:$problem"
done < <(awk '
    /^## / { map = $0 == "## The map" }
    !map { next }
    /^### / { folder = $2; sub(/:$/, "", folder); state = "heading"; next }
    $0 == "| file | |" { if (state != "heading") print NR ": a table begins in the middle of " folder; state = "head"; next }
    $0 == "|---|---|" { if (state != "head") print NR ": a line of a table head among rows"; state = "rows"; next }
    /^\|/ {
        split($0, cell, "`")
        here = cell[2] ~ /\// ? cell[2] : "launcher/" cell[2]
        if (state != "rows") print NR ": a row without a table: " cell[2]
        else if (index(here, folder) != 1) print NR ": " cell[2] " stands in the table of " folder
        next
    }
    NF && folder != "" { print NR ": text within the tables" }
' docs/ARCHITECTURE.md)

for document in README.md docs/*.md; do
    while read -r target; do
        [[ -e $(dirname "$document")/$target ]] || complain "$document: link to $target, which does not exist"
    done < <(grep -oE '\]\([^)#:]+\)' "$document" | sed 's/^](//; s/)$//')
done
exit $bad
