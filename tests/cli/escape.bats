#!/usr/bin/env bats
# Images and earlier runs that try to lead the launcher's own set-up out to the host. The attack behind each: reference
# "a link in the image, followed on the host" (CVE-2026-87766 in bubblewrap, CVE-2026-41579 in runc, CVE-2024-42472 in Flatpak).
load helpers

# An environment `evil`: tiny's tree with PATH replaced by a link to TARGET.
evil() {
    local path=$1 target=$2
    rm -rf "$BATS_TEST_TMPDIR/tree"
    mkdir "$BATS_TEST_TMPDIR/tree"
    tar -xf "$FIXTURES/tiny.tar" -C "$BATS_TEST_TMPDIR/tree"
    rm -rf "$BATS_TEST_TMPDIR/tree/${path:?}"
    mkdir -p "$(dirname "$BATS_TEST_TMPDIR/tree/$path")"
    ln -s "$target" "$BATS_TEST_TMPDIR/tree/$path"
    tar -cf "$BATS_TEST_TMPDIR/evil.tar" -C "$BATS_TEST_TMPDIR/tree" .
    define evil '[environment]' 'command = true' '[artifact]' "sha256 = $(sha256 "$BATS_TEST_TMPDIR/evil.tar")" \
        "url = $BATS_TEST_TMPDIR/evil.tar"
}

# Whatever comes of the run, the victim's folder is what it was, and no signal ended the launcher.
harmless() {
    local before
    before=$(find "$BATS_TEST_TMPDIR/victim" -printf '%p %m %T@ %s\n' | sort)
    run "$SCIWRAP" exec --no-record "$@"
    [[ $status -eq 0 || $status -eq 125 || $status -eq 126 || $status -eq 127 ]] || {
        echo "status $status: $output"
        return 1
    }
    is "$(find "$BATS_TEST_TMPDIR/victim" -printf '%p %m %T@ %s\n' | sort)" "$before"
}

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK" "$BATS_TEST_TMPDIR/victim/sub"
    echo precious >"$BATS_TEST_TMPDIR/victim/passwd.old"
    cd "$WORK" || return 1
}

@test "links of the image in the way of our own files lead nowhere on the host" {
    local victim=$BATS_TEST_TMPDIR/victim target
    for target in "$victim" "/../../../..$victim" "/oldroot$victim" "/proc/1/root$victim" "/proc/self/root$victim" \
        /proc/self/cwd /proc/self/fd/0 /proc/self/fd/3 "/proc/self/fd/4/../../../../../..$victim" \
        "/proc/self/fd/7/../../../../../../../..$victim"; do
        evil etc "$target"
        harmless evil true <"$victim"
    done
}

@test "links of the image in the way of home, /tmp and the work directory lead nowhere on the host" {
    local victim=$BATS_TEST_TMPDIR/victim path
    for path in home home/researcher var var/tmp workspace; do
        evil "$path" "$victim"
        harmless evil true
        evil "$path" "/proc/self/fd/5/../../../../../..$victim"
        harmless evil true
    done
}

@test "links of the image in the way of a bind lead nowhere on the host" {
    local victim=$BATS_TEST_TMPDIR/victim
    mkdir data
    evil opt "$victim"
    harmless --bind "$WORK/data:/opt/new/deep:rw" evil true
    evil opt /workspace/data
    harmless --bind "$WORK/data:/opt:rw" evil true
}

@test "an image whose /dev, /proc or /sys is a link is refused when it is unpacked" {
    local path
    for path in dev proc sys; do
        evil "$path" "$BATS_TEST_TMPDIR/victim"
        fails_with 125 "$path" -- "$SCIWRAP" pull evil
    done
}

@test "a link that an earlier run left in the work directory is not followed out of it" {
    local victim=$BATS_TEST_TMPDIR/victim
    mkdir data
    ln -s "$victim" cache
    harmless --bind "$WORK/data:/workspace/cache/new:rw" tiny true
}

@test "PID 1 shows neither the launcher's arguments nor its environment, and cannot be traced" {
    SECRET_OF_HOST=geheim quietly "$SCIWRAP" exec --env MARK=x tiny sh -c 'tr "\0" "\n" </proc/1/cmdline'
    is "${output%%$'\n'*}" init
    [[ $output != *MARK* && $output != *exec* ]]
    run "$SCIWRAP" exec tiny cat /proc/1/environ
    [[ $status -ne 0 && $output != *geheim* ]]
    run "$SCIWRAP" exec tiny ls -l /proc/1/fd /proc/1/root /proc/1/cwd
    [[ $output != *"$WORK"* ]]
}
