#!/bin/busybox sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash disable=SC2016 # texts for inner shells
# guest.sh: the first process of the virtual machines of kernels.sh: the essential tests as an ordinary user and as root, then
# hosts that lack something. All that it has to say is on the console: "in NAME", then the lines of essentials.sh; and "host
# NAME|MESSAGE|WHAT WORKS" or "not ok host NAME".
if [ ! -e /fixtures/left ]; then # in the initramfs, which is a root that cannot be left (pivot_root(2))
    /bin/busybox mount -t tmpfs -o size=1g none /mnt
    for entry in bin etc fixtures guest init lib lib64 modules usr; do
        [ ! -e /$entry ] || /bin/busybox cp -a /$entry /mnt/
    done
    /bin/busybox mkdir -p /mnt/proc /mnt/sys /mnt/dev /mnt/run /mnt/tmp /mnt/mnt /mnt/home/user
    : >/mnt/fixtures/left
    exec /bin/busybox switch_root /mnt /init
fi
export PATH=/usr/local/bin:/usr/bin:/bin SCIWRAP=/usr/local/bin/sciwrap FIXTURES=/fixtures TMPDIR=/tmp HOME=/tmp
busybox mount -t proc proc /proc
busybox --install -s /bin
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 none /dev/shm
chmod 1777 /tmp
chown alice:alice /home/user
ip link set lo up
# Before 5.6 getrandom(2) waits for randomness, of which a machine that has just been started has none.
[ ! -e /modules/virtio-rng.ko ] || insmod /modules/virtio-rng.ko
echo "in kernel $(uname -r) after $(cut -d' ' -f1 /proc/uptime) s"

# Control groups of version 2, one of them handed to alice as a manager of services would.
mount -t cgroup2 none /sys/fs/cgroup
for controller in pids memory cpuset cpu; do echo +$controller; done >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p /sys/fs/cgroup/alice/session
for controller in pids memory cpuset cpu; do echo +$controller; done >/sys/fs/cgroup/alice/cgroup.subtree_control
chown alice /sys/fs/cgroup/alice /sys/fs/cgroup/alice/cgroup.procs /sys/fs/cgroup/alice/cgroup.subtree_control \
    /sys/fs/cgroup/alice/session /sys/fs/cgroup/alice/session/cgroup.procs

as_alice() { # TEXT: a shell's; without a control group of hers
    su alice -s /bin/sh -c "$1"
}

# The two processors of the machine are threads of one core where kernels.sh asks for it.
if [ "$(cat /sys/devices/system/cpu/smt/active 2>/dev/null)" = 1 ]; then
    echo "in cores"
    echo 1 >/proc/sys/kernel/sched_schedstats
    as_alice '. /guest/world; sciwrap pull -q tiny; sh /guest/cores.sh'
fi

# Without the module first: a host that has no overlay.
echo "in overlay"
if grep -qw overlay /proc/filesystems; then
    echo "# overlay is built in"
fi
as_alice '. /guest/world; sciwrap pull -q tiny; sciwrap exec --no-record --writable tiny true' >/tmp/out 2>&1
overlay_status=$? overlay_text=$(tail -n 1 /tmp/out)
[ ! -e /modules/overlay.ko ] || insmod /modules/overlay.ko

echo "in user"
(echo 0 >/sys/fs/cgroup/alice/session/cgroup.procs && exec su alice -s /bin/sh -c 'cd; . /guest/variables; sh /guest/essentials.sh')
echo "in root"
mkdir -p /root && cd /root && sh /guest/essentials.sh
cd /
echo "in hosts"

# says NAME PATTERN TEXT WORKS: of a command that alice's shell was given (its output in /tmp/out, its status in $status): 125, its
# last line has PATTERN; then the shell text WORKS succeeds, if there is one.
says() {
    name=$1 pattern=$2 works=$3 way=$4
    line=$(tail -n 1 /tmp/out)
    if [ "$status" = 125 ] && echo "$line" | grep -q "$pattern"; then
        works "$name" "${line#sciwrap: }" "$works" "$way"
    else
        echo "not ok host $name: status $status: $line"
    fi
}
works() { # NAME MESSAGE WORDS TEXT
    if [ -z "$4" ] || as_alice ". /guest/world; $4" >/tmp/out2 2>&1; then
        echo "host $1|$2|$3"
    else
        echo "not ok host $1: $(tail -n 1 /tmp/out2)"
    fi
}
try() { # TEXT
    as_alice ". /guest/world; $1" >/tmp/out 2>&1
    status=$?
}
doctor_says() { # PATTERN
    as_alice '. /guest/world; sciwrap doctor' 2>&1 | grep -q "^missing .*$1" || echo "not ok host: doctor does not say $1"
}
without_runs='pull, show, bundle, store; no run'
still='sciwrap pull -q --again tiny-new && sciwrap store verify --full tiny && sciwrap envs'

if [ "$overlay_status" = 125 ]; then
    status=125
    echo "$overlay_text" >/tmp/out
    says 'no overlay file system' 'overlay' 'everything but `--writable`' 'sciwrap exec tiny true'
fi
echo 0 >/proc/sys/user/max_user_namespaces
try 'sciwrap exec tiny true'
says 'user namespaces limited to 0' 'sysctl -w user.max_user_namespaces=' "$without_runs" "$still"
doctor_says user.max_user_namespaces
echo 1 >/proc/sys/user/max_user_namespaces
try 'sciwrap exec tiny true'
says 'one user namespace for each user' 'user.max_user_namespaces' "$without_runs" "$still"
doctor_says user.max_user_namespaces
echo 10000 >/proc/sys/user/max_user_namespaces
if [ -e /proc/sys/kernel/unprivileged_userns_clone ]; then
    echo 0 >/proc/sys/kernel/unprivileged_userns_clone
    try 'sciwrap exec tiny true'
    says 'user namespaces for root alone (Debian)' 'sysctl -w kernel.unprivileged_userns_clone=1' "$without_runs" "$still"
    doctor_says unprivileged_userns_clone
    sh -c '. /guest/world; sciwrap exec --no-record tiny true' >/tmp/out 2>&1
    status=$?
    says 'the same, and started by root' 'sysctl -w kernel.unprivileged_userns_clone=1' "$without_runs" ''
    echo 1 >/proc/sys/kernel/unprivileged_userns_clone
fi
echo 0 >/proc/sys/user/max_net_namespaces
try 'sciwrap exec tiny true'
says 'network namespaces limited to 0' 'network host' '`--network host`' 'sciwrap exec --network host tiny true'
doctor_says user.max_net_namespaces
echo 10000 >/proc/sys/user/max_net_namespaces
rm -f /dev/fuse
try 'sciwrap exec tiny true'
[ "$status" = 0 ] && echo 'host /dev/fuse missing||everything: it is not used' || echo 'not ok host /dev/fuse missing'
rm /dev/full
try 'sciwrap exec tiny true'
says 'a /dev without one of the six devices' "/dev/full" "$without_runs" "$still"
mknod -m 666 /dev/full c 1 7
try 'sciwrap exec --pids 5 --verbose tiny true'
case $status in
0)
    echo "host no control group for the user||everything; limits $(sed -n 's/.*processes (pids, by \([a-z ]*\)).*/\1/p' /tmp/out | sed 's/^/by /')"
    ;;
*) says 'no control group for the user (before Linux 5.14)' 'cannot be' 'everything but `--pids`' 'sciwrap exec --memory 1G tiny true' ;;
esac
# Covered as engines cover it.
cat >/guest/covered <<'COVERED'
for folder in acpi asound scsi; do
    [ ! -d /proc/$folder ] || mount -t tmpfs -o ro none /proc/$folder
done
for file in kcore keys latency_stats timer_list sched_debug; do
    [ ! -e /proc/$file ] || mount --bind /dev/null /proc/$file
done
for entry in bus fs irq sys sysrq-trigger; do
    [ ! -e /proc/$entry ] || { mount --bind /proc/$entry /proc/$entry && mount -o remount,bind,ro /proc/$entry; }
done
COVERED
as_covered() { # WHO TEXT
    unshare -m sh -c '. /guest/covered; exec su "$1" -s /bin/sh -c "$2"' sh "$1" ". /guest/world; $2" >/tmp/out 2>&1
    status=$?
}
as_covered alice 'sciwrap exec tiny true'
says '/proc partly covered, as in a container' 'SCIWRAP_PROC=shared' 'everything with `SCIWRAP_PROC=shared`; a leak in the manifest' ''
for who in alice root; do
    as_covered $who 'export SCIWRAP_PROC=shared; sciwrap exec --manifest shared.json tiny sh -c "echo in >in" && cat in && rm -f in &&
        grep -c "told of the processes of the container" shared.json; rm -f shared.json'
    [ "$(tr '\n' ' ' </tmp/out)" = 'in 1 ' ] || { echo "not ok host shared proc of $who"; sed 's/^/# /' /tmp/out; }
    as_covered $who 'export SCIWRAP_PROC=shared; sciwrap audit tiny | grep -E "^open|attempts"'
    sed 's/^/# /' /tmp/out
done
unshare -m sh -c 'umount -l /proc; su alice -s /bin/sh -c ". /guest/world; sciwrap exec tiny true"' >/tmp/out 2>&1
status=$?
says 'no /proc mounted' 'mount -t proc proc /proc' 'nothing' ''
mkdir -p /jail && mount --bind / /jail && mount -t proc proc /jail/proc && mount --rbind /dev /jail/dev
chroot /jail su alice -s /bin/sh -c '. /guest/world; sciwrap exec tiny true' >/tmp/out 2>&1
status=$?
says 'inside of a chroot' 'chroot' "$without_runs" ''
# Debian's kernel has AppArmor.
if [ -e /guest/restricted ] && mount -t securityfs none /sys/kernel/security && cat /guest/restricted >/sys/kernel/security/apparmor/.replace; then
    confined='echo "exec unprivileged_userns" >/proc/self/attr/exec; exec sciwrap'
    try "$confined exec tiny true"
    says 'a profile of AppArmor that takes all rights' "the security profile 'unprivileged_userns" "$without_runs" "$still"
fi
echo "in end after $(cut -d' ' -f1 /proc/uptime) s"
poweroff -f
