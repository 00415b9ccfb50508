# SPDX-License-Identifier: BSD-2-Clause
# ubuntu-root.bash: sourced by tests that need a root file system of Ubuntu: ubuntu_root() makes one from its archive, $ubuntu.
ubuntu=${SCIWRAP_UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}
ubuntu_keyring=pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb
ubuntu_keyring_digest=36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8

ubuntu_is_there() {
    curl -fsS --max-time 20 -o /dev/null "$ubuntu/dists/noble/Release" 2>/dev/null
}

# The keys that the archive is signed with; Debian 12 has no package of them.
ubuntu_keys() { # FOLDER
    [[ -e $1/usr/share/keyrings/ubuntu-archive-keyring.gpg ]] || {
        mkdir -p "$1" && curl -fsS --max-time 60 -o "$1/keyring.deb" "$ubuntu/$ubuntu_keyring" &&
            echo "$ubuntu_keyring_digest  $1/keyring.deb" | sha256sum --quiet -c - && dpkg-deb -x "$1/keyring.deb" "$1"
    }
}

# Debian's debootstrap may not know the newer names; their script is the same for all of Ubuntu.
ubuntu_root() { # SUITE ROOT KEYS-FOLDER [OPTION...]
    local suite=$1 root=$2 keys=$3
    shift 3
    ubuntu_keys "$keys" && debootstrap --keyring="$keys/usr/share/keyrings/ubuntu-archive-keyring.gpg" --variant=minbase \
        --components=main,universe "$@" "$suite" "$root" "$ubuntu" /usr/share/debootstrap/scripts/gutsy
}
