#!/usr/bin/env bats
# Bundles that attack who reads them, and bundles that were changed: each is refused, with what does not match, and
# leaves nothing behind. bundle.py makes them.
load helpers

setup_file() {
    own_places
    "$SCIWRAP" pull -q tiny 3>&-
    mkdir "$BATS_FILE_TMPDIR/source"
    cd "$BATS_FILE_TMPDIR/source" || return 1
    printf 'b\na\n' >in.txt
    echo second >second.txt
    "$SCIWRAP" exec -q --input in.txt --input second.txt tiny sh -c 'sort in.txt second.txt >out.txt' 3>&-
    local id
    id=$(ls .sciwrap/runs)
    "$SCIWRAP" bundle -q "$id" -o "$BATS_FILE_TMPDIR/good.sciwrap" 3>&-
    "$SCIWRAP" bundle -q --no-artifact "$id" -o "$BATS_FILE_TMPDIR/small.sciwrap" 3>&-
}

untouched() {
    [[ ! -e /tmp/escaped && ! -e $BATS_TEST_TMPDIR/escaped ]] || return 1
    is "$(find "$WORK" "$TMPDIR" ! -type d -o -name 'sciwrap-bundle.*')" ""
}

@test "each crafted bundle is refused for what it is" {
    local name expected bad=0
    while read -r name; do
        expected=$(python3 "$BATS_TEST_DIRNAME/bundle.py" "$name" "$BATS_FILE_TMPDIR/good.sciwrap" "$BATS_TEST_TMPDIR/x.sciwrap")
        run --separate-stderr "$SCIWRAP" rerun "$BATS_TEST_TMPDIR/x.sciwrap"
        if [[ -z $expected ]]; then
            [[ $status -eq 0 ]] || { echo "$name: refused: $stderr" && bad=1; }
            rm -rf .sciwrap
        elif [[ $status -ne 125 || ! ${stderr##*$'\n'} =~ ^sciwrap:\ bundle\ .*refused.*($expected) ]]; then
            echo "$name: status $status, no '$expected' in: $stderr"
            bad=1
        elif [[ $stderr == *$'\n'* || $stderr == *$'\e'* ]]; then
            echo "$name: not one clean line: $stderr"
            bad=1
        fi
        untouched || { echo "$name: left something" && bad=1; }
    done < <(python3 "$BATS_TEST_DIRNAME/bundle.py" --cases)
    [[ $bad -eq 0 ]]
}

@test "a bundle with one bit turned anywhere is refused" {
    succeeds python3 "$BATS_TEST_DIRNAME/bundle.py" --flip "$SCIWRAP" "$BATS_FILE_TMPDIR/small.sciwrap" 200
    says ' 0 not refused'
    succeeds python3 "$BATS_TEST_DIRNAME/bundle.py" --flip "$SCIWRAP" "$BATS_FILE_TMPDIR/good.sciwrap" 150
    says ' 0 not refused'
    untouched
}

@test "a change in a member is told with its name" {
    local size
    size=$(stat -c %s "$BATS_FILE_TMPDIR/good.sciwrap")
    cp "$BATS_FILE_TMPDIR/good.sciwrap" x.sciwrap
    printf '\377\377\377\377' | dd of=x.sciwrap bs=1 seek=$((size / 2)) conv=notrunc status=none
    fails_with 125 "member 'artifact/$(sha256 "$FIXTURES/tiny.tar")'" -- "$SCIWRAP" rerun x.sciwrap
}

@test "a named pipe and a device are no bundles" {
    mkfifo x.sciwrap
    fails_with 125 'not a regular file' -- timeout 20 "$SCIWRAP" rerun x.sciwrap
    rm x.sciwrap
    ln -s /dev/zero x.sciwrap
    fails_with 125 'not a regular file' -- timeout 20 "$SCIWRAP" bundle --check x.sciwrap
}

@test "a bundle that is written to while it is read is refused or whole" {
    cp "$BATS_FILE_TMPDIR/good.sciwrap" x.sciwrap
    (for _ in 1 2 3 4 5 6 7 8 9 10; do
        cat "$BATS_FILE_TMPDIR/small.sciwrap" >x.sciwrap
        cat "$BATS_FILE_TMPDIR/good.sciwrap" >x.sciwrap
    done) &
    for _ in 1 2 3 4 5 6 7 8; do
        run --separate-stderr "$SCIWRAP" bundle --check x.sciwrap
        [[ $status -eq 0 || $status -eq 125 ]]
    done
    wait
    succeeds "$SCIWRAP" bundle --check x.sciwrap
}
