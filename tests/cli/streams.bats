#!/usr/bin/env bats
# Standard input, output and error: what is recorded of each kind, that pipes behave as they do without sciwrap, and that
# a file that was given for reading cannot be written.
load helpers

in_record() { # EXPRESSION over `e`, the experiment
    field "(lambda e: $1)(m['experiment'])"
}

bytes_of() { # COUNT: the same ones each time
    python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(7).randbytes(int(sys.argv[1])))' "$1"
}

digest() { # on standard input
    sha256sum | cut -d' ' -f1
}

# ---- what is recorded

@test "a pipe in and a pipe out are recorded with the digests of what passed" {
    printf 'b\na\n' | "$SCIWRAP" exec tiny sort | cat >sorted
    is "$(cat sorted)" $'a\nb'
    is "$(in_record "[e['stdin'][k] for k in ('kind', 'sha256', 'size', 'kept')]")" \
        "['pipe', '$(printf 'b\na\n' | digest)', 4, True]"
    is "$(in_record "[e['stdout'][k] for k in ('kind', 'sha256', 'size')]")" "['pipe', '$(sha256 sorted)', 4]"
    is "$(in_record "[(i['path'], i['role'], i['sha256']) for i in e['inputs']]")" \
        "[('/dev/stdin', 'stdin', '$(printf 'b\na\n' | digest)')]"
    is "$(in_record "[(o['path'], o['sha256']) for o in e['outputs'] if o.get('role') == 'stdout']")" \
        "[('/dev/stdout', '$(sha256 sorted)')]"
    is "$(field "[l['kind'] for l in m['leaks'] if l['kind'] == 'stdin']")" "[]"
}

@test "the content of a pipe is kept by its digest, once, for nobody to write" {
    local hex i
    for i in 1 2; do
        printf 'kept\n' | "$SCIWRAP" exec tiny cat >/dev/null
    done
    hex=$(printf 'kept\n' | digest)
    is "$(find .sciwrap/objects -type f)" ".sciwrap/objects/${hex:0:2}/$hex"
    is "$(stat -c %a ".sciwrap/objects/${hex:0:2}/$hex")" 444
    is "$(cat ".sciwrap/objects/${hex:0:2}/$hex")" kept
}

@test "more than --keep-limit is hashed and not kept, and that is said" {
    succeeds bash -c 'yes | head -c 100001 | "$SCIWRAP" exec --keep-limit 100k tiny wc -c'
    is "$output" 100001
    notes 'not kept \(more than 100.0 kB came\)'
    is "$(in_record "[e['stdin'].get(k) for k in ('sha256', 'size', 'kept')]")" \
        "['$(yes | head -c 100001 | digest)', 100001, None]"
    is "$(field "[l['detail'] for l in m['leaks'] if l['kind'] == 'stdin']")" \
        "['what came through standard input is not kept: more than 100.0 kB came']"
    is "$(field "m['recording']['keep_limit']")" 100000
    is "$(find .sciwrap/objects -type f 2>/dev/null)" ""
    fails_with 125 "input '/dev/stdin'" -- "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    rm -rf .sciwrap
    yes | head -c 100000 | "$SCIWRAP" exec --keep-limit 100k tiny wc -c >/dev/null
    is "$(in_record "e['stdin']['kept']")" True
    fails_with 125 "keep-limit '1GB'" -- "$SCIWRAP" exec --keep-limit 1GB tiny true
    # Old contents of files too.
    echo before >f
    "$SCIWRAP" exec --keep-limit 3 tiny sh -c 'cat f >out; echo after >f'
    is "$(field "any('larger than the limit' in l['detail'] for l in m['leaks'])")" True
}

@test "output and error in one pipe keep their order, and are recorded as one" {
    local script='i=0; while [ $i -lt 500 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done'
    "$SCIWRAP" exec tiny sh -c "$script" 2>&1 | cat >both
    cmp both <(sh -c "$script" 2>&1)
    is "$(in_record "[e['stdout']['sha256'], e['stderr']]")" "['$(sha256 both)', {'kind': 'pipe', 'joined': True}]"
    is "$(in_record "[o['path'] for o in e['outputs'] if 'role' in o]")" "['/dev/stdout']"
}

@test "output and error in two pipes are recorded each" {
    { "$SCIWRAP" exec tiny sh -c 'echo out; echo err >&2' 2>&3 | cat >out; } 3>&1 | cat >err
    is "$(cat out) $(cat err)" "out err"
    is "$(in_record "[e['stdout']['sha256'], e['stderr']['sha256']]")" "['$(sha256 out)', '$(sha256 err)']"
}

@test "binary, and nothing at all" {
    bytes_of 100000 >bytes
    cat bytes | "$SCIWRAP" exec tiny cat | cat >copy
    cmp bytes copy
    is "$(in_record "[e['stdin']['sha256'], e['stdout']['sha256']]")" "['$(sha256 bytes)', '$(sha256 bytes)']"
    : | "$SCIWRAP" exec tiny cat | cat >copy
    is "$(stat -c %s copy)" 0
    is "$(in_record "[e['stdin']['size'], e['stdout']['size'], e['inputs']]")" "[0, 0, []]"
}

@test "100 MB through both" {
    bytes_of 100000000 >bytes
    is "$("$SCIWRAP" exec tiny cat < <(cat bytes) | digest)" "$(sha256 bytes)"
    is "$(in_record "[e[s]['sha256'] == '$(sha256 bytes)' and e[s]['size'] for s in ('stdin', 'stdout')]")" \
        "[100000000, 100000000]"
    rm bytes
}

@test "what one run wrote and the next one read has one digest" {
    mkdir one two
    (cd one && mkdir .sciwrap && "$SCIWRAP" exec tiny seq 1 1000) | (cd two && mkdir .sciwrap && "$SCIWRAP" exec tiny wc -l) >/dev/null
    is "$(field 'm["experiment"]["stdout"]["sha256"]' one/.sciwrap/runs/*/manifest.json)" \
        "$(field 'm["experiment"]["stdin"]["sha256"]' two/.sciwrap/runs/*/manifest.json)"
}

@test "closed descriptors and /dev/null are nothing to record" {
    "$SCIWRAP" exec tiny sh -c 'cat; echo lost' <&- >&-
    is "$(in_record "[e['stdin']['kind'], e['stdout']['kind'], e['inputs'], [o for o in e['outputs'] if o.get('role') == 'stdout']]")" \
        "['null', 'null', [], []]"
    : >empty
    "$SCIWRAP" exec tiny cat </dev/null >empty
    is "$(in_record "[e['stdin']['kind'], e['stdout']['kind']]")" "['null', 'file']"
}

@test "a terminal is noted as one" {
    on_terminal $'wait ready\nsend x\\r' "$SCIWRAP" exec tiny sh -c 'echo ready; read x; echo "got $x"'
    is "$status" 0
    says 'got x'
    is "$(in_record "[e[s] for s in ('stdin', 'stdout', 'stderr')]")" \
        "[{'kind': 'terminal'}, {'kind': 'terminal'}, {'kind': 'terminal'}]"
}

@test "a socket is given as it is" {
    cat >sockets.py <<'PYTHON'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
process = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=theirs)
theirs.close()
ours.sendall(b"through a socket\n")
ours.shutdown(socket.SHUT_WR)
data = b""
while piece := ours.recv(4096):
    data += piece
sys.stdout.buffer.write(data)
sys.exit(process.wait())
PYTHON
    is "$(python3 sockets.py "$SCIWRAP" exec tiny cat)" "through a socket"
    is "$(in_record "[e['stdin'], e['stdout']]")" "[{'kind': 'other'}, {'kind': 'other'}]"
    is "$(field "[l['detail'] for l in m['leaks'] if l['kind'] == 'stdin']")" \
        "['what came through standard input is not recorded']"
}

@test "named pipes are pipes" {
    mkfifo in out
    cat out >got &
    echo named >in &
    "$SCIWRAP" exec tiny cat <in >out
    wait
    is "$(cat got)" named
    is "$(in_record "[e['stdin']['size'], e['stdout']['size']]")" "[6, 6]"
}

# ---- that a pipe is read no further than the command reads it

@test "a loop goes on with its next line" {
    local line got=''
    while read -r line; do
        got+=$("$SCIWRAP" exec tiny echo "$line" 3>&-)
    done < <(printf 'a\nb\nc\n')
    is "$got" abc
    is "$(in_record "[e['stdin'], e['inputs']]")" \
        "[{'kind': 'pipe', 'sha256': '$(digest </dev/null)', 'size': 0}, []]"
}

@test "what the command left is there for the next one" {
    seq 1 2000 | {
        "$SCIWRAP" exec tiny sh -c 'read a; read b; echo $a $b' # a shell reads a pipe byte by byte
        cat
    } >got
    is "$(head -n 2 got)" $'1 2\n3'
    is "$(tail -n 1 got)" 2000
    is "$(in_record "[e['stdin']['size'], e['stdin']['sha256']]")" "[4, '$(printf '1\n2\n' | digest)']"
}

@test "runs share one pipe, each its part, also when there comes more and when they are slow" {
    local i
    for i in 1 2 3; do
        printf 'first %s\nsecond %s\n' "$i" "$i"
        sleep 0.2
    done | for i in 1 2 3; do
        "$SCIWRAP" exec tiny sh -c 'read a; sleep 0.3; read b; echo "$a, $b"'
    done >got
    is "$(cat got)" $'first 1, second 1\nfirst 2, second 2\nfirst 3, second 3'
    is "$(find .sciwrap/objects -type f | wc -l)" 3
}

@test "without a record too" {
    seq 1 3 | {
        "$SCIWRAP" exec --no-record tiny sh -c 'read a; echo $a'
        cat
    } >got
    is "$(cat got)" $'1\n2\n3'
}

@test "a command that is not there takes nothing" {
    printf 'rest\n' | {
        "$SCIWRAP" exec tiny absent 2>/dev/null || true
        cat
    } >got
    is "$(cat got)" rest
}

@test "an open pipe that nothing comes from holds nothing up" {
    mkfifo in
    exec 4<>in
    quietly timeout 20 "$SCIWRAP" exec tiny echo ended <in 4<&-
    is "$output" ended
    exec 4<&-
}

@test "the first process of a pipe learns that nobody reads any more" {
    run bash -c 'yes | "$SCIWRAP" exec tiny head -n 1; echo "${PIPESTATUS[@]}"'
    is "$output" $'y\n141 0'
    # Also while the command runs on.
    cat >writer.py <<'PYTHON'
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
try:
    while True:
        os.write(process.stdin.fileno(), b"y\n" * 1000)
except BrokenPipeError:
    print("still running:", process.poll() is None)
open("told", "w").close()
print(process.stdout.read().decode(), end="")
PYTHON
    run timeout 30 python3 writer.py "$SCIWRAP" exec tiny sh -c 'read a; exec <&-; until test -e told; do sleep 0.05; done; echo $a'
    is "$output" $'still running: True\ny'
}

# ---- the end of a pipe

@test "the command learns that its reader went away" {
    run bash -c '"$SCIWRAP" exec tiny sh -c "while :; do echo y; done" | head -n 1; echo "${PIPESTATUS[@]}"'
    is "$output" $'y\n141 0'
    is "$(in_record "e['stdout']['cut']")" True
    is "$(in_record "e['exit']['signal']")" 13
    # And is ended by it when it runs again.
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
}

@test "a slow reader gets everything" {
    "$SCIWRAP" exec tiny seq 1 100000 | {
        sleep 1
        digest
    } >got
    is "$(cat got)" "$(seq 1 100000 | digest)"
    is "$(in_record "e['stdout']['sha256']")" "$(cat got)"
    is "$(in_record "'cut' in e['stdout']")" False
}

@test "what the command leaves running does not hold the pipe" {
    local begun=$SECONDS
    is "$("$SCIWRAP" exec tiny sh -c 'sleep 100 & echo done')" "done"
    [[ $((SECONDS - begun)) -lt 50 ]]
}

@test "what was written last arrives, whoever wrote it" {
    is "$("$SCIWRAP" exec tiny sh -c '(i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); done) & wait; echo end' | tail -n 2)" \
        $'299\nend'
}

@test "a killed launcher leaves neither processes nor half a content" {
    mkfifo in
    bytes_of 300000 >bytes
    "$SCIWRAP" exec tiny sh -c 'cat; sleep 12345' <in >out 3>&- &
    local launcher=$!
    exec 4>in
    cat bytes >&4
    until_true cmp bytes out
    kill -KILL $launcher
    wait $launcher || true
    run ! timeout 20 bash -c 'while :; do echo x; done >&4' # nobody reads the pipe any more
    exec 4>&-
    until_true bash -c '! pgrep -u $EUID -f "^sleep 12345"'
    is "$(find .sciwrap -name '.object*' -o -name manifest.json)" ""
}

# ---- a rerun

@test "a rerun is fed what came through the pipe, and its output compared" {
    printf 'b\na\n' | "$SCIWRAP" exec tiny sh -c 'sort; echo note >&2' 2> >(cat >/dev/null) | cat >/dev/null
    local id
    id=$(basename "$(dirname "$(manifest)")")
    succeeds "$SCIWRAP" rerun "$id"
    is "${lines[-1]}" identical
    is "$(in_record "[e['stdin']['kind'], e['stdin']['kept'], e['stdout']['kind'], e['stderr']['kind']]")" \
        "['pipe', True, 'pipe', 'pipe']"
    # From elsewhere, given the content by name.
    mkdir "$BATS_TEST_TMPDIR/other"
    printf 'b\na\n' >"$BATS_TEST_TMPDIR/other/stdin"
    local record=$WORK/.sciwrap/runs/$id/manifest.json
    cp "$record" "$BATS_TEST_TMPDIR/m.json"
    cd "$BATS_TEST_TMPDIR"
    fails_with 125 "input '/dev/stdin'" -- "$SCIWRAP" rerun ./m.json
    succeeds "$SCIWRAP" rerun --inputs other ./m.json
    is "${lines[-1]}" identical
}

@test "a rerun of a rerun, in a project of its own" {
    bytes_of 200000 | "$SCIWRAP" exec tiny sha256sum >out.txt
    local objects id first=$WORK
    id=$(basename "$(dirname "$(manifest)")")
    objects=$(find .sciwrap/objects -type f)
    succeeds "$SCIWRAP" rerun "$id"
    is "$(find .sciwrap/objects -type f)" "$objects"
    WORK=$BATS_TEST_TMPDIR/other
    mkdir "$WORK"
    cd "$WORK"
    succeeds "$SCIWRAP" rerun "$first/.sciwrap/runs/$id/manifest.json"
    is "$(in_record "[e['stdin']['size'], e['stdin']['kept']]")" "[200000, True]"
    rm -rf "$first/.sciwrap"
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "${lines[-1]}" identical
}

@test "a rerun sees that output differs" {
    "$SCIWRAP" exec tiny sh -c 'head -c 8 /dev/urandom | sha256sum' | cat >/dev/null
    run "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "$status" 1
    says '/dev/stdout|stdout'
}

@test "a rerun of output and error in one pipe" {
    "$SCIWRAP" exec tiny sh -c 'echo 1; echo 2 >&2; echo 3' 2>&1 | cat >/dev/null
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "${lines[-1]}" identical
    is "$(in_record "e['stderr']")" "{'kind': 'pipe', 'joined': True}"
}

@test "a rerun reads partly what was read partly" {
    seq 1 100 | "$SCIWRAP" exec tiny sh -c 'read a; echo $a' >out.txt
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "${lines[-1]}" identical
}

@test "a damaged content is refused" {
    printf 'content\n' | "$SCIWRAP" exec tiny cat >out.txt
    local kept
    kept=$(find .sciwrap/objects -type f)
    chmod u+w "$kept"
    printf 'CONTENT\n' >"$kept"
    fails_with 125 "input '/dev/stdin' is not as it was" -- "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
}

# ---- files that were given for reading

@test "a file cannot be written through the descriptor that it was given for reading by" {
    echo original >in.txt
    local way
    for way in 'echo evil >/proc/self/fd/0' 'echo evil >/dev/stdin' 'echo evil >>/dev/fd/0' 'exec 3<>/proc/self/fd/0; echo evil >&3' \
        'chmod 777 /proc/self/fd/0' 'touch -d 2000-01-01 /proc/self/fd/0' 'ln /proc/self/fd/0 /workspace/link'; do
        run "$SCIWRAP" exec tiny sh -c "$way" <in.txt
        [[ $status -ne 0 ]] || { echo "$way"; return 1; }
    done
    is "$(cat in.txt)" original
    [[ ! -e link ]]
    run "$SCIWRAP" exec --no-record tiny sh -c 'echo evil >/proc/self/fd/0' <in.txt
    [[ $status -ne 0 && $stderr$output =~ 'Read-only file system' ]]
    # The same through output and error, which nobody expects to be read from.
    bash -c '"$SCIWRAP" exec tiny sh -c "echo evil >/proc/self/fd/1 || echo evil >/proc/self/fd/2" 1<in.txt 2<in.txt' || true
    is "$(cat in.txt)" original
}

@test "a file that was named and given, but only read as standard input" {
    echo content >in.txt
    local way
    for way in '' comparison; do
        SCIWRAP_RECORDING=$way "$SCIWRAP" exec tiny sh -c 'cat >out.txt' sh in.txt <in.txt
        is "$(in_record "[(i['path'], i['role'], i['sha256']) for i in e['inputs']]")" "[('in.txt', 'stdin', '$(sha256 in.txt)')]"
        succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
        rm out.txt
    done
}

@test "a file that the run writes while it reads it is recorded as it was" {
    echo before >in.txt
    "$SCIWRAP" exec tiny sh -c 'echo after >in.txt; cat >out.txt' <in.txt
    is "$(in_record "[i['sha256'] for i in e['inputs'] if i['role'] == 'stdin']")" "['$(echo before | digest)']"
}

@test "a file that was given for writing too can be written" {
    echo original >in.txt
    "$SCIWRAP" exec tiny sh -c 'read line; echo "$line, changed" >/proc/self/fd/0' <>in.txt
    is "$(cat in.txt)" 'original, changed'
}

@test "a file can be read on from where the command stopped" {
    seq 1 5 >in.txt
    {
        read -r _
        "$SCIWRAP" exec tiny sh -c 'read line; echo "inside $line"'
        cat
    } <in.txt >got
    is "$(cat got)" $'inside 2\n3\n4\n5'
    is "$(in_record "[(i['path'], i['offset']) for i in e['inputs'] if i['role'] == 'stdin']")" "[('in.txt', 2)]"
    quietly "$SCIWRAP" exec tiny sh -c 'head -c 3 /dev/stdin' <in.txt
    is "$output" $'1\n2'
}

@test "a file without a name comes through a pipe, and is kept" {
    seq 1 3 >in.txt
    exec 4<in.txt
    rm in.txt
    {
        "$SCIWRAP" exec tiny sh -c 'read line; echo "inside $line"'
        cat
    } <&4 >got 4<&-
    exec 4<&-
    is "$(cat got)" $'inside 1\n2\n3'
    is "$(in_record "[e['stdin'][k] for k in ('kind', 'sha256', 'kept')]")" "['pipe', '$(printf '1\n' | digest)', True]"
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "${lines[-1]}" identical
    python3 - "$SCIWRAP" >got <<'PYTHON'
import os, subprocess, sys
fd = os.memfd_create("memory")
os.write(fd, b"in memory\n")
readable = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
subprocess.run([sys.argv[1], "exec", "--no-record", "tiny", "sh", "-c", "cat; echo evil >/proc/self/fd/0"], stdin=readable, check=True)
os.lseek(fd, 0, os.SEEK_SET)
sys.stdout.buffer.write(os.read(fd, 100))
PYTHON
    is "$(cat got)" $'in memory\nin memory'
}

@test "a file without a name in the place of standard output, which only a mistake can put there" {
    : >in.txt
    exec 4<in.txt
    rm in.txt
    fails_with 125 'standard output is a file of the host that cannot be made read-only inside, because no name leads to it any more' -- \
        bash -c 'exec "$SCIWRAP" exec tiny true >&4'
    exec 4<&-
    mkdir folder
    exec 4<folder
    rmdir folder
    fails_with 125 'standard input is a directory of the host that .*no name leads to it any more' -- \
        bash -c 'exec "$SCIWRAP" exec tiny true <&4'
    exec 4<&-
}

@test "a file of somebody else that uid 0 has opened" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user there is no such file"
    echo private >in.txt
    chmod 600 in.txt
    chown 12345 in.txt
    quietly "$SCIWRAP" exec tiny cat <in.txt
    is "$output" private
    is "$(in_record "[e['stdin']['kind'], e['stdin']['size']]")" "['pipe', 8]"
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
}

@test "a directory can be listed, not left, not written" {
    mkdir -p "$BATS_TEST_TMPDIR/outside/inside"
    echo secret >"$BATS_TEST_TMPDIR/outside/secret"
    quietly "$SCIWRAP" exec tiny sh -c 'ls /proc/self/fd/0/..; ls /proc/self/fd/0/../..' <"$BATS_TEST_TMPDIR/outside/inside"
    is "$output" ""
    quietly "$SCIWRAP" exec tiny ls /proc/self/fd/0/ <"$BATS_TEST_TMPDIR/outside"
    is "$output" $'inside\nsecret'
    run "$SCIWRAP" exec tiny sh -c 'echo evil >/proc/self/fd/0/evil' <"$BATS_TEST_TMPDIR/outside"
    [[ $status -ne 0 && ! -e $BATS_TEST_TMPDIR/outside/evil ]]
    run bash -c '"$SCIWRAP" exec tiny sh -c "ls /proc/self/fd/2/.." 2<"$1"' - "$BATS_TEST_TMPDIR/outside/inside"
    is "$output" ""
    is "$status" 0
}
