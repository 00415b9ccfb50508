#!/usr/bin/env bats
# Whether the environment that runs is the one that was pinned: what is found, when, and what it costs.
load helpers

# Each test has a store of its own: it damages it.
setup_file() {
    own_places
    "$SCIWRAP" pull --quiet tiny 3>&-
}

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    "$SCIWRAP" pull --quiet tiny
    hex=$(sha256 "$FIXTURES/tiny.tar")
    tree=$SCIWRAP_STORE/trees/$hex
    rootfs=$tree/rootfs
}

# Another byte in the middle, and everything as before that can be set: size, mode, times.
tamper() { # FILE
    python3 - "$1" <<'PYTHON'
import os, sys
path = sys.argv[1]
st = os.stat(path)
os.chmod(path, 0o600)
with open(path, "r+b") as file:
    file.seek(st.st_size // 2)
    byte = file.read(1)
    file.seek(st.st_size // 2)
    file.write(bytes([byte[0] ^ 1]))
os.chmod(path, st.st_mode & 0o7777)
os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
PYTHON
}

verified() { # EXPRESSION over m["recording"]["verify"] as v
    field "(lambda v: $1)(m['recording']['verify'])"
}

spoiled_by() { # PATH: the last record says so
    is "$(verified "'$1' in v['spoiled']")" True
}

@test "what nobody touched is not read" {
    quietly "$SCIWRAP" run tiny arguments x
    is "$output" "<x>"
    is "$(verified "(v['level'], v['checked'] > 0, v['hashed'], v['spoiled'])")" "('used', True, 0, [])"
    succeeds "$SCIWRAP" exec --verify=full tiny true
    is "$(verified "(v['level'], v['checked'], v['hashed'])")" "('full', $(wc -l <"$tree/index"), 0)"
    is "$(ls "$SCIWRAP_STORE/verified")" ""
}

@test "a changed tool is not started" {
    tamper "$rootfs/usr/bin/busybox"
    fails_with 125 "spoiled: 'usr/bin/busybox' has other content; .*pull --again tiny" -- "$SCIWRAP" exec tiny touch started
    [[ ! -e started ]]
    spoiled_by usr/bin/busybox
    is "$(field 'm["experiment"]["exit"]["code"]')" 125
    quietly "$SCIWRAP" run tiny arguments x # which does not use it
    succeeds "$SCIWRAP" show "$(basename "$(dirname "$(manifest)")")"
    says "verified +used: 1 used files, 0 of them by content"
    run "$SCIWRAP" pull --again tiny
    quietly "$SCIWRAP" exec tiny touch started
    [[ -e started ]]
}

@test "a changed interpreter of a script is not started" {
    quietly "$SCIWRAP" exec tiny script a
    is "$output" "script a"
    tamper "$rootfs/usr/bin/busybox"
    fails_with 125 "'usr/bin/busybox' has other content" -- "$SCIWRAP" exec tiny script a
    fails_with 125 "'usr/bin/busybox' has other content" -- "$SCIWRAP" exec tiny /usr/bin/script a
    fails_with 125 "'usr/bin/busybox' has other content" -- "$SCIWRAP" shell tiny
}

@test "a link that leads elsewhere, a file that is gone" {
    ln -sf probe "$rootfs/usr/bin/touch"
    fails_with 125 "'usr/bin/touch' leads to 'usr/bin/probe' instead of 'usr/bin/busybox'" -- \
        "$SCIWRAP" exec tiny touch started
    spoiled_by usr/bin/touch
    ln -sfn usr/lib "$rootfs/bin"
    fails_with 125 "'bin/cat' does not lead to 'usr/bin/busybox' any more" -- "$SCIWRAP" exec tiny /bin/cat
    # An argument that the environment has lost must not become the host's file of that name.
    rm "$rootfs/etc/passwd"
    fails_with 125 "'etc/passwd' is missing" -- "$SCIWRAP" exec tiny /usr/bin/cat /etc/passwd
}

@test "a directory moved into the place of another" {
    cp -a "$rootfs/usr/bin" "$rootfs/usr/other"
    cp "$rootfs/usr/bin/busybox" "$rootfs/usr/other/probe"
    mv "$rootfs/usr/bin" "$rootfs/usr/old"
    mv "$rootfs/usr/other" "$rootfs/usr/bin"
    fails_with 125 "'usr/bin/probe' has another size" -- "$SCIWRAP" run tiny arguments
    quietly "$SCIWRAP" exec tiny true # a copy is as good
    is "$(verified "v['hashed']")" 1
}

@test "a command added before another on PATH, or taken away" {
    mkdir -p "$rootfs/usr/local/bin"
    cp "$rootfs/usr/bin/busybox" "$rootfs/usr/local/bin/probe"
    fails_with 125 "'usr/local/bin/probe' does not belong to the environment" -- "$SCIWRAP" run tiny arguments
    rm -r "${rootfs:?}/usr/local"
    rm "$rootfs/usr/bin/probe"
    fails_with 125 "'usr/bin/probe' is missing" -- "$SCIWRAP" run tiny arguments
    fails_with 127 "not found" -- "$SCIWRAP" exec tiny never-there
}

# Where the kernel lets nobody listen only the command is checked.
listens() {
    "$SCIWRAP" exec tiny true || return 1
    [[ $(field 'm["recording"]["method"]') == seccomp-notification ]] || skip "no notifications here"
}

@test "what the run uses is checked when it uses it" {
    listens
    local name why command
    while IFS='|' read -r name why command; do
        case $name in
        usr/share/data/file) tamper "$rootfs/$name" ;;
        etc/extra) echo >"$rootfs/$name" ;;
        etc/version) rm "$rootfs/$name" ;;
        usr/bin/script) ln -sf probe "$rootfs/$name" ;;
        lib) ln -sfn /workspace "$rootfs/$name" ;;
        usr/share) mv "$rootfs/$name" "$rootfs/opt/" && mv "$rootfs/opt/share/data" "$rootfs/usr/share" ;;
        esac
        quietly "$SCIWRAP" exec tiny sh -c 'touch started'
        rm -f started
        fails_with 125 "'${name}[^']*' $why" -- "$SCIWRAP" exec tiny sh -c "touch started; $command; true"
        [[ -e started ]] # it was not known before
        is "$(verified "len(v['spoiled']) >= 1")" True
        is "$(field 'm["experiment"]["exit"]["code"]')" 0
        rm started
        run "$SCIWRAP" pull --again tiny
    done <<'ROWS'
usr/share/data/file|has other content|cat /usr/share/data/file
etc/extra|does not belong to the environment|ls /etc
etc/extra|does not belong to the environment|cat /etc/extra
etc/version|is missing|cat /etc/version
usr/bin/script|leads to|script
lib|leads out of the environment|cat /lib/started
usr/share|is missing|cat /usr/share/data/file
ROWS
}

@test "what the run makes itself is not the environment's" {
    succeeds "$SCIWRAP" exec --writable tiny sh -c '
        echo mine >/etc/version; cat /etc/version
        rm /usr/share/data/file; cat /usr/share/data/file
        mkdir /usr/new; echo x >/usr/new/x; cat /usr/new/x; ls /usr /usr/share/data /
        ln -sf ../../etc/version /usr/bin/script; cat /usr/bin/script; true'
    echo 'echo here' >tool
    chmod +x tool
    succeeds "$SCIWRAP" exec --bind "$WORK/tool:/bin/tool" --bind "$WORK:/usr/share/data" --bind "$WORK:/new/place/here" tiny sh -c \
        'ls / /usr/share/data; ln -s /etc/version own; cat own /usr/share/data/own; cat /usr/share/data/file
        ls /new/place/..; ls /new/place; cat /new/place/here/own /new/none; ls -la /dev /proc/self/ /home; pwd
        /bin/tool; tool; /usr/bin/tool; ls /bin /bin/ >/dev/null; cat /usr/bin/tool; true'
    is "$(verified "v['spoiled']")" "[]"
}

@test "full finds what the run does not use" {
    local name why
    while IFS='|' read -r name why; do
        case $name in
        usr/share/data/file) tamper "$rootfs/$name" ;;
        etc/extra) echo >"$rootfs/$name" ;;
        etc/version) rm "$rootfs/$name" ;;
        lib) ln -sfn usr/bin "$rootfs/$name" ;;
        home) chmod 0700 "$rootfs/$name" ;;
        usr/lib) rmdir "$rootfs/$name" && mkfifo "$rootfs/$name" ;;
        esac
        quietly "$SCIWRAP" exec tiny true
        fails_with 125 "'$name' $why" -- "$SCIWRAP" exec --verify=full tiny touch started
        [[ ! -e started ]]
        spoiled_by "$name"
        run "$SCIWRAP" pull --again tiny
    done <<'ROWS'
usr/share/data/file|has other content
etc/extra|does not belong to the environment
etc/version|is missing
lib|leads to 'usr/bin' instead of 'usr/lib'
home|has mode 0700 instead of 0755
usr/lib|is neither file nor link in the place of a directory
ROWS
    quietly "$SCIWRAP" exec --verify=full tiny true
}

@test "off checks nothing, and says so" {
    echo >>"$rootfs/usr/bin/probe" # a program with something behind it works as before
    quietly "$SCIWRAP" run --verify=off tiny arguments
    is "$(verified "(v['level'], v['checked'], v['hashed'], v['spoiled'])")" "('off', 0, 0, [])"
    fails_with 125 "'usr/bin/probe' has another size" -- "$SCIWRAP" run tiny arguments
    fails_with 125 "expected used, full or off" -- "$SCIWRAP" exec --verify=some tiny true
}

@test "the definition says how, the option overrides it" {
    define strict '[environment]' 'command = probe' '[artifact]' "sha256 = $hex" '[run]' 'verify = full'
    quietly "$SCIWRAP" exec strict true
    is "$(verified "v['level']")" full
    quietly "$SCIWRAP" exec --verify=used strict true
    is "$(verified "v['level']")" used
}

# Once more until nothing is read: what changed a moment ago is not remembered.
reads_nothing() {
    "$SCIWRAP" run "$@" && [[ $(verified "v['hashed']") -eq 0 ]]
}

@test "a copied store is good by its content, and read once" {
    cp -a "$SCIWRAP_STORE" "$BATS_TEST_TMPDIR/copy"
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/copy
    quietly "$SCIWRAP" run tiny arguments
    is "$(verified "v['hashed']")" 1
    until_true reads_nothing tiny arguments
    quietly "$SCIWRAP" exec --verify=full tiny true
    [[ $(verified "v['hashed']") -gt 40 ]]
    until_true reads_nothing --verify=full tiny arguments
    is "$(ls "$SCIWRAP_STORE/verified")" "$hex"
    tamper "$SCIWRAP_STORE/trees/$hex/rootfs/usr/bin/probe"
    fails_with 125 "'usr/bin/probe' has other content" -- "$SCIWRAP" run tiny arguments
}

@test "a store of before there were notes works" {
    rm "$tree/checked"
    until_true reads_nothing tiny arguments
    tamper "$rootfs/usr/bin/probe"
    fails_with 125 "'usr/bin/probe' has other content" -- "$SCIWRAP" run tiny arguments
}

@test "a damaged note is as none" {
    local size
    cp "$tree/checked" good
    size=$(stat -c %s good)
    for cut in 0 1 95 96 100 $((size - 1)) $((size - 40)); do
        head -c "$cut" good >"$tree/checked"
        quietly "$SCIWRAP" run tiny arguments
        is "$(verified "v['hashed'] <= 1")" True
    done
    head -c "$size" /dev/urandom >"$tree/checked"
    quietly "$SCIWRAP" run tiny arguments
    { head -c 96 good && head -c $((size - 96)) /dev/urandom; } >"$tree/checked"
    quietly "$SCIWRAP" run tiny arguments
    tamper "$rootfs/usr/bin/probe"
    fails_with 125 "'usr/bin/probe' has other content" -- "$SCIWRAP" run tiny arguments
    rm "$tree/checked"
    mkfifo "$tree/checked"
    fails_with 125 "'usr/bin/probe' has other content" -- "$SCIWRAP" run tiny arguments
}

@test "damaged memory of earlier checks is as none" {
    rm "$tree/checked"
    until_true reads_nothing tiny arguments
    local memory=$SCIWRAP_STORE/verified/$hex
    for cut in 0 95 100; do
        truncate -s "$cut" "$memory"
        quietly "$SCIWRAP" run tiny arguments
        is "$(verified "v['hashed']")" 1
        quietly "$SCIWRAP" run tiny arguments
        is "$(verified "v['hashed']")" 0
    done
}

@test "the index cannot be changed with the file" {
    cp "$tree/index" index
    : >"$tree/index"
    fails_with 125 "the environment is spoiled: its tree index is empty or no file; .*pull --again tiny" -- "$SCIWRAP" exec tiny true
    cat index >"$tree/index"
    local old new
    old=$(sha256 "$rootfs/usr/bin/probe")
    tamper "$rootfs/usr/bin/probe"
    new=$(sha256 "$rootfs/usr/bin/probe")
    sed -i "s/$old/$new/" "$tree/index"
    fails_with 125 "its tree index was changed; .*pull --again tiny" -- "$SCIWRAP" run tiny arguments
    rm "$tree/index"
    fails_with 125 "its tree index" -- "$SCIWRAP" run tiny arguments
}

@test "a site's store is read, and what was checked lies with the user" {
    cp -a "$SCIWRAP_STORE" "$BATS_TEST_TMPDIR/site"
    export SCIWRAP_SITE_STORE=$BATS_TEST_TMPDIR/site SCIWRAP_STORE=$BATS_TEST_TMPDIR/own
    until_true reads_nothing tiny arguments
    is "$(ls "$SCIWRAP_STORE/verified")" "$hex"
    is "$(ls "$SCIWRAP_SITE_STORE/verified")" ""
    tamper "$SCIWRAP_SITE_STORE/trees/$hex/rootfs/usr/bin/probe"
    fails_with 125 "in the site's store, whose keeper" -- "$SCIWRAP" run tiny arguments
}

@test "a rerun checks as the run did, and not less than usual" {
    local id
    "$SCIWRAP" run --verify=full tiny arguments >/dev/null 2>&1
    id=$(basename "$(dirname "$(manifest)")")
    succeeds "$SCIWRAP" rerun "$id"
    is "$(verified "v['level']")" full
    succeeds "$SCIWRAP" rerun --verify=off "$id"
    is "$(verified "v['level']")" off
    "$SCIWRAP" run --verify=off tiny arguments >/dev/null 2>&1
    tamper "$rootfs/usr/bin/probe"
    fails_with 125 "'usr/bin/probe' has other content" -- "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    fails_with 125 "expected used, full or off" -- "$SCIWRAP" rerun --verify=x "$id"
}

@test "a run does not change what was noted" {
    succeeds "$SCIWRAP" exec --writable tiny sh -c 'rm /etc/version; chmod 700 /usr/bin/probe; touch /usr/share/data/file'
    quietly "$SCIWRAP" exec tiny sh -c 'ls -laR / >/dev/null 2>&1; cat /usr/bin/* >/dev/null; true'
    quietly "$SCIWRAP" exec --verify=full tiny true
    is "$(verified "v['hashed']")" 0
}

@test "without a record the tool is checked all the same" {
    tamper "$rootfs/usr/bin/probe"
    fails_with 125 "'usr/bin/probe' has other content" -- "$SCIWRAP" run --no-record tiny arguments
}
