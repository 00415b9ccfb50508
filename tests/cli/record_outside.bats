#!/usr/bin/env bats
# Files that somebody outside changes while a run goes on.
load helpers
load record

# outsider STEPS -- COMMAND: the run makes `reached` and waits for `go`; then somebody else does COMMAND.
meanwhile() {
    local steps=()
    while [[ $1 != -- ]]; do
        steps+=("$1")
        shift
    done
    shift
    "$SCIWRAP" exec tiny act "${steps[@]}" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    until_true test -e reached
    sleep 0.3 # hashed by now
    "$@"
    touch go
    wait $run || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
}

reports() { # NAME
    told | grep -q "^gap .*'$1'.*changed by somebody else" || { told; return 1; }
}

@test "a change by somebody else is noticed: written, replaced, removed, and with the old date" {
    anew data=old
    meanwhile open data r cat creat reached wait go -- sh -c 'printf new >data'
    is "$(cat "$BATS_TEST_TMPDIR/out")" old
    reports data
    is "$(told | head -n 1)" "in data $(printf old | sha256sum | cut -c1-8)"
    anew data=old
    meanwhile open data r cat creat reached wait go -- sh -c 'printf new >tmp; mv tmp data'
    reports data
    anew data=old
    meanwhile open data r cat creat reached wait go -- rm data
    reports data
    anew data=old
    meanwhile open data r cat creat reached wait go -- sh -c 'touch -r data keep; printf new >data; touch -r keep data'
    reports data
}

@test "a folder that somebody else swaps" {
    anew dir/data=old new/data=other
    meanwhile open dir/data r cat creat reached wait go open dir/data r cat -- sh -c 'mv dir gone; mv new dir'
    is "$(cat "$BATS_TEST_TMPDIR/out")" oldother
    reports dir/data
}

@test "and when the run writes to it later" {
    anew data=old
    meanwhile open data r cat creat reached wait go open data wt write mine -- sh -c 'printf their >data'
    reports data
    anew data=old
    meanwhile open data r cat creat reached wait go open data wt write mine -- \
        sh -c 'touch -r data keep; printf new >data; touch -r keep data'
    reports data
    [[ $(told | grep '^in data') != *'"new"'* ]]
}

@test "what nobody changed is not reported, whatever the run did" {
    anew data=old other=x
    meanwhile open data r cat creat reached wait go -- true
    [[ $(told) != *somebody* ]]
    local how
    for how in 'utimes data 1' 'chmod 600 data' 'fchmod 600' 'link data second' 'rename data moved' \
        'rename data moved rename moved data' 'link data second unlink second' 'symlink data l'; do
        anew data=old
        # shellcheck disable=SC2086
        acts open data r cat $how
        [[ $(told) != *somebody* ]] || { echo "$how"; told; return 1; }
    done
}
