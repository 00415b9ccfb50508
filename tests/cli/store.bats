#!/usr/bin/env bats
# sciwrap store, sciwrap remove: what lies in the store, checked, cleaned up, carried elsewhere.
load helpers

# Each test has a store of its own.
setup_file() {
    own_places
}

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    tree=$SCIWRAP_STORE/trees/$(sha256 "$FIXTURES/tiny.tar")
}

brought() { # ENV...
    "$SCIWRAP" pull --quiet "$@"
}

# A command in ENV that lasts until the file `go` exists; it has begun when this returns.
begin_run() { # ENV
    # shellcheck disable=SC2016
    "$SCIWRAP" exec --no-record "$1" sh -c ': >begun; while [ ! -e go ]; do sleep 0.05; done; cat /etc/version' \
        >said 2>run.err 3>&- &
    runner=$!
    until_true test -e begun
}

end_run() {
    : >go
    wait "$runner"
    is "$(cat said)" old
}

# As if nobody had used what is in the store for so many days.
aged() { # DAYS
    touch -d "$1 days ago" "$SCIWRAP_STORE"/trees/*/meta
    find "$SCIWRAP_STORE/blobs" -type f -exec touch -d "$1 days ago" {} +
}

json() { # EXPRESSION over the document `d` of $output
    python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' "$output" "$1"
}

# The artifact of ENV in the store as a blob, as a pull over http leaves it.
with_blob() { # ARCHIVE
    cp "$FIXTURES/$1" "$SCIWRAP_STORE/blobs/sha256/$(sha256 "$FIXTURES/$1")"
}

@test "a store that does not exist is empty, and stays so" {
    succeeds "$SCIWRAP" store list
    notes 'the store is empty'
    succeeds "$SCIWRAP" store gc
    notes 'nothing to remove'
    succeeds "$SCIWRAP" store du
    notes 'no store yet'
    succeeds "$SCIWRAP" store verify
    notes 'nothing to check'
    fails_with 125 "'tiny' is not in the store" -- "$SCIWRAP" remove tiny
    [[ ! -e $SCIWRAP_STORE ]]
}

@test "list tells names, sizes, ages and what is in use" {
    brought tiny tiny-gz
    with_blob tiny.tar.gz
    touch -d '70 days ago' "$tree/meta"
    quietly "$SCIWRAP" store list
    says 'tiny-gz +[0-9a-f]{12} +[0-9.]+ MB +[0-9]+ +today +user'
    says $'\ntiny +[0-9a-f]{12} +[0-9.]+ MB +[0-9]+ +2 months ago +user\n'
    says '1 artifact, layer or package, [0-9.]+ MB'
    quietly "$SCIWRAP" store list --json
    is "$(json '[(x["kind"], x["environments"], x["in_use"]) for x in d if x["kind"] == "environment"]')" \
        "[('environment', ['tiny-gz'], False), ('environment', ['tiny'], False)]"
    is "$(json 'sum(x["kind"] == "blob" for x in d)')" 1
    begin_run tiny
    quietly "$SCIWRAP" store list
    says 'tiny +[0-9a-f]{12} +[0-9.]+ MB +[0-9]+ +today +user +in use'
    end_run
}

@test "what no definition names is shown by its digest, and can be removed by it" {
    brought tiny
    export SCIWRAP_ENVS=/nonexistent
    quietly "$SCIWRAP" store list
    local digits
    digits=$(sha256 "$FIXTURES/tiny.tar" | cut -c1-12)
    says "^ENVIRONMENT.*"$'\n'"$digits +$digits"
    fails_with 125 'no environment' -- "$SCIWRAP" remove "${digits:0:5}"
    : >"$SCIWRAP_STORE/blobs/sha256/${digits:0:8}$(printf %056d 0)"
    fails_with 125 "'${digits:0:8}' could be 2 things in the store; give more digits" -- "$SCIWRAP" remove "${digits:0:8}"
    succeeds "$SCIWRAP" remove "$digits"
    [[ ! -e $tree ]]
}

@test "du counts what is there" {
    brought tiny
    with_blob tiny.tar
    quietly "$SCIWRAP" store du --json
    local bytes
    bytes=$(stat -c %s "$FIXTURES/tiny.tar") # on disk a little more for folders and blocks
    is "$(json "0.9 * $bytes < d[0]['environments'] < 1.5 * $bytes and 0.9 * $bytes < d[0]['blobs'] < 1.1 * $bytes")" True
    is "$(json 'd[0]["all"] >= d[0]["environments"] + d[0]["blobs"]')" True
    quietly "$SCIWRAP" store du
    says '[0-9.]+ MB  unpacked environments'
    says 'in all, in [0-9]+ files and folders'
}

@test "gc removes what was not used for long, and only that" {
    brought tiny tiny-new
    with_blob tiny.tar
    aged 100
    touch "$tree/meta"
    succeeds "$SCIWRAP" store gc --dry-run
    says 'would remove +[0-9.]+ MB  tiny-new, last used 3 months ago'
    says 'would remove +[0-9.]+ MB  artifact of tiny, last used 3 months ago'
    notes 'would free [0-9.]+ MB: 1 environment and 1 artifact'
    is "$(find "$SCIWRAP_STORE/trees" -mindepth 1 -maxdepth 1 | wc -l)" 2
    succeeds "$SCIWRAP" store gc --older-than 101
    is "$(find "$SCIWRAP_STORE/trees" -mindepth 1 -maxdepth 1 | wc -l)" 2
    succeeds "$SCIWRAP" store gc --older-than 14w
    notes 'freed [0-9.]+ MB: 1 environment and 1 artifact'
    is "$(ls "$SCIWRAP_STORE/trees")" "$(basename "$tree")"
    is "$(ls "$SCIWRAP_STORE/blobs/sha256")" ""
    quietly "$SCIWRAP" exec --no-record tiny cat /etc/version
}

@test "gc --keep-bytes removes what was not used for longest" {
    brought tiny tiny-new tiny-gz
    touch -d '3 days ago' "$tree/meta"
    touch -d '2 days ago' "$SCIWRAP_STORE/trees/$(sha256 "$FIXTURES/tiny-new.tar")/meta"
    succeeds "$SCIWRAP" store gc --keep-bytes $(($(stat -c %s "$FIXTURES/tiny.tar") * 21 / 10)) --json # two of three
    is "$(json '[(x["environments"], x["outcome"]) for x in d["contents"]]')" "[(['tiny'], 'removed')]"
    succeeds "$SCIWRAP" store gc --keep-bytes 0
    is "$(ls "$SCIWRAP_STORE/trees")" ""
}

@test "a use is remembered, to a day" {
    brought tiny
    aged 100
    quietly "$SCIWRAP" exec --no-record tiny true
    succeeds "$SCIWRAP" store gc
    notes 'nothing to remove'
}

@test "gc and remove leave what is in use" {
    local shared
    for shared in no yes; do
        export SCIWRAP_STORE_SHARED=$shared
        rm -f go begun
        brought tiny tiny-new
        begin_run tiny
        fails_with 125 "'tiny' is in use" -- "$SCIWRAP" remove tiny
        [[ $shared == no ]] || notes 'by process [0-9]+ on '
        succeeds "$SCIWRAP" store gc --older-than 0
        says 'keeps +[0-9.]+ MB  tiny, .*in use'
        says 'removed +[0-9.]+ MB  tiny-new'
        [[ -e $tree/meta ]]
        end_run
        succeeds "$SCIWRAP" remove tiny
        [[ ! -e $tree ]]
    done
    is "$(find "$SCIWRAP_STORE/roots" -type f)" ""
}

@test "what a run uses stays while it is brought again; what cannot be removed is named" {
    brought tiny
    begin_run tiny
    succeeds "$SCIWRAP" pull --again tiny
    notes "runs that use the old tree keep it until they end; 'sciwrap store gc' removes it then"
    is "$(find "$SCIWRAP_STORE/tmp" -name 'rootfs' -type d | wc -l)" 1
    end_run
    quietly "$SCIWRAP" store gc -q --older-than 0
    is "$(ls -A "$SCIWRAP_STORE/tmp")" ""
    brought tiny
    unshare -rm true 2>/dev/null || skip "no user namespaces here"
    fails_with 125 "the tree is out of the way, but part of it stays in '$SCIWRAP_STORE/tmp/del\.[0-9a-f.]+': remove '" -- \
        unshare -rm sh -c 'mount -t tmpfs none "$1/rootfs/etc" && exec "$2" remove tiny' sh "$tree" "$SCIWRAP"
    [[ ! -e $tree ]]
}

@test "a run that cannot tell other machines that it is there says so" {
    export SCIWRAP_STORE_SHARED=yes
    brought tiny
    rm -rf "$SCIWRAP_STORE/roots/$(uname -n)"
    : >"$SCIWRAP_STORE/roots/$(uname -n)"
    succeeds "$SCIWRAP" exec --no-record tiny true
    notes "other machines cannot be told that this run uses its environment: Not a directory; keep them from removing it"
}

@test "a run on another host keeps its tree, until it gave no sign of life for a day" {
    export SCIWRAP_STORE_SHARED=yes
    brought tiny
    local file
    mkdir -p "$SCIWRAP_STORE/roots/elsewhere"
    file=$SCIWRAP_STORE/roots/elsewhere/$(basename "$tree").12345678-1234-1234-1234-123456789abc.4026531836.77.1234.0
    : >"$file"
    fails_with 125 'in use by process 77 on elsewhere' -- "$SCIWRAP" remove tiny
    succeeds "$SCIWRAP" store gc --older-than 0
    says 'keeps .*in use by process 77 on elsewhere'
    touch -d '25 hours ago' "$file"
    succeeds "$SCIWRAP" store gc --older-than 0
    says 'removed .*tiny'
    [[ ! -e $file ]]
}

@test "gc removes what killed processes left" {
    brought tiny
    # Of a process that cannot be: none of this number began so early.
    local process
    process=$(cat /proc/sys/kernel/random/boot_id).$(stat -Lc %i /proc/self/ns/pid).4194300.1
    mkdir -p "$SCIWRAP_STORE/tmp/stage.$(basename "$tree").$process.0@$(uname -n)"/rootfs/deep
    mkdir "$SCIWRAP_STORE/tmp/del.$(basename "$tree").00"
    echo part >"$SCIWRAP_STORE/tmp/$(basename "$tree").1.part"
    succeeds "$SCIWRAP" store gc
    notes '2 left-overs of killed processes'
    is "$(ls "$SCIWRAP_STORE/tmp")" "$(basename "$tree").1.part"
}

@test "no blob is removed while somebody brings an environment" {
    brought tiny
    with_blob tiny.tar
    exec 9>"$SCIWRAP_STORE/locks/blobs"
    flock -s 9
    succeeds "$SCIWRAP" store gc --older-than 0
    says 'removed +[0-9.]+ MB  tiny'
    says 'keeps +[0-9.]+ MB  artifact of tiny, .*in use by a process that brings an environment'
    exec 9>&-
    succeeds "$SCIWRAP" store gc --older-than 0
    is "$(ls "$SCIWRAP_STORE/blobs/sha256")" ""
}

@test "trees of 3,000 levels and folders without any permission go" {
    brought tiny
    python3 - "$tree/rootfs/tmp" <<'PYTHON'
import os, sys
os.chdir(sys.argv[1])
os.mkdir("closed"); open("closed/file", "w").close(); os.chmod("closed", 0)
for i in range(3000):
    os.mkdir("deep"); os.chdir("deep")
os.mkdir("closed", 0)
PYTHON
    quietly "$SCIWRAP" store du
    succeeds "$SCIWRAP" remove tiny
    is "$(ls "$SCIWRAP_STORE/trees" "$SCIWRAP_STORE/tmp" | tr -d '\n')" "$SCIWRAP_STORE/tmp:$SCIWRAP_STORE/trees:"
}

@test "remove takes the artifact along, unless it is told not to" {
    brought tiny
    with_blob tiny.tar
    succeeds "$SCIWRAP" remove --keep-artifact tiny
    is "$(ls "$SCIWRAP_STORE/blobs/sha256" | wc -l)" 1
    brought tiny
    define twin "$(sed 's|\.\./||' "$FIXTURES/envs/tiny.ini")"
    succeeds "$SCIWRAP" remove tiny
    notes 'removed tiny: [0-9.]+ MB; the same files were also twin'
    is "$(ls "$SCIWRAP_STORE/blobs/sha256")" ""
    fails_with 125 "'tiny' is not in the store" -- "$SCIWRAP" remove tiny
    fails_with 125 "no environment 'tinny'; did you mean" -- "$SCIWRAP" remove tinny
    fails_with 125 'no environment named' -- "$SCIWRAP" remove
}

@test "verify names each wrong file, and remove and pull repair it" {
    brought tiny tiny-new
    succeeds "$SCIWRAP" store verify
    notes 'all is as pinned: 2 environments, [0-9.]+ MB'
    chmod u+w "$tree/rootfs/etc/version"
    echo spoiled >"$tree/rootfs/etc/version"
    rm "$tree/rootfs/etc/passwd"
    : >"$tree/rootfs/etc/"$'new\nfile'
    local full
    for full in "" --full; do
        # shellcheck disable=SC2086
        run --separate-stderr "$SCIWRAP" store verify $full
        is "$status" 1
        says "tiny: 'etc/passwd' is missing"
        says "tiny: 'etc/new\\\\nfile' does not belong to the environment"
        says "tiny: 'etc/version' has"
        is "$(wc -l <<<"$output")" 3
        notes '3 files are not as pinned'
        notes "'sciwrap remove tiny' and then 'sciwrap pull tiny' bring it again"
    done
    run --separate-stderr "$SCIWRAP" store verify --json tiny
    is "$status" 1
    is "$(json 'sorted(x["path"] for x in d["wrong"])[1:]')" "['etc/passwd', 'etc/version']"
    SCIWRAP_ENVS=/nonexistent run --separate-stderr "$SCIWRAP" store verify
    is "$status" 1
    notes "'sciwrap remove $(basename "$tree" | cut -c1-12)' removes it; what needs it brings it again"
    echo x >>"$tree/index"
    run --separate-stderr "$SCIWRAP" store verify
    is "$status" 1
    says "tiny: 'index' is not the one that was made when it was unpacked"
    succeeds "$SCIWRAP" store verify tiny-new
    succeeds "$SCIWRAP" remove tiny
    brought tiny
    succeeds "$SCIWRAP" store verify
}

@test "verify --full reads every byte, whatever is known of earlier checks" {
    brought tiny
    succeeds "$SCIWRAP" store verify --verbose
    notes 'tiny: [0-9]+ files and folders are what was pinned, 0 of them read'
    succeeds "$SCIWRAP" store verify --verbose --full
    notes 'tiny: ([0-9]+) files and folders are what was pinned, [1-9][0-9]* of them read'
}

@test "verify finds a changed artifact" {
    brought tiny
    with_blob tiny.tar
    with_blob tiny-new.tar
    succeeds "$SCIWRAP" store verify
    notes '1 environment and 2 artifacts, layers or packages'
    printf x | dd of="$SCIWRAP_STORE/blobs/sha256/$(basename "$tree")" bs=1 seek=1000000 conv=notrunc status=none
    run --separate-stderr "$SCIWRAP" store verify
    is "$status" 1
    is "$output" 'tiny: its artifact has other content'
}

@test "an exported environment is one file, always the same, and comes in elsewhere without a network" {
    brought tiny-gz
    succeeds "$SCIWRAP" store export tiny-gz it.env
    succeeds "$SCIWRAP" store export tiny-gz again.env
    cmp it.env again.env
    is "$(tar tf it.env | head -n 2 | tr '\n' ' ')" 'sciwrap-environment definition.ini '
    is "$(tar xOf it.env "blobs/sha256/$(sha256 "$FIXTURES/tiny.tar.gz")" | sha256sum)" \
        "$(sha256sum <"$FIXTURES/tiny.tar.gz")"
    fails_with 125 "'it.env' exists; --force" -- "$SCIWRAP" store export tiny-gz it.env
    succeeds "$SCIWRAP" store export --force tiny-gz it.env
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/other SCIWRAP_ENVS=/nonexistent
    succeeds "$SCIWRAP" store import it.env
    cmp envs/tiny-gz.ini "$FIXTURES/envs/tiny-gz.ini"
    quietly "$SCIWRAP" exec --no-record tiny-gz cat /etc/version
    is "$output" old
    succeeds "$SCIWRAP" store import it.env
    succeeds "$SCIWRAP" store import --folder "$BATS_TEST_TMPDIR/else/where" --name it it.env
    [[ -e $BATS_TEST_TMPDIR/else/where/it.ini ]]
    echo >>envs/tiny-gz.ini
    fails_with 125 'exists and is another definition' -- "$SCIWRAP" store import it.env
    is "$(find "$SCIWRAP_STORE/tmp" -mindepth 1)" ""
}

@test "an import refuses what an export does not write" {
    brought tiny-gz
    "$SCIWRAP" store export --quiet tiny-gz it.env
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/other SCIWRAP_ENVS=/nonexistent
    python3 - <<'PYTHON'
whole = open("it.env", "rb").read()
def write(name, data):
    open(name, "wb").write(data)
def with_byte(at, value):
    return whole[:at] + value + whole[at + 1:]
write("empty", b"")
write("cut", whole[:700000])
write("no-end", whole[:-1024])
write("longer", whole + b"\0")
write("twice", whole + whole)
write("flipped", with_byte(700000, bytes([whole[700000] ^ 1])))
write("list", with_byte(512 + 60, b"X"))
write("owner", with_byte(108, b"1"))
write("padding", with_byte(512 + 400, b"x"))
name = whole.index(b"definition.ini")
write("name", whole[:name] + b"../definition" + b"\0" + whole[name + 14:])
at = whole.index(b"sha256 = ") + 9
other = whole[:at] + b"0" * 64 + whole[at + 64:]
import hashlib
start = 512 + 512 + 512
size = int(whole[name + 124:name + 135], 8)
old = hashlib.sha256(whole[start:start + size]).hexdigest().encode()
new = hashlib.sha256(other[start:start + size]).hexdigest().encode()
write("other-pin", other.replace(old, new))
PYTHON
    local file
    for file in empty cut no-end longer twice flipped list owner padding name other-pin; do
        fails_with 125 "import '$file': " -- "$SCIWRAP" store import "$file" || { echo "$file"; return 1; }
    done
    fails_with 125 'No such file' -- "$SCIWRAP" store import absent
    fails_with 125 'no regular file' -- "$SCIWRAP" store import /dev/null
    [[ ! -e envs ]]
    is "$(find "$SCIWRAP_STORE/trees" "$SCIWRAP_STORE/blobs/sha256" "$SCIWRAP_STORE/tmp" -mindepth 1)" ""
}

@test "a store of this machine holds the trees, and is looked after as well" {
    export SCIWRAP_NODE_STORE=$BATS_TEST_TMPDIR/node
    brought tiny
    is "$(ls "$SCIWRAP_STORE/trees")" ""
    [[ -e $SCIWRAP_NODE_STORE/trees/$(basename "$tree")/meta ]]
    quietly "$SCIWRAP" exec --no-record tiny cat /etc/version
    quietly "$SCIWRAP" store list
    says 'tiny .* today +node'
    succeeds "$SCIWRAP" store verify
    notes '1 environment'
    begin_run tiny
    fails_with 125 "'tiny' is in use" -- "$SCIWRAP" remove tiny
    end_run
    succeeds "$SCIWRAP" store gc --older-than 0
    is "$(ls "$SCIWRAP_NODE_STORE/trees")" ""
    # One that others can write is not trusted.
    brought tiny
    chmod o+rwx "$SCIWRAP_NODE_STORE"
    succeeds "$SCIWRAP" exec --no-record tiny true
    notes "is not used for unpacked trees: it is not yours alone"
}

@test "the site's store is used and shown, and only its keeper removes from it" {
    brought tiny
    export SCIWRAP_SITE_STORE=$SCIWRAP_STORE SCIWRAP_STORE=$BATS_TEST_TMPDIR/own
    quietly "$SCIWRAP" exec --no-record tiny cat /etc/version
    quietly "$SCIWRAP" store list
    says 'tiny .* today +site'
    fails_with 125 "in the site's store '.*': its keeper" -- "$SCIWRAP" remove tiny
    succeeds "$SCIWRAP" store gc --older-than 0
    [[ -e $tree/meta ]]
    succeeds "$SCIWRAP" store verify
    chmod u+w "$tree/rootfs/etc/version"
    echo spoiled >"$tree/rootfs/etc/version"
    run --separate-stderr "$SCIWRAP" store verify
    is "$status" 1
    notes "site's store is for its keeper"
}

@test "help and mistakes" {
    quietly "$SCIWRAP" store --help
    says 'list '
    local word
    for word in list verify gc du export import; do
        quietly "$SCIWRAP" store "$word" --help
        says "usage: sciwrap store $word"
    done
    fails_with 125 "unknown command 'lst'; did you mean 'list'" -- "$SCIWRAP" store lst
    fails_with 125 'no command named' -- "$SCIWRAP" store
    fails_with 125 "store gc: unknown option '--dryrun'; did you mean '--dry-run'" -- "$SCIWRAP" store gc --dryrun
    fails_with 125 'a number of days' -- "$SCIWRAP" store gc --older-than 3x
    fails_with 125 'a number of bytes' -- "$SCIWRAP" store gc --keep-bytes many
    fails_with 125 'takes no arguments' -- "$SCIWRAP" store gc tiny
    fails_with 125 'not in the store' -- "$SCIWRAP" store verify tiny
    fails_with 125 'one environment and one file' -- "$SCIWRAP" store export tiny
}
