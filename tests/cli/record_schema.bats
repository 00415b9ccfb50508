#!/usr/bin/env bats
# Real manifests against docs/manifest.schema.json.
load helpers
load record

setup_file() {
    own_places
    "$SCIWRAP" pull --quiet tiny tiny-new 3>&-
}

checker() { # a Python that can
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import jsonschema' 2>/dev/null && echo "$python" && return
    done
    return 1
}

follows_schema() { # MANIFEST...
    local python
    python=$(checker) || skip "no jsonschema (package python3-jsonschema)"
    succeeds "$python" "$BATS_TEST_DIRNAME/schema.py" "$BATS_TEST_DIRNAME/../../docs/manifest.schema.json" "$@"
}

latest() {
    basename "$(dirname "$(manifest)")"
}

@test "manifests of runs of every kind are as the schema says" {
    anew data=old dir/x=1 dir/y=2
    ln -s data link
    ln data hard
    printf x >$'caf\xe9'
    mkfifo pipe
    printf in | "$SCIWRAP" exec --input data tiny sh -c 'cat; cat caf* hard' | cat >/dev/null
    "$SCIWRAP" exec tiny act open link r open hard wa write er rename dir moved chmod 600 moved/x unlink moved/y mknod fifo \
        symlink a b creat $'\xff\nx' <data >out 2>err
    "$SCIWRAP" exec --keep-limit 1 --verify full tiny act unlink data
    "$SCIWRAP" exec --network host --seed 7 --cpu-baseline v2 --env A=$'\xfe' tiny sh -c 'act - connect 127.0.0.1 1; ls' >/dev/null
    "$SCIWRAP" exec --no-fix locale,tz,hostname tiny sh -c 'exit 3' || true
    "$SCIWRAP" run tiny die 9 || true
    "$SCIWRAP" exec --verify off tiny no-such-command 2>/dev/null || true
    SCIWRAP_RECORDING=comparison "$SCIWRAP" exec --writable tiny sh -c 'echo x >/etc/new; echo y >made'
    mkdir "$BATS_TEST_TMPDIR/beside"
    "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/beside:/beside:rw" tiny-new act creat /beside/x 2>/dev/null
    is "$(find .sciwrap/runs -name manifest.json | wc -l)" 9
    follows_schema .sciwrap/runs/*/manifest.json
}

@test "and of reruns, good and bad" {
    anew data=old
    acts open data r creat out write x
    local id
    id=$(latest)
    succeeds "$SCIWRAP" rerun "$id"
    quietly "$SCIWRAP" exec tiny sh -c 'date +%N >time'
    "$SCIWRAP" rerun "$(latest)" 2>/dev/null || true
    succeeds "$SCIWRAP" bundle "$id" -o x.sciwrap
    succeeds "$SCIWRAP" rerun x.sciwrap
    is "$(find .sciwrap/runs -name manifest.json | wc -l)" 5
    follows_schema .sciwrap/runs/*/manifest.json
}

@test "a member that nobody described, or of another type, is found" {
    checker >/dev/null || skip "no jsonschema (package python3-jsonschema)"
    acts sleep 1
    local schema=$BATS_TEST_DIRNAME/../../docs/manifest.schema.json
    sed 's/"schema":/"novelty": 1, "schema":/' "$(manifest)" >novel.json
    run "$(checker)" "$BATS_TEST_DIRNAME/schema.py" "$schema" novel.json
    [[ $status -eq 1 && $output == *novelty* ]]
    sed 's/"calls": [0-9]*/"calls": "many"/' "$(manifest)" >wrong.json
    run -1 cmp -s wrong.json "$(manifest)"
    run "$(checker)" "$BATS_TEST_DIRNAME/schema.py" "$schema" wrong.json
    [[ $status -eq 1 && $output == *recording/calls* ]]
}
