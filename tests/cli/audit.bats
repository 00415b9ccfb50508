#!/usr/bin/env bats
# sciwrap audit: every wall holds in a run, and every attempt comes out open where the wall is not there.
load helpers

# What the controls cannot show on every machine: attempts that would reach everybody, that are judged by other rows, and
# that need a right or a part of the kernel which machines of tests often lack.
NEVER_OPEN='processes.signal-all init.kill outside.host-name outside.mounts limits.* rights.out-of-memory
rights.raise-limit network.daemons settings.user.max_user_namespaces'

# audit FILE ARGUMENT...: the audit as JSON in FILE; its status in $status.
audit() {
    local file=$1
    shift
    run --separate-stderr bash -c '"$@" >"$0"' "$file" "$SCIWRAP" audit --json "$@"
    [[ $status -le 1 ]] || {
        echo "status $status: $stderr"
        return 1
    }
}

# rows FILE EXPRESSION: the names of the rows for which the Python expression over `r` holds, one a line.
rows() {
    python3 - "$1" "$2" <<'PYTHON'
import json, sys
for r in json.load(open(sys.argv[1]))["attempts"]:
    if eval(sys.argv[2]):
        print(r["wall"] + "." + r["name"])
PYTHON
}

# Nothing that should hold is open, and the exit status says so.
holds() { # FILE
    is "$(rows "$1" 'r["outcome"] == "open"')" ""
    is "$status" 0
}

outcome() { # FILE WALL.NAME
    python3 - "$1" "$2" <<'PYTHON'
import json, sys
print(*[r["outcome"] for r in json.load(open(sys.argv[1]))["attempts"] if r["wall"] + "." + r["name"] == sys.argv[2]])
PYTHON
}

nothing_of_audits() {
    local file left=''
    for file in "$TMPDIR"/sciwrap-audit.* /dev/shm/sciwrap-audit-*-*; do
        # Others may be auditing beside us; what is in /dev/shm names the process that it belongs to.
        [[ ! -e $file || ($file == /dev/shm/* && -d /proc/$(cut -d- -f3 <<<"${file##*/}")) ]] || left+=$file
    done
    is "$left" ""
}

@test "every wall holds, at least 60 attempts are made, and the exit status says so" {
    audit all.json tiny
    holds all.json
    [[ $(rows all.json 'r["outcome"] == "held"' | wc -l) -ge 60 ]]
    is "$(rows all.json 'r["outcome"] == "not tried" and r["wall"] not in ("limits",)')" ""
    is "$(rows all.json 'r["outcome"] == "held" and r["wall"] != "outside" and not r.get("held_by")')" ""
    is "$(rows all.json 'r["outcome"] == "shared" and not r.get("lessened_by")')" ""
    # What docs/ says of an audit is what it tells.
    python3 "$BATS_TEST_DIRNAME/audit_docs.py" all.json "$BATS_TEST_DIRNAME/../../docs"
    nothing_of_audits
    is "$(ls -A)" all.json
}

@test "the table names wall, attempt, outcome and mechanism" {
    quietly "$SCIWRAP" audit tiny
    says 'held +processes\.signal +signal a process of the same user outside: PID namespace'
    says 'held +calls\.bpf +.*: seccomp'
    says 'held +environment\.add +.*: mount flags'
    says 'held +rights\.raise +.*: no capability'
    says 'shared +shared\.processor '
    says '[0-9]+ attempts: [0-9]+ held, 0 open, [0-9]+ shared, [0-9]+ not tried'
    quietly "$SCIWRAP" audit -q tiny
    is "${#lines[@]}" 1
}

@test "the walls hold in an image without a C library, with a seed, and for a run without a filter of its own" {
    mkdir -p tree/{etc,usr,dev,proc,sys,tmp,run,var/tmp,home}
    echo bare >tree/etc/version
    tar -cf bare.tar -C tree .
    define bare '[environment]' 'command = /none' '[artifact]' "sha256 = $(sha256 bare.tar)" "url = $PWD/bare.tar"
    audit bare.json --seed 5 bare
    holds bare.json
}

@test "--network host: what it opens is told as shared, and nothing else changes" {
    audit host.json tiny --network host
    holds host.json
    is "$(outcome host.json network.loopback)" shared
    is "$(outcome host.json namespaces.net)" shared
    # Without IPv6, or on a machine without a way out, some rows have nothing to find.
    [[ $(rows host.json 'r.get("asked_by") == "--network"' | grep -c '^network') -ge 4 ]]
    is "$(outcome host.json outside.servers)" shared
    is "$(outcome host.json processes.signal)" held
    is "$(outcome host.json network.configure)" held
}

@test "--bind and --writable: what they open is told as shared" {
    audit bind.json --bind "$TMPDIR:$TMPDIR:rw" --writable tiny
    holds bind.json
    is "$(outcome bind.json files.path)" shared
    is "$(outcome bind.json files.write)" shared
    is "$(outcome bind.json environment.add)" shared
    is "$(outcome bind.json environment.program)" held
    is "$(outcome bind.json files.inherited)" held
}

@test "--nest: namespaces can be made, and what is covered or read-only stays so in them" {
    audit nest.json --nest tiny
    holds nest.json
    is "$(outcome nest.json namespaces.unshare-user)" shared
    local row
    for row in nested.records nested.writable nested.settings mounts.tmpfs settings.proc-sys; do
        is "$row $(outcome nest.json "$row")" "$row held"
    done
}

@test "a folder of the host that is bound from a relative path is found" {
    mkdir data
    audit relative.json --bind data:/data tiny
    holds relative.json
}

@test "limits that were asked for are tried, those that a run does not survive in runs of their own" {
    audit limits.json tiny --pids 30 --memory 200M --time 1 --file-size 1M --open-files 40
    holds limits.json
    is "$(rows limits.json 'r["wall"] == "limits" and r["outcome"] == "held" and r["held_by"] == "limit"' | sort | xargs)" \
        "limits.file-size limits.memory limits.open-files limits.pids limits.time"
}

# bats test_tags=release
@test "a limit that does not hold is found open" {
    local probe
    probe=$(dirname "$SCIWRAP")/../libexec/sciwrap/sciwrap-probe
    said() { # NAME WORD...: the outcome of the row
        "$probe" control=1 secret=x folder="$PWD" "${@:2}" </dev/null | awk -F '\t' -v name="$1" \
            '$2 == "limits" && $3 == name { print $4 }'
    }
    is "$(said pids pids=6)" open
    is "$(said file-size file-size=1000)" open
    is "$(said open-files open-files=20)" open
    is "$(said memory memory=1048576 only=memory)" open
    is "$(said time time=1 only=time)" open
}

queue_is_there() { # NAME
    python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).mq_open(b"/" + sys.argv[1].encode(), 0) < 0)' "$1"
}

@test "what an audit that was killed left in memory is removed by the next" {
    local name
    # With a limit of time it lasts at least as long, and is there to be killed on a busy machine too.
    "$SCIWRAP" audit --time 5 tiny >/dev/null 2>&1 3>&- &
    local killed=$!
    until_true compgen -G "/dev/shm/sciwrap-audit-$killed-*"
    name=$(basename "$(compgen -G "/dev/shm/sciwrap-audit-$killed-*")")
    until_true queue_is_there "$name"
    kill -KILL "$killed"
    wait "$killed" || true
    [[ -e /dev/shm/$name ]]
    "$SCIWRAP" audit -q tiny >/dev/null
    [[ ! -e /dev/shm/$name ]]
    ! queue_is_there "$name"
}

@test "a run in which hardly anything can be tried is no good one" {
    fails_with 125 'attempts could not be made, the first for this reason: no process could be made for it' -- \
        "$SCIWRAP" audit --pids 1 tiny
    nothing_of_audits
}

# The proof that the attempts bite: without walls, and inside other sandboxes, each of them succeeds somewhere.
@test "every attempt is open where its wall is missing" {
    local controls=(env 'unshare -Ur' 'unshare -Urmpfn --mount-proc') number
    ! command -v bwrap >/dev/null || controls+=('bwrap --ro-bind / / --dev /dev --proc /proc'
        'bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all')
    [[ $(id -u) -ne 0 ]] || controls+=('setpriv --inh-caps=+net_raw')
    for number in "${!controls[@]}"; do
        # shellcheck disable=SC2086
        audit "c$number.json" --control ${controls[number]} || continue
        is "${controls[number]}: $status" "${controls[number]}: 1"
    done
    python3 - "$(id -u)" $NEVER_OPEN <<'PYTHON'
import glob, json, sys
root, never = sys.argv[1] == "0", sys.argv[2:]
opened, lacking, names = set(), set(), []
for file in sorted(glob.glob("c*.json")):
    for r in json.load(open(file))["attempts"]:
        name = r["wall"] + "." + r["name"]
        names += [name] if name not in names else []
        if r["outcome"] in ("open", "shared"):
            opened.add(name)
        # This kernel or machine has no such thing, so that there is nothing to be kept from.
        if r.get("held_by") in ("kernel", "own /dev"):
            lacking.add(name)
missing = [n for n in names if n not in opened and n not in lacking and n not in never and n.split(".")[0] + ".*" not in never]
print(len(names), "attempts,", len(opened), "were open somewhere,", len(lacking - opened), "are not there on this machine")
assert len(names) >= 200 and len(opened) >= (150 if root else 90)
# What needs a right that no ordinary user has anywhere cannot be open for one.
assert not missing or not root, missing
PYTHON
}

@test "without walls nothing is harmed: the host's name, clock and settings are what they were" {
    local before after
    state() { hostname; cat /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory; ls -d /usr /etc; stat -c %a /usr /etc; }
    before=$(state)
    audit env.json --control env
    after=$(state)
    is "$after" "$before"
    is "$(find / /etc /usr /usr/bin /opt -maxdepth 1 -name '.sciwrap-audit*' 2>/dev/null)" ""
    nothing_of_audits
}

@test "bubblewrap's known gaps are found: PID 1, descriptors, the terminal, keys, nested namespaces" {
    command -v bwrap >/dev/null || skip "no bubblewrap"
    audit bwrap.json --control bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all || skip "bubblewrap does not start"
    [[ $(rows bwrap.json 'r["outcome"] != "not tried"' | wc -l) -gt 100 ]] || skip "bubblewrap does not start"
    for row in init.environment init.trace files.inherited terminal.type namespaces.unshare-user outside.terminal; do
        is "$row $(outcome bwrap.json "$row")" "$row open"
    done
    is "$(outcome bwrap.json processes.signal)" held
}

@test "a command that does not start the probe is told, and leaves nothing" {
    fails_with 125 'did not come to its end: .* after 0 attempts with status 3' -- \
        "$SCIWRAP" audit --control sh -c 'exit 3' x
    fails_with 125 'status 127' -- "$SCIWRAP" audit --control /no/such/program
    notes "'/no/such/program' cannot be started: No such file or directory"
    fails_with 125 'the probe could not be started; see the line above' -- "$SCIWRAP" audit --bind "$WORK:/etc/version" tiny
    notes "cannot mount on '/etc/version'"
    nothing_of_audits
}

@test "a wrong command line is refused" {
    fails_with 125 'no environment named' -- "$SCIWRAP" audit
    fails_with 125 'takes one environment' -- "$SCIWRAP" audit tiny tiny-new
    fails_with 125 'leaves no record' -- "$SCIWRAP" audit --manifest x tiny
    fails_with 125 'unknown option' -- "$SCIWRAP" audit --netwrok host tiny
    fails_with 125 'mean nothing to another command' -- "$SCIWRAP" audit --network host --control env
    fails_with 125 "no environment 'nosuchenv'" -- "$SCIWRAP" audit nosuchenv
}

@test "an interrupt ends the audit and puts everything away" {
    "$SCIWRAP" audit --control sh -c 'exec sleep 30' 3>&- &
    local audit_pid=$!
    until_true sh -c "ls -d \"$TMPDIR\"/sciwrap-audit.*"
    sleep 0.2
    kill -TERM "$audit_pid"
    local status=0
    wait "$audit_pid" || status=$?
    is "$status" 125
    nothing_of_audits
}
