#!/usr/bin/env bats
# sciwrap build: what a recipe can say, with packages that the test makes itself.
load helpers

setup_file() {
    own_places # none of the tiny environments is needed
}

# package NAME FILE TEXT: a package with one file, in the pool of the test's mirror.
package() {
    local name=$1 file=$2 text=$3 here=$BATS_TEST_TMPDIR
    local root=$here/packages/$name pool=$here/mirror/pool
    mkdir -p "$root/DEBIAN" "$root/$(dirname "$file")" "$pool"
    printf '%s\n' "$text" >"$root/$file"
    chmod 644 "$root/$file"
    printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: n <n@example.org>\nDescription: x\n' "$name" \
        >"$root/DEBIAN/control"
    [[ $name != a ]] || install -D "$FIXTURES/busybox" "$root/bin/busybox"
    dpkg-deb --root-owner-group -Zxz -b "$root" "$pool/${name}_1_all.deb" >/dev/null
}

# lock NAME...: the lock of those packages; recipe.ini asks for a and b in every test.
lock() {
    local file=$SCIWRAP_RECIPES/it.lock name path
    printf '[lock]\nformat = 1\nwants = %s\nsuite = s\narchitecture = amd64\nsnapshot = 20240101T000000Z\n' \
        "$(printf '0%.0s' {1..64})" >"$file"
    for name in "$@"; do
        path=pool/${name}_1_all.deb
        printf '[package]\nname = %s\nversion = 1\narchive = debian\npath = %s\nsize = %s\nsha256 = %s\n' "$name" "$path" \
            "$(stat -c %s "$BATS_TEST_TMPDIR/mirror/$path")" "$(sha256 "$BATS_TEST_TMPDIR/mirror/$path")" >>"$file"
    done
    local wants
    wants=$("$SCIWRAP" build it 2>&1 | grep -oE 'wants = [0-9a-f]{64}' | cut -d' ' -f3) || true
    sed -i "s/^wants = .*/wants = $wants/" "$file"
}

setup() {
    own_places
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store SCIWRAP_RECIPES=$BATS_TEST_TMPDIR/recipes
    export SCIWRAP_DEBIAN_MIRROR=file://$BATS_TEST_TMPDIR/mirror SCIWRAP_ENVS=$BATS_TEST_TMPDIR/envs
    mkdir -p "$SCIWRAP_RECIPES" "$SCIWRAP_ENVS"
    printf '[recipe]\nsuite = s\npackages = a b\n' >"$SCIWRAP_RECIPES/it.ini"
    package a etc/one one
    package b etc/two two
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "two packages with different content for one file are refused, with both names" {
    package b etc/one other
    lock a b
    fails_with 125 "'etc/one' is a file in a 1 and another file in b 1" -- "$SCIWRAP" build it
    nothing_left
}

@test "two packages with the same file are fine" {
    package b etc/one one
    lock a b
    succeeds "$SCIWRAP" build -o it.tar it
    is "$(tar xOf it.tar etc/one)" one
}

@test "a path through a link that leaves the tree is refused" {
    printf '[links]\netc = ../outside\n' >>"$SCIWRAP_RECIPES/it.ini"
    lock a b
    fails_with 125 "'etc.*' leads through a link out of the tree" -- "$SCIWRAP" build it
}

@test "an archive is stripped and put under its prefix" {
    mkdir -p top/sub
    echo archived >top/sub/file
    tar czf extra.tar.gz top
    printf '[archive]\nname = extra\nurl = %s\nsha256 = %s\nsize = %s\nstrip = 1\nprefix = opt/extra\n' "$PWD/extra.tar.gz" \
        "$(sha256 extra.tar.gz)" "$(stat -c %s extra.tar.gz)" >>"$SCIWRAP_RECIPES/it.ini"
    lock a b
    succeeds "$SCIWRAP" build -o it.tar it
    is "$(tar xOf it.tar opt/extra/sub/file)" archived
}

@test "dpkg's status names the packages in the order of the lock" {
    lock a b
    succeeds "$SCIWRAP" build -o it.tar it
    is "$(tar xOf it.tar var/lib/dpkg/status | grep ^Package)" $'Package: a\nPackage: b'
}

@test "dpkg's lists of files are there when the recipe asks for them" {
    printf '[links]\nbin = usr/bin\n' >>"$SCIWRAP_RECIPES/it.ini"
    lock a b
    succeeds "$SCIWRAP" build -o plain.tar it
    is "$(tar tf plain.tar | grep -c dpkg/info)" 0
    sed -i 's/^suite/file-lists = yes\n&/' "$SCIWRAP_RECIPES/it.ini"
    lock a b
    succeeds "$SCIWRAP" build -o it.tar it
    is "$(tar tf it.tar | grep 'dpkg/info/.*list')" $'var/lib/dpkg/info/a.list\nvar/lib/dpkg/info/b.list'
    mkdir tree
    tar xf it.tar -C tree
    local path
    path=$(dpkg-query --admindir="$PWD/tree/var/lib/dpkg" -L a | tail -n 1)
    [[ -e tree$path ]]
    is "$(dpkg-query --admindir="$PWD/tree/var/lib/dpkg" -S "$path")" "a: $path"
}

@test "a file that the first mirror lacks comes from the next" {
    lock a b
    mkdir -p half/pool
    cp mirror/pool/b_1_all.deb half/pool/
    succeeds "$SCIWRAP" build --mirror "$PWD/half" -o it.tar it
}

@test "the message of another result names the paths" {
    lock a b
    succeeds "$SCIWRAP" build -o it.tar it
    printf '[artifact]\nsha256 = %s\nrecipe = it\n' "$(sha256 it.tar)" >"$SCIWRAP_ENVS/it.ini"
    printf '[files]\netc/three = 3\n' >>"$SCIWRAP_RECIPES/it.ini"
    fails_with 125 'what differs: etc/three \(only built\)' -- "$SCIWRAP" build it
}

@test "commands run inside the tree and add to it" {
    printf '[folders]\nproc = 0755\ndev = 0755\ntmp = 1777\n[commands]\nrun = %s\n' \
        'busybox sh -c "mkdir -p opt && cat /etc/one /etc/two >opt/both"' >>"$SCIWRAP_RECIPES/it.ini"
    lock a b
    succeeds "$SCIWRAP" build -o it.tar it
    is "$(tar xOf it.tar opt/both)" $'one\ntwo'
    sed -i 's/^run = .*/run = busybox false/' "$SCIWRAP_RECIPES/it.ini"
    fails_with 125 "command 'busybox false' ended with status 1" -- "$SCIWRAP" build it
    nothing_left
}

@test "what commands see is the same for everybody" {
    # shellcheck disable=SC2016
    printf '[folders]\nproc = 0755\ndev = 0755\ntmp = 1777\n[commands]\nrun = %s\n' \
        'busybox sh -c "mkdir opt; (busybox env; umask) >opt/seen"' >>"$SCIWRAP_RECIPES/it.ini"
    lock a b
    succeeds "$SCIWRAP" build -o it.tar it
    is "$(tar xOf it.tar opt/seen | grep -cE '^(OMP_NUM_THREADS=1|TERM=dumb|TZ=UTC|0022)$')" 4
    local first
    first=$(taskset -pc $$ | sed 's/.*: \([0-9]*\).*/\1/')
    export TZ=Asia/Tokyo TERM=vt220 OMP_NUM_THREADS=7 PROJECT=x
    umask 077
    succeeds taskset -c "$first" "$SCIWRAP" build -o other.tar it
    cmp it.tar other.tar
}

@test "packages and archives that cannot be taken" {
    local name expected size sha
    lock a b
    export SCIWRAP_UNPACK_ENTRIES=20
    cp "$SCIWRAP_RECIPES/it.lock" good.lock
    size=$(stat -c %s "$BATS_TEST_TMPDIR/mirror/pool/b_1_all.deb")
    sha=$(sha256 "$BATS_TEST_TMPDIR/mirror/pool/b_1_all.deb")
    while read -r name; do
        expected=$(python3 "$BATS_TEST_DIRNAME/deb.py" "$name" "$BATS_TEST_TMPDIR/mirror/pool/b_1_all.deb")
        sed -e "s/$sha/$(sha256 "$BATS_TEST_TMPDIR/mirror/pool/b_1_all.deb")/" \
            -e "s/^size = $size$/size = $(stat -c %s "$BATS_TEST_TMPDIR/mirror/pool/b_1_all.deb")/" good.lock >"$SCIWRAP_RECIPES/it.lock"
        if [[ -z $expected ]]; then
            succeeds "$SCIWRAP" build it
        else
            fails_with 125 "build 'it': $expected" -- "$SCIWRAP" build it
        fi || { echo "of: $name"; return 1; }
        nothing_left
    done < <(python3 "$BATS_TEST_DIRNAME/deb.py" --cases)
    package b etc/two two
    mkdir top
    echo text >top/file
    ln top/file other
    tar -cf extra.tar other top/file
    printf '[archive]\nname = extra\nurl = %s\nsha256 = %s\nsize = %s\nstrip = 1\n' "$PWD/extra.tar" \
        "$(sha256 extra.tar)" "$(stat -c %s extra.tar)" >>"$SCIWRAP_RECIPES/it.ini"
    lock a b
    fails_with 125 "archive extra: hard link to 'other', which 'strip' leaves out" -- "$SCIWRAP" build it
}

@test "commands that leave what no artifact holds" {
    local command expected
    printf '[folders]\nproc = 0755\ndev = 0755\ntmp = 1777\n[commands]\nrun = x\n' >>"$SCIWRAP_RECIPES/it.ini"
    while IFS='|' read -r command expected; do
        sed -i "s~^run = .*~run = busybox sh -c '$command'~" "$SCIWRAP_RECIPES/it.ini"
        lock a b
        fails_with 125 "build 'it': $expected" -- "$SCIWRAP" build it || { echo "of: $command"; return 1; }
        nothing_left
    done <<'ROWS'
mkdir -p var; busybox mkfifo var/pipe|'var/pipe' is a device, a pipe or a socket
i=0; while [ $i -lt 257 ]; do busybox mkdir d; cd d; i=$((i + 1)); done|'d/.*d' is deeper than 256 folders
busybox ln -s $(busybox printf %04095d 7) far|'far': its target cannot be read
ROWS
    # The helper alone, without the launcher.
    mkdir -p "$BATS_TEST_TMPDIR/alone/libexec/sciwrap"
    cp "$(dirname "$SCIWRAP")/../libexec/sciwrap/sciwrap-env" alone/libexec/sciwrap/
    fails_with 125 "the recipe has commands, and the launcher that runs them is not at '.*alone/.*bin/sciwrap'" -- \
        alone/libexec/sciwrap/sciwrap-env build it
}

@test "definitions of one recipe that cannot all be met" {
    lock a b
    succeeds "$SCIWRAP" build -o it.tar it
    printf '[artifact]\nsha256 = %s\ntar-sha256 = %s\nrecipe = it\n' "$(printf '%064d' 7)" "$(sha256 it.tar)" >"$SCIWRAP_ENVS/it.ini"
    fails_with 125 "it.ini pins a compressed artifact: its recipe gives the right tar, and this host's libzstd other compressed bytes" -- \
        "$SCIWRAP" pull it
    printf '[artifact]\nsha256 = %s\nrecipe = it\n' "$(printf '%064d' 8)" >"$SCIWRAP_ENVS/other.ini"
    fails_with 125 "/it.ini and .*/other.ini pin different artifacts of recipe 'it'" -- "$SCIWRAP" build it
}
