#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh: both packages are made and tried as their users would: the .deb is installed in a new Debian 12, Ubuntu 22.04 and
# 24.04; the archive is unpacked in a Debian 11, an Ubuntu 16.04 and 18.04, whose C libraries are too old for the helper, and in a
# root that has no C library at all. There an environment is pulled from a file and over http, run, rerun from a bundle,
# as root and as an ordinary user. As root; PRESET=release BUILD=its folder; it installs debootstrap, which brings 100 MB, and
# what cpack needs for a .deb; 200 MB of Ubuntu more where $SCIWRAP_UBUNTU_MIRROR (http://archive.ubuntu.com/ubuntu) can be reached.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BUILD:-$here/../../build/release}")
fixtures=$(realpath "${FIXTURES:-$here/../../build/fixtures}")
[[ $(id -u) -eq 0 && $(uname -m) == x86_64 ]] || { echo "ok packages # skip as an ordinary user, or not x86-64" && exit 0; }
for need in cpack:cmake debootstrap:debootstrap busybox:busybox-static dpkg-shlibdeps:dpkg-dev file:file; do
    command -v "${need%:*}" >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${need#*:}" >&2
    command -v "${need%:*}" >/dev/null || { echo "ok packages # skip no ${need%:*}, and it could not be installed" && exit 0; }
done

. "$here/../vm/ubuntu-root.bash"

top=$(mktemp -d "${TMPDIR:-/var/tmp}/sciwrap-packages.XXXXXX")
trap 'rm -rf "$top"' EXIT
chmod 0755 "$top"
worst=0

tell() { # STATUS NAME [LOG]
    if [[ $1 -eq 0 ]]; then
        echo "ok package $2"
    else
        [[ -z ${3-} ]] || sed 's/^/# /' "$3" | tail -n 20
        echo "not ok package $2"
        worst=1
    fi
}

pack() { # FOLDER
    SOURCE_DATE_EPOCH=1600000000 cpack --config "$build/CPackConfig.cmake" -B "$1" >"$top/log" 2>&1
}

# Without a chroot, in which the kernel makes no user namespace: the root becomes the root of a mount namespace.
# The server that it starts ends with its PID namespace.
inside() { # ROOT UID COMMAND...
    local root=$1 uid=$2
    shift 2
    unshare --mount --pid --fork --kill-child --propagation private "$root/sw/busybox" sh -c '
        set -e
        root=$1 uid=$2
        shift 2
        busybox=$root/sw/busybox
        $busybox mount -o bind "$root" "$root"
        $busybox mount -t proc none "$root/proc"
        $busybox mount -o rbind /dev "$root/dev"
        $busybox mount -t tmpfs none "$root/tmp"
        $busybox chmod 1777 "$root/tmp"
        cd "$root"
        $busybox pivot_root . tmp
        cd /
        /sw/busybox umount -l /tmp
        set -- /sw/busybox env -i HOME=/home/user PATH=/usr/local/bin:/usr/bin:/bin:/sw/bin "$@"
        [ "$uid" != 0 ] || exec "$@"
        exec /sw/busybox su -s /sw/bin/sh user -c "exec $*"' \
        inside "$root" "$uid" "$@"
}

# What is tried is the same everywhere: a run from a file, one from a server, and the bundle of the second in a new store.
prepare() { # ROOT
    local root=$1 applet
    mkdir -p "$root"/{sw/bin,sw/site/envs,home/user,proc,dev,tmp,etc}
    chown 12345:12345 "$root/home/user"
    cp "$(command -v busybox)" "$root/sw/busybox"
    for applet in sh cat cp mkdir rm httpd sleep id grep cmp wget; do
        ln -sf ../busybox "$root/sw/bin/$applet"
    done
    [[ -e $root/bin/sh ]] || { mkdir -p "$root/bin" && ln -s /sw/busybox "$root/bin/sh"; }
    grep -q '^user:' "$root/etc/passwd" 2>/dev/null || echo 'user:x:12345:12345::/home/user:/bin/sh' >>"$root/etc/passwd"
    cp "$fixtures/tiny.tar.zst" "$root/sw/site/"
    sed 's|^url = .*|url = ../tiny.tar.zst|' "$fixtures/envs/tiny-zst.ini" >"$root/sw/site/envs/near.ini"
    sed 's|^url = .*|url = http://127.0.0.1:18723/tiny.tar.zst|' "$fixtures/envs/tiny-zst.ini" >"$root/sw/site/envs/far.ini"
    chmod -R a+rX "$root/sw"
    cat >"$root/sw/try" <<'TRY'
set -e
work=/home/user/$(id -u)
rm -rf "$work" && mkdir -p "$work" && cd "$work"
export SCIWRAP_ENVS=/sw/site/envs SCIWRAP_STORE=$work/store
sciwrap --version
sciwrap pull -q near
rm -rf store
httpd -p 127.0.0.1:18723 -h /sw/site
echo input >in.txt
sciwrap exec far sh -c 'cat in.txt /etc/version >out.txt'
grep -q input out.txt
id=$(sciwrap runs | grep -v '^ID' | { read -r id rest && echo "$id"; })
sciwrap bundle -q "$id" -o x.sciwrap
rm -rf store .sciwrap out.txt in.txt
SCIWRAP_ENVS=/nonexistent sciwrap rerun x.sciwrap | grep -q '^identical$'
sciwrap doctor >doctor.txt || true
grep -q . doctor.txt
TRY
}

try() { # ROOT NAME
    local uid
    for uid in 0 12345; do
        inside "$1" "$uid" /sw/bin/sh /sw/try >"$top/log" 2>&1
        tell $? "$2, $([[ $uid -eq 0 ]] && echo as root || echo as an ordinary user)" "$top/log"
    done
}

# An archive of the same tree is the same archive.
pack "$top/first" && pack "$top/second"
tell $? "cpack makes both" "$top/log"
archive=$(echo "$top"/first/*.tar.gz)
deb=$(echo "$top"/first/*.deb)
cmp "$archive" "$top/second/${archive##*/}" && cmp "$deb" "$top/second/${deb##*/}"
tell $? "the same tree gives the same bytes"

unpack() { # ROOT: for everybody, and as its user on a cluster would, in a home
    mkdir -p "$1/usr/local/bin" "$1/srv/sciwrap"
    tar -xzf "$archive" -C "$1/srv/sciwrap" --strip-components=1
    ln -s /srv/sciwrap/bin/sciwrap "$1/usr/local/bin/sciwrap"
}

prepare "$top/bare"
unpack "$top/bare"
try "$top/bare" "archive without any C library of the host"

debootstrap --variant=minbase bullseye "$top/bullseye" ${SCIWRAP_DEBIAN_MIRROR:+"$SCIWRAP_DEBIAN_MIRROR"} >"$top/log" 2>&1
if [[ $? -eq 0 ]]; then
    prepare "$top/bullseye"
    unpack "$top/bullseye"
    try "$top/bullseye" "archive on Debian 11"
else
    tell 1 "debootstrap of Debian 11" "$top/log"
fi

debootstrap --variant=minbase --include=libarchive13,libcurl4 bookworm "$top/bookworm" \
    ${SCIWRAP_DEBIAN_MIRROR:+"$SCIWRAP_DEBIAN_MIRROR"} >"$top/log" 2>&1
if [[ $? -eq 0 ]]; then
    prepare "$top/bookworm"
    cp "$deb" "$top/bookworm/sw/sciwrap.deb"
    chroot "$top/bookworm" dpkg --install /sw/sciwrap.deb >"$top/log" 2>&1
    tell $? ".deb installs on Debian 12" "$top/log"
    try "$top/bookworm" ".deb on Debian 12"
    chroot "$top/bookworm" dpkg --purge sciwrap >"$top/log" 2>&1 && [[ ! -e $top/bookworm/usr/libexec/sciwrap ]]
    tell $? ".deb goes without a trace" "$top/log"
else
    tell 1 "debootstrap of Debian 12" "$top/log"
fi

# As a user does it: apt finds what the package needs, under whatever name that release has it.
deb_on_ubuntu() { # SUITE NAME
    local root=$top/$1
    ubuntu_root "$1" "$root" "$top/keys" --include=ca-certificates >"$top/log" 2>&1 || { tell 1 "debootstrap of $2" "$top/log" && return; }
    prepare "$root"
    cp "$deb" "$root/sw/sciwrap.deb"
    (chroot "$root" apt-get update -q && chroot "$root" apt-get install -q -y --no-install-recommends /sw/sciwrap.deb) >"$top/log" 2>&1
    tell $? ".deb installs on $2" "$top/log"
    try "$root" ".deb on $2"
    chroot "$root" apt-get purge -q -y sciwrap >"$top/log" 2>&1 && [[ ! -e $root/usr/libexec/sciwrap ]]
    tell $? ".deb goes from $2 without a trace" "$top/log"
    rm -rf "$root"
}
archive_on_ubuntu() { # SUITE NAME
    local root=$top/$1
    ubuntu_root "$1" "$root" "$top/keys" >"$top/log" 2>&1 || { tell 1 "debootstrap of $2" "$top/log" && return; }
    prepare "$root"
    unpack "$root"
    try "$root" "archive on $2"
    rm -rf "$root"
}
if ubuntu_is_there; then
    deb_on_ubuntu noble "Ubuntu 24.04"
    deb_on_ubuntu jammy "Ubuntu 22.04"
    archive_on_ubuntu bionic "Ubuntu 18.04"
    archive_on_ubuntu xenial "Ubuntu 16.04"
else
    echo "ok package on Ubuntu # skip its archive cannot be reached"
fi
exit $worst
