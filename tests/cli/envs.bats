#!/usr/bin/env bats
# sciwrap envs: what is known, and what is in the store. And the commands that explain.
load helpers

@test "envs lists each definition once, and which are in the store" {
    quietly "$SCIWRAP" envs
    says 'tiny'
    says 'the tiny environment of the tests'
    is "$(grep -c '^tiny ' <<<"$output")" 1
}

@test "envs --json is for programs" {
    quietly "$SCIWRAP" envs --json
    python3 - "$output" <<'PYTHON'
import json, sys
envs = json.loads(sys.argv[1])
envs = envs["environments"] if isinstance(envs, dict) else envs
by_name = {e["name"]: e for e in envs}
assert {"tiny", "tiny-new", "tiny-gz"} <= set(by_name), sorted(by_name)
assert [e["name"] for e in envs] == sorted(e["name"] for e in envs)
for e in envs:
    assert len(e["sha256"]) == 64, e
PYTHON
}

@test "the folder ./envs comes first" {
    mkdir envs
    sed 's/^description.*/description = my own/' "$FIXTURES/envs/tiny.ini" >envs/tiny.ini
    quietly "$SCIWRAP" envs
    says 'my own'
    is "$(grep -c '^tiny ' <<<"$output")" 1
}

@test "the user's configuration folder is one of the places" {
    mkdir -p "$XDG_CONFIG_HOME/sciwrap/envs"
    cp "$FIXTURES/envs/tiny.ini" "$XDG_CONFIG_HOME/sciwrap/envs/configured.ini"
    quietly "$SCIWRAP" envs
    says configured
    rm "$XDG_CONFIG_HOME/sciwrap/envs/configured.ini"
}

@test "one broken definition does not hide the others" {
    define broken '[nonsense' 
    run --separate-stderr "$SCIWRAP" envs
    says tiny
    [[ "$output$stderr" =~ broken ]]
}

@test "help, version, and help of each command" {
    quietly "$SCIWRAP" --help
    local command
    for command in run exec shell pull build lock envs runs show rerun doctor; do
        says "(^|"$'\n'") *$command"
    done
    quietly "$SCIWRAP" --version
    says '^sciwrap [0-9]+\.[0-9]+\.[0-9]+$'
    quietly "$SCIWRAP" run --help
    says -- '--bind'
    quietly "$SCIWRAP" help run
    says -- '--bind'
}
