#!/usr/bin/env bats
# What a run sees and what it can do, from inside; and that a wall that is not there is noticed. Attempts from inside that
# need a program of their own are in audit.bats.
load helpers

# What a run is shut in by, as it sees it itself: the same for every run of one caller.
WALLS='cut -d" " -f5,6 /proc/self/mountinfo | sort
    grep -E "^(Cap...|NoNewPrivs|Seccomp):" /proc/self/status
    hostname
    ls /proc/self/fd /sys /proc/acpi | grep -v "^$"
    wc -l </proc/net/dev
    touch /new /usr/new /proc/sys/kernel/new 2>&1 | sed "s/^touch: //"'

@test "figures of the host are fixed, its lists are empty" {
    quietly "$SCIWRAP" exec tiny sh -c 'cat /proc/loadavg /proc/uptime; grep -E "^(btime|ctxt|intr) " /proc/stat
        for f in keys key-users kallsyms interrupts sched_debug latency_stats timer_list; do
            [ ! -e /proc/$f ] || [ -z "$(cat /proc/$f 2>&1 | grep -v denied)" ] || echo "$f tells"; done
        for d in acpi asound scsi pressure; do [ ! -e /proc/$d ] || ls /proc/$d; done; ls /sys'
    is "$output" "$(printf '%s\n' '0.00 0.00 0.00 1/1 1' '0.00 0.00' 'intr 0' 'ctxt 0' 'btime 0')"
}

@test "memory is what there is, all of it free, whatever others use" {
    quietly "$SCIWRAP" exec tiny sh -c 'grep -E "^Mem" /proc/meminfo'
    local total
    total=$(awk '$1 == "MemTotal:" {print $2}' /proc/meminfo)
    is "$output" "$(printf 'Mem%s: '"$total"' kB\n' Total Free Available)"
}

@test "every way to count CPUs gives those that the run may use" {
    local cpu=0
    quietly taskset -c "$cpu" "$SCIWRAP" exec tiny sh -c 'grep -c "^cpu[0-9]" /proc/stat; grep -c "^processor" /proc/cpuinfo
        grep "^cpu[0-9]" /proc/stat | cut -d" " -f1; grep "^Cpus_allowed_list" /proc/self/status | cut -f2'
    is "$output" "$(printf '%s\n' 1 1 cpu0 0)"
    quietly "$SCIWRAP" exec tiny sh -c 'grep -c "^processor" /proc/cpuinfo; grep -c "^cpu[0-9]" /proc/stat'
    is "$output" "$(printf '%s\n%s' "$(nproc)" "$(nproc)")"
}

@test "what was limited is what is there" {
    succeeds "$SCIWRAP" exec --cpus 1 tiny sh -c 'grep -c "^cpu[0-9]" /proc/stat; grep -c "^processor" /proc/cpuinfo'
    is "$output" "$(printf '1\n1')"
    succeeds "$SCIWRAP" exec --memory 64M tiny sh -c 'grep MemTotal /proc/meminfo'
    is "$output" "MemTotal: 65536 kB"
}

@test "nothing under /proc but the run's processes can be written, by root neither" {
    quietly "$SCIWRAP" exec tiny sh -c 'for f in $(find /proc -maxdepth 1 ! -type l ! -name "[0-9]*" ! -path /proc) \
        /proc/sys/kernel/* /proc/sys/vm/* /proc/sys/fs/* /proc/irq/*/smp_affinity; do
            [ -d "$f" ] || { (: >>"$f") 2>/dev/null && echo "$f"; }; done; true'
    # Settings of the run's own IPC and PID namespaces, which belong to the caller; root's are read-only like all others.
    local left
    left=$(grep -vE '^/proc/sys/(kernel/(auto_msgmni|msg|sem|shm|ns_last_pid|pid_max)|fs/mqueue)' <<<"$output" || true)
    is "$left" ""
    [[ $(id -u) -ne 0 ]] || is "$output" ""
}

@test "root sees no more of /proc than anybody" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
    quietly "$SCIWRAP" exec tiny sh -c 'for f in kcore kmsg kpagecount kpageflags slabinfo vmallocinfo timer_list; do
        [ ! -e /proc/$f ] || head -c 1 /proc/$f 2>/dev/null | wc -c | grep -vx 0; done; true'
    is "$output" ""
}

@test "descriptors of the caller are closed" {
    quietly "$SCIWRAP" exec tiny sh -c 'ls /proc/self/fd' 3</etc 7</etc/hostname 9>"$WORK/out" 200</
    # ls has its own open while it lists
    is "$output" "$(printf '%s\n' 0 1 2 3)"
}

@test "every mount is nosuid, and nodev but for devices; what is not asked for is read-only" {
    quietly "$SCIWRAP" exec tiny sh -c 'cut -d" " -f5,6 /proc/self/mountinfo'
    local point options
    while read -r point options; do
        case $point in
        /dev/pts) [[ $options == *nosuid* ]] || fail "$point $options" ;;
        /dev/shm | /proc | /run | /tmp | /var/tmp | /workspace | /home/*) [[ $options == rw,nosuid,nodev* ]] || fail "$point $options" ;;
        /dev/*) ;;
        *) [[ $options == ro,nosuid,nodev* ]] || fail "$point $options" ;;
        esac
    done <<<"$output"
}

@test "binds in, over and under each other are what was asked for" {
    mkdir a b
    touch a/of-a b/of-b
    quietly "$SCIWRAP" exec --no-record --bind "$WORK/a:/etc/sub/new" --bind "$WORK/a/of-a:/etc/file" --bind "$WORK/b:/etc/sub/new2/deep:rw" \
        tiny sh -c 'ls /etc/sub/new /etc/sub/new2/deep /etc/file; touch /etc/sub/new2/deep/made; ! touch /etc/sub/new/made 2>/dev/null'
    [[ -e b/made && ! -e a/made ]]
    quietly "$SCIWRAP" exec --no-record --bind "$WORK/a:/opt/x/y:rw" --bind "$WORK/b:/opt/x" tiny ls /opt/x
    is "$output" "$(printf 'made\nof-b')"
}

@test "no namespaces inside unless asked; with --nest a sandbox of its own, and the record says so" {
    run "$SCIWRAP" exec --no-record tiny busybox unshare -Ur true
    [[ $status -ne 0 ]]
    # A second proc only for an ordinary user: of root's, parts are covered with --nest as well.
    local proc='mount -t proc proc /proc'
    [[ $(id -u) -ne 0 ]] || proc=true
    succeeds "$SCIWRAP" exec --nest tiny busybox unshare -Urmpf sh -c "mount -t tmpfs none /tmp && $proc && echo \$\$"
    is "$output" 1
    is "$(field 'm["experiment"]["settings"]["nested_namespaces"]')" True
    succeeds "$SCIWRAP" rerun "$(manifest)"
    quietly "$SCIWRAP" exec tiny true
    is "$(field '"nested_namespaces" in m["experiment"]["settings"]')" False
}

@test "with --nest the run's own walls hold: no mount of it can be changed, no key or perf is open" {
    # shellcheck disable=SC2016
    succeeds "$SCIWRAP" exec --nest tiny busybox unshare -Urm sh -c 'mount -o remount,rw / ; touch /usr/x; umount /proc; umount /usr; true'
    notes "usr/x: Read-only"
    [[ $(grep -ciE 'permitted|denied|invalid' <<<"$stderr") -ge 3 ]]
    quietly "$SCIWRAP" exec --nest tiny grep -E '^(Cap...|NoNewPrivs|Seccomp):' /proc/self/status
    [[ $(grep -c '0000000000000000$' <<<"$output") -eq 5 && $output == *NoNewPrivs:*1*Seccomp:*2* ]]
}

@test "kill 0 inside does not reach the caller's process group" {
    quietly "$SCIWRAP" exec tiny true
    [[ $(field 'm["circumstances"]["walls"]["landlock"]') -ge 6 ]] || skip "this kernel has no scopes of Landlock"
    # shellcheck disable=SC2016
    run setsid bash -c 'trap "echo reached" TERM; "$SCIWRAP" exec --no-record tiny sh -c "trap : TERM; kill -TERM 0; echo sent"; echo alive'
    is "$output" "$(printf 'sent\nalive')"
}

@test "abstract sockets of the host are out of reach, on its network too" {
    quietly "$SCIWRAP" exec tiny true
    [[ $(field 'm["circumstances"]["walls"]["landlock"]') -ge 6 ]] || skip "this kernel has no scopes of Landlock"
    python3 -c 'import socket,time
s = socket.socket(socket.AF_UNIX); s.bind("\0sciwrap-test"); s.listen(); print("up", flush=True); time.sleep(20)' >"$WORK/up" 3>&- &
    local listener=$!
    until_true grep -q up "$WORK/up"
    run "$SCIWRAP" exec --no-record --network host tiny probe abstract sciwrap-test
    kill "$listener"
    is "$output" EPERM
}

@test "--private-cores: told in the record, or refused in plain words" {
    run --separate-stderr "$SCIWRAP" exec --private-cores tiny true
    if [[ $status -eq 0 ]]; then
        [[ $(field 'm["circumstances"]["walls"]["core_scheduling"]') == True ]] || ! grep -q 1 /sys/devices/system/cpu/smt/active
    else
        is "$status" 125
        notes "--private-cores.*this kernel.*leave the option out"
    fi
}

fail() {
    echo "$*"
    return 1
}

# Each call in turn does nothing and says that it did. Then either the walls are as ever, because the call was not needed or
# what was missing came another way, or nothing is started.
lied_to() { # SYSCALL
    local call=$1 number count as_ever
    shift
    as_ever=$("$SCIWRAP" exec "$@" tiny sh -c "$WALLS" 2>/dev/null)
    strace -f -o "$BATS_TEST_TMPDIR/trace" -e "trace=$call" "$SCIWRAP" exec "$@" tiny sh -c "$WALLS" >/dev/null 2>&1
    count=$(grep -cE "\b$call\(" "$BATS_TEST_TMPDIR/trace")
    [[ $count -gt 0 ]] || fail "$call is never called"
    for ((number = 1; number <= count; number++)); do
        run --separate-stderr timeout 20 strace -f -o /dev/null -e "trace=$call" -e "inject=$call:retval=0:when=$number" \
            "$SCIWRAP" exec "$@" tiny sh -c "$WALLS"
        if [[ $status -eq 125 ]]; then
            is "$output" ""
            echo "$call: $stderr" >>"$BATS_FILE_TMPDIR/told"
        else
            [[ $status -le 1 ]] || fail "$call $number: status $status: $stderr"
            is "$call $number: $output" "$call $number: $as_ever"
        fi
    done
}

needs_strace() {
    command -v strace >/dev/null || skip "no strace"
    strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
    export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} # the leak sanitizer refuses to work beside another tracer
}

@test "a mount that only says that it succeeded is noticed" {
    needs_strace
    lied_to mount --no-record
    lied_to mount_setattr --no-record
}

@test "a root that was not changed is noticed" {
    needs_strace
    lied_to pivot_root --no-record
    lied_to umount2 --no-record
}

@test "namespaces that were not made are noticed" {
    needs_strace
    lied_to unshare --no-record
    lied_to setns --no-record
}

@test "rights that were not given up are noticed" {
    needs_strace
    lied_to capset --no-record
    lied_to prctl --no-record
}

@test "a filter that is not on is noticed, recorded or not" {
    needs_strace
    lied_to seccomp --no-record
    lied_to seccomp
}

@test "descriptors that were not closed are noticed" {
    needs_strace
    lied_to close_range --no-record 9</etc/hostname
}

# What the six tests before were told: each part of the self-check has refused a run.
@test "each part of the self-check has been seen to notice" {
    needs_strace
    local told=$BATS_FILE_TMPDIR/told part
    [[ $(cut -d: -f1 "$told" 2>/dev/null | sort -u | wc -l) -ge 8 ]] || skip "only after the tests above"
    for part in 'is writable' 'has another type' 'is not there' 'lets devices or set-user-id programs work' \
        'shows what was to be covered' 'is not the device it should be' 'capabilities are left,' \
        'capabilities are left in the bounding set' 'new privileges can be gained' 'the first process can be traced' \
        'the system call filter is not on' "the host's network is in reach" 'descriptors of the caller are still open'; do
        grep -q "self-check: .*$part" "$told" || fail "never told: $part"
    done
}
