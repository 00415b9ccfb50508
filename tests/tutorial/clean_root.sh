#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# clean_root.sh make ROOT: puts a minimal Debian into ROOT ($CLEAN_SUITE, Debian 12 by default), as somebody has it who never
# heard of sciwrap. clean_root.sh enter ROOT USER [VARIABLE=VALUE]... COMMAND...: runs a command there, as that user, with no other
# variables. As root; debootstrap is installed if it is missing. From $SCIWRAP_DEBIAN_MIRROR, where that is set.
set -euo pipefail

make_root() { # ROOT
    if ! command -v debootstrap >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap
    fi
    debootstrap --variant=minbase "${CLEAN_SUITE:-bookworm}" "$1" ${SCIWRAP_DEBIAN_MIRROR:+"$SCIWRAP_DEBIAN_MIRROR"}
    # The one who answers "yes" to apt is not there.
    echo 'APT::Get::Assume-Yes "true";' >"$1/etc/apt/apt.conf.d/90yes"
    [[ -z ${http_proxy-} ]] || printf 'Acquire::http::Proxy "%s";\n' "$http_proxy" >"$1/etc/apt/apt.conf.d/90proxy"
    cp -L /etc/resolv.conf "$1/etc/resolv.conf"
}

# Not chroot(2), under which the kernel refuses user namespaces: the folder becomes the root of a mount namespace. What a
# command leaves behind ends with it.
enter_root() { # ROOT USER WORD...
    # shellcheck disable=SC2016
    exec unshare --mount --pid --fork --kill-child --propagation private bash -c '
        set -e
        root=$1 user=$2
        shift 2
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --rbind /sys "$root/sys"
        mkdir -p "$root/.old"
        cd "$root"
        pivot_root . .old
        cd /
        umount --lazy /.old
        uid=$(id -u "$user") gid=$(id -g "$user")
        exec setpriv --reuid "$uid" --regid "$gid" --init-groups env -i "$@"' enter "$@"
}

case ${1-} in
make) make_root "${2:?clean_root.sh make ROOT}" ;;
enter) shift && enter_root "$@" ;;
*) echo "clean_root.sh: make or enter; its head says more" >&2 && exit 125 ;;
esac
