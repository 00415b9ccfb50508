#!/usr/bin/env bats
# $SCIWRAP_MIRRORS: places that have files by their digest.
load helpers
load serve

setup_file() {
    own_places
    mkdir -p "$BATS_FILE_TMPDIR/www"
    cp "$FIXTURES"/tiny.tar "$BATS_FILE_TMPDIR/www/"
    cp "$FIXTURES"/tiny.tar "$BATS_FILE_TMPDIR/www/$(sha256 "$FIXTURES/tiny.tar")"
    serve "$BATS_FILE_TMPDIR/www"
}

teardown_file() {
    unserve
}

setup() {
    own_store
    find_server
    pin=$(sha256 "$FIXTURES/tiny.tar")
    size=$(stat -c %s "$FIXTURES/tiny.tar")
    mkdir -p "$BATS_TEST_TMPDIR/cache/sha256"
    cache=$BATS_TEST_TMPDIR/cache
}

it_is_from() { # URL...
    define it '[environment]' 'command = probe' '[artifact]' "sha256 = $pin" "size = $size" "${@/#/url = }"
}

works() {
    quietly "$SCIWRAP" exec it cat /etc/version
    is "$output" old
    nothing_left
}

@test "a folder is looked into first" {
    cp "$FIXTURES/tiny.tar" "$cache/sha256/$pin"
    it_is_from "$server/plain/tiny.tar"
    export SCIWRAP_MIRRORS="/no/such/folder $cache"
    succeeds "$SCIWRAP" pull it
    is "$(asked)" ""
    works
}

@test "the blobs of another store are such a folder" {
    it_is_from "$server/plain/tiny.tar"
    SCIWRAP_STORE=$BATS_TEST_TMPDIR/other "$SCIWRAP" pull --quiet it
    : >"$BATS_FILE_TMPDIR/log"
    export SCIWRAP_MIRRORS="file://$BATS_TEST_TMPDIR/other/blobs/"
    succeeds "$SCIWRAP" pull it
    is "$(asked)" ""
    works
}

@test "a server is asked after the file's own addresses" {
    it_is_from "$server/plain/tiny.tar"
    export SCIWRAP_MIRRORS="$server/plain"
    succeeds "$SCIWRAP" pull it
    is "$(asked)" "/plain/tiny.tar "
    works
}

@test "a server helps when the file's own addresses are gone" {
    it_is_from "$server/plain/absent.tar" http://127.0.0.1:1/tiny.tar /no/such.tar
    export SCIWRAP_MIRRORS="$server/plain/"
    succeeds "$SCIWRAP" pull it
    is "$(asked)" "/plain/absent.tar /plain/sha256/$pin "
    works
}

@test "a pin without any address is enough" {
    it_is_from
    export SCIWRAP_MIRRORS="$server/plain"
    succeeds "$SCIWRAP" pull it
    works
}

@test "SCIWRAP_MIRRORS_FIRST spares the line of the site" {
    it_is_from "$server/plain/tiny.tar"
    export SCIWRAP_MIRRORS="$server/range" SCIWRAP_MIRRORS_FIRST=yes
    succeeds "$SCIWRAP" pull it
    is "$(asked)" "/range/sha256/$pin "
    works
}

@test "a mirror that is out of service costs one try, and is named" {
    it_is_from "$server/plain/tiny.tar"
    export SCIWRAP_MIRRORS="http://127.0.0.1:1/cache" SCIWRAP_MIRRORS_FIRST=yes
    succeeds "$SCIWRAP" pull it
    [[ ! $stderr =~ again ]]
    works
}

@test "a mirror that sends other bytes is named, and the next place is asked" {
    local wrong=$BATS_TEST_TMPDIR/wrong/sha256
    mkdir -p "$wrong"
    # As large as the right file, and one byte is another; then shorter; then a page.
    cp "$FIXTURES/tiny.tar" "$wrong/$pin"
    printf X | dd of="$wrong/$pin" bs=1 seek=100000 conv=notrunc status=none
    it_is_from "$server/plain/tiny.tar"
    export SCIWRAP_MIRRORS="${wrong%/sha256}"
    succeeds "$SCIWRAP" pull it
    notes "warning: mirror '.*/wrong/sha256/$pin' has not the bytes of 'it'"
    works

    rm -rf "$SCIWRAP_STORE"
    truncate -s 1000 "$wrong/$pin"
    succeeds "$SCIWRAP" pull it
    notes "warning: mirror '.*/wrong/sha256/$pin' has not the bytes of 'it'"
    works

    rm -rf "$SCIWRAP_STORE"
    export SCIWRAP_MIRRORS="$server/page" SCIWRAP_MIRRORS_FIRST=yes
    succeeds "$SCIWRAP" pull it
    notes "warning: mirror '$server/page/sha256/$pin' has not the bytes of 'it'.*HTML"
    works
}

@test "all that is wrong is told when nothing is right" {
    it_is_from "$server/plain/absent.tar"
    export SCIWRAP_MIRRORS="$server/page $cache"
    fails_with 125 'not to be had' -- "$SCIWRAP" pull it
    notes "mirror '$cache/sha256/$pin': No such file"
    notes "'$server/plain/absent.tar': .*404"
    notes "'$server/page/sha256/$pin': .*HTML"
    is "$(find "$SCIWRAP_STORE/trees" -mindepth 1)" ""
}

@test "what is no place is refused" {
    it_is_from "$FIXTURES/tiny.tar"
    SCIWRAP_MIRRORS="cache" fails_with 125 "SCIWRAP_MIRRORS: 'cache' is neither" -- "$SCIWRAP" pull it
}
