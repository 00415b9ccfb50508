#!/usr/bin/env bats
# Who is who, from the host's side: ps, whois, stop. Other tests may have runs of their own at the same time: what is
# asked here is always about runs of this test's folder.
load helpers

teardown() {
    local id
    for id in $(ids); do
        "$SCIWRAP" stop --quiet --time 0 "$id" || true
    done
    wait
}

# The IDs of the runs below this test's folder.
ids() {
    "$SCIWRAP" ps --json | python3 -c '
import json, sys
print(*[run["id"] for run in json.load(sys.stdin) if (run["workdir"] + "/").startswith(sys.argv[1] + "/")])' "$WORK"
}

count_is() { # NUMBER
    # shellcheck disable=SC2046
    set -- "$1" $(ids)
    [[ $(($# - 1)) -eq $1 ]]
}

# of ID EXPRESSION: a Python expression over the run `r` of `ps --json`.
of() {
    "$SCIWRAP" ps --json | python3 -c '
import json, sys
r = [run for run in json.load(sys.stdin) if run["id"] == sys.argv[1]][0]
print(eval(sys.argv[2]))' "$1" "$2"
}

# whois NUMBER EXPRESSION [FOLDER...]: a Python expression over the answer `a`.
whois() {
    local number=$1 expression=$2
    shift 2
    "$SCIWRAP" whois --json "$number" "$@" | python3 -c 'import json, sys; a = json.load(sys.stdin); print(eval(sys.argv[1]))' "$expression"
}

begin() { # COMMAND...: a run in the background, until it is listed
    local before
    # shellcheck disable=SC2046
    before=$(set -- $(ids) && echo $#)
    "$SCIWRAP" "$@" 3>&- &
    until_true count_is $((before + 1))
}

# The host's PID of the process with this number inside and this argument, by /proc alone.
host_pid() { # INSIDE ARGUMENT: of this user's, as the same test may run beside this one as another user
    local folder
    for folder in /proc/[0-9]*; do
        [[ $(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "$folder/status" 2>/dev/null) == "$EUID" ]] || continue
        [[ $(sed -n 's/^NSpid:.*\t//p' "$folder/status" 2>/dev/null) == "$1" ]] || continue
        tr '\0' '\n' 2>/dev/null <"$folder/cmdline" | grep -qxF -- "$2" && echo "${folder#/proc/}"
    done
    return 0 # whatever the last of them was
}

@test "ps says what the kernel says" {
    begin exec tiny sleep 71.5
    id=$(ids)
    pid=$(host_pid 3 71.5)
    is "$(of "$id" 'r["namespaces"]["pid"]')" "$(stat -Lc %i "/proc/$pid/ns/pid")"
    is "$(of "$id" 'r["namespaces"]["user"]')" "$(stat -Lc %i "/proc/$pid/ns/user")"
    is "$(of "$id" 'r["namespaces"]["net"]')" "$(stat -Lc %i "/proc/$pid/ns/net")"
    is "$(of "$id" 'r["host_pid"]')" "$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")"
    is "$(of "$id" 'r["launcher_pid"]')" "$!"
    is "$(of "$id" '(r["environment"], r["command"], r["recorded"])')" "('tiny', ['sleep', '71.5'], True)"
    is "$(of "$id" 'r["uid"]')" "$(id -u)"
    quietly "$SCIWRAP" ps
    says "$id  tiny .*sleep 71.5"
}

@test "nothing is left of a run that has ended, and of one whose launcher was killed" {
    begin exec tiny sleep 2
    wait
    is "$(ids)" ""
    begin exec tiny sleep 71.5
    kill -KILL $!
    until_true count_is 0
}

@test "a run without a record has an ID too" {
    begin exec --no-record tiny sleep 71.5
    id=$(ids)
    is "$(of "$id" 'r["recorded"]')" False
    quietly "$SCIWRAP" stop --quiet "$id"
    is "$(ids)" ""
    [[ ! -e $WORK/.sciwrap ]]
}

@test "a launcher with another file name is found" {
    ln -s "$SCIWRAP" "$BATS_TEST_TMPDIR/other"
    SCIWRAP=$BATS_TEST_TMPDIR/other begin exec tiny sleep 71.5
    [[ -n $(ids) ]]
}

# The issue's own example.
@test "ten runs of the same tool, each with a process 53 inside, are told apart" {
    # shellcheck disable=SC2016
    loop='while :; do sh -c "[ \$\$ -lt 53 ] || exec /bin/sleep 77.$0"; done'
    for n in 0 1 2 3 4 5 6 7 8 9; do
        mkdir "$WORK/$n"
        (cd "$WORK/$n" && exec "$SCIWRAP" exec tiny sh -c "$loop" "$n" 3>&-) &
    done
    until_true count_is 10
    seen=
    for n in 0 1 2 3 4 5 6 7 8 9; do
        until_true eval "[[ -n \$(host_pid 53 77.$n) ]]"
        pid=$(host_pid 53 "77.$n")
        is "$(whois "$pid" '[(r["pid"], r["environment"], r["workdir"]) for r in a["running"]]')" "[(53, 'tiny', '$WORK/$n')]"
        id=$(whois "$pid" 'a["running"][0]["id"]')
        [[ " $seen " != *" $id "* ]]
        seen+=" $id"
        succeeds "$SCIWRAP" whois "$pid"
        says "process $pid is process 53 of run $id in tiny"
        says "-> +$pid +53 +.*sleep 77.$n"
        pids[n]=$pid
        spaces[n]=$(stat -Lc %i "/proc/$pid/ns/pid")
    done
    # shellcheck disable=SC2086
    for id in $seen; do
        "$SCIWRAP" stop --quiet "$id"
    done
    wait
    # A line in an audit log from last week.
    n=0
    for id in $seen; do
        cd "$WORK/$n"
        is "$(whois "${spaces[n]}" '[(t["id"], t["what"]) for t in a["finished"] if t["id"] == "'"$id"'"]')" "[('$id', 'pid namespace')]"
        if [[ $(field 'm["recording"]["method"]' "$WORK/$n/.sciwrap/runs/$id/manifest.json") == seccomp-notification ]]; then
            is "$(whois "${pids[n]}" '[(t["id"], t["pid"]) for t in a["finished"]]')" "[('$id', 53)]"
            succeeds "$SCIWRAP" whois "${pids[n]}"
            says "${pids[n]} was process 53 of run $id in tiny"
            says "since its last start"
        fi
        n=$((n + 1))
    done
}

@test "whois of the launcher, of PID 1, of every kind of namespace" {
    begin exec tiny sleep 71.5
    id=$(ids)
    succeeds "$SCIWRAP" whois "$!"
    says "process $! is the launcher of run $id in tiny"
    succeeds "$SCIWRAP" whois "$(of "$id" 'r["host_pid"]')"
    says "is process 1 of run $id"
    pid=$(host_pid 3 71.5)
    for kind in user mnt pid ipc uts net cgroup; do
        succeeds "$SCIWRAP" whois "$(readlink "/proc/$pid/ns/$kind")"
        says "is the $kind namespace of run $id"
        says " 3 +sleep 71.5"
    done
}

@test "whois refuses what is no number, and says where it looked" {
    fails_with 125 "neither a PID nor the number of a namespace" -- "$SCIWRAP" whois 12x
    fails_with 125 "neither a PID" -- "$SCIWRAP" whois -- -1
    fails_with 125 "neither a PID" -- "$SCIWRAP" whois 99999999999
    fails_with 125 "no number named" -- "$SCIWRAP" whois
    fails_with 125 "belongs to no run" -- "$SCIWRAP" whois $$
    fails_with 125 "has a namespace 4294967290" -- "$SCIWRAP" whois 4294967290
    fails_with 125 "no runs are recorded in" -- "$SCIWRAP" whois 4294967290 /proc
}

# made_record ID BOOT STARTED: a record as another machine or boot may have left it.
made_record() {
    forged
    mkdir -p "$WORK/.sciwrap/runs/$1"
    python3 - "$@" >"$WORK/.sciwrap/runs/$1/manifest.json" <<'PYTHON'
import json, sys
number, boot, started = sys.argv[1:]
print(json.dumps({"schema": "sciwrap-manifest/1", "id": number,
    "experiment": {"environment": {"name": "tool"}, "command": ["tool", "\x1b[2J"]},
    "circumstances": {"started": started, "ended": started, "host": {"name": "node7"}, "boot_id": boot,
        "namespaces": {"user": 4026999001, "pid": 4026999002}, "host_pid": 4194301, "user": {"uid": 5},
        "processes": [{"pid": 53, "host_pid": 4194302, "parent": 1, "programs": []}]}}))
PYTHON
}

@test "numbers are used again: all answers, the youngest first, each with its time and boot" {
    made_record aaaaaaaaaaaa 11111111-1111-1111-1111-111111111111 2026-01-01T00:00:00.000000000Z
    made_record bbbbbbbbbbbb 22222222-2222-2222-2222-222222222222 2026-03-01T00:00:00.000000000Z
    made_record cccccccccccc "$(cat /proc/sys/kernel/random/boot_id)" 2026-02-01T00:00:00.000000000Z
    is "$(whois 4026999002 '[(t["id"][0], t["what"], t["this_boot"]) for t in a["finished"]]')" \
        "[('b', 'pid namespace', False), ('c', 'pid namespace', True), ('a', 'pid namespace', False)]"
    is "$(whois 4194302 '[(t["id"][0], t["pid"]) for t in a["finished"]]')" "[('b', 53), ('c', 53), ('a', 53)]"
    is "$(whois 4194301 'a["finished"][0]["what"]')" "PID 1"
    succeeds "$SCIWRAP" whois 4026999001
    says "4026999001 was the user namespace of run bbbbbbbbbbbb in tool"
    says "2026-03-01.* on +node7, boot 22222222-2222"
    [[ $output != *$'\e'* ]]
    # From elsewhere: only with the folder.
    mkdir "$BATS_TEST_TMPDIR/elsewhere"
    cd "$BATS_TEST_TMPDIR/elsewhere"
    fails_with 125 "none of the 0 records" -- "$SCIWRAP" whois 4026999002
    is "$(whois 4026999002 'len(a["finished"])' "$WORK")" 3
}

@test "a torn record hides nothing, and is told of" {
    made_record aaaaaaaaaaaa 11111111-1111-1111-1111-111111111111 2026-01-01T00:00:00.000000000Z
    mkdir "$WORK/.sciwrap/runs/dddddddddddd"
    echo '{"circumstances": {"host_pid": 4194301' >"$WORK/.sciwrap/runs/dddddddddddd/manifest.json"
    succeeds "$SCIWRAP" whois 4194301
    says "was process 1 of run aaaaaaaaaaaa"
    notes "dddddddddddd"
}

@test "stop: SIGTERM is recorded as what ended the run" {
    begin exec tiny sleep 71.5
    id=$(ids)
    succeeds "$SCIWRAP" stop "${id:0:5}"
    notes "run $id is gone"
    is "$(host_pid 3 71.5)" ""
    is "$(field '(m["id"], m["experiment"]["exit"])')" "('$id', {'code': 143, 'signal': 15})"
    status=0
    wait $! || status=$?
    is "$status" 143
}

@test "stop: SIGKILL for what will not hear, and the run is recorded all the same" {
    begin exec tiny sh -c 'trap "" TERM; touch x; sleep 71.5; sleep 71.5'
    until_true test -e x
    id=$(ids)
    succeeds "$SCIWRAP" stop --time 0.3 "$id"
    notes "goes on after SIGTERM: SIGKILL"
    is "$(ids)" ""
    is "$(field '(m["id"], m["experiment"]["exit"]["signal"])')" "('$id', 9)"
    is "$(field '"x" in [f["path"] for f in m["experiment"]["outputs"]]')" True
}

# A launcher that cannot go on: as one that has a large output to hash.
@test "stop: the run is gone before its record is written" {
    begin exec tiny sleep 71.5
    launcher=$!
    id=$(ids)
    kill -STOP "$launcher"
    "$SCIWRAP" stop --time 0 "$id" 2>said 3>&- &
    until_true grep -q "the processes of run $id are gone; its record is being written" said
    is "$(host_pid 3 71.5)" ""
    kill -CONT "$launcher"
    wait $!
    grep -q "run $id is gone" said
    is "$(field '(m["id"], m["experiment"]["exit"]["signal"])')" "('$id', 9)"
}

# A process that somebody outside traces is there until he has seen its end, and PID 1 of the run is there as long.
@test "stop: a run that does not end although it was killed is told of" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user: it takes four seconds, and is the same"
    begin exec tiny sleep 71.5
    mkfifo hold
    python3 - "$(host_pid 3 71.5)" 3>&- <<'PYTHON' &
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE = 0x4206
seized = libc.ptrace(PTRACE_SEIZE, int(sys.argv[1]), None, None) == 0
open("seized", "w").write("yes" if seized else "no")
open("hold").read()
PYTHON
    until_true test -s seized
    grep -q yes seized || skip "nobody may trace here"
    fails_with 125 "run [0-9a-f]+ does not end although it was killed: a process of it waits for the kernel" -- \
        "$SCIWRAP" stop --time 0 "$(ids)"
    : >hold
    until_true count_is 0
}

@test "stop refuses what is no run" {
    fails_with 125 "no ID of a run" -- "$SCIWRAP" stop abc
    fails_with 125 "no run 'abcdef012345' is going on" -- "$SCIWRAP" stop abcdef012345
    fails_with 125 "no run named" -- "$SCIWRAP" stop
    fails_with 125 "not a number of seconds" -- "$SCIWRAP" stop --time -1 abcd
}

forge() { # KIND [PID]
    mkfifo "$BATS_TEST_TMPDIR/open" 2>/dev/null || true
    python3 "$BATS_TEST_DIRNAME/forger.py" "$@" <"$BATS_TEST_TMPDIR/open" >"$BATS_TEST_TMPDIR/forged" 3>&- &
    exec 9>"$BATS_TEST_TMPDIR/open"
    until_true grep -q . "$BATS_TEST_TMPDIR/forged"
    ! grep -q cannot "$BATS_TEST_TMPDIR/forged" || skip "no namespace for the forger"
}

@test "a forged announcement leads to no process of somebody else" {
    sleep 71.5 3>&- &
    victim=$!
    forge other "$victim"
    is "$(ids)" ""
    fails_with 125 "no run 'f0f0f0f0f0f0' is going on" -- "$SCIWRAP" stop --time 0 f0f0f0f0f0f0
    fails_with 125 "belongs to no run" -- "$SCIWRAP" whois "$victim"
    kill -0 "$victim"
    exec 9>&-
    kill "$victim"
}

@test "a true run with another's number of PID 1 is not believed" {
    begin exec tiny sleep 71.5
    id=$(ids)
    forge other "$(host_pid 3 71.5)"
    is "$(ids)" "$id"
    exec 9>&-
}

@test "an ID that several claim is refused with all of them" {
    local number
    mkfifo open
    for number in 1 2; do
        python3 "$BATS_TEST_DIRNAME/forger.py" escape <open >"forged.$number" 3>&- &
    done
    exec 9>open
    until_true grep -q . forged.1
    until_true grep -q . forged.2
    ! grep -q cannot forged.1 || skip "no namespace for the forger"
    fails_with 125 "'f0f0' could be any of these runs: f0f0f0f0f0f0 .PID [0-9]+., f0f0f0f0f0f0 .PID [0-9]+." -- \
        "$SCIWRAP" stop f0f0
    exec 9>&-
}

@test "an announcement that could be changed, or is no launcher's, counts for nothing" {
    for kind in unsealed huge fifo; do
        forge "$kind"
        run -0 timeout 20 "$SCIWRAP" ps --json
        is "$(ids)" ""
        exec 9>&-
        wait
        rm -f "$BATS_TEST_TMPDIR/forged"
    done
}

@test "texts of an announcement cannot drive the terminal" {
    forge escape
    is "$(ids)" "f0f0f0f0f0f0"
    succeeds "$SCIWRAP" ps
    says '\\x1b\[2J'
    [[ $output != *$'\e'* && $output != *$'\u202e'* ]]
    succeeds "$SCIWRAP" whois "$(of f0f0f0f0f0f0 'r["host_pid"]')"
    [[ $output != *$'\e'* && $output != *$'\u202e'* ]]
    # It may be stopped: what it calls PID 1 is its own child.
    succeeds timeout 20 "$SCIWRAP" stop --time 0 f0f0
    exec 9>&-
    is "$(ids)" ""
}
