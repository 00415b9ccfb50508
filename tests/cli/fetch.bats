#!/usr/bin/env bats
# What is said of servers that answer wrongly: one pull for each message. What becomes of the transfers, with many more
# faults and with limits of memory and requests: tests/fetch.
load helpers

setup_file() {
    own_places
    # Descriptor 3 is bats's own: a server that kept it would keep bats waiting.
    python3 -u "$BATS_TEST_DIRNAME/../fetch/server.py" "$FIXTURES/tiny.tar" >"$BATS_FILE_TMPDIR/out" 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    until_true grep -q MODE "$BATS_FILE_TMPDIR/out"
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")" || true
}

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store SCIWRAP_FETCH_TRIES=1
    server=$(grep -oE 'http://127.0.0.1:[0-9]+' "$BATS_FILE_TMPDIR/out" | head -n 1)
    number=0
}

from() { # URL: "it" there
    define it '[environment]' 'command = probe' '[artifact]' "sha256 = $(sha256 "$FIXTURES/tiny.tar")" \
        "size = $(stat -c %s "$FIXTURES/tiny.tar")" "url = $1"
}

answers() { # MODE: "it" at a place of that mode; each is a case of its own for the server
    number=$((number + 1))
    from "$server/$BATS_TEST_NUMBER-$number/$1"
}

@test "answers that cannot be believed" {
    local mode pattern
    while IFS='|' read -r mode pattern; do
        answers "$mode"
        fails_with 125 "$pattern" -- "$SCIWRAP" pull it || { echo "of: $mode"; return 1; }
    done <<ROWS
transfer-gzip|sends in the transfer coding 'gzip, chunked', which was not asked for
gzip|pinned .*the server sent it in the content coding 'gzip'
part-unasked|sends a part of the file .HTTP status 206., which was not asked for
header-flood|sends more than [0-9]* kB of headers
header-line/10000000|sends a header that is too long|Too large
ROWS
    answers slow-body
    SCIWRAP_FETCH_STALL=1 fails_with 125 'too slow: less than 1000 bytes a second for 1 s' -- "$SCIWRAP" pull it
    SCIWRAP_FETCH_TRIES=many fails_with 125 "SCIWRAP_FETCH_TRIES is 'many': it must be a number from 1 to 100" -- "$SCIWRAP" pull it
    from https://refused.example.org/tiny.tar
    https_proxy=$server fails_with 125 '407.*; the proxy is named by http_proxy, https_proxy or all_proxy' -- "$SCIWRAP" pull it
    # The rest of a file that is another part of it: the whole is fetched.
    answers range/earlier
    SCIWRAP_FETCH_TRIES=4 succeeds "$SCIWRAP" pull it
    nothing_left
}

@test "a netrc that is not used, and why" {
    local text pattern
    export NETRC=$PWD/netrc
    answers basic
    while IFS='|' read -r text pattern; do
        echo "$text" >netrc
        fails_with 125 'HTTP status 401' -- "$SCIWRAP" pull it || { echo "of: $text"; return 1; }
        notes "$pattern"
        [[ $stderr != *secret* ]]
    done <<'ROWS'
machine 127.0.0.1 login|netrc': 'login' without a value
machine|netrc': 'machine' without a name
secret words|netrc': a word that no netrc has
ROWS
    echo 'machine 127.0.0.1 login me password secret' >netrc
    if [[ $(id -u) -eq 0 ]]; then
        chown 12345 netrc
        fails_with 125 'HTTP status 401' -- "$SCIWRAP" pull it
        notes "netrc' is another user's and is not used"
        chown 0 netrc
    fi
    chmod 644 netrc
    succeeds "$SCIWRAP" pull it
    notes "others can read the passwords in '.*netrc'; 'chmod 600' it"
}
