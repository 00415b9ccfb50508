#!/usr/bin/env bats
# Environments that are images: OCI layouts and what `docker save` writes.
load helpers

setup_file() {
    own_places
}

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    machine=$(uname -m)
    case $machine in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$machine ;; esac
    # A layer over tiny.tar: it removes, replaces and adds.
    mkdir -p layer/etc layer/usr/share/data layer/place/empty
    printf 'upper\n' >layer/etc/version
    : >layer/usr/share/data/.wh.file
    printf 'new\n' >layer/usr/share/data/new
    tar --create --file upper.tar --directory layer --sort=name --owner=0 --group=0 ./etc ./usr ./place
}

run_id() {
    basename "$(dirname "$(manifest)")"
}

image() { # FORM PLACE OPTION... -- LAYER...: digest and size of the first image in $digest and $size
    local form=$1 place=$2 arguments=()
    shift 2
    while [[ $1 != -- ]]; do
        arguments+=("$1")
        shift
    done
    shift
    python3 "$BATS_TEST_DIRNAME/../images/maker.py" "$form" "$place" --architecture "$arch" "${arguments[@]}" "$@" \
        >pin || return 1
    read -r digest size <pin
}

from() { # URL LINE...
    local url=$1
    shift
    define it "$@" '[artifact]' 'type = image' "sha256 = $digest" "size = $size" "url = $url"
}

holds() { # what the two layers make
    quietly "$SCIWRAP" exec it sh -c 'cat /etc/version; ls /usr/share/data'
    is "$output" $'upper\nnew'
    nothing_left
}

@test "a layout, with layers that are plain, gzip and zstd" {
    gzip -k upper.tar
    zstd -q upper.tar
    for upper in upper.tar upper.tar.gz upper.tar.zst; do
        rm -rf "$SCIWRAP_STORE" here
        image layout here -- "$FIXTURES/tiny.tar.gz" $upper
        from oci-layout:../work/here
        succeeds "$SCIWRAP" pull it
        holds
    done
}

@test "the same image from a layout, an archive of the new form and one of the old form" {
    local index
    image layout here --docker -- "$FIXTURES/tiny.tar" upper.tar
    from oci-layout:../work/here
    succeeds "$SCIWRAP" pull it
    holds
    index=$(sha256sum <"$SCIWRAP_STORE/trees/$digest/index")
    image packed packed.tar -- "$FIXTURES/tiny.tar.gz" upper.tar
    from docker-archive:../work/packed.tar
    succeeds "$SCIWRAP" pull it
    is "$(sha256sum <"$SCIWRAP_STORE/trees/$digest/index")" "$index"
    for links in "" --links; do
        image saved saved.tar $links -- "$FIXTURES/tiny.tar" upper.tar
        from "docker-archive:$PWD/saved.tar"
        succeeds "$SCIWRAP" pull it
        is "$(sha256sum <"$SCIWRAP_STORE/trees/$digest/index")" "$index"
        rm -rf "$SCIWRAP_STORE/trees/$digest"
    done
}

@test "entry point, command, variables and work directory are the image's" {
    image layout here --entry '["/usr/bin/echo","hello"]' --command '["by","default"]' --env 'PATH=/usr/bin' \
        --env 'GREETING=a b' --env '1BAD=x' --workdir /place/empty -- "$FIXTURES/tiny.tar" upper.tar
    from oci-layout:../work/here
    succeeds "$SCIWRAP" pull it
    quietly "$SCIWRAP" run it
    is "$output" "hello by default"
    quietly "$SCIWRAP" run it given
    is "$output" "hello given"
    quietly "$SCIWRAP" exec it sh -c 'echo "$PATH,$GREETING"; pwd; ls'
    is "${lines[0]}" "/usr/bin,a b"
    is "${lines[1]}" /place/empty
    says upper.tar
}

@test "what the definition says itself wins over the image" {
    image layout here --entry '["/usr/bin/false"]' --command '["x"]' --env 'A=image' --env 'B=image' \
        --workdir /place/empty -- "$FIXTURES/tiny.tar" upper.tar
    from oci-layout:../work/here '[environment]' 'command = sh -c' "arguments = 'echo \$A \$B; pwd'" '[variables]' 'A = mine' \
        '[run]' 'workdir = /data'
    quietly "$SCIWRAP" pull -q it
    quietly "$SCIWRAP" run it
    is "$output" $'mine image\n/data'
    from oci-layout:../work/here '[environment]' 'command = echo mine'
    quietly "$SCIWRAP" run it
    is "$output" mine
}

@test "a command without an entry point takes arguments as any command does" {
    image layout here --command '["/usr/bin/echo","x"]' -- "$FIXTURES/tiny.tar"
    from oci-layout:../work/here
    quietly "$SCIWRAP" pull -q it
    quietly "$SCIWRAP" run it
    is "$output" x
    quietly "$SCIWRAP" run it y
    is "$output" "x y"
}

@test "a work directory with the image's files in it is not covered" {
    image layout here --workdir /usr/share/data -- "$FIXTURES/tiny.tar"
    from oci-layout:../work/here
    succeeds "$SCIWRAP" pull it
    notes "has files in its work directory '/usr/share/data'"
    quietly "$SCIWRAP" exec it sh -c 'pwd; ls /usr/share/data'
    is "$output" $'/workspace\nfile'
}

@test "a rerun needs the tree only" {
    image layout here --entry '["/usr/bin/echo"]' --env 'A=b' --workdir /place/empty -- "$FIXTURES/tiny.tar" upper.tar
    from oci-layout:../work/here
    quietly "$SCIWRAP" pull -q it
    quietly "$SCIWRAP" run it some words
    rm -r here
    succeeds "$SCIWRAP" rerun "$(run_id)"
}

@test "what has another digest, size or diff_id is refused" {
    local blob
    image layout here -- "$FIXTURES/tiny.tar" upper.tar
    from oci-layout:../work/here
    # the manifest
    cp -r here bent
    printf ' ' >>"bent/blobs/sha256/$digest"
    from oci-layout:../work/bent
    fails_with 125 "has $((size + 1)) bytes, and should have $size" -- "$SCIWRAP" pull it
    # a layer of the right size and one bit other
    blob=here/blobs/sha256/$(sha256 upper.tar)
    rm -rf bent && cp -r here bent
    printf 'U' | dd of="bent/${blob#here/}" bs=1 seek=3000 conv=notrunc status=none
    fails_with 125 'layer 2 of 2: wrong content: its sha256 is' -- "$SCIWRAP" pull it
    # the next address has the right one
    define it '[artifact]' 'type = image' "sha256 = $digest" 'url = oci-layout:../work/bent' 'url = oci-layout:../work/here'
    succeeds "$SCIWRAP" pull it
    holds
    # unpacked it is right; a copy would be of what lies there now
    from oci-layout:../work/bent
    fails_with 125 'a layer has other bytes than pinned' -- "$SCIWRAP" store export it out.env
    # the manifest that stands for a list of docker save
    image saved saved.tar -- "$FIXTURES/tiny.tar"
    size=$((size + 1))
    from docker-archive:../work/saved.tar
    fails_with 125 "the manifest of '.*saved.tar' has $((size - 1)) bytes, and should have $size" -- "$SCIWRAP" pull it
}

@test "a config that contradicts the layers is refused" {
    python3 - "$BATS_TEST_DIRNAME/../images" "$FIXTURES/tiny.tar" upper.tar >pin <<'EOF'
import sys
sys.path.insert(0, sys.argv[1])
import maker
image = maker.Image([open(path, "rb").read() for path in sys.argv[2:]])
image.config["rootfs"]["diff_ids"].reverse()
print(*image.finish())
maker.write_layout("here", [("x", image)])
EOF
    read -r digest size <pin
    from oci-layout:../work/here
    fails_with 125 'layer 1 of 2: the tar in it is not the one of which the image.s config has the diff_id' \
        -- "$SCIWRAP" pull it
    is "$(ls "$SCIWRAP_STORE/trees")" ""
}

@test "an image for another machine is told" {
    image layout here --architecture s390x -- "$FIXTURES/tiny.tar"
    from oci-layout:../work/here
    succeeds "$SCIWRAP" pull it
    notes 'the image is for linux/s390x, and this machine is'
}

@test "a layout without the image, and none at all" {
    image layout here -- "$FIXTURES/tiny.tar"
    rm "here/blobs/sha256/$digest"
    from oci-layout:../work/here
    fails_with 125 "has no blob sha256:$digest" -- "$SCIWRAP" pull it
    from oci-layout:../work/nowhere
    fails_with 125 'No such file or directory' -- "$SCIWRAP" pull it
    from oci-layout:..
    fails_with 125 'is no OCI layout' -- "$SCIWRAP" pull it
    define it '[artifact]' 'type = image' "sha256 = $digest"
    fails_with 125 "it.ini' gives no url for its image" -- "$SCIWRAP" pull it
    # The first round asks the mirrors that go before the addresses, of which there are none.
    SCIWRAP_FETCH_TRIES=1 SCIWRAP_MIRRORS=http://127.0.0.1:9/blobs fails_with 125 'its image is not to be had: .*127.0.0.1' -- "$SCIWRAP" pull it
    from "docker-archive:$FIXTURES/tiny.tar"
    fails_with 125 "is not what 'docker save' writes" -- "$SCIWRAP" pull it
    from "docker-archive:$FIXTURES/tiny.tar.gz"
    fails_with 125 'a compressed file; use gunzip on it first' -- "$SCIWRAP" pull it
}

@test "settings in the store that somebody changed are not used" {
    image layout here --entry '["/usr/bin/echo"]' -- "$FIXTURES/tiny.tar"
    from oci-layout:../work/here
    quietly "$SCIWRAP" pull -q it
    chmod -R u+w "$SCIWRAP_STORE/trees/$digest"
    sed -i s/echo/false/ "$SCIWRAP_STORE/trees/$digest/settings"
    fails_with 125 "settings in the store are damaged; 'sciwrap pull --again it'" -- "$SCIWRAP" run it
    succeeds "$SCIWRAP" pull --again it
    quietly "$SCIWRAP" run it good
    is "$output" good
}

@test "a mirror has an image by its digests, with and without a network" {
    image layout here -- "$FIXTURES/tiny.tar.gz" upper.tar
    export SCIWRAP_MIRRORS=$PWD/here/blobs
    define it '[artifact]' 'type = image' "sha256 = $digest" "size = $size" "url = oci://127.0.0.1:9/none@sha256:$digest"
    succeeds "$SCIWRAP" pull --offline it
    holds
    rm -rf "$SCIWRAP_STORE"
    succeeds "$SCIWRAP" pull it
    holds
    rm -rf "$SCIWRAP_STORE/trees/$digest" here
    unset SCIWRAP_MIRRORS
    succeeds "$SCIWRAP" pull --offline it # its blobs are in the store now
    holds
    rm -rf "$SCIWRAP_STORE"
    fails_with 125 'not asked, because of --offline' -- "$SCIWRAP" pull --offline it
}

@test "a blob of the store that is damaged is brought again" {
    local blob
    image layout here -- "$FIXTURES/tiny.tar.gz" upper.tar
    define it '[artifact]' 'type = image' "sha256 = $digest" 'url = oci-layout:../work/here'
    SCIWRAP_MIRRORS=$PWD/here/blobs succeeds "$SCIWRAP" pull it
    mkdir -p "$SCIWRAP_STORE/blobs/sha256"
    cp here/blobs/sha256/* "$SCIWRAP_STORE/blobs/sha256/"
    rm -rf "$SCIWRAP_STORE/trees/$digest"
    blob=$SCIWRAP_STORE/blobs/sha256/$(sha256 upper.tar)
    chmod u+w "$blob"
    printf 'U' | dd of="$blob" bs=1 seek=3000 conv=notrunc status=none
    succeeds "$SCIWRAP" pull it
    notes "the store's copy of the blob sha256:${blob##*/} is damaged and was removed"
    holds
    [[ ! -e $blob ]]
}

@test "a bundle without the image has the way to it" {
    image layout here --entry '["/usr/bin/echo"]' -- "$FIXTURES/tiny.tar"
    define it '[artifact]' 'type = image' "sha256 = $digest" 'url = oci-layout:../work/here' \
        "url = oci://127.0.0.1:9/none@sha256:$digest"
    succeeds "$SCIWRAP" run it hello
    quietly "$SCIWRAP" bundle --quiet --no-artifact --output it.sciwrap "$(run_id)"
    export SCIWRAP_MIRRORS=$PWD/here/blobs SCIWRAP_STORE=$BATS_TEST_TMPDIR/other
    mkdir elsewhere && cd elsewhere || return 1
    SCIWRAP_ENVS='' succeeds "$SCIWRAP" rerun ../it.sciwrap
    [[ -d $SCIWRAP_STORE/trees/$digest ]]
}

@test "an image of several in a layout and in an archive is named" {
    image layout here --name one --name two -- "$FIXTURES/tiny.tar"
    image saved saved.tar --name it:1 --name it:2 -- "$FIXTURES/tiny.tar"
    fails_with 125 "has several images, 'one' and 'two' among them; put the name of one behind the path, as in :one" \
        -- "$SCIWRAP" pin --no-pull it oci-layout:here
    fails_with 125 "has no image 'three' for linux/.*; it has: 'one', 'two'" -- "$SCIWRAP" pin --no-pull it oci-layout:here:three
    fails_with 125 "has no image 'it:3'; it has: 'it:1', 'it:2'" -- "$SCIWRAP" pin --no-pull it docker-archive:saved.tar:it:3
    for name in two it:2; do
        source=oci-layout:here:two
        [[ $name == two ]] || source=docker-archive:saved.tar:it:2
        rm -rf envs
        SCIWRAP_ENVS='' succeeds "$SCIWRAP" pin -q it "$source"
        SCIWRAP_ENVS='' quietly "$SCIWRAP" exec -q it sh -c 'echo $NAMED'
        is "$output" $name
    done
}

@test "of an index the image for this machine" {
    image layout here --index --env 'MINE=yes' -- "$FIXTURES/tiny.tar"
    SCIWRAP_ENVS='' succeeds "$SCIWRAP" pin -q it oci-layout:here
    grep -q "^sha256 *= *$digest" envs/it.ini
    rm -rf envs
    SCIWRAP_ENVS='' succeeds "$SCIWRAP" pin -q --no-pull --platform linux/s390x it oci-layout:here
    ! grep -q "$digest" envs/it.ini
}
