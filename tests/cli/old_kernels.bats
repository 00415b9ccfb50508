#!/usr/bin/env bats
# What newer kernels have, one after the other taken away (tests/fixtures/under.c): the walls hold by the older means, or nothing
# is started and a message says why.
load helpers

teardown() {
    [[ -z ${ID-} ]] || "$SCIWRAP" stop --quiet --time 0 "$ID" || true
    wait
}

# Each kernel lacks what the newer ones lack, and more.
since_5_15='landlock_restrict_self,landlock,wait-killable,sync-wake-up,memfd-exec,statmount,listmount'
since_5_10="$since_5_15,mount_setattr,core-scheduling,close-range-cloexec"
since_5_4="$since_5_10,statx,openat2,close_range,pidfd_getfd,faccessat2"
since_4_18="$since_5_4,clone3,pidfd_open,pidfd_send_signal,open_tree,move_mount,rseq"

# As many attempts held as with all that this kernel has, but for the scopes of Landlock; none open.
walls_hold() { # LIST
    succeeds "$FIXTURES/under" lacking "$1" "$SCIWRAP" audit tiny
    says ' 0 open, '
    local held
    held=$(sed -nE 's/.* ([0-9]+) held.*/\1/p' <<<"$output")
    [[ $held -ge $(($(all_held) - 4)) ]] || {
        echo "$held held instead of $(all_held)"
        return 1
    }
}

all_held() {
    [[ -s $BATS_FILE_TMPDIR/held ]] || "$SCIWRAP" audit tiny | sed -nE 's/.* ([0-9]+) held.*/\1/p' >"$BATS_FILE_TMPDIR/held"
    cat "$BATS_FILE_TMPDIR/held"
}

# Recorded, limited, entered, and with descriptors left open.
runs_as_ever() { # LIST
    local under=("$FIXTURES/under" lacking "$1")
    rm -rf out end .sciwrap
    exec 7</ 200</tmp
    succeeds "${under[@]}" "$SCIWRAP" exec tiny sh -c 'echo text >out; for fd in /proc/self/fd/*; do
        [ -e "$fd" ] && echo "${fd##*/}"; done; true'
    exec 7<&- 200<&-
    is "$(tr '\n' ' ' <<<"$output")" "0 1 2 "
    is "$(field "'out' in [o['path'] for o in m['experiment']['outputs']]")" True
    "${under[@]}" "$SCIWRAP" exec --no-record --cpus 1 --time 60 tiny sh -c 'until test -e end; do sleep 0.1; done' 3>&- &
    until_true find_id "$!"
    ID=$(find_id "$!")
    succeeds "${under[@]}" "$SCIWRAP" enter -q "$ID" sh -c 'echo in'
    is "$output" in
    touch end
    wait
    ID=
}

find_id() { # LAUNCHER-PID
    "$SCIWRAP" ps --json | python3 -c '
import json, sys
print(*[r["id"] for r in json.load(sys.stdin) if r["launcher_pid"] == int(sys.argv[1])])' "$1" | grep .
}

@test "as on Linux 5.15" {
    walls_hold $since_5_15
    runs_as_ever $since_5_15
}

@test "as on Linux 5.10" {
    walls_hold $since_5_10
    runs_as_ever $since_5_10
}

@test "as on Linux 5.4" {
    walls_hold $since_5_4
    runs_as_ever $since_5_4
}

@test "as on Linux 4.18" {
    walls_hold $since_4_18
    runs_as_ever $since_4_18
}

@test "where an outer sandbox forbids seccomp(2), the filter is put on by prctl(2)" {
    walls_hold seccomp
    walls_hold spec-allow
}

@test "no call that came with Linux 3.15 or later is needed to pull, run, rerun and bundle" {
    local under=("$FIXTURES/under" lacking all) id
    [[ $("$FIXTURES/under" calls | wc -l) -ge 30 ]]
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    quietly "${under[@]}" "$SCIWRAP" pull -q tiny
    printf 'b\na\n' >in
    quietly "${under[@]}" "$SCIWRAP" exec tiny sh -c 'sort in >out'
    is "$(field "'out' in [o['path'] for o in m['experiment']['outputs']]")" True
    is "$(field "m['recording']['method']")" comparison
    id=$(ls .sciwrap/runs)
    succeeds "${under[@]}" "$SCIWRAP" rerun "$id"
    is "${lines[-1]}" identical
    succeeds "${under[@]}" "$SCIWRAP" bundle -q "$id" -o run.sciwrap
    succeeds env SCIWRAP_STORE="$BATS_TEST_TMPDIR/other" "${under[@]}" "$SCIWRAP" rerun run.sciwrap
    is "${lines[-1]}" identical
    walls_hold all
}

@test "statx may be missing where newer calls are there" {
    walls_hold statx
}

@test "where random numbers come from /dev/urandom, and program files in memory from /proc" {
    runs_as_ever getrandom,execveat,renameat2,copy_file_range,pidfd_send_signal
}
