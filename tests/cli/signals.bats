#!/usr/bin/env bats
# Signals: forwarded to the command; and when sciwrap dies, everything dies.
load helpers

start_trap() {
    "$SCIWRAP" run tiny trap /workspace/log 3>&- &
    runner=$!
    until_true grep -q ready log
}

@test "every forwardable signal reaches the command" {
    start_trap
    local name number
    for name in HUP INT QUIT USR1 USR2 ALRM WINCH CONT; do
        number=$(kill -l $name)
        kill -s $name $runner
        until_true grep -q "signal $(printf %02d "$number")" log
    done
    kill -TERM $runner
    run wait $runner
    wait $runner || is $? 7
}

@test "a signal that a write of sciwrap's own raised is not sent to the command" {
    # By the limit of the size of files the note for 'sciwrap ps' is cut off; of what is inside nothing is written.
    succeeds prlimit --fsize=600 "$SCIWRAP" exec --no-record tiny sleep 0.3
}

@test "SIGTERM to sciwrap gives the command time, and its own status" {
    start_trap
    kill -TERM $runner
    local status=0
    wait $runner || status=$?
    is $status 7
    grep -q 'signal 15' log
    nothing_left
}

@test "SIGKILL to sciwrap leaves nothing running" {
    local mark=lingering-$BATS_TEST_NUMBER-$$
    "$SCIWRAP" exec tiny sh -c "(trap '' HUP TERM INT; sleep 300; echo $mark) & sleep 301; echo $mark" 3>&- &
    local runner=$!
    until_true pgrep -u $EUID -f "$mark"
    until_true bash -c "pgrep -u $EUID -f 'sleep 30[01]'"
    kill -KILL $runner
    wait $runner || true
    until_true bash -c "! pgrep -u $EUID -f '[l]ingering-$BATS_TEST_NUMBER-$$'"
}

@test "what a killed run left in the temporary folder goes with a later start" {
    "$SCIWRAP" exec tiny sh -c 'echo x >/tmp/file; echo ready >ready; sleep 300' 3>&- &
    local runner=$!
    until_true test -e ready
    kill -KILL $runner
    wait $runner || true
    [[ -n $(find "$TMPDIR" -name file) ]]
    swept() {
        "$SCIWRAP" exec tiny true && [[ -z $(left_in "$TMPDIR") ]]
    }
    until_true swept
}

@test "a killed command inside is reported, not sciwrap's own end" {
    run "$SCIWRAP" exec tiny sh -c 'kill -KILL $$'
    is "$status" 137
}

@test "ignored signals of the caller are not inherited by the command" {
    trap '' PIPE
    run "$SCIWRAP" run tiny die 13
    trap - PIPE
    is "$status" 141
}

@test "what nohup and & make a command ignore stays ignored, and nothing else does" {
    # shellcheck disable=SC2016 # for the inner shell
    succeeds sh -c 'trap "" HUP INT QUIT PIPE USR1; exec "$1" exec --no-record tiny grep SigIgn /proc/self/status' sh \
        "$SCIWRAP"
    is "${output//[[:space:]]/}" SigIgn:0000000000000007
    # Whoever started the tests may have used nohup or & as well.
    quietly env --default-signal=HUP,INT,QUIT "$SCIWRAP" exec --no-record tiny grep SigIgn /proc/self/status
    is "${output//[[:space:]]/}" SigIgn:0000000000000000
}

@test "a signal that comes when the command has ended costs neither record nor status" {
    strace -o /dev/null -e trace=none true 2>/dev/null || skip "no tracing here"
    export ASAN_OPTIONS=detect_leaks=0 # which ptrace forbids
    local signal
    for signal in TERM HUP USR1 ALRM; do # when the record is about to get its name
        run strace -o trace -e trace=renameat -P manifest.json -e "inject=renameat:signal=$signal" "$SCIWRAP" exec tiny \
            sh -c 'echo x >out; exit 4'
        is "$signal $status" "$signal 4"
        grep -q renameat trace
        is "$(field 'm["experiment"]["exit"]')" "{'code': 4}"
        rm -r .sciwrap
    done
}
