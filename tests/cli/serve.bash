# serve.bash: the web server of server.py for a test file: serve FOLDER in setup_file, unserve in teardown_file.
# shellcheck shell=bash disable=SC2034

serve() { # FOLDER
    # Descriptor 3 is bats's own: a server that kept it would keep bats waiting.
    python3 "$BATS_TEST_DIRNAME/server.py" "$1" "$BATS_FILE_TMPDIR/port" "$BATS_FILE_TMPDIR/log" >/dev/null 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    until_true test -s "$BATS_FILE_TMPDIR/port"
}

unserve() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")" || true
}

# In setup: $server, and a log that is empty.
find_server() {
    server=http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
    : >"$BATS_FILE_TMPDIR/log"
}

asked() { # the paths that were asked for, with a blank after each
    cut -d' ' -f1 "$BATS_FILE_TMPDIR/log" | tr '\n' ' '
}

own_store() {
    own_places
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
}
