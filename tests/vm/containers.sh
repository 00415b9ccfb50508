#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# containers.sh: sciwrap inside of containers as engines make them by default and with what opens them up: crun starts each out of a
# configuration that has the masks, the read-only paths, the capabilities and the kind of filter of Docker or Podman.
# Prints "ok NAME" and "not ok NAME" lines. As root; SCIWRAP, FIXTURES as for bats; installs crun where it is missing.
#
# usage: containers.sh [--write]     writes the table of docs/hosts.md, which otherwise must be what comes out
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
sciwrap=$(realpath "${SCIWRAP:-$top/build/release/bin/sciwrap}")
fixtures=$(realpath "${FIXTURES:-$top/build/fixtures}")
[[ $(id -u) -eq 0 ]] || { echo "ok vm containers # skip as an ordinary user" && exit 0; }
command -v crun >/dev/null || apt-get install -y -qq --no-install-recommends crun >/dev/null 2>&1
command -v crun >/dev/null || { echo "ok vm containers # skip no crun to be had" && exit 0; }
work=$(mktemp -d "${TMPDIR:-/var/tmp}/sciwrap-containers.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"
root=$work/root
failed=0

# A root with busybox, the programs and their libraries, as the virtual machines have it.
make_root() {
    local library
    mkdir -p "$root"/{bin,dev,etc,fixtures/envs,guest,home/user,proc,root,sys,tmp,usr/bin,usr/local/bin,usr/local/libexec}
    cp "$fixtures/busybox" "$root/bin/busybox"
    "$root/bin/busybox" --list | grep -vx busybox | while read -r library; do ln -sf busybox "$root/bin/$library"; done
    cp "$sciwrap" "$root/usr/local/bin/"
    cp -r "$(dirname "$sciwrap")/../libexec/." "$root/usr/local/libexec/"
    ldd "$root/usr/local/libexec/sciwrap/sciwrap-env" | awk '/\// {print $(NF - 1)}' | while read -r library; do
        mkdir -p "$root${library%/*}" && cp -L "$library" "$root$library"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nuser:x:1000:\n' >"$root/etc/group"
    cp "$fixtures"/tiny{,-new}.tar "$root/fixtures/"
    cp "$fixtures"/envs/tiny{,-new}.ini "$root/fixtures/envs/"
    cp "$here/essentials.sh" "$root/guest/"
    chmod -R a+rX "$root"
    chmod 1777 "$root/tmp"
    chown 1000:1000 "$root/home/user"
}

# contained CONFIGURATION UID TEXT: a shell's text in a container; its standard output and error in $work/out, its status is ours.
contained() {
    rm -rf "$work/bundle" && mkdir "$work/bundle"
    python3 "$here/container.py" "$1" "$2" "$root" "$3" >"$work/bundle/config.json" || return 99
    # crun wants control groups of one version only; on hosts that have both it sees none but the second.
    (cd "$work/bundle" && unshare -m sh -c 'umount -R -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup
        exec timeout 300 crun --root "$1" --cgroup-manager disabled run "$2"' sh "$work/state" "sciwrap-test-$$-$RANDOM") >"$work/out" 2>&1 </dev/null
}
row() { # NAME MESSAGE WORKS
    echo "$1|$2|$3|crun" >>"$work/rows"
}
verdict() { # NAME STATUS
    if [[ $2 -eq 0 ]]; then
        echo "ok vm container $1"
    else
        echo "not ok vm container $1"
        tail -n 30 "$work/out" | sed 's/^/# /'
        failed=1
    fi
}
works_in() { # NAME CONFIGURATION WORDS: the essential tests, as root and as user
    local uid
    for uid in 0 1000; do
        contained "$2" "$uid" 'export SCIWRAP=/usr/local/bin/sciwrap FIXTURES=/fixtures; sh /guest/essentials.sh'
        [[ $(grep -c '^ok ' "$work/out") -ge 13 ]] && ! grep '^not ok' "$work/out"
        verdict "$1, uid $uid" $?
    done
    row "$1" '' "$3"
}
refused_in() { # NAME CONFIGURATION PATTERN WORDS
    local uid said=''
    for uid in 0 1000; do
        contained "$2" "$uid" 'export SCIWRAP_ENVS=/fixtures/envs SCIWRAP_STORE=/tmp/store HOME=/tmp; cd /tmp; PATH=$PATH:/usr/local/bin
            sciwrap pull -q tiny && sciwrap store verify --full tiny && echo stored; sciwrap doctor; sciwrap exec tiny true; echo "status $?"'
        said=$(sed -n 's/^sciwrap: \(cannot .*\)/\1/p' "$work/out" | tail -n 1)
        grep -qx 'status 125' "$work/out" && grep -qE "^missing .*$3" "$work/out" && grep -qE "$3" <<<"$said" && grep -qx stored "$work/out"
        verdict "$1, uid $uid" $?
    done
    row "$1" "$said" "$4"
}

make_root
touch "$work/rows"
refused_in 'Docker, as it comes' docker 'seccomp=unconfined' 'pull, show, bundle, store; no run'
refused_in 'Docker, `--security-opt seccomp=unconfined`; a pod of Kubernetes, as it comes' docker-seccomp 'systempaths=unconfined' \
    'everything with `SCIWRAP_PROC=shared`'
works_in 'Docker, `--security-opt seccomp=unconfined --env SCIWRAP_PROC=shared`' docker-shared 'everything; a leak in the manifest'
works_in 'Docker, `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`' docker-open 'everything'
refused_in 'Podman, as it comes' podman 'unmask=ALL' 'everything with `SCIWRAP_PROC=shared`'
works_in 'Podman, `--security-opt unmask=ALL`' podman-open 'everything'
if [[ $failed -eq 0 ]]; then
    "$here/table.sh" "$([[ ${1-} == --write ]] && echo --write || echo --check)" containers "$work/rows"
    verdict "docs/hosts.md is what came out" $?
fi
exit $failed
