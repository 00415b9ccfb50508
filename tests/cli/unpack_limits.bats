#!/usr/bin/env bats
# $SCIWRAP_UNPACK_...: how much an archive may hold.
load helpers

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    # Seven levels, a name with an extended header of some 700 bytes, 300 kB.
    python3 - <<'END'
import io
import tarfile
with tarfile.open("a.tar", "w", format=tarfile.PAX_FORMAT) as tar:
    for name, size in (("d/e/f/g/h/i/x", 300000), ("n/" + "n" * 200 + "/" + "m" * 200, 1), ("y", 1)):
        info = tarfile.TarInfo(name)
        info.size = size
        info.pax_headers = {"comment": "c" * 250}
        tar.addfile(info, io.BytesIO(bytes(size)))
END
    define it '[environment]' 'command = true' '[artifact]' "sha256 = $(sha256 a.tar)" "url = $PWD/a.tar"
}

stops() { # NAME VALUE FRAGMENT
    echo "$1=$2"
    fails_with 125 "$3" -- env "SCIWRAP_UNPACK_$1=$2" "$SCIWRAP" pull it
    [[ -z $(ls -A "$SCIWRAP_STORE/trees") ]]
}

passes() { # NAME VALUE
    echo "$1=$2"
    succeeds env "SCIWRAP_UNPACK_$1=$2" "$SCIWRAP" pull it
    rm -rf "$SCIWRAP_STORE"
}

@test "each limit stops an archive that goes beyond it, and names itself" {
    stops ENTRIES 2 '[$]SCIWRAP_UNPACK_ENTRIES'
    stops BYTES 299999 '[$]SCIWRAP_UNPACK_BYTES'
    stops DEPTH 6 '[$]SCIWRAP_UNPACK_DEPTH'
    stops PATH 402 '[$]SCIWRAP_UNPACK_PATH'
    stops HEADER 512 '[$]SCIWRAP_UNPACK_HEADER'
}

@test "what is at the limit passes" {
    passes ENTRIES 11 # with the directories that the archive leaves out
    passes BYTES 300002
    passes DEPTH 7
    passes PATH 403
    passes HEADER 1K
    passes MEMORY 1G
    passes TIME 1h
    passes ENTRIES ''
}

@test "a setting that is none is refused with what it may be, before anything is read" {
    local setting
    for setting in ENTRIES=0 ENTRIES=x ENTRIES=100000001 BYTES=-1 BYTES=2000T DEPTH=1001 PATH=4001 HEADER=511 MEMORY=63M \
        TIME=0 TIME=32d TIME=none; do
        stops "${setting%%=*}" "${setting#*=}" "[$]SCIWRAP_UNPACK_${setting%%=*} is '${setting#*=}', and must be"
    done
}
