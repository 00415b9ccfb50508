#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [FOLDER]: a task for each row of parameters.csv; in FOLDER, or in a new one. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
cp "$here/parameters.csv" "$folder"
cd "$folder"

job=$(sciwrap submit --sweep parameters.csv --time=10 -- \
    exec "${ENVIRONMENT:-python-3.11}" sh -c 'power=1 n=0
        while [ $n -lt $2 ]; do power=$((power * $1)) n=$((n + 1)); done
        echo "$1 to the $2: $power" >power.$3.txt' sh '{base}' '{exponent}' '{task}')
sciwrap runs --job "$job" --follow >states.txt 2>progress.txt || { cat states.txt >&2 && exit 1; }

cat power.*.txt
echo 'all of it again, from the records:'
sciwrap rerun --job "$job" | tail -n 1
