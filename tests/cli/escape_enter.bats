#!/usr/bin/env bats
# Reference rows B1, B5, B6 and D3, on the way of `sciwrap enter`: what is hostile runs already when somebody comes in. Each of
# them also as on a kernel without Landlock's scopes, by which the run can do nothing to a process that is not of it.
# See docs/escapes.md.
load helpers
load controls

teardown() {
    touch end
    [[ -z ${ID-} ]] || "$SCIWRAP" stop --quiet --time 0 "$ID" || true
    wait
}

# The build with sanitizers is not, and finds no loader inside: what the launcher's program could do there is tried with the
# release build.
is_static() {
    ! grep -q __asan_init "$SCIWRAP"
}

# As on a kernel without Landlock. No function: the run in the background must be this process itself.
old() {
    UNDER="$FIXTURES/under lacking landlock"
}

# begin OPTIONS SCRIPT: a run that lurks, by the script; its ID in $ID. OPTIONS is split into words.
begin() {
    cp -f "$FIXTURES/lurk" "$FIXTURES/attack" .
    rm -f seen end
    # shellcheck disable=SC2086
    ${UNDER-} "$SCIWRAP" exec --no-record --no-auto-bind $1 tiny sh -c "$2" 3>&- &
    until_true find_id "$!"
    ID=$(find_id "$!")
    until_true test -e seen
}

find_id() { # LAUNCHER-PID
    "$SCIWRAP" ps --json | python3 -c '
import json, sys
print(*[r["id"] for r in json.load(sys.stdin) if r["launcher_pid"] == int(sys.argv[1])])' "$1" | grep .
}

lurks() { # OPTIONS WORDS: until somebody was caught, or a hundred have come in
    begin "$1" "./lurk $2 end >seen; while :; do sleep 1; done"
    until_true grep -q lurking seen
    local i
    for i in {1..40}; do
        ${UNDER-} "$SCIWRAP" enter -q "$ID" true
    done
    # One that stays for long enough to be traced when it is what it has become: the launcher's program no more.
    # shellcheck disable=SC2016
    ${UNDER-} "$SCIWRAP" enter -q "$ID" sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'
    touch end
    until_true grep -q traced seen
    is "$(grep caught seen)" ""
}

@test "B6 nothing inside gets hold of a process that is on its way in" {
    lurks "" catch
    [[ $(sed -n 's/^traced //p' seen) -gt 0 ]]
}

@test "B6 nor where the kernel has no Landlock to keep it from tracing" {
    old
    lurks "" catch
    [[ $(sed -n 's/^traced //p' seen) -gt 1 ]] # the shell that came in, besides the one that was there
}

@test "D3 nor one that has every right in a user namespace of its own" {
    old
    lurks --nest 'nested catch'
    # It may trace nobody at all: those who come in are of the user namespace above its own.
    is "$(sed -n 's/^traced //p' seen)" 0
}

@test "B5 the program that enters cannot be overwritten, not even where its user may write it" {
    local before i
    mkdir -p own # not the one that the run has: that is in use as long as there is the run
    cp -a "$(dirname "$SCIWRAP")/../bin" "$(dirname "$SCIWRAP")/../libexec" own/
    chmod -R u+w own
    before=$(sha256 own/bin/sciwrap)
    old
    begin --writable 'for name in tool sh true; do rm -f /usr/bin/$name; printf "#!/proc/self/exe help\n" >/usr/bin/$name
        chmod +x /usr/bin/$name; done; exec ./lurk write end >seen'
    until_true grep -q lurking seen
    for i in {1..300}; do
        # shellcheck disable=SC2086
        $UNDER own/bin/sciwrap enter -q "$ID" "$([[ $((i % 2)) -eq 0 ]] && echo tool)" </dev/null >/dev/null 2>&1 || true
        # A program that is not static is shut in more often than the sealed copy can be found in it: no more is learnt.
        [[ $i -lt 60 ]] || { is_static && ! grep -q sealed seen; } || break
    done
    sleep 0.1
    touch end
    until_true grep -q kept seen
    is "$(sha256 own/bin/sciwrap)" "$before"
    is "$(grep overwrote seen)" ""
    is_static || return 0
    # It can be kept, so it is by the seal that it stays.
    [[ $(sed -n 's/^kept //p' seen) -gt 0 ]]
    grep -q sealed seen
}

@test "B5 the launcher's program is no command of a run" {
    printf '#!/proc/self/exe help\n' >script
    chmod +x script
    if is_static; then
        fails_with 125 "refuses to be executed by '/proc/self/exe' inside of a run" -- "$SCIWRAP" exec --no-record tiny ./script
    else
        fails_with 127 'interpreter or dynamic loader' -- "$SCIWRAP" exec --no-record tiny ./script
    fi
}

@test "B5 without a way to seal the copy, who could lose his program does not enter" {
    begin "" 'echo >seen; while :; do sleep 1; done'
    [[ -w $SCIWRAP ]] || skip "as root"
    fails_with 125 'make a copy of this program that what runs inside cannot overwrite.*Function not implemented' -- \
        "$FIXTURES/under" lacking memfd_create "$SCIWRAP" enter -q "$ID" true
    succeeds "$FIXTURES/under" lacking memfd-exec "$SCIWRAP" enter -q "$ID" echo in
    is "$output" in
}

@test "B1 no link inside leads through a descriptor of who enters" {
    mkdir host
    printf '#!/bin/sh\necho the program of the host\n' >host/program
    chmod +x host/program
    local descriptor
    begin --writable 'for i in 3 4 5 6 7 8 9 10 11 12 13 14 15 63 200; do ln -s /proc/self/fd/$i/program /usr/bin/through-$i
        ln -s /proc/self/fd/$i /workspace/$i; done; echo >seen; while :; do sleep 1; done'
    exec 7<host 63<host 200<host
    for descriptor in {3..15} 63 200; do
        run -127 "$SCIWRAP" enter -q "$ID" "through-$descriptor"
        run -127 "$SCIWRAP" enter -q "$ID" "/workspace/$descriptor/program"
        [[ $output != *"program of the host"* ]]
    done
    exec 7<&- 63<&- 200<&-
}

@test "B1 a work directory that became a link meanwhile is refused or inside" {
    mkdir -p below
    cd below || return 1
    begin "" 'cd /workspace; echo >seen; while :; do sleep 1; done'
    exec 7</
    local target
    for target in /proc/self/fd/7 /proc/1/root /proc/1/cwd /proc/self/cwd ../../../../.. /proc/self/fd/3; do
        rm -rf "$WORK/below/inner"
        ln -s "$target" "$WORK/below/inner"
        run "$SCIWRAP" enter -q "$ID" sh -c 'cd inner && ls; pwd -P'
        [[ $output != *"$BATS_TEST_TMPDIR"* && $output != *boot* ]]
    done
    exec 7<&-
}
