#!/usr/bin/env bash
# Every definition that is shipped parses, is pinned, and has a recipe with its lock.
set -euo pipefail
cd "$(dirname "$0")/../.."
sciwrap=${SCIWRAP:-build/release/bin/sciwrap}
bad=0
complain() {
    echo "$*"
    bad=1
}
for definition in envs/*.ini; do
    name=$(basename "$definition" .ini)
    value() { sed -nE "s/^$1 *= *([^;]*[^; ]).*/\1/p" "$definition"; }
    recipe=$(value recipe)
    [[ -n $(value description) ]] || complain "$definition: no description"
    [[ -n $(value sha256) ]] || complain "$definition: no sha256"
    [[ -n $recipe ]] || complain "$definition: no recipe"
    [[ -e recipes/$recipe.ini ]] || complain "$definition: recipes/$recipe.ini does not exist"
    [[ -e recipes/$recipe.lock ]] || complain "$definition: recipes/$recipe.lock does not exist"
    "$sciwrap" envs --json 2>/dev/null | grep -qF "\"$name\"" || complain "$definition: 'sciwrap envs' does not list it"
done
# Lock files hold pool paths: where the files come from is decided on the host that builds.
for lock in recipes/*.lock tests/reproduce/recipes/*.lock; do
    if grep -nE '://' "$lock"; then
        complain "$lock: holds an address"
    fi
done
exit $bad
