#!/usr/bin/env bats
# sciwrap shell, and what makes a terminal feel normal.
load helpers

# A command that says what happens to it, so that a test types only when something listens: while a shell edits its line
# or starts a job, the terminal is in another mode.
write_waiting() {
    cat >waiting.sh <<'SCRIPT'
trap 'echo continued' CONT
echo ready
while :; do
    line=
    read -r line && echo "got $line"
    [ "$line" != end ] || exit 0
done
SCRIPT
}

@test "shell gives a prompt, and leaves with the shell's status" {
    on_terminal $'wait $ \nsend echo in-$((40+2))\\r\nwait in-42\nsend exit 7\\r' "$SCIWRAP" shell tiny
    is "$status" 7
}

@test "shell without a terminal reads commands" {
    run --separate-stderr bash -c 'echo "echo \$((40+2)); pwd" | "$SCIWRAP" shell tiny'
    is "$status" 0
    is "$output" $'42\n/workspace'
}

@test "the window's size arrives, and its changes" {
    on_terminal $'wait $ \nsend stty size\\r\nwait 24 80\nsize 40 132\nsend stty size\\r\nwait 40 132\nsend exit\\r' \
        "$SCIWRAP" shell tiny
    is "$status" 0
}

@test "Ctrl-C ends the command and not the shell" {
    write_waiting
    local steps
    steps=$(cat <<'STEPS'
wait $ 
send sh waiting.sh\r
wait ready
send \x03
wait $ 
send echo still-$((1+1))\r
wait still-2
send exit 3\r
STEPS
    )
    on_terminal "$steps" "$SCIWRAP" shell tiny
    is "$status" 3
}

@test "Ctrl-Z stops a job, and fg continues it" {
    write_waiting
    local steps
    steps=$(cat <<'STEPS'
wait $ 
send sh waiting.sh\r
wait ready
send \x1a
wait Stopped
wait $ 
send fg\r
wait continued
send typed\r
wait got typed
send end\r
wait $ 
send exit 4\r
STEPS
    )
    on_terminal "$steps" "$SCIWRAP" shell tiny
    is "$status" 4
}

@test "Ctrl-C on a plain run is the command's" {
    on_terminal $'wait ready\nsend \\x03' "$SCIWRAP" exec tiny sh -c 'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 1; done'
    is "$status" 5
    says caught
}

@test "Ctrl-Z on a plain run stops it for the caller's shell, and fg continues it" {
    write_waiting
    local steps
    steps=$(cat <<'STEPS'
wait prompt:
send "$SCIWRAP" exec tiny sh waiting.sh\r
wait ready
send hello\r
wait got hello
send \x1a
wait Stopped
send fg\r
wait continued
send again\r
wait got again
send end\r
wait prompt:
send exit 6\r
STEPS
    )
    on_terminal "$steps" env PS1='prompt:' bash --norc --noprofile -i
    is "$status" 6
}

@test "a program inside cannot type on the caller's terminal" {
    on_terminal '' "$SCIWRAP" run tiny tiocsti
    [[ ! $output =~ allowed ]]
}

@test "the terminal has a name inside" {
    on_terminal '' "$SCIWRAP" exec tiny sh -c 'test -t 0 && test -t 1 && echo yes'
    says yes
}
