#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# systemd.sh: limits for a user whom a systemd gives a scope, in a virtual machine of Debian 12 that is made for it: its own
# packages and kernel (140 MB), started by qemu without hardware's help, in a minute. As root; SCIWRAP, FIXTURES as for bats.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sciwrap=$(realpath "${SCIWRAP:-$here/../../build/release/bin/sciwrap}")
fixtures=$(realpath "${FIXTURES:-$here/../../build/fixtures}")
for program in qemu-system-x86_64 debootstrap busybox; do
    command -v "$program" >/dev/null || { echo "ok vm systemd # skip no $program" && exit 0; }
done
[[ $(id -u) -eq 0 && $(uname -m) == x86_64 ]] || { echo "ok vm systemd # skip as an ordinary user, or not x86-64" && exit 0; }

top=$(mktemp -d "${TMPDIR:-/var/tmp}/sciwrap-vm.XXXXXX")
trap 'rm -rf "$top"' EXIT
root=$top/root
debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,busybox-static \
    bookworm "$root" ${SCIWRAP_DEBIAN_MIRROR:+"$SCIWRAP_DEBIAN_MIRROR"} >"$top/log" 2>&1 || { tail -n 5 "$top/log"; exit 1; }
chmod 0755 "$top"
kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '$1 == "Depends:" {print $2; exit}')
(cd "$top" && apt-get download -q "${kernel:-linux-image-cloud-amd64}" >>"$top/log" 2>&1 && dpkg-deb -x linux-image-*.deb kernel) || {
    echo "ok vm systemd # skip no kernel among this machine's packages"
    exit 0
}

chroot "$root" useradd -m -u 1000 -s /bin/bash alice
mkdir -p "$root/var/lib/systemd/linger" "$root/fixtures/envs" "$root/usr/local/libexec"
touch "$root/var/lib/systemd/linger/alice" # a manager of the user's own without a login
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale,zoneinfo}
cp "$sciwrap" "$root/usr/local/bin/"
cp -r "$(dirname "$sciwrap")/../libexec/." "$root/usr/local/libexec/"
ldd "$root/usr/local/libexec/sciwrap/sciwrap-env" | awk '/=> \// {print $3}' | while read -r library; do
    [[ -e $root$library ]] || { mkdir -p "$root${library%/*}" && cp -L "$library" "$root$library"; }
done
cp "$fixtures/tiny.tar" "$root/fixtures/"
sed 's|^url = .*|url = /fixtures/tiny.tar|' "$fixtures/envs/tiny.ini" >"$root/fixtures/envs/tiny.ini"
for unit in getty@tty1 serial-getty@ttyS0 apt-daily.timer apt-daily-upgrade.timer systemd-udevd systemd-udev-trigger; do
    chroot "$root" systemctl mask -q "$unit"
done
cat >"$root/etc/systemd/system/try.service" <<'UNIT'
[Unit]
After=user@1000.service systemd-logind.service dbus.service
Wants=user@1000.service
[Service]
Type=oneshot
ExecStart=/bin/sh /usr/local/bin/try-all
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStopPost=/bin/systemctl poweroff -f -f
[Install]
WantedBy=multi-user.target
UNIT
chroot "$root" systemctl enable -q try.service
# The root of the machine must be one that can be left: not the initramfs.
cat >"$root/init" <<'PRE'
#!/bin/busybox sh
/bin/busybox mount -t tmpfs -o size=1g none /mnt
for entry in bin etc fixtures home lib lib64 opt root sbin srv usr var; do /bin/busybox cp -a /$entry /mnt/; done
/bin/busybox mkdir -p /mnt/proc /mnt/sys /mnt/dev /mnt/run /mnt/tmp /mnt/mnt
/bin/busybox chmod 1777 /mnt/tmp
exec /bin/busybox switch_root /mnt /sbin/init
PRE
chmod 0755 "$root/init"
cat >"$root/usr/local/bin/try" <<'TRY'
HOME=$(getent passwd alice | cut -d: -f6)
export HOME SCIWRAP_STORE=/tmp/store SCIWRAP_ENVS=/fixtures/envs
mkdir -p "$HOME/work" && cd "$HOME/work" || exit
sciwrap pull -q tiny
sciwrap exec --verbose --no-record --pids 5 --memory 64M --cpus 1 tiny sh -c \
    'for i in 1 2 3 4 5 6 7; do sleep 1 & echo process $i; done' 2>&1
sciwrap exec --no-record --memory 40M tiny sh -c 'head -c 100000000 /dev/zero | tail -c 90000000 | wc -c' 2>&1
sciwrap exec --pids 5 tiny sh -c 'while [ ! -e /workspace/stop ]; do sleep 0.1; done' &
until sciwrap ps | grep -q tiny; do sleep 0.1; done
(cd / && sciwrap enter "$(sciwrap ps | awk '/tiny/ {print $1}')" sh -c \
    'for i in 1 2 3 4 5; do sleep 2 & echo entered $i; done; : >/workspace/stop') 2>&1
: >stop
wait
rm stop
sleep 1
find /sys/fs/cgroup -name '*sciwrap*'
systemctl --user list-units --type scope --all --no-pager --plain | grep sciwrap
echo end
TRY
cat >"$root/usr/local/bin/try-all" <<'ALL'
as() { echo "begin $1"; shift; "$@"; }
as session systemd-run --uid=alice -p PAMName=login --wait --pipe -q sh /usr/local/bin/try
as service runuser -u alice -- env XDG_RUNTIME_DIR=/run/user/1000 sh /usr/local/bin/try
mkdir -p /tmp/bus && ln -s /run/user/1000/bus /tmp/bus/bus
as bus runuser -u alice -- env XDG_RUNTIME_DIR=/tmp/bus sh /usr/local/bin/try
as none runuser -u alice -- env XDG_RUNTIME_DIR=/nonexistent sh /usr/local/bin/try
ALL
(cd "$root" && find . -xdev ! -path './proc/*' ! -path './sys/*' | busybox cpio -o -H newc >"$top/initrd" 2>/dev/null)
timeout 600 qemu-system-x86_64 -accel tcg,thread=multi -m 2500 -smp 2 -nic none -nographic -no-reboot \
    -kernel "$top"/kernel/boot/vmlinuz-* -initrd "$top/initrd" \
    -append "console=ttyS0 rdinit=/init systemd.unified_cgroup_hierarchy=1 panic=-1 quiet systemd.show_status=0" \
    </dev/null 2>&1 | tr -d '\r' >"$top/console"

# Which part of the console tells of a way to start.
told() {
    sed -n "/^begin $1\$/,/^end\$/p" "$top/console"
}
verdict() { # NAME COMMAND...
    local name=$1
    shift
    if "$@"; then
        echo "ok vm systemd: $name"
    else
        echo "not ok vm systemd: $name"
        tail -n 60 "$top/console" | sed 's/^/# /'
    fi
}
is_held() { # WAY: by a scope of the user's, which is gone afterwards
    local text
    text=$(told "$1")
    [[ $text == *$'process 4\n'* && $text != *'process 5'* && $text == *'the limit of 5 processes was hit: 1 more was refused'* &&
        $text == *'5 processes (pids, by cgroup), 64 MiB (memory, by cgroup), 1 CPU (cpus, by affinity and '* &&
        $text =~ cgroup\ v2\ /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/[^$'\n']*/sciwrap-[0-9]+-[0-9a-f]+\.scope/sciwrap- &&
        $text == *$'entered 2\n'* && $text != *'entered 5'* && $text != *90000000* && $text == *'the memory limit of 40 MiB'* ]] &&
        ! grep -qE '^(/sys/fs/cgroup|sciwrap-)' <<<"$text"
}
is_weak() {
    local text
    text=$(told none)
    [[ $text == *'5 processes (pids, by user namespace), 64 MiB (memory, by process)'* && $text == *$'\nend' ]]
}
verdict "a user in a session has limits by a scope" is_held session
verdict "a user without a session has limits by a scope" is_held service
verdict "so has who has only the bus" is_held bus
verdict "without a systemd of the user limits are as elsewhere" is_weak
