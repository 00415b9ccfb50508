#!/usr/bin/env bats
# --offline and $SCIWRAP_OFFLINE: the network is not asked, and everything that is here works.
load helpers
load serve

setup_file() {
    own_places
    mkdir -p "$BATS_FILE_TMPDIR/www"
    cp "$FIXTURES"/tiny.tar "$BATS_FILE_TMPDIR/www/"
    serve "$BATS_FILE_TMPDIR/www"
}

teardown_file() {
    unserve
}

setup() {
    own_store
    find_server
    pin=$(sha256 "$FIXTURES/tiny.tar")
}

it_is_from() { # URL...
    define it '[environment]' 'command = probe' '[artifact]' "sha256 = $pin" "${@/#/url = }"
}

# no_socket COMMAND...: as succeeds, and no process of it opens a socket of a network.
no_socket() {
    ASAN_OPTIONS=detect_leaks=0 succeeds strace -f -qq -o "$BATS_TEST_TMPDIR/calls" -e trace=socket,connect,sendto,sendmsg "$@"
    if grep -E 'socket\(AF_INET|connect\(|PF_INET' "$BATS_TEST_TMPDIR/calls"; then
        return 1
    fi
}

@test "what is in the store needs no network" {
    it_is_from "$server/plain/tiny.tar"
    "$SCIWRAP" pull --quiet it
    : >"$BATS_FILE_TMPDIR/log"
    no_socket "$SCIWRAP" pull --offline it
    succeeds "$SCIWRAP" exec --offline it cat /etc/version
    is "$output" old
    is "$(asked)" ""
}

@test "an artifact in the store, at a path or in a mirror's folder is unpacked without a network" {
    it_is_from "$server/plain/tiny.tar"
    "$SCIWRAP" pull --quiet it
    rm -rf "$SCIWRAP_STORE"/trees/*
    no_socket "$SCIWRAP" pull --offline it

    rm -rf "$SCIWRAP_STORE"
    it_is_from "$server/plain/tiny.tar" "$FIXTURES/tiny.tar"
    no_socket "$SCIWRAP" pull --offline it

    rm -rf "$SCIWRAP_STORE"
    it_is_from "$server/plain/tiny.tar"
    mkdir -p cache/sha256
    cp "$FIXTURES/tiny.tar" "cache/sha256/$pin"
    export SCIWRAP_MIRRORS="$server/plain $PWD/cache" SCIWRAP_MIRRORS_FIRST=yes
    no_socket "$SCIWRAP" pull --offline it
    is "$(sort -u "$BATS_FILE_TMPDIR/log")" "/plain/tiny.tar -"
}

@test "what is missing is told, and how to get it" {
    it_is_from "$server/plain/tiny.tar"
    fails_with 125 "$pin.*--offline.*'sciwrap pull it'.*'sciwrap store export it FILE'.*$server/plain/tiny.tar': not asked" -- \
        "$SCIWRAP" pull --offline it
    local command
    for command in run exec shell; do
        run --separate-stderr "$SCIWRAP" "$command" --offline it ${command/#[rs]*/}
        is "$status" 125
        notes "'sciwrap pull it'"
    done
    SCIWRAP_OFFLINE=yes fails_with 125 "$pin.*'sciwrap pull it'" -- "$SCIWRAP" pull it
    SCIWRAP_OFFLINE=true fails_with 125 "$pin.*'sciwrap pull it'" -- "$SCIWRAP" pull it
    is "$(asked)" ""
    SCIWRAP_OFFLINE=no succeeds "$SCIWRAP" pull it
    # So does the rerun of a run whose environment is not here any more.
    succeeds "$SCIWRAP" exec it true
    local before
    before=$(asked)
    chmod -R u+w "$SCIWRAP_STORE"
    rm -rf "$SCIWRAP_STORE"
    fails_with 125 "see the line above" -- "$SCIWRAP" rerun --offline "$(field 'm["id"]')"
    notes "because of --offline; .*'sciwrap pull it'"
    is "$(asked)" "$before"
    succeeds "$SCIWRAP" rerun "$(field 'm["id"]')"
}

@test "not even a socket is opened where something is missing" {
    it_is_from "$server/plain/tiny.tar"
    # The sanitizer of a development build cannot look for leaks under strace.
    ASAN_OPTIONS=detect_leaks=0 run strace -f -qq -o calls -e trace=socket,connect "$SCIWRAP" pull --offline it
    is "$status" 125
    run grep -E 'AF_INET|connect\(' calls
    is "$output" ""
}

@test "pin, build and lock ask nothing either" {
    fails_with 125 'not asked, because of --offline' -- "$SCIWRAP" pin it --offline "$server/plain/tiny.tar"
    SCIWRAP_OFFLINE=yes fails_with 125 'SCIWRAP_OFFLINE' -- "$SCIWRAP" lock tiny
    succeeds "$SCIWRAP" pin it --offline "$FIXTURES/tiny.tar"
    is "$(asked)" ""
}
