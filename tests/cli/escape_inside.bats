#!/usr/bin/env bats
# Reference parts 1B, 1C and 1D: descriptors, mounts, identities and rights, tried from inside. See docs/escapes.md.
load helpers
load controls

setup() {
    own_places
    control_tree
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
}

as_root_only() {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
}

@test "B1 a work directory that is a descriptor or another process' is refused or inside" {
    local place descriptor
    exec 7</ 8</tmp
    for descriptor in {0..12} 63 255 1023; do
        place=/proc/self/fd/$descriptor
        run "$SCIWRAP" exec --no-record --workdir "$place" tiny sh -c 'pwd -P; ls /'
        [[ $status -eq 125 || ($output != *"$BATS_TEST_TMPDIR"* && $output == *workspace*) ]]
    done
    for place in /proc/self/cwd /proc/1/cwd /proc/1/cwd/../.. /proc/1/root /proc/self/root/../../..; do
        run "$SCIWRAP" exec --no-record --workdir "$place" tiny sh -c 'pwd -P; ls /'
        [[ $status -eq 125 ]] || {
            echo "$place: $status $output"
            return 1
        }
    done
    exec 7<&- 8<&-
}

@test "B2 no descriptor of the caller arrives: files, folders, sockets" {
    echo before >file
    exec 7</etc/hostname 8>>file 9</ 200</tmp
    if has_bwrap; then
        bwrapped --ro-bind "$FIXTURES/attack" /tmp/attack /tmp/attack fd-write 8 || true
        shown B2 'bubblewrap 0.8.0' 'wrote to a file of the host by descriptor 8' grep -q written file
    fi
    attack descriptors
    is "$output" "0 1 2 "
    attack fd-write 8
    is "$output" EBADF
    exec 7<&- 8>&- 9<&- 200<&-
}

@test "B3 closed standard descriptors are filled with nothing of ours" {
    cp "$FIXTURES/attack" .
    "$SCIWRAP" exec --no-record tiny sh -c 'ls -l /proc/self/fd >/workspace/seen' <&- >&- 2>&-
    run grep -cE ' [012] -> (/dev/null|/workspace/seen)' seen
    is "$output" 3
}

@test "B4 a file that was given for reading is not written by its descriptor" {
    echo precious >file
    if has_bwrap; then
        bwrapped --ro-bind "$FIXTURES/attack" /tmp/attack /tmp/attack append 0 <file
        shown B4 'bubblewrap 0.8.0' 'appended to the host file by /proc/self/fd/0' grep -q written file
        echo precious >file
    fi
    cp "$FIXTURES/attack" .
    succeeds "$SCIWRAP" exec --no-record tiny ./attack append 0 <file
    is "$output" EROFS
    is "$(cat file)" precious
}

@test "B5 the launcher's program cannot be overwritten, not even where its user may write it" {
    mkdir -p usr
    cp -a "$(dirname "$SCIWRAP")/../bin" "$(dirname "$SCIWRAP")/../libexec" usr/
    chmod -R u+w usr
    local before
    before=$(sha256 usr/bin/sciwrap)
    cp "$FIXTURES/attack" .
    succeeds usr/bin/sciwrap exec --no-record tiny ./attack overwrite
    is "$output" never
    printf '#!/proc/self/exe\n' >script
    chmod +x script
    local refused=125
    ! grep -q __asan_init "$SCIWRAP" || refused=127 # that build is not static, and finds no loader inside
    run -$refused usr/bin/sciwrap exec --no-record tiny ./script
    is "$(sha256 usr/bin/sciwrap)" "$before"
}

@test "B7 PID 1 cannot be traced, read or killed" {
    if has_bwrap; then
        run bwrapped --ro-bind "$FIXTURES/attack" /tmp/attack /tmp/attack trace 1
        shown B7 'bubblewrap 0.8.0' 'attached to PID 1, opened its memory and root' grep -qE '^(attach|mem) done' <<<"$output"
    fi
    refuses 'EPERM|EACCES|ENOENT' trace 1 # PID 1 has no descriptor 0
    succeeds "$SCIWRAP" exec --no-record tiny sh -c 'kill -9 1; kill -15 1; sleep 0.05; echo alive'
    is "$output" alive
}

@test "B8 no variable of the caller arrives, whatever it is called" {
    local -a odd=('AWS_SECRET_ACCESS_KEY=s' 'SLURM_JWT=s' 'SSH_AUTH_SOCK=/s' 'LD_PRELOAD=/s.so' 'PYTHONPATH=/s' 'BASH_ENV=/s'
        'BASH_FUNC_x%%=() { echo s; }' 'A B=s' 'IFS=s' 'GCONV_PATH=/s')
    local i
    for i in {1..90}; do odd+=("SECRET_$i=s"); done
    succeeds env "${odd[@]}" LARGE="$(head -c 100000 /dev/zero | tr '\0' s)" "$SCIWRAP" exec --no-record tiny env
    [[ $output != *=s* && $output != *"=/s"* && $output != *LARGE* && $output != *SECRET* ]]
}

@test "C1 flags of a source stay, and cannot be taken off inside" {
    as_root_only
    mkdir guarded
    mount -t tmpfs -o nosuid,nodev,noexec none guarded
    cp "$FIXTURES/attack" guarded/
    run "$SCIWRAP" exec --no-record --bind "$WORK/guarded:/mnt:rw" tiny sh -c 'grep " /mnt " /proc/self/mountinfo; /mnt/attack descriptors'
    umount guarded
    [[ $output == *noexec* && $output == *nosuid* && $output == *nodev* && $status -eq 126 ]]
    refuses EPERM mounts
}

@test "C2 C3 a folder is bound with all that is mounted below it, read-only and over what that hides" {
    as_root_only
    mkdir -p top/sub top/hidden
    echo secret >top/hidden/covered
    mount -t tmpfs none top/sub
    mount -t tmpfs none top/hidden
    run "$SCIWRAP" exec --no-record --bind "$WORK/top:/mnt:ro" tiny sh -c 'ls /mnt/hidden; echo x >/mnt/x; echo x >/mnt/sub/x; ls /mnt/sub'
    umount top/sub top/hidden
    [[ $output != *covered* && $(grep -c 'Read-only' <<<"$output") -eq 2 && $output != *$'\nx'* ]]
    is "$(ls top/sub)" ""
}

@test "C4 the mounts of the host are the same before, during and after" {
    local before i
    before=$(cat /proc/self/mountinfo)
    "$SCIWRAP" exec --no-record tiny sh -c 'echo >ready; sleep 5' 3>&- &
    until_true test -e ready
    is "$(cat /proc/self/mountinfo)" "$before"
    kill -9 $!
    wait $! || true
    for i in {1..20}; do "$SCIWRAP" exec --no-record tiny true; done
    is "$(cat /proc/self/mountinfo)" "$before"
}

@test "C5 a folder that is moved away on the host leads nowhere" {
    mkdir -p shown/below elsewhere
    echo secret >elsewhere/secret
    "$SCIWRAP" exec --no-record --bind "$WORK/shown:/mnt" tiny sh -c 'cd /mnt/below; echo >/workspace/ready
        while ! test -e /workspace/moved; do sleep 0.01; done; ls .. ../.. ../elsewhere; cat ../secret; pwd -P' >seen 2>&1 3>&- &
    until_true test -e ready
    mv shown/below elsewhere/
    touch moved
    wait $! || true
    run cat seen
    [[ $output != *secret$'\n'* && $output != "secret"* ]]
    grep -vq '^secret$' seen
}

@test "C6 no call that makes or changes mounts or the root is possible, old or new" {
    if has_unshare; then
        cp "$FIXTURES/attack" .
        run unshare --user --map-root-user --mount ./attack mounts
        shown C6 'unshare (util-linux)' 'mount, chroot, open_tree, fsopen possible' grep -q '^mount done' <<<"$output"
    fi
    refuses EPERM mounts
}

@test "C7 nothing is mounted that the kernel would parse from a file" {
    command -v strace >/dev/null || skip "no strace here"
    strace -f -e trace=mount,fsopen -o trace "$SCIWRAP" exec --no-record tiny true || skip "no tracing here"
    is "$(grep -cE '"(ext[234]|xfs|squashfs|erofs|btrfs|iso9660|vfat)"' trace)" 0
    [[ -s trace ]]
}

@test "C8 the store holds no set-id program, device or capability" {
    is "$(find "$SCIWRAP_STORE" -perm /6000 -o -type b -o -type c)" ""
    run getcap -r "$SCIWRAP_STORE"
    [[ $status -eq 127 || -z $output ]]
}

@test "C9 no run changes the tree in the store" {
    local before
    before=$(find "$SCIWRAP_STORE/trees" -printf '%p %y %m %s %T@ %C@\n' | sort | sha256)
    mkdir data
    succeeds "$SCIWRAP" exec --no-record --bind "$WORK/data:/new/place:rw" --bind "$WORK/data:/usr/new:rw" tiny sh -c 'echo x >/new/place/x'
    run "$SCIWRAP" exec --no-record --writable tiny sh -c 'rm -rf /usr /etc; mkdir /made'
    is "$(find "$SCIWRAP_STORE/trees" -printf '%p %y %m %s %T@ %C@\n' | sort | sha256)" "$before"
}

@test "D1 D2 groups cannot be given up to pass a mode that forbids them" {
    refuses 'EPERM|EINVAL' groups
    succeeds "$SCIWRAP" exec --no-record tiny cat /proc/self/setgroups
    is "$output" deny
    if [[ $(id -u) -eq 0 ]] && getent passwd nobody >/dev/null; then
        mkdir -m 0777 "$BATS_TEST_TMPDIR/w" && chmod 711 "$BATS_TEST_TMPDIR"
        echo secret >denied
        chmod 0604 denied && chgrp 4242 denied
        run setpriv --reuid 4711 --regid 4711 --groups 4242 cat denied
        [[ $status -ne 0 ]]
        run setpriv --reuid 4711 --regid 4711 --groups 4242 env HOME="$BATS_TEST_TMPDIR/w" TMPDIR="$BATS_TEST_TMPDIR/w" \
            SCIWRAP_STORE="$BATS_TEST_TMPDIR/w/store" "$SCIWRAP" exec --no-record tiny cat denied
        [[ $status -ne 0 && $output != *secret* ]]
    fi
    if command -v strace >/dev/null; then
        strace -f -e trace=execve -o trace "$SCIWRAP" exec --no-record tiny true || return 0
        ! grep -E 'new[ug]idmap' trace
    fi
}

@test "D4 D5 every set of capabilities is empty, also for a program that brings some" {
    cp "$FIXTURES/attack" with-rights
    setcap cap_net_raw+ei with-rights 2>/dev/null || true
    succeeds "$SCIWRAP" exec --no-record tiny sh -c './with-rights descriptors >/dev/null; grep -E "^(Cap|NoNew|Seccomp:)" /proc/self/status'
    is "$(grep -cE '^Cap(Inh|Prm|Eff|Bnd|Amb):[[:space:]]+0{16}$' <<<"$output")" 5
    says 'NoNewPrivs:[[:space:]]+1'
    says 'Seccomp:[[:space:]]+2'
}

@test "D6 a set-id copy of the launcher refuses before it reads an argument" {
    as_root_only
    ! grep -q __asan_init "$SCIWRAP" || skip "the sanitizers cannot watch a set-id program; the release build is tried too"
    chmod 755 "$BATS_TEST_TMPDIR" "$WORK"
    local mode
    for mode in 4755 2755; do
        cp "$SCIWRAP" copy
        chown 4712:4712 copy
        chmod $mode copy
        run setpriv --reuid 4711 --regid 4711 --clear-groups ./copy --help
        [[ $status -eq 125 && $output == *set-* ]] || {
            echo "$mode: $status $output"
            return 1
        }
    done
    command -v setcap >/dev/null || return 0
    cp "$SCIWRAP" copy
    setcap cap_net_raw+ep copy || return 0
    run setpriv --reuid 4711 --regid 4711 --clear-groups ./copy --help
    is "$status" 125
}

@test "D7 no user namespace can be made inside" {
    if has_bwrap; then
        run bwrapped --ro-bind "$FIXTURES/attack" /tmp/attack /tmp/attack namespaces
        shown D7 'bubblewrap 0.8.0' 'made a user namespace inside' grep -q '^unshare done' <<<"$output"
    fi
    refuses 'EPERM|ENOSYS|ENOSPC' namespaces
}

@test "D9 the caller is somebody inside, and owns the own files" {
    touch mine
    succeeds "$SCIWRAP" exec --no-record tiny sh -c 'id; ls -ln mine'
    [[ $output != *65534* && $output != *nobody* && $output != *nogroup* ]]
}
