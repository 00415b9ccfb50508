#!/usr/bin/env bats
# Programs, processes, and company that a recorder must get along with: debuggers, signals, many threads.
load helpers
load record

programs() {
    field '[(p["path"], p["sha256"][:8]) for p in m["experiment"]["programs"]]'
}

# The processes as PARENT>CHILD PROGRAM ARGUMENTS..., numbered in their order from 2 on: 1 is sciwrap's.
processes() {
    python3 - "$(manifest)" <<'PYTHON'
import json, sys
processes = json.load(open(sys.argv[1]))["circumstances"]["processes"]
numbers = {pid: place + 2 for place, pid in enumerate(sorted(process["pid"] for process in processes))}
numbers[1] = 1
for process in sorted(processes, key=lambda process: process["pid"]):
    print("%d>%d" % (numbers[process["parent"]], numbers[process["pid"]]),
          " then ".join(" ".join(map(str, p["argv"])) for p in process["programs"]) or "-")
PYTHON
}

@test "a program is recorded, whichever call started it" {
    local call
    for call in execve execveat fexecve; do
        anew
        acts $call /usr/bin/probe arguments x
        is "$output" "<x>"
        says '<x>'
        is "$(field '[p["path"] for p in m["experiment"]["programs"]]')" "['/usr/bin/act', '/usr/bin/probe']" || { echo $call; return 1; }
        is "$(processes)" "1>2 act $call /usr/bin/probe arguments x then /usr/bin/probe arguments x"
    done
}

@test "a program of the work directory is an input too" {
    anew
    cp "$FIXTURES/busybox" sh
    local call
    for call in execve execveat fexecve; do
        acts $call ./sh -c 'echo hello'
        is "$output" hello
        is "$(programs)" "[('/usr/bin/act', '$(field 'm["experiment"]["programs"][0]["sha256"][:8]')'), ('/workspace/sh', '$(sha256 sh | cut -c1-8)')]"
        tells "in sh $(stat -c %s sh) bytes"
        reruns
    done
    ln -s sh ash # by a link
    acts execve ./ash -c 'echo hello'
    tells 'in ash -> sh' "in sh $(stat -c %s sh) bytes"
    reruns
}

@test "a script and its interpreter" {
    anew
    cp "$FIXTURES/busybox" busybox
    printf '#!/workspace/busybox sh\necho from "$0"\n' >script
    printf '#! busybox sh\necho from "$0"\n' >relative
    chmod 755 script relative
    acts execve ./script
    tells "in busybox $(stat -c %s busybox) bytes" 'in script "#!/workspace/busybox sh\necho from "$0"\n"'
    is "$(field '[p["path"] for p in m["experiment"]["programs"]]')" "['/usr/bin/act', '/workspace/busybox', '/workspace/script']"
    reruns
    acts execve ./relative
    tells "in busybox $(stat -c %s busybox) bytes" 'in relative "#! busybox sh\necho from "$0"\n"'
    reruns
    acts execve /bin/script a # of the environment
    is "$output" "script a"
    is "$(field '[p["path"] for p in m["experiment"]["programs"]]')" "['/usr/bin/act', '/usr/bin/busybox', '/usr/bin/script']"
}

@test "a script in place of a program, edited by the run itself" {
    anew
    printf '#!/bin/sh\necho one\n' >script
    chmod 755 script
    quietly "$SCIWRAP" exec tiny sh -c './script; printf "#!/bin/sh\necho two\n" >script; ./script'
    is "$output" $'one\ntwo'
    tells 'in script "#!/bin/sh\necho one\n" kept' 'out script modified "#!/bin/sh\necho two\n"'
    reruns
}

@test "processes are a tree, with all arguments byte for byte" {
    anew
    quietly "$SCIWRAP" exec tiny sh -c 'act child sleep 1; act child child execve /bin/probe exit 0; (exit 0); true'
    is "$(processes)" "$(printf '%s\n' '1>2 sh -c act child sleep 1; act child child execve /bin/probe exit 0; (exit 0); true' \
        '2>3 act child sleep 1' '3>4 -' '2>5 act child child execve /bin/probe exit 0' '5>6 -' '6>7 /bin/probe exit 0' '2>8 -')"
    quietly "$SCIWRAP" exec tiny probe arguments '' ' ' $'new\nline' $'\xff' "$(printf 'x%.0s' {1..5000})"
    is "$(field 'len(m["circumstances"]["processes"][0]["programs"][0]["argv"])')" 7
    is "$(field 'm["circumstances"]["processes"][0]["programs"][0]["argv"][2:5]')" "['', ' ', 'new\\nline']"
    is "$(field 'len(m["circumstances"]["processes"][0]["programs"][0]["argv"][6])')" 5000
    acts execve /bin/probe arguments "$(head -c 100000 /dev/zero | tr '\0' x)"
    is "$(field 'm["circumstances"]["processes"][0]["programs"][1]["argv"][2]' | sed 's/xxxxx*/x/')" x...
}

@test "time, memory and bytes of each process" {
    anew
    head -c 5000000 /dev/zero >data
    quietly "$SCIWRAP" exec tiny sh -c 'act memory 64; act compute 300; act sleep 300; cat data >copy; true'
    by() { # WORD EXPRESSION over p
        field "[($2) for p in m['circumstances']['processes'] if p['programs'] and ' '.join(p['programs'][-1]['argv']).startswith('$1')][-1]"
    }
    is "$(by 'act memory' '64e6 < p["max_rss_bytes"] < 90e6')" True
    is "$(by 'act compute' 'p["user_us"] + p["system_us"] > 250e3 and p["elapsed_ns"] > 250e6')" True
    is "$(by 'act sleep' 'p["user_us"] + p["system_us"] < 100e3 and p["elapsed_ns"] > 290e6')" True
    is "$(by 'cat data' '5000000 <= p["read_bytes"] < 5100000 and 5000000 <= p["written_bytes"] < 5100000')" True
    is "$(field 'all(p["started_ns"] >= 0 and p["elapsed_ns"] > 0 for p in m["circumstances"]["processes"])')" True
    is "$(by 'act compute' 'p["started_ns"]' | awk '{print ($1 < 10e9)}')" 1
}

@test "a process that is killed is in the tree all the same" {
    anew
    quietly "$SCIWRAP" exec tiny sh -c 'act sleep 30000 & act sleep 100; kill -9 $!; wait; true'
    is "$(processes | grep -c '>[0-9]* act sleep')" 2
}

@test "a tracer inside works as ever" {
    anew data=old
    acts trace open data r cat close open data + write new rename data moved
    is "$output" $'oldtraced'
    tells 'in data "old" kept' 'out moved renamed from data "new"'
}

# A program of the host with the libraries that it needs, as the tiny environment has none: in the folder `host`.
host_program() { # PROGRAM ARGUMENT...
    local at loader
    at=$(command -v "$1") || skip "no $1 here"
    loader=$(ldd "$at" | grep -o '/lib[^ ]*ld-linux[^ ]*') || skip "$1 is static"
    shift
    run --separate-stderr "$SCIWRAP" exec --bind /usr:/usr:ro --bind /lib:/lib64 --env PATH=/usr/bin tiny "$loader" "$at" "$@"
}

# The same on a copy: what it needs, in a folder of the work directory.
host_program() { # PROGRAM
    local at library
    at=$(command -v "$1") || skip "no $1 here"
    mkdir -p host
    cp -L "$at" host/
    while read -r library; do
        cp -L "$library" host/
    done < <(ldd "$at" | grep -o '/[^ ]*')
    loader=$(cd host && echo ld-linux*)
}

@test "strace inside works" {
    anew data=old
    host_program strace
    succeeds "$SCIWRAP" exec tiny "host/$loader" --library-path host host/strace -f -o trace \
        act open data r cat close child open data wa write er
    is "$output" old
    grep -q 'open("data", O_RDONLY) *= 3' trace
    grep -q 'exited with 0' trace
    is "$(told | grep data)" "$(printf '%s\n' 'in data "old" kept' 'out data modified "older"')"
}

@test "gdb inside works" {
    anew data=old
    host_program gdb
    local python
    python=$(ldd "$(command -v gdb)" | grep -o 'libpython3[.0-9]*' | head -n 1)
    python=/usr/lib/${python#lib}
    [[ -d ${python%.} ]] || skip "gdb's own Python is not at ${python%.}"
    succeeds "$SCIWRAP" exec --bind "${python%.}" --bind /usr/share/gdb tiny "host/$loader" --library-path host host/gdb -nx -batch \
        -ex 'set startup-with-shell off' -ex 'catch syscall openat' -ex 'catch syscall open' -ex run -ex 'info registers rip' \
        -ex continue -ex continue --args /bin/act open data r cat close
    [[ $output == *Catchpoint*open* && $output == *exited\ normally* ]]
    [[ $(told) == *'in data "old"'* ]]
}

@test "a program that takes many signals gets on, as those of Go do" {
    anew data=old
    succeeds timeout 60 "$SCIWRAP" exec tiny act storm 50 opens data 20000 signals 100
    tells 'in data "old"'
    head -c 50000000 /dev/zero >large # also while a call waits until the old content is safe
    succeeds timeout 60 "$SCIWRAP" exec tiny act storm 50 open large w write x signals 1
    tells 'in large 50000000 bytes kept' 'out large modified 50000000 bytes'
}

@test "a process that is killed while its call waits holds nothing up" {
    anew
    head -c 400000000 /dev/zero >large
    succeeds timeout 60 "$SCIWRAP" exec tiny sh -c 'act open large w write x & act sleep 50; kill -9 $!; wait; cat large | wc -c'
    is "$output" 400000000
    is "$(told | head -n 1)" 'in large 400000000 bytes kept'
}

@test "threads and processes side by side" {
    anew
    local i
    succeeds "$SCIWRAP" exec tiny sh -c 'for i in 1 2 3 4; do (mkdir $i; cd $i; act race) & done; wait'
    for i in 1 2 3 4; do
        is "$(told | grep -c "^out $i/[a-h].left created \"[a-h]39.tmp\"$")" 8
    done
    is "$(told | wc -l)" 36
}
