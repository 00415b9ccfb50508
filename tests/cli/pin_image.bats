#!/usr/bin/env bats
# sciwrap pin: images, from folders, files and a registry; and images whose blobs come from mirrors.
# shellcheck disable=SC2030,SC2031 # each test has its own mirrors
load helpers
load serve

images=$BATS_TEST_DIRNAME/../images

setup_file() {
    own_places
    command -v docker-registry >/dev/null || return 0
    printf '%s\n' 'version: 0.1' 'log: {level: info}' 'http: {addr: "127.0.0.1:0", secret: tests}' \
        "storage: {filesystem: {rootdirectory: $BATS_FILE_TMPDIR/images}}" >"$BATS_FILE_TMPDIR/registry.yml"
    docker-registry serve "$BATS_FILE_TMPDIR/registry.yml" >"$BATS_FILE_TMPDIR/registry.log" 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    until_true grep -q 'listening on 127.0.0.1:' "$BATS_FILE_TMPDIR/registry.log"
    sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p' "$BATS_FILE_TMPDIR/registry.log" | head -n 1 \
        >"$BATS_FILE_TMPDIR/port"
}

teardown_file() {
    [[ ! -e $BATS_FILE_TMPDIR/pid ]] || unserve
}

setup() {
    own_store
    unset SCIWRAP_ENVS
    case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
}

make() { # FORM PLACE OPTION...: digest and size of the first image in $digest and $size
    local form=$1 place=$2
    shift 2
    python3 "$images/maker.py" "$form" "$place" --architecture "$arch" "$@" "$FIXTURES/tiny.tar.gz" >made || return 1
    read -r digest size <made
}

need_registry() {
    [[ -e $BATS_FILE_TMPDIR/port ]] || skip "no docker-registry here"
    registry=127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
}

push() { # REPOSITORY TAG LAYOUT...
    python3 "$images/push.py" "$registry" "$@"
}

# asked_for PATTERN: how many requests of sciwrap the registry has answered that match.
asked_for() {
    grep -c "\"GET [^\"]*$1[^\"]*\".*sciwrap" "$BATS_FILE_TMPDIR/registry.log" || true
}

@test "a layout: pinned by its manifest, unpacked, and run at once" {
    make layout here --command '["cat","/etc/version"]'
    succeeds "$SCIWRAP" pin it oci-layout:here
    is "${output%, *}" "envs/it.ini: sha256 $digest"
    is "$(cat envs/it.ini)" "; Pinned from oci-layout:here
; by 'sciwrap pin'. Format: sciwrap-environment(5).
[environment]
description = here, linux/$arch
; the image's own command = cat /etc/version

[artifact]
type = image
sha256 = $digest
size = $size
url = oci-layout:../here"
    quietly "$SCIWRAP" run it
    is "$output" old
    nothing_left
}

@test "one of several by its name, which stays a remark" {
    make layout here --name one --name two
    fails_with 125 'several images' -- "$SCIWRAP" pin it oci-layout:here
    succeeds "$SCIWRAP" pin it oci-layout:here:one
    grep -qx "tag = one" envs/it.ini
    grep -qx "sha256 = $digest" envs/it.ini
    grep -qx "url = oci-layout:../here" envs/it.ini
    fails_with 125 "no image 'three'" -- "$SCIWRAP" pin other oci-layout:here:three
}

@test "what 'docker save' writes, in both forms" {
    make saved saved.tar --name tiny:1 --entry '["cat"]' --command '["/etc/version"]'
    succeeds "$SCIWRAP" pin old docker-archive:saved.tar
    grep -qx "tag = tiny:1" envs/old.ini
    grep -qx "description = tiny:1, linux/$arch" envs/old.ini
    grep -qx "; the image's own command = cat /etc/version" envs/old.ini
    quietly "$SCIWRAP" run old
    is "$output" old
    make packed packed.tar
    succeeds "$SCIWRAP" pin new "docker-archive:$PWD/packed.tar"
    grep -qx "url = docker-archive:$PWD/packed.tar" envs/new.ini
    succeeds "$SCIWRAP" pin --force new "docker-archive:packed.tar" --command 'cat /etc/version'
    grep -qx "url = docker-archive:../packed.tar" envs/new.ini
    quietly "$SCIWRAP" run new
    is "$output" old
}

@test "a platform that is asked for" {
    make layout here --index
    succeeds "$SCIWRAP" pin it oci-layout:here
    grep -qx "sha256 = $digest" envs/it.ini
    succeeds "$SCIWRAP" pin other oci-layout:here --platform linux/s390x
    grep -qx "description = several, linux/s390x" envs/other.ini
    notes 'the image is for linux/s390x'
    fails_with 125 'it has:.*linux/s390x' -- "$SCIWRAP" pin third oci-layout:here --platform linux/riscv64
    fails_with 125 'not a platform' -- "$SCIWRAP" pin third oci-layout:here --platform windows/amd64
    make layout single
    fails_with 125 "it is for linux/$arch only" -- "$SCIWRAP" pin third oci-layout:single --platform linux/s390x
    [[ ! -e envs/third.ini ]]
}

@test "a tag of a registry becomes the digest of this machine's manifest" {
    need_registry
    make layout here --entry '["cat","/etc/version"]'
    local mine=$digest index
    python3 "$images/maker.py" layout foreign --architecture s390x "$FIXTURES/tiny.tar" >made
    index=$(push lab/tool 1.0 foreign here)
    succeeds "$SCIWRAP" pin it "oci://$registry/lab/tool:1.0"
    grep -qx "description = $registry/lab/tool:1.0, linux/$arch" envs/it.ini
    grep -qx "sha256 = $mine" envs/it.ini
    grep -qx "tag = 1.0" envs/it.ini
    grep -qx "url = oci://$registry/lab/tool@sha256:$mine" envs/it.ini
    quietly "$SCIWRAP" run it
    is "$output" old
    # The tag moves on, the pin stays.
    make layout newer --env A=b
    push lab/tool 1.0 newer
    rm -rf "$SCIWRAP_STORE"
    succeeds "$SCIWRAP" pull it
    quietly "$SCIWRAP" run it
    is "$output" old
    # An index by its digest is no pin either: it becomes one platform's manifest.
    succeeds "$SCIWRAP" pin other "oci://$registry/lab/tool@$index" --platform linux/s390x
    grep -qx "sha256 = $(cut -d' ' -f1 <(python3 "$images/maker.py" layout again --architecture s390x "$FIXTURES/tiny.tar"))" \
        envs/other.ini
    run grep '^tag' envs/other.ini
    is "$output" ""
}

@test "nothing that a registry sent is fetched twice" {
    need_registry
    make layout here
    push lab/once 1 here
    local before manifests
    before=$(asked_for blobs)
    manifests=$(asked_for manifests)
    succeeds "$SCIWRAP" pin it "oci://$registry/lab/once:1" --no-pull
    is "$(ls "$SCIWRAP_STORE/trees")" ""
    succeeds "$SCIWRAP" pull it
    is "$(($(asked_for blobs) - before))" 2     # config and layer
    is "$(($(asked_for manifests) - manifests))" 1
    # All of it is in the store.
    rm -rf "$SCIWRAP_STORE"/trees/*
    succeeds "$SCIWRAP" pull --offline it
    quietly "$SCIWRAP" exec it cat /etc/version
    is "$output" old
}

@test "an image that nobody has is told, with the way to its name" {
    need_registry
    fails_with 125 'the registry answers 404' -- "$SCIWRAP" pin it "oci://$registry/lab/absent:1"
    fails_with 125 'not asked, because of --offline' -- "$SCIWRAP" pin it --offline "oci://$registry/lab/absent:1"
    [[ ! -e envs ]]
}

@test "a mirror has the manifest, config and layers of an image whose registry is gone" {
    make layout here
    define it '[artifact]' 'type = image' "sha256 = $digest" "size = $size" \
        "url = oci://127.0.0.1:1/lab/tool@sha256:$digest"
    SCIWRAP_FETCH_TRIES=1 fails_with 125 'its image is not to be had' -- "$SCIWRAP" pull it
    export SCIWRAP_MIRRORS=$PWD/here/blobs
    succeeds "$SCIWRAP" pull --offline it
    quietly "$SCIWRAP" exec it cat /etc/version
    is "$output" old
    nothing_left
}

@test "a mirror without one layer, and one with other bytes, cost nothing but time" {
    need_registry
    local layer
    make layout here
    push lab/mirrored 1 here
    layer=$(sha256 "$FIXTURES/tiny.tar.gz")
    define it '[artifact]' 'type = image' "sha256 = $digest" "size = $size" \
        "url = oci://$registry/lab/mirrored@sha256:$digest"
    export SCIWRAP_MIRRORS=$PWD/here/blobs
    rm "here/blobs/sha256/$layer"
    local before
    before=$(asked_for "blobs/sha256:")
    succeeds "$SCIWRAP" pull it
    is "$(($(asked_for "blobs/sha256:") - before))" 1 # the layer
    rm -rf "$SCIWRAP_STORE"
    head -c "$(stat -c %s "$FIXTURES/tiny.tar.gz")" /dev/zero >"here/blobs/sha256/$layer"
    succeeds "$SCIWRAP" pull it
    notes "warning: mirror '$PWD/here/blobs' has not the bytes of 'layer of it'"
    quietly "$SCIWRAP" exec it cat /etc/version
    is "$output" old
}

@test "offline, a missing image is told, and how to get it" {
    define it '[artifact]' 'type = image' "sha256 = $(printf %064d 1)" "url = oci://127.0.0.1:1/x@sha256:$(printf %064d 1)"
    fails_with 125 "its image .sha256 0*1. is not here.*'sciwrap pull it'.*'sciwrap store export it FILE'" -- \
        "$SCIWRAP" pull --offline it
}
