#!/usr/bin/env bats
# Output: progress and colour on a terminal and nowhere else, JSON on standard output alone, nothing wider than a terminal.
load helpers

slowly() { # NAME WIDTH ENOUGH COMMAND...: beside other ones; what the terminal got is in NAME afterwards
    local name=$1
    shift
    python3 "$BATS_TEST_DIRNAME/slowly.py" "$@" >"$name" &
}

@test "progress is one line that is rewritten, gone at the end, and never wider than the terminal" {
    "$SCIWRAP" init -q
    export TERM=xterm
    slowly wide 80 3 "$SCIWRAP" whence -
    slowly narrow 44 2 "$SCIWRAP" whence -
    slowly tiny 12 2 "$SCIWRAP" whence -
    # And none with --quiet, on a dumb terminal, or where standard error is none.
    slowly quiet 80 0 "$SCIWRAP" whence -q -
    TERM=dumb slowly dumb 80 0 "$SCIWRAP" whence -
    (head -c 100000 /dev/zero; sleep 0.7; head -c 100000 /dev/zero) | "$SCIWRAP" whence - >/dev/null 2>none || true
    wait
    grep -qE '^\\rsciwrap: hash the file: [0-9.]+ [kM]B, [0-9.]+ [kM]B/s$' wide
    is "$(grep . wide | tail -n 1)" '\r'
    is "$(grep . wide | grep -vc "^.rsciwrap: hash the file: ")" 1
    is "$(sed 's/^\\r//' narrow | awk 'length > 43')$(sed 's/^\\r//' tiny | awk 'length > 11')" ""
    grep -qE '^\\r[0-9.]+ [kM]B' tiny
    is "$(cat quiet dumb none)" ""
}
