#!/usr/bin/env bats
# Hosts that lack something, as far as they can be made here: what is said, by a run and by doctor in the same words, and what works
# all the same. More of them, in virtual machines and containers: tests/vm.
load helpers

# In namespaces of the test's own, in which parts of /proc are covered as container engines do it; as root of them.
covered() { # TEXT-OF-A-SHELL
    unshare -Ur true 2>/dev/null || skip "no user namespaces here"
    # shellcheck disable=SC2016 # for the inner shell
    unshare -Urmpf --mount-proc sh -c 'for name in kcore keys latency_stats timer_list sched_debug; do
            [ ! -e /proc/$name ] || mount --bind /dev/null /proc/$name; done
        for name in acpi asound scsi; do [ ! -d /proc/$name ] || mount -t tmpfs -o ro none /proc/$name; done
        for name in bus fs irq sys; do
            [ ! -e /proc/$name ] || { mount --bind /proc/$name /proc/$name && mount -o remount,bind,ro /proc/$name; }; done
        eval "$1"' sh "$1"
}

@test "where /proc is partly covered nothing is started, and two ways out are named" {
    fails_with 125 'parts of /proc are covered.*unmask=ALL.*SCIWRAP_PROC=shared' -- covered '"$SCIWRAP" exec tiny touch ran'
    [[ ! -e ran ]]
    run covered '"$SCIWRAP" doctor'
    is "$status" 1
    says 'missing +own /proc: .*SCIWRAP_PROC=shared'
}

@test "with SCIWRAP_PROC=shared a run shares the /proc of the container, and its manifest says so" {
    succeeds covered 'export SCIWRAP_PROC=shared; "$SCIWRAP" doctor >doctor || exit 1
        echo in >in; "$SCIWRAP" exec tiny sh -c "cat in >out; cat /proc/acpi/* /proc/keys; id -u; grep NoNewPrivs /proc/self/status"
        "$SCIWRAP" rerun "$(ls .sciwrap/runs)" | tail -n 1'
    says identical
    grep -q 'optional *own /proc' doctor
    says $'NoNewPrivs:\t1'
    is "$(field "[l['kind'] for l in m['leaks'] if 'container' in l['detail']]" .sciwrap/runs/*/manifest.json)" "['processes']"
    # What is covered stays so, and nothing of the container can be touched.
    succeeds covered 'export SCIWRAP_PROC=shared
        "$SCIWRAP" exec --no-record tiny sh -c "cat /proc/1/environ; cat /proc/1/root/etc/passwd; echo 1 >/proc/sys/kernel/hostname
            umount /proc/keys; readlink /proc/1/fd/0; readlink /proc/1/exe; ls /proc/1/cwd/ /proc/1/task/1/cwd/; kill -0 2; true" 2>&1 | grep -v -i -E "denied|permitted|read-only|no such" || true'
    is "$output" ""
}

@test "SCIWRAP_PROC has two values, and where a fresh /proc is to be had that is used" {
    fails_with 125 "'own' or 'shared'" -- env SCIWRAP_PROC=host "$SCIWRAP" exec tiny true
    quietly env SCIWRAP_PROC=shared "$SCIWRAP" exec tiny sh -c 'echo /proc/[0-9]*'
    [[ $(wc -w <<<"$output") -le 3 ]]
    is "$(field "[l for l in m['leaks'] if l['kind'] == 'processes']")" "[]"
}

@test "devices that are not there, or not what their names say, are named" {
    unshare -Ur true 2>/dev/null || skip "no user namespaces here"
    # shellcheck disable=SC2016 # for the inner shell
    fails_with 125 "'/dev/full' of this host is not the device it should be" -- \
        unshare -Urm sh -c 'mount --bind /dev/zero /dev/full && exec "$SCIWRAP" exec tiny true'
    # shellcheck disable=SC2016
    fails_with 125 "this host has no '/dev/full', which a run needs; make it: 'mknod -m 666 /dev/full c 1 7'" -- \
        unshare -Urm sh -c 'mkdir dev && mount -t tmpfs none dev || exit
            for name in null zero random urandom tty; do : >dev/$name && mount --bind /dev/$name dev/$name || exit; done
            mount --rbind dev /dev && exec "$SCIWRAP" exec tiny true'
}

@test "the filter of a container engine is named, and what needs no namespaces works under it" {
    local under=("$FIXTURES/under" engine) id
    "$SCIWRAP" exec tiny sh -c 'echo out >out'
    id=$(ls .sciwrap/runs)
    fails_with 125 'a filter of system calls forbids user namespaces here.*seccomp=unconfined' -- "${under[@]}" "$SCIWRAP" exec tiny touch ran
    [[ ! -e ran ]]
    run "${under[@]}" "$SCIWRAP" doctor
    is "$status" 1
    says 'missing +user namespaces: .*seccomp=unconfined'
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    quietly "${under[@]}" "$SCIWRAP" pull -q tiny
    succeeds "${under[@]}" "$SCIWRAP" store verify --full tiny
    succeeds "${under[@]}" "$SCIWRAP" bundle -q "$id" -o run.sciwrap
    succeeds "${under[@]}" "$SCIWRAP" show run.sciwrap
}

# The setting is simulated: a kernel of Ubuntu's has it, and answers mounts with EACCES then. Not as root: it is for users.
@test "AppArmor's restriction of user namespaces is named with its setting" {
    unshare -Ur true 2>/dev/null || skip "no user namespaces here"
    # shellcheck disable=SC2016 # for the inner shell
    run --separate-stderr unshare -Urm sh -c 'mount -t tmpfs none /proc/sys/kernel &&
        echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns && exec unshare -U --map-user=1000 -- "$@"' sh \
        "$FIXTURES/under" lacking mount-refused sh -c '"$SCIWRAP" exec --no-record tiny true; echo $?; "$SCIWRAP" doctor'
    says '^125'
    notes 'kernel.apparmor_restrict_unprivileged_userns = 1.*userns,.*sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
    says 'missing +tmpfs mounts: .*apparmor_restrict'
}

@test "what notifications cannot do is told by doctor" {
    "$FIXTURES/under" listening true || skip "somebody listens to these tests already"
    succeeds "$FIXTURES/under" listening "$SCIWRAP" doctor
    says 'optional +seccomp notifications: .*comparing before and after'
    succeeds "$FIXTURES/under" lacking openat2 "$SCIWRAP" doctor
    says 'optional +seccomp notifications: openat2'
    succeeds "$FIXTURES/under" lacking landlock "$SCIWRAP" doctor
    says 'optional +Landlock scopes: Linux before 5.13'
}

# A child beside init makes it, with the same errno: the reason is to be that of the namespace, every time.
@test "network namespaces limited to 0 are named, every time, and a run with the host's network needs none" {
    unshare -Ur true 2>/dev/null || skip "no user namespaces here"
    # shellcheck disable=SC2016 # for the inner shell
    run unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces || exit 1
        for i in $(seq 30); do "$SCIWRAP" exec --no-record tiny touch ran; [ $? = 125 ] || exit 2; done 2>&1 | sort -u >said
        "$SCIWRAP" doctor >doctor; "$SCIWRAP" exec --network host tiny touch with-host'
    is "$status" 0
    is "$(wc -l <said)" 1
    grep -q "^sciwrap: cannot create a network namespace: .*user.max_net_namespaces); use '--network host', or ask .*sysctl -w" said
    grep -q "^missing .*network namespaces: .*user.max_net_namespaces); use '--network host'" doctor
    is "$(grep -c ^missing doctor)" 1
    [[ ! -e ran && -e with-host ]]
}
