#!/usr/bin/env bats
# sciwrap pull: from servers, files and paths; whole or not at all.
load helpers

setup_file() {
    own_places
    mkdir -p "$BATS_FILE_TMPDIR/www"
    cp "$FIXTURES"/tiny.tar* "$BATS_FILE_TMPDIR/www/"
    # Descriptor 3 is bats's own: a server that kept it would keep bats waiting.
    python3 "$BATS_TEST_DIRNAME/server.py" "$BATS_FILE_TMPDIR/www" "$BATS_FILE_TMPDIR/port" "$BATS_FILE_TMPDIR/log" \
        >/dev/null 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    until_true test -s "$BATS_FILE_TMPDIR/port"
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")" || true
}

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    server=http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
    : >"$BATS_FILE_TMPDIR/log"
    rm -f "$BATS_FILE_TMPDIR/www/go"
}

from() { # URL... : the definition "it" with the pin of tiny.tar and these addresses
    define it '[environment]' 'command = probe' '[artifact]' "sha256 = $(sha256 "$FIXTURES/tiny.tar")" \
        "size = $(stat -c %s "$FIXTURES/tiny.tar")" "${@/#/url = }"
}

works() {
    quietly "$SCIWRAP" exec "${1:-it}" cat /etc/version
    is "$output" old
    nothing_left
}

@test "from a path, a relative path and file://" {
    local address
    cp "$FIXTURES/tiny.tar" "$BATS_TEST_TMPDIR/tiny.tar"
    for address in "$FIXTURES/tiny.tar" ../tiny.tar "file://$FIXTURES/tiny.tar"; do
        from "$address"
        succeeds "$SCIWRAP" pull it || { echo "$address"; return 1; }
        works
        rm -rf "$SCIWRAP_STORE"
    done
}

@test "over http, with and without ranges, through a redirection" {
    local place
    for place in plain range to/range to/to/plain; do
        from "$server/$place/tiny.tar"
        succeeds "$SCIWRAP" pull it || { echo "$place"; return 1; }
        works
        rm -rf "$SCIWRAP_STORE"
    done
}

@test "every format gives the same tree" {
    local format
    for format in gz bz2 xz zst; do
        succeeds "$SCIWRAP" pull "tiny-$format"
        works "tiny-$format"
    done
    succeeds "$SCIWRAP" pull tiny
    is "$(sha256sum "$SCIWRAP_STORE"/trees/*/index | cut -d' ' -f1 | sort -u | wc -l)" 1
    is "$(find "$SCIWRAP_STORE/trees" -name index | wc -l)" 5
}

@test "what is there already is not fetched again" {
    from "$server/plain/tiny.tar"
    succeeds "$SCIWRAP" pull it
    succeeds "$SCIWRAP" pull it
    is "$(wc -l <"$BATS_FILE_TMPDIR/log")" 1
}

@test "a copy in the store that is damaged is brought again" {
    local blob
    from "$server/plain/tiny.tar"
    "$SCIWRAP" pull --quiet it
    blob=$SCIWRAP_STORE/blobs/sha256/$(sha256 "$FIXTURES/tiny.tar")
    rm -rf "$SCIWRAP_STORE/trees/${blob##*/}"
    chmod u+w "$blob"
    printf 'U' | dd of="$blob" bs=1 seek=3000 conv=notrunc status=none
    succeeds "$SCIWRAP" pull it
    notes "the store's copy of it is damaged and was removed"
    is "$(sha256 "$blob")" "${blob##*/}"
    works
}

@test "--again replaces what is there" {
    from "$FIXTURES/tiny.tar"
    "$SCIWRAP" pull --quiet it
    local tree
    tree=$SCIWRAP_STORE/trees/$(sha256 "$FIXTURES/tiny.tar")
    chmod u+w "$tree/rootfs/etc/version"
    echo spoiled >"$tree/rootfs/etc/version"
    succeeds "$SCIWRAP" pull it
    is "$(cat "$tree/rootfs/etc/version")" spoiled
    succeeds "$SCIWRAP" pull --again it
    is "$(cat "$tree/rootfs/etc/version")" old
    nothing_left
}

@test "mirrors are tried in order" {
    from "$server/plain/absent.tar" "$server/page/tiny.tar" /no/such/file.tar "$server/plain/tiny.tar"
    succeeds "$SCIWRAP" pull it
    is "$(cut -d' ' -f1 "$BATS_FILE_TMPDIR/log" | tr '\n' ' ')" "/plain/absent.tar /page/tiny.tar /plain/tiny.tar "
    works
}

@test "when all fail, every address is named with its answer" {
    from "$server/plain/absent.tar" "$server/page/tiny.tar" http://127.0.0.1:1/tiny.tar
    fails_with 125 'absent.tar' -- "$SCIWRAP" pull it
    notes '404'
    notes '[Hh][Tt][Mm][Ll]|error page'
    notes '127.0.0.1:1/'
    is "$(find "$SCIWRAP_STORE/trees" -mindepth 1 -maxdepth 1)" ""
}

@test "a transfer that breaks off is resumed, not begun again" {
    from "$server/cut/1000000/tiny.tar"
    run "$SCIWRAP" pull it
    local tries=1
    while [[ $status -ne 0 && $tries -lt 6 ]]; do
        run "$SCIWRAP" pull it
        tries=$((tries + 1))
    done
    is "$status" 0
    grep -q 'bytes=1000000-' "$BATS_FILE_TMPDIR/log"
    works
}

@test "a pull that is killed is resumed by the next" {
    from "$server/hold/1500000/tiny.tar"
    "$SCIWRAP" pull it 3>&- 2>/dev/null &
    local runner=$!
    until_true bash -c "find '$SCIWRAP_STORE/tmp' -type f -size +1400k | grep -q ."
    kill -KILL $runner
    wait $runner || true
    touch "$BATS_FILE_TMPDIR/www/go"
    succeeds "$SCIWRAP" pull it
    works
    grep -Eq '^/hold/1500000/tiny.tar bytes=[1-9][0-9]*-' "$BATS_FILE_TMPDIR/log"
}

@test "a file that changed on the server meanwhile is not patched together" {
    from "$server/hold/1500000/tiny.tar"
    "$SCIWRAP" pull it 3>&- 2>/dev/null &
    local runner=$!
    until_true bash -c "find '$SCIWRAP_STORE/tmp' -type f -size +1400k | grep -q ."
    kill -KILL $runner
    wait $runner || true
    touch "$BATS_FILE_TMPDIR/www/go"
    from "$server/changed/tiny.tar"
    succeeds "$SCIWRAP" pull it
    works
}

@test "a server that sends more than the pin allows is cut off" {
    from "$server/longer/tiny.tar"
    run --separate-stderr timeout 60 "$SCIWRAP" pull it
    # The surplus is either never read or refused; what is kept is never larger than the pin.
    [[ $status -eq 0 || $status -eq 125 ]]
    [[ -z $(find "$SCIWRAP_STORE" -type f -size +"$(($(stat -c %s "$FIXTURES/tiny.tar") / 1024 + 8))"k) ]]
}

@test "two pulls at once both succeed, and one tree appears" {
    from "$server/plain/tiny.tar"
    local i pids=()
    for i in 1 2 3 4 5 6; do
        "$SCIWRAP" pull it 3>&- 2>"err.$i" &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || { cat err.*; return 1; }
    done
    is "$(find "$SCIWRAP_STORE/trees" -mindepth 1 -maxdepth 1 | wc -l)" 1
    works
}

@test "two runs that bring the same tree both run" {
    from "$server/plain/tiny.tar"
    "$SCIWRAP" exec it cat /etc/version >one 2>/dev/null 3>&- &
    local first=$!
    "$SCIWRAP" exec it cat /etc/version >two 2>/dev/null
    wait $first
    is "$(cat one two)" $'old\nold'
}

@test "several environments in one command" {
    export SCIWRAP_ENVS=$FIXTURES/envs
    succeeds "$SCIWRAP" pull tiny tiny-new tiny-zst
    is "$(find "$SCIWRAP_STORE/trees" -mindepth 1 -maxdepth 1 | wc -l)" 3
}

@test "elsewhere than on a terminal: a line at the start and one at the end, none of it on standard output" {
    from "$server/plain/tiny.tar"
    succeeds "$SCIWRAP" pull it
    is "$output" ""
    [[ $(wc -l <<<"$stderr") -le 4 ]]
    [[ ! $stderr =~ $'\r' && ! $stderr =~ $'\x1b' ]]
    notes 'pull it'
}

@test "on a terminal: a live line with rate and time" {
    from "$server/hold/2000000/tiny.tar"
    export TERM=xterm
    # The rest comes once the line has been drawn.
    (until_true grep -q hold "$BATS_FILE_TMPDIR/log" && sleep 1 && touch "$BATS_FILE_TMPDIR/www/go") 3>&- &
    on_terminal '' "$SCIWRAP" pull it
    is "$status" 0
    [[ $output =~ $'\r' ]]
    [[ $output =~ [0-9]\ [kM]?B/s ]]
}

@test "https is not left for http, and file:// is not reached by a redirection" {
    python3 - "$BATS_FILE_TMPDIR/www" >/dev/null 2>&1 3>&- <<'PYTHON' &
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", "file:///etc/passwd")
        self.end_headers()
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
open(sys.argv[1] + "/redirect-port", "w").write(str(s.server_address[1]))
s.handle_request()
PYTHON
    until_true test -s "$BATS_FILE_TMPDIR/www/redirect-port"
    from "http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/www/redirect-port")/x"
    fails_with 125 '' -- "$SCIWRAP" pull it
    [[ ! -d $SCIWRAP_STORE/trees || -z $(ls -A "$SCIWRAP_STORE/trees") ]]
}
