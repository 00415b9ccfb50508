#!/usr/bin/env bats
# What a run may use: each limit, by each means that this host has, and what is said about it.
load helpers

limits() { # EXPRESSION over circumstances.limits `l` of the newest manifest
    field "(lambda l: ($1))(m['circumstances']['limits'])"
}

# In a shell that has forked once, starts processes until one is refused; the number alive at that moment is in `alive`.
fill_up() { # OPTION...
    "$SCIWRAP" exec "$@" tiny sh -c '
        sh -c "i=2; echo \$i >alive; while sleep 2 & do i=\$((i+1)); echo \$i >alive; [ \$i -lt 40 ] || exit 3; done"
        true' </dev/null
}

@test "the eleventh process of ten is refused" {
    quietly_but_for() { run --separate-stderr "$@"; }
    quietly_but_for fill_up --pids 10
    is "$(cat alive)" 10
    is "$(field "m['experiment']['limits']")" "{'pids': 10}"
    is "$(limits 'l["by"]["pids"] in ("cgroup", "user namespace")')" True
    quietly_but_for fill_up --pids 3
    is "$(cat alive)" 3
    # The same in a run that has counted to high PIDs before.
    "$SCIWRAP" exec --pids 4 tiny sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sh -c true; done
        sleep 1 & sleep 1 & sleep 1 & echo three >three; sleep 1 & echo four >four' || true
    [[ -e three && ! -e four ]]
}

@test "one process is enough for a command that starts none" {
    quietly "$SCIWRAP" exec --pids 1 tiny id -u
    is "$output" 1000
    run --separate-stderr "$SCIWRAP" exec --pids 1 tiny sh -c 'true; ls /; echo not reached'
    [[ $output != *"not reached"* ]]
}

# bats test_tags=release
@test "two runs do not count each other's processes" {
    "$SCIWRAP" exec --pids 5 tiny sh -c 'sleep 3 & sleep 3 & sleep 3 & sleep 3 & wait' 3>&- &
    local other=$!
    sleep 0.3
    succeeds "$SCIWRAP" exec --pids 5 tiny sh -c 'sleep 0.1 & sleep 0.1 & sleep 0.1 & sleep 0.1 & wait; echo all'
    is "$output" all
    wait "$other"
}

# bats test_tags=release
@test "a run that is over its time is told to end, and then ended" {
    local begun=$SECONDS
    fails_with 124 'ended by the time limit of 0.5 s$' -- "$SCIWRAP" exec --time 0.5 tiny sleep 60
    [[ $((SECONDS - begun)) -lt 4 ]]
    is "$(field "m['experiment']['limits'], m['experiment']['exit']['code']")" "({'time_s': 0.5}, 124)"
    is "$(limits 'l["by"], l["hit"], l["mechanism"]')" "({'time': 'launcher'}, ['time'], 'namespace and process limits')"
    # What hears of it has its time to end, children too, and its own status is not what counts.
    fails_with 124 'time limit of 1 s' -- "$SCIWRAP" exec --time 1s tiny sh -c \
        '(trap "echo child >child; exit 0" TERM; while :; do sleep 0.1; done) &
         trap "sleep 0.5; echo ended >ended; exit 0" TERM; while :; do sleep 0.1; done'
    [[ -e child && -e ended ]]
    # What does not is killed.
    begun=$SECONDS
    fails_with 124 'time limit of 0.2 s' -- "$SCIWRAP" exec --time 0.2 tiny sh -c 'trap "" TERM; while :; do sleep 1; done'
    [[ $((SECONDS - begun)) -ge 4 && $((SECONDS - begun)) -lt 9 ]]
    nothing_left
}

@test "a stopped run is over its time as well" {
    "$SCIWRAP" exec --time 1 tiny sh -c 'sleep 300 & echo $! >pid; kill -STOP $!; wait' 3>&- &
    local status=0
    wait $! || status=$?
    is $status 124
}

@test "a run that ends in time says nothing" {
    quietly "$SCIWRAP" exec --time 60 --file-size 1G --open-files 100 tiny true
    is "$(limits 'l["hit"]')" "[]"
}

@test "no file grows beyond its limit" {
    fails_with 153 'ended by the limit of 1 MiB on the size of a file' -- \
        "$SCIWRAP" exec --file-size 1M tiny sh -c 'exec dd if=/dev/zero of=big bs=512k count=5 2>/dev/null'
    is "$(stat -c %s big)" 1048576
    is "$(limits 'l["by"], l["hit"]')" "({'file-size': 'process'}, ['file-size'])"
    is "$(field "m['experiment']['exit']['signal']")" 25
    # Through a shell, which only says what became of its child.
    fails_with 153 'ended by the limit of 10 KiB' -- \
        "$SCIWRAP" exec --file-size 10k tiny sh -c 'dd if=/dev/zero of=big2 bs=512k count=5 2>/dev/null'
}

@test "the number of open files is that which was asked for" {
    quietly "$SCIWRAP" exec --open-files 20 tiny sh -c 'ulimit -Sn; ulimit -Hn'
    is "$output" $'20\n20'
    fails_with 125 'open files: this user may have .* at most' -- "$SCIWRAP" exec --open-files 1073741824 tiny true
}

@test "memory beyond the limit is not had" {
    run --separate-stderr "$SCIWRAP" exec --memory 32M tiny sh -c 'exec tail /dev/zero'
    [[ $status -ne 0 ]]
    case $(limits 'l["by"]["memory"]') in
    cgroup)
        is "$status" 137
        notes '(^|.)sciwrap: ended by the memory limit of 32 MiB$'
        is "$(limits 'l["hit"]')" "['memory']"
        is "$(field "24 << 20 < m['circumstances']['resources']['peak_memory_bytes'] <= 32 << 20")" True
        ;;
    process) notes 'the memory limit holds for each process by itself: no control group' ;;
    *) return 1 ;;
    esac
}

@test "files in memory are limited too" {
    # Without a control group by the size of the file system, in one by its end.
    run "$SCIWRAP" exec --memory 32M tiny sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=64 2>/dev/null; ls -l /dev/shm/x
        dd if=/dev/zero of=/run/x bs=1M count=64 2>/dev/null; ls -l /run/x; df -k /dev/shm /run'
    local size
    for size in $(awk '$NF ~ /^.(dev.shm|run).x$/ { print $5 } $1 == "tmpfs" { print $2 * 1024 }' <<<"$output"); do
        [[ $size -le 33554432 ]]
    done
    # They are what they were: writable, nosuid and nodev.
    succeeds "$SCIWRAP" exec --memory 32M tiny sh -c 'grep -E " /(dev/shm|run) " /proc/self/mountinfo'
    is "$(grep -c 'rw,nosuid,nodev.*size=32768k' <<<"$output")" 2
}

@test "CPUs are pinned, and threads are as many" {
    succeeds "$SCIWRAP" exec --cpus 1 tiny sh -c 'nproc; echo $OMP_NUM_THREADS; cat /proc/self/status'
    is "$(sed -n 1,2p <<<"$output")" $'1\n1'
    [[ $(grep Cpus_allowed_list: <<<"$output") =~ ^Cpus_allowed_list:[[:space:]][0-9]+$ ]]
    is "Cpus_allowed_list:	$(limits 'l["cpus"]')" "$(grep Cpus_allowed_list: <<<"$output")"
    is "$(field "m['experiment']['settings']['cpus'], m['circumstances']['host']['cpu']['count']")" "(1, 1)"
    fails_with 125 "--cpus 8192: this process may use $(env -u OMP_NUM_THREADS nproc)" -- "$SCIWRAP" exec --cpus 8192 tiny true
}

@test "two runs get different CPUs while there are some" {
    [[ $(env -u OMP_NUM_THREADS nproc) -gt 1 ]] || skip "one CPU"
    "$SCIWRAP" exec --no-record --cpus 1 tiny sh -c 'grep Cpus_allowed_list: /proc/self/status >one; sleep 2' 3>&- &
    local other=$!
    until_true test -s one
    "$SCIWRAP" exec --no-record --cpus 1 tiny sh -c 'grep Cpus_allowed_list: /proc/self/status >two'
    [[ $(cat one) != "$(cat two)" ]]
    wait $other
}

@test "the definition's limits hold, and options win" {
    define limited "$(sed "s|^url.*|url = $FIXTURES/tiny.tar|" "$FIXTURES/envs/tiny.ini")" '[limits]' 'pids = 3' 'time = 1h'
    run --separate-stderr "$SCIWRAP" exec limited sh -c 'sleep 1 & sleep 1 & sleep 1 & echo not reached'
    is "$output" ""
    is "$(field "m['experiment']['limits']")" "{'pids': 3, 'time_s': 3600}"
    succeeds "$SCIWRAP" exec --pids none --time 2h limited sh -c 'sleep 0.1 & sleep 0.1 & sleep 0.1 & wait; echo reached'
    is "$output" reached
    is "$(field "m['experiment']['limits']")" "{'time_s': 7200}"
}

@test "without limits there is nothing about them" {
    quietly "$SCIWRAP" exec tiny true
    is "$(field "'limits' in m['experiment'], 'limits' in m['circumstances']")" "(False, False)"
}

@test "a rerun keeps the limits of the record" {
    succeeds "$SCIWRAP" exec --pids 50 --open-files 30 --time 100 tiny sh -c 'ulimit -n >out'
    local id
    id=$(field "m['id']")
    succeeds "$SCIWRAP" rerun "$id"
    is "$(field "m['rerun_of'], m['experiment']['limits']")" "('$id', {'pids': 50, 'time_s': 100, 'open_files': 30})"
    is "$(limits 'sorted(l["by"])')" "['open-files', 'pids', 'time']"
    # One that was ended by a limit is again.
    run "$SCIWRAP" exec --time 0.3 tiny sleep 60
    succeeds "$SCIWRAP" rerun "$(field "m['id']")"
    notes 'ended by the time limit of 0.3 s'
}

@test "the records of limited runs are as the schema says" {
    local python=python3
    "$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
    "$python" -c 'import jsonschema' 2>/dev/null || skip "no jsonschema (package python3-jsonschema)"
    "$SCIWRAP" exec --pids 3 --memory 100M --cpus 1 --time 0.5 --file-size 1k --open-files 50 tiny sh -c 'sleep 9 & sleep 9 & sleep 9' || true
    "$SCIWRAP" exec --memory 20M --time 60 tiny tail /dev/zero || true
    "$SCIWRAP" exec --time 0.2 tiny sleep 9 || true
    succeeds "$python" "$BATS_TEST_DIRNAME/schema.py" "$BATS_TEST_DIRNAME/../../docs/manifest.schema.json" .sciwrap/runs/*/manifest.json
}

@test "a plan shows the limits, and wrong ones are refused" {
    quietly "$SCIWRAP" exec --dry-run --memory 1.5G --time 1.5h tiny true
    is "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["experiment"]["limits"])' <<<"$output")" \
        "{'memory_bytes': 1610612736, 'time_s': 5400}"
    fails_with 125 "--memory '5X': expected a number of bytes" -- "$SCIWRAP" exec --memory 5X tiny true
    fails_with 125 "--pids '0': expected a number of processes" -- "$SCIWRAP" exec --pids 0 tiny true
    fails_with 125 "--time '': expected a time" -- "$SCIWRAP" exec --time '' tiny true
}

@test "--verbose says by what means, and show too" {
    succeeds "$SCIWRAP" exec -v --pids 50 --time 100 tiny true
    notes 'sciwrap: limits: 50 processes \(pids, by [a-z ]+\), 100 s \(time, by launcher\); (cgroup|namespace)'
    quietly "$SCIWRAP" show "$(field "m['id']")"
    says $'\nlimits +50 processes \(pids, by [a-z ]+\), 100 s \(time, by launcher\); (cgroup|namespace)'
}
