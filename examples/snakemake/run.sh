#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [FOLDER]: the Snakefile beside this; in FOLDER, or in a new one. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
cp "$here/Snakefile" "$folder"
cd "$folder"

printf '%s\n' '# plate A' 12 30 >A.raw
printf '%s\n' '# plate B' 5 '# empty well' 7 >B.raw
snakemake --quiet --cores 2 --config old="${OLD:-python-3.9}" new="${NEW:-python-3.11}" >snakemake.log 2>&1 ||
    { cat snakemake.log >&2 && exit 1; }

echo "sum and values: $(cat sum.txt), after $(sciwrap runs | tail -n +2 | wc -l) runs"
echo 'the sum came from:'
sciwrap whence sum.txt | sed -n 's/^    //p' | sort
