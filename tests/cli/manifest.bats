#!/usr/bin/env bats
# The record of a run: what it holds, where it lies, and who can touch it.
load helpers

@test "every run leaves a manifest, failed ones too" {
    "$SCIWRAP" run tiny exit 3 || is $? 3
    is "$(field 'm["experiment"]["exit"]')" "$(field 'm["experiment"]["exit"]')"
    [[ $(field 'json.dumps(m["experiment"]["exit"])') == *3* ]]
    "$SCIWRAP" run tiny die 9 || is $? 137
    is "$(find .sciwrap/runs -name manifest.json | wc -l)" 2
}

@test "its top level is as documented, and in that order" {
    "$SCIWRAP" run tiny arguments x >/dev/null
    is "$(field '" ".join(m)')" "schema id experiment circumstances recording leaks"
    is "$(field '"sciwrap" in m["schema"]')" True
    is "$(field 'm["id"]')" "$(basename "$(dirname "$(manifest)")")"
}

@test "experiment names the environment by digest, the command and its variables" {
    "$SCIWRAP" run --env A=1 tiny arguments "b c" >/dev/null
    local pin
    pin=$(sha256 "$FIXTURES/tiny.tar")
    is "$(field "'$pin' in json.dumps(m['experiment']['environment'])")" True
    is "$(field 'm["experiment"]["command"]')" "['probe', 'arguments', 'b c']"
    is "$(field '"A" in json.dumps(m["experiment"]["variables"])')" True
}

@test "inputs are what was declared, redirected and named" {
    echo one >declared.txt
    echo two >redirected.txt
    echo three >named.txt
    "$SCIWRAP" exec --input declared.txt tiny cat named.txt - <redirected.txt >/dev/null
    local name
    for name in declared redirected named; do
        is "$(field "any(i['sha256'] == '$(sha256 $name.txt)' and i['size'] == $(stat -c %s $name.txt) for i in m['experiment']['inputs'] if 'sha256' in i)")" True ||
            { cat "$(manifest)"; return 1; }
    done
}

@test "outputs are what the work directory gained and what was redirected" {
    echo old >changed.txt
    echo same >same.txt
    "$SCIWRAP" exec tiny sh -c 'echo new >made.txt; echo more >>changed.txt; mkdir d; echo deep >d/f; echo out' >out.txt
    local name
    for name in made.txt changed.txt d/f out.txt; do
        is "$(field "any(o['path'] == '$name' and o.get('sha256') == '$(sha256 $name)' for o in m['experiment']['outputs'])")" True ||
            { echo "$name"; cat "$(manifest)"; return 1; }
    done
    is "$(field "any(o['path'] == 'same.txt' for o in m['experiment']['outputs'])")" False
}

@test "circumstances hold times, kernel, CPU and resources" {
    "$SCIWRAP" run tiny exit 0
    local word
    for word in "$(uname -r)" x86-64-v avx started namespaces; do
        [[ $(uname -m) == x86_64 || ! $word =~ x86|avx ]] || continue
        [[ $word != avx ]] || grep -qw avx /proc/cpuinfo || continue
        grep -q -- "$word" "$(manifest)" || { echo "no $word"; cat "$(manifest)"; return 1; }
    done
}

@test "the same experiment twice differs in id and circumstances only" {
    echo in >in.txt
    "$SCIWRAP" exec tiny sh -c 'cat in.txt >out.txt'
    local first
    first=$(manifest)
    cp "$first" "$BATS_TEST_TMPDIR/first.json"
    rm -rf .sciwrap out.txt
    "$SCIWRAP" exec tiny sh -c 'cat in.txt >out.txt'
    is "$(field 'json.dumps(m["experiment"])')" "$(field 'json.dumps(m["experiment"])' "$BATS_TEST_TMPDIR/first.json")"
    is "$(field 'json.dumps(m["leaks"])')" "$(field 'json.dumps(m["leaks"])' "$BATS_TEST_TMPDIR/first.json")"
}

@test "no path of the host is in the experiment" {
    "$SCIWRAP" exec tiny sh -c 'echo x >out.txt' 
    is "$(field "'$WORK' in json.dumps(m['experiment'])")" False
    is "$(field "'$SCIWRAP_STORE' in json.dumps(m['experiment'])")" False
}

@test "names that are not UTF-8 are kept exactly" {
    local name=$'caf\xe9.txt'
    echo x >"$name"
    "$SCIWRAP" exec tiny sh -c 'cat caf*; echo y >made-$(ls caf*)' >/dev/null
    python3 -c 'import json, sys; json.load(open(sys.argv[1], encoding="utf-8"))' "$(manifest)"
    local id
    id=$(basename "$(dirname "$(manifest)")")
    succeeds "$SCIWRAP" show "$id"
}

@test "it lies in the nearest .sciwrap upwards" {
    mkdir -p .sciwrap sub/deeper
    (cd sub/deeper && "$SCIWRAP" run tiny exit 0)
    [[ ! -e sub/deeper/.sciwrap ]]
    [[ -n $(manifest) ]]
}

@test ".sciwrap cannot be seen or changed from inside" {
    "$SCIWRAP" run tiny exit 0
    run "$SCIWRAP" exec tiny sh -c 'ls -A .sciwrap | wc -l; cat .sciwrap/runs/*/manifest.json; echo x >.sciwrap/evil; rm -rf .sciwrap/runs'
    [[ ! $output =~ schema ]]
    [[ -n $(manifest) && ! -e .sciwrap/evil ]]
    mkdir sub
    cd sub
    run "$SCIWRAP" exec tiny sh -c 'ls ../.sciwrap'
    [[ $status -ne 0 || -z $output ]]
}

@test "--manifest writes a copy, --no-record leaves none" {
    "$SCIWRAP" run --manifest copy.json tiny exit 0
    cmp copy.json "$(manifest)"
    rm -rf .sciwrap
    "$SCIWRAP" run --no-record tiny exit 0
    [[ ! -e .sciwrap ]]
}

@test "runs lists them, show explains one, IDs can be shortened" {
    "$SCIWRAP" run tiny arguments first >/dev/null
    "$SCIWRAP" run tiny exit 4 || true
    quietly "$SCIWRAP" runs
    is "$(grep -c tiny <<<"$output")" 2
    local id
    id=$(basename "$(dirname "$(manifest)")")
    says "$id"
    quietly "$SCIWRAP" show "${id:0:6}"
    says "$id"
    says 'tiny'
    quietly "$SCIWRAP" show --json "$id"
    is "$output" "$(cat "$(manifest)")"
    quietly "$SCIWRAP" runs --json
    python3 -m json.tool <<<"$output" >/dev/null
    fails_with 125 'zzzzzz' -- "$SCIWRAP" show zzzzzz
}

@test "an ambiguous ID names its candidates" {
    mkdir -p .sciwrap/runs/abcdef000001 .sciwrap/runs/abcdef000002
    "$SCIWRAP" run tiny exit 0
    local made
    made=$(manifest)
    cp "$made" .sciwrap/runs/abcdef000001/
    cp "$made" .sciwrap/runs/abcdef000002/
    fails_with 125 'abcdef' -- "$SCIWRAP" show abcdef
}

@test "runs side by side in one directory do not disturb each other's record" {
    local i pids=()
    for i in $(seq 1 8); do
        "$SCIWRAP" run tiny exit 0 3>&- &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i"
    done
    is "$(find .sciwrap/runs -name manifest.json | wc -l)" 8
}

@test "show tells how a run was recorded, and its processes as a tree" {
    "$SCIWRAP" exec -q tiny sh -c 'true; (sleep 0; exit 3); ls /nothing' 2>/dev/null || true
    succeeds "$SCIWRAP" show "$(field 'm["id"]')"
    [[ $(field 'm["recording"]["method"]') == seccomp-notification ]] || skip "no notifications on this host"
    [[ $output == *"recorded     while it ran: "* ]]
    [[ $output == *"processes ("* ]]
    says $'\n  +[0-9.]+ m?s +[0-9.]+ [kM]B  3  sh -c true;'
    says $'\n  +[0-9.]+ m?s +[0-9.]+ [kM]B    [0-9]+  \\(a copy of its parent\\)'
}

@test "show names why a run was not recorded while it ran" {
    SCIWRAP_RECORDING=comparison "$SCIWRAP" exec -q tiny true
    succeeds "$SCIWRAP" show "$(field 'm["id"]')"
    [[ $output == *"recorded     by comparing before and after: SCIWRAP_RECORDING=comparison"* ]]
}

@test "a link that is turned from the environment to a file of the work directory" {
    echo data >data.txt
    quietly "$SCIWRAP" exec tiny sh -c 'ln -s /etc/version l; cat l; ln -sf data.txt l; cat l; rm l'
    is "$output" $'old\ndata'
    [[ $(field 'm["recording"]["method"]') == seccomp-notification ]] || skip "no notifications here"
    is "$(field '[i["path"] for i in m["experiment"]["inputs"]]')" "['data.txt']"
}

@test "private folders that lie in the work directory are no results, whichever way the run is recorded" {
    mkdir tmp
    local way
    for way in observation comparison; do
        SCIWRAP_TMPDIR=$PWD/tmp SCIWRAP_RECORDING=$way "$SCIWRAP" exec -q tiny sh -c "echo x >/tmp/x; echo $way >out.txt" \
            </dev/null >/dev/null 2>&1
        is "$(field "[o['path'] for o in m['experiment']['outputs']]")" "['out.txt']"
    done
}
