#!/usr/bin/env bats
# What programs do in real life and tests of single calls do not think of: deep folders, folders that are gone, many
# files, few descriptors.
load helpers
load record

# outputs: the changes of all outputs but the streams, "CHANGE PATH" a line.
outputs() {
    field '"\n".join(o["change"] + " " + o["path"] for o in m["experiment"]["outputs"])' |
        grep -v ' /dev/std'
}

# deep N: "d/d/d...", N times.
deep() {
    printf 'd/%.0s' $(seq "$1") | sed 's,/$,,'
}

@test "from a current directory that is gone, what '..' leads to is recorded" {
    anew data=old edited=before
    quietly "$SCIWRAP" exec tiny sh -c 'mkdir d && cd d && rmdir ../d && cat ../data && echo more >>./../edited'
    tells_files 'in data "old"' 'in edited "before" kept' 'out edited modified "beforemore\n"'
    reruns
    anew data=old k/l/x=1
    quietly "$SCIWRAP" exec tiny sh -c 'cd k/l && rm -r ../../k && cat ../../data && echo new >../../fresh'
    told >"$BATS_TEST_TMPDIR/told"
    grep '^in data "old"' "$BATS_TEST_TMPDIR/told"
    grep '^out fresh created "new' "$BATS_TEST_TMPDIR/told"
    reruns
}

@test "a folder that another process removes while somebody is in it" {
    anew data=old
    quietly "$SCIWRAP" exec tiny sh -c 'mkdir d && cd d && read x <../data; rmdir /workspace/d; read x <../data; echo hi >../made'
    told >"$BATS_TEST_TMPDIR/told"
    grep '^in data "old"' "$BATS_TEST_TMPDIR/told"
    grep '^out made created "hi' "$BATS_TEST_TMPDIR/told"
}

@test "folders in folders, 1,000 deep, made and moved" {
    local place
    place=$(deep 1000)
    anew
    quietly "$SCIWRAP" exec tiny sh -c "mkdir -p $place && echo leaf >$place/leaf"
    is "$(outputs | grep -c ^created)" 1001
    anew
    mkdir -p "$place"
    echo leaf >"$place/leaf"
    quietly "$SCIWRAP" exec tiny mv d e
    is "$(outputs | grep -c ^renamed)" 1001
    is "$(outputs | grep -c /leaf)" 1
}

@test "deep folders and few descriptors" {
    local place
    place=$(deep 200)
    anew
    mkdir -p "$place"
    echo leaf >"$place/leaf"
    quietly bash -c 'ulimit -Sn 64 && exec "$0" exec tiny mv d e' "$SCIWRAP"
    is "$(outputs | grep -c ^renamed)" 201
    succeeds bash -c 'ulimit -Sn 64 && exec "$0" exec -q tiny sh -c "ulimit -Sn"' "$SCIWRAP"
    is "$output" 64
}

@test "of many files that are written anew, those that say the same as before are no outputs" {
    anew
    mkdir b
    (cd b && seq 2000 | split -l 1 -a 4 -)
    # shellcheck disable=SC2016
    quietly "$SCIWRAP" exec tiny sh -c \
        'i=0; for f in b/x*; do read -r l <$f; i=$((i + 1)); echo $l$([ $((i % 2)) = 0 ] || echo x) >$f; done'
    is "$(outputs | grep -c '^modified b/x')" 1000
    is "$(outputs | wc -l)" 1000
}

# The kernel gives a look-up with ".." up when anything on the host is renamed meanwhile (openat2(2), EAGAIN).
@test "paths with '..' are recorded while somebody else renames files all the time" {
    anew
    mkdir a b
    (cd b && seq 3000 | split -l 1 -a 4 -)
    python3 - "$BATS_TEST_TMPDIR" 3>&- <<'PYTHON' &
import os, sys
os.chdir(sys.argv[1])
open("one", "w").close()
while not os.path.exists("stop"):
    os.rename("one", "two")
    os.rename("two", "one")
PYTHON
    local renamer=$!
    # shellcheck disable=SC2016
    quietly "$SCIWRAP" exec tiny sh -c 'for f in b/x*; do echo new >a/../b/../$f; done'
    touch "$BATS_TEST_TMPDIR/stop"
    wait $renamer
    is "$(outputs | grep -c '^modified b/x')" 3000
}

@test "a path that is too long to be looked up is told" {
    anew
    quietly "$SCIWRAP" exec tiny sh -c 'd=$(printf "%0200d" 0); for i in $(seq 18); do mkdir $d && cd $d; done
        mkdir $d $d/$d $d/$d/$d; echo x >$d/$d/$d/made; cat $d/$d/$d/made >/dev/null'
    [[ $(field 'm["leaks"]') == *"too long to be looked up"* ]]
}
