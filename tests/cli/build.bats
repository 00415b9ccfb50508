#!/usr/bin/env bats
# sciwrap build: packages to one tar, always the same bytes, out of packages that the test makes itself.
load helpers

# Two small packages in a pool, a recipe, and its lock.
setup_file() {
    own_places
    local here=$BATS_FILE_TMPDIR
    mkdir -p "$here"/{recipes,mirror/pool/main/t/tool,mirror/pool/main/l/libtool-data}
    local pool=$here/mirror/pool/main
    mkdir -p "$here"/tool/{DEBIAN,bin,usr/bin,etc,usr/share/doc/tool}
    cp "$FIXTURES/busybox" "$here/tool/bin/busybox"
    ln -s busybox "$here/tool/bin/sh"
    ln -s busybox "$here/tool/bin/cat"
    printf '#!/bin/sh\necho tool 1.0\n' >"$here/tool/usr/bin/tool"
    chmod 755 "$here/tool/usr/bin/tool"
    echo conf >"$here/tool/etc/tool.conf"
    echo copyright >"$here/tool/usr/share/doc/tool/copyright"
    printf 'Package: tool\nVersion: 1.0-1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDepends: libtool-data\nDescription: test\n' \
        >"$here/tool/DEBIAN/control"
    dpkg-deb --root-owner-group -Zxz -b "$here/tool" "$pool/t/tool/tool_1.0-1_all.deb" >/dev/null
    mkdir -p "$here"/data/{DEBIAN,usr/share/tool,usr/lib}
    echo shared >"$here/data/usr/share/tool/data"
    chmod 4755 "$here/data/usr/share/tool/data"
    printf 'Package: libtool-data\nVersion: 2:3.0\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: test\n' \
        >"$here/data/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -b "$here/data" "$pool/l/libtool-data/libtool-data_3.0_all.deb" >/dev/null
    cat >"$here/recipes/tool.ini" <<'INI'
[recipe]
description = the tool of a test
suite = bookworm
packages = tool
exclude = usr/share/doc/*

[links]
bin = usr/bin
lib = usr/lib
usr/bin/again = /usr/bin/tool

[folders]
tmp = 1777
proc = 0555

[files]
etc/hello = hello\tworld\n
INI
    # Stable names for what a mirror would serve.
    write_lock >"$here/recipes/tool.lock"
}

write_lock() {
    local here=$BATS_FILE_TMPDIR wants
    wants=${WANTS:-$(printf '0%.0s' $(seq 64))}
    printf '[lock]\nformat = 1\nwants = %s\nsuite = bookworm\narchitecture = amd64\nsnapshot = 20240101T000000Z\n' "$wants"
    local row name version path
    for row in libtool-data,2:3.0,pool/main/l/libtool-data/libtool-data_3.0_all.deb tool,1.0-1,pool/main/t/tool/tool_1.0-1_all.deb; do
        IFS=, read -r name version path <<<"$row"
        printf '[package]\nname = %s\nversion = %s\narchive = debian\npath = %s\nsize = %s\nsha256 = %s\n' "$name" \
            "$version" "$path" "$(stat -c %s "$here/mirror/$path")" "$(sha256 "$here/mirror/$path")"
    done
}

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store SCIWRAP_RECIPES=$BATS_TEST_TMPDIR/recipes
    export SCIWRAP_DEBIAN_MIRROR=file://$BATS_FILE_TMPDIR/mirror
    cp -r "$BATS_FILE_TMPDIR/recipes" "$SCIWRAP_RECIPES"
    # What the recipe asks for is digested into the lock; the message of a mismatch is where a test can learn it.
    local wants
    wants=$("$SCIWRAP" build tool 2>&1 | grep -oE '\b[0-9a-f]{64}\b' | grep -v '^0*$' | head -n 1) || true
    [[ -z $wants ]] || sed -i "s/^wants = .*/wants = $wants/" "$SCIWRAP_RECIPES/tool.lock"
}

@test "a build gives one tar: sorted, owners 0:0, times clamped, links followed inside" {
    succeeds "$SCIWRAP" build -o out.tar tool
    python3 - <<'PYTHON'
import tarfile
tar = tarfile.open("out.tar")
members = tar.getmembers()
names = [m.name for m in members]
clean = [n[2:] if n.startswith("./") else n for n in names]
assert clean == sorted(clean) or names == sorted(names), names
assert all(m.uid == 0 and m.gid == 0 for m in members)
assert all(m.mtime <= 1704067200 for m in members), max(m.mtime for m in members)
by_name = dict(zip(clean, members))
assert by_name["bin"].issym() and by_name["bin"].linkname == "usr/bin", by_name["bin"].linkname
assert by_name["usr/bin/busybox"].isfile() and by_name["usr/bin/sh"].issym()
assert "usr/share/doc/tool/copyright" not in by_name
assert tar.extractfile(by_name["etc/hello"]).read() == b"hello\tworld\n"
assert by_name["tmp"].mode & 0o7777 == 0o1777
PYTHON
}

@test "the same bytes under any umask, time zone, locale, directory and number of jobs" {
    succeeds "$SCIWRAP" build -o a.tar tool
    mkdir -p "$BATS_TEST_TMPDIR/other place"
    cd "$BATS_TEST_TMPDIR/other place"
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store2
    (umask 077 && TZ=Pacific/Auckland LC_ALL=tr_TR.UTF-8 HOME=/nonexistent "$SCIWRAP" build --jobs 1 -o b.tar tool)
    cmp b.tar "$WORK/a.tar"
}

@test "the same bytes as another user" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user: needs two users"
    succeeds "$SCIWRAP" build -o a.tar tool
    getent passwd nobody >/dev/null
    chmod 755 "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$WORK"
    local there
    there=$(mktemp -d /tmp/sciwrap-nobody.XXXXXX)
    cp -r "$SCIWRAP_RECIPES" "$BATS_FILE_TMPDIR/mirror" "$there/"
    cp -a "$(dirname "$(dirname "$SCIWRAP")")"/{bin,libexec} "$there/"
    chmod -R a+rX "$there"
    chown nobody "$there"
    run setpriv --reuid nobody --clear-groups env -i PATH="$PATH" ASAN_OPTIONS="${ASAN_OPTIONS-}" HOME="$there" TMPDIR="$there" SCIWRAP_STORE="$there/store" \
        SCIWRAP_RECIPES="$there/recipes" SCIWRAP_DEBIAN_MIRROR="file://$there/mirror" "$there/bin/sciwrap" build -o "$there/b.tar" tool
    echo "$output"
    local same=no
    cmp "$there/b.tar" a.tar && same=yes
    rm -rf "$there"
    is "$status $same" "0 yes"
}

@test "a second build downloads nothing" {
    succeeds "$SCIWRAP" build -o a.tar tool
    export SCIWRAP_DEBIAN_MIRROR=file:///nowhere
    succeeds "$SCIWRAP" build -o b.tar tool
    cmp a.tar b.tar
}

@test "--compress gives the same tar in zstd" {
    succeeds "$SCIWRAP" build -o a.tar tool
    succeeds "$SCIWRAP" build --compress -o a.tar.zst tool
    quietly "$SCIWRAP" build -q --json --compress -o b.tar tool
    python3 - "$output" "$(sha256 a.tar)" "$(sha256 a.tar.zst)" <<'PYTHON'
import json, sys
(row,) = json.loads(sys.argv[1])
assert [(file["path"], file["sha256"]) for file in row["files"]] == [("b.tar", sys.argv[2]), ("b.tar.zst", sys.argv[3])], row
assert row["recipe"] == "tool", row
PYTHON
    zstd -dqc a.tar.zst | cmp - a.tar
}

@test "the artifact is run from" {
    succeeds "$SCIWRAP" build -o out.tar tool
    define tool '[environment]' 'command = tool' '[artifact]' "sha256 = $(sha256 out.tar)" "tar-sha256 = $(sha256 out.tar)" \
        'recipe = tool'
    succeeds "$SCIWRAP" pull tool
    quietly "$SCIWRAP" run tool
    is "$output" 'tool 1.0'
    quietly "$SCIWRAP" exec tool cat /usr/share/tool/data /etc/hello
    is "$output" $'shared\nhello\tworld'
}

@test "another result than the definition pins is a failure that says so" {
    succeeds "$SCIWRAP" build -o out.tar tool
    define tool '[environment]' 'command = tool' '[artifact]' "sha256 = $(sha256 out.tar)" "tar-sha256 = $(sha256 out.tar)" \
        'recipe = tool'
    sed -i 's/hello/world/' "$SCIWRAP_RECIPES/tool.ini"
    fails_with 125 'tool' -- "$SCIWRAP" build tool
    notes '[0-9a-f]{12}'
    nothing_left
}

@test "a package file with other bytes is refused, whichever mirror has it" {
    cp -r "$BATS_FILE_TMPDIR/mirror" "$BATS_TEST_TMPDIR/mirror"
    printf 'x' >>"$BATS_TEST_TMPDIR/mirror/pool/main/t/tool/tool_1.0-1_all.deb"
    fails_with 125 'tool' -- "$SCIWRAP" build --mirror "file://$BATS_TEST_TMPDIR/mirror" tool || {
        # The next mirror in the line had the right one: just as good.
        is "$status" 0
    }
}

@test "--mirror is looked at first" {
    cp -r "$BATS_FILE_TMPDIR/mirror" "$BATS_TEST_TMPDIR/mirror"
    export SCIWRAP_DEBIAN_MIRROR=file:///nowhere
    succeeds "$SCIWRAP" build --mirror "file://$BATS_TEST_TMPDIR/mirror" -o out.tar tool
}

@test "a recipe with a typo, without a lock, with a wrong lock" {
    sed 's/^packages/pakages/' "$SCIWRAP_RECIPES/tool.ini" >"$SCIWRAP_RECIPES/typo.ini"
    fails_with 125 "typo.ini:4: .*'pakages'.*'packages'" -- "$SCIWRAP" build typo
    cp "$SCIWRAP_RECIPES/tool.ini" "$SCIWRAP_RECIPES/unlocked.ini"
    fails_with 125 'unlocked.lock|sciwrap lock' -- "$SCIWRAP" build unlocked
    sed -i 's|^path = .*|path = ../../etc/passwd|' "$SCIWRAP_RECIPES/tool.lock"
    fails_with 125 'tool.lock:[0-9]+: ' -- "$SCIWRAP" build tool
    fails_with 125 'no-such-recipe' -- "$SCIWRAP" build no-such-recipe
}

@test "a package that leads outside the tree is refused" {
    local bad=$BATS_TEST_TMPDIR/bad
    mkdir -p "$bad"
    python3 - "$bad" "$BATS_FILE_TMPDIR/mirror/pool/main/t/tool/tool_1.0-1_all.deb" <<'PYTHON'
import io, subprocess, sys, tarfile
where, original = sys.argv[1:3]
def tar(name, entries):
    with tarfile.open(f"{where}/{name}", "w:gz") as archive:
        for entry, data in entries:
            archive.addfile(entry, io.BytesIO(data))
def file(name, data=b"x"):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info, data
tar("control.tar.gz", [file("./control", b"Package: tool\nVersion: 1.0-1\nArchitecture: all\nMaintainer: n <n@example.org>\nDescription: x\n")])
tar("data.tar.gz", [file("./../../escaped")])
open(f"{where}/debian-binary", "w").write("2.0\n")
subprocess.run(["ar", "rc", f"{where}/bad.deb", f"{where}/debian-binary", f"{where}/control.tar.gz", f"{where}/data.tar.gz"], check=True)
PYTHON
    mkdir -p "$bad/mirror/pool/main/t/tool"
    cp "$bad/bad.deb" "$bad/mirror/pool/main/t/tool/tool_1.0-1_all.deb"
    python3 - "$SCIWRAP_RECIPES/tool.lock" "$(stat -c %s "$bad/bad.deb")" "$(sha256 "$bad/bad.deb")" <<'PYTHON'
import re, sys
path, size, digest = sys.argv[1:4]
head, sep, tail = open(path).read().partition("name = tool\n")
tail = re.sub(r"size = \d+", "size = " + size, tail)
tail = re.sub(r"sha256 = [0-9a-f]+", "sha256 = " + digest, tail)
open(path, "w").write(head + sep + tail)
PYTHON
    fails_with 125 'escaped|outside|path' -- "$SCIWRAP" build --mirror "file://$bad/mirror" tool
    [[ ! -e $BATS_TEST_TMPDIR/escaped && ! -e escaped ]]
}
