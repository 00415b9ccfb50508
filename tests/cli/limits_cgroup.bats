#!/usr/bin/env bats
# Limits by control groups: those of version 1 that root has, one of version 2 that was delegated, none at all; and that
# none is left. Groups can only be made by root, who then becomes a user of the tests.
load helpers

# The group of version 1 in which this process is, for a controller: split_group NAME.
split_group() {
    local top own
    top=$(awk -v want="$1" '$0 ~ / - cgroup / { n = split($NF, o, ","); for (i = 1; i <= n; i++) if (o[i] == want) print $5 }' \
        /proc/self/mountinfo | head -n 1)
    own=$(awk -F: -v want="$1" '{ n = split($2, o, ","); for (i = 1; i <= n; i++) if (o[i] == want) print $3 }' /proc/self/cgroup)
    [[ -n $top && -n $own ]] && echo "$top${own%/}"
}

unified_top() {
    awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo
}

# Groups whose launcher is gone: other runs on this host may have theirs meanwhile.
groups_left() {
    local group pid
    while read -r group; do
        pid=${group##*/sciwrap-}
        [[ -e /proc/${pid%%-*} || ! -e $group ]] || echo "$group"
    done < <(find /sys/fs/cgroup -type d -name 'sciwrap-*' 2>/dev/null)
}

limits() {
    field "(lambda l: ($1))(m['circumstances']['limits'])"
}

@test "version 1: processes, memory and CPUs are held by groups, which are gone afterwards" {
    local group
    group=$(split_group pids) && [[ -w $group ]] || skip "as an ordinary user, or no control groups of version 1"
    run --separate-stderr "$SCIWRAP" exec --pids 10 --memory 64M --cpus 1 tiny sh -c 'cat /proc/self/cgroup >groups
        for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & echo $i >alive; done'
    is "$(cat alive)" 9
    notes 'sciwrap: the limit of 10 processes was hit: 1 more was refused'
    is "$(limits 'l["mechanism"], l["by"], l["hit"], l["refused_processes"]')" \
        "('cgroup v1', {'pids': 'cgroup', 'memory': 'cgroup', 'cpus': 'affinity and cpuset'}, ['pids'], 1)"
    [[ $(limits 'l["cgroup"]') == "$group"/sciwrap-* ]]
    # The run cannot see where on the host its groups are.
    is "$(grep -c sciwrap groups)" 0
    is "$(groups_left)" ""
}

@test "version 1: the launcher's own CPUs and groups are what they were" {
    split_group cpuset >/dev/null && [[ -w $(split_group cpuset) ]] || skip "as an ordinary user, or no cpusets"
    local before
    before=$(grep Cpus_allowed_list /proc/self/status; cat /proc/self/cgroup)
    taskset -c 0 "$SCIWRAP" exec --cpus 1 --pids 5 tiny grep Cpus_allowed_list: /proc/self/status >inside
    [[ $(cat inside) == *:?0 ]]
    is "$(grep Cpus_allowed_list /proc/self/status; cat /proc/self/cgroup)" "$before"
}

@test "memory is that of all processes, and of files in memory" {
    [[ -w $(split_group memory) ]] || skip "as an ordinary user, or no control groups of version 1"
    run --separate-stderr "$SCIWRAP" exec --memory 40M tiny sh -c \
        'for i in 1 2 3; do { head -c 20971520 /dev/zero; sleep 1; } | tail >/dev/null & done; wait; echo survived'
    # The kernel chooses whom it ends: one of the three, or the shell that waits for them.
    notes '(the memory limit of 40 MiB was hit: [0-9]+ process(es were| was) killed|ended by the memory limit of 40 MiB)'
    is "$(limits 'l["hit"]')" "['memory']"
    fails_with 137 'ended by the memory limit of 40 MiB' -- \
        "$SCIWRAP" exec --memory 40M tiny sh -c 'exec dd if=/dev/zero of=/dev/shm/x bs=1M count=60 2>/dev/null'
}

@test "a group of a launcher that was killed goes with a later start" {
    [[ -w $(split_group pids) ]] || skip "as an ordinary user, or no control groups of version 1"
    "$SCIWRAP" exec --pids 20 tiny sh -c 'echo ready >ready; sleep 300' 3>&- &
    local runner=$!
    until_true test -e ready
    kill -KILL $runner
    wait $runner || true
    [[ -n $(groups_left) ]]
    swept() {
        "$SCIWRAP" exec --pids 20 tiny true && [[ -z $(groups_left) ]]
    }
    until_true swept
}

@test "a group that is in use stays while others start" {
    [[ -w $(split_group pids) ]] || skip "as an ordinary user, or no control groups of version 1"
    "$SCIWRAP" exec --pids 3 tiny sh -c 'echo ready >ready; while ! [ -e go ]; do sleep 0.1; done
        sleep 1 & sleep 1 & sleep 1 & echo four >four' 3>&- 2>/dev/null &
    until_true test -e ready
    for i in 1 2 3; do "$SCIWRAP" exec --pids 20 tiny true; done
    touch go
    wait $! || true
    [[ ! -e four ]]
    is "$(groups_left)" ""
}

# As many of the launches as there can be at once, in the same parent group.
@test "forty runs at once each have a group of their own" {
    [[ -w $(split_group pids) ]] || skip "as an ordinary user, or no control groups of version 1"
    local i
    for i in {1..40}; do
        "$SCIWRAP" exec --no-record --pids 3 tiny sh -c "sleep 0.2 & sleep 0.2 & wait; echo good >good.$i" 3>&- &
    done
    wait
    is "$(ls good.* | wc -l)" 40
    is "$(groups_left)" ""
}

@test "without control groups root's processes cannot be counted, and that is an error" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
    run --separate-stderr unshare -m sh -c 'umount -l /sys/fs/cgroup; exec "$0" exec --pids 10 tiny touch ran' "$SCIWRAP"
    is "$status" 125
    notes 'the number of processes cannot be limited here: no control group can be written, and the kernel exempts root'
    [[ ! -e ran ]]
    run --separate-stderr unshare -m sh -c 'umount -l /sys/fs/cgroup; exec "$0" exec --memory 1G --cpus 1 tiny true' "$SCIWRAP"
    is "$status" 0
    notes 'the memory limit holds for each process by itself, and the run could move to other CPUs itself: no control groups are mounted here'
}

@test "version 2: a delegated group holds processes" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
    local top group name=sciwrap.test.$$
    top=$(unified_top)
    [[ -n $top ]] && grep -qw pids "$top/cgroup.controllers" || skip "no unified control groups with pids here"
    group=$top/$name
    mkdir -p "$group/inner"
    echo +pids >"$top/cgroup.subtree_control"
    bash -c "echo \$\$ >$group/inner/cgroup.procs; echo +pids >$group/cgroup.subtree_control
        exec \"\$0\" exec --pids 4 tiny sh -c 'sleep 1 & sleep 1 & sleep 1 & echo three >three; sleep 1 & echo four >four'" \
        "$SCIWRAP" || true
    [[ -e three && ! -e four ]]
    is "$(limits 'l["mechanism"], l["by"]["pids"]')" "('cgroup v2', 'cgroup')"
    [[ $(limits 'l["cgroup"]') == "$group"/sciwrap-* ]]
    is "$(groups_left)" ""
    rmdir "$group/inner" "$group"
}
