#!/usr/bin/env bats
# Images that umoci and skopeo make, in every form in which people keep them.
load helpers

setup_file() {
    own_places
}

setup() {
    own_places
    command -v umoci >/dev/null && command -v skopeo >/dev/null || skip "umoci and skopeo are not installed"
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK" "$BATS_TEST_TMPDIR/root"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store SCIWRAP_ENVS=$WORK/envs
    tar -xf "$FIXTURES/tiny.tar" -C "$BATS_TEST_TMPDIR/root"
    umoci init --layout made
    umoci new --image made:it
    umoci insert --rootless --image made:it "$BATS_TEST_TMPDIR/root" / 2>/dev/null
    mkdir -p upper
    printf 'upper\n' >upper/version
    umoci insert --rootless --image made:it upper/version /etc/version 2>/dev/null
    umoci insert --rootless --image made:it --whiteout /usr/share/data/file 2>/dev/null
    umoci config --image made:it --config.entrypoint /usr/bin/cat --config.cmd /etc/version --config.env GREETING=hello
}

works() { # SOURCE: pinned, pulled and run
    rm -rf "$SCIWRAP_STORE" envs
    succeeds "$SCIWRAP" pin it "$1"
    succeeds "$SCIWRAP" pull it
    quietly "$SCIWRAP" run it
    is "$output" upper
    quietly "$SCIWRAP" exec it sh -c 'echo $GREETING; ls /usr/share/data'
    is "$output" hello
    sha256sum <"$(echo "$SCIWRAP_STORE"/trees/*/index)" >>trees
}

@test "a layout of umoci; gzip, zstd, Docker's types and docker save by skopeo: all the same tree" {
    works oci-layout:made
    skopeo copy -q --insecure-policy oci:made:it docker-archive:saved.tar:it:1
    works docker-archive:saved.tar
    skopeo copy -q --insecure-policy --dest-compress-format zstd --dest-compress oci:made:it oci:zstd:it
    works oci-layout:zstd
    skopeo copy -q --insecure-policy oci:made:it oci-archive:packed.tar:it
    works docker-archive:packed.tar
    is "$(sort -u trees | wc -l)" 1
}
