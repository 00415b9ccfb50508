#!/usr/bin/env bats
# sciwrap lock, with an apt that is made of a shell script and answers as each test wants: the real one needs an archive.
load helpers

setup() {
    own_places
    [[ -e /usr/share/keyrings/debian-archive-keyring.gpg || -e /usr/share/keyrings/debian-archive-keyring.pgp ]] ||
        skip "no keyring of Debian's archive"
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK" "$BATS_TEST_TMPDIR/bin"
    cd "$WORK" || return 1
    export SCIWRAP_RECIPES=$WORK SCIWRAP_DEBIAN_MIRROR=http://mirror.invalid/debian ANSWERS=$WORK/answers
    printf '[recipe]\nsuite = bookworm\npackages = tool\n' >it.ini
    mkdir answers
    # update fetches a release file, install names one package, show tells of it.
    echo 'Date: Sat, 31 Aug 2024 08:35:24 UTC' >answers/release
    echo "'ARCHIVEpool/main/t/tool/tool_1%3a2-3_all.deb' tool_1%3a2-3_all.deb 100 SHA256:x" >answers/install
    printf '%s\n' 'Package: tool' 'Version: 1:2-3' 'Filename: pool/main/t/tool/tool_1%3a2-3_all.deb' 'Size: 100' \
        "SHA256: $(printf 'ab%.0s' {1..32})" >answers/show
    cat >"$BATS_TEST_TMPDIR/bin/apt-get" <<'APT'
#!/bin/sh
for word; do
    case $word in
    -oDir::State=*) state=${word#*=} ;;
    -oDir::Etc::sourcelist=*) archive=$(sed -n '1s/^deb [[].*[]] \([^ ]*\) .*/\1/p' "${word#*=}") ;;
    update | install | show) what=$word ;;
    esac
done
[ ! -e "$ANSWERS/fail.$what" ] || { cat "$ANSWERS/fail.$what" >&2; exit 100; }
if [ $what = update ]; then
    [ ! -e "$ANSWERS/release" ] || { echo Origin: Debian; cat "$ANSWERS/release"; } >"$state/lists/mirror.invalid_InRelease"
else
    sed "s|ARCHIVE|$archive|" "$ANSWERS/$what"
fi
APT
    chmod 755 "$BATS_TEST_TMPDIR/bin/apt-get"
    ln "$BATS_TEST_TMPDIR/bin/apt-get" "$BATS_TEST_TMPDIR/bin/apt-cache"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

refuses() { # PATTERN
    fails_with 125 "lock 'it': $1" -- "$SCIWRAP" lock it
    [[ ! -e it.lock ]]
    is "$(ls -A "$TMPDIR")" ''
}

@test "what apt says becomes a lock" {
    succeeds "$SCIWRAP" lock it
    grep -qx 'snapshot = 20240901T083524Z' it.lock # a day after the release
    grep -qx 'version = 1:2-3' it.lock
    grep -qx "sha256 = $(printf 'ab%.0s' {1..32})" it.lock
}

@test "what apt does not say" {
    printf '%s\n' 'W: a warning' 'E: Unable to locate package tool' 'E: and more' >answers/fail.install
    refuses 'apt-get install: E: Unable to locate package tool'
    rm answers/fail.install
    sed -i 's/^SHA256.*//' answers/show
    refuses "apt knows no size or sha256 of 'tool'"
    echo >answers/show
    refuses "apt does not say where 'tool' 1:2-3 lies"
    echo "'http://other.invalid/pool/tool_1_all.deb' tool_1_all.deb 100 SHA256:x" >answers/install
    refuses "apt would take 'http://other.invalid/pool/tool_1_all.deb' from elsewhere"
    echo 'Reading package lists...' >answers/install
    refuses 'apt names no package to install'
}

@test "a release without a date, none at all, and a host without apt" {
    echo 'Date: yesterday' >answers/release
    refuses "release file 'mirror.invalid_InRelease' has no date"
    rm answers/release
    refuses 'apt fetched no release file'
    fails_with 125 "'apt-get' is not on this host: 'sciwrap lock' needs the apt of a Debian host" -- \
        env PATH=/nonexistent "$SCIWRAP" lock it
}
