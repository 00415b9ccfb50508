#!/usr/bin/env bats
# Reference part 1A: what an image, or an earlier run, puts in the way of the launcher's own set-up. See docs/escapes.md; the
# rows A1, A7 and A9 have more cases in escape.bats.
load helpers
load controls

setup() {
    own_places
    control_tree
    WORK=$BATS_TEST_TMPDIR/work
    VICTIM=$BATS_TEST_TMPDIR/victim
    mkdir -p "$WORK" "$VICTIM/sub"
    echo precious >"$VICTIM/file"
    cd "$WORK" || return 1
}

# An environment `evil`: tiny's tree after COMMAND was run in it.
evil() {
    local tree=$BATS_TEST_TMPDIR/evil-tree
    rm -rf "$tree"
    mkdir "$tree"
    tar -xf "$FIXTURES/tiny.tar" -C "$tree"
    (cd "$tree" && "$@")
    tar -cf "$BATS_TEST_TMPDIR/evil.tar" -C "$tree" .
    define evil '[environment]' 'command = true' '[artifact]' "sha256 = $(sha256 "$BATS_TEST_TMPDIR/evil.tar")" \
        "url = $BATS_TEST_TMPDIR/evil.tar"
}

state() {
    find "$VICTIM" -printf '%p %y %m %s %T@ %C@\n' | sort
}

# The victim is what it was, whatever came of the run; no run ends by a signal or after more than ten seconds.
harmless() {
    local before
    before=$(state)
    run timeout 10 "$SCIWRAP" exec --no-record "$@"
    [[ $status -eq 0 || $status -eq 1 || ($status -ge 125 && $status -le 127) ]] || {
        echo "status $status: $output"
        return 1
    }
    is "$(state)" "$before"
}

@test "A1 a link of the image is not followed onto the host while the root is built" {
    if has_bwrap; then
        local image=$BATS_TEST_TMPDIR/image
        cp -a "$TREE" "$image"
        rm -r "${image:?}/etc"
        ln -s "/oldroot$VICTIM/sub" "$image/etc"
        echo data >data
        bwrap --bind "$image" / --proc /proc --dev /dev --file 9 /etc/f --dir /etc/d --ro-bind data /etc/m --unshare-all true 9<data
        shown A1 'bubblewrap 0.8.0' 'made f, d and m in a folder of the host' test -e "$VICTIM/sub/d"
        rm -r "$VICTIM/sub" && mkdir "$VICTIM/sub"
    fi
    local target
    for target in "/oldroot$VICTIM" "../../../../../../../..$VICTIM" "/proc/1/root$VICTIM" /proc/self/fd/3; do
        evil sh -c "rm -r etc && ln -s '$target' etc"
        harmless --bind "$WORK:/etc/new:ro" evil true
        harmless --writable evil sh -c 'echo x >/etc/made'
    done
}

@test "A2 a link at /dev, also one that came into the tree later, is no way to make devices on the host" {
    if has_runc; then
        local bundle=$BATS_TEST_TMPDIR/bundle
        mkdir -p "$bundle"
        cp -a "$TREE" "$bundle/rootfs"
        rm -r "$bundle/rootfs/dev"
        ln -s "$VICTIM/sub" "$bundle/rootfs/dev"
        (cd "$bundle" && runc spec && python3 - <<'PYTHON'
import json
c = json.load(open("config.json"))
c["process"]["terminal"] = False
c["process"]["args"] = ["/bin/true"]
c["mounts"] = [m for m in c["mounts"] if m["destination"] == "/proc"]
c["linux"]["maskedPaths"] = c["linux"]["readonlyPaths"] = []
c["linux"].pop("resources", None)
json.dump(c, open("config.json", "w"))
PYTHON
            runc run "sciwrap-test-$$") >/dev/null 2>&1 || true
        shown A2 'runc 1.1.5' 'made fd, stdin, stdout, stderr in a folder of the host' test -h "$VICTIM/sub/stdin"
        rm -rf "$VICTIM/sub" && mkdir "$VICTIM/sub"
    fi
    "$SCIWRAP" pull -q tiny 3>&-
    local rootfs
    rootfs=$(echo "$SCIWRAP_STORE"/trees/*/rootfs)
    cp -a "$SCIWRAP_STORE" "$BATS_TEST_TMPDIR/store"
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    rootfs=$(dirname "$(ls -d "$SCIWRAP_STORE"/trees/*/rootfs/etc | head -n 1)")
    chmod u+w "$rootfs"
    rmdir "$rootfs/dev"
    ln -s "$VICTIM/sub" "$rootfs/dev"
    harmless tiny sh -c 'ls -l /dev/; echo x >/dev/shm/x'
}

# Not with links, which the archive of an environment may hold, at the places of devices, and a start without standard input.
devices() {
    ln -s "$VICTIM/file" dev/null
    ln -s "$VICTIM/new" dev/console
    ln -s /proc/sysrq-trigger dev/zero
    mkdir dev/pts dev/shm
    ln -s "$VICTIM/file" dev/pts/0
    ln -s "$VICTIM" dev/shm/sub
    ln -s "$VICTIM/file" dev/pts/ptmx
}

@test "A3 A4 A5 links at the places of devices, terminals and masks are never opened" {
    evil devices
    harmless evil sh -c 'echo x >/dev/null; test -c /dev/null && test -c /dev/zero && test -z "$(ls /dev/shm)"'
    is "$status" 0
    harmless evil true <&-
    harmless evil true <&- >&- 2>&-
    local before
    before=$(state)
    run python3 "$BATS_TEST_DIRNAME/terminal.py" "$SCIWRAP" exec --no-record evil sh -c 'ls -l /dev/pts/'
    is "$(state)" "$before"
}

@test "A6 C10 nothing of the host can be bound over what the launcher mounts itself" {
    mkdir tree
    local place
    for place in / /proc /proc/self /proc/1 /proc/sys /dev /dev/null /dev/pts /dev/shm/../pts /sys /sys/fs/cgroup /proc/../proc \
        /usr/../proc //proc /proc/ /./proc; do
        run "$SCIWRAP" exec --no-record --bind "$WORK/tree:$place" tiny true
        [[ $status -eq 125 && $output == sciwrap:* ]] || {
            echo "$place: status $status $output"
            return 1
        }
    done
}

@test "A6 after the root was entered no path of /proc of the host is opened" {
    command -v strace >/dev/null || skip "no strace here"
    strace -f -o trace "$SCIWRAP" exec --no-record tiny true || skip "no tracing here"
    # Everything after the pivot that a process of the set-up opens is in the new root.
    is "$(sed -n '/pivot_root(/,$p' trace | grep -cE 'openat\(AT_FDCWD, "/proc/(self|thread-self|[0-9]+)/(attr|root|cwd)')" 0
}

@test "A7 an image in which /proc or /sys is a link is refused" {
    local path
    for path in proc sys; do
        evil sh -c "rmdir $path && ln -s '$VICTIM' $path"
        fails_with 125 "$path" -- "$SCIWRAP" pull evil
        fails_with 125 evil -- "$SCIWRAP" exec --no-record evil true
    done
    is "$(ls "$VICTIM")" $'file\nsub'
}

@test "A9 a mount point below a link that an earlier run left is made inside or not at all" {
    mkdir data
    succeeds "$SCIWRAP" exec --no-record tiny sh -c "mkdir -p kept/sub; rm -r kept; ln -s '$VICTIM' kept"
    harmless --bind "$WORK/data:/workspace/kept/sub/deeper:rw" tiny sh -c 'echo x >/workspace/kept/sub/deeper/x'
    harmless --bind "$WORK/data:/workspace/kept:rw" tiny true
    harmless --workdir /workspace/kept tiny sh -c 'echo x >x'
}

@test "A9 what is bound writable is not led elsewhere by a link that an earlier run left" {
    mkdir -p kept/deep elsewhere "$HOME/outer/deep" "$BATS_TEST_TMPDIR/outer/deep"
    ln -s "$VICTIM" planted
    # shellcheck disable=SC2016
    ! has_bwrap || shown A9 'bubblewrap 0.8.0' 'wrote through a link that was left' \
        eval 'bwrapped --bind "$WORK/planted" /tmp/x sh -c "echo x >/tmp/x/x" && rm "$VICTIM/x"'
    # In the last place, further up, in the home, by a second link, upwards, and as a file.
    succeeds "$SCIWRAP" exec --no-record --bind "$HOME/outer:/outer:rw" tiny sh -c "rm -r kept /outer/deep
        ln -s '$VICTIM' kept; ln -s '$VICTIM/file' one; ln -s '$VICTIM' /outer/deep; ln -s kept/sub second; ln -s ../victim up"
    local source
    for source in kept kept/sub "$WORK/kept/" second up one "$HOME/outer/deep" "$HOME/outer/deep/sub" second/../file; do
        harmless --bind "$source:/mnt/x:rw" tiny sh -c 'echo x >/mnt/x; echo x >/mnt/x/x'
        [[ $source == second/../file ]] || { # ".." is resolved as text
            is "$status" 125
            [[ $output == *" is a link, in a directory that earlier runs may have written; "*"name what it leads to: '$VICTIM"* ]]
        }
    done
    # Read-only they are followed, as inputs are that lie elsewhere.
    harmless --bind "$WORK/kept:/mnt/x" tiny cat /mnt/x/file
    is "$output" precious
    # Named as what it is, it is what the user wants; and so are links that no run can have made.
    succeeds "$SCIWRAP" exec --no-record --bind "$WORK/elsewhere:/mnt/x:rw" tiny touch /mnt/x/made
    ln -s "$WORK/elsewhere" "$HOME/scratch"
    succeeds "$SCIWRAP" exec --no-record --bind "$HOME/scratch:/mnt/x:rw" tiny touch /mnt/x/more
    rm "$HOME/scratch"
    [[ -e elsewhere/made && -e elsewhere/more ]]
}

@test "A9 in the home as work directory no link is taken for the user's own" {
    ln -s "$VICTIM" "$HOME/planted"
    cd "$HOME"
    harmless --bind "planted:/mnt/x:rw" tiny touch /mnt/x/made
    is "$status" 125
    rm planted
}

@test "A9 a link on the way to a bind does not uncover the records" {
    succeeds "$SCIWRAP" exec tiny true
    ln -s "$BATS_TEST_TMPDIR" "$HOME/above"
    ln -s .sciwrap records
    run "$SCIWRAP" exec --bind "$HOME/above:/mnt/x:rw" tiny sh -c 'ls -A /mnt/x/work/.sciwrap; touch /mnt/x/work/.sciwrap/x'
    rm "$HOME/above"
    [[ $output == *Read-only* && $output != *runs* && ! -e .sciwrap/x ]]
    fails_with 125 'the records of runs cannot be bound' -- "$SCIWRAP" exec --bind records:/mnt/x tiny true
}

@test "A10 names of our own in an image mean nothing, and the tree is what it was" {
    evil sh -c 'for name in .sciwrap .sciwrap.json sciwrap workspace/.sciwrap tmp/.sciwrap; do
        mkdir -p "$(dirname $name)" && ln -s "$1" $name; done' sh "$VICTIM"
    "$SCIWRAP" pull -q evil 3>&-
    local rootfs tree
    tree=$("$SCIWRAP" exec --dry-run evil true | grep -oE "$SCIWRAP_STORE/trees/[0-9a-f]+" | head -n 1)
    rootfs=$tree/rootfs
    [[ -d $rootfs ]]
    before=$(find "$rootfs" -printf '%p %y %m %s %T@ %C@ %l\n' | sort | sha256)
    harmless evil sh -c 'echo x >/workspace/x'
    harmless --writable evil sh -c 'rm /.sciwrap; echo x >/usr/x'
    is "$(find "$rootfs" -printf '%p %y %m %s %T@ %C@ %l\n' | sort | sha256)" "$before"
}

@test "A11 a passwd of the image that is a link to the host's, a folder or huge harms nobody" {
    evil sh -c 'rm etc/passwd && ln -s /etc/shadow etc/passwd'
    harmless evil cat /etc/passwd /etc/shadow
    [[ $output != *'root:$'* && $output != *daemon* ]]
    evil sh -c 'rm etc/passwd && mkdir etc/passwd'
    harmless evil true
    evil sh -c 'rm etc/passwd && truncate -s 20M etc/passwd'
    harmless evil true
    evil sh -c 'rm etc/passwd && mkfifo etc/passwd'
    harmless evil true
    evil sh -c "rm etc/group && ln -s ../../../../../../..$VICTIM/file etc/group"
    harmless evil cat /etc/group
    [[ $output != *precious* ]]
}

@test "A12 a library of the host that is shown in a folder of the image is not put through a link there" {
    mkdir libraries
    echo library >libraries/libcuda.so.1
    echo own >"$VICTIM/libcuda.so.1"
    local link
    for link in "$VICTIM" "/oldroot$VICTIM" "../../../../../../../../..$VICTIM" "/proc/1/root$VICTIM"; do
        # shellcheck disable=SC2016
        evil sh -c 'rm -rf usr/lib; mkdir -p usr/lib; ln -s "$1" usr/lib/x86_64-linux-gnu' sh "$link"
        harmless --bind "$WORK/libraries:/usr/lib/x86_64-linux-gnu" evil true
        harmless --bind "$WORK/libraries/libcuda.so.1:/usr/lib/x86_64-linux-gnu/libcuda.so.1" evil true
        harmless --bind "$WORK/libraries/libcuda.so.1:/usr/lib/x86_64-linux-gnu/libcuda.so.2" evil true
    done
    if has_bwrap; then
        local image=$BATS_TEST_TMPDIR/image
        cp -a "$TREE" "$image"
        mkdir -p "$image/usr/lib"
        ln -s "/oldroot$VICTIM" "$image/usr/lib/x86_64-linux-gnu"
        bwrap --ro-bind "$image" / --proc /proc --dev /dev --ro-bind libraries/libcuda.so.1 \
            /usr/lib/x86_64-linux-gnu/libcuda.so.2 --unshare-all true || true
        shown A12 'bubblewrap 0.8.0' 'made libcuda.so.2 in a folder of the host' test -e "$VICTIM/libcuda.so.2"
    fi
}

@test "A14 what somebody put at the place of our temporary folder is not used" {
    local name
    name=$(basename "$(strace -f -e trace=mkdir,mkdirat -o trace "$SCIWRAP" exec --no-record tiny true && ls -d "$TMPDIR"/sciwrap*)")
    [[ -n $name ]] || skip "no folder with a fixed name"
    rm -rf "${TMPDIR:?}/$name"
    ln -s "$VICTIM" "$TMPDIR/$name"
    harmless tiny sh -c 'echo x >/tmp/x'
    rm "$TMPDIR/$name"
    mkdir -m 0777 "$TMPDIR/$name"
    chmod 0777 "$TMPDIR/$name"
    harmless tiny sh -c 'echo x >/tmp/x'
    is "$(ls -A "$TMPDIR/$name")" ""
}

@test "A15 the name of a command is never taken for an option" {
    printf '#!/bin/sh\necho called "$@"\n' >--network
    chmod +x ./--network
    cp ./--network ./--bind=x
    succeeds "$SCIWRAP" exec --no-record -- tiny ./--network --help
    is "$output" "called --help"
    succeeds env SCIWRAP_X=1 "$SCIWRAP" exec --no-record -- tiny ./--bind=x -- --version
    is "$output" "called -- --version"
    run "$SCIWRAP" exec --no-record ../../etc true
    is "$status" 125
}
