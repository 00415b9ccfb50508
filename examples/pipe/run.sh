#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [FOLDER]: a pipeline of two environments; in FOLDER, or in a new one. See README.md.
set -euo pipefail
old=${OLD:-python-3.9} new=${NEW:-python-3.11}
folder=${1:-$(mktemp -d)}
cd "$folder"

printf '%s\n' 'b 4' 'a 1' 'b 8' 'a 2' 'c 5' >measured.txt

sciwrap exec "$old" sort measured.txt |
    sciwrap exec "$new" awk '{ n[$1]++; sum[$1] += $2 } END { for (k in n) print k, sum[k] / n[k] | "sort" }' >means.txt

echo 'means:'
cat means.txt
echo 'programs behind them, the last one first:'
sciwrap whence means.txt | sed -n 's/^    \([a-z]*\) .*/\1/p'
