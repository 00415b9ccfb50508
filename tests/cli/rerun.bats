#!/usr/bin/env bats
# sciwrap rerun: the experiment again, from its manifest alone, and the comparison.
load helpers

run_id() {
    basename "$(dirname "$(manifest)")"
}

@test "a deterministic run reruns as identical" {
    printf 'b\na\n' >in.txt
    "$SCIWRAP" exec tiny sh -c 'sort in.txt >out.txt; mkdir d; wc -l in.txt >d/count'
    succeeds "$SCIWRAP" rerun "$(run_id)"
    is "${lines[-1]}" identical
    # The work directory that was there is as it was.
    is "$(cat out.txt)" $'a\nb'
}

@test "redirected input and output are part of it" {
    printf 'b\na\n' >in.txt
    "$SCIWRAP" exec tiny sort <in.txt >out.txt
    succeeds "$SCIWRAP" rerun "$(run_id)"
    is "${lines[-1]}" identical
}

@test "of a run that took long it is said how long, to who waits at a terminal" {
    forged
    "$SCIWRAP" run tiny exit 0
    sed -i -E 's/^(    "elapsed_ns": )[0-9]+/\1240000000000/' "$(manifest)"
    local id
    id=$(run_id)
    TERM=xterm on_terminal '' "$SCIWRAP" rerun "$id"
    is "$status" 0
    says 'running again: it took 4 min'
    TERM=xterm on_terminal '' "$SCIWRAP" rerun --times 2 "$id"
    says 'rerun 2 of 2: it took 4 min'
    quietly "$SCIWRAP" rerun "$id"
}

@test "a run that differs each time is a no, with what differs" {
    "$SCIWRAP" exec tiny sh -c 'head -c 16 /dev/urandom >random.bin; echo same >same.txt'
    run "$SCIWRAP" rerun "$(run_id)"
    is "$status" 1
    says random.bin
    [[ ! $output =~ same.txt ]]
}

@test "a failed run reruns to the same failure" {
    "$SCIWRAP" run tiny exit 3 || true
    succeeds "$SCIWRAP" rerun "$(run_id)"
    is "${lines[-1]}" identical
}

@test "an input that changed meanwhile is found before the start" {
    echo one >in.txt
    "$SCIWRAP" exec tiny sh -c 'cat in.txt >out.txt'
    local id
    id=$(run_id)
    echo two >in.txt
    fails_with 125 'in.txt' -- "$SCIWRAP" rerun "$id"
    rm in.txt
    fails_with 125 'in.txt' -- "$SCIWRAP" rerun "$id"
}

@test "it uses the environment of the record, not the definition of today" {
    define moved "$(grep -v '^url' "$FIXTURES/envs/tiny.ini")" "url = $FIXTURES/tiny.tar"
    sed -i '/^url/!b' "$BATS_TEST_TMPDIR/envs/moved.ini"
    # A definition of the same name with another pin.
    cat >"$BATS_TEST_TMPDIR/envs/moved.ini" <<INI
[environment]
command = probe
[artifact]
sha256 = $(sha256 "$FIXTURES/tiny.tar")
url = $FIXTURES/tiny.tar
INI
    "$SCIWRAP" exec moved sh -c 'cat /etc/version >version.txt'
    sed -i "s/^sha256.*/sha256 = $(sha256 "$FIXTURES/tiny-new.tar")/; s/tiny\.tar/tiny-new.tar/" "$BATS_TEST_TMPDIR/envs/moved.ini"
    succeeds "$SCIWRAP" rerun "$(run_id)"
    is "${lines[-1]}" identical
}

@test "variables and settings come from the record" {
    "$SCIWRAP" exec --env A=recorded --workdir /here tiny sh -c 'echo $A; pwd' >out.txt
    export A=other
    succeeds "$SCIWRAP" rerun "$(run_id)"
    is "${lines[-1]}" identical
}

@test "a manifest file is as good as an ID, from another directory too" {
    echo in >in.txt
    "$SCIWRAP" exec --manifest "$BATS_TEST_TMPDIR/m.json" tiny sh -c 'cat in.txt >out.txt'
    succeeds "$SCIWRAP" rerun "$BATS_TEST_TMPDIR/m.json"
    is "${lines[-1]}" identical
}

@test "bound inputs are found again" {
    mkdir "$BATS_TEST_TMPDIR/data"
    echo far >"$BATS_TEST_TMPDIR/data/f"
    "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/data:/data" --input "$BATS_TEST_TMPDIR/data/f" tiny sh -c 'cat /data/f >out.txt'
    succeeds "$SCIWRAP" rerun "$(run_id)"
    is "${lines[-1]}" identical
}

@test "an output that is an input too: the run edits its file in place" {
    echo one >log.txt
    "$SCIWRAP" exec --input log.txt tiny sh -c 'echo two >>log.txt'
    # Its old content is gone: the input check says so instead of comparing nonsense.
    run --separate-stderr "$SCIWRAP" rerun "$(run_id)"
    [[ $status -eq 0 || $status -eq 125 ]]
    [[ $status -eq 0 ]] || notes 'log.txt'
}

# Changes the newest manifest to edited.json: a Python statement over the manifest `m` and its experiment `e`.
edit() {
    python3 - "$(manifest)" "$1" <<'PYTHON'
import hashlib, json, sys
m = json.load(open(sys.argv[1]))
e = m["experiment"]
def file(path, text, **more):
    return dict(path=path, sha256=hashlib.sha256(text.encode()).hexdigest(), size=len(text), mode="0644", **more)
exec(sys.argv[2])
json.dump(m, open("edited.json", "w"))
PYTHON
}

@test "a manifest that says what cannot be is refused, and says why" {
    echo in >in.txt
    "$SCIWRAP" exec tiny cat <in.txt >out.txt
    edit 'e["inputs"] = []'
    fails_with 125 "the manifest names no input for standard input 'in.txt'" -- "$SCIWRAP" rerun ./edited.json
    edit 'e["environment"]["tree"]["sha256"] = "0" * 64'
    fails_with 125 "the tree of environment 'tiny' in the store is not the one of the manifest" -- "$SCIWRAP" rerun ./edited.json
    # The record has the definition's text, which pins something else.
    edit 'e["environment"]["artifact"]["sha256"] = "0" * 64'
    cp edited.json "$(manifest)"
    forged
    fails_with 125 "the definition of environment 'tiny': the definition pins another artifact than the manifest" -- \
        "$SCIWRAP" bundle "$(run_id)"
}

@test "a record that cannot be written is named, and the outputs are there" {
    fails_with 125 "record of the run: write 'manifest.json': File too large" -- \
        bash -c 'trap "" XFSZ; ulimit -f 1; exec "$SCIWRAP" exec tiny touch made'
    [[ -e made ]]
    "$SCIWRAP" exec tiny sh -c ': >begun; until [ -e go ]; do sleep 0.05; done' 2>said 3>&- &
    until_true test -e begun
    rm -r .sciwrap/runs
    : >go
    local status=0
    wait $! || status=$?
    is "$status" 125
    grep -q "record of the run: create 'manifest.json': No such file or directory" said
}

@test "an input that is nowhere but among the kept contents" {
    echo one >log.txt
    "$SCIWRAP" exec --input log.txt tiny sh -c 'echo two >>log.txt; cp log.txt out.txt'
    local hex
    hex=$(printf 'one\n' | sha256sum | cut -d' ' -f1)
    mkdir -p ".sciwrap/objects/${hex:0:2}"
    chmod -f u+w ".sciwrap/objects/${hex:0:2}/$hex" || true
    printf 'bad\n' >".sciwrap/objects/${hex:0:2}/$hex"
    fails_with 125 'log.txt' -- "$SCIWRAP" rerun "$(run_id)"
    printf 'one\n' >".sciwrap/objects/${hex:0:2}/$hex"
    succeeds "$SCIWRAP" rerun "$(run_id)"
    is "${lines[-1]}" identical
    is "$(cat log.txt)" $'one\ntwo'
}

@test "times, links and directories among the inputs are as they were" {
    mkdir -p data empty
    echo one >data/v1
    touch -d '2020-01-02 03:04:05 UTC' data/v1
    ln -s data/v1 latest
    "$SCIWRAP" exec --input data tiny sh -c 'cat latest >out.txt; stat -c "%Y %n" data/v1 >>out.txt; ls -d empty >>out.txt'
    touch data/v1
    edit 'e["inputs"] += [dict(path="latest", type="link", target="data/v1"), dict(path="empty", type="directory")]'
    rm -r empty latest
    succeeds "$SCIWRAP" rerun ./edited.json
    is "${lines[-1]}" identical
}

@test "an input outside the work directory looks as it did" {
    mkdir "$BATS_TEST_TMPDIR/tools"
    printf '#!/bin/sh\necho tool\n' >"$BATS_TEST_TMPDIR/tools/tool"
    chmod 755 "$BATS_TEST_TMPDIR/tools/tool"
    "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/tools:/tools" --input "$BATS_TEST_TMPDIR/tools/tool" tiny sh -c \
        '/tools/tool >out.txt; stat -c %Y /tools/tool >>out.txt'
    chmod 644 "$BATS_TEST_TMPDIR/tools/tool"
    touch -d 2001-02-03 "$BATS_TEST_TMPDIR/tools/tool"
    succeeds "$SCIWRAP" rerun "$(run_id)"
    is "${lines[-1]}" identical
    is "$(stat -c %a "$BATS_TEST_TMPDIR/tools/tool")" 644
}

@test "a manifest from elsewhere writes nothing through its links" {
    local victim=$BATS_TEST_TMPDIR/victim
    mkdir "$victim"
    echo mine >"$victim/out"
    echo evil >x
    "$SCIWRAP" exec --input x tiny true >out
    edit 'e["inputs"] = [dict(path="e", type="link", target="'"$victim"'"), file("e/out", "evil\n")]'
    cp x out
    run "$SCIWRAP" rerun --inputs . ./edited.json
    is "$(cat "$victim/out")" mine
    edit 'e["inputs"] = [dict(path="e", type="link", target="'"$victim"'")]; e["outputs"] = []
e["stdout"] = dict(kind="file", path="e/out")'
    fails_with 125 'e/out' -- "$SCIWRAP" rerun ./edited.json
    is "$(ls -A "$victim")$(cat "$victim/out")" outmine
}

@test "a manifest of a newer schema is refused" {
    "$SCIWRAP" run tiny exit 0
    sed -E '0,/"schema"/s/("schema": *"[^"]*)[0-9]+"/\199"/' "$(manifest)" >newer.json
    fails_with 125 '(schema|newer)' -- "$SCIWRAP" rerun ./newer.json
}

@test "a damaged manifest is refused" {
    "$SCIWRAP" run tiny exit 0
    head -c 200 "$(manifest)" >cut.json
    fails_with 125 'cut.json' -- "$SCIWRAP" rerun ./cut.json
    echo '{}' >empty.json
    fails_with 125 'empty.json' -- "$SCIWRAP" rerun ./empty.json
    echo '[1]' >array.json
    fails_with 125 'array.json' -- "$SCIWRAP" rerun ./array.json
    fails_with 125 'absent.json' -- "$SCIWRAP" rerun ./absent.json
}

@test "what a record opens in the walls of its rerun is told before it starts" {
    "$SCIWRAP" exec -q --network host --nest tiny true
    local id
    id=$(run_id)
    succeeds "$SCIWRAP" rerun "$id"
    is "$stderr" 'sciwrap: the run had the network of its host, and the rerun has that of this one
sciwrap: the run could make namespaces of its own (--nest), and so can the rerun'
}
