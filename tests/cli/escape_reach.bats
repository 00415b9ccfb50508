#!/usr/bin/env bats
# Reference parts 1E to 1I: the terminal, other processes, the network, the kernel and its settings, and how runs live and end,
# tried from inside. See docs/escapes.md.
load helpers
load controls

setup() {
    own_places
    control_tree
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
}

on_terminal() { # COMMAND...
    run timeout 30 python3 "$BATS_TEST_DIRNAME/terminal.py" "" "$@"
}

@test "E1 no character can be pushed into the terminal, by no spelling of the request" {
    cp "$FIXTURES/attack" .
    if has_bwrap && [[ $(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null || echo 1) == 1 ]]; then
        on_terminal bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all ./attack type
        shown E1 'bubblewrap 0.8.0' 'TIOCSTI accepted, also with high bits set' grep -q 'TIOCSTI-high done' <<<"$output"
    fi
    on_terminal "$SCIWRAP" exec --no-record tiny ./attack type
    says 'TIOCSTI EPERM'
    says 'TIOCSTI-high EPERM'
}

@test "E2 requests that reach the console or the line discipline are refused by the filter" {
    refuses EPERM terminal
}

@test "E4 the terminal is as it was when a program that made it raw is killed" {
    on_terminal sh -c 'stty -a >before; "$SCIWRAP" exec --no-record tiny sh -c "stty raw -echo; kill -9 \$\$"; stty -a >after'
    [[ -s before ]]
    is "$(cat after)" "$(cat before)"
}

@test "E5 no process of a run keeps the terminal after its end" {
    on_terminal sh -c '"$SCIWRAP" exec --no-record tiny sh -c "(trap \"\" HUP; sleep 4711) & sleep 0.1"'
    is "$status" 0
    ! pgrep -u $EUID -f '[s]leep 4711'
}

@test "F1 no key ring of the host can be read, nor one be added to" {
    local session=("$FIXTURES/attack" key-session a-secret-of-the-host)
    cp "$FIXTURES/attack" .
    if has_bwrap && [[ $("${session[@]}" "$FIXTURES/attack" key-read KEY) == a-secret* ]]; then
        run "${session[@]}" timeout 10 bwrap --ro-bind "$TREE" / --proc /proc --dev /dev --tmpfs /tmp --unshare-all \
            --ro-bind "$FIXTURES/attack" /tmp/attack /tmp/attack key-read KEY
        shown F1 'bubblewrap 0.8.0' 'printed the secret in the session key ring' is "$output" a-secret-of-the-host
    fi
    succeeds "${session[@]}" "$SCIWRAP" exec --no-record tiny ./attack key-read KEY
    is "$output" EPERM
    attack key-add x
    is "$output" -1
}

@test "F2 an abstract socket of the host is not reached" {
    local name=sciwrap-test-$$-$RANDOM
    "$FIXTURES/attack" listen "$name" >listening 3>&- &
    local listener=$!
    until_true grep -q listening listening
    if has_bwrap; then
        run timeout 10 bwrap --ro-bind "$TREE" / --proc /proc --dev /dev --tmpfs /tmp --unshare-user --unshare-pid --unshare-ipc \
            --ro-bind "$FIXTURES/attack" /tmp/attack /tmp/attack connect "$name"
        shown F2 'bubblewrap 0.8.0 without --unshare-net' connected is "$output" 'done'
    fi
    attack connect "$name"
    is "$output" ECONNREFUSED
    kill $listener
}

@test "F3 F4 no socket, shared memory, queue or semaphore of the host is there" {
    succeeds "$SCIWRAP" exec --no-record tiny sh -c 'find / -xdev -type s; find /run /dev /tmp /var/tmp -type s; ls -A /dev/shm /run; for i in shm sem msg; do tail -n +2 /proc/sysvipc/$i; done'
    is "$(grep -vE '^(/dev/shm:|/run:|)$' <<<"$output")" ""
}

@test "F5 the only interface is a loopback of its own" {
    succeeds "$SCIWRAP" exec --no-record tiny sh -c 'tail -n +3 /proc/net/dev | cut -d: -f1; wc -l </proc/net/tcp'
    is "${output// /}" $'lo\n1'
}

@test "F6 a signal to everybody reaches nobody of the host" {
    sleep 300 3>&- &
    local bystander=$!
    cp "$FIXTURES/attack" .
    if has_unshare; then # that of a user namespace alone: the same user's processes are all within reach
        run unshare --user sh -c "kill -0 $bystander && echo within reach"
        shown F6 'unshare (util-linux)' 'a process of the host can be signalled' is "$output" 'within reach'
    fi
    run timeout 20 "$SCIWRAP" exec --no-record tiny ./attack kill-all 15
    run timeout 20 "$SCIWRAP" exec --no-record tiny sh -c "kill -9 -1; kill -9 $bystander; echo over"
    kill -0 $bystander
    kill $bystander
}

@test "G1 G8 the ways around the filter and into the kernel are closed" {
    refuses EPERM kernel
}

@test "G2 G3 the calls of other machines are refused" {
    run "$FIXTURES/attack" numbers
    [[ $output != *'i386-getpid done'* ]] || shown G2 'no launcher' 'a call of i386 was carried out' true
    attack numbers
    is "$output" $'x32-getpid ENOSYS\ni386-getpid refused'
}

@test "G6 sockets of four families, and not of the audit" {
    if has_bwrap; then
        run bwrapped --ro-bind "$FIXTURES/attack" /tmp/attack /tmp/attack families
        shown G6 'bubblewrap 0.8.0' "sockets of families $output" test "$output" != "1 2 10 16 "
    fi
    attack families
    is "$output" "1 2 10 16 "
    refuses EAFNOSUPPORT audit
}

@test "G7 a call that a tracer changes after it was made is looked at as well" {
    run "$FIXTURES/attack" retarget
    [[ $output != 'unshare done' ]] || shown G7 'no launcher' 'a namespace by a call that a tracer had changed' true
    refuses 'EPERM|ENOTSUP' retarget
}

@test "G9 the filter does not slow speculation down" {
    attack speculation
    is "$(sort <<<"$output")" "$("$FIXTURES/attack" speculation | sort)"
}

@test "H1 H2 no control group of the host is there, to see or to write" {
    if has_unshare; then
        cp "$FIXTURES/attack" .
        run unshare --user --map-root-user --mount --cgroup ./attack mounts
        shown H1 'unshare (util-linux)' 'mounted the control groups of the host' grep -qE '^cgroup(-v1)? done' <<<"$output"
    fi
    refuses EPERM mounts
    run "$SCIWRAP" exec --no-record tiny sh -c 'find / -name release_agent -o -name cgroup.procs 2>/dev/null | grep -v ^/proc/sys; ls /sys/fs/cgroup'
    [[ $output != */release_agent* && $output != *cgroup.procs* ]]
}

@test "H3 no setting of the kernel can be opened for writing, by root neither" {
    local -a settings=(/proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hotplug /proc/sys/vm/drop_caches
        /proc/sys/fs/binfmt_misc/register /proc/sysrq-trigger /sys/kernel/uevent_helper /sys/power/state /sys/kernel/mm/ksm/run
        /proc/sys/kernel/sysrq /proc/irq/default_smp_affinity /proc/sys/net/ipv4/ip_forward)
    if [[ $(id -u) -eq 0 ]]; then
        run setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$FIXTURES/attack" write "${settings[@]}"
        shown H3 'setpriv (util-linux), uid 0 without capabilities' 'opened core_pattern for writing' grep -q 'core_pattern done' <<<"$output"
    fi
    refuses 'EROFS|EACCES|EPERM|ENOENT' write "${settings[@]}"
}

# What docker and systemd-nspawn cover, and what moved below /sys since (GHSA-jq35-85cj-fj4p).
SIGHT='for path in acpi asound interrupts kallsyms kcore key-users keys latency_stats sched_debug scsi timer_list timer_stats; do
        [ -z "$(find /proc/$path -maxdepth 1 -type f -exec head -c 4096 {} + 2>/dev/null | tr -d "0 \0\n")" ] || echo /proc/$path
    done
    ls -d /sys/firmware /sys/devices/virtual/powercap /sys/devices/system/cpu/cpu0/thermal_throttle /sys/class 2>/dev/null
    head -c 1 /proc/sysrq-trigger 2>/dev/null; (: >>/proc/sysrq-trigger) 2>/dev/null && echo sysrq
    grep -vxE "0.00 0.00(|0.00 1/1 1)" /proc/uptime; exit 0'

@test "H4 what /proc and /sys tell of the host is empty, covered or not there" {
    if has_bwrap; then
        run bwrapped --ro-bind /sys /sys sh -c "$SIGHT"
        shown H4 'bubblewrap 0.8.0' 'told of interrupts, keys, sensors and uptime' eval \
            '[[ $output == */proc/interrupts* && $output == */proc/key* && $output == */sys/class* && $output =~ [0-9]\.[0-9] ]]'
    fi
    succeeds "$SCIWRAP" exec --no-record tiny sh -c "$SIGHT"
    is "$output" ""
}

@test "H5 there are no devices but the harmless ones, and none can be made" {
    succeeds "$SCIWRAP" exec --no-record tiny find / -xdev -type b -o -xdev -type c
    is "$output" ""
    succeeds "$SCIWRAP" exec --no-record tiny sh -c 'find /dev -type b; find /dev -type c | grep -v ^/dev/pts/ | sort | tr "\n" " "'
    is "$output" "/dev/full /dev/null /dev/random /dev/tty /dev/urandom /dev/zero "
}

@test "H6 temporary folders are for all, and hold no device or set-id program" {
    succeeds "$SCIWRAP" exec --no-record tiny sh -c 'stat -c "%a %n" /tmp /var/tmp /dev/shm; grep -E " (/tmp|/var/tmp|/dev/shm) " /proc/self/mountinfo | grep -c "nosuid,nodev"'
    is "$output" $'1777 /tmp\n1777 /var/tmp\n1777 /dev/shm\n3'
}

@test "H7 a fork bomb and a program that eats memory harm nobody else" {
    local eat='head -c 300000000 /dev/zero | tail | wc -c'
    local many='i=0; while [ $i -lt 60 ]; do sleep 60 & i=$((i + 1)); done 2>/dev/null; echo $i; kill $(jobs -p)'
    if has_bwrap; then
        run bwrapped sh -c "$many; $eat"
        shown H7 'bubblewrap 0.8.0' 'made processes and took memory without end' test "$output" = $'60\n300000000'
    fi
    # A real bomb: each process makes two more, and none waits for anything but its like.
    # shellcheck disable=SC2016
    "$SCIWRAP" exec --no-record --pids 20 --memory 64M --time 60 tiny sh -c 'bomb() { bomb | bomb & }
        readlink /proc/self/ns/pid >ready; (while [ ! -e stop ]; do bomb; sleep 0.1; done) 2>/dev/null' >/dev/null 2>&1 3>&- &
    local runner=$! most=0 now
    until_true test -s ready
    for _ in {1..20}; do # as this very user, who may still start what he likes
        now=$(find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/pid' -lname "pid:?$(tr -dc 0-9 <ready)?" 2>/dev/null | wc -l)
        ((now <= most)) || most=$now
    done
    touch stop
    wait $runner || true
    echo "$most processes"
    [[ $most -gt 1 && $most -lt 200 ]] # find takes its time, and what it has counted may be gone: not 21 exactly
    run "$SCIWRAP" exec --no-record --memory 64M tiny sh -c "$eat"
    [[ $output != *300000000* ]]
    refused() { # by a limit, whoever is asked for one more
        run "$SCIWRAP" exec --no-record --pids 20 tiny sh -c "$many"
        [[ $output != *60* ]]
    }
    refused
}

@test "I2 a run outlives the thread that started it" {
    cat >threads.py <<'PYTHON'
import subprocess, sys, threading, time
def start():
    global run
    run = subprocess.Popen(sys.argv[1:])
    time.sleep(0.2)
thread = threading.Thread(target=start)
thread.start(); thread.join()
time.sleep(0.1)
print(run.wait())
PYTHON
    if has_bwrap; then
        run python3 threads.py bwrap --ro-bind "$TREE" / --die-with-parent sleep 1
        shown I2 'bubblewrap 0.8.0 --die-with-parent' 'killed with the thread that started it' grep -qE '^(-9|137)$' <<<"$output"
    fi
    succeeds python3 threads.py "$SCIWRAP" exec --no-record tiny sleep 1
    is "$output" 0
}

@test "I4 a request to end reaches the command" {
    if has_bwrap; then
        bwrapped sh -c 'trap "echo told >/workspace/told; exit 7" TERM; echo >/workspace/ready; sleep 1 & wait' 3>&- &
        until_true test -e ready
        pkill -TERM -P $! -x bwrap || kill -TERM $!
        wait $! || true
        sleep 0.1
        shown I4 'bubblewrap 0.8.0' 'the command never heard of it' test ! -e told
        rm -f ready
    fi
    "$SCIWRAP" exec --no-record tiny sh -c 'trap "echo told >/workspace/told; exit 7" TERM; echo >/workspace/ready; sleep 5 & wait' 3>&- &
    until_true test -e ready
    kill -TERM $!
    local status=0
    wait $! || status=$?
    is "$status" 7
    test -e told
}

@test "I6 a command can end itself by a signal; a failed start is told from its failure" {
    run "$SCIWRAP" exec --no-record tiny sh -c 'kill -TERM $$'
    is "$status" 143
    if has_bwrap; then
        run bwrapped /nonexistent
        shown I6 'bubblewrap 0.8.0' "status $status for a command that is not there" test "$status" -ne 127
    fi
    run -127 "$SCIWRAP" exec --no-record tiny /nonexistent
    run "$SCIWRAP" exec --no-record tiny /etc/passwd
    is "$status" 126
}
