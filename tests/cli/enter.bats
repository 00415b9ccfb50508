#!/usr/bin/env bats
# enter: a command in a run that is going on, behind the same walls.
load helpers

teardown() {
    [[ -z ${ID-} ]] || "$SCIWRAP" stop --quiet --time 0 "$ID" || true
    wait
}

# begin COMMAND...: a run in the background; its ID in $ID once it is listed.
begin() {
    "$SCIWRAP" "$@" 3>&- &
    until_true find_id "$!"
    ID=$(find_id "$!")
}

find_id() { # LAUNCHER-PID
    "$SCIWRAP" ps --json | python3 -c '
import json, sys
print(*[r["id"] for r in json.load(sys.stdin) if r["launcher_pid"] == int(sys.argv[1])])' "$1" | grep .
}

# What a process can tell of its walls. In one line for sh -c, on both sides.
# shellcheck disable=SC2016
walls='id; umask; hostname; ulimit -a; pwd
for kind in user mnt pid ipc uts net cgroup; do readlink /proc/self/ns/$kind; done
grep -E "^(Cap|NoNewPrivs|Seccomp|Cpus_allowed:|SigBlk|Speculation)" /proc/self/status
cat /proc/self/personality 2>/dev/null; cat /proc/self/mountinfo /proc/self/oom_score_adj
env | sort | grep -vE "^(SHLVL|OLDPWD|_)="'

@test "it sees what the run sees, behind the same walls" {
    begin exec tiny sh -c "exec 2>&1; {
$walls
} >inside; touch ready; while :; do sleep 1; done"
    until_true test -e ready
    succeeds "$SCIWRAP" enter "${ID:0:6}" sh -c "exec 2>&1; $walls"
    notes "in run $ID: what is done here is not recorded"
    echo "$output" | diff - inside
    says "CapBnd:.0000000000000000"
    says "NoNewPrivs:.1"
    says "Seccomp:.2"
}

@test "only descriptors 0, 1 and 2, whatever the caller has open" {
    begin exec tiny sleep 71.5
    exec 7</ 8<"$BATS_TEST_FILENAME"
    # The shell's own: what ls has open to list is gone when it reads the links.
    succeeds "$SCIWRAP" enter -q "$ID" sh -c 'for fd in /proc/self/fd/*; do [ -e $fd ] && echo ${fd##*/}; done; true'
    exec 7<&- 8<&-
    is "$(tr '\n' ' ' <<<"$output")" "0 1 2 "
}

@test "a file given for reading cannot be opened for writing, a folder is no way out" {
    begin exec tiny sleep 71.5
    echo text >file
    succeeds "$SCIWRAP" enter -q "$ID" cat <file
    is "$output" text
    run "$SCIWRAP" enter -q "$ID" sh -c 'echo changed >/proc/self/fd/0' <file
    is "$(cat file)" text
    fails_with 125 "standard input is a folder" -- "$SCIWRAP" enter -q "$ID" cat </
    fails_with 125 "standard output is a file opened for reading only" -- sh -c '"$0" enter -q "$1" true 1<file' "$SCIWRAP" "$ID"
    succeeds sh -c 'yes | head -n 100000 >large; "$0" enter -q "$1" head -n 1 <large' "$SCIWRAP" "$ID"
    is "$output" y
    succeeds sh -c '"$0" enter -q "$1" wc -c <large' "$SCIWRAP" "$ID"
    is "$output" 200000
}

@test "its exit status" {
    begin exec tiny sleep 71.5
    for code in 0 1 42 255; do
        run -"$code" "$SCIWRAP" enter -q "$ID" sh -c "exit $code"
    done
    run -143 "$SCIWRAP" enter -q "$ID" sh -c 'kill -TERM $$'
    fails_with 127 "command 'nosuch' not found in the environment" -- "$SCIWRAP" enter -q "$ID" nosuch
    fails_with 126 "." -- "$SCIWRAP" enter -q "$ID" /etc
}

@test "it ends with the run, and with the one who entered" {
    begin exec tiny sleep 71.5
    "$SCIWRAP" enter -q "$ID" sleep 72.5 3>&- &
    entered=$!
    until_true pgrep -u $EUID -f 'sleep 72.5$'
    kill -KILL "$entered"
    until_true eval "! pgrep -u $EUID -f '^sleep 72.5'"
    "$SCIWRAP" enter -q "$ID" sleep 73.5 3>&- &
    entered=$!
    until_true pgrep -u $EUID -f '^sleep 73.5'
    "$SCIWRAP" stop -q "$ID"
    status=0
    wait "$entered" || status=$?
    is "$status" 137
    is "$(pgrep -u $EUID -f '^sleep 7[0-9].5')" ""
}

@test "signals to the one who entered reach the command" {
    begin exec tiny sleep 71.5
    "$SCIWRAP" enter -q "$ID" sh -c 'trap "exit 9" TERM; touch ready; while :; do sleep 0.1; done' 3>&- &
    entered=$!
    until_true test -e ready
    kill -TERM "$entered"
    status=0
    wait "$entered" || status=$?
    is "$status" 9
}

@test "a signal to its process group does not leave the run" {
    begin exec tiny sleep 71.5
    # shellcheck disable=SC2016
    succeeds setsid -w bash -c 'trap "echo hit" USR1; "$0" enter -q "$1" sh -c "kill -USR1 0"; echo "alive $?"' "$SCIWRAP" "$ID"
    is "$output" "alive 138"
}

@test "the host's abstract sockets are out of reach with the host's network" {
    command -v cc >/dev/null || skip "no compiler"
    printf '%s\n' '#include <stdio.h>' '#include <string.h>' '#include <sys/socket.h>' '#include <sys/un.h>' \
        'int main(int argc, char **argv) { struct sockaddr_un a = {.sun_family = AF_UNIX};' \
        'strncpy(a.sun_path + 1, argv[argc - 1], 100); int s = socket(AF_UNIX, SOCK_STREAM, 0);' \
        'int r = connect(s, (struct sockaddr *)&a, sizeof(sa_family_t) + 1 + strlen(argv[argc - 1]));' \
        'puts(r == 0 ? "in" : "out"); return 0; }' >reach.c
    cc -static -o reach reach.c || skip "no static C library"
    python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind("\0" + sys.argv[1]); s.listen(); print("ready", flush=True); time.sleep(60)' \
        "sciwrap-test-$$" >listening 3>&- &
    listener=$!
    until_true grep -q ready listening
    is "$(./reach "sciwrap-test-$$")" in
    begin exec --network host tiny sleep 71.5
    if [[ $("$SCIWRAP" exec -q --network host tiny ./reach "sciwrap-test-$$") == out ]]; then
        succeeds "$SCIWRAP" enter -q "$ID" ./reach "sciwrap-test-$$"
        is "$output" out
    fi
    kill "$listener"
}

@test "without a command it is a shell, on the terminal too" {
    begin exec tiny sleep 71.5
    succeeds "$SCIWRAP" enter -q "$ID" <<<'echo in $((40+2)); exit 3 || true' || is "$status" 3
    says "in 42"
    on_terminal $'wait $ \nsend echo in-$((40+2))\\r\nwait in-42\nsend exit 7\\r' "$SCIWRAP" enter -q "$ID"
    is "$status" 7
}

@test "what entered is seen from outside as of the run" {
    begin exec tiny sleep 71.5
    "$SCIWRAP" enter -q "$ID" sleep 72.5 3>&- &
    until_true pgrep -u $EUID -f '^sleep 72.5'
    succeeds "$SCIWRAP" whois "$(pgrep -u $EUID -f '^sleep 72.5')"
    says "is process [0-9]+ of run $ID"
}

@test "that a run was entered is in its record" {
    begin exec tiny sleep 71.5
    "$SCIWRAP" enter -q "$ID" true
    "$SCIWRAP" enter -q "$ID" true
    "$SCIWRAP" stop -q "$ID"
    wait
    is "$(field '[l["detail"] for l in m["leaks"] if l["kind"] == "entered"]')" \
        "['2 commands were started in this run from outside (sciwrap enter); what they did is not recorded']"
    ID=
    "$SCIWRAP" exec tiny true
    is "$(field '[l for l in m["leaks"] if l["kind"] == "entered"]')" "[]"
}

@test "a run without a record can be entered" {
    begin exec --no-record --network host tiny sleep 71.5
    succeeds "$SCIWRAP" enter -q "$ID" echo in
    is "$output" in
}

@test "a run with a megabyte of variables can be entered" {
    local large i options=()
    large=$(head -c 100000 /dev/zero | tr '\0' x)
    for i in {1..10}; do options+=(--env "LARGE_$i=$large"); done
    begin exec --no-record "${options[@]}" tiny sleep 71.5
    # shellcheck disable=SC2016
    succeeds "$SCIWRAP" enter -q "$ID" sh -c 'echo ${#LARGE_1} ${#LARGE_10}'
    is "$output" "100000 100000"
}

@test "in a run that may make namespaces, so may who enters" {
    begin exec --nest tiny sleep 71.5
    cp "$FIXTURES/attack" .
    succeeds "$SCIWRAP" enter -q "$ID" ./attack namespaces
    says '^unshare done'
    "$SCIWRAP" stop -q --time 0 "$ID"
    wait
    begin exec tiny sleep 71.5
    succeeds "$SCIWRAP" enter -q "$ID" ./attack namespaces
    says '^unshare EPERM'
}

@test "refusals" {
    fails_with 125 "no run named" -- "$SCIWRAP" enter
    fails_with 125 "no run 'abcdef012345' is going on" -- "$SCIWRAP" enter abcdef012345
    local control # 6 bytes of JSON each
    control=$(head -c 100000 /dev/zero | tr '\0' '\1')
    begin exec --no-record --env "A=$control" --env "B=$control" --env "C=$control" --env "D=$control" --env "E=$control" \
        --env "F=$control" tiny sleep 71.5
    fails_with 125 "its variables are too large" -- "$SCIWRAP" enter "$ID"
    [[ $(id -u) -eq 0 ]] || return 0
    getent passwd nobody >/dev/null || return 0
    # A run of somebody else: root finds and may stop it, and does not get its terminal into it.
    python3 - "$BATS_TEST_DIRNAME/forger.py" <<'PYTHON' >"$BATS_TEST_TMPDIR/forged" 3>&- &
import ctypes, fcntl, json, os, pwd, signal, sys
os.chdir("/")
source = compile(open(sys.argv[1]).read(), "forger", "exec")
nobody = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
sys.argv = ["forger", "escape"]
sys.stdin = os.fdopen(os.pipe()[0])
exec(source)
PYTHON
    forger=$!
    until_true grep -q . "$BATS_TEST_TMPDIR/forged"
    grep -q cannot "$BATS_TEST_TMPDIR/forged" || {
        fails_with 125 "is of user 'nobody'" -- "$SCIWRAP" enter f0f0f0f0f0f0
    }
    kill "$forger"
}
