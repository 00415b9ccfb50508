#!/usr/bin/env bats
# sciwrap bundle: a run and all that a rerun needs in one file, and the rerun of that file where nothing else is.
load helpers

run_id() {
    basename "$(dirname "$(manifest)")"
}

# A run with two inputs, one of them outside of the work directory, and two outputs.
a_run() {
    printf 'b\na\n' >in.txt
    mkdir -p "$BATS_TEST_TMPDIR/data"
    echo far >"$BATS_TEST_TMPDIR/data/far.txt"
    "$SCIWRAP" exec --quiet --input in.txt --input "$BATS_TEST_TMPDIR/data/far.txt" tiny \
        sh -c "sort in.txt >out.txt; cat $BATS_TEST_TMPDIR/data/far.txt >>out.txt; echo done >log" >/dev/null 2>&1
}

# A place that has seen nothing: no store, no definitions, another directory. What the test had is out of the way.
elsewhere() {
    mkdir -p "$BATS_TEST_TMPDIR/elsewhere"
    cd "$BATS_TEST_TMPDIR/elsewhere" || return 1
    unset SCIWRAP_ENVS
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/empty-store
    mv "$WORK" "$WORK.away"
    rm -rf "$BATS_TEST_TMPDIR/data"
}

# Without a network: also none of the loopback.
offline() {
    if [[ $(id -u) -eq 0 ]]; then
        unshare -n -- "$@"
    else
        unshare -rn -- "$@"
    fi
}

no_leftovers() {
    is "$(find . "$TMPDIR" -name 'sciwrap-bundle.*')" ""
}

@test "a bundle reruns where nothing else is, without a network" {
    a_run
    succeeds "$SCIWRAP" bundle "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    says 'contents  [0-9a-f]{64}'
    elsewhere
    succeeds offline "$SCIWRAP" rerun ../x.sciwrap
    is "${lines[-1]}" identical
    no_leftovers
    # The second time the environment is in the store.
    succeeds offline "$SCIWRAP" rerun ../x.sciwrap
    is "${lines[-1]}" identical
    is "$stderr" ""
}

@test "and by another user" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
    a_run
    "$SCIWRAP" bundle -q "$(run_id)" -o x.sciwrap
    local place
    place=$(mktemp -d /tmp/sciwrap-bundle-user.XXXXXX)
    cp x.sciwrap "$place/"
    cp -r "$(dirname "$SCIWRAP")" "$place/bin"
    cp -r "$(dirname "$SCIWRAP")/../libexec" "$place/libexec"
    mkdir "$place/work"
    chown -R 65534:65534 "$place/work"
    chmod -R a+rX "$place"
    chmod 700 "$place/work"
    cd "$place/work"
    run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" HOME="$place/work" \
        TMPDIR="$place/work" TZ=Asia/Tokyo LC_ALL=C ASAN_OPTIONS="${ASAN_OPTIONS-}" \
        sh -c 'umask 077; unshare -rn ../bin/sciwrap rerun ../x.sciwrap'
    cd /
    rm -rf "$place"
    is "$status" 0
    is "${lines[-1]}" identical
}

@test "the same run gives the same bytes, whoever asks, where and how" {
    a_run
    local id
    id=$(run_id)
    "$SCIWRAP" bundle -q "$id" -o "$BATS_TEST_TMPDIR/1.sciwrap"
    mkdir below
    cd below
    sleep 0.01
    touch ../in.txt ../.sciwrap/runs/*/manifest.json
    chmod 600 ../in.txt
    (umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOME=/nowhere "$SCIWRAP" bundle -q "${id:0:6}" -o ../2.sciwrap)
    cmp ../2.sciwrap "$BATS_TEST_TMPDIR/1.sciwrap"
    is "$(stat -c %a ../2.sciwrap)" 600
    # The definition of today is another one, or none: that of the run counts.
    define tiny "$(sed 's/^description.*/description = another/' "$FIXTURES/envs/tiny.ini")"
    "$SCIWRAP" bundle -q "$id" -o ../3.sciwrap
    cmp ../3.sciwrap "$BATS_TEST_TMPDIR/1.sciwrap"
}

@test "and from a copy of the project by another user" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
    a_run
    "$SCIWRAP" bundle -q --no-artifact "$(run_id)" -o "$BATS_TEST_TMPDIR/1.sciwrap"
    local place id
    id=$(run_id)
    place=$(mktemp -d /tmp/sciwrap-bundle-user.XXXXXX)
    cp -r "$(dirname "$SCIWRAP")" "$place/bin"
    cp -r "$(dirname "$SCIWRAP")/../libexec" "$place/libexec"
    cp -r "$WORK" "$place/work"
    mkdir "$place/data"
    cp "$BATS_TEST_TMPDIR/data/far.txt" "$place/data/"
    chown -R 65534:65534 "$place/work" "$place/data"
    chmod a+rx "$place" "$place"/*
    cd "$place/work"
    setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" HOME="$place/work" TMPDIR="$place/work" \
        ASAN_OPTIONS="${ASAN_OPTIONS-}" ../bin/sciwrap bundle -q --no-artifact --inputs . --inputs ../data "$id" -o 2.sciwrap
    cmp 2.sciwrap "$BATS_TEST_TMPDIR/1.sciwrap"
    cd /
    rm -rf "$place"
}

@test "tar and sha256sum look into it" {
    a_run
    "$SCIWRAP" bundle -q --outputs "$(run_id)" -o x.sciwrap
    mkdir out
    tar --zstd -tf x.sciwrap >list
    is "$(head -n 2 list)" $'manifest.json\nSHA256SUMS'
    tar --zstd -xf x.sciwrap -C out
    (cd out && sha256sum --quiet -c SHA256SUMS)
    cmp out/manifest.json "$(manifest)"
    # What is unpacked by hand can be used.
    succeeds "$SCIWRAP" exec out/definition.ini cat /etc/version
    is "$output" old
    unset SCIWRAP_ENVS
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/empty-store
    succeeds "$SCIWRAP" exec out/definition.ini cat /etc/version
    is "$output" old
}

@test "--list says what is in it, --check says nothing" {
    a_run
    "$SCIWRAP" bundle -q --outputs "$(run_id)" -o x.sciwrap
    quietly "$SCIWRAP" bundle --list x.sciwrap
    says "run       $(run_id)"
    says "contents  $(tar --zstd -xOf x.sciwrap SHA256SUMS | sha256sum | cut -d' ' -f1)"
    says 'artifact  [0-9a-f]{12} .*MB  tiny'
    says 'input     [0-9a-f]{12} +4 B  in.txt'
    says 'output    [0-9a-f]{12} .*  out.txt'
    quietly "$SCIWRAP" bundle --check x.sciwrap
    is "$output" ""
    "$SCIWRAP" bundle -q --no-artifact "$(run_id)" -o y.sciwrap
    succeeds "$SCIWRAP" bundle --list y.sciwrap
    says 'only pin'
    [[ ! $output =~ output ]]
    no_leftovers
}

@test "show reads a bundle" {
    a_run
    "$SCIWRAP" bundle -q "$(run_id)" -o x.sciwrap
    quietly "$SCIWRAP" show x.sciwrap
    says "run +$(run_id)"
    "$SCIWRAP" show --json x.sciwrap | cmp - "$(manifest)"
}

@test "without the artifact: by the store, by a definition that is known, by nothing" {
    a_run
    succeeds "$SCIWRAP" bundle --no-artifact "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    notes 'neither the artifact nor an address'
    [[ $(stat -c %s "$BATS_TEST_TMPDIR/x.sciwrap") -lt 20000 ]]
    succeeds "$SCIWRAP" rerun "$BATS_TEST_TMPDIR/x.sciwrap"
    is "${lines[-1]}" identical
    elsewhere
    fails_with 125 "tiny.*not in the store.*nor an address" -- "$SCIWRAP" rerun ../x.sciwrap
    no_leftovers
    export SCIWRAP_ENVS=$FIXTURES/envs
    succeeds "$SCIWRAP" rerun ../x.sciwrap
    is "${lines[-1]}" identical
}

@test "without the artifact: by an address that the definition had" {
    python3 "$BATS_TEST_DIRNAME/server.py" --help >/dev/null 2>&1 || true
    define web '[environment]' 'command = probe' '[artifact]' "sha256 = $(sha256 "$FIXTURES/tiny.tar")" \
        "url = $FIXTURES/tiny.tar" 'url = http://127.0.0.1:9/tiny.tar'
    "$SCIWRAP" exec -q web sh -c 'echo x >out.txt'
    quietly "$SCIWRAP" bundle -q --no-artifact "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    is "$(tar --zstd -xOf "$BATS_TEST_TMPDIR/x.sciwrap" definition.ini | grep ^url)" 'url = http://127.0.0.1:9/tiny.tar'
    elsewhere
    fails_with 125 'web.*' -- "$SCIWRAP" rerun ../x.sciwrap
    notes "fetch .*127.0.0.1:9/tiny.tar"
}

@test "the artifact comes from wherever it can be had" {
    # From the place that the definition names, although the store has only the tree.
    a_run
    rm -rf "$SCIWRAP_STORE/blobs/sha256"/*
    "$SCIWRAP" bundle -q "$(run_id)" -o x.sciwrap
    # From the store, when that place is gone.
    cp "$FIXTURES/tiny.tar" "$SCIWRAP_STORE/blobs/sha256/$(sha256 "$FIXTURES/tiny.tar")"
    define tiny "$(sed "s#^url.*#url = /nowhere/tiny.tar#" "$FIXTURES/envs/tiny.ini")"
    "$SCIWRAP" bundle -q "$(run_id)" -o y.sciwrap
    cmp x.sciwrap y.sciwrap
}

@test "an artifact that cannot be had is an error that says what to do" {
    a_run
    rm -rf "$SCIWRAP_STORE/blobs/sha256"/*
    sed -i 's#"path": "[^"]*tiny.ini"#"path": "/nowhere/tiny.ini"#' "$(manifest)"
    export SCIWRAP_ENVS=$BATS_TEST_TMPDIR
    fails_with 125 'artifact of environment tiny .*--no-artifact' -- "$SCIWRAP" bundle "$(run_id)" -o x.sciwrap
    [[ ! -e x.sciwrap ]]
}

@test "inputs that are missing or have changed are all named, and nothing is written" {
    a_run
    local id
    id=$(run_id)
    echo b >in.txt
    rm "$BATS_TEST_TMPDIR/data/far.txt"
    fails_with 125 "far.txt' is not at.*in.txt' has changed" -- "$SCIWRAP" bundle "$id" -o x.sciwrap
    [[ ! -e x.sciwrap ]]
    # The same size and another content.
    printf 'b\nA\n' >in.txt
    fails_with 125 "in.txt' has changed" -- "$SCIWRAP" bundle "$id" -o x.sciwrap
    # They may be somewhere else.
    mkdir saved
    printf 'b\na\n' >saved/in.txt
    echo far >saved/far.txt
    succeeds "$SCIWRAP" bundle "$id" --inputs saved -o x.sciwrap
    succeeds "$SCIWRAP" bundle --check x.sciwrap
    is "$(find . -name '.x.sciwrap*')" ""
}

@test "outputs are put in when they are asked for, and must be as they were" {
    a_run
    local id
    id=$(run_id)
    "$SCIWRAP" bundle -q "$id" -o without.sciwrap
    "$SCIWRAP" bundle -q "$id" --outputs -o with.sciwrap
    is "$(tar --zstd -tf without.sciwrap | grep -c outputs/)" 0
    tar --zstd -tf with.sciwrap | grep -q "outputs/$(sha256 out.txt)"
    echo later >>out.txt
    fails_with 125 "output 'out.txt' has changed.*leave out --outputs" -- "$SCIWRAP" bundle "$id" --outputs -o x.sciwrap
    succeeds "$SCIWRAP" bundle "$id" -o x.sciwrap
}

@test "what the run changed in place is in the bundle as it was" {
    echo one >log.txt
    "$SCIWRAP" exec -q --input log.txt tiny sh -c 'cat log.txt >copy; echo two >>log.txt'
    [[ $(field "m['recording']['method']") == seccomp-notification ]] || skip "nothing is kept on this host"
    "$SCIWRAP" bundle -q "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    elsewhere
    succeeds offline "$SCIWRAP" rerun ../x.sciwrap
    is "${lines[-1]}" identical
}

@test "standard input, also from further on" {
    printf 'skipped\nread\n' >in.txt
    { read -r _ && "$SCIWRAP" exec -q tiny cat; } <in.txt >out.txt
    # bash reads by bytes from a file too, so the place is after the first line.
    is "$(cat out.txt)" read
    "$SCIWRAP" bundle -q "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    is "$(tar --zstd -xOf "$BATS_TEST_TMPDIR/x.sciwrap" "inputs/$(printf 'read\n' | sha256sum | cut -d' ' -f1)")" read
    elsewhere
    succeeds offline "$SCIWRAP" rerun ../x.sciwrap
    is "${lines[-1]}" identical
    no_leftovers
}

@test "standard input from a pipe, when it was kept" {
    echo piped | "$SCIWRAP" exec -q tiny cat >out.txt
    [[ $(field "m['experiment']['stdin'].get('kept')") == True ]] || skip "pipes are not kept on this host"
    "$SCIWRAP" bundle -q "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    elsewhere
    succeeds offline "$SCIWRAP" rerun ../x.sciwrap
    is "${lines[-1]}" identical
}

@test "a bundle made from a bundle is the same file, on another machine too" {
    a_run
    "$SCIWRAP" bundle -q --outputs "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    elsewhere
    succeeds offline "$SCIWRAP" bundle -q --outputs ../x.sciwrap -o y.sciwrap
    cmp y.sciwrap ../x.sciwrap
    succeeds offline "$SCIWRAP" bundle -q --no-artifact ../x.sciwrap -o z.sciwrap
    [[ $(stat -c %s z.sciwrap) -lt 20000 ]]
    # No project is begun for that, and what was unpacked for it is gone.
    is "$(ls -A | tr '\n' ' ')" "y.sciwrap z.sciwrap "
    no_leftovers
}

@test "two bundles are compared, and a rerun of one with its outputs says how they differ" {
    "$SCIWRAP" exec -q tiny sh -c 'echo 1 >same; head -c 16 /dev/urandom >time; echo 1.0000001 >number'
    "$SCIWRAP" bundle -q --outputs "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    rm same time number
    "$SCIWRAP" exec -q tiny sh -c 'echo 1 >same; head -c 16 /dev/urandom >time; echo 1.0000002 >number'
    "$SCIWRAP" bundle -q --outputs "$(ls -t .sciwrap/runs | head -n 1)" -o "$BATS_TEST_TMPDIR/y.sciwrap"
    elsewhere
    run --separate-stderr "$SCIWRAP" diff --rtol 1e-3 ../x.sciwrap ../y.sciwrap
    is "$status" 1
    says 'within tolerance +number'
    is "$(ls -A)" ""
    run --separate-stderr "$SCIWRAP" rerun ../x.sciwrap
    is "$status" 1
    says 'different +time'
    no_leftovers
}

@test "the record of a rerun can be bundled, although its work directory is gone" {
    a_run
    succeeds "$SCIWRAP" rerun -q "$(run_id)"
    local id
    id=$(grep -l rerun_of .sciwrap/runs/*/manifest.json | cut -d/ -f3)
    succeeds "$SCIWRAP" bundle "$id" -o x.sciwrap
    succeeds "$SCIWRAP" rerun x.sciwrap
    is "${lines[-1]}" identical
}

@test "files with odd names, empty files, and the same content twice" {
    printf 'x' >$'new\nline'
    printf 'x' >$'caf\xe9'
    : >empty
    "$SCIWRAP" exec -q --input $'new\nline' --input $'caf\xe9' --input empty tiny \
        sh -c 'cat new* caf* empty >out.txt'
    "$SCIWRAP" bundle -q "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    is "$(tar --zstd -tf "$BATS_TEST_TMPDIR/x.sciwrap" | grep -c inputs/)" 2
    succeeds "$SCIWRAP" bundle --list "$BATS_TEST_TMPDIR/x.sciwrap"
    says 'new\\nline'
    elsewhere
    succeeds offline "$SCIWRAP" rerun ../x.sciwrap
    is "${lines[-1]}" identical
}

@test "leaks are told, and the bundle is made" {
    "$SCIWRAP" exec -q --network host tiny true
    succeeds "$SCIWRAP" bundle "$(run_id)" -o x.sciwrap
    notes 'the record has [0-9]+ leak'
    [[ -s x.sciwrap ]]
}

@test "a spoiled record is refused" {
    a_run
    python3 - "$(manifest)" <<'PYTHON'
import json, sys
m = json.load(open(sys.argv[1]))
m.setdefault("recording", {}).setdefault("verify", {"level": "used", "checked": 2, "hashed": 2})["spoiled"] = ["usr/bin/sort"]
json.dump(m, open(sys.argv[1], "w"))
PYTHON
    fails_with 125 "spoiled.*usr/bin/sort" -- "$SCIWRAP" bundle "$(run_id)" -o x.sciwrap
    [[ ! -e x.sciwrap ]]
}

@test "wrong calls say what is wrong" {
    a_run
    local id
    id=$(run_id)
    fails_with 125 'no run named' -- "$SCIWRAP" bundle
    fails_with 125 'takes one run' -- "$SCIWRAP" bundle "$id" "$id"
    fails_with 125 'no run' -- "$SCIWRAP" bundle 0000ffff
    fails_with 125 'only look' -- "$SCIWRAP" bundle --list -o y x.sciwrap
    fails_with 125 'not a bundle' -- "$SCIWRAP" bundle --check "$id"
    fails_with 125 "No such file" -- "$SCIWRAP" bundle --check absent.sciwrap
    fails_with 125 "/nowhere/x.sciwrap" -- "$SCIWRAP" bundle "$id" -o /nowhere/x.sciwrap
    mkfifo pipe
    fails_with 125 "no regular file" -- "$SCIWRAP" bundle "$id" -o pipe
    mkdir x.sciwrap
    fails_with 125 "not a regular file" -- "$SCIWRAP" bundle --check x.sciwrap
    fails_with 125 "no regular file" -- "$SCIWRAP" bundle "$id" -o x.sciwrap
    is "$(find . -name '.*.sciwrap.*')" ""
}

@test "a bundle has the name of its run unless another is given, and replaces an old one" {
    a_run
    local id
    id=$(run_id)
    echo old >"$id.sciwrap"
    succeeds "$SCIWRAP" bundle -q "$id"
    succeeds "$SCIWRAP" bundle --check "$id.sciwrap"
    # It is found by its content, too.
    cp "$id.sciwrap" plainname
    succeeds "$SCIWRAP" bundle --check plainname
}

@test "a full disk leaves nothing behind" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
    a_run
    "$SCIWRAP" bundle -q "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    mkdir "$BATS_TEST_TMPDIR/small"
    # A file system of 1 MiB, in a mount namespace of its own.
    run --separate-stderr unshare -m sh -c "mount -t tmpfs -o size=1m small ../small && '$SCIWRAP' bundle $(run_id) -o ../small/x.sciwrap; echo \$?; ls -A ../small | wc -l
        cd ../small && '$SCIWRAP' rerun '$BATS_TEST_TMPDIR/x.sciwrap'; echo \$?; find . -name 'sciwrap-bundle*' | wc -l"
    is "$(tr '\n' ' ' <<<"$output")" "125 0 125 0 "
    notes 'No space left|free some'
    notes 'needs .* of disk'
}

@test "an interrupted rerun is cleaned up, at once or by the next" {
    a_run
    "$SCIWRAP" bundle -q "$(run_id)" -o "$BATS_TEST_TMPDIR/x.sciwrap"
    elsewhere
    mkdir -p .sciwrap/tmp/sciwrap-bundle.left/x
    # Something of that name that somebody works in stays.
    mkdir .sciwrap/tmp/sciwrap-bundle.busy
    exec 9<.sciwrap/tmp/sciwrap-bundle.busy
    flock 9
    succeeds "$SCIWRAP" rerun ../x.sciwrap
    exec 9<&-
    is "$(ls .sciwrap/tmp)" sciwrap-bundle.busy
}

@test "an interrupted bundle leaves nothing behind, nor does an interrupted rerun" {
    a_run
    truncate -s 1G large
    "$SCIWRAP" exec -q --input large tiny true
    local id
    id=$(run_id)
    timeout -s INT --foreground 0.4 "$SCIWRAP" bundle -q --no-artifact "$id" -o x.sciwrap || true
    is "$(find . -name '*x.sciwrap*')" ""
    rm large
    truncate -s 100M large
    "$SCIWRAP" exec -q --input large tiny true
    "$SCIWRAP" bundle -q --no-artifact "$(run_id)" -o x.sciwrap
    run timeout -s INT --foreground 0.05 "$SCIWRAP" rerun x.sciwrap
    "$SCIWRAP" bundle --check x.sciwrap
    succeeds "$SCIWRAP" rerun x.sciwrap
    no_leftovers
}

# bats test_tags=release
@test "memory does not grow with the inputs" {
    truncate -s 1G large
    "$SCIWRAP" exec -q --input large tiny sh -c 'wc -c large >out.txt'
    python3 - "$SCIWRAP" "$(run_id)" <<'PYTHON'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "bundle", "-q", "--no-artifact", sys.argv[2], "-o", "x.sciwrap"], check=True)
subprocess.run([sys.argv[1], "bundle", "-q", "--check", "x.sciwrap"], check=True)
mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{mib:.0f} MiB")
sys.exit(mib > 400)
PYTHON
    succeeds "$SCIWRAP" rerun x.sciwrap
    is "${lines[-1]}" identical
}
