#!/usr/bin/env bats
# sciwrap doctor: what this host allows, and what a failing run says.
load helpers

@test "doctor names each step, and says yes where runs work" {
    run --separate-stderr "$SCIWRAP" doctor
    is "$status" 0
    local word
    for word in 'user namespaces' mount overlay cgroup seccomp kernel; do
        [[ ${output,,} =~ $word ]] || { echo "no '$word' in: $output"; return 1; }
    done
    is "$stderr" ""
}

@test "doctor leaves nothing behind" {
    "$SCIWRAP" doctor >/dev/null
    nothing_left
    is "$(find "$WORK" -mindepth 1)" ""
}

# A run, and strace makes one system call of its launch fail: the injection stands where a host's setting would.
denied() { # SYSCALL ERROR PATTERN
    command -v strace >/dev/null || skip "no strace"
    strace -f -o /dev/null -e trace=none true 2>/dev/null || skip "no tracing here"
    run --separate-stderr strace -f -o "$BATS_TEST_TMPDIR/trace" -e "inject=$1:error=$2" "$SCIWRAP" exec tiny true
    echo "$stderr"
    is "$status" 125
    [[ ${stderr##*$'\n'} =~ ^sciwrap:\ .*($3) ]]
    is "$(left_in "$TMPDIR")" ""
}

@test "a host without user namespaces is named with setting and fix" {
    denied clone,clone3,unshare EPERM 'user namespaces|doctor|sysctl'
}

@test "a host that forbids mounts is named" {
    denied mount,mount_setattr,move_mount,open_tree,fsmount EPERM 'mount|doctor|sysctl'
}

@test "a host without pivot_root is named" {
    denied pivot_root EINVAL 'pivot|root'
}

@test "a right that cannot be given up ends the launch" {
    # seccomp(2), and prctl(2), the older way to the same.
    denied seccomp,prctl EINVAL 'capability|privileges|filter'
}

# limited KIND: what `run` and `doctor` say on a host whose limit on KIND namespaces is 0, set in a namespace of the test's own.
limited() {
    unshare -Ur true 2>/dev/null || skip "no user namespaces here"
    # shellcheck disable=SC2016 # for the inner shell
    run --separate-stderr unshare -Ur sh -c 'echo 0 >"/proc/sys/user/max_$1_namespaces"
        "$2" exec --no-record tiny true; echo "status $?"; "$2" doctor' sh "$1" "$SCIWRAP"
}

@test "each limit on namespaces is named with its setting, by run and doctor in the same words" {
    local kind
    for kind in user mnt pid ipc uts net cgroup; do
        limited "$kind"
        says 'status 125'
        notes "^sciwrap: .*user\.max_${kind}_namespaces.*sysctl -w"
        says "missing .*user\.max_${kind}_namespaces.*sysctl -w"
    done
}

@test "without network namespaces --network host still runs" {
    unshare -Ur true 2>/dev/null || skip "no user namespaces here"
    # shellcheck disable=SC2016 # for the inner shell
    succeeds unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces; "$1" exec --no-record --network host tiny true' \
        sh "$SCIWRAP"
}
