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

@test "colour only on a terminal that can show it, and not with NO_COLOR" {
    export TERM=xterm
    on_terminal '' "$SCIWRAP" exec nosuch true
    is "$status" 125
    says $'^\e\\[1;31msciwrap:\e\\[0m no environment'
    NO_COLOR=1 on_terminal '' "$SCIWRAP" exec nosuch true
    says '^sciwrap: no environment'
    TERM=dumb on_terminal '' "$SCIWRAP" exec nosuch true
    says '^sciwrap: no environment'
    fails_with 125 'no environment' -- "$SCIWRAP" exec nosuch true
    on_terminal '' "$SCIWRAP" doctor
    says $'\e\\[32mok'
    run "$SCIWRAP" doctor
    [[ $output != *$'\e'* ]]
}

@test "--json is one document on standard output, whatever is said beside it" {
    "$SCIWRAP" init -q
    "$SCIWRAP" exec -q tiny sh -c 'echo a >out'
    id=$("$SCIWRAP" runs --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')
    for command in runs envs ps doctor config "show $id" "whence out" "diff $id $id" "rerun $id" \
        "store list" "store du" "store verify" "store gc --dry-run"; do
        # shellcheck disable=SC2086
        run --separate-stderr "$SCIWRAP" $command --json
        [[ $status -le 1 ]] || [[ $command == doctor ]]
        python3 -c 'import json, sys; json.loads(sys.argv[1])' "$output" || { echo "no JSON: $command"; return 1; }
    done
}
