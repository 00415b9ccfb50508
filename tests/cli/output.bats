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

# fits COLUMNS COMMAND...: on a terminal of so many no line is wider; in characters, without carriage returns.
fits() {
    local columns=$1
    shift
    TERM=dumb TERMINAL_COLUMNS=$columns on_terminal '' "$SCIWRAP" "$@"
    [[ $status -le 1 ]] || { echo "status $status: $*: $output"; return 1; }
    printf '%s\n' "$output" | python3 -c '
import sys
wide = [line for line in sys.stdin.read().replace("\r", "").splitlines() if len(line) > int(sys.argv[1])]
sys.exit("wider than %s: %s" % (sys.argv[1], "\n".join(wide)) if wide else 0)' "$columns"
}

going_on() { # the ID of the run of this test
    "$SCIWRAP" ps --json | python3 -c '
import json, os, sys
ids = [run["id"] for run in json.load(sys.stdin) if run["workdir"] == os.path.realpath(".")]
print(ids[0]) if ids else sys.exit(1)'
}

@test "what is shown on a terminal of 80 columns does not wrap; elsewhere every text is whole" {
    define a-tool-with-a-name-1.22 "[environment]" \
        "description = what it is and does, in one line that is much longer than a terminal of eighty columns is wide" \
        "command = cat" "[artifact]" "sha256 = $(sha256 "$FIXTURES/tiny.tar")" "size = $(stat -c %s "$FIXTURES/tiny.tar")" \
        "url = $FIXTURES/tiny.tar"
    "$SCIWRAP" init -q
    mkdir -p a/folder/within/another/one
    words="some words that together are longer than what fits beside the other columns of a table"
    file=a/folder/within/another/one/a-file-with-a-name-of-its-own.txt
    echo x >"$file"
    # shellcheck disable=SC2086
    "$SCIWRAP" exec -q a-tool-with-a-name-1.22 sh -c 'cat "$1"; shift; echo "$@" >made.txt; exit 3' sh "$file" $words || true
    "$SCIWRAP" exec -q tiny cp made.txt other.txt
    "$SCIWRAP" exec -q tiny sh -c 'echo different >made.txt'
    ids=$("$SCIWRAP" runs --json | python3 -c 'import json, sys; print(" ".join(r["id"] for r in json.load(sys.stdin)))')
    read -r first second third <<<"$ids"
    # shellcheck disable=SC2086
    "$SCIWRAP" exec -q tiny sh -c 'sleep 71.25; true' sh $words &
    until_true going_on
    running=$(going_on)
    for columns in 80 200; do
        for command in ps runs envs config "config -v" "store list" "store du" "store verify" "whence other.txt" \
            "show $first" "show $second" "diff $first $third" doctor; do
            # A path of this test that is a word of its own would be folded nowhere.
            # shellcheck disable=SC2086
            SCIWRAP_TMPDIR=/tmp fits "$columns" $command
        done
    done
    # Wide enough: nothing is left out or cut.
    TERMINAL_COLUMNS=500 on_terminal '' "$SCIWRAP" ps
    says 'ID  .*ENVIRONMENT.* PID NS +USER NS .*CGROUP'
    says "$words"
    # Narrow: what is least needed is left out, identifiers are shorter, and what is cut says so.
    fits 80 ps
    [[ $output != *"USER NS"* && $output != *CGROUP* ]]
    says 'sh -c sleep .*…'
    fits 80 runs
    says "${first:0:7}  20..-..-..T..:..  a-tool-with"
    [[ $output != *"$first"* ]]
    fits 80 envs
    says 'a-tool-with-a-name-1.22  in store  what it is and .*…'
    fits 80 whence other.txt
    # Piped into another program all is there.
    succeeds "$SCIWRAP" runs
    says "$first  20..-..-..T..:..:..  a-tool-with-a-name-1.22 .*$words"
    succeeds "$SCIWRAP" envs
    says 'columns is wide'
    succeeds "$SCIWRAP" show "$first"
    says "$file"
    [[ $output != *…* ]]
    "$SCIWRAP" stop -q "$running"
    wait
}

@test "durations are shown in the units of all others, in the list and in the record" {
    "$SCIWRAP" init -q
    "$SCIWRAP" exec -q tiny true
    id=$(basename "$(dirname "$(manifest)")")
    forged
    for pair in "7500000000000|2 h 05 min" "187000000000|3 min 07 s" "12300000000|12.3 s" "4200000|4.2 ms"; do
        sed -i -E "0,/\"elapsed_ns\": [0-9]+/s//\"elapsed_ns\": ${pair%|*}/" "$(manifest)"
        rm -f .sciwrap/catalog*
        succeeds "$SCIWRAP" runs
        says " 0 +${pair#*|}  true"
        succeeds "$SCIWRAP" show "$id"
        says "time +${pair#*|}"
    done
}

@test "--json is one document on standard output, whatever is said beside it" {
    "$SCIWRAP" init -q
    "$SCIWRAP" exec -q tiny sh -c 'echo a >out'
    id=$("$SCIWRAP" runs --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')
    for command in runs envs ps doctor config "show $id" "whence out" "diff $id $id" "rerun $id" \
        "store list" "store du" "store verify" "store gc --dry-run" "bundle $id -o it.sciwrap" "bundle --list it.sciwrap" \
        "bundle --check it.sciwrap" "pin own $FIXTURES/tiny.tar" "store export tiny it.tar" \
        "store import --name other it.tar"; do
        # shellcheck disable=SC2086
        run --separate-stderr "$SCIWRAP" $command --json
        [[ $status -le 1 ]] || [[ $command == doctor ]]
        python3 -c 'import json, sys; json.loads(sys.argv[1])' "$output" || { echo "no JSON: $command"; return 1; }
    done
}

@test "--json of what is written says where it is, and what" {
    "$SCIWRAP" init -q
    "$SCIWRAP" exec -q tiny sh -c 'echo a >out'
    id=$(field 'm["id"]')
    of() { # EXPRESSION over the document d
        python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' "$output" "$1"
    }
    pinned=$(sha256 "$FIXTURES/tiny.tar")
    quietly "$SCIWRAP" bundle --json -q -o a.sciwrap --outputs "$id"
    is "$(of 'd["run"], d["path"], d["size"]')" "('$id', 'a.sciwrap', $(stat -c %s a.sciwrap))"
    contents=$(of 'd["contents"]')
    quietly "$SCIWRAP" bundle --json --list a.sciwrap
    is "$(of 'd["contents"], d["environment"], d["command"], d["inputs"], [f["inside"] for f in d["outputs"] if f["path"] == "out"]')" \
        "('$contents', {'name': 'tiny', 'sha256': '$pinned', 'inside': True}, ['sh', '-c', 'echo a >out'], [], [True])"
    quietly "$SCIWRAP" bundle --json -q --no-artifact -o b.sciwrap "$id"
    quietly "$SCIWRAP" bundle --json --check b.sciwrap
    is "$(of 'd["environment"]["inside"], [f["inside"] for f in d["outputs"] if f["path"] == "out"]')" "(False, [False])"
    quietly "$SCIWRAP" pin --json -q own "$FIXTURES/tiny.tar"
    is "$(of 'd')" "{'environment': 'own', 'definition': 'envs/own.ini', 'sha256': '$pinned', 'size': $(stat -c %s "$FIXTURES/tiny.tar")}"
    quietly "$SCIWRAP" store export --json -q tiny t.tar
    is "$(of 'd')" "{'environment': 'tiny', 'sha256': '$pinned', 'path': 't.tar', 'size': $(stat -c %s t.tar)}"
    quietly "$SCIWRAP" store import --json -q --name new t.tar
    is "$(of 'd')" "{'environment': 'new', 'sha256': '$pinned', 'definition': 'envs/new.ini'}"
}

@test "what takes long says that it begins, and what came of it; nothing with --quiet" {
    succeeds "$SCIWRAP" store export tiny one.tar
    is "$output" ""
    is "$(sed 's/[0-9.]* MB$/SIZE/' <<<"$stderr")" "sciwrap: export tiny: SIZE
sciwrap: export tiny: wrote 'one.tar'"
    quietly "$SCIWRAP" store export -q tiny two.tar
    cmp one.tar two.tar
    succeeds "$SCIWRAP" store import --name again one.tar
    is "$(sort <<<"$stderr" | uniq -d)" ""
    quietly "$SCIWRAP" store import -q --name quiet one.tar
    "$SCIWRAP" pull --again tiny 2>pull.log
    is "$(sort pull.log | uniq -d)" ""
    quietly "$SCIWRAP" pull -q --again tiny
}
