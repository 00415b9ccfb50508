#!/usr/bin/env bats
# The command itself, when it is a program or a script of the work directory.
load helpers
load record

@test "a command of the work directory is an input, with its links and its interpreter" {
    anew
    cp "$FIXTURES/busybox" busybox
    ln -s busybox sh
    printf '#!/workspace/busybox sh\necho from script\n' >script
    chmod 755 script
    quietly "$SCIWRAP" exec tiny ./sh -c 'echo hello'
    is "$output" hello
    tells "in busybox $(stat -c %s busybox) bytes" 'in sh -> busybox'
    is "$(field '[p["path"] for p in m["experiment"]["programs"] if "sha256" in p]')" "['/workspace/busybox']"
    reruns
    quietly "$SCIWRAP" exec tiny ./script
    tells "in busybox $(stat -c %s busybox) bytes" 'in script "#!/workspace/busybox sh\necho from script\n"'
    reruns
}
