#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# kernels.sh: the essential tests (essentials.sh) on the kernels of Debian 11, 12 and 13 and of Ubuntu 18.04 to 24.04 in virtual
# machines that qemu makes without the hardware's help, and on this machine's own; hosts that lack something (guest.sh); and
# --private-cores on sibling threads (cores.sh). Prints "ok NAME" and "not ok NAME".
#
# usage: kernels.sh [--write] [SUITE...]     (bionic focal bullseye jammy bookworm noble trixie)
#   --write   writes the tables of docs/hosts.md, which otherwise must be what comes out
#
# SCIWRAP, FIXTURES as for bats: a release build. Kernels are fetched with this machine's apt from the mirror that it uses, 35 MB
# each, into $SCIWRAP_VM_KERNELS (build/vm-kernels), once; those of Ubuntu, 20 to 55 MB each, from $SCIWRAP_UBUNTU_MIRROR
# (http://archive.ubuntu.com/ubuntu).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
sciwrap=$(realpath "${SCIWRAP:-$top/build/release/bin/sciwrap}")
fixtures=$(realpath "${FIXTURES:-$top/build/fixtures}")
kernels=${SCIWRAP_VM_KERNELS:-$top/build/vm-kernels}
write=no
suites=()
while [[ $# -gt 0 ]]; do
    case $1 in
    --write) write=yes ;;
    -h | --help) sed -n '3,13s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) suites+=("$1") ;;
    esac
    shift
done
[[ ${#suites[@]} -gt 0 ]] || suites=(bionic focal bullseye jammy bookworm noble trixie)
ubuntu=${SCIWRAP_UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}
[[ $(uname -m) == x86_64 ]] || { echo "ok vm kernels # skip not x86-64" && exit 0; }
for program in qemu-system-x86_64 busybox; do
    command -v "$program" >/dev/null || { echo "ok vm kernels # skip no $program" && exit 0; }
done
work=$(mktemp -d "${TMPDIR:-/var/tmp}/sciwrap-kernels.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"
failed=0
verdict() { # TEXT STATUS: as count_log of tests/run.sh reads it
    if [[ $2 -eq 0 ]]; then
        echo "ok vm $1"
    else
        echo "not ok vm $1"
        failed=1
    fi
}

# ---- kernels

is_ubuntu() { # SUITE
    grep -q "  $1/" "$here/ubuntu-kernels.sha256"
}
# Where this machine's apt gets Debian's packages, of whatever suite.
mirror() {
    # shellcheck disable=SC2016 # apt's own variable
    local words
    words=${SCIWRAP_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep '/debian/*$')}
    set -- $words
    echo "${1:-}"
}
apt_of() { # SUITE COMMAND...: apt-get in a private root
    local root=$work/apt-$1
    [[ -d $root ]] || {
        mkdir -p "$root"/{etc/parts,etc/preferences.d,state/lists/partial,cache/archives/partial} && : >"$root/state/status" &&
            echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $1 main" >"$root/etc/sources.list"
    } || return
    local command=$2
    shift 2
    "$command" -q -oAPT::Architecture=amd64 -oAPT::Architectures=amd64 -oAcquire::Languages=none -oAPT::Sandbox::User= \
        -oAcquire::Check-Valid-Until=false -oDir::Etc="$root/etc" -oDir::Etc::sourcelist="$root/etc/sources.list" \
        -oDir::Etc::sourceparts="$root/etc/parts" -oDir::State="$root/state" -oDir::State::status="$root/state/status" \
        -oDir::Cache="$root/cache" "$@"
}
# Ubuntu's, each as the archive has kept it since, by its digest: no list and no key are asked.
fetch_ubuntu() { # SUITE FOLDER: its packages into the folder
    local digest path found=no
    while read -r digest path; do
        [[ $path == "$1"/* ]] || continue
        found=yes
        curl -fsS --max-time 300 -o "$2/${path##*/}" "$ubuntu/${path#*/}" >>"$work/log" 2>&1 || return
        echo "$digest  $2/${path##*/}" | sha256sum --quiet -c - >>"$work/log" 2>&1 || return
    done <"$here/ubuntu-kernels.sha256"
    [[ $found == yes ]]
}
fetch_debian() { # SUITE FOLDER
    local suite=$1 package
    [[ -n $(mirror) ]] && apt_of "$suite" apt-get update >>"$work/log" 2>&1 || return
    package=$(apt_of "$suite" apt-cache depends linux-image-cloud-amd64 | awk '$1 == "Depends:" {print $2; exit}')
    (cd "$2" && apt_of "$suite" apt-get download "$package" >>"$work/log" 2>&1)
}
fetch_kernel() { # SUITE
    local suite=$1 package module
    [[ -e $kernels/$suite/vmlinuz ]] && return
    mkdir -p "$work/$suite" "$kernels/$suite"
    if is_ubuntu "$suite"; then fetch_ubuntu "$suite" "$work/$suite"; else fetch_debian "$suite" "$work/$suite"; fi || return
    for package in "$work/$suite"/*.deb; do
        dpkg-deb -x "$package" "$work/$suite" && rm "$package" || return
    done
    while read -r module; do
        case $module in
        *.xz) xz -dc "$module" ;;
        *.zst) zstd -qdc "$module" ;;
        *) cat "$module" ;;
        esac >"$kernels/$suite/$(basename "${module%%.ko*}").ko"
    done < <(find "$work/$suite" -name 'overlay.ko*' -o -name 'virtio-rng.ko*')
    cp "$work/$suite"/boot/config-* "$kernels/$suite/config" && cp "$work/$suite"/boot/vmlinuz-* "$kernels/$suite/vmlinuz" &&
        rm -rf "${work:?}/$suite"
}

# ---- the initramfs: busybox, the programs with their libraries, the tiny environments, the tests

make_root() {
    local root=$1 library
    mkdir -p "$root"/{bin,etc,fixtures/envs,guest,mnt,modules,usr/bin,usr/local/bin,usr/local/libexec}
    cp "$fixtures/busybox" "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    cp "$sciwrap" "$root/usr/local/bin/"
    cp -r "$(dirname "$sciwrap")/../libexec/." "$root/usr/local/libexec/"
    ldd "$root/usr/local/libexec/sciwrap/sciwrap-env" | awk '/\// {print $(NF - 1)}' | while read -r library; do
        mkdir -p "$root${library%/*}" && cp -L "$library" "$root$library"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/user:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nalice:x:1000:\n' >"$root/etc/group"
    cp "$fixtures"/tiny{,-new}.tar "$root/fixtures/"
    cp "$fixtures"/envs/tiny{,-new}.ini "$root/fixtures/envs/"
    cp "$here/guest.sh" "$root/init"
    cp "$here/essentials.sh" "$here/cores.sh" "$root/guest/"
    cat >"$root/guest/variables" <<'VARIABLES'
export PATH=/usr/local/bin:/usr/bin:/bin SCIWRAP=/usr/local/bin/sciwrap FIXTURES=/fixtures TMPDIR=/tmp
VARIABLES
    cat >"$root/guest/world" <<'WORLD'
. /guest/variables
export HOME=/home/user SCIWRAP_ENVS=/fixtures/envs
[ "$(id -u)" != 0 ] || export HOME=/root
export SCIWRAP_STORE=$HOME/store
mkdir -p "$HOME/project" && cd "$HOME/project"
WORLD
    chmod 0755 "$root/init"
    chmod -R a+rX "$root"
}

# What a process becomes on Ubuntu 23.10 and later when it makes a user namespace, as AppArmor's binary: no capability has any effect.
make_profile() {
    (cd "$work" && apt-get download -q apparmor >>"$work/log" 2>&1 && dpkg-deb -x apparmor_*.deb apparmor) || return
    cat >"$work/profile" <<'PROFILE'
profile unprivileged_userns flags=(attach_disconnected) {
  audit deny capability,
  /** rwlkmix,
  network,
  signal,
  ptrace,
  unix,
  mount,
  umount,
  pivot_root,
}
PROFILE
    "$work/apparmor/sbin/apparmor_parser" -Q -K -S -M "$work/apparmor/etc/apparmor.d/abi/3.0" "$work/profile" >"$work/restricted" 2>>"$work/log"
}

# Now and then, on a busy machine, qemu's BIOS never gets to the kernel: then once more.
boot() { # SUITE
    local root=$work/root
    rm -f "$root/guest/restricted"
    [[ $1 != trixie ]] || cp "$work/restricted" "$root/guest/" 2>/dev/null
    rm -f "$root"/modules/*
    cp "$kernels/$1"/*.ko "$root/modules/" 2>/dev/null
    (cd "$root" && find . | busybox cpio -o -H newc >"$work/initrd" 2>/dev/null)
    local try
    for try in 1 2 3; do
        machine "$1" $((180 * try))
        grep -q '^in end' "$work/console.$1" && break
        echo "# $1: once more"
    done
}
machine() { # SUITE SECONDS
    # Two threads of one core, which Linux believes of few processors of qemu, for core scheduling where the kernel has that.
    local threads=() cpu=qemu64
    ! grep -q '^CONFIG_SCHED_CORE=y' "$kernels/$1/config" || threads=(-smp "cpus=2,sockets=1,cores=1,threads=2") cpu=Nehalem
    timeout "$2" qemu-system-x86_64 -accel tcg -cpu "${SCIWRAP_VM_CPU:-$cpu}" "${threads[@]}" -m 2048 -device virtio-rng-pci -nic none -nographic -no-reboot \
        -kernel "$kernels/$1/vmlinuz" -initrd "$work/initrd" -append "console=ttyS0 rdinit=/init panic=-1 quiet loglevel=3" \
        </dev/null 2>&1 | tr -d '\r' | sed 's/^.*\(in kernel \)/\1/' >"$work/console.$1"
}

# ---- what came of it

part_of() { # FILE NAME: the lines between "in NAME" and the next "in"
    awk -v name="$2" '/^in / { inside = ($2 == name); next } inside' "$1"
}
fact_of() { # FILE PART NAME
    part_of "$1" "$2" | sed -n "s/^fact $3: //p" | head -n 1
}
judge() { # LABEL FILE PART
    local bad
    bad=$(part_of "$2" "$3" | grep -c '^not ok')
    [[ $(part_of "$2" "$3" | grep -c '^ok ') -ge 13 && $bad -eq 0 ]]
    verdict "$1: the essential tests, by $3" $?
    part_of "$2" "$3" | grep -A15 '^not ok' | sed 's/^/# /'
}
row() { # SUITE FILE
    local file=$2 who cells=''
    for who in user root; do
        cells+=" | $(fact_of "$file" $who walls)"
    done
    printf '| %s (%s) | %s%s | %s, %s | %s | %s |\n' "$(sed -n 's/^in kernel \([0-9]*\.[0-9]*\).*/\1/p' "$file")" "$1" \
        "$(fact_of "$file" user recording)" "$cells" "$(fact_of "$file" user processes)" "$(fact_of "$file" user memory)" \
        "$(fact_of "$file" user writable)" "$(fact_of "$file" user cores)"
}

make_root "$work/root"
make_profile || rm -f "$work/restricted"
rows=$work/rows
hosts=$work/hosts
touch "$rows" "$hosts"
for suite in "${suites[@]}"; do
    if ! fetch_kernel "$suite"; then
        echo "ok vm kernel of $suite # skip it is not to be had here"
        sed 's/^/# /' "$work/log" | tail -n 5
        continue
    fi
    begun=$SECONDS
    boot "$suite"
    console=$work/console.$suite
    [[ ! -n ${SCIWRAP_VM_KEEP-} ]] || cp "$console" "$SCIWRAP_VM_KEEP/"
    echo "# $suite: $(sed -n 's/^in kernel //p' "$console"), $(sed -n 's/^in end //p' "$console"), $((SECONDS - begun)) s in all"
    grep -q '^in end' "$console"
    verdict "$suite: came to its end" $? || tail -n 20 "$console" | sed 's/^/# /'
    grep -q '^in end' "$console" || tail -n 20 "$console" | sed 's/^/# /'
    judge "$suite" "$console" user
    judge "$suite" "$console" root
    if [[ $(fact_of "$console" user cores) == yes ]]; then
        part_of "$console" cores | grep -q '^ok ' && ! part_of "$console" cores | grep '^not ok'
        verdict "$suite: --private-cores" $?
        part_of "$console" cores | grep '^#'
    fi
    ! part_of "$console" hosts | grep '^not ok'
    verdict "$suite: hosts that lack something" $?
    part_of "$console" hosts | grep '^#'
    row "$suite" "$console" >>"$rows"
    part_of "$console" hosts | sed -n 's/^host //p' | while IFS='|' read -r name said works; do
        echo "$name|$said|$works|$(sed -n 's/^in kernel \([0-9]*\.[0-9]*\).*/\1/p' "$console")" >>"$hosts"
    done
done

# This machine's own kernel.
own() { # WHO PREFIX...
    local who=$1
    shift
    (echo "in $who" && cd / && "$@" env SCIWRAP="$sciwrap" FIXTURES="$fixtures" TMPDIR="$work/tmp" sh "$here/essentials.sh") >>"$work/own" 2>&1
    judge "this machine, $(uname -r)" "$work/own" "$who"
}
mkdir -m 1777 "$work/tmp"
if [[ $(id -u) -eq 0 ]]; then
    own root
    user=${SCIWRAP_VM_USER:-$(getent passwd sciwrap-test nobody | head -n 1 | cut -d: -f1)}
    if runuser -u "$user" -- test -x "$sciwrap" && runuser -u "$user" -- test -r "$fixtures/tiny.tar" -a -r "$here/essentials.sh"; then
        own user runuser -u "$user" --
    else
        echo "ok vm this machine by user # skip $user cannot read the build"
    fi
else
    own user
fi

# ---- the tables

if [[ ${#suites[@]} -eq 7 && $(wc -l <"$rows") -eq 7 ]]; then
    "$here/table.sh" "$([[ $write == yes ]] && echo --write || echo --check)" kernels "$rows" hosts "$hosts"
    verdict "docs/hosts.md is what came out" $?
fi
exit $failed
