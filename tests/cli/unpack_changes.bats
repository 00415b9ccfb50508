#!/usr/bin/env bats
# What was left out of a tree or changed in it: said by pull, in the tree's meta, in the manifest and by show.
load helpers

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    python3 - "$FIXTURES/tiny.tar" <<'END'
import io
import sys
import tarfile
with tarfile.open(sys.argv[1]) as old, tarfile.open("a.tar", "w", format=tarfile.PAX_FORMAT) as tar:
    for member in old:
        tar.addfile(member, old.extractfile(member) if member.isreg() else None)

    def add(name, **more):
        info = tarfile.TarInfo(name)
        info.mode, info.mtime = 0o644, 1
        for key, value in more.items():
            setattr(info, key, value)
        tar.addfile(info, io.BytesIO(b""))
    add("nodes/a", type=tarfile.CHRTYPE)
    add("nodes/b", type=tarfile.BLKTYPE)
    add("nodes/c", type=tarfile.FIFOTYPE)
    add("set/uid", mode=0o4755)
    add("private", mode=0o600)
    add("old", mtime=-5)
    add("attribute", pax_headers={"SCHILY.xattr.user.x": "y"})
END
    define it '[environment]' 'command = true' '[artifact]' "sha256 = $(sha256 a.tar)" "url = $PWD/a.tar"
}

@test "what was left out or changed is counted and told" {
    succeeds "$SCIWRAP" pull it
    notes 'devices left out: 2, pipes left out: 1, set-id bits taken off: 1, extended attributes taken off: 1, modes made readable: 2, times clamped: 1'
    run grep -c -e '^left-out-devices 2$' -e '^left-out-fifos 1$' -e '^dropped-set-id 1$' -e '^dropped-attributes 1$' \
        -e '^changed-modes 2$' -e '^changed-times 1$' "$SCIWRAP_STORE"/trees/*/meta
    is "$output" 6
    quietly "$SCIWRAP" exec it true
    is "$(field 'm["experiment"]["environment"]["tree"]["changes"]["left_out_devices"]')" 2
    is "$(field 'm["experiment"]["environment"]["tree"]["changes"]["changed_times"]')" 1
    succeeds "$SCIWRAP" show "$(basename "$(dirname "$(manifest)")")"
    says 'unpacked +devices left out: 2'
}

@test "nothing is told when nothing was changed" {
    mkdir root && echo x >root/x && tar -C root -cf plain.tar --mode=u=rwX,go=rX --owner=0 --group=0 x
    define it '[environment]' 'command = true' '[artifact]' "sha256 = $(sha256 plain.tar)" "url = $PWD/plain.tar"
    succeeds "$SCIWRAP" pull it
    notes '2 entries, 2 B$'
}
