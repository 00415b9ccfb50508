#!/usr/bin/env bats
# sciwrap whence: the run that made a content, and the runs before it.
load helpers

# The ID of the run whose command holds a word.
id_of() {
    grep -lF -- "$1" .sciwrap/runs/*/manifest.json | head -n 1 | cut -d/ -f3
}

make_chain() {
    printf 'raw\nand more\n' >raw.txt
    "$SCIWRAP" exec tiny sh -c 'sort raw.txt >sorted.txt; : one' &&
        "$SCIWRAP" exec --input sorted.txt tiny sh -c 'wc -c <sorted.txt >count.txt; cat sorted.txt >other.txt; : two' &&
        "$SCIWRAP" exec tiny sh -c 'cat count.txt; echo result; : three' >result.txt
}

@test "it names the run that made a file, and those before" {
    make_chain
    quietly "$SCIWRAP" whence result.txt
    says "^result.txt "
    says "sha256 $(sha256 result.txt)"
    says "made by $(id_of ': three')"
    is "$(grep -cE '^[0-9a-f]{12}  ' <<<"$output")" 3
    says "read $(sha256 count.txt | cut -c1-12)  count.txt  made by $(id_of ': two')"
    says "read $(sha256 raw.txt | cut -c1-12)  raw.txt"
    says "tiny
    sh -c 'sort raw.txt >sorted.txt; : one'"
}

@test "the content counts, not the name" {
    make_chain
    mkdir elsewhere
    mv result.txt elsewhere/renamed.dat
    quietly "$SCIWRAP" whence elsewhere/renamed.dat
    says "made by $(id_of ': three') as result.txt"
    quietly "$SCIWRAP" whence - <elsewhere/renamed.dat
    says "^standard input "
    says "made by $(id_of ': three')"
    cd elsewhere
    quietly "$SCIWRAP" whence renamed.dat
    says "made by "
    cd /
    quietly "$SCIWRAP" whence "$WORK/elsewhere/renamed.dat"
    says "made by "
}

@test "a file that nobody made" {
    make_chain
    run "$SCIWRAP" whence raw.txt
    is $status 1
    says 'no run recorded here made this content'
    says "it was read by $(id_of ': one')"
    echo by hand >mine.txt
    run "$SCIWRAP" whence mine.txt
    is $status 1
    is "${#lines[@]}" 3
}

@test "a file that was changed since" {
    make_chain
    local before
    before=$(sha256 result.txt | cut -c1-12)
    echo edited >result.txt
    run "$SCIWRAP" whence result.txt
    is $status 1
    says "$(id_of ': three') wrote it at .* with other content \(sha256 $before\): it was changed since"
    run "$SCIWRAP" whence --json result.txt
    is $status 1
    is "$(python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(d["made_by"], d["complete"], [c["id"] for c in d["changed_since"]])' "$output")" \
        "[] False ['$(id_of ': three')']"
}

@test "an empty file, and pieces of one" {
    "$SCIWRAP" exec tiny sh -c ': >empty.txt'
    run "$SCIWRAP" whence empty.txt
    is $status 1
    says 'it is empty'
    says 'wrote it at'
    local i
    for i in 1 2 3; do
        "$SCIWRAP" exec tiny echo "line $i" >>all.txt
    done
    quietly "$SCIWRAP" whence all.txt
    says "bytes 0 to 6 made by $(id_of 'line 1')"
    says "bytes 14 to 20 made by $(id_of 'line 3')"
    echo by hand >>all.txt
    run "$SCIWRAP" whence all.txt
    is $status 1
    says 'no run recorded here made its other bytes'
}

@test "reruns confirm" {
    make_chain
    local first
    first=$(id_of ': one')
    "$SCIWRAP" rerun "$first" >/dev/null
    local again
    again=$(grep -lF "\"rerun_of\": \"$first\"" .sciwrap/runs/*/manifest.json | cut -d/ -f3)
    quietly "$SCIWRAP" whence sorted.txt
    says "made by $first"
    says "confirmed by $again"
    "$SCIWRAP" exec tiny sh -c 'echo and more >same.txt; echo raw >>same.txt; : different'
    quietly "$SCIWRAP" whence sorted.txt
    says "the same was made by $(id_of ': different')"
}

@test "json and dot tell the same" {
    make_chain
    quietly "$SCIWRAP" whence --json result.txt
    python3 - <<PYTHON
import json
d = json.loads('''$output''')
assert d["sha256"] == "$(sha256 result.txt)" and d["complete"]
assert [m["id"] for m in d["made_by"]] == ["$(id_of ': three')"]
runs = {r["id"]: r for r in d["runs"]}
assert len(runs) == 3
three, two, one = (runs[i] for i in ("$(id_of ': three')", "$(id_of ': two')", "$(id_of ': one')"))
assert {i["path"]: i.get("made_by") for i in three["inputs"]} == {"count.txt": two["id"]}
assert {i["path"]: i.get("made_by") for i in two["inputs"]} == {"sorted.txt": one["id"]}
assert {i["path"]: i.get("made_by") for i in one["inputs"]} == {"raw.txt": None}
assert one["command"] == ["sh", "-c", "sort raw.txt >sorted.txt; : one"]
PYTHON
    quietly "$SCIWRAP" whence --dot result.txt
    is "${lines[0]}" "digraph whence {"
    says "\"run $(id_of ': three')\" -> \"sha256 $(sha256 result.txt)\";"
    says "\"sha256 $(sha256 count.txt)\" -> \"run $(id_of ': three')\";"
    is "$(grep -c -- '->' <<<"$output")" 6
    if command -v dot >/dev/null; then
        dot -Tcanon <<<"$output" >/dev/null
    fi
}

@test "odd names drive neither the terminal nor the graph" {
    local name=$'o"d\\d\n\e[31m'
    # shellcheck disable=SC2016
    "$SCIWRAP" exec tiny sh -c 'echo x >"$1"; : odd' sh "$name"
    quietly "$SCIWRAP" whence "$name"
    [[ $output != *$'\e'* ]]
    is "${lines[0]}" 'o"d\d\n\x1b[31m  2 B'
    quietly "$SCIWRAP" whence --dot "$name"
    [[ $output != *$'\e'* ]]
    if command -v dot >/dev/null; then
        dot -Tcanon <<<"$output" >/dev/null
    fi
    quietly "$SCIWRAP" whence --json "$name"
    is "$(python3 -c 'import json, sys; print(repr(json.loads(sys.argv[1])["file"]))' "$output")" "'o\"d\\\\d\\n\\x1b[31m'"
}

@test "what cannot be asked" {
    fails_with 125 'no runs are recorded' -- "$SCIWRAP" whence /etc/passwd
    fails_with 125 'no file named' -- "$SCIWRAP" whence
    fails_with 125 'takes one file' -- "$SCIWRAP" whence a b
    fails_with 125 'exclude each other' -- "$SCIWRAP" whence --dot --json a
    fails_with 125 "'absent'" -- "$SCIWRAP" whence absent
    fails_with 125 'not a regular file' -- "$SCIWRAP" whence .
    fails_with 125 "unknown option '--dott'" -- "$SCIWRAP" whence --dott x
}

@test "runs that a pipe joins are one behind the other, each told once" {
    seq 1 100 | "$SCIWRAP" exec tiny sort -r | "$SCIWRAP" exec tiny wc -l >result
    quietly "$SCIWRAP" whence result
    is "$(grep -c 'made by .* as (standard output)' <<<"$output")" 1
    is "$(grep -c 'read .* (standard input)' <<<"$output")" 2
    is "$(grep -c '^    sort -r$' <<<"$output")" 1
}
