# record.bash: what the tests of the recorder share. `act` (tests/fixtures/act.c) makes the calls.
# shellcheck shell=bash

# acts STEP...: carried out inside, without a word on standard error.
acts() {
    quietly "$SCIWRAP" exec tiny act "$@"
}

# told: what the newest record says about files, in words (told.py).
told() {
    python3 "$BATS_TEST_DIRNAME/told.py" "$(manifest)" "$WORK"
}

# tells LINE...: that and nothing else.
tells() {
    is "$(told)" "$(printf '%s\n' "$@")"
}

# The same but for the folders on the way, which are noted when a call opens them.
tells_files() {
    is "$(told | grep -v '^in .*/$')" "$(printf '%s\n' "$@")"
}

# reruns: the record is enough to get the same again.
reruns() {
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
}

# anew FILE=TEXT...: an empty work directory with these files.
anew() {
    cd "$WORK" || return 1
    find . -mindepth 1 -maxdepth 1 -exec rm -rf {} +
    local file
    for file in "$@"; do
        mkdir -p "$(dirname "${file%%=*}")"
        printf %s "${file#*=}" >"${file%%=*}"
    done
}
