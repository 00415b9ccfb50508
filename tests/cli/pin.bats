#!/usr/bin/env bats
# sciwrap pin: from a source to a definition that names it by its digest, and runs.
load helpers
load serve

setup_file() {
    own_places
    mkdir -p "$BATS_FILE_TMPDIR/www"
    cp "$FIXTURES"/tiny.tar* "$BATS_FILE_TMPDIR/www/"
    head -c 100000 "$FIXTURES/tiny.tar.gz" >"$BATS_FILE_TMPDIR/www/short.tar.gz"
    : >"$BATS_FILE_TMPDIR/www/empty.tar"
    serve "$BATS_FILE_TMPDIR/www"
}

teardown_file() {
    unserve
}

setup() {
    own_store
    find_server
    unset SCIWRAP_ENVS
}

# pinned NAME FILE URL: envs/NAME.ini pins the bytes of FILE and names URL.
pinned() {
    grep -qxF "sha256 = $(sha256 "$2")" "envs/$1.ini"
    grep -qxF "size = $(stat -c %s "$2")" "envs/$1.ini"
    grep -qxF "url = $3" "envs/$1.ini"
}

@test "a file: pinned, unpacked, and run at once" {
    cp "$FIXTURES/tiny.tar.gz" .
    succeeds "$SCIWRAP" pin it tiny.tar.gz --command "cat /etc/version"
    is "${output%, *}" "envs/it.ini: sha256 $(sha256 tiny.tar.gz)"
    pinned it tiny.tar.gz ../tiny.tar.gz
    quietly "$SCIWRAP" run it
    is "$output" old
    rm tiny.tar.gz # it is in the store
    quietly "$SCIWRAP" exec it cat /etc/version
    nothing_left
}

@test "the whole text of a definition" {
    cp "$FIXTURES/tiny.tar" it.tar
    succeeds "$SCIWRAP" pin --quiet it ./it.tar --command probe --description 'a tiny one'
    is "$(cat envs/it.ini)" "; Pinned from ./it.tar
; by 'sciwrap pin'. Format: sciwrap-environment(5).
[environment]
description = a tiny one
command = probe

[artifact]
sha256 = $(sha256 it.tar)
size = $(stat -c %s it.tar)
url = ../it.tar"
    is "$stderr" ""
}

@test "an absolute path and file:// stay absolute" {
    succeeds "$SCIWRAP" pin one "$FIXTURES/tiny.tar"
    pinned one "$FIXTURES/tiny.tar" "$FIXTURES/tiny.tar"
    succeeds "$SCIWRAP" pin two "file://$FIXTURES/tiny.tar"
    pinned two "$FIXTURES/tiny.tar" "$FIXTURES/tiny.tar"
    rm -rf "$SCIWRAP_STORE"
    succeeds "$SCIWRAP" pull one two
}

@test "a name that no line can hold becomes an address that one can" {
    local name='it ; [artifact].tar'
    cp "$FIXTURES/tiny.tar" "$name"
    succeeds "$SCIWRAP" pin it "$name"
    pinned it "$name" "file://$(pwd -P | sed 's/ /%20/g')/it%20%3B%20%5Bartifact%5D.tar"
    rm -rf "$SCIWRAP_STORE"
    succeeds "$SCIWRAP" exec it cat /etc/version
    is "$output" old
}

@test "an address: what was downloaded to be pinned is not fetched again" {
    succeeds "$SCIWRAP" pin it "$server/range/tiny.tar.xz"
    pinned it "$BATS_FILE_TMPDIR/www/tiny.tar.xz" "$server/range/tiny.tar.xz"
    is "$(asked)" "/range/tiny.tar.xz "
    succeeds "$SCIWRAP" exec it cat /etc/version
    is "$output" old
    is "$(asked)" "/range/tiny.tar.xz "
    is "$(sha256 "$SCIWRAP_STORE"/blobs/sha256/*)" "$(sha256 "$FIXTURES/tiny.tar.xz")"
}

@test "--no-pull unpacks later" {
    succeeds "$SCIWRAP" pin it "$server/plain/tiny.tar" --no-pull
    is "$(ls "$SCIWRAP_STORE/trees")" ""
    succeeds "$SCIWRAP" pull it
    is "$(asked)" "/plain/tiny.tar "
}

@test "a download that breaks off is resumed" {
    SCIWRAP_FETCH_TRIES=1 run "$SCIWRAP" pin it "$server/cut/1000000/tiny.tar"
    succeeds "$SCIWRAP" pin --force it "$server/cut/2000000/tiny.tar"
    pinned it "$FIXTURES/tiny.tar" "$server/cut/2000000/tiny.tar"
    grep -q 'bytes=[12]000000-' "$BATS_FILE_TMPDIR/log"
}

@test "what is there already stays, unless forced" {
    succeeds "$SCIWRAP" pin it "$FIXTURES/tiny.tar"
    cp envs/it.ini before
    : >"$BATS_FILE_TMPDIR/log"
    fails_with 125 "'envs/it.ini' is there already; '--force' replaces it" -- "$SCIWRAP" pin it "$server/plain/tiny-new.tar"
    cmp envs/it.ini before
    is "$(asked)" ""
    succeeds "$SCIWRAP" pin it "$FIXTURES/tiny-new.tar" --force
    pinned it "$FIXTURES/tiny-new.tar" "$FIXTURES/tiny-new.tar"
    succeeds "$SCIWRAP" exec it cat /etc/version
    is "$output" new
}

@test "a path in the place of the name" {
    mkdir sub
    cp "$FIXTURES/tiny.tar" .
    succeeds "$SCIWRAP" pin sub/it.ini tiny.tar
    grep -qx 'url = ../tiny.tar' sub/it.ini
    succeeds "$SCIWRAP" exec sub/it.ini true
}

@test "nothing is pinned that is no archive, is damaged, or is a page" {
    echo 'no archive' >text.tar
    fails_with 125 'pin it: .*text.tar' -- "$SCIWRAP" pin it text.tar
    fails_with 125 'pin it: ' -- "$SCIWRAP" pin it "$server/plain/short.tar.gz"
    fails_with 125 'HTML page' -- "$SCIWRAP" pin it "$server/page/tiny.tar"
    fails_with 125 'is empty' -- "$SCIWRAP" pin it "$server/plain/empty.tar"
    fails_with 125 '404' -- "$SCIWRAP" pin it "$server/plain/absent.tar"
    [[ ! -e envs ]]
}

@test "what was probably meant" {
    mkdir image
    touch image/oci-layout
    fails_with 125 'oci://docker.io/library/ubuntu:22.04' -- "$SCIWRAP" pin it ubuntu:22.04
    fails_with 125 'oci-layout:image' -- "$SCIWRAP" pin it image
    fails_with 125 'is a folder' -- "$SCIWRAP" pin it .
    fails_with 125 'netrc' -- "$SCIWRAP" pin it 'http:'//me:secret@127.0.0.1/x
    [[ ! $stderr =~ secret ]]
    fails_with 125 'a name and a source' -- "$SCIWRAP" pin it
    fails_with 125 'not the name of an environment' -- "$SCIWRAP" pin 'a b' "$FIXTURES/tiny.tar"
    fails_with 125 'no image' -- "$SCIWRAP" pin it "$FIXTURES/tiny.tar" --platform linux/arm64
    fails_with 125 'description' -- "$SCIWRAP" pin it "$FIXTURES/tiny.tar" --description $'two\nlines'
    [[ ! -e envs ]]
}

@test "what cannot stand in a definition is told before anything is fetched" {
    fails_with 125 'quotation mark' -- "$SCIWRAP" pin it "$server/plain/tiny.tar" --command "sh -c 'open"
    fails_with 125 'too long' -- "$SCIWRAP" pin it "$server/plain/tiny.tar" --description "$(printf %0200d 1)"
    fails_with 125 'a comment' -- "$SCIWRAP" pin it "$server/plain/tiny.tar" --description 'a ;b'
    fails_with 125 'too long' -- "$SCIWRAP" pin it "$server/plain/tiny.tar?$(printf %0200d 1)"
    is "$(asked)" ""
    [[ ! -e envs ]]
}

@test "what came over http is to be compared" {
    # The server as a proxy: it goes by the last part of what it is asked for.
    http_proxy=$server succeeds "$SCIWRAP" pin it http://example.org/tiny.tar
    pinned it "$FIXTURES/tiny.tar" http://example.org/tiny.tar
    notes 'warning: pinned over http'
    succeeds "$SCIWRAP" pin other "$server/plain/tiny.tar"
    [[ ! $stderr =~ warning ]]
}

@test "an archive that is an image, or no root file system" {
    mkdir saved tree
    echo '[]' >saved/manifest.json
    tar -cf saved.tar -C saved .
    fails_with 125 'docker-archive:saved.tar' -- "$SCIWRAP" pin it saved.tar
    [[ ! -e envs ]]
    echo text >tree/file
    tar -cf tree.tar -C tree .
    succeeds "$SCIWRAP" pin it tree.tar
    notes 'neither /usr nor /bin'
}

@test "a folder that cannot be written is told before anything is fetched" {
    [[ $(id -u) -ne 0 ]] || skip "root writes everywhere"
    mkdir envs
    chmod 555 envs
    fails_with 125 "create 'envs/it.ini'" -- "$SCIWRAP" pin it "$server/plain/tiny.tar"
    is "$(asked)" ""
}

@test "without a digest nothing runs, and the way to one is told" {
    define bare '[environment]' 'command = probe' '[artifact]' "url = $FIXTURES/tiny.tar"
    fails_with 125 "sha256 is missing.*'sciwrap pin bare SOURCE'" -- "$SCIWRAP" run bare
    fails_with 125 "sha256 is missing.*'sciwrap pin bare SOURCE'" -- "$SCIWRAP" pull bare
}
