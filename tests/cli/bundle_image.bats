#!/usr/bin/env bats
# Environments that are images as one file: bundles of their runs, and `sciwrap store export`. What holds for every bundle
# is in bundle.bats and bundle_hostile.bats.
load helpers

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK/layer/etc"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
    printf 'upper\n' >layer/etc/version
    tar --create --file upper.tar --directory layer --sort=name --owner=0 --group=0 ./etc
}

# An image with an empty layer twice, in the form and at the place that are named; the environment `it`.
image() { # FORM PLACE URL
    tar --create --file empty.tar --files-from /dev/null
    python3 "$BATS_TEST_DIRNAME/../images/maker.py" "$1" "$2" --architecture "$arch" --env A=b -- \
        "$FIXTURES/tiny.tar.gz" empty.tar upper.tar empty.tar >pin || return 1
    read -r digest size <pin
    define it '[artifact]' 'type = image' "sha256 = $digest" "size = $size" "url = $3"
}

run_id() {
    basename "$(dirname "$(manifest)")"
}

bundled() {
    image layout here "oci-layout:$WORK/here"
    printf 'in\n' >in.txt
    quietly "$SCIWRAP" pull -q it
    quietly "$SCIWRAP" exec it sh -c 'cat in.txt /etc/version >out.txt; echo $A >>out.txt'
    succeeds "$SCIWRAP" bundle "$(run_id)" -o x.sciwrap
}

elsewhere() {
    rm -rf here "$SCIWRAP_STORE" .sciwrap out.txt in.txt
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/other SCIWRAP_ENVS=/nonexistent
}

# The bundle with the Python statements done to `b`, a Bundle of bundle.py; its list is right again.
changed() { # STATEMENTS
    PYTHONPATH=$BATS_TEST_DIRNAME STATEMENTS=$1 python3 - <<'PYTHON'
import os
from bundle import Bundle, sha
b = Bundle("x.sciwrap")
blobs = b"artifact/blobs/sha256/"
layer = max((m for m in b.members if m[0].startswith(blobs)), key=lambda m: len(m[1]))
exec(os.environ["STATEMENTS"])
first = [m for m in b.members if not m[0].startswith(blobs)]
b.members = first + sorted(m for m in b.members if m[0].startswith(blobs))
b.write("y.sciwrap")
PYTHON
}

@test "the run of an image is bundled with the image, and rerun where nothing of it is known" {
    bundled
    is "$(tar --zstd -tf x.sciwrap | grep -c '^artifact/blobs/sha256/')" 5
    tar --zstd -xOf x.sciwrap definition.ini | grep -qx 'url = oci-layout:artifact'
    succeeds "$SCIWRAP" bundle --check x.sciwrap
    succeeds "$SCIWRAP" bundle "$(run_id)" -o again.sciwrap
    cmp x.sciwrap again.sciwrap
    elsewhere
    succeeds "$SCIWRAP" rerun x.sciwrap
    says '^identical$'
    succeeds "$SCIWRAP" bundle x.sciwrap -o third.sciwrap
    cmp x.sciwrap third.sciwrap
}

@test "an unpacked bundle of an image works as it is, and other tools can read the image" {
    bundled
    elsewhere
    mkdir unpacked
    tar --zstd -xf x.sciwrap -C unpacked
    (cd unpacked && sha256sum --quiet -c SHA256SUMS)
    quietly "$SCIWRAP" pull -q ./unpacked/definition.ini
    quietly "$SCIWRAP" exec ./unpacked/definition.ini cat /etc/version
    is "$output" upper
}

@test "a bundle of an image is refused for what does not belong to the image" {
    local extra
    bundled
    elsewhere
    changed 'pass'
    succeeds "$SCIWRAP" bundle --check y.sciwrap
    changed 'b.members.append([blobs + sha(b"under cover").encode(), b"under cover"])'
    extra=$(printf 'under cover' | sha256sum | cut -c1-64)
    fails_with 125 "member 'artifact/blobs/sha256/$extra' is nothing that its manifest names" -- "$SCIWRAP" rerun y.sciwrap
    changed 'b.members = [m for m in b.members if not m[0].startswith(blobs)]'
    fails_with 125 'at most one artifact or image' -- "$SCIWRAP" rerun y.sciwrap
    changed 'b.members.remove(b.content(b"artifact/oci-layout"))'
    fails_with 125 'at most one artifact or image' -- "$SCIWRAP" rerun y.sciwrap
    changed 'b.members.remove(layer)'
    fails_with 125 'could not be brought' -- "$SCIWRAP" rerun y.sciwrap
    notes 'has no blob sha256:'
    changed 'import json
old = json.loads(b.content(b"manifest.json")[1])["experiment"]["environment"]["artifact"]["sha256"].encode()
image = b.content(blobs + old)
image[1] = image[1].replace(b"sha256:", b"sha512:")
new = sha(image[1]).encode()
for m in b.members:
    m[0], m[1] = m[0].replace(old, new), m[1].replace(old, new)'
    fails_with 125 'the manifest of its image names a blob without a sha256' -- "$SCIWRAP" rerun y.sciwrap
    changed 'layer[1] += b"x"'
    fails_with 125 'SHA256SUMS|a name that no bundle has' -- "$SCIWRAP" rerun y.sciwrap
    changed 'm = b.content(b"artifact/oci-layout"); m[1] = b"{}\n"'
    fails_with 125 'could not be brought' -- "$SCIWRAP" rerun y.sciwrap
    notes "is a layout of version ''"
    is "$(find "$TMPDIR" -name 'sciwrap-bundle.*')" ""
    [[ ! -e $SCIWRAP_STORE/trees/$digest ]]
}

@test "an exported image is one file, and comes in elsewhere without a network, whatever it was kept in" {
    local form
    for form in layout packed saved; do
        rm -rf kept "$BATS_TEST_TMPDIR/store" "$BATS_TEST_TMPDIR/other" envs
        case $form in
        layout) image layout kept "oci-layout:$WORK/kept" ;;
        *) image $form kept "docker-archive:$WORK/kept" ;;
        esac
        succeeds "$SCIWRAP" store export --force it it.env
        is "$(tar tf it.env | grep -c '^blobs/sha256/')" 5
        rm -rf kept
        (
            export SCIWRAP_STORE=$BATS_TEST_TMPDIR/other SCIWRAP_ENVS=/nonexistent
            succeeds "$SCIWRAP" store import it.env
            quietly "$SCIWRAP" exec --no-record it sh -c 'cat /etc/version; echo $A'
            is "$output" $'upper\nb'
        )
    done
}
