#!/usr/bin/env bats
# --join: the ranks of a step on one node share a sandbox and a record. Plain programs and the variables of a launcher.
load helpers

# ranks N OPTION... -- ENV COMMAND...: N ranks as mpirun of Open MPI starts them, each writing to rank.I. How each ended,
# with blanks between, is in $ended.
ranks() {
    local count=$1 options=() pids=() i status
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    for ((i = 0; i < count; i++)); do
        OMPI_COMM_WORLD_RANK=$i OMPI_COMM_WORLD_SIZE=$count OMPI_COMM_WORLD_LOCAL_RANK=$i OMPI_COMM_WORLD_LOCAL_SIZE=$count \
            "$SCIWRAP" exec "${options[@]}" "$@" </dev/null >"$BATS_TEST_TMPDIR/rank.$i" 2>"$BATS_TEST_TMPDIR/err.$i" 3>&- &
        pids+=($!)
    done
    ended=
    for i in "${pids[@]}"; do
        status=0
        wait "$i" || status=$?
        ended="$ended $status"
    done
    ended=${ended# }
}

said() { # RANK
    cat "$BATS_TEST_TMPDIR/rank.$1"
}

met_nobody() { # RANK: no folder, socket or process is left, and nothing was said
    is "$(cat "$BATS_TEST_TMPDIR/err.$1")" ""
    is "$(find "$TMPDIR" -name 'step.*')" ""
}

@test "two ranks see each other's processes and /dev/shm; one record, each with its own exit status" {
    # shellcheck disable=SC2016
    ranks 2 -- tiny sh -c 'me=$OMPI_COMM_WORLD_RANK; echo $$ >/dev/shm/$me; other=$((1 - me))
        until [ -s /dev/shm/$other ]; do sleep 0.05; done
        pid=$(cat /dev/shm/$other); kill -0 $pid && echo sees $pid
        : >/dev/shm/done.$me; until [ -e /dev/shm/done.$other ]; do sleep 0.05; done; exit $((me * 7))'
    is "$ended" "0 7"
    is "$(said 0)$(said 1)" "sees 4sees 3"
    met_nobody 0
    met_nobody 1
    is "$(find .sciwrap/runs -name manifest.json | wc -l)" 1
    python3 "$BATS_TEST_DIRNAME/schema.py" "$BATS_TEST_DIRNAME/../../docs/manifest.schema.json" "$(manifest)"
    is "$(field "[(r['rank'], r['pid'], r['exit']['code']) for r in m['circumstances']['step']['ranks']]")" \
        "[(0, 3, 0), (1, 4, 7)]"
    is "$(field "m['circumstances']['step']['launcher'], m['circumstances']['step']['size'], m['experiment']['exit']['code']")" \
        "('openmpi', 2, 7)"
    is "$(field "'OMPI_COMM_WORLD_RANK' in m['experiment']['variables']")" False
    # The recorder has heard of both.
    is "$(field "sorted(p['pid'] for p in m['circumstances']['processes'] if p['parent'] == 1)")" "[3, 4]"
    is "$(field "m['recording']['method']")" seccomp-notification
}

@test "files that ranks read and write are in the one record, and what their streams were" {
    echo one >in.0
    echo two >in.1
    # shellcheck disable=SC2016
    ranks 2 -- tiny sh -c 'cat in.$OMPI_COMM_WORLD_RANK >out.$OMPI_COMM_WORLD_RANK; echo told'
    is "$ended" "0 0"
    is "$(field "[i['path'] for i in m['experiment']['inputs']]")" "['in.0', 'in.1']"
    is "$(field "[o['path'] for o in m['experiment']['outputs'] if o['path'].startswith('out')]")" "['out.0', 'out.1']"
    is "$(field "[(r['stdin'], r['stdout']) for r in m['circumstances']['step']['ranks']]")" \
        "[('null', 'file'), ('null', 'file')]"
    fails_with 125 "was a step of 2 ranks" -- "$SCIWRAP" rerun "$(field "m['id']")"
    succeeds "$SCIWRAP" show "$(field "m['id']")"
    says "ranks +2 of a step of 2"
}

@test "no descriptor but the standard three, no right, the same filter" {
    ranks 2 -- tiny sh -c 'grep -E "^(CapBnd|CapEff|NoNewPrivs|Seccomp):" /proc/self/status | tr -s "\t " " "
        for fd in /proc/self/fd/*; do [ -e $fd ] && echo ${fd##*/}; done; true'
    is "$ended" "0 0"
    is "$(said 0 | tr '\n' ' ')" "CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 0 1 2 "
    is "$(said 1)" "$(said 0)"
}

@test "other settings are refused with the reason, and nothing runs" {
    "$SCIWRAP" exec --join pair:2 --network host tiny touch ran 2>err.0 3>&- &
    local first=$! status=0
    run "$SCIWRAP" exec --join pair:2 tiny touch ran
    is "$status" 125
    wait "$first" || status=$?
    is "$status" 125
    [[ $output$(cat err.0) =~ "network is '"(host|none)"', that of the others is '" ]]
    [[ $output$(cat err.0) =~ "another rank of this step was refused" ]]
    [[ ! -e ran ]]
}

@test "who misses the others goes on alone, with a name fails; no is no" {
    export OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_RANK=0 OMPI_COMM_WORLD_LOCAL_SIZE=2
    PMIX_SERVER_URI21=x SCIWRAP_JOIN_WAIT=1 succeeds "$SCIWRAP" exec tiny echo here
    is "$output" here
    notes "1 of the 2 ranks on this node have come within 1 s"
    is "$(field "m['circumstances']['step']['missing']")" 1
    notes 'is reached over the network of this host .PMIx., which the run does not have: .*--network host'
    SCIWRAP_JOIN_WAIT=1 fails_with 125 "1 of 2 ranks have come within 1 s to 'name.pair'" -- \
        "$SCIWRAP" exec --join pair:2 tiny true
    quietly "$SCIWRAP" exec --join no tiny true
    SCIWRAP_JOIN=no quietly "$SCIWRAP" exec tiny true
    fails_with 125 "expected auto, no, or a name" -- "$SCIWRAP" exec --join ../x tiny true
    unset OMPI_COMM_WORLD_RANK
    fails_with 125 "say it: --join a:COUNT" -- "$SCIWRAP" exec --join a tiny true
}

@test "a signal reaches its rank; a process that dies takes its rank along; the record is written" {
    # shellcheck disable=SC2016
    "$SCIWRAP" exec --join trio:3 tiny sh -c 'trap "exit 9" USR1; : >a; while :; do sleep 0.05; done' 3>&- &
    local one=$! status=0
    "$SCIWRAP" exec --join trio:3 tiny sh -c ': >b; exec sleep 71.25' 3>&- &
    local two=$!
    "$SCIWRAP" exec --join trio:3 tiny sh -c 'until [ -e over ]; do sleep 0.05; done' 3>&- &
    local three=$!
    until_true test -e a
    until_true test -e b
    kill -USR1 "$one"
    wait "$one" || status=$?
    is "$status" 9
    kill -KILL "$two"
    wait "$two" || true
    touch over
    status=0
    wait "$three" || status=$?
    is "$status" 0
    is "$(field "sorted((r['exit']['code'], r['exit'].get('signal', 0)) for r in m['circumstances']['step']['ranks'])")" \
        "[(0, 0), (9, 0), (137, 9)]"
}

recorded() {
    [[ -s $(manifest) ]]
}

@test "when all processes of a step are killed, its record is written all the same" {
    "$SCIWRAP" exec --join lost:2 tiny sh -c 'touch a; sleep 71.75' 3>&- &
    local one=$!
    "$SCIWRAP" exec --join lost:2 tiny sh -c 'touch b; sleep 71.75' 3>&- &
    local two=$!
    until_true test -e a
    until_true test -e b
    kill -KILL "$one" "$two"
    wait || true
    until_true recorded
    is "$(field "[r['exit']['code'] for r in m['circumstances']['step']['ranks']]")" "[137, 137]"
}

@test "a command that is not there fails its rank alone" {
    # shellcheck disable=SC2016
    SCIWRAP_JOIN_WAIT=0 "$SCIWRAP" exec --join two:2 tiny nowhere 2>err 3>&- &
    local one=$! status=0
    SCIWRAP_JOIN_WAIT=0 succeeds "$SCIWRAP" exec --join two:2 tiny true
    wait "$one" || status=$?
    is "$status" 127
    is "$(tail -n 1 err)" "sciwrap: command 'nowhere' not found in the environment"
    [[ $stderr$(cat err) == *"SCIWRAP_JOIN_WAIT '0': expected seconds, 1 to 86400; it is 30"* ]]
    is "$(field "sorted(r['exit'].get('error', '') for r in m['circumstances']['step']['ranks'])")" \
        "['', \"command 'nowhere' not found in the environment\"]"
    fails_with 125 "only a launcher as theirs .none known. can start them so that they find each other" -- \
        "$SCIWRAP" rerun "$(field "m['id']")"
}

# The process that leads is the first rank's only child.
@test "when the process that leads is killed, the ranks say so" {
    "$SCIWRAP" exec --join led:2 tiny sh -c ': >a; exec sleep 72.25' 2>said 3>&- &
    local first=$! other leader status=0
    until_true pgrep -P "$first"
    leader=$(pgrep -P "$first")
    "$SCIWRAP" exec --join led:2 tiny sh -c ': >b; exec sleep 72.25' 2>other.said 3>&- &
    other=$!
    until_true test -e a
    until_true test -e b
    kill -KILL "$leader"
    wait "$first" || status=$?
    is "$status" 125
    grep -q 'the process that led the ranks of this step was killed, and they with it: out of memory on this host, or killed' said
    status=0
    wait "$other" || status=$?
    is "$status" 125
}

@test "a folder of somebody else's making, or that others can read, is no place to meet" {
    chmod 0755 "$TMPDIR/sciwrap-$(id -u)" 2>/dev/null || mkdir -m 0755 "$TMPDIR/sciwrap-$(id -u)"
    fails_with 125 "ranks cannot meet in .*no folder of this user alone" -- "$SCIWRAP" exec --join x:2 tiny true
    rm -rf "$TMPDIR/sciwrap-$(id -u)"
}

@test "a socket that a crash has left is replaced" {
    (umask 077 && mkdir -p "$TMPDIR/sciwrap-$(id -u)")
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).bind(sys.argv[1])' \
        "$TMPDIR/sciwrap-$(id -u)/step.name.left"
    "$SCIWRAP" exec --join left:2 tiny true 3>&- &
    quietly "$SCIWRAP" exec --join left:2 tiny true
    wait
}

@test "a socket that a launcher names with PMI_FD is given to its rank under the same number, and nothing else" {
    export PMI_SIZE=2 MPI_LOCALNRANKS=2
    cat >start.py <<'PYTHON'
import os, socket, subprocess, sys
ranks = []
for rank in range(2):
    ours, theirs = socket.socketpair()
    secret = open(sys.argv[0])
    env = dict(os.environ, PMI_RANK=str(rank), MPI_LOCALRANKID=str(rank), PMI_FD=str(theirs.fileno()))
    command = "echo rank $PMI_RANK >&$PMI_FD; for fd in /proc/self/fd/*; do [ -e $fd ] && echo ${fd##*/}; done | wc -l"
    ranks.append((ours, subprocess.Popen(sys.argv[1:] + ["sh", "-c", command], env=env, stdout=subprocess.PIPE,
                                         pass_fds=[theirs.fileno(), secret.fileno()])))
    theirs.close()
for ours, process in ranks:
    print(ours.makefile().read().strip(), int(process.communicate()[0]), process.returncode)
PYTHON
    succeeds python3 start.py "$SCIWRAP" exec tiny
    is "$output" "rank 0 4 0
rank 1 4 0"
}

@test "no run sees where ranks meet, nor the private folders of others, where a bind would show them" {
    mkdir -p tmp && export SCIWRAP_TMPDIR=$PWD/tmp
    "$SCIWRAP" exec --join held:2 tiny true 2>err.0 3>&- &
    until_true test -S "tmp/sciwrap-$(id -u)/step.name.held"
    # shellcheck disable=SC2016
    quietly "$SCIWRAP" exec --bind "$PWD:/again" tiny sh -c 'for at; do ls -A "$at"; touch "$at/x" 2>&1; done; true' \
        sh "tmp/sciwrap-$(id -u)" "/again/tmp/sciwrap-$(id -u)"
    is "$(grep -c 'Read-only file system' <<<"$output") of $(wc -l <<<"$output")" "2 of 2"
    quietly "$SCIWRAP" exec --join held:2 tiny true
    wait
}

# hostile.py in a user namespace of its own, as what runs in a sandbox is: with the caller's uid outside.
hostile() {
    unshare -U python3 "$BATS_TEST_DIRNAME/join_hostile.py" "$@"
}

@test "who is in a sandbox is no rank: it is not answered, and the others do not mind" {
    local place
    place=$TMPDIR/sciwrap-$(id -u)/step.name.shut
    "$SCIWRAP" exec --join shut:2 tiny true 3>&- &
    until_true test -S "$place"
    succeeds hostile connect "$place"
    is "$output" "no answer"
    quietly "$SCIWRAP" exec --join shut:2 tiny true
    wait
}

@test "nobody in a sandbox leads ranks: they hand nothing over" {
    local place
    (umask 077 && mkdir -p "$TMPDIR/sciwrap-$(id -u)")
    place=$TMPDIR/sciwrap-$(id -u)/step.name.trap
    hostile listen "$place" >got 3>&- &
    until_true test -S "$place"
    fails_with 125 "somebody in a sandbox listens at 'step.name.trap'" -- "$SCIWRAP" exec --join trap:2 tiny true
    wait
    is "$(cat got)" "no descriptor"
}

@test "nobody waits under the lock for a leader who needs the lock: more ranks than a queue holds" {
    (umask 077 && mkdir -p "$TMPDIR/sciwrap-$(id -u)")
    succeeds python3 "$BATS_TEST_DIRNAME/join_hostile.py" full "$TMPDIR/sciwrap-$(id -u)/step.name.full" \
        "$SCIWRAP" exec --join full:2 tiny true
    is "$output" "0 0"
}

@test "why a rank did not start is told, whatever number the socket of its launcher has" {
    succeeds python3 "$BATS_TEST_DIRNAME/join_hostile.py" numbers "$SCIWRAP" exec tiny nowhere
    is "$output" "all told"
}
