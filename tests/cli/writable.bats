#!/usr/bin/env bats
# --writable: a layer over the root file system that is thrown away, and a line that says what went with it.
load helpers

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    "$SCIWRAP" exec --writable --no-record tiny true 2>/dev/null || {
        "$SCIWRAP" exec --writable --no-record tiny true 2>&1 | grep -q overlay || return 1
        skip "no overlay for this user here"
    }
}

@test "files can be changed, added and removed, and the environment stays as it was" {
    succeeds "$SCIWRAP" exec --writable tiny sh -c 'echo mine >/etc/version && cat /etc/version; mkdir /opt/new && echo x >/opt/new/f; rm /usr/bin/script; script || echo gone'
    is "${lines[0]}" mine
    is "${lines[-1]}" gone
    quietly "$SCIWRAP" exec tiny sh -c 'cat /etc/version; ls /opt; script'
    is "$output" $'old\nscript'
}

@test "what was lost is named" {
    succeeds "$SCIWRAP" exec --writable tiny sh -c 'echo result >/opt/result.txt'
    notes 'result.txt|/opt'
    notes '^sciwrap: '
}

@test "nothing is said when nothing was lost" {
    quietly "$SCIWRAP" exec --writable tiny true
    quietly "$SCIWRAP" exec --writable tiny sh -c 'echo x >here.txt'
}

@test "the layer is gone from the disk" {
    "$SCIWRAP" exec --writable tiny sh -c 'mkdir -m 0 /opt/closed; echo x >/opt/f'
    is "$(left_in "$TMPDIR")" ""
}
