#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [FOLDER]: the Makefile beside this, twice; in FOLDER, or in a new one. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
cp "$here/Makefile" "$folder"
cd "$folder"
runs() { sciwrap runs | tail -n +2 | wc -l; }

echo 'It was the best of times' >first.text
echo 'it was the worst of times' >second.text
echo 'it was the age of wisdom' >third.text
make -j2 --silent
echo "characters and texts: $(cat summary.txt), after $(runs) runs"

sleep 0.01 # so that the file is newer, on every file system
echo 'it was the age of foolishness' >third.text
make -j2 --silent
echo "characters and texts: $(cat summary.txt), after $(runs) runs"

echo 'the summary came from:'
sciwrap whence summary.txt | sed -n 's/^    //p' | sed 's/^sh -c .*/sh (the sum)/' | sort
