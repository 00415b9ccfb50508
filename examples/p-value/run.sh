#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [FOLDER]: one test, two versions of SciPy; in FOLDER, or in a new one. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
cp "$here"/{compare.py,groups.txt} "$folder"
cd "$folder"
export SCIWRAP_ENVS=$here/envs SCIWRAP_RECIPES=$here/recipes

for version in 1.6 1.10; do
    sciwrap exec --no-record scipy-$version true 2>/dev/null || sciwrap build scipy-$version >&2
    sciwrap pull -q scipy-$version
done

sciwrap run --manifest old.json scipy-1.6 compare.py | tee old.txt
sciwrap run --manifest new.json scipy-1.10 compare.py | tee new.txt

echo "the old one again: $(sciwrap rerun old.json)"
echo "what was different before the start:"
{ sciwrap diff old.json new.json || [[ $? -eq 1 ]]; } | sed -n 's/ (sha256 [0-9a-f]*)//g; s/^  environment:/environment:/p'
