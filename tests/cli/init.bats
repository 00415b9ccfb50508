#!/usr/bin/env bats
# init: a project, in which git keeps the records and leaves the rest.
load helpers

@test "makes a project, and overwrites nothing" {
    quietly "$SCIWRAP" init paper
    says 'made +\.sciwrap/runs'
    says 'cd paper'
    says 'sciwrap pin NAME SOURCE'
    is "$(awk 'length > 80' <<<"$output")" ""
    echo mine >paper/.sciwrap/.gitignore
    rm paper/envs/example.ini.txt
    quietly "$SCIWRAP" init paper
    says 'kept +\.sciwrap/\.gitignore'
    says 'made +envs/example\.ini\.txt'
    is "$(cat paper/.sciwrap/.gitignore)" mine
    succeeds "$SCIWRAP" init -q paper
    is "$output$stderr" ""
    cd paper
    succeeds "$SCIWRAP" init
    notes 'is a project already'
    mkdir -p deep/er
    (cd deep/er && "$SCIWRAP" exec tiny true)
    is "$(find . -name manifest.json | wc -l)" 1
    is "$(find . -name .sciwrap | wc -l)" 1
}

@test "the example is no definition yet, and becomes one" {
    quietly "$SCIWRAP" init
    quietly "$SCIWRAP" envs
    sed -n 's/^; \(\[.*\|[a-zA-Z_0-9-]* *= .*\)/\1/p' envs/example.ini.txt |
        sed "s/^sha256.*/sha256 = $(printf 'a%.0s' {1..64})/; s/^size.*/size = 5/" >envs/mytool.ini
    quietly "$SCIWRAP" envs
    says 'mytool'
    fails_with 125 'could not be brought' -- "$SCIWRAP" run mytool
    notes 'mytool-rootfs.tar.zst'
}

@test "git keeps manifests, and leaves caches and kept contents" {
    command -v git >/dev/null || skip "no git"
    quietly "$SCIWRAP" init
    git init -q .
    echo one >data
    quietly "$SCIWRAP" exec tiny sh -c 'echo two >data'
    quietly "$SCIWRAP" runs
    [[ -n $(find .sciwrap/objects -type f) ]]
    git add -A
    is "$(git ls-files .sciwrap | sed 's/[0-9a-f]\{12\}/ID/')" $'.sciwrap/.gitignore\n.sciwrap/runs/ID/manifest.json'
}

@test "a project within a project is told of; what cannot be made is an error" {
    quietly "$SCIWRAP" init
    succeeds "$SCIWRAP" init below
    notes 'lies within another project'
    : >file
    fails_with 125 "'$PWD/file" -- "$SCIWRAP" init file
    fails_with 125 'takes one folder' -- "$SCIWRAP" init a b
    fails_with 125 "'/' cannot be a project" -- "$SCIWRAP" init /
    mkdir odd
    ln -s / odd/.sciwrap
    fails_with 125 'odd/.sciwrap' -- "$SCIWRAP" init odd
}
