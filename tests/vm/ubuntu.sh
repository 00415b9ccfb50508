#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# ubuntu.sh: an Ubuntu 24.04 in a virtual machine, with its own kernel, systemd, and AppArmor as it comes, in which the .deb is
# installed: with its profile, without, and with the setting that makes it needless. As root; SCIWRAP, FIXTURES as for bats,
# BUILD the folder in which that was built. Fetches 150 MB, from $SCIWRAP_UBUNTU_MIRROR (http://archive.ubuntu.com/ubuntu).
#
# usage: ubuntu.sh [--write]     writes the table of docs/hosts.md, which otherwise must be what comes out
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sciwrap=$(realpath "${SCIWRAP:-$here/../../build/release/bin/sciwrap}")
build=$(realpath "${BUILD:-$(dirname "$sciwrap")/..}")
fixtures=$(realpath "${FIXTURES:-$here/../../build/fixtures}")
. "$here/ubuntu-root.bash"
for program in qemu-system-x86_64 debootstrap mkfs.ext4 cpack curl; do
    command -v "$program" >/dev/null || { echo "ok vm ubuntu # skip no $program" && exit 0; }
done
[[ $(id -u) -eq 0 && $(uname -m) == x86_64 ]] || { echo "ok vm ubuntu # skip as an ordinary user, or not x86-64" && exit 0; }
ubuntu_is_there || { echo "ok vm ubuntu # skip the archive of Ubuntu cannot be reached" && exit 0; }
top=$(mktemp -d "${TMPDIR:-/var/tmp}/sciwrap-ubuntu.XXXXXX")
trap 'rm -rf "$top"' EXIT
root=$top/root
cant() {
    tail -n 5 "$top/log" | sed 's/^/# /'
    echo "not ok vm ubuntu: $1"
    exit 1
}
ubuntu_root noble "$root" "$top/keys" \
    --include=systemd,systemd-sysv,dbus,apparmor,procps,kmod,libarchive13t64,libcurl4t64,linux-image-virtual >"$top/log" 2>&1 ||
    cant "its root file system"
(cd "$build" && cpack --config CPackConfig.cmake -G DEB -B "$top/package") >"$top/log" 2>&1 || cant "its package"
cp "$top"/package/*.deb "$root/sciwrap.deb"
# On a machine with AppArmor the script of the package loads the profile; here the next start does.
chroot "$root" dpkg --install /sciwrap.deb >"$top/log" 2>&1 || cant "the package is installed"
chroot "$root" useradd -m -u 1000 -s /bin/bash alice
mkdir -p "$root/fixtures/envs" "$root/guest"
cp "$fixtures"/tiny{,-new}.tar "$root/fixtures/"
cp "$fixtures"/envs/tiny{,-new}.ini "$root/fixtures/envs/"
cp "$here/essentials.sh" "$root/guest/"
chmod -R a+rX "$root/fixtures" "$root/guest"
for unit in getty@tty1 serial-getty@ttyS0 apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer motd-news.timer; do
    chroot "$root" systemctl mask -q "$unit" 2>>"$top/log"
done
cat >"$root/etc/systemd/system/try.service" <<'UNIT'
[Unit]
After=apparmor.service systemd-sysctl.service
[Service]
Type=oneshot
ExecStart=/bin/bash /guest/try
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStopPost=/bin/systemctl poweroff -f -f
[Install]
WantedBy=multi-user.target
UNIT
chroot "$root" systemctl enable -q try.service 2>>"$top/log"
cat >"$root/guest/world" <<'WORLD'
cd; export SCIWRAP=/usr/bin/sciwrap FIXTURES=/fixtures SCIWRAP_ENVS=/fixtures/envs
mkdir -p project; cd project
WORLD
cat >"$root/guest/try" <<'TRY'
as_alice() { runuser -u alice -- bash -c "export HOME=~alice; . /guest/world; $1"; }
says() { # NAME PATTERN WORKS TEXT
    local line
    line=$(as_alice 'sciwrap exec --no-record tiny true' 2>&1 >/dev/null | tail -n 1)
    if [[ ${line#sciwrap: } =~ $2 || (-z $2 && -z $line) ]] && as_alice "$4" >/tmp/out 2>&1; then
        echo "host $1|${line#sciwrap: }|$3|$(uname -r | cut -d. -f1,2)"
    else
        echo "not ok host $1: $line"
        sed 's/^/# /' /tmp/out
    fi
}
echo "in ubuntu"
echo "fact kernel: $(uname -r)"
echo "fact restricted: $(cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns)"
as_alice 'sciwrap pull -q tiny tiny-new'
says 'Ubuntu 24.04 with the .deb' '' everything 'sciwrap exec --no-record tiny true && ! sciwrap doctor | grep "^missing .*namespaces"'
echo "in user"
as_alice 'sh /guest/essentials.sh'
echo "in root"
(export HOME=/root; . /guest/world; sh /guest/essentials.sh)
echo "in without"
apparmor_parser --remove /etc/apparmor.d/sciwrap
wanted='sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
still='sciwrap pull -q --again tiny-new && sciwrap store verify --full tiny && sciwrap envs && sciwrap doctor | grep "^missing .*apparmor_restrict"'
says 'Ubuntu 24.04 without a profile for sciwrap' "$wanted" 'pull, show, bundle, store; no run' "$still"
apparmor_parser --remove /etc/apparmor.d/unprivileged_userns
says 'the same, and without its profile unprivileged_userns' "$wanted" 'pull, show, bundle, store; no run' "$still"
apparmor_parser --replace /etc/apparmor.d/unprivileged_userns
(export HOME=/root; . /guest/world; sciwrap exec --no-record tiny true) && echo "ok root needs no profile" || echo "not ok root needs no profile"
sysctl -q -w kernel.apparmor_restrict_unprivileged_userns=0
says "Ubuntu 24.04 with \`kernel.apparmor_restrict_unprivileged_userns=0\`" '' everything 'sciwrap exec --no-record tiny true'
echo "in end"
TRY
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
cp "$root"/boot/vmlinuz-*-generic "$top/vmlinuz"
mkfs.ext4 -q -d "$root" "$top/disk" 2500M >"$top/log" 2>&1 || cant "its disk"
timeout "${SCIWRAP_VM_SECONDS:-900}" qemu-system-x86_64 -accel tcg,thread=multi -cpu Nehalem -m 1500 -smp 2 -nic none -nographic -no-reboot \
    -device virtio-rng-pci -drive file="$top/disk",format=raw,if=virtio,cache=unsafe -kernel "$top/vmlinuz" \
    -append "console=ttyS0 root=/dev/vda rw panic=-1 quiet systemd.show_status=0" </dev/null 2>&1 | tr -d '\r' >"$top/console"
[[ ! -n ${SCIWRAP_VM_KEEP-} ]] || cp "$top/console" "$SCIWRAP_VM_KEEP/console.ubuntu"

failed=0
verdict() { # TEXT STATUS
    if [[ $2 -eq 0 ]]; then echo "ok vm ubuntu: $1"; else echo "not ok vm ubuntu: $1" && failed=1; fi
}
part_of() { # NAME
    awk -v name="$1" '/^in / { inside = ($2 == name); next } inside' "$top/console"
}
grep '^fact kernel\|^fact restricted' "$top/console" | sed 's/^/# /'
grep -q '^in end' "$top/console"
verdict "came to its end" $?
grep -q '^in end' "$top/console" || tail -n 20 "$top/console" | sed 's/^/# /'
grep -q '^fact restricted: 1' "$top/console"
verdict "AppArmor restricts user namespaces as it comes" $?
for who in user root; do
    [[ $(part_of $who | grep -c '^ok ') -ge 13 ]] && ! part_of $who | grep -A15 '^not ok'
    verdict "the .deb: essential tests, by $who" $?
done
[[ $(grep -c '^host ' "$top/console") -eq 4 ]] && ! grep -A15 '^not ok' "$top/console"
verdict "with a profile, without, and with the setting" $?
sed -n 's/^host //p' "$top/console" >"$top/rows"
if [[ $failed -eq 0 ]]; then
    "$here/table.sh" "$([[ ${1-} == --write ]] && echo --write || echo --check)" ubuntu "$top/rows"
    verdict "docs/hosts.md is what came out" $?
fi
exit $failed
