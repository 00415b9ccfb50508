#!/usr/bin/env bats
# Bad input: one line that says what, where and what to do, a documented exit status, nothing half-made, nothing damaged.
load helpers

pinned() { # NAME FILE [LINE...]: a definition with the right pin for FILE
    local name=$1 file=$2
    shift 2
    define "$name" '[environment]' 'command = probe' '[artifact]' "sha256 = $(sha256 "$file")" "url = $file" "$@"
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
}

no_tree() {
    is "$(find "$SCIWRAP_STORE/trees" -mindepth 1 -maxdepth 1 2>/dev/null)" ""
    nothing_left
}

@test "no command, an unknown one, an unknown option" {
    fails_with 125 '' -- "$SCIWRAP"
    fails_with 125 "'rnu'.*'run'" -- "$SCIWRAP" rnu
    fails_with 125 'help' -- "$SCIWRAP" run
    fails_with 125 '' -- "$SCIWRAP" run --no-such-option tiny
    fails_with 125 '' -- "$SCIWRAP" exec tiny
    fails_with 125 '' -- "$SCIWRAP" run --network sometimes tiny
    fails_with 125 '' -- "$SCIWRAP" run --workdir relative tiny
}

@test "an environment with a typo in its name" {
    fails_with 125 "'tiny-nwe'.*'tiny-new'" -- "$SCIWRAP" run tiny-nwe
    fails_with 125 "nothing-like-it" -- "$SCIWRAP" run nothing-like-it
    fails_with 125 "" -- "$SCIWRAP" run ../tiny
    fails_with 125 "" -- "$SCIWRAP" run ./absent.ini
}

@test "a definition with a typo" {
    define typo '[environment]' 'comand = probe' '[artifact]' "sha256 = $(sha256 "$FIXTURES/tiny.tar")" 'url = x'
    fails_with 125 "typo.ini:2: .*'comand'.*'command'" -- "$SCIWRAP" run typo
}

@test "each wrong definition is refused with its line" {
    local pin name line text pattern
    pin=$(sha256 "$FIXTURES/tiny.tar")
    while IFS='|' read -r name line text pattern; do
        printf '[environment]\ncommand = probe\n[artifact]\nsha256 = %s\nurl = x\n%b\n' "$pin" "$text" >"$name.ini"
        fails_with 125 "$name.ini:$line: .*$pattern" -- "$SCIWRAP" run "./$name.ini" || { echo "row $name"; return 1; }
    done <<'ROWS'
section|7|[artefact]\nx = 1|artifact
key|6|mirror = y|mirror
twice|7|size = 5\nsize = 5|
size|6|size = 5k|size
negative|6|size = -1|size
tarpin|6|tar-sha256 = xyz|tar-sha256
network|7|[run]\nnetwork = yes|network
workdir|7|[run]\nworkdir = relative|workdir
workdots|7|[run]\nworkdir = /a/../b|workdir
identity|7|[run]\nidentity = god|identity
writable|7|[run]\nwritable = perhaps|writable
verify|7|[run]\nverify = sometimes|verify
variable|7|[variables]\n1A = x|
continued|7|[run]\n  network = none|blank
recipe|6|recipe = ../evil|recipe
ROWS
}

@test "a definition without a pin, or with a wrong one" {
    printf '[environment]\ncommand = x\n[artifact]\nurl = x\n' >none.ini
    fails_with 125 'none.ini.*sha256' -- "$SCIWRAP" run ./none.ini
    printf '[artifact]\nsha256 = %064d0\nurl = x\n' 1 >long.ini
    fails_with 125 'long.ini:2: ' -- "$SCIWRAP" run ./long.ini
    printf '[artifact]\nsha256 = %s\nurl = %s\n' "$(sha256 /etc/passwd)" "$(printf 'x%.0s' $(seq 300))" >cut.ini
    fails_with 125 'cut.ini:3: ' -- "$SCIWRAP" run ./cut.ini
    printf '[artifact]\nsha256 = a\xff\n' >bytes.ini
    fails_with 125 'bytes.ini:2: ' -- "$SCIWRAP" run ./bytes.ini
}

@test "wrong hash" {
    pinned wrong "$FIXTURES/tiny.tar"
    sed -i "s/^sha256 = ./sha256 = $(sha256 "$FIXTURES/tiny.tar" | cut -c1 | tr '0-9a-f' '1-9a-f0')/" "$BATS_TEST_TMPDIR/envs/wrong.ini"
    fails_with 125 'wrong|pin|sha256' -- "$SCIWRAP" pull wrong
    no_tree
}

@test "wrong size" {
    pinned wrong "$FIXTURES/tiny.tar" "size = 12345"
    fails_with 125 '12345' -- "$SCIWRAP" pull wrong
    no_tree
}

@test "truncated and damaged archives" {
    local format
    for format in tar tar.gz tar.bz2 tar.xz tar.zst; do
        head -c 300000 "$FIXTURES/tiny.$format" >"cut.$format"
        pinned cut "$PWD/cut.$format"
        fails_with 125 '' -- "$SCIWRAP" pull cut || { echo "cut $format"; return 1; }
        no_tree
        python3 - "$FIXTURES/tiny.$format" "bad.$format" <<'PYTHON'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
for i in range(0, 600, 7):
    data[200000 + i] ^= 0x55
if sys.argv[1].endswith("tar"):
    data[512:600] = b"\xff" * 88
open(sys.argv[2], "wb").write(data)
PYTHON
        pinned bad "$PWD/bad.$format"
        fails_with 125 '' -- "$SCIWRAP" pull bad || { echo "bad $format"; return 1; }
        no_tree
    done
}

@test "an HTML error page, a text file and an empty file instead of a tarball" {
    printf '<!DOCTYPE html><html><body>404 Not Found</body></html>\n' >page.tar
    echo hello >text.tar
    : >empty.tar
    local kind
    for kind in page text empty; do
        pinned $kind "$PWD/$kind.tar"
        fails_with 125 '' -- "$SCIWRAP" pull $kind || { echo "$kind"; return 1; }
        no_tree
    done
    pinned page "$PWD/page.tar"
    sed -i "s/^sha256.*/sha256 = $(sha256 "$FIXTURES/tiny.tar")/" "$BATS_TEST_TMPDIR/envs/page.ini"
    fails_with 125 '[Hh][Tt][Mm][Ll]|error page' -- "$SCIWRAP" pull page
    no_tree
}

@test "a missing artifact" {
    pinned gone "$FIXTURES/tiny.tar"
    sed -i "s|^url.*|url = $BATS_TEST_TMPDIR/nowhere.tar|" "$BATS_TEST_TMPDIR/envs/gone.ini"
    fails_with 125 'nowhere.tar' -- "$SCIWRAP" pull gone
    no_tree
}

@test "an archive that leads outside, and one with a device" {
    python3 - <<'PYTHON'
import io, tarfile
def make(name, *entries):
    with tarfile.open(name, "w") as tar:
        for entry, data in entries:
            tar.addfile(entry, io.BytesIO(data) if data else None)
def file(name, data=b"x"):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info, data
link = tarfile.TarInfo("a")
link.type, link.linkname = tarfile.SYMTYPE, "/tmp"
make("up.tar", file("../escaped"))
make("through.tar", (link, None), file("a/escaped"))
PYTHON
    local kind
    for kind in up through; do
        pinned $kind "$PWD/$kind.tar"
        fails_with 125 'entry|path|escaped' -- "$SCIWRAP" pull $kind
        no_tree
        [[ ! -e $BATS_TEST_TMPDIR/escaped && ! -e /tmp/escaped && ! -e $SCIWRAP_STORE/escaped ]]
    done
}

@test "no space left, and a store that cannot be written" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user: a small file system needs root"
    local small=$BATS_TEST_TMPDIR/small
    mkdir "$small"
    mount -t tmpfs -o size=1500k sciwrap-test "$small" || skip "no mount here"
    export SCIWRAP_STORE=$small/store
    run --separate-stderr "$SCIWRAP" pull tiny
    local left
    left=$(find "$small" -type f -size +64k | head -n 3)
    umount "$small"
    is "$status" 125
    [[ ${stderr##*$'\n'} =~ 'No space left' ]]
    [[ ${stderr##*$'\n'} =~ SCIWRAP_STORE ]]
    is "$left" ""
    mount -t tmpfs -o ro sciwrap-test "$small"
    run --separate-stderr "$SCIWRAP" pull tiny
    umount "$small"
    is "$status" 125
    [[ ${stderr##*$'\n'} =~ 'Read-only file system; choose another place with SCIWRAP_STORE' ]]
}

@test "no space left for the temporary folder or the record" {
    [[ -w /dev/full ]] || skip "no /dev/full"
    run --separate-stderr bash -c '"$SCIWRAP" envs >/dev/full'
    is "$status" 125
    notes 'No space left|standard output'
}

@test "a work directory that cannot be read, or is gone" {
    mkdir gone
    cd gone
    rmdir ../gone
    fails_with 125 'work directory|current directory|director' -- "$SCIWRAP" exec tiny true
    cd ..
    [[ $(id -u) -ne 0 ]] || skip "as root: root can read every directory"
    mkdir closed
    cd closed
    chmod 000 .
    run --separate-stderr "$SCIWRAP" exec tiny true
    chmod 755 "$WORK/closed"
    is "$status" 125
    notes 'closed|director'
}

@test "a work directory that cannot be written still runs without a record, or says why not" {
    [[ $(id -u) -ne 0 ]] || skip "as root: root can write every directory"
    mkdir readonly
    cd readonly
    chmod 555 .
    run --separate-stderr "$SCIWRAP" exec tiny true
    chmod 755 .
    is "$status" 125
    notes '(record|manifest|\.sciwrap)'
    chmod 555 .
    run "$SCIWRAP" exec --no-record tiny true
    chmod 755 .
    is "$status" 0
}

@test "missing and wrong mount points" {
    fails_with 125 '/no/such/source' -- "$SCIWRAP" exec --bind /no/such/source tiny true
    fails_with 125 '' -- "$SCIWRAP" exec --bind "$WORK:relative" tiny true
    fails_with 125 '' -- "$SCIWRAP" exec --bind "$WORK:/x:rx" tiny true
    fails_with 125 '' -- "$SCIWRAP" exec --bind "$WORK:/" tiny true
    fails_with 125 '' -- "$SCIWRAP" exec --bind "$WORK:/proc" tiny true
    fails_with 125 '' -- "$SCIWRAP" exec --bind "$WORK:/proc/self" tiny true
    fails_with 125 '/no/such/input' -- "$SCIWRAP" exec --input /no/such/input tiny true
    # A directory over a file of the environment.
    fails_with 125 '/etc/version' -- "$SCIWRAP" exec --bind "$WORK:/etc/version" tiny true
}

@test "a mount point in a folder with thousands of entries" {
    mkdir -p tree/opt/many
    (cd tree/opt/many && mkdir 0 && seq 2000 | xargs touch)
    cp "$FIXTURES/tiny.tar" many.tar
    tar -rf many.tar -C tree ./opt/many
    define many '[artifact]' "sha256 = $(sha256 many.tar)" "url = $PWD/many.tar"
    "$SCIWRAP" pull -q many
    fails_with 125 "'.*opt/many' holds 2001 entries, too many to make a mount point in it; use a path that exists in the environment" -- \
        "$SCIWRAP" exec --bind "$PWD:/opt/many/new" many true
    quietly "$SCIWRAP" exec --bind "$PWD:/opt/many/0" many true
}

@test "variables that are none" {
    fails_with 125 '' -- "$SCIWRAP" exec --env =x tiny true
    fails_with 125 '' -- "$SCIWRAP" exec --env NAME tiny true
    fails_with 125 '' -- "$SCIWRAP" exec --env 'A B=x' tiny true
}

@test "a damaged tree in the store is not used in silence" {
    cp -a "$SCIWRAP_STORE" "$BATS_TEST_TMPDIR/store"
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    local meta
    for meta in "$SCIWRAP_STORE"/trees/*/meta; do
        : >"$meta"
    done
    # Incomplete is absent: it is brought again, or refused; never run as it is.
    run --separate-stderr "$SCIWRAP" exec tiny cat /etc/version
    [[ ($status -eq 0 && $output == old) || $status -eq 125 ]]
}

@test "messages cannot drive the terminal" {
    run --separate-stderr "$SCIWRAP" run $'no\x1b[2Jsuch\nthing'
    is "$status" 125
    is "$(wc -l <<<"$stderr")" 1
    [[ ! $stderr =~ $'\x1b' ]]
}

@test "an interrupted pull leaves nothing that a second one stumbles over" {
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    local i
    for i in 1 2 3 4 5 6 7 8; do
        "$SCIWRAP" pull tiny-xz 3>&- 2>/dev/null &
        local runner=$!
        until_true test -d "$SCIWRAP_STORE/tmp"
        sleep "0.0$i"
        kill -KILL $runner 2>/dev/null || true
        wait $runner 2>/dev/null || true
        rm -rf "$SCIWRAP_STORE/trees"/*
    done
    succeeds "$SCIWRAP" pull tiny-xz
    until_true nothing_left
    quietly "$SCIWRAP" exec tiny-xz cat /etc/version
    is "$output" old
}
